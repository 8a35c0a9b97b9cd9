/* SPDX-License-Identifier: Apache-2.0
 *
 * Random spike graphs that a chip takes: one source a population, flat and shaped sources, several
 * readers of one population, channels beyond one group of lanes. Also the chips to try them on.
 */
#ifndef CHIP_SPIKE_H
#define CHIP_SPIKE_H

#include <stdlib.h>

#include "base_chip.h"
#include "random_spike.h"

/* A mesh of two rows when there are more than two cores and they are even, else of one. */
static inline TtfsChip small_chip(uint32_t cores, uint32_t lanes, uint32_t weight_bits) {
    TtfsChip chip = base_chip();
    chip.cores_y = cores > 2 && cores % 2 == 0 ? 2 : 1;
    chip.cores_x = cores / chip.cores_y;
    chip.lanes = lanes;
    chip.weight_bits = weight_bits;
    return chip;
}

/* How many graphs a test tries. More of them by hand: TTFS_TEST_GRAPHS in the environment. */
static inline uint32_t graphs(uint32_t usual) {
    const char *many = getenv("TTFS_TEST_GRAPHS");
    return many ? (uint32_t)strtoul(many, NULL, 10) : usual;
}

static inline void chip_weights(TtfsSpike *s, TtfsRng *r, TtfsConnection *c, uint64_t n,
                                uint32_t most_bits) {
    do random_weights(s, r, c, n);
    while (c->weight_bits > most_bits);
}

static inline bool flat(const TtfsPopulation *p) {
    return p->h == 1 && p->w == 1;
}

static inline void chip_dense(TtfsSpike *s, TtfsRng *r, TtfsPop src, TtfsPopKind kind,
                              uint32_t bits) {
    TtfsPopulation p = {.kind = kind, .c = between(r, 1, 40), .h = 1, .w = 1};
    p.ticks = kind == TTFS_POP_READOUT ? 0 : random_ticks(r);
    TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = src};
    c.dst = add_pop(s, p);
    chip_weights(s, r, &c, (uint64_t)p.c * ttfs_pop_size(ttfs_spike_pop(s, src)), bits);
    add_conn(s, c);
    random_neurons(s, r, c.dst);
}

static inline void chip_conv(TtfsSpike *s, TtfsRng *r, TtfsPop src, uint32_t bits) {
    TtfsPopulation from = *ttfs_spike_pop(s, src);
    TtfsConnection c = {.kind = TTFS_CONN_CONV, .src = src};
    TtfsPopulation p = {.kind = TTFS_POP_RELU, .c = between(r, 1, 20), .ticks = random_ticks(r)};
    p.h = random_axis(r, from.h, 0, &c);
    p.w = random_axis(r, from.w, 1, &c);
    c.dst = add_pop(s, p);
    chip_weights(s, r, &c, (uint64_t)p.c * from.c * c.kernel[0] * c.kernel[1], bits);
    add_conn(s, c);
    random_neurons(s, r, c.dst);
}

static inline void chip_pool(TtfsSpike *s, TtfsRng *r, TtfsPop src) {
    TtfsPopulation p = *ttfs_spike_pop(s, src), from = p;
    TtfsConnection c = {.kind = TTFS_CONN_POOL, .src = src};
    p.kind = TTFS_POP_POOL;
    p.bias = p.ramp = NULL;
    p.bias_count = p.conn_count = 0;
    do {
        p.h = random_axis(r, from.h, 0, &c);
        p.w = random_axis(r, from.w, 1, &c);
    } while (c.dilation[0] != 1 || c.dilation[1] != 1);
    c.dst = add_pop(s, p);
    add_conn(s, c);
}

/* A graph of 2 to 7 populations whose windows have at most 255 ticks. */
static inline void chip_spike(TtfsSpike *s, uint64_t seed, uint32_t weight_bits) {
    TtfsRng rng = ttfs_rng(seed), *r = &rng;
    *s = (TtfsSpike){0};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .ticks = random_ticks(r)};
    in.c = between(r, 1, 4), in.h = between(r, 1, 9), in.w = between(r, 1, 9);
    s->input = add_pop(s, in);
    for (uint32_t layers = between(r, 0, 5); layers > 0; layers--) {
        TtfsPop src = {ttfs_rng_below(r, 4) ? s->pops.len : between(r, 1, s->pops.len)};
        uint32_t kind = ttfs_rng_below(r, 5);
        if (flat(ttfs_spike_pop(s, src)) || kind == 0)
            chip_dense(s, r, src, TTFS_POP_RELU, weight_bits);
        else if (kind < 3)
            chip_conv(s, r, src, weight_bits);
        else
            chip_pool(s, r, src);
    }
    TtfsPop last = {s->pops.len};
    s->readout = (TtfsPop){last.i + 1};
    chip_dense(s, r, last, TTFS_POP_READOUT, weight_bits);
    for (uint32_t more = ttfs_rng_below(r, 3); more > 0; more--)
        chip_dense(s, r, (TtfsPop){between(r, 1, last.i)}, TTFS_POP_READOUT, weight_bits);
    set_times(s, r);
}

#endif
