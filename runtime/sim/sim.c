/* SPDX-License-Identifier: Apache-2.0
 *
 * The rtl engine. In: an image and samples; out: traces. The chip is a shared object (sim_load.c);
 * the image goes in over the configuration port, each section with its checksum, samples over the
 * input port, one a turn; what comes out of the trace and output ports is put by flow and id into
 * the trace of the sample that its stage is at (sim_flits.c). Nothing grows: a chip that puts out
 * more than the network has neurons, or stays in a slot beyond its limit, is given up. That, and
 * errors that the chip tells of, are faults of the trace.
 */
#include "sim_inside.h"

#include "sim_flits.h"

#include <inttypes.h>
#include <stdio.h>
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
    uint32_t turns;
    TtfsSimTurn io;
    uint64_t *in, *next;  /* of this turn, of the next one where that begins before this ends */
    TtfsTrace nowhere;    /* what belongs to no sample */
    TtfsSimTraces traces; /* of this turn */
    TtfsSimSum *sum;      /* per readout neuron */
    uint32_t sums;
    uint64_t *slot_most;
    uint64_t *counts; /* [cores][TTFS_COUNTS]; NULL: the chip has no counters */
    uint32_t before;  /* errors told at the end of the turn before, when this one had begun */
};

static void destroy_chip(void *held) {
    const MadeChip *m = held;
    if (m->chip) m->code->destroy(m->chip);
}

static void start_chip(TtfsSim *sim) {
    const TtfsChip *c = &sim->img->chip;
    uint32_t flit = ttfs_chip_flit_bits(c), turn = flit - ttfs_chip_bits_for(c->flows) - 1;
    TtfsSimShape shape = {ttfs_chip_cores(c), flit, turn};
    sim->made = ttfs_hold(sizeof *sim->made, destroy_chip);
    *sim->made = (MadeChip){.code = sim->code};
    sim->chip = sim->made->chip = sim->code->create(&shape);
    if (!sim->chip) ttfs_oom(0); /* its only reason */
}

static bool write_word(TtfsSim *sim, uint32_t address, uint32_t data, TtfsDiag *diag) {
    int taken = sim->code->write(sim->chip, address, data);
    if (taken < 0) ttfs_oom(0);
    return taken || ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_SIM_RUN,
                               "the chip does not take configuration word %08" PRIx32, address);
}

static bool read_word(TtfsSim *sim, uint32_t address, uint32_t *data, TtfsDiag *diag) {
    int answered = sim->code->read(sim->chip, address, data);
    if (answered < 0) ttfs_oom(0);
    return answered || ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_SIM_RUN,
                                  "the chip does not answer for its word %08" PRIx32, address);
}

static bool no_errors(uint32_t flags, const char *when, TtfsDiag *diag) {
    TtfsBuf text = {0};
    if (!flags) return true;
    ttfs_chip_errors(flags, &text);
    ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_SIM_FLAGS, "%s the chip tells of %s", when,
               ttfs_buf_text(&text));
    ttfs_buf_free(&text);
    return false;
}

/* Writes a memory of a core, has its checksum compared, and asks what the chip says to it. */
static bool configure_memory(TtfsSim *sim, uint32_t core, TtfsMem m, TtfsDiag *diag) {
    const TtfsMemImage *mem = &sim->img->cores[core].mem[m];
    uint32_t flags;
    char when[80];
    for (uint32_t r = 0; r < mem->rows; r++)
        for (uint32_t k = 0; k < mem->chunks; k++)
            if (!write_word(sim, ttfs_image_address(sim->img, core, m, r, k),
                            mem->words[(size_t)r * mem->chunks + k], diag))
                return false;
    snprintf(when, sizeof when, "configured with the %s of core %" PRIu32 ",",
             ttfs_chip_memory(&sim->img->chip, m).name, core);
    return mem->rows == 0 ||
           (write_word(sim, ttfs_chip_register(TTFS_REGISTER_CHECK),
                       ttfs_image_crc(sim->img, core, m), diag) &&
            read_word(sim, ttfs_chip_register(TTFS_REGISTER_FLAGS), &flags, diag) &&
            no_errors(flags, when, diag));
}

/* Writes everything that the chip is configured with (docs/core.md, Configuration). */
static bool configure(TtfsSim *sim, TtfsDiag *diag) {
    const TtfsChip *chip = &sim->img->chip;
    bool ok = write_word(sim, ttfs_chip_register(TTFS_REGISTER_CHIP), ttfs_chip_hash(chip), diag);
    for (uint32_t c = 0; c < ttfs_chip_cores(chip); c++)
        for (uint32_t m = 0; ok && m < TTFS_MEMS; m++)
            ok = configure_memory(sim, c, (TtfsMem)m, diag);
    return ok;
}

/* One more than there can be, so that a flood is seen. */
static TtfsSimFlits room_for(TtfsArena *a, uint64_t flits) {
    return (TtfsSimFlits){.at = TTFS_ARRAY(a, uint64_t, flits + 1), .room = (uint32_t)flits + 1};
}

static bool make_buffers(TtfsSim *sim, const uint64_t *slot_limit, TtfsDiag *diag) {
    const TtfsImage *img = sim->img;
    TtfsArena *a = &sim->arena;
    uint64_t neurons = 0, readouts = 0;
    for (uint32_t i = 0; i < img->pops.len; i++) {
        const TtfsImagePop *p = &img->pops.at[i];
        neurons += p->kind == TTFS_POP_READOUT ? 0 : ttfs_image_pop_size(p);
        readouts += p->kind == TTFS_POP_READOUT ? ttfs_image_pop_size(p) : 0;
    }
    if (neurons + readouts > MOST_NEURONS)
        return ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_LIMIT,
                          "%" PRIu64 " neurons, at most %d expected", neurons + readouts,
                          MOST_NEURONS);
    uint64_t parts = readouts * ttfs_chip_sum_flits(&img->chip);
    sim->sums = (uint32_t)readouts;
    sim->sum = TTFS_ARRAY(a, TtfsSimSum, readouts);
    sim->in = TTFS_ARRAY(a, uint64_t, ttfs_image_pop_size(ttfs_image_input(img)));
    sim->next = TTFS_ARRAY(a, uint64_t, ttfs_image_pop_size(ttfs_image_input(img)));
    sim->slot_most = TTFS_ARRAY(a, uint64_t, img->slots);
    if (img->chip.counters)
        sim->counts = TTFS_ARRAY(a, uint64_t, (uint64_t)ttfs_chip_cores(&img->chip) * TTFS_COUNTS);
    uint64_t *limit = TTFS_ARRAY(a, uint64_t, img->slots);
    memcpy(limit, slot_limit, img->slots * sizeof *limit);
    sim->traces = (TtfsSimTraces){.stage = TTFS_ARRAY(a, TtfsTrace *, sim->turns),
                                  .stages = sim->turns,
                                  .nowhere = &sim->nowhere};
    sim->io = (TtfsSimTurn){.memory = img->stream.at,
                            .memory_words = img->stream.len,
                            .slots = img->slots,
                            .slot_limit = limit,
                            .slot_cycles = TTFS_ARRAY(a, uint64_t, img->slots),
                            .trace = room_for(a, neurons + parts),
                            .out = room_for(a, parts)};
    return true;
}

uint32_t ttfs_sim_turns(const TtfsImage *img) {
    uint32_t latest = 0;
    for (uint32_t i = 0; i < img->pops.len; i++)
        if (img->pops.at[i].stage > latest) latest = img->pops.at[i].stage;
    return latest + 1;
}

TtfsSim *ttfs_sim_open(const TtfsSimChip *chip, const TtfsImage *img, const uint64_t *slot_limit,
                       TtfsDiag *diag) {
    if (!ttfs_image_check(img, NULL, diag)) return NULL;
    TtfsArena arena = {0};
    TtfsSim *sim = TTFS_NEW(&arena, TtfsSim);
    sim->arena = arena;
    sim->img = img;
    sim->code = chip;
    sim->turns = ttfs_sim_turns(img);
    bool ok = make_buffers(sim, slot_limit, diag);
    if (ok) start_chip(sim);
    if (ok && configure(sim, diag)) return sim;
    ttfs_sim_close(sim);
    return NULL;
}

void ttfs_sim_close(TtfsSim *sim) {
    if (!sim) return;
    ttfs_undo(sim->made);
    TtfsArena arena = sim->arena; /* holds *sim itself */
    ttfs_arena_free(&arena);
}

static void tell_errors(uint32_t flags, TtfsTrace *out) {
    TtfsBuf text = {0};
    if (!flags) return;
    ttfs_chip_errors(flags, &text);
    ttfs_trace_fault(out, "the chip tells of %s", ttfs_buf_text(&text));
    ttfs_buf_free(&text);
}

/* What of a turn's end no trace can hold. */
static void tell_end(const TtfsSim *sim, TtfsTrace *out) {
    const TtfsSimTurn *io = &sim->io;
    tell_errors(io->flags, out);
    if (io->end == TTFS_SIM_HUNG && io->asked > io->memory_words)
        ttfs_trace_fault(out,
                         "the chip asks the memory outside for word %" PRIu32 ", which has %" PRIu32
                         ", in slot %" PRIu32,
                         io->asked - 1, io->memory_words, io->end_slot);
    else if (io->end == TTFS_SIM_HUNG)
        ttfs_trace_fault(out, "the chip is in slot %" PRIu32 " after %" PRIu64 " cycles",
                         io->end_slot, io->slot_cycles[io->end_slot]);
    if (io->end == TTFS_SIM_FLOOD)
        ttfs_trace_fault(out,
                         "the chip puts out more than the network has neurons, in slot %" PRIu32,
                         io->end_slot);
}

/* What the turn took, and what went wrong in it, to all samples that are in the chip: where turns
 * begin early also to the one that entered before the end of the turn ahead, what had gone wrong
 * and how long it was in the chip until then. */
static void end_turn(TtfsSim *sim) {
    const TtfsSimTraces *t = &sim->traces;
    for (uint32_t s = 0; s < sim->img->slots; s++)
        if (sim->io.slot_cycles[s] > sim->slot_most[s]) sim->slot_most[s] = sim->io.slot_cycles[s];
    if (sim->io.end != TTFS_SIM_DONE) sim->counts = NULL; /* it counts from its reset on */
    for (uint32_t g = 0; g < t->stages; g++) {
        if (t->stage[g] == t->nowhere) continue;
        t->stage[g]->latency_cycles += sim->io.cycles + (g ? 0 : sim->io.ahead);
        tell_end(sim, t->stage[g]);
        if (g == 0) tell_errors(sim->before, t->stage[g]);
    }
    sim->before = sim->io.next && sim->io.end == TTFS_SIM_DONE ? sim->io.flags : 0;
}

/* What came in the turn, to the traces. What belongs to no sample is looked at all the same: that
 * something is wrong with it is said to those that are in the chip. */
static void take_flits(TtfsSim *sim) {
    const TtfsSimTraces *t = &sim->traces;
    ttfs_trace_clear(t->nowhere);
    ttfs_sim_decode(sim->img, &sim->io, sim->sum, sim->sums, t);
    for (uint32_t g = 0; t->nowhere->faults && g < t->stages; g++)
        if (t->stage[g] != t->nowhere) ttfs_trace_fault(t->stage[g], "%s", t->nowhere->fault);
}

void ttfs_sim_take_trace(TtfsSim *sim) {
    sim->traces.traced = true;
    sim->io.out = room_for(&sim->arena, sim->io.trace.room - 1);
}

/* What enters in the turn, and where turns begin early in the one behind it. */
static void enter(TtfsSim *sim, const uint16_t *x, const uint16_t *next) {
    uint64_t *in = sim->next;
    bool encoded = sim->io.next != NULL;
    if (encoded) sim->next = sim->in, sim->in = in;
    sim->io.inputs = encoded ? sim->io.nexts : ttfs_sim_encode(sim->img, x, sim->in);
    sim->io.in = sim->in;
    sim->io.next = sim->img->early ? sim->next : NULL;
    if (sim->io.next) sim->io.nexts = ttfs_sim_encode(sim->img, next, sim->next);
}

/* What a chip that comes out of reset is told of how it works. */
static bool set_ways(TtfsSim *sim, TtfsDiag *diag) {
    return (!sim->traces.traced ||
            write_word(sim, ttfs_chip_register(TTFS_REGISTER_TRACE), 1, diag)) &&
           (!sim->img->early || write_word(sim, ttfs_chip_register(TTFS_REGISTER_EARLY), 1, diag));
}

/* One turn, in which x enters, and `next` in the one behind it. */
static bool run_turn(TtfsSim *sim, const uint16_t *x, const uint16_t *next, TtfsDiag *diag) {
    enter(sim, x, next);
    sim->code->turn(sim->chip, &sim->io);
    if (sim->io.end == TTFS_SIM_STARVED) ttfs_oom(0);
    end_turn(sim);
    take_flits(sim);
    if (sim->io.end != TTFS_SIM_DONE && !set_ways(sim, diag)) return false;
    uint32_t flags = sim->io.flags; /* the next turn begins without them */
    return !flags || write_word(sim, ttfs_chip_register(TTFS_REGISTER_FLAGS), flags, diag);
}

void ttfs_sim_watch(TtfsSim *sim, const TtfsSimWaves *waves) {
    if (sim->code->waves && !sim->code->waves(sim->chip, waves)) ttfs_oom(0);
}

static bool restart(TtfsSim *sim, const TtfsSpike *s, TtfsDiag *diag) {
    if (sim->nowhere.spike != s) ttfs_trace_init(&sim->nowhere, s, &sim->arena);
    int ready = sim->code->reset(sim->chip);
    if (ready < 0) ttfs_oom(0);
    if (!ready)
        return ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_SIM_RUN,
                          "the chip is not ready after its reset");
    sim->io.next = NULL;
    sim->before = 0;
    return set_ways(sim, diag);
}

/* Adds what the cores have counted since the reset before this run, or takes it off. */
static bool take_counts(TtfsSim *sim, bool off, TtfsDiag *diag) {
    uint32_t cores = sim->counts ? ttfs_chip_cores(&sim->img->chip) : 0, n;
    for (uint32_t i = 0; i < cores * TTFS_COUNTS; i++) {
        uint32_t address = ttfs_chip_counter(i / TTFS_COUNTS, i % TTFS_COUNTS);
        if (!read_word(sim, address, &n, diag)) return false;
        sim->counts[i] += off ? 0 - (uint64_t)n : n;
    }
    return true;
}

/* A turn of n samples: the first enters again behind the last, and so on, so that the chip is full
 * from turn `turns` - 1 on, when the first is at its end: those turns say what a sample takes. */
static bool run_sample_turn(TtfsSim *sim, uint64_t turn, uint64_t n, const uint16_t *x,
                            TtfsTrace *out, TtfsDiag *diag) {
    uint64_t turns = sim->turns;
    uint64_t size = ttfs_image_pop_size(ttfs_image_input(sim->img));
    const uint16_t *enters = x + turn % n * size, *next = x + (turn + 1) % n * size;
    if (turn < n) {
        ttfs_trace_clear(&out[turn]);
        ttfs_trace_set_input(&out[turn], enters);
    }
    for (uint64_t g = 0; g < turns; g++)
        sim->traces.stage[g] = g <= turn && turn - g < n ? &out[turn - g] : &sim->nowhere;
    if (turn + 1 == turns && !take_counts(sim, true, diag)) return false;
    if (!run_turn(sim, enters, next, diag)) return false;
    if (turn + 1 >= turns) out[turn + 1 - turns].cycles = sim->io.cycles;
    return true;
}

bool ttfs_sim_run(TtfsSim *sim, uint64_t n, const uint16_t *x, TtfsTrace *out,
                  const TtfsProgress *progress, TtfsDiag *diag) {
    uint64_t turns = sim->turns;
    if (n == 0) return true;
    if (!restart(sim, out->spike, diag)) return false;
    for (uint64_t turn = 0; turn < n + turns - 1; turn++) {
        if (!ttfs_go_on(progress, diag)) return false;
        if (!run_sample_turn(sim, turn, n, x, out, diag)) return false;
        if (turn + 1 >= turns) ttfs_tell(progress, "samples", turn + 2 - turns, n);
    }
    return take_counts(sim, false, diag);
}

const uint64_t *ttfs_sim_slot_cycles(const TtfsSim *sim) {
    return sim->slot_most;
}

const uint64_t *ttfs_sim_counts(const TtfsSim *sim) {
    return sim->counts;
}
