/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweep: the samples through the network at every point, trial by trial.
 */
#ifndef TTFS_SWEEP_H
#define TTFS_SWEEP_H

#include "sweep_doc.h"

/* Runs what the file that is written does not hold yet, and writes it; `d` is empty before. */
bool ttfs_sweep(const TtfsSweepOptions *o, TtfsSweepDoc *d, TtfsDiag *diag);
/* Puts the shards of one sweep together and writes it; SWEEP_SHARDS names what does not fit. */
bool ttfs_merge(const TtfsMergeOptions *o, TtfsSweepDoc *d, TtfsDiag *diag);

#endif
