/* SPDX-License-Identifier: Apache-2.0
 *
 * Random spike graphs for tests: dense, convolutions with groups, pads, strides and dilations, max
 * and min pools that overlap and are padded, several connections into one population, ranges of
 * source channels, shared weights, biases per neuron. Every graph passes the checker.
 */
#ifndef RANDOM_SPIKE_H
#define RANDOM_SPIKE_H

#include "spike.h"

static inline uint32_t between(TtfsRng *r, uint32_t low, uint32_t high) {
    return low + ttfs_rng_below(r, high - low + 1);
}

static inline uint32_t random_ticks(TtfsRng *r) {
    static const uint32_t most[] = {1, 3, 15, 63, 255};
    return between(r, 1, most[ttfs_rng_below(r, 5)]);
}

/* A population with a bias has one a channel unless said otherwise. */
static inline TtfsPop add_pop(TtfsSpike *s, TtfsPopulation p) {
    if (p.bias && !p.bias_count) p.bias_count = p.c;
    p.name = ttfs_arena_printf(&s->arena, "layer %u", s->pops.len + 1);
    p.conn_first = s->conns.len;
    *TTFS_PUSH(&s->arena, s->pops) = p;
    return (TtfsPop){s->pops.len};
}

/* A connection has one group and sees all of its source unless said otherwise. */
static inline void add_conn(TtfsSpike *s, TtfsConnection c) {
    TtfsPopulation *dst = ttfs_spike_pop(s, c.dst);
    if (!c.src_channels) c.src_channels = ttfs_spike_pop(s, c.src)->c;
    if (!c.group) c.group = 1;
    if (dst->bias && !dst->bias_count) dst->bias_count = dst->c;
    *TTFS_PUSH(&s->arena, s->conns) = c;
    dst->conn_count++;
}

static inline void random_weights(TtfsSpike *s, TtfsRng *r, TtfsConnection *c, uint64_t n) {
    c->weight_bits = between(r, 2, 9);
    c->weight_count = n;
    uint32_t half = 1u << (c->weight_bits - 1);
    int16_t *w = TTFS_ARRAY(&s->arena, int16_t, n);
    for (uint64_t i = 0; i < n; i++)
        w[i] = (int16_t)((int32_t)ttfs_rng_below(r, 2 * half) - (int32_t)half);
    c->weights = w;
}

/* Biases of about a window's size either way, so that neurons are silent, in between, saturated. */
static inline void random_neurons(TtfsSpike *s, TtfsRng *r, TtfsPop id) {
    TtfsPopulation *p = ttfs_spike_pop(s, id);
    uint32_t most = between(r, 0, 2) ? 200 : 3;
    p->bias = TTFS_ARRAY(&s->arena, int32_t, p->c);
    p->bias_count = p->c;
    if (p->kind == TTFS_POP_RELU) p->ramp = TTFS_ARRAY(&s->arena, int32_t, p->c);
    for (uint32_t i = 0; i < p->c; i++) {
        uint32_t ramp = between(r, 1, most), span = ramp * (p->ticks + 1);
        if (p->ramp) p->ramp[i] = (int32_t)ramp;
        p->bias[i] = (int32_t)ttfs_rng_below(r, 2 * span) - (int32_t)span;
    }
}

/* In a third of the cases the bias differs from neuron to neuron. */
static inline void random_bias_map(TtfsSpike *s, TtfsRng *r, TtfsPop id) {
    TtfsPopulation *p = ttfs_spike_pop(s, id);
    uint32_t plane = p->h * p->w;
    if (ttfs_rng_below(r, 3)) return;
    int32_t *bias = TTFS_ARRAY(&s->arena, int32_t, (size_t)p->c * plane);
    for (uint32_t i = 0; i < p->c * plane; i++)
        bias[i] = p->bias[i / plane] + (int32_t)ttfs_rng_below(r, 21) - 10;
    p->bias = bias;
    p->bias_count = p->c * plane;
}

/* A range of the source's channels, in half of the cases all of them. */
static inline uint32_t random_range(TtfsSpike *s, TtfsRng *r, TtfsConnection *c) {
    uint32_t all = ttfs_spike_pop(s, c->src)->c;
    c->src_ch_first = ttfs_rng_below(r, 2) ? ttfs_rng_below(r, all) : 0;
    c->src_channels = c->src_ch_first ? between(r, 1, all - c->src_ch_first) : all;
    return c->src_channels;
}

/* A patch along one axis that fits. */
static inline uint32_t random_axis(TtfsRng *r, uint32_t in, int axis, TtfsConnection *c) {
    do {
        c->kernel[axis] = between(r, 1, 4);
        c->stride[axis] = between(r, 1, 3);
        c->dilation[axis] = between(r, 1, 2);
        uint32_t extent = (c->kernel[axis] - 1) * c->dilation[axis] + 1;
        c->pad[axis] = ttfs_rng_below(r, extent);
        c->pad[axis + 2] = ttfs_rng_below(r, extent);
    } while (!ttfs_patch_count(in, c->kernel[axis], c->stride[axis], c->dilation[axis],
                               c->pad[axis], c->pad[axis + 2]));
    return (uint32_t)ttfs_patch_count(in, c->kernel[axis], c->stride[axis], c->dilation[axis],
                                      c->pad[axis], c->pad[axis + 2]);
}

static inline void random_conv(TtfsSpike *s, TtfsRng *r) {
    TtfsPop src = {between(r, 1, s->pops.len)};
    TtfsPopulation from = *ttfs_spike_pop(s, src);
    TtfsConnection c = {.kind = TTFS_CONN_CONV, .src = src};
    uint32_t seen = random_range(s, r, &c);
    do c.group = between(r, 1, seen);
    while (seen % c.group);
    TtfsPopulation p = {.kind = TTFS_POP_RELU, .c = between(r, 1, 4), .ticks = random_ticks(r)};
    p.c *= c.group;
    p.h = random_axis(r, from.h, 0, &c);
    p.w = random_axis(r, from.w, 1, &c);
    c.dst = add_pop(s, p);
    random_weights(s, r, &c, (uint64_t)p.c * (seen / c.group) * c.kernel[0] * c.kernel[1]);
    add_conn(s, c);
    if (ttfs_rng_below(r, 2)) {
        if (ttfs_rng_below(r, 2))
            c.shared = s->conns.len;
        else
            random_weights(s, r, &c, c.weight_count);
        add_conn(s, c);
    }
    random_neurons(s, r, c.dst);
    random_bias_map(s, r, c.dst);
}

static inline void random_pool(TtfsSpike *s, TtfsRng *r) {
    TtfsConnection c = {.kind = ttfs_rng_below(r, 3) ? TTFS_CONN_POOL : TTFS_CONN_MINPOOL,
                        .src = {between(r, 1, s->pops.len)}};
    TtfsPopulation p = *ttfs_spike_pop(s, c.src), from = p;
    p.kind = TTFS_POP_POOL;
    p.bias = p.ramp = NULL;
    p.bias_count = p.conn_count = 0;
    p.c = random_range(s, r, &c);
    p.h = random_axis(r, from.h, 0, &c);
    p.w = random_axis(r, from.w, 1, &c);
    c.dst = add_pop(s, p);
    add_conn(s, c);
}

static inline void random_dense(TtfsSpike *s, TtfsRng *r, TtfsPopKind kind) {
    TtfsPopulation p = {.kind = kind, .c = between(r, 1, 6), .h = 1, .w = 1};
    uint32_t sources = between(r, 1, 3), last = s->pops.len;
    if (kind == TTFS_POP_RELU) p.h = between(r, 1, 2), p.w = between(r, 1, 3);
    p.ticks = kind == TTFS_POP_READOUT ? 0 : random_ticks(r);
    TtfsPop dst = add_pop(s, p);
    for (uint32_t i = 0; i < sources; i++) {
        /* The newest population comes first, so that all layers count. */
        TtfsConnection c = {.kind = TTFS_CONN_DENSE, .dst = dst};
        c.src = (TtfsPop){i ? between(r, 1, last) : last};
        const TtfsPopulation *from = ttfs_spike_pop(s, c.src);
        uint64_t fan_in = (uint64_t)random_range(s, r, &c) * from->h * from->w;
        random_weights(s, r, &c, p.c * p.h * p.w * fan_in);
        add_conn(s, c);
    }
    random_neurons(s, r, dst);
}

/* Rates that are not alike everywhere, of two populations in three. */
static inline void random_rates(TtfsSpike *s, TtfsRng *r, TtfsPopulation *p) {
    if (ttfs_rng_below(r, 3) == 0 || p->kind == TTFS_POP_READOUT) return;
    p->rates.rows = between(r, 1, p->h < TTFS_MAX_BANDS ? p->h : TTFS_MAX_BANDS);
    p->rates.cols = between(r, 1, p->w < TTFS_MAX_BANDS ? p->w : TTFS_MAX_BANDS);
    p->rates.vary = ttfs_rng_below(r, 400);
    p->rates.vary_part = p->rates.vary + ttfs_rng_below(r, 400);
    p->rates.part = TTFS_ARRAY(&s->arena, uint32_t, p->rates.rows * p->rates.cols);
    for (uint32_t i = 0; i < p->rates.rows * p->rates.cols; i++)
        p->rates.part[i] = ttfs_rng_below(r, 2 * TTFS_RATE_ONE);
}

/* Starts, latency and the values that no arithmetic depends on. */
static inline void set_times(TtfsSpike *s, TtfsRng *r) {
    for (uint32_t i = 0; i < s->pops.len; i++) {
        TtfsPopulation *p = &s->pops.at[i];
        const TtfsConnection *c = &s->conns.at[p->conn_first];
        p->scale = 0.001 + ttfs_rng_f64(r);
        p->offset = p->kind == TTFS_POP_INPUT ? ttfs_rng_f64(r) - 0.5 : 0;
        p->rate_ppm = ttfs_rng_below(r, 1000001);
        p->start = 0;
        for (uint32_t k = 0; k < p->conn_count; k++) {
            const TtfsPopulation *src = ttfs_spike_pop(s, c[k].src);
            uint32_t end = src->start + (p->kind == TTFS_POP_POOL ? 0 : src->ticks);
            if (end > p->start) p->start = end;
        }
        if (p->kind == TTFS_POP_POOL) {
            p->scale = ttfs_spike_pop(s, c->src)->scale;
            p->offset = ttfs_spike_pop(s, c->src)->offset;
        }
        if (p->start + p->ticks > s->latency) s->latency = p->start + p->ticks;
    }
    if (s->order[0] == s->order[1])
        for (uint32_t a = 0; a < 3; a++) s->order[a] = a;
}

static inline void random_spike(TtfsSpike *s, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed), *r = &rng;
    *s = (TtfsSpike){.order = {2, 0, 1}};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .ticks = random_ticks(r)};
    in.c = between(r, 1, 3), in.h = between(r, 1, 8), in.w = between(r, 1, 8);
    s->input = add_pop(s, in);
    for (uint32_t layers = between(r, 0, 4); layers > 0; layers--) {
        uint32_t kind = ttfs_rng_below(r, 5);
        if (kind < 2)
            random_conv(s, r);
        else if (kind < 4)
            random_pool(s, r);
        else
            random_dense(s, r, TTFS_POP_RELU);
    }
    random_dense(s, r, TTFS_POP_READOUT);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
    TtfsRng own = ttfs_rng(~seed); /* the graph is that of the seed, with rates or without */
    for (uint32_t i = 0; i < s->pops.len; i++) random_rates(s, &own, &s->pops.at[i]);
}

/* Integers of a random sample, a good part of them silent. */
static inline void random_input(const TtfsSpike *s, TtfsRng *r, uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    uint32_t n = ttfs_pop_size(in);
    for (uint32_t i = 0; i < n; i++)
        x[i] = ttfs_rng_below(r, 3) ? (uint16_t)between(r, 0, in->ticks) : 0;
}

#endif
