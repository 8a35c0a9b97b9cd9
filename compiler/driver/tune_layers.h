/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of single layers in a training: which stay as they are.
 */
#ifndef TTFS_TUNE_LAYERS_H
#define TTFS_TUNE_LAYERS_H

#include "net.h"
#include "spike.h"
#include "ttfs.h"

/* Which layers of the net, whose populations `s` names, are frozen: [layers] in `a`, NULL: none. An
 * error for a name that none has, with the nearest; for one without weights; when nothing is left
 * to train. */
bool ttfs_tune_frozen(const TtfsNet *net, const TtfsSpike *s, const TtfsTuneOptions *o,
                      TtfsArena *a, const bool **frozen, TtfsDiag *diag);

#endif
