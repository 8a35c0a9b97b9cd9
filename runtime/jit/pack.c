/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs weights, biases and multipliers into the constants, in the order in which the kernels read
 * them (program.h). What is not written stays 0: lanes beyond the last channel, the ends of runs.
 */
#include "program.h"

#include "divide.h"

#include <string.h>

typedef struct {
    const TtfsProgram *p;
    const TtfsRoutine *routine;
    const TtfsTermCode *t;
    const TtfsConnection *c;
    const TtfsPopulation *src, *dst;
    uint8_t *out; /* the term's weights */
} Packer;

/* The first channel that a vector of outputs of a grouped convolution reads; none goes past
 * the last channel. */
static uint32_t group_first(const Packer *k, uint32_t vector) {
    uint32_t outs = k->dst->c / k->c->group, ins = k->c->src_channels / k->c->group;
    uint32_t first = vector * k->p->target->lanes / outs * ins,
             last = k->c->src_channels - k->t->len;
    return first < last ? first : last;
}

/* Writes the weight of output (pixel, channel) for source tap (ky, kx), channel `in` of the run. */
static void put(const Packer *k, uint32_t pixel, uint32_t channel, uint32_t ky, uint32_t kx,
                uint32_t in, const uint32_t kernel[2], uint32_t channels, int16_t w) {
    const TtfsTermCode *t = k->t;
    uint32_t lanes = k->p->target->lanes;
    uint64_t ry = t->count_y == 1 ? 0 : ky, rx = t->count_x == 1 ? 0 : kx, at = in;
    if (t->count_x == 1) at += (uint64_t)kx * channels;
    if (t->count_y == 1) at += (uint64_t)ky * kernel[1] * channels;
    uint64_t dot = (ry * t->count_x + rx) * t->dots + at / t->dot.by;
    uint64_t place = (dot * lanes + channel % lanes) * t->dot.by + at % t->dot.by;
    uint8_t *to = k->out + pixel * t->per_pixel + channel / lanes * t->per_vector;
    if (t->dot.weight_elt == 1)
        to[place] = (uint8_t)w;
    else
        memcpy(to + 2 * place, &w, 2);
}

static void pack_conv(const Packer *k) {
    const TtfsConnection *c = k->c;
    uint32_t ins = c->src_channels / c->group, outs = k->dst->c / c->group,
             lanes = k->p->target->lanes;
    const int16_t *w = c->weights;
    for (uint32_t o = 0; o < k->dst->c; o++) {
        uint32_t first = o / outs * ins;
        if (k->t->grouped) first -= group_first(k, o / lanes);
        for (uint32_t i = 0; i < ins; i++)
            for (uint32_t ky = 0; ky < c->kernel[0]; ky++)
                for (uint32_t kx = 0; kx < c->kernel[1]; kx++)
                    put(k, 0, o, ky, kx, first + i, c->kernel, c->src_channels, *w++);
    }
}

static void pack_dense(const Packer *k) {
    const int16_t *w = k->c->weights;
    uint32_t pixels = k->dst->h * k->dst->w;
    const uint32_t kernel[2] = {k->src->h, k->src->w};
    for (uint32_t o = 0; o < k->dst->c * pixels; o++)
        for (uint32_t i = 0; i < k->c->src_channels; i++)
            for (uint32_t y = 0; y < kernel[0]; y++)
                for (uint32_t x = 0; x < kernel[1]; x++)
                    put(k, o % pixels, o / pixels, y, x, i, kernel, k->c->src_channels, *w++);
}

static void pack_group_firsts(const Packer *k, uint8_t *consts) {
    uint32_t elt = k->p->store[k->t->src].elt;
    for (uint32_t v = 0; v < k->routine->vectors; v++) {
        uint32_t bytes = group_first(k, v) * elt;
        memcpy(consts + k->t->group_firsts + 4 * v, &bytes, 4);
    }
}

static void pack_term(const TtfsProgram *p, const TtfsRoutine *s, const TtfsTermCode *t,
                      uint8_t *consts) {
    const TtfsConnection *c = &p->spike->conns.at[t->conn];
    Packer k = {.p = p,
                .routine = s,
                .t = t,
                .c = c,
                .src = ttfs_spike_pop(p->spike, c->src),
                .dst = ttfs_spike_pop(p->spike, c->dst),
                .out = consts + t->weights};
    if (c->kind == TTFS_CONN_DENSE)
        pack_dense(&k);
    else
        pack_conv(&k);
    if (t->grouped) pack_group_firsts(&k, consts);
}

static void pack_biases(const TtfsPopulation *pop, const TtfsRoutine *s, uint8_t *consts) {
    uint32_t pixels = s->bias_pixel ? pop->h * pop->w : 1;
    for (uint32_t i = 0; i < pop->c * pixels; i++)
        memcpy(consts + s->bias + i % pixels * s->bias_pixel + i / pixels * sizeof(int32_t),
               &pop->bias[i], sizeof(int32_t));
}

static void pack_ramps(const TtfsPopulation *pop, const TtfsRoutine *s, uint8_t *consts) {
    for (uint32_t c = 0; c < pop->c; c++) {
        uint32_t r = (uint32_t)pop->ramp[c], multiplier = 0;
        uint32_t bits = s->bits ? s->bits : ttfs_divide_bits(r), shift = bits - 31;
        ttfs_divide_exact(r, 0, bits, &multiplier);
        if (!s->powers)
            memcpy(consts + s->multiplier + c * sizeof multiplier, &multiplier, sizeof multiplier);
        if (!s->bits) memcpy(consts + s->shifts + c * sizeof shift, &shift, sizeof shift);
    }
}

void ttfs_program_pack(const TtfsProgram *p, uint8_t *consts) {
    memset(consts, 0, p->const_bytes);
    for (uint32_t i = 0; i < p->routines.len; i++) {
        const TtfsRoutine *s = &p->routines.at[i];
        const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
        if (s->kind != TTFS_ROUTINE_LINEAR || s->out != s->pop) continue; /* packed once */
        for (uint32_t k = 0; k < s->terms; k++)
            pack_term(p, s, &p->terms.at[s->term_first + k], consts);
        pack_biases(pop, s, consts);
        if (pop->kind == TTFS_POP_RELU) pack_ramps(pop, s, consts);
    }
}
