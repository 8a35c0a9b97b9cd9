/* SPDX-License-Identifier: Apache-2.0
 *
 * A linear layer of a chunk. Forward: potentials U = c + sum w x, values y = clamp(floor(U / R), 0,
 * T), in the integers of docs/semantics.md. Backward: dy/dU = 1 / R where z = U - floor(R / 2) lies
 * within -R / 2 .. (T + 1/2) R, 0 outside; of the logarithm of the window y - z / R inside, T above
 * it.
 */
#include "tune_inside.h"

#include "vectors.h"

#include <math.h>
#include <string.h>

/* Neurons and lanes at once: sums of neurons side by side need not wait for each other. */
enum { ROWS = 8, LANES = 8 };

typedef void OnTile(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t group, uint32_t first,
                    uint32_t end, TtfsTuneWork *w, void *context);

/* Calls fn for all groups and tiles of positions of a term. */
static void on_tiles(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t lanes, TtfsTuneWork *w,
                     OnTile *fn, void *context) {
    uint32_t plane = k->term->dense ? 1 : l->plane;
    uint32_t tile = ttfs_tune_in_place(k->term) ? plane : ttfs_tune_tile(l->net, k->term, lanes);
    for (uint32_t g = 0; g < k->term->group; g++)
        for (uint32_t p = 0; p < plane; p += tile)
            fn(l, k, g, p, p + tile < plane ? p + tile : plane, w, context);
}

/* The patches of a tile as a matrix [row][positions * lanes]. */
static TtfsMatrix patches(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t group,
                          uint32_t first, uint32_t end, uint32_t lanes, const float *x,
                          TtfsTuneWork *w) {
    const TtfsTerm *term = k->term;
    if (ttfs_tune_in_place(term)) {
        size_t plane = term->dense ? 1 : (size_t)term->in[1] * term->in[2];
        size_t channel = (size_t)group * (term->in[0] / term->group);
        return (TtfsMatrix){x + (term->first + channel * plane + first) * lanes, plane * lanes, 1};
    }
    ttfs_tune_patches(l->net, term, group, first, end, lanes, x, w->patch);
    return (TtfsMatrix){w->patch, (size_t)(end - first) * lanes, 1};
}

static size_t width_of(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t lanes) {
    return (size_t)(k->term->dense ? 1 : l->plane) * lanes;
}

typedef struct {
    uint32_t lanes;
    float *potential; /* of the layer */
    float *gradient;  /* of the term's weights */
    float *source;    /* gradient of the source's values; NULL: not wanted */
    const float *x;
} Tiles;

static void add_products(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t group,
                         uint32_t first, uint32_t end, TtfsTuneWork *w, void *context) {
    const Tiles *c = context;
    uint32_t rows = k->rows / k->term->group, lanes = c->lanes;
    size_t row = k->term->row, wide = width_of(l, k, lanes);
    float *out = c->potential + (size_t)group * rows * wide + (size_t)first * lanes;
    TtfsMatrix a = {k->weights + (size_t)group * rows * row, row, 1};
    TtfsMatrix b = patches(l, k, group, first, end, lanes, c->x, w);
    ttfs_gemm(rows, (size_t)(end - first) * lanes, row, a, b, out, wide, true, w->scratch);
}

static void fill_biases(const TtfsTuneState *l, float *u, uint32_t lanes) {
    uint32_t each = l->size / l->bias_count;
    for (uint32_t i = 0; i < l->size; i++)
        for (uint32_t k = 0; k < lanes; k++) u[(size_t)i * lanes + k] = l->bias[i / each];
}

/* clamp(floor(u / ramp), 0, ticks), of what is no number 0: of whole numbers below 2^24 the
 * quotient, rounded, does not reach the next whole number. */
TTFS_BOTH void send(const TtfsEight *u, float ramp, float ticks, TtfsEight *y) {
    TtfsEight full = (TtfsEight){0} + ticks * ramp, v = TTFS_WHERE_ELSE_0(*u > 0, *u);
    v = TTFS_WHERE(v < full, v, full);
    *y = __builtin_convertvector(__builtin_convertvector(v / ramp, TtfsMask), TtfsEight);
}

TTFS_BOTH void fire_all(const TtfsTuneState *l, const float *u, float *y, uint32_t lanes) {
    for (uint32_t i = 0; i < l->size; i++)
        for (uint32_t k = 0; k < lanes; k += LANES, u += LANES, y += LANES) {
            TtfsEight in, out;
            ttfs_load(&in, u);
            send(&in, l->ramp[i / l->plane], (float)l->ticks, &out);
            ttfs_store(y, &out);
        }
}

TTFS_EIGHTS static void fire_eights(const TtfsTuneState *l, const float *u, float *y,
                                    uint32_t lanes) {
    fire_all(l, u, y, lanes);
}

static void fire(const TtfsTuneState *l, const float *u, float *y, uint32_t lanes) {
    if (ttfs_has_eights())
        fire_eights(l, u, y, lanes);
    else
        fire_all(l, u, y, lanes);
}

void ttfs_tune_forward(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, uint32_t lanes) {
    const TtfsTuneState *l = &t->layer[layer];
    fill_biases(l, w->potential[layer], lanes);
    for (uint32_t k = 0; k < l->net->terms; k++) {
        Tiles c = {
            .lanes = lanes, .potential = w->potential[layer], .x = w->value[l->term[k].term->src]};
        on_tiles(l, &l->term[k], lanes, w, add_products, &c);
    }
    if (l->ticks) fire(l, w->potential[layer], w->value[layer], lanes);
}

/* Sums of rows of `lanes`, each in the order of its lanes. */
TTFS_BOTH void add_lanes(const float *x, uint32_t rows, size_t row, uint32_t lanes, float *sum) {
    for (uint32_t k = 0; k < lanes; k++)
        for (uint32_t r = 0; r < rows; r++) sum[r] += x[r * row + k];
}

typedef struct {
    float ramp, inverse, half, most, ticks; /* of a channel: where slopes begin and end */
} Slope;

TTFS_BOTH Slope slope_of(const TtfsTuneState *l, uint32_t neuron) {
    float ramp = l->ramp[neuron / l->plane], ticks = (float)l->ticks;
    return (Slope){ramp, 1 / ramp, floorf(ramp / 2), (ticks + 0.5f) * ramp, ticks};
}

/* LANES of a neuron: gradients by potentials and, of each lane, by the window. */
TTFS_BOTH void slopes(const Slope *s, const float *u, const float *value, const float *g,
                      float *delta, float *window) {
    TtfsEight by, sum, out, y;
    ttfs_load(&by, g), ttfs_load(&sum, u), ttfs_load(&out, value);
    send(&sum, s->ramp, s->ticks, &y);
    TtfsEight z = sum - s->half, ticks = (TtfsEight){0} + s->ticks;
    TtfsMask kept = ~((y > 0) & (out == 0)), above = z >= s->most;
    TtfsMask inside = kept & (z >= -s->ramp / 2) & ~above;
    TtfsEight partly = TTFS_WHERE_ELSE_0(inside, y - z * s->inverse);
    TtfsEight d = TTFS_WHERE_ELSE_0(inside, by * s->inverse);
    TtfsEight w = by * TTFS_WHERE(above & kept, ticks, partly);
    ttfs_store(delta, &d), ttfs_store(window, &w);
}

/* Of `rows` neurons from `first` on; what they add to the window's gradient, in their order. */
TTFS_BOTH void through_rows(const TtfsTuneState *l, uint32_t first, uint32_t rows, const float *u,
                            const float *value, const float *g, float *delta, uint32_t lanes,
                            double *window) {
    float sum[ROWS] = {0}, by[ROWS][LANES];
    Slope s[ROWS];
    for (uint32_t r = 0; r < rows; r++) s[r] = slope_of(l, first + r);
    for (uint32_t k = 0; k < lanes; k += LANES) {
        for (uint32_t r = 0; r < rows; r++) {
            size_t at = (size_t)(first + r) * lanes + k;
            slopes(&s[r], u + at, value + at, g + at, delta + at, by[r]);
        }
        add_lanes(by[0], rows, LANES, LANES, sum);
    }
    for (uint32_t r = 0; r < rows; r++) *window += (double)sum[r];
}

/* Gradients of values become those of potentials, in w->delta; the window's gradient. */
TTFS_BOTH double through_all(const TtfsTuneState *l, const float *u, const float *value,
                             const float *g, float *delta, uint32_t lanes) {
    double window = 0;
    for (uint32_t i = 0; i < l->size; i += ROWS) {
        uint32_t rows = l->size - i < ROWS ? l->size - i : ROWS;
        through_rows(l, i, rows, u, value, g, delta, lanes, &window);
    }
    return window;
}

TTFS_EIGHTS static double through_eights(const TtfsTuneState *l, const float *u, const float *value,
                                         const float *g, float *delta, uint32_t lanes) {
    return through_all(l, u, value, g, delta, lanes);
}

static double through(const TtfsTuneState *l, const float *u, const float *value, const float *g,
                      float *delta, uint32_t lanes) {
    return ttfs_has_eights() ? through_eights(l, u, value, g, delta, lanes)
                             : through_all(l, u, value, g, delta, lanes);
}

static void add_gradients(const TtfsTuneState *l, const TtfsTuneTerm *k, uint32_t group,
                          uint32_t first, uint32_t end, TtfsTuneWork *w, void *context) {
    const Tiles *c = context;
    const TtfsTerm *term = k->term;
    uint32_t rows = k->rows / term->group, lanes = c->lanes;
    size_t row = term->row, wide = width_of(l, k, lanes), n = (size_t)(end - first) * lanes;
    const float *delta = w->delta + (size_t)group * rows * wide + (size_t)first * lanes;
    TtfsMatrix b = patches(l, k, group, first, end, lanes, c->x, w);
    TtfsMatrix turned = {b.at, 1, b.row}, d = {delta, wide, 1};
    ttfs_gemm(rows, row, n, d, turned, c->gradient + (size_t)group * rows * row, row, true,
              w->scratch);
    if (!c->source) return;
    TtfsMatrix a = {k->weights + (size_t)group * rows * row, 1, row};
    if (ttfs_tune_in_place(term)) {
        size_t plane = term->dense ? 1 : (size_t)term->in[1] * term->in[2];
        size_t at = term->first + (size_t)group * (term->in[0] / term->group) * plane + first;
        ttfs_gemm(row, n, rows, a, d, c->source + at * lanes, plane * lanes, true, w->scratch);
        return;
    }
    ttfs_gemm(row, n, rows, a, d, w->patch_gradient, n, false, w->scratch);
    ttfs_tune_patches_back(l->net, term, group, first, end, lanes, w->patch_gradient, c->source);
}

static void add_bias_gradients(const TtfsTuneState *l, const float *delta, float *to,
                               uint32_t lanes) {
    uint32_t each = l->size / l->biases;
    for (uint32_t i = 0; i < l->size; i += ROWS) {
        float sum[ROWS] = {0};
        uint32_t rows = l->size - i < ROWS ? l->size - i : ROWS;
        add_lanes(delta + (size_t)i * lanes, rows, lanes, lanes, sum);
        for (uint32_t r = 0; r < rows; r++) to[(i + r) / each] += sum[r];
    }
}

/* What weights are multiplied with: of the input real values in its quanta, padding left at 0. */
static const float *multiplied(const TtfsTune *t, uint32_t src, TtfsTuneWork *w, uint32_t lanes) {
    if (t->offset == 0 || !t->net->layers.at[src].of_input) return w->value[src];
    size_t n = (size_t)t->layer[src].size * lanes;
    for (size_t i = 0; i < n; i++) w->shifted[i] = w->value[src][i] + (float)t->offset;
    return w->shifted;
}

void ttfs_tune_backward(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, TtfsTuneChunk *c) {
    const TtfsTuneState *l = &t->layer[layer];
    const float *g = w->gradient[layer];
    if (l->ticks)
        c->gradient[l->window_at] +=
            (float)through(l, w->potential[layer], w->value[layer], g, w->delta, c->lanes);
    else
        memcpy(w->delta, g, (size_t)l->size * c->lanes * sizeof *g);
    add_bias_gradients(l, w->delta, c->gradient + l->bias_at, c->lanes);
    for (uint32_t k = 0; k < l->net->terms; k++) {
        const TtfsTuneTerm *term = &l->term[k];
        uint32_t src = term->term->src;
        bool input = t->net->layers.at[src].of_input;
        Tiles tiles = {.lanes = c->lanes,
                       .gradient = c->gradient + term->at,
                       .source = input ? NULL : w->gradient[src],
                       .x = multiplied(t, src, w, c->lanes)};
        on_tiles(l, term, c->lanes, w, add_gradients, &tiles);
    }
}
