/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear maps: reading their weights, row by row, and making those that are said by few numbers.
 */
#include "affine.h"

uint64_t ttfs_linear_rows(const TtfsLinear *l) {
    return l->kind == TTFS_MATRIX ? ttfs_map_count(l->out) : l->out.c;
}

uint64_t ttfs_linear_taps(const TtfsLinear *l) {
    return (uint64_t)l->patch.kernel[0] * l->patch.kernel[1];
}

uint64_t ttfs_linear_cols(const TtfsLinear *l) {
    if (l->kind == TTFS_MATRIX) return ttfs_map_count(l->in);
    return l->kind == TTFS_SCALE ? 1 : l->in.c / l->patch.group * ttfs_linear_taps(l);
}

uint64_t ttfs_linear_weights(const TtfsLinear *l) {
    return ttfs_linear_rows(l) * ttfs_linear_cols(l);
}

void ttfs_linear_row(const TtfsLinear *l, uint64_t r, double *out) {
    uint64_t n = ttfs_linear_cols(l), per = l->kind == TTFS_KERNEL ? ttfs_linear_taps(l) : 1;
    double factor = l->row ? l->row[r] : 1;
    for (uint64_t j = 0; j < n; j++) {
        uint64_t at = r * l->rs + (l->perm ? l->perm[j] : j) * l->cs;
        out[j] = (l->f ? (double)l->f[at] : l->d[at]) * factor;
    }
    if (!l->col) return;
    const double *col = l->col;
    if (l->kind == TTFS_KERNEL) col += r / (l->out.c / l->patch.group) * (l->in.c / l->patch.group);
    for (uint64_t j = 0; j < n; j++) out[j] *= col[j / per];
}

bool ttfs_linear_nonneg(TtfsArena *a, const TtfsLinear *l) {
    if (l->kind == TTFS_SCALE) return ttfs_field_nonneg(l->k);
    uint64_t rows = ttfs_linear_rows(l), cols = ttfs_linear_cols(l);
    if (!ttfs_budget_spend(a->budget, rows * cols)) return false;
    TtfsMark mark = ttfs_arena_mark(a);
    double *row = TTFS_ARRAY(a, double, cols);
    bool ok = true;
    for (uint64_t r = 0; ok && r < rows; r++) {
        ttfs_linear_row(l, r, row);
        for (uint64_t j = 0; ok && j < cols; j++) ok = row[j] >= 0;
    }
    ttfs_arena_release(a, mark);
    return ok;
}

TtfsLinear ttfs_linear_scale(TtfsMap m, TtfsField k) {
    return (TtfsLinear){.kind = TTFS_SCALE, .in = m, .out = m, .k = k};
}

TtfsLinear ttfs_linear_patch(TtfsMap in, TtfsMap out, const TtfsPatch *w, const double *weights) {
    return (TtfsLinear){
        .kind = TTFS_KERNEL, .in = in, .out = out, .patch = *w, .d = weights, .rs = 0, .cs = 1};
}
