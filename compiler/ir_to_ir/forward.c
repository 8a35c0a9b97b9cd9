/* SPDX-License-Identifier: Apache-2.0
 *
 * A constant through a linear map. Behind zero padding a constant that was the same everywhere
 * depends on the position (semantics.md, 2): a kernel's taps are first summed over the channels,
 * then over those that hit the map.
 */
#include "affine.h"

/* Sums over input channels of weight times constant, a tap at a time, of output channel c. */
static void tap_sums(const TtfsLinear *l, TtfsField x, uint32_t c, const double *weights,
                     double *sums) {
    uint64_t taps = (uint64_t)l->patch.kernel[0] * l->patch.kernel[1];
    uint32_t ins = l->in.c / l->patch.group, first = c / (l->out.c / l->patch.group) * ins;
    for (uint64_t t = 0; t < taps; t++) sums[t] = 0;
    for (uint32_t i = 0; i < ins; i++) {
        double v = ttfs_field_at(&x, l->in, (uint64_t)(first + i) * l->in.h * l->in.w, 0);
        for (uint64_t t = 0; t < taps; t++) sums[t] += v * weights[i * taps + t];
    }
}

/* The taps [*begin, *end) of the patch at `at` that hit the map. */
static void hits(const TtfsLinear *l, int axis, uint32_t at, uint32_t *begin, uint32_t *end) {
    const TtfsPatch *w = &l->patch;
    int64_t start = (int64_t)at * w->stride[axis] - w->pad[axis];
    int64_t size = axis ? l->in.w : l->in.h, d = w->dilation[axis];
    int64_t low = start < 0 ? (-start + d - 1) / d : 0;
    int64_t high = start >= size ? 0 : (size - 1 - start) / d + 1;
    if (high > w->kernel[axis]) high = w->kernel[axis];
    *begin = (uint32_t)low;
    *end = (uint32_t)(high < low ? low : high);
}

static bool clipped(const TtfsLinear *l) {
    for (int axis = 0; axis < 2; axis++) {
        uint32_t n = axis ? l->out.w : l->out.h, begin, end;
        for (uint32_t i = 0; i < n; i++) {
            hits(l, axis, i, &begin, &end);
            if (begin != 0 || end != l->patch.kernel[axis]) return true;
        }
    }
    return false;
}

static double patch_sum(const TtfsLinear *l, const double *sums, uint32_t y, uint32_t x) {
    uint32_t top, bottom, left, right;
    double total = 0;
    hits(l, 0, y, &top, &bottom);
    hits(l, 1, x, &left, &right);
    for (uint32_t j = top; j < bottom; j++)
        for (uint32_t i = left; i < right; i++) total += sums[(uint64_t)j * l->patch.kernel[1] + i];
    return total;
}

/* A constant that is the same at all positions of a channel. */
static TtfsField kernel_channels(TtfsArena *a, const TtfsLinear *l, TtfsField x) {
    TtfsArena scratch = {0};
    uint64_t taps = (uint64_t)l->patch.kernel[0] * l->patch.kernel[1];
    bool positions = clipped(l);
    uint64_t per = positions ? (uint64_t)l->out.h * l->out.w : 1;
    uint64_t work = l->out.c * (ttfs_linear_cols(l) + per * (positions ? taps : 1));
    if (!ttfs_budget_spend(a->budget, work) ||
        !ttfs_budget_array(a->budget, l->out.c * per, 2 * sizeof(double)))
        return (TtfsField){0};
    double *weights = TTFS_ARRAY(&scratch, double, ttfs_linear_cols(l));
    double *sums = TTFS_ARRAY(&scratch, double, taps);
    double *v = TTFS_ARRAY(&scratch, double, l->out.c *per);
    for (uint32_t c = 0; c < l->out.c; c++) {
        ttfs_linear_row(l, c, weights);
        tap_sums(l, x, c, weights, sums);
        for (uint64_t p = 0; p < per; p++) {
            double total = 0;
            for (uint64_t t = 0; !positions && t < taps; t++) total += sums[t];
            v[c * per + p] =
                positions ? patch_sum(l, sums, (uint32_t)(p / l->out.w), (uint32_t)(p % l->out.w))
                          : total;
        }
    }
    TtfsMap m = positions ? l->out : (TtfsMap){l->out.c, 1, 1};
    TtfsField f = ttfs_field_of(a, m, v, 0);
    ttfs_arena_free(&scratch);
    return f;
}

static double kernel_at(const TtfsLinear *l, const double *in, const double *weights, uint32_t c,
                        uint32_t y, uint32_t x) {
    const TtfsPatch *w = &l->patch;
    uint64_t taps = (uint64_t)w->kernel[0] * w->kernel[1], plane = (uint64_t)l->in.h * l->in.w;
    uint32_t ins = l->in.c / w->group, first = c / (l->out.c / w->group) * ins;
    uint32_t top, bottom, left, right;
    double total = 0;
    hits(l, 0, y, &top, &bottom);
    hits(l, 1, x, &left, &right);
    for (uint32_t i = 0; i < ins; i++)
        for (uint32_t j = top; j < bottom; j++) {
            int64_t iy = (int64_t)y * w->stride[0] + (int64_t)j * w->dilation[0] - w->pad[0];
            int64_t ix = (int64_t)x * w->stride[1] - w->pad[1];
            const double *p = in + (first + i) * plane + (uint64_t)iy * l->in.w;
            const double *q = weights + i * taps + (uint64_t)j * w->kernel[1];
            for (uint32_t k = left; k < right; k++)
                total += q[k] * p[ix + (int64_t)k * w->dilation[1]];
        }
    return total;
}

static void elements(TtfsArena *scratch, const TtfsLinear *l, const double *in, double *out) {
    double *weights = TTFS_ARRAY(scratch, double, ttfs_linear_cols(l));
    uint64_t rows = ttfs_linear_rows(l), cols = ttfs_linear_cols(l);
    for (uint64_t r = 0; r < rows; r++) {
        ttfs_linear_row(l, r, weights);
        if (l->kind == TTFS_MATRIX) {
            double total = 0;
            for (uint64_t j = 0; j < cols; j++) total += weights[j] * in[j];
            *out++ = total;
            continue;
        }
        for (uint32_t y = 0; y < l->out.h; y++)
            for (uint32_t x = 0; x < l->out.w; x++)
                *out++ = kernel_at(l, in, weights, (uint32_t)r, y, x);
    }
}

TtfsField ttfs_linear_forward(TtfsArena *a, const TtfsLinear *l, TtfsField x) {
    if (x.n == 0) return x;
    if (l->kind == TTFS_SCALE) return ttfs_field_times(a, l->out, x, l->k);
    if (l->kind == TTFS_KERNEL && x.n <= l->in.c) return kernel_channels(a, l, x);
    uint64_t positions = l->kind == TTFS_KERNEL ? (uint64_t)l->out.h * l->out.w : 1;
    uint64_t in_all = ttfs_map_count(l->in) + ttfs_map_count(l->out);
    if (!ttfs_budget_spend(a->budget, ttfs_linear_weights(l) * positions) ||
        !ttfs_budget_array(a->budget, in_all, 2 * sizeof(double)))
        return (TtfsField){0};
    TtfsArena scratch = {0};
    double *in = ttfs_field_expand(&scratch, l->in, x, 0);
    double *out = TTFS_ARRAY(&scratch, double, ttfs_map_count(l->out));
    elements(&scratch, l, in, out);
    TtfsField f = ttfs_field_of(a, l->out, out, 0);
    ttfs_arena_free(&scratch);
    return f;
}
