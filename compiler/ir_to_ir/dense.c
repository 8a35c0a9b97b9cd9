/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear maps element by element: one row of the matrix they are, their transposition, and the
 * whole matrix.
 */
#include "affine.h"

#include <string.h>

/* Calls the weight's places of output channel r at position (y, x): in[..] gets or gives. */
typedef struct {
    const TtfsLinear *l;
    const double *weights; /* of the channel's row */
    uint32_t first;        /* input channel of the group */
} Stencil;

static void scatter(const Stencil *s, uint32_t y, uint32_t x, double factor, double *in) {
    const TtfsLinear *l = s->l;
    const TtfsPatch *w = &l->patch;
    uint32_t channels = l->in.c / w->group;
    uint64_t taps = (uint64_t)w->kernel[0] * w->kernel[1];
    for (uint32_t j = 0; j < w->kernel[0]; j++) {
        int64_t iy = (int64_t)y * w->stride[0] + (int64_t)j * w->dilation[0] - w->pad[0];
        if (iy < 0 || iy >= l->in.h) continue;
        for (uint32_t i = 0; i < w->kernel[1]; i++) {
            int64_t ix = (int64_t)x * w->stride[1] + (int64_t)i * w->dilation[1] - w->pad[1];
            if (ix < 0 || ix >= l->in.w) continue;
            const double *tap = s->weights + (uint64_t)j * w->kernel[1] + i;
            double *p = in + ((uint64_t)s->first * l->in.h + (uint64_t)iy) * l->in.w + ix;
            for (uint32_t c = 0; c < channels; c++)
                p[(uint64_t)c * l->in.h * l->in.w] += factor * tap[c * taps];
        }
    }
}

static uint32_t group_start(const TtfsLinear *l, uint32_t channel) {
    return channel / (l->out.c / l->patch.group) * (l->in.c / l->patch.group);
}

void ttfs_linear_element(const TtfsLinear *l, uint64_t e, double *row) {
    uint64_t ins = ttfs_map_count(l->in), positions = (uint64_t)l->out.h * l->out.w;
    if (l->kind == TTFS_MATRIX) {
        ttfs_linear_row(l, e, row);
        return;
    }
    memset(row, 0, ins * sizeof *row);
    if (l->kind == TTFS_SCALE) {
        row[e] = ttfs_field_at(&l->k, l->out, e, 1);
        return;
    }
    TtfsArena scratch = {0};
    double *weights = TTFS_ARRAY(&scratch, double, ttfs_linear_cols(l));
    uint32_t c = (uint32_t)(e / positions), at = (uint32_t)(e % positions);
    ttfs_linear_row(l, c, weights);
    Stencil s = {l, weights, group_start(l, c)};
    scatter(&s, at / l->out.w, at % l->out.w, 1, row);
    ttfs_arena_free(&scratch);
}

void ttfs_linear_adjoint(const TtfsLinear *l, const double *row, double *out, double *scratch) {
    uint64_t ins = ttfs_map_count(l->in), outs = ttfs_map_count(l->out);
    uint64_t positions = (uint64_t)l->out.h * l->out.w;
    memset(out, 0, ins * sizeof *out);
    if (l->kind == TTFS_SCALE) {
        for (uint64_t e = 0; e < outs; e++) out[e] = row[e] * ttfs_field_at(&l->k, l->out, e, 1);
        return;
    }
    uint64_t loaded = UINT64_MAX;
    for (uint64_t e = 0; e < outs; e++) {
        if (row[e] == 0) continue;
        uint64_t r = l->kind == TTFS_KERNEL ? e / positions : e;
        if (r != loaded) ttfs_linear_row(l, loaded = r, scratch);
        if (l->kind == TTFS_KERNEL) {
            Stencil s = {l, scratch, group_start(l, (uint32_t)r)};
            uint32_t at = (uint32_t)(e % positions);
            scatter(&s, at / l->out.w, at % l->out.w, row[e], out);
        } else {
            for (uint64_t j = 0; j < ins; j++) out[j] += row[e] * scratch[j];
        }
    }
}

TtfsLinear ttfs_linear_matrix(TtfsArena *a, const TtfsLinear *l, const uint32_t *from) {
    if (l->kind == TTFS_MATRIX && !from) return *l;
    uint64_t rows = ttfs_map_count(l->out), cols = ttfs_map_count(l->in);
    double *d = TTFS_ARRAY(a, double, rows *cols);
    for (uint64_t r = 0; r < rows; r++) ttfs_linear_element(l, from ? from[r] : r, d + r * cols);
    return (TtfsLinear){.kind = TTFS_MATRIX,
                        .in = l->in,
                        .out = l->out,
                        .d = d,
                        .rs = cols,
                        .cs = 1,
                        .quantum = ttfs_quanta_matrix(a, l, from),
                        .name = l->name};
}
