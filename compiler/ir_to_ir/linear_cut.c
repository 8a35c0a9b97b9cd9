/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear maps made from one another: cutting them by channels, scaling rows and columns. Weights
 * stay where they are, as strides, factors and a permutation over them; only what mixes weights
 * makes new ones, in float64.
 */
#include "affine.h"

#include <string.h>

TtfsLinear ttfs_linear_ungroup(TtfsArena *a, const TtfsLinear *l) {
    if (l->kind != TTFS_KERNEL || l->patch.group == 1) return *l;
    TtfsLinear out = *l;
    uint64_t cols = ttfs_linear_cols(l), wide = l->in.c * ttfs_linear_taps(l);
    double *d = TTFS_ARRAY(a, double, l->out.c *wide);
    uint32_t per = l->out.c / l->patch.group;
    for (uint32_t r = 0; r < l->out.c; r++) ttfs_linear_row(l, r, d + r * wide + r / per * cols);
    out.patch.group = 1;
    out.f = NULL, out.d = d, out.rs = wide, out.cs = 1;
    out.perm = NULL, out.row = out.col = NULL;
    return out;
}

/* Moves the base to row r. */
static void skip_rows(TtfsLinear *l, uint64_t r) {
    if (l->f) l->f += r * l->rs;
    if (l->d) l->d += r * l->rs;
    if (l->row) l->row += r;
    if (l->quantum) l->quantum += r;
}

/* Groups first .. of a kernel. */
static void keep_groups(TtfsLinear *l, uint32_t first, uint32_t count) {
    uint32_t ins = l->in.c / l->patch.group, outs = l->out.c / l->patch.group;
    skip_rows(l, (uint64_t)first * outs);
    if (l->col) l->col += (uint64_t)first * ins;
    l->in.c = ins * count;
    l->out.c = outs * count;
    l->patch.group = count;
}

uint64_t ttfs_linear_cut_cost(const TtfsLinear *l, uint32_t first, uint32_t count) {
    if (l->kind != TTFS_KERNEL || l->patch.group == 1 || count == l->out.c) return 0;
    uint32_t per = l->out.c / l->patch.group;
    if (first % per == 0 && count % per == 0) return 0;
    uint64_t groups = (first + (uint64_t)count + per - 1) / per - first / per;
    return groups * per * groups * ttfs_linear_cols(l);
}

TtfsLinear ttfs_linear_cut_out(TtfsArena *a, const TtfsLinear *l, uint32_t first, uint32_t count,
                               uint32_t *from) {
    TtfsLinear out = *l;
    *from = 0;
    if (first == 0 && count == l->out.c) return out;
    TtfsMap part = {count, l->out.h, l->out.w};
    if (l->kind == TTFS_SCALE) {
        out.k = ttfs_field_channels(l->out, l->k, first, part);
        out.in = out.out = part;
        *from = first;
        return out;
    }
    if (l->kind == TTFS_MATRIX) {
        skip_rows(&out, (uint64_t)first * l->out.h * l->out.w);
    } else if (l->patch.group == 1) {
        skip_rows(&out, first);
    } else {
        uint32_t per = l->out.c / l->patch.group, ins = l->in.c / l->patch.group;
        uint32_t begin = first / per, end = (first + count + per - 1) / per;
        keep_groups(&out, begin, end - begin);
        *from = begin * ins;
        if (out.out.c == count) return out;
        out = ttfs_linear_ungroup(a, &out);
        skip_rows(&out, first - begin * per);
    }
    out.out = part;
    return out;
}

TtfsLinear ttfs_linear_cut_in(const TtfsLinear *l, uint32_t first, uint32_t count, uint32_t *at) {
    TtfsLinear out = *l;
    *at = 0;
    if (first == 0 && count == l->in.c) return out;
    TtfsMap part = {count, l->in.h, l->in.w};
    uint64_t skip = first,
             per = l->kind == TTFS_KERNEL ? ttfs_linear_taps(l) : (uint64_t)l->in.h * l->in.w;
    if (l->kind == TTFS_SCALE) {
        out.k = ttfs_field_channels(l->out, l->k, first, part);
        out.in = out.out = part;
        *at = first;
        return out;
    }
    if (l->kind == TTFS_KERNEL && l->patch.group > 1) {
        uint32_t ins = l->in.c / l->patch.group, begin = first / ins;
        uint32_t groups = count >= ins ? count / ins : 1;
        keep_groups(&out, begin, groups);
        *at = begin * (l->out.c / l->patch.group);
        if (out.in.c == count) return out;
        skip = first - begin * ins;
    }
    if (out.perm) {
        out.perm += skip * per;
    } else {
        if (out.f) out.f += skip * per * out.cs;
        if (out.d) out.d += skip * per * out.cs;
    }
    if (out.col) out.col += skip * (l->kind == TTFS_MATRIX ? per : 1);
    out.in = part;
    return out;
}

uint64_t ttfs_linear_widen_cost(const TtfsLinear *l, uint32_t channels) {
    if (channels == l->out.c) return 0;
    bool matrix = l->kind == TTFS_MATRIX || (l->kind == TTFS_SCALE && l->k.n > l->out.c);
    if (matrix) return ttfs_map_count(l->in) * l->out.h * l->out.w * channels;
    return l->in.c * (l->kind == TTFS_KERNEL ? ttfs_linear_taps(l) : 1) * channels;
}

TtfsLinear ttfs_linear_widen(TtfsArena *a, const TtfsLinear *l, uint32_t at, uint32_t channels) {
    if (at == 0 && channels == l->out.c) return *l;
    TtfsLinear out = ttfs_linear_ungroup(a, l);
    TtfsMap wide = {channels, l->out.h, l->out.w};
    if (l->kind == TTFS_SCALE && l->k.n <= l->out.c) { /* a kernel of one tap */
        double *d = TTFS_ARRAY(a, double, (uint64_t)channels * l->in.c);
        for (uint32_t c = 0; c < l->in.c; c++)
            d[(uint64_t)(at + c) * l->in.c + c] =
                ttfs_field_at(&l->k, l->in, (uint64_t)c * l->in.h * l->in.w, 1);
        static const TtfsPatch point = {{1, 1}, {1, 1}, {1, 1}, {0}, 1};
        out = ttfs_linear_patch(l->in, wide, &point, d);
        out.rs = l->in.c;
        out.name = l->name;
        return out;
    }
    if (l->kind == TTFS_SCALE) out = ttfs_linear_matrix(a, l, NULL);
    uint64_t rows = ttfs_linear_rows(&out), cols = ttfs_linear_cols(&out), per = rows / l->out.c;
    double *d = TTFS_ARRAY(a, double, channels *per *cols);
    for (uint64_t r = 0; r < rows; r++) ttfs_linear_row(&out, r, d + (at * per + r) * cols);
    if (out.quantum) {
        double *quantum = TTFS_ARRAY(a, double, channels *per);
        memcpy(quantum + at * per, out.quantum, rows * sizeof *quantum);
        out.quantum = quantum;
    }
    out.f = NULL, out.d = d, out.rs = cols, out.cs = 1;
    out.perm = NULL, out.row = out.col = NULL;
    out.out = wide;
    return out;
}

/* factor[i] (NULL: 1) times the field at elements i * stride of the map. */
static const double *factors(TtfsArena *a, const double *factor, uint64_t n, TtfsMap m, TtfsField k,
                             uint64_t stride) {
    double *v = TTFS_ARRAY(a, double, n);
    for (uint64_t i = 0; i < n; i++)
        v[i] = (factor ? factor[i] : 1) * ttfs_field_at(&k, m, i * stride, 1);
    return v;
}

TtfsLinear ttfs_linear_times(TtfsArena *a, const TtfsLinear *l, TtfsField k) {
    TtfsLinear out = *l;
    if (k.n == 0) return out;
    if (l->kind == TTFS_SCALE) {
        out.k = ttfs_field_mul(a, l->out, l->k, k);
        return out;
    }
    uint64_t stride = l->kind == TTFS_KERNEL ? (uint64_t)l->out.h * l->out.w : 1;
    out.row = factors(a, l->row, ttfs_linear_rows(l), l->out, k, stride);
    out.quantum = ttfs_quanta_times(a, l, k, stride);
    return out;
}

TtfsLinear ttfs_linear_after(TtfsArena *a, const TtfsLinear *l, TtfsField k) {
    TtfsLinear out = *l;
    if (k.n == 0) return out;
    bool kernel = l->kind == TTFS_KERNEL;
    uint64_t stride = kernel ? (uint64_t)l->in.h * l->in.w : 1;
    out.quantum = ttfs_quanta_after(a, l, k);
    out.col = factors(a, l->col, kernel ? l->in.c : ttfs_map_count(l->in), l->in, k, stride);
    return out;
}
