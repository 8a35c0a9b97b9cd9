/* SPDX-License-Identifier: Apache-2.0
 *
 * Fewer ticks where they are not missed: the ticks of a layer are found by training.
 */
#ifndef TTFS_TUNE_LATENCY_H
#define TTFS_TUNE_LATENCY_H

#include "tune_doc.h"
#include "tune_start.h"

/* After a training of `s`, whose report t->report is: halves the ticks of one layer after the
 * other, trains anew from the network quantised so, and keeps what the folder's chip takes and what
 * scores higher on the samples held back: the share that is right, less what --sparsity takes, less
 * o->latency a tick of the network's latency. A layer is halved again until that does not help. `s`
 * and the report become the best of all; t->trials tell of each. Ends after a stop and when
 * o->minutes are over. */
bool ttfs_tune_shorten(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag);

#endif
