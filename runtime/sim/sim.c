/* SPDX-License-Identifier: Apache-2.0
 *
 * The rtl engine. In: an image and samples; out: traces. The chip is a shared object (sim_load.c);
 * the image goes in over the configuration port, samples over the input port in
 * increasing tick order, what comes out of the trace and readout ports is put into the trace by
 * slot and id. Nothing grows: a chip that puts out more than the network has neurons, or stays in a
 * slot beyond its limit, is given up.
 */
#include "sim_inside.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_NEURONS = 1 << 27 };

/* Held: whoever leaves for want of memory destroys it. */
typedef struct {
    const TtfsSimChip *code;
    void *chip;
} MadeChip;

struct TtfsSim {
    TtfsArena arena;
    const TtfsImage *img;
    const TtfsSimChip *code;
    MadeChip *made;
    void *chip; /* that of `made` */
    TtfsSimSample io;
    uint32_t *in_id, *in_tick, *tick_start;
    unsigned char *told; /* per readout neuron: its potential came */
    uint64_t *slot_most;
};

static void destroy_chip(void *held) {
    const MadeChip *m = held;
    if (m->chip) m->code->destroy(m->chip);
}

static void start_chip(TtfsSim *sim) {
    const TtfsChip *c = &sim->img->chip;
    TtfsSimShape shape = {c->cores, c->tick_bits, c->c_bits + c->y_bits + c->x_bits, c->acc_bits};
    sim->made = ttfs_hold(sizeof *sim->made, destroy_chip);
    *sim->made = (MadeChip){.code = sim->code};
    sim->chip = sim->made->chip = sim->code->create(&shape);
    if (!sim->chip) ttfs_oom(0); /* its only reason */
}

static bool write_word(TtfsSim *sim, uint32_t core, uint32_t memory, uint32_t word, uint32_t data,
                       TtfsDiag *diag) {
    uint32_t address = core << 24 | memory << 22 | word;
    int taken = sim->code->configure(sim->chip, address, data);
    if (taken < 0) ttfs_oom(0);
    return taken || ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_SIM_RUN,
                               "the chip does not take configuration word %08" PRIx32, address);
}

/* 32 bits of a weight row from bit 32 * chunk on. */
static uint32_t chunk_of(const TtfsCoreImage *c, uint32_t row, uint32_t chunk) {
    uint32_t v = 0;
    for (uint32_t b = 0; b < 4 && chunk * 4 + b < c->row_bytes; b++)
        v |= (uint32_t)c->weights[(size_t)row * c->row_bytes + chunk * 4 + b] << (8 * b);
    return v;
}

/* Writes everything that a core is configured with (docs/core.md, Configuration). */
static bool configure_core(TtfsSim *sim, uint32_t core, TtfsDiag *diag) {
    const TtfsCoreImage *c = &sim->img->cores[core];
    uint32_t chunks = ttfs_chip_row_chunks(&sim->img->chip);
    uint32_t shift = ttfs_chip_chunk_bits(&sim->img->chip);
    for (uint32_t i = 0; i < c->slots * TTFS_DESC_WORDS; i++) {
        uint32_t word = i / TTFS_DESC_WORDS * TTFS_DESC_STRIDE + i % TTFS_DESC_WORDS;
        if (!write_word(sim, core, 1, word, c->descriptors[i], diag)) return false;
    }
    for (uint32_t r = 0; r < c->rows; r++)
        for (uint32_t k = 0; k < chunks; k++)
            if (!write_word(sim, core, 2, r << shift | k, chunk_of(c, r, k), diag)) return false;
    return true;
}

static uint32_t pop_size(const TtfsImagePop *p) {
    return p->c * p->h * p->w;
}

static bool make_buffers(TtfsSim *sim, const uint64_t *slot_limit, TtfsDiag *diag) {
    const TtfsImage *img = sim->img;
    TtfsArena *a = &sim->arena;
    const TtfsImagePop *in = &img->pops.at[img->slot_pop[0] - 1];
    uint64_t neurons = 0, readouts = 0;
    for (uint32_t i = 0; i < img->pops.len; i++) {
        const TtfsImagePop *p = &img->pops.at[i];
        neurons += p->kind == TTFS_POP_READOUT ? 0 : pop_size(p);
        readouts += p->kind == TTFS_POP_READOUT ? pop_size(p) : 0;
    }
    if (neurons + readouts > MOST_NEURONS)
        return ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_LIMIT,
                          "%" PRIu64 " neurons, at most %d expected", neurons + readouts,
                          MOST_NEURONS);
    sim->told = TTFS_ARRAY(a, unsigned char, readouts);
    sim->in_id = TTFS_ARRAY(a, uint32_t, pop_size(in));
    sim->in_tick = TTFS_ARRAY(a, uint32_t, pop_size(in));
    sim->tick_start = TTFS_ARRAY(a, uint32_t, (size_t)in->ticks + 1);
    sim->slot_most = TTFS_ARRAY(a, uint64_t, img->slots);
    uint64_t *limit = TTFS_ARRAY(a, uint64_t, img->slots);
    memcpy(limit, slot_limit, img->slots * sizeof *limit);
    /* One more than there can be, so that a flood is seen. */
    sim->io = (TtfsSimSample){.in_id = sim->in_id,
                              .in_tick = sim->in_tick,
                              .slots = img->slots,
                              .slot_limit = limit,
                              .slot_cycles = TTFS_ARRAY(a, uint64_t, img->slots),
                              .spike = TTFS_ARRAY(a, TtfsSimSpike, neurons + 1),
                              .spike_room = (uint32_t)neurons + 1,
                              .readout = TTFS_ARRAY(a, TtfsSimReadout, readouts + 1),
                              .readout_room = (uint32_t)readouts + 1};
    return true;
}

TtfsSim *ttfs_sim_open(const TtfsSimChip *chip, const TtfsImage *img, const uint64_t *slot_limit,
                       TtfsDiag *diag) {
    if (!ttfs_image_check(img, NULL, diag)) return NULL;
    TtfsArena arena = {0};
    TtfsSim *sim = TTFS_NEW(&arena, TtfsSim);
    sim->arena = arena;
    sim->img = img;
    sim->code = chip;
    bool ok = make_buffers(sim, slot_limit, diag);
    if (ok) start_chip(sim);
    for (uint32_t c = 0; ok && c < img->chip.cores; c++) ok = configure_core(sim, c, diag);
    if (ok) return sim;
    ttfs_sim_close(sim);
    return NULL;
}

void ttfs_sim_close(TtfsSim *sim) {
    if (!sim) return;
    ttfs_undo(sim->made);
    TtfsArena arena = sim->arena; /* holds *sim itself */
    ttfs_arena_free(&arena);
}

/* The id on the bus of a neuron: its index in a flat population, else {c, y, x}. */
static uint32_t id_of(const TtfsChip *chip, const TtfsImagePop *p, uint32_t neuron) {
    if (p->h == 1 && p->w == 1) return neuron;
    uint32_t c = neuron / (p->h * p->w), y = neuron / p->w % p->h, x = neuron % p->w;
    return (c << chip->y_bits | y) << chip->x_bits | x;
}

/* The neuron of an id; beyond the population when there is none such. */
static uint32_t neuron_of(const TtfsChip *chip, const TtfsImagePop *p, uint32_t id) {
    if (p->h == 1 && p->w == 1) return id;
    uint32_t x = id & ((1u << chip->x_bits) - 1),
             y = id >> chip->x_bits & ((1u << chip->y_bits) - 1);
    uint32_t c = id >> (chip->x_bits + chip->y_bits);
    if (x >= p->w || y >= p->h || c >= p->c) return UINT32_MAX;
    return (c * p->h + y) * p->w + x;
}

/* The input's spikes by tick, then neuron: a counting sort. */
static void encode(TtfsSim *sim, const uint16_t *x) {
    const TtfsImagePop *p = &sim->img->pops.at[sim->img->slot_pop[0] - 1];
    uint32_t n = pop_size(p), *start = sim->tick_start;
    memset(start, 0, ((size_t)p->ticks + 1) * sizeof *start);
    for (uint32_t i = 0; i < n; i++)
        if (x[i]) start[p->ticks - x[i] + 1]++;
    for (uint32_t k = 1; k <= p->ticks; k++) start[k] += start[k - 1];
    sim->io.inputs = start[p->ticks];
    for (uint32_t i = 0; i < n; i++) {
        if (!x[i]) continue;
        uint32_t at = start[p->ticks - x[i]]++;
        sim->in_id[at] = id_of(&sim->img->chip, p, i);
        sim->in_tick[at] = p->ticks - x[i];
    }
}

/* A readout's potentials come in its slot. One that is missing or comes twice is a fault like a
 * spike of no neuron. */
static void decode_readouts(const TtfsSim *sim, TtfsTrace *out) {
    const TtfsImage *img = sim->img;
    const TtfsSpike *s = out->spike;
    uint32_t n = sim->io.readout_room - 1;
    memset(sim->told, 0, n);
    for (uint32_t i = 0; i < sim->io.readouts; i++) {
        const TtfsSimReadout *r = &sim->io.readout[i];
        TtfsPop pop = {r->slot < img->slots ? img->slot_pop[r->slot] : 0};
        bool known = pop.i && pop.i <= s->pops.len &&
                     ttfs_spike_pop(s, pop)->kind == TTFS_POP_READOUT &&
                     r->id < ttfs_pop_size(ttfs_spike_pop(s, pop));
        uint64_t at = known ? out->first[pop.i - 1] + r->id : 0;
        if (!known || at >= n || sim->told[at]++)
            ttfs_trace_add(out, pop, r->id, 0);
        else
            out->potential[at] = r->value;
    }
    for (uint32_t p = 0; p < s->pops.len; p++)
        for (uint32_t i = 0;
             s->pops.at[p].kind == TTFS_POP_READOUT && i < ttfs_pop_size(&s->pops.at[p]); i++)
            if (out->first[p] + i >= n || !sim->told[out->first[p] + i])
                ttfs_trace_add(out, (TtfsPop){p + 1}, i, 0);
}

static void decode(const TtfsSim *sim, TtfsTrace *out) {
    const TtfsImage *img = sim->img;
    for (uint32_t i = 0; i < sim->io.spikes; i++) {
        const TtfsSimSpike *s = &sim->io.spike[i];
        TtfsPop pop = {s->slot < img->slots ? img->slot_pop[s->slot] : 0};
        uint32_t neuron = pop.i ? neuron_of(&img->chip, &img->pops.at[pop.i - 1], s->id)
                                : UINT32_MAX;
        ttfs_trace_add(out, pop, neuron, s->tick);
    }
    decode_readouts(sim, out);
    out->cycles = sim->io.cycles;
}

bool ttfs_sim_run(TtfsSim *sim, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag) {
    const TtfsImage *img = sim->img;
    ttfs_trace_clear(out);
    ttfs_trace_set_input(out, x);
    encode(sim, x);
    sim->code->sample(sim->chip, &sim->io);
    if (sim->io.end == TTFS_SIM_STARVED) ttfs_oom(0);
    for (uint32_t s = 0; s < img->slots; s++)
        if (sim->io.slot_cycles[s] > sim->slot_most[s]) sim->slot_most[s] = sim->io.slot_cycles[s];
    uint32_t slot = sim->io.end_slot < img->slots ? sim->io.end_slot : 0;
    TtfsLoc loc = TTFS_AT_NODE(NULL, img->pops.at[img->slot_pop[slot] - 1].name);
    if (sim->io.end == TTFS_SIM_HUNG)
        return ttfs_error(diag, loc, TTFS_SIM_RUN,
                          "the chip is in slot %" PRIu32 " after %" PRIu64 " cycles",
                          sim->io.end_slot, sim->io.slot_limit[slot]);
    if (sim->io.end == TTFS_SIM_FLOOD)
        return ttfs_error(diag, loc, TTFS_SIM_RUN,
                          "the chip puts out more than the network has neurons, in slot %" PRIu32,
                          sim->io.end_slot);
    decode(sim, out);
    return true;
}

const uint64_t *ttfs_sim_slot_cycles(const TtfsSim *sim) {
    return sim->slot_most;
}
