/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, sixteen samples side by side: as relu_pool.c, with a vector for a value.
 */
#include "fast_inside.h"

enum { LANES = TTFS_FAST_LANES };

/* The taps of a patch that lie on values. */
typedef struct {
    const float *first;
    uint32_t rows, columns;
    uint64_t row, column; /* floats from one to the next */
} Patch;

static Patch patch_of(const TtfsIrAttr *a, const TtfsTensorInfo *x, const float *plane,
                      TtfsFastTaps ty, uint32_t oy, uint32_t ox) {
    TtfsFastTaps tx = ttfs_fast_taps(a, 1, ox, x->dim[3]);
    uint64_t top = (uint64_t)oy * a->stride[0] + (uint64_t)ty.from * a->dilation[0] - a->pad[0];
    uint64_t left = (uint64_t)ox * a->stride[1] + (uint64_t)tx.from * a->dilation[1] - a->pad[1];
    Patch p = {plane, ty.to - ty.from, tx.to - tx.from,
               (uint64_t)x->dim[3] * a->dilation[0] * LANES, (uint64_t)a->dilation[1] * LANES};
    if (p.rows && p.columns) p.first = plane + (top * x->dim[3] + left) * LANES;
    return p;
}

static void mean_of(const TtfsIrAttr *a, const Patch *p, float *out) {
    double sum[LANES] = {0}, whole = (double)a->kernel[0] * a->kernel[1];
    double values = (double)p->rows * p->columns;
    for (uint32_t ky = 0; ky < p->rows; ky++)
        for (uint32_t kx = 0; kx < p->columns; kx++) {
            const float *x = p->first + ky * p->row + kx * p->column;
            for (int l = 0; l < LANES; l++) sum[l] += (double)x[l];
        }
    for (int l = 0; l < LANES; l++) out[l] = (float)(sum[l] / (a->count_pad ? whole : values));
}

void ttfs_fast_pool(TtfsFastWork *w, const TtfsFastStep *s) {
    const TtfsNode *n = s->node;
    const TtfsTensorInfo *x = ttfs_ir_tensor(w->fast->ir, n->in[0]);
    const TtfsTensorInfo *y = ttfs_ir_tensor(w->fast->ir, n->out);
    const TtfsFastCode *code = &w->fast->code;
    TtfsFastBest *best = n->op == TTFS_OP_MAXPOOL ? code->largest : code->smallest;
    const float *plane = ttfs_fast_at(w, n->in[0]);
    float *out = ttfs_fast_at(w, s->out);
    uint64_t planes = (uint64_t)x->dim[0] * x->dim[1], size = (uint64_t)x->dim[2] * x->dim[3];
    for (uint64_t c = 0; c < planes; c++, plane += size * LANES)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++) {
            TtfsFastTaps ty = ttfs_fast_taps(&n->attr, 0, oy, x->dim[2]);
            for (uint32_t ox = 0; ox < y->dim[3]; ox++, out += LANES) {
                Patch p = patch_of(&n->attr, x, plane, ty, oy, ox);
                if (n->op == TTFS_OP_AVERAGEPOOL)
                    mean_of(&n->attr, &p, out);
                else
                    best(p.first, p.rows, p.columns, p.row * sizeof *out, p.column * sizeof *out,
                         out);
            }
        }
}
