/* SPDX-License-Identifier: Apache-2.0
 *
 * Biases. A Conv2d has one a channel; those that depend on the position (of what is normalised
 * behind a rectifier, or of an input that does not begin at 0, where there is padding) are said by
 * two more: one without weights whose bias makes a map of ones, and one that reads it and the
 * padding to the right of and below it. With the kernel K of as many rows and columns as the map,
 *
 *     out(y, x) = sum of K(t, u) for t < h - y, u < w - x
 *
 * so that K is the difference, along both axes, of the biases from the last one back: exact.
 */
#include "nir_maker.h"

double ttfs_nir_unit(const TtfsPopulation *p, uint32_t channel) {
    return p->kind == TTFS_POP_RELU ? p->scale / p->ramp[channel] : p->scale;
}

double ttfs_nir_bias_of(const TtfsPopulation *p, uint32_t neuron) {
    uint32_t channel = neuron / (p->h * p->w);
    int32_t half = p->kind == TTFS_POP_RELU ? p->ramp[channel] / 2 : 0;
    return ((double)ttfs_pop_bias(p, neuron) - half) * ttfs_nir_unit(p, channel);
}

bool ttfs_nir_bias_moves(const TtfsPopulation *p) {
    uint32_t places = p->h * p->w;
    if (p->bias_count <= p->c) return false;
    for (uint32_t i = 0; i < p->bias_count; i++)
        if (p->bias[i] != p->bias[i / places * places]) return true;
    return false;
}

/* The bias t rows and u columns before the last one of a channel; 0 outside. */
static double from_last(const TtfsPopulation *p, uint32_t channel, int64_t t, int64_t u) {
    if (t < 0 || u < 0) return 0;
    uint32_t y = p->h - 1 - (uint32_t)t, x = p->w - 1 - (uint32_t)u;
    return ttfs_nir_bias_of(p, (channel * p->h + y) * p->w + x);
}

/* Padding is even and the kernel square: it begins with `pad` rows and columns of zeros. */
static void kernel_of(NirMaker *m, const TtfsPopulation *p, uint32_t channel, uint32_t pad,
                      float *k) {
    uint32_t columns = 2 * pad + 1;
    for (uint32_t t = 0; t < p->h; t++)
        for (uint32_t u = 0; u < p->w; u++) {
            int64_t y = t, x = u;
            k[(uint64_t)(pad + t) * columns + pad + u] = ttfs_nir_put_real(
                m, from_last(p, channel, y, x) - from_last(p, channel, y - 1, x) -
                       from_last(p, channel, y, x - 1) + from_last(p, channel, y - 1, x - 1));
        }
}

static NirConv conv_of(const TtfsPopulation *p, uint32_t out, uint32_t in) {
    return (NirConv){.out = out,
                     .in = in,
                     .h = p->h,
                     .w = p->w,
                     .kernel = {1, 1},
                     .stride = {1, 1},
                     .dilation = {1, 1}};
}

static void put_ones(NirMaker *m, const TtfsPopulation *p, const char *name) {
    NirConv c = conv_of(p, 1, p->c);
    c.weights = ttfs_nir_put_all(m, 0, p->c);
    c.bias = ttfs_nir_put_all(m, 1, 1);
    ttfs_nir_put_conv(m, name, &c);
}

void ttfs_nir_put_bias_map(NirMaker *m, const TtfsPopulation *p, const char *from, const char *to) {
    const char *ones = ttfs_nir_put_name(m, to, "ones"), *map = ttfs_nir_put_name(m, to, "bias");
    TtfsMark mark = ttfs_arena_mark(&m->arena);
    NirConv c = conv_of(p, p->c, 1);
    uint32_t pad = (p->h > p->w ? p->h : p->w) - 1;
    c.kernel[0] = c.kernel[1] = 2 * pad + 1;
    c.pad[0] = c.pad[1] = pad;
    uint64_t taps = (uint64_t)c.kernel[0] * c.kernel[1];
    float *weights = TTFS_ARRAY(&m->arena, float, taps * p->c);
    for (uint32_t i = 0; i < p->c; i++) kernel_of(m, p, i, pad, weights + i * taps);
    c.weights = weights, c.bias = ttfs_nir_put_all(m, 0, p->c);
    put_ones(m, p, ones);
    ttfs_nir_put_conv(m, map, &c);
    ttfs_arena_release(&m->arena, mark);
    ttfs_nir_put_edge(m, from, ones);
    ttfs_nir_put_edge(m, ones, map);
    ttfs_nir_put_edge(m, map, to);
}
