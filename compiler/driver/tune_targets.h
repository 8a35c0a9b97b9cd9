/* SPDX-License-Identifier: Apache-2.0
 *
 * What a training is to come near to: labels, a teacher's outputs, its layers' activations.
 */
#ifndef TTFS_TUNE_TARGETS_H
#define TTFS_TUNE_TARGETS_H

#include "tune_state.h"

/* Labels are s->classes. Who teaches besides, or without them: o->teacher, "float" the folder's
 * float network with its activations, "none" nobody; NULL: nobody where there are labels, else the
 * float network. s->like is what the float network says. Refused where nothing is left to learn
 * from, and a model that would be shown samples that move. */
bool ttfs_tune_targets(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag);

#endif
