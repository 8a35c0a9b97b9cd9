/* SPDX-License-Identifier: Apache-2.0
 *
 * One training from what it begins with.
 */
#ifndef TTFS_TUNE_TRAIN_H
#define TTFS_TUNE_TRAIN_H

#include "tune_start.h"

/* Trains: s->layer become the integers of the best epoch, which lie in the report's arena. No epoch
 * begins after `seconds`; 0: no limit. */
bool ttfs_tune_train(TtfsTuneStart *s, const TtfsTuneOptions *o, double seconds,
                     TtfsTuneReport *report, TtfsDiag *diag);

#endif
