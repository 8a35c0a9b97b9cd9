/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant folding: the product of two constants as ONNX's MatMul has it. Matrices lie in the last
 * two axes, the axes before them broadcast; a vector is a row on the left, a column on the right,
 * and that axis is dropped. Sums in float64, rounded once.
 */
#include "onnx_import.h"

#include <string.h>

/* A factor as matrices [rank][dim], and the shape of the product without its last two axes. */
static OnnxConst as_matrices(const OnnxConst *c, bool left) {
    OnnxConst m = *c;
    if (c->rank != 1) return m;
    m.rank = 2;
    m.dim[0] = left ? 1 : c->dim[0];
    m.dim[1] = left ? c->dim[0] : 1;
    return m;
}

/* Which matrix of the factor the product's matrix k takes, axes broadcast. */
static uint64_t matrix_of(const OnnxConst *m, uint32_t rank, const uint32_t *dim, uint64_t k) {
    uint64_t at = 0, stride = 1;
    for (uint32_t i = rank; i-- > 0; k /= dim[i]) {
        uint32_t lead = rank - (m->rank - 2);
        if (i < lead) continue;
        if (m->dim[i - lead] > 1) at += k % dim[i] * stride;
        stride *= m->dim[i - lead];
    }
    return at;
}

static void multiply(const float *a, const float *b, uint64_t rows, uint64_t mid, uint64_t cols,
                     float *out) {
    for (uint64_t r = 0; r < rows; r++)
        for (uint64_t c = 0; c < cols; c++) {
            double sum = 0;
            for (uint64_t k = 0; k < mid; k++)
                sum += (double)a[r * mid + k] * (double)b[k * cols + c];
            *out++ = (float)sum;
        }
}

bool ttfs_onnx_fold_matmul(OnnxImport *im, const OnnxNode *n, const OnnxConst *a,
                           const OnnxConst *b, OnnxConst *out) {
    OnnxConst p = as_matrices(a, true), q = as_matrices(b, false), s = p, t = q;
    uint32_t outer, rank = 0, dim[TTFS_MAX_RANK], kept[TTFS_MAX_RANK];
    float *f = NULL;
    int64_t *none = NULL;
    bool fits = a->f && b->f && p.rank >= 2 && q.rank >= 2 &&
                p.dim[p.rank - 1] == q.dim[q.rank - 2] && a->count && b->count;
    s.rank = fits ? s.rank - 2 : 0, t.rank = fits ? t.rank - 2 : 0;
    if (!fits || !ttfs_ir_broadcast(s.rank, s.dim, t.rank, t.dim, &outer, dim))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "the constants have types or shapes that do not fit");
    uint64_t rows = p.dim[p.rank - 2], mid = p.dim[p.rank - 1], cols = q.dim[q.rank - 1], many = 1;
    for (uint32_t i = 0; i < outer; i++) many *= kept[rank++] = dim[i];
    if (a->rank > 1) kept[rank++] = (uint32_t)rows;
    if (b->rank > 1) kept[rank++] = (uint32_t)cols;
    if (!ttfs_onnx_new_const(im, n, true, rank, kept, &f, &none, out)) return false;
    if (out->count * mid > im->fold_budget)
        return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, "multiply the constants before the export",
                                  "the product of its constants takes too long");
    im->fold_budget -= out->count * mid;
    ttfs_onnx_note_lost_grid(im, n, a, b);
    for (uint64_t k = 0; k < many; k++)
        multiply(a->f + matrix_of(&p, outer, dim, k) * rows * mid,
                 b->f + matrix_of(&q, outer, dim, k) * mid * cols, rows, mid, cols,
                 f + k * rows * cols);
    return true;
}
