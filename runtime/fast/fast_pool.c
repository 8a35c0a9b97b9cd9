/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, sixteen samples side by side: as relu_pool.c, with a vector for a value.
 */
#include "fast_inside.h"

#include <math.h>

enum { LANES = TTFS_FAST_LANES };

/* The taps of one axis that lie on values: [from, to). */
typedef struct {
    uint32_t from, to;
} Taps;

static Taps taps(const TtfsIrAttr *a, int axis, uint32_t at, uint32_t size) {
    Taps t = {a->kernel[axis], 0};
    for (uint32_t k = 0; k < a->kernel[axis]; k++) {
        int64_t place = (int64_t)at * a->stride[axis] - a->pad[axis] +
                        (int64_t)k * a->dilation[axis];
        if (place < 0 || place >= size) continue;
        if (k < t.from) t.from = k;
        t.to = k + 1;
    }
    return t.to ? t : (Taps){0, 0};
}

/* The first value of row y + ky, column x + kx of the patch. */
static const float *tap(const TtfsIrAttr *a, const float *plane, uint32_t width, const uint32_t *at,
                        uint32_t ky, uint32_t kx) {
    uint64_t y = (uint64_t)at[0] * a->stride[0] + (uint64_t)ky * a->dilation[0] - a->pad[0];
    uint64_t x = (uint64_t)at[1] * a->stride[1] + (uint64_t)kx * a->dilation[1] - a->pad[1];
    return plane + (y * width + x) * LANES;
}

static void best_of(const TtfsIrAttr *a, bool largest, const float *plane, uint32_t width,
                    const uint32_t *at, Taps ty, Taps tx, float *out) {
    float best[LANES];
    for (int l = 0; l < LANES; l++) best[l] = largest ? -INFINITY : INFINITY;
    for (uint32_t ky = ty.from; ky < ty.to; ky++)
        for (uint32_t kx = tx.from; kx < tx.to; kx++) {
            const float *x = tap(a, plane, width, at, ky, kx);
            if (largest)
                for (int l = 0; l < LANES; l++) best[l] = x[l] > best[l] ? x[l] : best[l];
            else
                for (int l = 0; l < LANES; l++) best[l] = x[l] < best[l] ? x[l] : best[l];
        }
    for (int l = 0; l < LANES; l++) out[l] = best[l];
}

static void mean_of(const TtfsIrAttr *a, const float *plane, uint32_t width, const uint32_t *at,
                    Taps ty, Taps tx, float *out) {
    double sum[LANES] = {0}, whole = (double)a->kernel[0] * a->kernel[1];
    double values = (double)(ty.to - ty.from) * (tx.to - tx.from);
    for (uint32_t ky = ty.from; ky < ty.to; ky++)
        for (uint32_t kx = tx.from; kx < tx.to; kx++) {
            const float *x = tap(a, plane, width, at, ky, kx);
            for (int l = 0; l < LANES; l++) sum[l] += (double)x[l];
        }
    for (int l = 0; l < LANES; l++) out[l] = (float)(sum[l] / (a->count_pad ? whole : values));
}

void ttfs_fast_pool(TtfsFastWork *w, const TtfsFastStep *s) {
    const TtfsNode *n = s->node;
    const TtfsTensorInfo *x = ttfs_ir_tensor(w->fast->ir, n->in[0]);
    const TtfsTensorInfo *y = ttfs_ir_tensor(w->fast->ir, n->out);
    const float *plane = ttfs_fast_at(w, n->in[0]);
    float *out = ttfs_fast_at(w, s->out);
    uint64_t planes = (uint64_t)x->dim[0] * x->dim[1], size = (uint64_t)x->dim[2] * x->dim[3];
    for (uint64_t c = 0; c < planes; c++, plane += size * LANES)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++) {
            Taps ty = taps(&n->attr, 0, oy, x->dim[2]);
            for (uint32_t ox = 0; ox < y->dim[3]; ox++, out += LANES) {
                Taps tx = taps(&n->attr, 1, ox, x->dim[3]);
                const uint32_t at[2] = {oy, ox};
                if (n->op == TTFS_OP_AVERAGEPOOL)
                    mean_of(&n->attr, plane, x->dim[3], at, ty, tx, out);
                else
                    best_of(&n->attr, n->op == TTFS_OP_MAXPOOL, plane, x->dim[3], at, ty, tx, out);
            }
        }
}
