/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometry: how a population's one incoming connection looks to the chip, and the limits of the
 * chip that do not depend on where a slice lies. Used by the solver, the checker, the cycle formula
 * and the image maker.
 */
#ifndef TTFS_PLAN_GEOMETRY_H
#define TTFS_PLAN_GEOMETRY_H

#include "plan.h"

typedef struct {
    const TtfsPopulation *src, *dst;
    const TtfsConnection *conn;
    bool pool, readout, src_flat, dst_flat;
    uint32_t kh, kw;       /* kernel with its dilation gaps; dense: the source's rows, columns */
    uint32_t sy, sx;       /* strides */
    uint32_t pad_y, pad_x; /* top, left */
    uint32_t row_c, row_y; /* fields ROW_C and ROW_Y; a pool: outputs a channel, columns */
    uint64_t group_rows;   /* weight rows of a group of lanes; 0 for a pool */
} TtfsGeometry;

/* False when the population has no single incoming connection. Sizes are those of a checked graph.
 */
bool ttfs_plan_geometry(const TtfsSpike *s, TtfsPop p, TtfsGeometry *g);

/* Source rows that the kernel at output row `oy` touches; likewise columns. */
uint32_t ttfs_geometry_rows_hit(const TtfsGeometry *g, uint32_t oy);
uint32_t ttfs_geometry_cols_hit(const TtfsGeometry *g, uint32_t ox);
/* Most events that the band of a row, the patch of a position can hold. */
uint64_t ttfs_geometry_band_events(const TtfsGeometry *g);
uint64_t ttfs_geometry_patch_events(const TtfsGeometry *g);
/* Words that the sorted list of `events` spikes in `ticks` ticks can take (docs/core.md). */
uint64_t ttfs_list_words(uint64_t events, uint32_t ticks);
/* Words that a band or patch can take. */
uint64_t ttfs_copy_words(uint64_t events, uint32_t ticks);

/* Everything the chip must offer a population wherever it lies: kind of connection, sizes of the
 * descriptor's fields, id bits, ticks, weight bits, accumulators. Appends every fault: PLAN_KIND,
 * PLAN_FIT, PLAN_WIDTH. */
bool ttfs_plan_fits(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p, const char *file,
                    TtfsDiag *diag);

#endif
