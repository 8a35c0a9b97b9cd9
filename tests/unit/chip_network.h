/* SPDX-License-Identifier: Apache-2.0
 *
 * Small chips at random, every number and feature of them, and random spike graphs of all kinds
 * within what a chip can do: its widths and features, not its memories. So most graphs fit, and one
 * that does not is refused for want of memory. (Bounds on sums are kept by rule of thumb; few pass
 * them.)
 */
#ifndef CHIP_NETWORK_H
#define CHIP_NETWORK_H

#include "chip_spike.h"

/* One core in three of eight chips, else a mesh of up to nine. */
static inline void any_mesh(TtfsRng *r, TtfsChip *c) {
    bool one = ttfs_rng_below(r, 8) < 3;
    c->cores_x = one ? 1 : between(r, 1, 3);
    c->cores_y = one ? 1 : between(r, 1 + (c->cores_x == 1), 3);
    c->flows = between(r, 24, 160);
    c->buffers = between(r, 8, 24);
}

static inline void any_widths(TtfsRng *r, TtfsChip *c) {
    c->lanes = between(r, 1, 18);
    c->weight_bits = between(r, 2, 12);
    c->acc_bits = between(r, 16, 32);
    c->slope_bits = between(r, c->weight_bits > 10 ? c->weight_bits : 10, c->acc_bits);
    c->ramp_bits = between(r, 5, c->acc_bits - 1 < 24 ? c->acc_bits - 1 : 24);
    c->value_bits = between(r, 1, 10);
    c->c_bits = between(r, 7, 9);
    c->y_bits = between(r, 4, 6);
    c->x_bits = between(r, 4, 6);
}

static inline void any_memories(TtfsRng *r, TtfsChip *c) {
    static const uint32_t lists[] = {30, 100, 333, 700, 2048};
    c->list_entries = lists[ttfs_rng_below(r, 5)];
    c->act_words = between(r, 150, 1100);
    c->weight_rows = between(r, 900, 8000);
    c->param_words = between(r, 300, 2000);
    c->stream = c->act_words % 2; /* and weights for it that do not fit */
    if (c->stream) c->weight_rows /= 10;
    c->program_words = between(r, 1500, 9000);
    c->table_words = between(r, 100, 400);
}

static inline void any_features(TtfsRng *r, TtfsChip *c) {
    c->segments = between(r, 1, 8);
    c->strides = ttfs_rng_below(r, 2);
    c->counters = ttfs_rng_below(r, 2);
    c->conv = ttfs_rng_below(r, 6) > 0;
    c->pool = c->conv && ttfs_rng_below(r, 4) > 0;
    c->classes = c->conv && ttfs_rng_below(r, 4) > 0;
}

static inline TtfsChip any_chip(uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed ^ 0x63686970), *r = &rng;
    TtfsChip c = base_chip();
    any_mesh(r, &c);
    any_widths(r, &c);
    any_memories(r, &c);
    any_features(r, &c);
    return c;
}

/* --- networks --- */

static inline uint32_t net_ticks(const TtfsChip *chip, TtfsRng *r) {
    uint32_t ticks, most = ttfs_chip_max_ticks(chip);
    do ticks = random_ticks(r);
    while (ticks > most);
    return ticks;
}

/* Weights of as many bits, and as many of them not zero, as keep `terms` sums of `fan_in` within
 * the chip's slopes and potentials, which biases take half of. */
static inline void net_weights(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, TtfsConnection *c,
                               uint64_t fan_in, uint32_t terms) {
    uint64_t slope = (UINT64_C(1) << (chip->slope_bits - 1)) / terms;
    uint64_t sum = (UINT64_C(1) << (chip->acc_bits - 2)) / terms / ttfs_spike_pop(s, c->src)->ticks;
    uint64_t room = slope < sum ? slope : sum;
    uint32_t bits = 2;
    while (bits < chip->weight_bits && bits < 9 && fan_in << bits <= room) bits++;
    chip_weights(s, r, c, c->weight_count, bits);
    uint64_t each = UINT64_C(1) << (c->weight_bits - 1), apart = fan_in * each / (room + 1) + 1;
    int16_t *w = (int16_t *)(uintptr_t)c->weights;
    for (uint64_t i = 0; apart > 1 && i < c->weight_count; i++)
        if (i % apart) w[i] = 0;
}

/* As random_neurons, within the chip's ramps and a quarter of its potentials. */
static inline void net_neurons(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, TtfsPop id) {
    TtfsPopulation *p = ttfs_spike_pop(s, id);
    random_neurons(s, r, id);
    uint32_t ramps = (1u << chip->ramp_bits) - 1;
    int32_t most = 1 << (chip->acc_bits - 3);
    if (ramps > (uint32_t)most / (p->ticks + 1)) ramps = (uint32_t)most / (p->ticks + 1);
    for (uint32_t i = 0; i < p->c; i++) {
        int32_t *bias = (int32_t *)(uintptr_t)&p->bias[i];
        if (*bias > most - 20 || *bias < 20 - most) *bias %= most - 20;
        if (p->ramp && (uint32_t)p->ramp[i] > ramps)
            *(int32_t *)(uintptr_t)&p->ramp[i] = (int32_t)between(r, 1, ramps);
    }
    if (chip->classes || p->h * p->w == 1) random_bias_map(s, r, id);
}

/* The newest population twice in three, else any that spikes. */
static inline TtfsPop net_source(const TtfsSpike *s, TtfsRng *r) {
    return (TtfsPop){ttfs_rng_below(r, 3) ? s->pops.len : between(r, 1, s->pops.len)};
}

static inline void net_dense(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, TtfsPopKind kind) {
    TtfsPopulation p = {.kind = kind, .c = between(r, 1, 36), .h = 1, .w = 1};
    uint32_t last = s->pops.len, most = flat(ttfs_spike_pop(s, s->input)) ? chip->segments : 4;
    uint32_t sources = ttfs_rng_below(r, 3) ? 1 : between(r, 1, most);
    if (chip->conv && !ttfs_rng_below(r, 4)) p.h = between(r, 1, 2), p.w = between(r, 1, 3);
    p.ticks = kind == TTFS_POP_READOUT ? 0 : net_ticks(chip, r);
    TtfsPop dst = add_pop(s, p);
    for (uint32_t i = 0; i < sources; i++) {
        TtfsConnection c = {.kind = TTFS_CONN_DENSE, .dst = dst};
        c.src = (TtfsPop){i ? between(r, 1, last) : last};
        const TtfsPopulation *from = ttfs_spike_pop(s, c.src);
        uint64_t fan_in = (uint64_t)random_range(s, r, &c) * from->h * from->w;
        c.weight_count = p.c * p.h * p.w * fan_in;
        net_weights(s, chip, r, &c, fan_in, sources);
        add_conn(s, c);
    }
    net_neurons(s, chip, r, dst);
}

/* Groups of one channel, one group, or any number that divides. */
static inline uint32_t net_groups(TtfsRng *r, uint32_t channels) {
    uint32_t kind = ttfs_rng_below(r, 4), n = channels;
    while (kind == 3 && (n = between(r, 1, channels), channels % n != 0)) continue;
    return kind == 0 ? channels : kind == 3 ? n : 1;
}

/* Another connection into the layer of `c`: the same once more, its weights shared or others, or
 * any population of the same size under the same kernel. */
static inline void net_branch(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, TtfsConnection c,
                              uint32_t first, uint32_t terms) {
    const TtfsPopulation *dst = ttfs_spike_pop(s, c.dst), *from = ttfs_spike_pop(s, c.src);
    TtfsPop src = {between(r, 1, c.dst.i - 1)};
    const TtfsPopulation *other = ttfs_spike_pop(s, src);
    uint32_t taps = c.kernel[0] * c.kernel[1];
    if (other->h == from->h && other->w == from->w && src.i != c.src.i) {
        c.src = src;
        c.group = 1;
        c.src_ch_first = 0;
        uint64_t fan_in = (uint64_t)random_range(s, r, &c) * taps;
        c.weight_count = dst->c * fan_in;
        net_weights(s, chip, r, &c, fan_in, terms);
    } else if (ttfs_rng_below(r, 2)) {
        c.shared = first;
    } else {
        net_weights(s, chip, r, &c, c.weight_count / dst->c, terms);
    }
    add_conn(s, c);
}

static inline void net_conv(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, TtfsPopKind kind) {
    TtfsConnection c = {.kind = TTFS_CONN_CONV, .src = net_source(s, r)};
    TtfsPopulation from = *ttfs_spike_pop(s, c.src);
    TtfsPopulation p = {.kind = kind, .c = between(r, 1, 20)};
    uint32_t seen = random_range(s, r, &c);
    uint32_t branches = ttfs_rng_below(r, 2) ? 1 : between(r, 1, chip->segments);
    c.group = net_groups(r, seen);
    p.c = c.group == 1 ? p.c : c.group * between(r, 1, 1 + 16 / c.group);
    p.ticks = kind == TTFS_POP_READOUT ? 0 : net_ticks(chip, r);
    p.h = random_axis(r, from.h, 0, &c);
    p.w = random_axis(r, from.w, 1, &c);
    c.dst = add_pop(s, p);
    uint64_t fan_in = (uint64_t)(seen / c.group) * c.kernel[0] * c.kernel[1];
    c.weight_count = p.c * fan_in;
    net_weights(s, chip, r, &c, fan_in, branches);
    add_conn(s, c);
    for (uint32_t first = s->conns.len; branches > 1; branches--)
        net_branch(s, chip, r, c, first, branches);
    net_neurons(s, chip, r, c.dst);
}

static inline void net_layer(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r) {
    uint32_t kind = ttfs_rng_below(r, 6);
    if (!chip->conv || kind == 0)
        net_dense(s, chip, r, TTFS_POP_RELU);
    else if (kind < 4 || !chip->pool)
        net_conv(s, chip, r, TTFS_POP_RELU);
    else
        random_pool(s, r);
}

/* Up to five layers and one or two readouts, of which the first is the result. */
static inline void chip_network(TtfsSpike *s, const TtfsChip *chip, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed ^ 0x6e6574), *r = &rng;
    *s = (TtfsSpike){0};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .ticks = net_ticks(chip, r), .h = 1, .w = 1};
    if (chip->conv && ttfs_rng_below(r, 5))
        in.c = between(r, 1, 5), in.h = between(r, 1, 9), in.w = between(r, 1, 9);
    else
        in.c = between(r, 1, 90);
    s->input = add_pop(s, in);
    for (uint32_t layers = between(r, 0, 5); layers > 0; layers--) net_layer(s, chip, r);
    s->readout = (TtfsPop){s->pops.len + 1};
    if (chip->conv && !ttfs_rng_below(r, 4))
        net_conv(s, chip, r, TTFS_POP_READOUT);
    else
        net_dense(s, chip, r, TTFS_POP_READOUT);
    set_times(s, r);
}

#endif
