/* SPDX-License-Identifier: Apache-2.0
 *
 * Two linear maps, one after the other, as one. A factor in front or behind goes into rows or
 * columns. A kernel after a kernel is a kernel when zero padding between them makes no difference:
 * padded places of the map between must be places where the first kernel sees only padding itself.
 * Whatever involves a matrix is a matrix. What would have too many weights, or take too long to
 * multiply out, is left to the caller (who puts a population between).
 */
#include "affine.h"

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static bool few_enough(uint64_t weights, const TtfsLinear *a, const TtfsLinear *b) {
    uint64_t both = 4 * (ttfs_linear_weights(a) + ttfs_linear_weights(b));
    return weights <= (both > TTFS_DENSE_MOST ? both : TTFS_DENSE_MOST) && weights <= INT32_MAX;
}

static bool matrix_after(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                         TtfsLinear *out) {
    uint64_t rows = ttfs_map_count(second->out), cols = ttfs_map_count(first->in);
    uint64_t mid = ttfs_map_count(first->out);
    uint64_t work = second->kind == TTFS_MATRIX ? mid : ttfs_linear_cols(second);
    if (rows > UINT32_MAX || cols > UINT32_MAX || !few_enough(rows * cols, first, second))
        return false;
    work *= ttfs_linear_cols(first);
    if (work > UINT32_MAX || !ttfs_budget_afford(a->budget, rows * (work + mid + cols)))
        return false;
    double *d = TTFS_ARRAY(a, double, rows *cols);
    TtfsArena scratch = {0};
    double *row = TTFS_ARRAY(&scratch, double, mid);
    double *weights = TTFS_ARRAY(&scratch, double, ttfs_linear_cols(first));
    for (uint64_t r = 0; r < rows; r++) {
        ttfs_linear_element(second, r, row);
        ttfs_linear_adjoint(first, row, d + r * cols, weights);
    }
    ttfs_arena_free(&scratch);
    *out = (TtfsLinear){.kind = TTFS_MATRIX,
                        .in = first->in,
                        .out = second->out,
                        .d = d,
                        .rs = cols,
                        .cs = 1,
                        .quantum = ttfs_quanta_compose(a, first, second, rows),
                        .name = second->name ? second->name : first->name};
    return true;
}

/* One axis of the kernel of two kernels; false when borders would differ. */
static bool merge_axis(const TtfsLinear *a, const TtfsLinear *b, int axis, TtfsPatch *w) {
    const TtfsPatch *p = &a->patch, *q = &b->patch;
    uint64_t in = axis ? a->in.w : a->in.h, mid = axis ? a->out.w : a->out.h;
    uint64_t outs = axis ? b->out.w : b->out.h;
    uint64_t s = p->stride[axis], apart = s * q->dilation[axis];
    uint64_t span_a = (uint64_t)(p->kernel[axis] - 1) * p->dilation[axis] + 1;
    uint64_t span_b = (uint64_t)(q->kernel[axis] - 1) * q->dilation[axis] + 1;
    uint64_t last_b = (outs - 1) * q->stride[axis] + span_b; /* places of the map between, padded */
    if (q->pad[axis] && s + p->pad[axis] < span_a) return false;
    if (last_b > mid + q->pad[axis] && mid * s < in + p->pad[axis]) return false;
    uint64_t span = (span_b - 1) * s + span_a, d = 0;
    if (q->kernel[axis] > 1) d = apart;
    if (p->kernel[axis] > 1) d = gcd(d, p->dilation[axis]);
    if (d == 0) d = 1;
    uint64_t stride = s * q->stride[axis], before = p->pad[axis] + s * q->pad[axis];
    uint64_t need = (outs - 1) * stride + span, have = in + before;
    uint64_t after = need > have ? need - have : 0, kernel = (span - 1) / d + 1;
    uint64_t most = 1 << 20;
    if (kernel >= most || stride >= most || d >= most || before >= most || after >= most)
        return false;
    if ((have + after - span) / stride + 1 != outs) return false;
    w->kernel[axis] = (uint32_t)kernel;
    w->stride[axis] = (uint32_t)stride;
    w->dilation[axis] = (uint32_t)d;
    w->pad[axis] = (uint32_t)before;
    w->pad[axis + 2] = (uint32_t)after;
    return true;
}

typedef struct {
    const TtfsLinear *a, *b;
    TtfsPatch w;
    double *row_b, *row_a;
} Merge;

/* Adds a channel's taps of the first kernel times `factor`, from place (y, x) of the merged one. */
static void add_taps(const Merge *m, const double *taps_a, double factor, uint64_t y, uint64_t x,
                     double *out) {
    const TtfsPatch *p = &m->a->patch, *w = &m->w;
    uint64_t down = p->dilation[0] / w->dilation[0], right = p->dilation[1] / w->dilation[1];
    for (uint64_t v = 0; v < p->kernel[0]; v++) {
        double *row = out + (y + v * down) * w->kernel[1] + x;
        for (uint64_t h = 0; h < p->kernel[1]; h++)
            row[h * right] += factor * taps_a[v * p->kernel[1] + h];
    }
}

/* Adds, for one channel between, its taps times the first kernel's. All strides are multiples of
 * the merged dilation, or of an axis with a single tap. */
static void add_channel(const Merge *m, uint64_t first_in, const double *taps_b, double *out) {
    const TtfsPatch *p = &m->a->patch, *q = &m->b->patch, *w = &m->w;
    uint64_t taps = (uint64_t)w->kernel[0] * w->kernel[1];
    uint64_t taps_a = (uint64_t)p->kernel[0] * p->kernel[1], ins = m->a->in.c / p->group;
    for (uint64_t t = 0; t < (uint64_t)q->kernel[0] * q->kernel[1]; t++) {
        if (taps_b[t] == 0) continue;
        uint64_t y = t / q->kernel[1] * q->dilation[0] * p->stride[0] / w->dilation[0];
        uint64_t x = t % q->kernel[1] * q->dilation[1] * p->stride[1] / w->dilation[1];
        for (uint64_t i = 0; i < ins; i++)
            add_taps(m, m->row_a + i * taps_a, taps_b[t], y, x, out + (first_in + i) * taps);
    }
}

static void merge_row(const Merge *m, uint32_t o, double *out) {
    const TtfsLinear *a = m->a, *b = m->b;
    uint32_t mids = b->in.c / b->patch.group, per_b = b->out.c / b->patch.group;
    uint32_t per_a = a->out.c / a->patch.group, ins_a = a->in.c / a->patch.group;
    uint32_t ins = a->in.c / m->w.group, start = o / (b->out.c / m->w.group) * ins;
    uint64_t taps_b = (uint64_t)b->patch.kernel[0] * b->patch.kernel[1];
    ttfs_linear_row(b, o, m->row_b);
    for (uint32_t k = 0; k < mids; k++) {
        uint32_t mid = o / per_b * mids + k;
        ttfs_linear_row(a, mid, m->row_a);
        add_channel(m, mid / per_a * ins_a - start, m->row_b + k * taps_b, out);
    }
}

static bool kernel_after(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                         TtfsLinear *out) {
    Merge m = {.a = first, .b = second};
    if (!merge_axis(first, second, 0, &m.w) || !merge_axis(first, second, 1, &m.w)) return false;
    m.w.group = (uint32_t)gcd(first->patch.group, second->patch.group);
    uint64_t cols = (uint64_t)first->in.c / m.w.group * m.w.kernel[0];
    if (cols > UINT32_MAX || cols * m.w.kernel[1] > UINT32_MAX) return false;
    cols *= m.w.kernel[1];
    uint64_t work = ttfs_linear_weights(second) * ttfs_linear_cols(first);
    if (!few_enough(cols * second->out.c, first, second) || !ttfs_budget_afford(a->budget, work))
        return false;
    double *d = TTFS_ARRAY(a, double, cols * second->out.c);
    TtfsArena scratch = {0};
    m.row_a = TTFS_ARRAY(&scratch, double, ttfs_linear_cols(first));
    m.row_b = TTFS_ARRAY(&scratch, double, ttfs_linear_cols(second));
    for (uint32_t o = 0; o < second->out.c; o++) merge_row(&m, o, d + o * cols);
    ttfs_arena_free(&scratch);
    *out = ttfs_linear_patch(first->in, second->out, &m.w, d);
    out->rs = cols;
    out->quantum = ttfs_quanta_compose(a, first, second, second->out.c);
    out->name = second->name ? second->name : first->name;
    return true;
}

bool ttfs_linear_compose(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                         TtfsLinear *out) {
    bool whole = first->out.h * first->out.w == 1;
    if (second->kind == TTFS_SCALE) {
        bool rows = first->kind != TTFS_KERNEL || second->k.n <= first->out.c || whole;
        if (!rows) return matrix_after(a, first, second, out);
        *out = ttfs_linear_times(a, first, second->k);
        return true;
    }
    if (first->kind == TTFS_SCALE) {
        bool columns = second->kind == TTFS_MATRIX || first->k.n <= first->out.c;
        if (!columns) return matrix_after(a, first, second, out);
        *out = ttfs_linear_after(a, second, first->k);
        out->in = first->in;
        return true;
    }
    if (first->kind == TTFS_KERNEL && second->kind == TTFS_KERNEL)
        return kernel_after(a, first, second, out);
    return matrix_after(a, first, second, out);
}
