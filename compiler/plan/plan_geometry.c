/* SPDX-License-Identifier: Apache-2.0
 *
 * Geometry of a connection as the chip sees it: a dense connection is a kernel as large as the
 * source, a dilated kernel is stored with its gaps as zero rows. Invariant: weight row of source
 * event (c, y, x) in group g is g * group_rows + c * row_c + dy * row_y + dx.
 */
#include "plan_geometry.h"

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Cells from the first tap to the last; saturated far above what any chip takes, so that products
 * of two cannot overflow. */
static uint32_t extent(uint32_t kernel, uint32_t dilation) {
    uint64_t e = ((uint64_t)kernel - 1) * dilation + 1;
    return e > 65535 ? 65535 : (uint32_t)e;
}

bool ttfs_plan_geometry(const TtfsSpike *s, TtfsPop p, TtfsGeometry *g) {
    const TtfsPopulation *dst = ttfs_spike_pop(s, p);
    *g = (TtfsGeometry){.dst = dst};
    if (dst->kind == TTFS_POP_INPUT || dst->conn_count != 1) return false;
    const TtfsConnection *conn = &s->conns.at[dst->conn_first];
    const TtfsPopulation *src = ttfs_spike_pop(s, conn->src);
    g->src = src;
    g->conn = conn;
    g->pool = ttfs_conn_is_pool(conn);
    g->readout = dst->kind == TTFS_POP_READOUT;
    g->src_flat = src->h == 1 && src->w == 1;
    g->dst_flat = dst->h == 1 && dst->w == 1;
    if (conn->kind == TTFS_CONN_DENSE) {
        g->kh = src->h;
        g->kw = src->w;
        g->sy = g->sx = 1;
    } else {
        g->kh = extent(conn->kernel[0], conn->dilation[0]);
        g->kw = extent(conn->kernel[1], conn->dilation[1]);
        g->sy = conn->stride[0];
        g->sx = conn->stride[1];
        g->pad_y = conn->pad[0];
        g->pad_x = conn->pad[1];
    }
    g->row_c = g->pool ? dst->h * dst->w : g->kh * g->kw;
    g->row_y = g->pool ? dst->w : g->kw;
    g->group_rows = g->pool ? 0 : (uint64_t)src->c * g->kh * g->kw;
    return true;
}

/* Cells of [start, start + k) that lie in [0, size). */
static uint32_t overlap(int64_t start, uint32_t k, uint32_t size) {
    int64_t first = start < 0 ? 0 : start, end = start + k;
    if (end > (int64_t)size) end = size;
    return end > first ? (uint32_t)(end - first) : 0;
}

uint32_t ttfs_geometry_rows_hit(const TtfsGeometry *g, uint32_t oy) {
    return overlap((int64_t)oy * g->sy - g->pad_y, g->kh, g->src->h);
}

uint32_t ttfs_geometry_cols_hit(const TtfsGeometry *g, uint32_t ox) {
    return overlap((int64_t)ox * g->sx - g->pad_x, g->kw, g->src->w);
}

uint64_t ttfs_geometry_band_events(const TtfsGeometry *g) {
    return (uint64_t)g->src->c * least(g->kh, g->src->h) * g->src->w;
}

uint64_t ttfs_geometry_patch_events(const TtfsGeometry *g) {
    return (uint64_t)g->src->c * least(g->kh, g->src->h) * least(g->kw, g->src->w);
}

uint64_t ttfs_list_words(uint64_t events, uint32_t ticks) {
    return events + ticks - (events > 0);
}

uint64_t ttfs_copy_words(uint64_t events, uint32_t ticks) {
    return events + ticks;
}
