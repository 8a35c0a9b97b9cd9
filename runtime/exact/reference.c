/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical network as plain sums, float64: what the spikes are held against. Also the largest
 * values of layers, which windows are made from. Nothing here knows of time. Of a convolution eight
 * places are gathered once for all outputs; each sum is added in the order of the weights, whatever
 * the processor.
 */
#include "exact_inside.h"

#include <math.h>

enum { PLACES = 8 }; /* of a map that are computed at once */

struct TtfsReference {
    TtfsArena arena;
    const TtfsNet *net;
    double **value; /* per layer */
    double **bias;  /* per layer */
    uint32_t *bias_count;
    double *column; /* [inputs of an output][PLACES] of the convolution in hand */
};

/* The most inputs of a convolution's output. */
static uint64_t longest_row(const TtfsNet *net) {
    uint64_t most = 0;
    for (uint32_t i = 0; i < net->terms.len; i++)
        if (!net->terms.at[i].dense && net->terms.at[i].row > most) most = net->terms.at[i].row;
    return most;
}

TtfsReference *ttfs_reference_open(const TtfsNet *net) {
    TtfsArena arena = {0};
    TtfsReference *r = TTFS_NEW(&arena, TtfsReference);
    r->arena = arena;
    r->net = net;
    r->value = TTFS_ARRAY(&r->arena, double *, net->layers.len);
    r->bias = TTFS_ARRAY(&r->arena, double *, net->layers.len);
    r->bias_count = TTFS_ARRAY(&r->arena, uint32_t, net->layers.len);
    r->column = TTFS_ARRAY(&r->arena, double, longest_row(net) * PLACES);
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

/* Where the kernel lies at some places of a map: its first row and column of the source, which may
 * be in the padding. */
typedef struct {
    uint64_t first, n; /* places, row by row */
    int64_t y[PLACES], x[PLACES];
} Places;

static Places places_from(const TtfsNetLayer *l, const TtfsTerm *t, uint64_t first) {
    uint64_t left = (uint64_t)l->h * l->w - first;
    Places p = {.first = first, .n = left < PLACES ? left : PLACES};
    for (uint32_t i = 0; i < p.n; i++) {
        p.y[i] = ttfs_term_tap(t, 0, (uint32_t)((first + i) / l->w), 0);
        p.x[i] = ttfs_term_tap(t, 1, (uint32_t)((first + i) % l->w), 0);
    }
    return p;
}

/* The values of a channel under one tap; 0 in the padding and beyond the last place. */
static void gather_tap(const TtfsTerm *t, const Places *p, uint32_t ky, uint32_t kx,
                       const double *x, double *column) {
    int64_t down = (int64_t)ky * t->dilation[0], right = (int64_t)kx * t->dilation[1];
    for (uint32_t i = 0; i < PLACES; i++) {
        int64_t sy = p->y[i] + down, sx = p->x[i] + right;
        bool inside = i < p->n && sy >= 0 && sy < t->in[1] && sx >= 0 && sx < t->in[2];
        column[i] = inside ? x[sy * t->in[2] + sx] : 0;
    }
}

/* What a group of outputs reads at these places, [row][PLACES]. */
static void gather(const TtfsTerm *t, const Places *p, const double *x, double *column) {
    size_t plane = (size_t)t->in[1] * t->in[2];
    for (uint32_t i = 0; i < t->in[0] / t->group; i++)
        for (uint32_t ky = 0; ky < t->kernel[0]; ky++)
            for (uint32_t kx = 0; kx < t->kernel[1]; kx++, column += PLACES)
                gather_tap(t, p, ky, kx, x + i * plane, column);
}

/* Two outputs at all places at once: y + sum of w x, in the order of the weights. */
static void add_two(const float *w0, const float *w1, uint64_t row, const double *column,
                    double *y0, double *y1) {
    double a[PLACES], b[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) a[i] = y0[i], b[i] = y1[i];
    for (uint64_t j = 0; j < row; j++, column += PLACES) {
        double u = (double)w0[j], v = (double)w1[j];
        for (uint32_t i = 0; i < PLACES; i++) a[i] += u * column[i];
        for (uint32_t i = 0; i < PLACES; i++) b[i] += v * column[i];
    }
    for (uint32_t i = 0; i < PLACES; i++) y0[i] = a[i], y1[i] = b[i];
}

/* The outputs of a group at these places. */
static void add_outputs(const TtfsTerm *t, const Places *p, const double *column, const float *w,
                        uint32_t outs, size_t plane, double *y) {
    for (uint32_t o = 0; o < outs; o += 2) {
        double sum[2][PLACES] = {{0}};
        bool both = o + 1 < outs;
        double *to[2] = {y + o * plane + p->first, y + (o + both) * plane + p->first};
        for (uint32_t k = 0; k < 2; k++)
            for (uint32_t i = 0; i < p->n; i++) sum[k][i] = to[k][i];
        add_two(w + o * t->row, w + (o + both) * t->row, t->row, column, sum[0], sum[1]);
        for (uint32_t k = 0; k < 1u + both; k++)
            for (uint32_t i = 0; i < p->n; i++) to[k][i] = sum[k][i];
    }
}

static void add_convolution(const TtfsReference *r, const TtfsNetLayer *l, const TtfsTerm *t,
                            const double *x, double *y) {
    uint32_t ins = t->in[0] / t->group, outs = l->c / t->group;
    size_t in_plane = (size_t)t->in[1] * t->in[2], plane = (size_t)l->h * l->w;
    for (uint64_t first = 0; first < plane; first += PLACES) {
        Places p = places_from(l, t, first);
        for (uint32_t g = 0; g < t->group; g++) {
            gather(t, &p, x + g * ins * in_plane, r->column);
            add_outputs(t, &p, r->column, t->weights + (uint64_t)g * outs * t->row, outs, plane,
                        y + g * outs * plane);
        }
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
            add_convolution(r, l, t, x, y);
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
