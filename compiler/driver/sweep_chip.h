/* SPDX-License-Identifier: Apache-2.0
 *
 * The integer network at the points of a sweep: what the folder's spike graph, or one that is made
 * again with other grids, counts with the faults of a point, by the jit.
 */
#ifndef TTFS_SWEEP_CHIP_H
#define TTFS_SWEEP_CHIP_H

#include "judge.h"
#include "session.h"
#include "sweep_doc.h"

typedef struct TtfsSweepChip TtfsSweepChip;

/* All of it outlives the chip; the document's head and points are there. */
typedef struct {
    TtfsSession *session;
    const TtfsIr *canonical;
    const TtfsJudge *judge;
    TtfsSweepDoc *doc;
    bool added; /* weight noise is */
} TtfsSweepOf;

/* Runs the float network once, for the classes to agree with. NULL with an error, among others
 * where a point can never be run. */
TtfsSweepChip *ttfs_sweep_chip_open(const TtfsSweepOf *of, TtfsDiag *diag);
void ttfs_sweep_chip_close(TtfsSweepChip *c);
/* Says why a class is not read early. */
bool ttfs_sweep_refuse_early(double share, const char *layer, const char *reader, TtfsDiag *diag);
/* Whether the network of both points, at one trial, is the same but for the faults of spikes. */
bool ttfs_sweep_chip_alike(const TtfsSweepDoc *d, uint32_t point, uint32_t other);
/* Runs all samples at the `n` points, which are alike, of a trial, and keeps what was counted in
 * the document. `before` of `all` runs of a sample are done, for progress. */
bool ttfs_sweep_chip_run(TtfsSweepChip *c, const uint32_t *point, uint32_t n, uint32_t trial,
                         uint64_t before, uint64_t all, TtfsDiag *diag);

#endif
