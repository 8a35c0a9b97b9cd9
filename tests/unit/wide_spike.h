/* SPDX-License-Identifier: Apache-2.0
 *
 * Random spike graphs beyond those of random_spike.h in size: up to 70 channels, windows up to
 * 65535 ticks, weights up to 16 bits, large ramps; as wide as 32-bit potentials allow. Convolutions
 * plain, grouped and depthwise, residual sums, pools, matrices.
 */
#ifndef WIDE_SPIKE_H
#define WIDE_SPIKE_H

#include "random_spike.h"

static inline uint32_t wide_ticks(TtfsRng *r) {
    static const uint32_t all[] = {7, 254, 255, 255, 256, 1000, 4095, 32767, 32768, 65535};
    return all[ttfs_rng_below(r, 10)];
}

/* Weights of as many bits, 2 to 16, as keep sums of `fan_in` times `terms` within 2^29. */
static inline void wide_weights(TtfsSpike *s, TtfsRng *r, TtfsConnection *c, uint64_t fan_in,
                                uint32_t terms) {
    uint64_t most = ((uint64_t)1 << 29) / (fan_in * terms * ttfs_spike_pop(s, c->src)->ticks);
    uint32_t bits = 2;
    while (bits < 16 && ((uint64_t)1 << bits) <= most) bits++;
    c->weight_bits = between(r, 2, bits);
    int32_t half = most == 0 ? 0 : 1 << (c->weight_bits - 1);
    int16_t *w = TTFS_ARRAY(&s->arena, int16_t, c->weight_count);
    for (uint64_t i = 0; i < c->weight_count && half; i++)
        w[i] = (int16_t)((int32_t)ttfs_rng_below(r, 2 * (uint32_t)half) - half);
    c->weights = w;
}

/* Ramps and biases that spread the potentials over the window: ramp * (T + 1) within 2^29. */
static inline void wide_neurons(TtfsSpike *s, TtfsRng *r, TtfsPop id) {
    TtfsPopulation *p = ttfs_spike_pop(s, id);
    uint32_t most = p->ticks ? (1u << 29) / (p->ticks + 1) : 1, bits = 0;
    while (most >> bits) bits++;
    p->bias_count = p->c;
    p->bias = TTFS_ARRAY(&s->arena, int32_t, p->c);
    if (p->kind == TTFS_POP_RELU) p->ramp = TTFS_ARRAY(&s->arena, int32_t, p->c);
    uint32_t own = between(r, 1, bits); /* bits of the layer's ramps */
    for (uint32_t i = 0; i < p->c; i++) {
        uint32_t ramp = between(r, 1, (1u << own) - 1 < most ? (1u << own) - 1 : most);
        uint64_t span = (uint64_t)ramp * (p->ticks + 1);
        if (p->ramp) p->ramp[i] = (int32_t)ramp;
        p->bias[i] = (int32_t)ttfs_rng_below(r, (uint32_t)(2 * span)) - (int32_t)span;
    }
}

static inline void wide_conv(TtfsSpike *s, TtfsRng *r) {
    TtfsPop src = {s->pops.len};
    TtfsPopulation from = *ttfs_spike_pop(s, src);
    TtfsConnection c = {.kind = TTFS_CONN_CONV, .src = src, .group = 1};
    TtfsPopulation p = {.kind = TTFS_POP_RELU, .c = between(r, 1, 70), .ticks = wide_ticks(r)};
    uint32_t seen = random_range(s, r, &c), kind = ttfs_rng_below(r, 4);
    if (from.c <= 4) { /* a first layer */
        p.c = between(r, 1, 9);
        if (ttfs_rng_below(r, 2)) p.ticks = between(r, 1, 255);
    }
    if (kind == 0) p.c = c.group = seen; /* depthwise */
    if (kind == 1 && seen % 2 == 0) {
        c.group = 2;
        p.c = 2 * between(r, 1, 35);
    }
    p.h = random_axis(r, from.h, 0, &c);
    p.w = random_axis(r, from.w, 1, &c);
    c.dst = add_pop(s, p);
    uint64_t fan_in = (uint64_t)(seen / c.group) * c.kernel[0] * c.kernel[1];
    c.weight_count = p.c * fan_in;
    bool residual = kind == 2 && p.h == from.h && p.w == from.w && p.c == from.c;
    wide_weights(s, r, &c, fan_in, 2);
    add_conn(s, c);
    if (residual) { /* the source itself, one weight a channel */
        TtfsConnection skip = {.kind = TTFS_CONN_CONV, .src = src, .dst = c.dst, .group = p.c};
        for (int i = 0; i < 2; i++) skip.kernel[i] = skip.stride[i] = skip.dilation[i] = 1;
        skip.weight_count = p.c;
        wide_weights(s, r, &skip, 1, 2);
        add_conn(s, skip);
    }
    wide_neurons(s, r, c.dst);
    random_bias_map(s, r, c.dst);
}

/* A pool whose patches tile all of the newest population, as those behind convolutions mostly do.
 */
static inline void tiling_pool(TtfsSpike *s, TtfsRng *r) {
    TtfsConnection c = {.kind = ttfs_rng_below(r, 4) ? TTFS_CONN_POOL : TTFS_CONN_MINPOOL,
                        .src = {s->pops.len},
                        .dilation = {1, 1}};
    TtfsPopulation p = *ttfs_spike_pop(s, c.src);
    uint32_t most[2] = {p.h, p.w}, size = between(r, 2, 3);
    for (int i = 0; i < 2; i++) {
        uint32_t own = ttfs_rng_below(r, 4) ? size : between(r, 1, 4);
        c.kernel[i] = c.stride[i] = own < most[i] ? own : most[i];
    }
    p.kind = TTFS_POP_POOL;
    p.bias = p.ramp = NULL;
    p.bias_count = p.conn_count = 0;
    p.h /= c.kernel[0];
    p.w /= c.kernel[1];
    c.dst = add_pop(s, p);
    add_conn(s, c);
}

static inline void wide_dense(TtfsSpike *s, TtfsRng *r, TtfsPopKind kind) {
    TtfsPop src = {s->pops.len};
    TtfsPopulation p = {.kind = kind, .c = between(r, 1, 70), .h = 1, .w = 1};
    if (kind == TTFS_POP_RELU) p.ticks = wide_ticks(r);
    if (kind == TTFS_POP_RELU && !ttfs_rng_below(r, 4)) p.h = p.w = 2;
    TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = src, .dst = add_pop(s, p)};
    const TtfsPopulation *from = ttfs_spike_pop(s, src);
    uint64_t fan_in = (uint64_t)random_range(s, r, &c) * from->h * from->w;
    c.weight_count = (uint64_t)p.c * p.h * p.w * fan_in;
    wide_weights(s, r, &c, fan_in, 1);
    add_conn(s, c);
    wide_neurons(s, r, c.dst);
}

/* A 3 x 3 convolution onto `outputs` channels, padded to its source's size. */
static inline void large_conv(TtfsSpike *s, TtfsRng *r, uint32_t outputs) {
    TtfsPopulation p = *ttfs_spike_pop(s, (TtfsPop){s->pops.len});
    TtfsConnection c = {.kind = TTFS_CONN_CONV,
                        .src = {s->pops.len},
                        .kernel = {3, 3},
                        .stride = {1, 1},
                        .dilation = {1, 1},
                        .pad = {1, 1, 1, 1}};
    uint64_t fan_in = p.c * 9;
    c.dst = add_pop(
        s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = outputs, .h = p.h, .w = p.w, .ticks = 255});
    c.weight_count = outputs * fan_in;
    wide_weights(s, r, &c, fan_in, 1);
    add_conn(s, c);
    wide_neurons(s, r, c.dst);
}

/* A matrix from the newest population. */
static inline void large_dense(TtfsSpike *s, TtfsRng *r, TtfsPopKind kind, uint32_t outputs) {
    TtfsPopulation from = *ttfs_spike_pop(s, (TtfsPop){s->pops.len});
    TtfsPopulation p = {.kind = kind, .c = outputs, .h = 1, .w = 1};
    TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = {s->pops.len}};
    if (kind == TTFS_POP_RELU) p.ticks = 255;
    uint64_t fan_in = (uint64_t)from.c * from.h * from.w;
    c.dst = add_pop(s, p);
    c.weight_count = outputs * fan_in;
    wide_weights(s, r, &c, fan_in, 1);
    add_conn(s, c);
    wide_neurons(s, r, c.dst);
}

/* Two convolutions and a matrix of millions of products each, a pool between them, a readout. */
static inline void large_spike(TtfsSpike *s, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed ^ 0x6c61), *r = &rng;
    *s = (TtfsSpike){.order = {0, 1, 2}};
    s->input = add_pop(
        s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 16, .h = 24, .w = 24, .ticks = 255});
    large_conv(s, r, 48);
    TtfsConnection pool = {
        .kind = TTFS_CONN_POOL, .src = {2}, .kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}};
    pool.dst = add_pop(
        s, (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 48, .h = 12, .w = 12, .ticks = 255});
    add_conn(s, pool);
    large_conv(s, r, 40);
    large_dense(s, r, TTFS_POP_RELU, 400);
    large_dense(s, r, TTFS_POP_READOUT, 70);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

/* An image, a first layer of few outputs, in half of the cases its pool, a readout. */
static inline void narrow_spike(TtfsSpike *s, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed ^ 0x6e6172), *r = &rng;
    *s = (TtfsSpike){.order = {0, 1, 2}};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .ticks = between(r, 1, 255)};
    in.c = between(r, 1, 3), in.h = between(r, 2, 9), in.w = between(r, 8, 70);
    s->input = add_pop(s, in);
    TtfsConnection c = {.kind = TTFS_CONN_CONV, .src = s->input, .group = 1};
    TtfsPopulation p = {.kind = TTFS_POP_RELU, .c = between(r, 1, 8), .ticks = between(r, 1, 255)};
    random_range(s, r, &c);
    p.h = random_axis(r, in.h, 0, &c);
    p.w = random_axis(r, in.w, 1, &c);
    c.dst = add_pop(s, p);
    c.weight_count = (uint64_t)p.c * c.src_channels * c.kernel[0] * c.kernel[1];
    wide_weights(s, r, &c, c.weight_count / p.c, 64); /* at most 8 bits */
    if (c.weight_bits > 8) {
        c.weight_bits = 8;
        for (uint64_t i = 0; i < c.weight_count; i++) ((int16_t *)(uintptr_t)c.weights)[i] >>= 8;
    }
    add_conn(s, c);
    wide_neurons(s, r, c.dst);
    if (ttfs_rng_below(r, 2)) tiling_pool(s, r);
    wide_dense(s, r, TTFS_POP_READOUT);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

static inline void wide_spike(TtfsSpike *s, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed ^ 0x77696465), *r = &rng;
    *s = (TtfsSpike){.order = {0, 1, 2}};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .ticks = wide_ticks(r)};
    in.c = between(r, 1, 40), in.h = between(r, 1, 9), in.w = between(r, 1, 9);
    if (ttfs_rng_below(r, 2)) /* an image */
        in.c = between(r, 1, 4), in.w = between(r, 8, 45), in.ticks = 255;
    s->input = add_pop(s, in);
    for (uint32_t layers = between(r, 1, 3); layers > 0; layers--) {
        uint32_t kind = ttfs_rng_below(r, 6);
        if (kind < 4) wide_conv(s, r);
        if (kind < 2)
            tiling_pool(s, r);
        else if (kind < 4)
            continue;
        else if (kind < 5)
            random_pool(s, r);
        else
            wide_dense(s, r, TTFS_POP_RELU);
    }
    wide_dense(s, r, TTFS_POP_READOUT);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

#endif
