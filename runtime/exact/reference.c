/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical network as plain sums, float64: what the spikes are held against. Also the largest
 * values of layers, which windows are made from. Nothing here knows of time.
 */
#include "exact_inside.h"

#include <math.h>

struct TtfsReference {
    TtfsArena arena;
    const TtfsNet *net;
    double **value; /* per layer */
    double **bias;  /* per layer */
    uint32_t *bias_count;
};

TtfsReference *ttfs_reference_open(const TtfsNet *net) {
    TtfsArena arena = {0};
    TtfsReference *r = TTFS_NEW(&arena, TtfsReference);
    r->arena = arena;
    r->net = net;
    r->value = TTFS_ARRAY(&r->arena, double *, net->layers.len);
    r->bias = TTFS_ARRAY(&r->arena, double *, net->layers.len);
    r->bias_count = TTFS_ARRAY(&r->arena, uint32_t, net->layers.len);
    for (uint32_t i = 0; i < net->layers.len; i++) {
        const TtfsNetLayer *l = &net->layers.at[i];
        r->value[i] = TTFS_ARRAY(&r->arena, double, ttfs_net_size(l));
        if (ttfs_net_sums(l)) r->bias[i] = ttfs_net_bias(net, i, 0, &r->arena, &r->bias_count[i]);
    }
    return r;
}

void ttfs_reference_close(TtfsReference *r) {
    if (!r) return;
    TtfsArena arena = r->arena; /* holds *r itself */
    ttfs_arena_free(&arena);
}

const double *ttfs_reference_values(const TtfsReference *r, uint32_t layer) {
    return r->value[layer];
}

void ttfs_exact_piece(const TtfsPiece *p, const double *from, double *to) {
    uint64_t n = ttfs_piece_size(p);
    for (uint64_t k = 0; k < n; k++) {
        uint32_t neuron, element;
        ttfs_piece_at(p, k, &neuron, &element);
        to[element] = from[neuron];
    }
}

void ttfs_reference_output(const TtfsReference *r, uint32_t output, double *values) {
    const TtfsOutput *o = &r->net->outputs.at[output];
    for (uint32_t i = 0; i < o->pieces.len; i++) {
        const TtfsPiece *p = &o->pieces.at[i];
        ttfs_exact_piece(p, r->value[p->pop - 1], values);
    }
}

static void add_matrix(const TtfsNetLayer *l, const TtfsTerm *t, const double *x, double *y) {
    for (uint32_t i = 0; i < ttfs_term_rows(l, t); i++) {
        const float *w = t->weights + i * t->row;
        double sum = 0;
        for (uint64_t j = 0; j < t->row; j++) sum += (double)w[j] * x[j];
        y[i] += sum;
    }
}

/* Outputs [from, to) of `n` along an axis whose tap k lies inside the input. */
typedef struct {
    uint32_t from, to;
} Inside;

static Inside inside(const TtfsTerm *t, int axis, uint32_t k, uint32_t n) {
    Inside i = {0, n};
    while (i.from < n && ttfs_term_tap(t, axis, i.from, k) < 0) i.from++;
    while (i.to > i.from && ttfs_term_tap(t, axis, i.to - 1, k) >= t->in[axis + 1]) i.to--;
    return i;
}

/* y[i] += w * x[i * stride] */
static void add_row(double *y, const double *x, uint32_t stride, double w, uint32_t n) {
    if (stride == 1)
        for (uint32_t i = 0; i < n; i++) y[i] += w * x[i];
    else
        for (uint32_t i = 0; i < n; i++) y[i] += w * x[(size_t)i * stride];
}

/* y += w * x over all positions of one channel pair and tap. */
static void add_tap(const TtfsNetLayer *l, const TtfsTerm *t, uint32_t ky, uint32_t kx, double w,
                    const double *x, double *y) {
    Inside rows = inside(t, 0, ky, l->h), columns = inside(t, 1, kx, l->w);
    if (columns.from == columns.to) return;
    size_t first = (size_t)ttfs_term_tap(t, 1, columns.from, kx);
    for (uint32_t oy = rows.from; oy < rows.to; oy++) {
        size_t sy = (size_t)ttfs_term_tap(t, 0, oy, ky);
        add_row(y + (size_t)oy * l->w + columns.from, x + sy * t->in[2] + first, t->stride[1], w,
                columns.to - columns.from);
    }
}

static void add_convolution(const TtfsNetLayer *l, const TtfsTerm *t, const double *x, double *y) {
    uint32_t ins = t->in[0] / t->group, outs = l->c / t->group;
    size_t in_plane = (size_t)t->in[1] * t->in[2], out_plane = (size_t)l->h * l->w;
    for (uint32_t o = 0; o < l->c; o++) {
        const float *w = t->weights + o * t->row;
        for (uint32_t i = 0; i < ins; i++)
            for (uint32_t ky = 0; ky < t->kernel[0]; ky++)
                for (uint32_t kx = 0; kx < t->kernel[1]; kx++, w++)
                    if (*w != 0)
                        add_tap(l, t, ky, kx, (double)*w, x + (o / outs * ins + i) * in_plane,
                                y + o * out_plane);
    }
}

static double pool_at(const TtfsTerm *t, bool largest, const double *x, uint32_t oy, uint32_t ox) {
    double best = NAN;
    for (uint32_t ky = 0; ky < t->kernel[0]; ky++)
        for (uint32_t kx = 0; kx < t->kernel[1]; kx++) {
            int64_t sy = ttfs_term_tap(t, 0, oy, ky), sx = ttfs_term_tap(t, 1, ox, kx);
            if (sy < 0 || sy >= t->in[1] || sx < 0 || sx >= t->in[2]) continue;
            double v = x[(size_t)sy * t->in[2] + (size_t)sx];
            if (isnan(best) || (largest ? v > best : v < best)) best = v;
        }
    return isnan(best) ? 0 : best;
}

static void pool(const TtfsNetLayer *l, const TtfsTerm *t, const double *x, double *y) {
    for (uint32_t c = 0; c < l->c; c++)
        for (uint32_t oy = 0; oy < l->h; oy++)
            for (uint32_t ox = 0; ox < l->w; ox++)
                *y++ = pool_at(t, l->kind == TTFS_LAYER_MAXPOOL,
                               x + (size_t)c * t->in[1] * t->in[2], oy, ox);
}

static void linear(const TtfsReference *r, uint32_t index, TtfsReferenceRule *rule, void *context) {
    const TtfsNetLayer *l = &r->net->layers.at[index];
    double *y = r->value[index];
    uint32_t n = ttfs_net_size(l), each = n / r->bias_count[index];
    for (uint32_t i = 0; i < n; i++) y[i] = r->bias[index][i / each];
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &r->net->terms.at[l->term_first + k];
        const double *x = r->value[t->src] + t->first;
        if (t->dense)
            add_matrix(l, t, x, y);
        else
            add_convolution(l, t, x, y);
    }
    if (l->kind == TTFS_LAYER_RELU) rule(context, index, y);
}

static void rectify(void *context, uint32_t layer, double *y) {
    const TtfsNet *const *net = context;
    const TtfsNetLayer *l = &(*net)->layers.at[layer];
    uint32_t n = l->kind == TTFS_LAYER_RELU ? ttfs_net_size(l) : 0;
    for (uint32_t i = 0; i < n; i++)
        y[i] = y[i] > 0 ? l->top > 0 && y[i] > l->top ? l->top : y[i] : 0;
}

void ttfs_reference_run(TtfsReference *r, const float *input) {
    const TtfsNet *net = r->net;
    ttfs_reference_run_as(r, input, rectify, &net);
}

void ttfs_reference_run_as(TtfsReference *r, const float *input, TtfsReferenceRule *rule,
                           void *context) {
    const TtfsNet *net = r->net;
    uint32_t n = ttfs_net_size(&net->layers.at[0]);
    for (uint32_t i = 0; i < n; i++) r->value[0][i] = (double)input[ttfs_net_sample_place(net, i)];
    rule(context, 0, r->value[0]);
    for (uint32_t i = 1; i < net->layers.len; i++) {
        const TtfsNetLayer *l = &net->layers.at[i];
        const TtfsTerm *t = &net->terms.at[l->term_first];
        switch (l->kind) {
        case TTFS_LAYER_INPUT:
            break; /* only layer 0 */
        case TTFS_LAYER_MAXPOOL:
        case TTFS_LAYER_MINPOOL:
            pool(l, t, r->value[t->src] + t->first, r->value[i]);
            break;
        case TTFS_LAYER_RELU:
        case TTFS_LAYER_READOUT:
            linear(r, i, rule, context);
            break;
        }
    }
}

TtfsExactTops ttfs_exact_tops(const TtfsNet *net, double input_lo, double input_hi, TtfsArena *a) {
    return (TtfsExactTops){input_lo, input_hi, TTFS_ARRAY(a, double, net->layers.len)};
}

void ttfs_exact_tops_add(TtfsExactTops *t, const TtfsNet *net, const TtfsReference *r) {
    for (uint32_t i = 0; i < net->layers.len; i++) {
        uint32_t n = ttfs_net_size(&net->layers.at[i]);
        for (uint32_t k = 0; k < n; k++) {
            double v = r->value[i][k];
            if (v > t->top[i]) t->top[i] = v;
            if (i == 0 && v < t->input_lo) t->input_lo = v;
            if (i == 0 && v > t->input_hi) t->input_hi = v;
        }
    }
}

void ttfs_exact_tops_merge(TtfsExactTops *t, const TtfsNet *net, const TtfsExactTops *other) {
    t->input_lo = fmin(t->input_lo, other->input_lo);
    t->input_hi = fmax(t->input_hi, other->input_hi);
    for (uint32_t i = 0; i < net->layers.len; i++) t->top[i] = fmax(t->top[i], other->top[i]);
}
