/* SPDX-License-Identifier: Apache-2.0
 *
 * From a compiled folder to what a chip team takes over.
 */
#ifndef TTFS_ASIC_H
#define TTFS_ASIC_H

#include "cells.h"
#include "sram.h"
#include "ttfs.h"

/* A type of cell and how many of it the netlist has. */
typedef struct {
    const TtfsCell *cell;
    uint64_t count;
} TtfsAsicCells;

/* A slack is what is left of a clock period, in nanoseconds; below 0: what is missing. */
typedef struct {
    double slack;
    bool known;
} TtfsAsicSlack;

typedef struct {
    TtfsCells library;
    TtfsSrams srams;
    TTFS_VEC(TtfsAsicCells) used;       /* by name in byte order */
    uint64_t cells, ffs, buffers;       /* of them all; of those that store, of those that buffer */
    double area, ff_area;               /* in the liberty's unit */
    double period_ns, sram_ns;          /* of the clock that is claimed; of a macro's access */
    TtfsAsicSlack setup, hold;          /* the worst */
    TtfsAsicSlack from_srams, to_srams; /* the worst of paths that begin or end at a macro */
    double clock_mhz, fmax_mhz, core_us; /* of a sample at clock_mhz, as the plan expects */
    bool meets_clock;
    const char *folder; /* OUT/asic */
} TtfsAsic;

/* Writes OUT/asic, whole or not at all. Texts lie in the arena. That the clock is not met is no
 * error here. */
bool ttfs_asic(const TtfsSynthOptions *o, TtfsAsic *result, TtfsArena *a, TtfsDiag *diag);
/* The document, as it is also kept in the folder; `folder` is what it says of it. */
void ttfs_asic_json(const TtfsAsic *r, const char *folder, TtfsBuf *out);
/* What a chip team reads first: clock, reset, memories, area, timing, what to run. `own_sdc`: the
 * constraints are the user's. */
void ttfs_asic_note(const TtfsAsic *r, bool own_sdc, TtfsBuf *out);

#endif
