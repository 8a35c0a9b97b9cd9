/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes and biases of layers. In: the layers of a canonical IR, where the input's range starts;
 * out: real biases, float64. Cost: neurons times taps, only for layers that read the input itself.
 */
#include "net.h"

#include <string.h>

void ttfs_net_free(TtfsNet *n) {
    ttfs_arena_free(&n->arena);
    *n = (TtfsNet){0};
}

uint32_t ttfs_net_size(const TtfsNetLayer *l) {
    return l->c * l->h * l->w;
}

bool ttfs_net_sums(const TtfsNetLayer *l) {
    return l->kind == TTFS_LAYER_RELU || l->kind == TTFS_LAYER_READOUT;
}

size_t ttfs_net_sample_place(const TtfsNet *n, uint32_t i) {
    const TtfsNetLayer *l = &n->layers.at[0];
    uint32_t dim[3] = {1, 1, 1}, at[3] = {0, 0, 0};
    const uint32_t own[3] = {l->c, l->h, l->w};
    const uint32_t place[3] = {i / l->w / l->h, i / l->w % l->h, i % l->w};
    for (int a = 0; a < 3; a++) {
        dim[n->order[a]] = own[a];
        at[n->order[a]] = place[a];
    }
    return ((size_t)at[0] * dim[1] + at[1]) * dim[2] + at[2];
}

uint32_t ttfs_term_rows(const TtfsNetLayer *l, const TtfsTerm *t) {
    return t->dense ? ttfs_net_size(l) : l->c;
}

/* Sums of one row's weights: per tap, over the input channels. */
static void sum_taps(const TtfsTerm *t, uint32_t row, double *sum) {
    uint64_t taps = t->dense ? 1 : (uint64_t)t->kernel[0] * t->kernel[1];
    const float *w = t->weights + t->row * row;
    for (uint64_t k = 0; k < taps; k++) sum[k] = 0;
    for (uint64_t j = 0; j < t->row; j++) sum[j % taps] += (double)w[j];
}

/* Adds p times the weights inside the input to the biases of one channel's neurons. */
static void add_offset(const TtfsNetLayer *l, const TtfsTerm *t, const double *sum, double p,
                       double *bias) {
    for (uint32_t y = 0; y < l->h; y++)
        for (uint32_t x = 0; x < l->w; x++)
            for (uint32_t ky = 0; ky < t->kernel[0]; ky++)
                for (uint32_t kx = 0; kx < t->kernel[1]; kx++) {
                    int64_t sy = ttfs_term_tap(t, 0, y, ky), sx = ttfs_term_tap(t, 1, x, kx);
                    bool inside = sy >= 0 && sy < t->in[1] && sx >= 0 && sx < t->in[2];
                    if (inside) bias[y * l->w + x] += p * sum[ky * t->kernel[1] + kx];
                }
}

bool ttfs_net_shifts(const TtfsNet *n, const TtfsNetLayer *l, bool *places) {
    bool shifts = false;
    *places = false;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &n->terms.at[l->term_first + k];
        if (!n->layers.at[t->src].of_input) continue;
        shifts = true;
        *places |= t->dense || t->pad[0] || t->pad[1] || t->pad[2] || t->pad[3];
    }
    return shifts;
}

/* True when all neurons of a channel have one bias. */
static bool uniform(const double *bias, uint32_t c, uint32_t plane) {
    for (uint32_t i = 0; i < c * plane; i++)
        if (bias[i] != bias[i - i % plane]) return false;
    return true;
}

/* Whether the budget has room for `each` biases a channel, and for the taps that make them. */
static bool room(const TtfsNet *n, const TtfsNetLayer *l, uint32_t each, bool taps,
                 TtfsBudget *budget) {
    uint64_t work = (uint64_t)l->c * each;
    for (uint32_t k = 0; taps && k < l->terms; k++) {
        const TtfsTerm *t = &n->terms.at[l->term_first + k];
        if (!n->layers.at[t->src].of_input) continue;
        work += ttfs_term_rows(l, t) * t->row;
        if (!t->dense) work += (uint64_t)l->c * each * t->kernel[0] * t->kernel[1];
    }
    return ttfs_budget_array(budget, (uint64_t)l->c * each, 2 * sizeof(double)) &&
           ttfs_budget_spend(budget, work);
}

double *ttfs_net_bias(const TtfsNet *n, uint32_t layer, double p, TtfsArena *a, uint32_t *count) {
    const TtfsNetLayer *l = &n->layers.at[layer];
    bool places = false;
    if (p != 0) ttfs_net_shifts(n, l, &places);
    uint32_t plane = l->h * l->w, each = l->bias_map || places ? plane : 1;
    const TtfsTerm *term = &n->terms.at[l->term_first];
    if (!room(n, l, each, p != 0, a->budget)) each = 1, p = 0;
    double *bias = TTFS_ARRAY(a, double, (size_t)l->c *each);
    TtfsNetLayer one = *l; /* without a map all positions are as the first, whose taps are inside */
    if (each == 1) one.h = one.w = 1;
    for (uint32_t i = 0; i < l->c * each; i++)
        bias[i] = (l->bias ? l->bias[i / each] : 0) + (l->bias_map ? l->bias_map[i] : 0);
    for (uint32_t k = 0; p != 0 && k < l->terms; k++) {
        if (!n->layers.at[term[k].src].of_input) continue;
        double *sum = TTFS_ARRAY(a, double, (size_t)term[k].kernel[0] * term[k].kernel[1]);
        for (uint32_t i = 0; i < ttfs_term_rows(l, &term[k]); i++) {
            sum_taps(&term[k], i, sum);
            if (term[k].dense)
                bias[i] += p * sum[0];
            else
                add_offset(&one, &term[k], sum, p, bias + (size_t)i * each);
        }
    }
    if (each > 1 && uniform(bias, l->c, plane)) {
        for (uint32_t i = 0; i < l->c; i++) bias[i] = bias[(size_t)i * plane];
        each = 1;
    }
    *count = l->c * each;
    return bias;
}
