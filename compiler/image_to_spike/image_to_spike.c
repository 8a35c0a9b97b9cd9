/* SPDX-License-Identifier: Apache-2.0
 *
 * The lift. The directory gives populations and geometry; core by core the programs are followed
 * (lift_programs.c): each list must hold the neurons that the geometry names, as the core's buffers
 * keep them (lift_places.c, lift_buffers.c), from the copy that was written for the same sample,
 * weights, biases and ramps are decoded (lift_numbers.c), every neuron is made once, and every
 * value comes to each core that keeps it once (lift_routes.c). What nothing reads must be zero. So
 * no bit of the memories, nor of the stream, that could change a result is without effect on the
 * graph. Slots and
 * stages of populations are checked with the image: nothing is computed before what it reads.
 */
#include "lift.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_SIDE = 4095, MOST_STEP = 1 << 20 }; /* as far as the records' fields reach */
#define MOST_WORK (UINT64_C(1) << 33)

/* The host makes all of the input. */
static bool make_input(Lift *l) {
    uint32_t flow = l->img->input_flow, pop = l->img->flow_pop[flow];
    const TtfsImagePop *p = ttfs_lift_pop(l, pop);
    if (p->kind != TTFS_POP_INPUT)
        return ttfs_lift_fault(l, pop, "it is no input, but flow %u, the input's, carries it",
                               flow);
    ttfs_lift_made(l, (LiftMade){.pop = pop, .flow = flow, .count = {p->c, p->h, p->w}});
    return true;
}

/* Fits the ids and ticks of the chip; neurons are numbered through. */
static bool add_neurons(Lift *l, uint32_t pop, uint64_t *neurons) {
    const TtfsImagePop *p = ttfs_lift_pop(l, pop);
    const TtfsChip *c = &l->img->chip;
    l->first[pop - 1] = (uint32_t)*neurons;
    *neurons += (uint64_t)p->c * p->h * p->w;
    if (p->ticks > ttfs_chip_max_ticks(c) || p->c > 1u << c->c_bits || p->h > 1u << c->y_bits ||
        p->w > 1u << c->x_bits || (!c->conv && (p->h > 1 || p->w > 1)))
        return ttfs_lift_fault(l, pop, "its ids or ticks do not fit the chip");
    return *neurons <= TTFS_MAX_NEURONS_ALL ||
           ttfs_lift_fault(l, pop, "%" PRIu64 " neurons up to here, at most %" PRIu64, *neurons,
                           TTFS_MAX_NEURONS_ALL);
}

/* Numbers in the records' fields, which also keeps later products in range. */
static bool check_geometry(Lift *l, uint32_t pop, const TtfsImageConn *c) {
    const TtfsImagePop *p = ttfs_lift_pop(l, pop), *src = ttfs_lift_pop(l, c->src);
    bool ok = c->src_channels && c->src_ch_first < src->c &&
              c->src_channels <= src->c - c->src_ch_first && c->group &&
              c->src_channels % c->group == 0 && p->c % c->group == 0;
    for (int i = 0; c->kind != TTFS_CONN_DENSE && i < 2; i++)
        ok = ok && c->kernel[i] - 1 < MOST_SIDE && c->stride[i] - 1 < MOST_STEP &&
             c->dilation[i] - 1 < MOST_STEP && c->pad[i] <= MOST_STEP && c->pad[i + 2] <= MOST_STEP;
    bool pool = c->kind == TTFS_CONN_POOL || c->kind == TTFS_CONN_MINPOOL;
    ok = ok && (!pool || c->src_channels == p->c);
    if ((p->kind == TTFS_POP_POOL) != pool || (pool && p->conn_count != 1))
        return ttfs_lift_fault(l, pop, "kind %u with a connection of kind %u", p->kind, c->kind);
    return ok || ttfs_lift_fault(
                     l, pop, "its connection from population %u does not fit the records", c->src);
}

static uint64_t count_weights(const TtfsImageConn *c, const TtfsImagePop *p,
                              const TtfsImagePop *src) {
    if (p->kind == TTFS_POP_POOL) return 0;
    if (c->kind == TTFS_CONN_DENSE)
        return (uint64_t)c->src_channels * src->h * src->w * p->c * p->h * p->w;
    return (uint64_t)(c->src_channels / c->group) * c->kernel[0] * c->kernel[1] * p->c;
}

/* Room for a connection's weights; what the memories hold bounds it. Shared ones are one array. */
static bool add_weights(Lift *l, uint32_t index, TtfsConnection *k, uint64_t *left) {
    const TtfsImageConn *c = &l->img->conns.at[index];
    const TtfsImagePop *p = ttfs_lift_pop(l, k->dst.i);
    const TtfsConnection *of = k->shared ? &l->out->conns.at[k->shared - 1] : NULL;
    k->weight_count = count_weights(c, p, ttfs_lift_pop(l, c->src));
    uint64_t rows = c->kind == TTFS_CONN_DENSE ? (uint64_t)p->c * p->h * p->w : p->c;
    l->each[index] = k->weight_count / rows;
    if (of && (of->weight_count != k->weight_count || of->shared || of->kind != k->kind ||
               l->each[k->shared - 1] != l->each[index]))
        return ttfs_lift_fault(l, k->dst.i, "shares the weights of connection %u, which differ",
                               k->shared);
    if (!of && k->weight_count > *left)
        return ttfs_lift_fault(l, k->dst.i,
                               "%" PRIu64 " weights, the image has room for %" PRIu64 " more",
                               k->weight_count, *left);
    if (!of) *left -= k->weight_count;
    l->weights[index] = of ? l->weights[k->shared - 1]
                           : TTFS_ARRAY(&l->out->arena, int16_t, k->weight_count);
    l->known[index] = of ? l->known[k->shared - 1]
                         : TTFS_ARRAY(&l->scratch, unsigned char, k->weight_count ? rows : 0);
    if (k->weight_count) k->weights = l->weights[index];
    return true;
}

static bool add_connection(Lift *l, uint32_t pop, uint32_t index, uint64_t *left) {
    const TtfsImageConn *c = &l->img->conns.at[index];
    TtfsConnection k = {.kind = (TtfsConnKind)c->kind,
                        .src = {c->src},
                        .dst = {pop},
                        .weight_bits = c->weight_bits,
                        .src_ch_first = c->src_ch_first,
                        .src_channels = c->src_channels,
                        .group = c->group,
                        .shared = c->shared};
    if (!check_geometry(l, pop, c) || !add_weights(l, index, &k, left)) return false;
    memcpy(k.kernel, c->kernel, sizeof k.kernel);
    memcpy(k.stride, c->stride, sizeof k.stride);
    memcpy(k.dilation, c->dilation, sizeof k.dilation);
    memcpy(k.pad, c->pad, sizeof k.pad);
    *TTFS_PUSH(&l->out->arena, l->out->conns) = k;
    return true;
}

static void add_population(Lift *l, uint32_t pop) {
    const TtfsImagePop *p = ttfs_lift_pop(l, pop);
    TtfsSpike *out = l->out;
    TtfsPopulation q = {.kind = (TtfsPopKind)p->kind,
                        .name = ttfs_arena_strdup(&out->arena, p->name),
                        .c = p->c,
                        .h = p->h,
                        .w = p->w,
                        .ticks = p->ticks,
                        .start = p->start,
                        .scale = p->scale,
                        .offset = p->offset,
                        .rate_ppm = p->rate_ppm,
                        .bias_count = p->bias_count,
                        .conn_first = p->conn_first,
                        .conn_count = p->conn_count};
    if (p->kind == TTFS_POP_RELU) q.ramp = TTFS_ARRAY(&out->arena, int32_t, p->c);
    l->settled[pop - 1] = TTFS_ARRAY(&l->scratch, unsigned char, p->c);
    *TTFS_PUSH(&out->arena, out->pops) = q;
    if (p->kind == TTFS_POP_INPUT) out->input.i = pop;
    if (p->kind == TTFS_POP_READOUT && !out->readout.i) out->readout.i = pop;
    if (p->start + p->ticks > out->latency) out->latency = p->start + p->ticks;
}

/* Lanes of all weight rows, streamed ones too: the image holds no more weights. */
static uint64_t count_lanes(const TtfsImage *img) {
    uint64_t lanes = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        lanes += (uint64_t)img->cores[c].mem[TTFS_MEM_WEIGHTS].rows * img->chip.lanes;
    uint32_t chunks = ttfs_chip_memory(&img->chip, TTFS_MEM_WEIGHTS).chunks;
    return lanes + (uint64_t)img->stream.len / chunks * img->chip.lanes;
}

/* Populations and connections as the directory says, numbers still zero. */
static bool make_graph(Lift *l) {
    const TtfsImage *img = l->img;
    uint64_t neurons = 0, left = count_lanes(img);
    l->first = TTFS_ARRAY(&l->scratch, uint32_t, img->pops.len);
    l->settled = TTFS_ARRAY(&l->scratch, unsigned char *, img->pops.len);
    l->weights = TTFS_ARRAY(&l->scratch, int16_t *, img->conns.len);
    l->known = TTFS_ARRAY(&l->scratch, unsigned char *, img->conns.len);
    l->each = TTFS_ARRAY(&l->scratch, uint64_t, img->conns.len);
    l->made_of = TTFS_ARRAY(&l->scratch, uint32_t, img->pops.len);
    l->flow_core = TTFS_ARRAY(&l->scratch, uint32_t, img->flows);
    l->last_slot = TTFS_ARRAY(&l->scratch, uint32_t, img->pops.len);
    for (uint32_t i = 0; i < img->pops.len; i++) {
        const TtfsImagePop *p = &img->pops.at[i];
        if (!add_neurons(l, i + 1, &neurons)) return false;
        for (uint32_t k = 0; k < p->conn_count; k++)
            if (!add_connection(l, i + 1, p->conn_first + k, &left)) return false;
    }
    for (uint32_t i = 0; i < img->pops.len; i++) add_population(l, i + 1);
    l->covered = TTFS_ARRAY(&l->scratch, unsigned char, neurons / 8 + 1);
    return true;
}

/* What nothing reads is zero. */
static bool check_unread(const LiftCore *k) {
    for (int m = 0; m < TTFS_MEMS; m++) {
        const TtfsMemImage *mem = ttfs_lift_memory(k, (TtfsMem)m);
        if (m == TTFS_MEM_FLOWS || m == TTFS_MEM_BUFFERS) continue; /* lift_buffers.c, _routes.c */
        for (uint32_t i = 0; i < mem->rows * mem->chunks; i++)
            if (mem->words[i] && !k->claimed[m][i / mem->chunks])
                return ttfs_lift_fault(k->l, 0,
                                       "core %u: row %u of %s is not zero, and nothing "
                                       "reads it",
                                       k->core, i / mem->chunks,
                                       ttfs_chip_memory(&k->l->img->chip, (TtfsMem)m).name);
    }
    return true;
}

static bool lift_core(Lift *l, uint32_t core) {
    TtfsMark mark = ttfs_arena_mark(&l->scratch);
    LiftCore k = {.l = l, .core = core};
    for (int m = 0; m < TTFS_MEMS; m++)
        k.claimed[m] = TTFS_ARRAY(&l->scratch, unsigned char, l->img->cores[core].mem[m].rows);
    k.owner = TTFS_ARRAY(&l->scratch, uint32_t, ttfs_chip_elements(&l->img->chip));
    k.word = TTFS_ARRAY(&l->scratch, uint32_t, l->img->chip.act_words);
    k.banks = TTFS_ARRAY(&l->scratch, unsigned char, l->img->pops.len);
    ttfs_lift_stream(&k);
    bool ok = ttfs_lift_buffers(&k) && ttfs_lift_programs(&k) && check_unread(&k);
    ttfs_arena_release(&l->scratch, mark);
    return ok;
}

static bool check_covered(Lift *l) {
    for (uint32_t i = 0; i < l->img->pops.len; i++) {
        const TtfsImagePop *p = &l->img->pops.at[i];
        for (uint32_t n = 0; p->kind != TTFS_POP_INPUT && n < p->c * p->h * p->w; n++)
            if (!ttfs_lift_covered(l, l->first[i] + n))
                return ttfs_lift_fault(l, i + 1, "nobody makes channel %u row %u column %u",
                                       n / p->w / p->h, n / p->w % p->h, n % p->w);
        if (p->kind != TTFS_POP_INPUT && l->last_slot[i] != p->slot)
            return ttfs_lift_fault(l, i + 1, "the population's slot: %u, %u expected", p->slot,
                                   l->last_slot[i]);
    }
    return true;
}

static bool lift(Lift *l) {
    if (!make_graph(l) || !make_input(l)) return false;
    ttfs_lift_blocks(l);
    for (uint32_t c = 0; c < ttfs_chip_cores(&l->img->chip); c++)
        if (!lift_core(l, c)) return false;
    return check_covered(l) && ttfs_lift_routes(l);
}

bool ttfs_image_to_spike(const TtfsImage *img, const char *file, TtfsSpike *out, TtfsDiag *diag) {
    *out = (TtfsSpike){.order = {0, 1, 2}};
    if (!ttfs_image_check(img, file, diag) || !ttfs_image_check_stream(img, file, diag))
        return false;
    Lift l = {.img = img, .file = file, .out = out, .diag = diag, .ok = true, .work = MOST_WORK};
    bool ok = lift(&l);
    ttfs_arena_free(&l.scratch);
    ttfs_arena_free(&l.parts);
    return ok && ttfs_spike_check(out, file, diag);
}
