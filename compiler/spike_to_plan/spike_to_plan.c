/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver: when every population is computed (the schedule), then each cut over the cores
 * (cut.c); what follows from that is derived (compiler/plan/plan_derive.c). When the copies of
 * weights that bands need do not fit, all is cut once more without; where the schedule is left to
 * the solver and does not fit, all of it with that which needs least, and on a chip with stream
 * with weights from outside, with a slot between two layers where they are too large side by side,
 * and several slots for a layer that is too large for its cores alone.
 * All refusals are collected (refuse.c). What it makes is handed to ttfs_plan_check, which trusts
 * none of it.
 */
#include "plan_stream.h"
#include "solver.h"

#include <inttypes.h>

const char *const ttfs_schedule_names[] = {"auto", "latency", "overlap", "pipeline", NULL};
_Static_assert(sizeof ttfs_schedule_names / sizeof *ttfs_schedule_names == TTFS_SCHEDULES + 1,
               "a name each");

static bool check_graph(Solver *v) {
    for (uint32_t i = 1; i <= v->spike->pops.len; i++)
        if (!ttfs_plan_fits(&v->plan->chip, v->spike, (TtfsPop){i}, v->file, v->diag))
            v->ok = false;
    return v->ok;
}

/* One turn behind the latest of its sources (where cores are ahead of one another so many that they
 * may be), all in one slot. */
static TtfsWhen in_pipeline(const Solver *v, TtfsPop pop) {
    const TtfsPopulation *p = ttfs_spike_pop(v->spike, pop);
    uint32_t latest = 0;
    for (uint32_t k = 0; k < p->conn_count; k++) {
        TtfsPop src = v->spike->conns.at[p->conn_first + k].src;
        uint32_t stage = ttfs_plan_when(v->plan, src).stage;
        if (stage > latest) latest = stage;
    }
    return (TtfsWhen){0, latest + (v->plan->early ? TTFS_EARLY_TURNS : 1)};
}

/* Sources come before their readers, the input first: populations lie in topological order. */
static TtfsWhen when_of(const Solver *v, TtfsSchedule schedule, uint32_t last, TtfsPop pop) {
    if (pop.i == v->spike->input.i) return (TtfsWhen){0, 0};
    if (schedule == TTFS_SCHEDULE_PIPELINE) return in_pipeline(v, pop);
    bool overlaps = schedule == TTFS_SCHEDULE_OVERLAP;
    uint64_t first = overlaps && pop.i == 2 ? 0 : last + v->step;
    uint64_t slot = first + v->step * (ttfs_solver_runs(v, pop) - UINT64_C(1));
    return (TtfsWhen){slot < UINT32_MAX ? (uint32_t)slot : UINT32_MAX - 1, overlaps};
}

static void make_slots(Solver *v, TtfsSchedule schedule) {
    TtfsPlan *p = v->plan;
    uint32_t last = 0;
    v->schedule = schedule;
    p->when.len = p->slots.len = 0;
    p->early = v->ahead && schedule == TTFS_SCHEDULE_PIPELINE;
    for (uint32_t i = 1; i <= v->spike->pops.len; i++) {
        TtfsWhen w = when_of(v, schedule, last, (TtfsPop){i});
        *TTFS_PUSH(&p->arena, p->when) = w;
        if (w.slot > last) last = w.slot;
    }
    for (uint32_t i = 0; i <= last; i++) *TTFS_PUSH(&p->arena, p->slots) = (TtfsSlot){0};
}

static void cut_all(Solver *v, bool copies) {
    TtfsPlan *p = v->plan;
    v->copies = copies;
    v->flows = 1;
    v->rows = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    v->last = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    v->held = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    v->acts = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    v->words = TTFS_ARRAY(&v->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    p->tasks.len = 0;
    for (uint32_t i = 2; i <= v->spike->pops.len; i++) ttfs_solver_cut(v, (TtfsPop){i});
    ttfs_solver_derive(v);
}

static bool too_many_slots(const Solver *v) {
    return v->plan->slots.len > TTFS_PLAN_SLOTS;
}

/* On a mesh, without barriers between turns. */
static bool solve_ahead(Solver *v) {
    v->ahead = true;
    make_slots(v, TTFS_SCHEDULE_PIPELINE);
    bool fits = ttfs_solver_delays_fit(v) && ttfs_solver_pack(v);
    v->ahead = false;
    return fits;
}

/* A plan that fits, or false. */
static bool solve(Solver *v, TtfsSchedule schedule) {
    v->step = 1;
    bool mesh = ttfs_chip_cores(&v->plan->chip) > 1;
    if (mesh && schedule == TTFS_SCHEDULE_PIPELINE && solve_ahead(v)) return true;
    make_slots(v, schedule);
    if (too_many_slots(v)) return false;
    if (mesh && schedule == TTFS_SCHEDULE_PIPELINE && ttfs_solver_pack(v)) return true;
    cut_all(v, true);
    if (ttfs_solver_fits(v, false)) return true;
    cut_all(v, false);
    return ttfs_solver_fits(v, false) || (mesh && ttfs_solver_squeeze(v));
}

/* Where that finds none, all reasons why. */
static bool refuse(Solver *v, TtfsSchedule schedule) {
    v->step = 1;
    v->runs = NULL;
    make_slots(v, schedule);
    if (too_many_slots(v))
        return ttfs_solver_refuse(v, (TtfsPop){0}, "slots", v->plan->slots.len, TTFS_PLAN_SLOTS);
    cut_all(v, false);
    ttfs_solver_fits(v, true);
    return false;
}

static uint64_t words_streamed(const TtfsPlan *p) {
    uint64_t words = 0;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) words += ttfs_plan_stream_words(p, slot);
    return words;
}

static bool streams_some(const TtfsPlan *p) {
    bool some = false;
    for (uint32_t i = 0; i < p->tasks.len; i++) some = some || p->tasks.at[i].streamed;
    return some;
}

/* The cuts of a chip that streams need less memory, so that all weights may fit after all. */
static void note_streamed(Solver *v) {
    if (!streams_some(v->plan)) return;
    ttfs_note(v->diag, TTFS_AT_FILE(v->file),
              "the weights do not fit chip %s: %" PRIu64 " words of 32 bits come from the memory "
              "outside for every sample",
              v->plan->chip.name, words_streamed(v->plan));
}

enum { MOST_PRICE = 256 }; /* cycles */

/* Keeps what did not fit, if it lacks less than all before. */
static void keep_nearest(Solver *v) {
    uint64_t lacks = ttfs_solver_lacks(v);
    if (lacks >= v->lacks) return;
    v->lacks = lacks;
    v->nearest = ttfs_solver_keep(v);
}

/* All reasons against the streamed plan that is nearest to one that fits. */
static bool refuse_streamed(Solver *v) {
    if (v->lacks < UINT64_MAX) ttfs_solver_take_back(v, &v->nearest);
    return ttfs_solver_fits(v, true);
}

/* A layer after the other, as many of the weights as must from outside. */
static bool stream_slots(Solver *v) {
    make_slots(v, v->overlaps ? TTFS_SCHEDULE_OVERLAP : TTFS_SCHEDULE_LATENCY);
    if (too_many_slots(v)) return false;
    bool fit = false;
    v->streams = true;
    for (v->price = 0; !fit && v->price <= MOST_PRICE; v->price = v->price ? v->price * 4 : 1) {
        cut_all(v, true);
        ttfs_solver_stream(v);
        fit = ttfs_solver_fits(v, false);
        if (!fit) keep_nearest(v);
    }
    bool mesh = ttfs_chip_cores(&v->plan->chip) > 1;
    fit = fit || (mesh && !v->runs && ttfs_solver_squeeze(v));
    v->streams = false;
    return fit;
}

enum { MOST_SPARE = 4 };

/* Layers that are too large for their cores in several slots, and these with a slot between them,
 * on all cores or on fewer. */
static bool solve_in_runs(Solver *v) {
    for (uint32_t spare = 1; spare <= MOST_SPARE; spare *= 2)
        for (v->step = 1; v->step <= 2; v->step++)
            if (ttfs_solver_find_runs(v, spare) && stream_slots(v)) return true;
    return false;
}

/* With as few slots as will do: one a layer, a slot between two layers, several a layer. */
static bool solve_streamed(Solver *v) {
    v->runs = NULL;
    v->fine = false;
    v->lacks = UINT64_MAX;
    for (v->step = 1; v->step <= 2; v->step++)
        if (stream_slots(v)) return true;
    if (solve_in_runs(v)) return true;
    v->fine = true;
    return solve_in_runs(v);
}

/* The plan of a chip that streams, where it streams nothing. Else refused, and what the chip lacks
 * where that would do. */
static bool solve_unstreamed(Solver *v) {
    v->plan->chip.stream = true;
    bool would = solve_streamed(v);
    uint64_t words = words_streamed(v->plan);
    v->plan->chip.stream = false;
    if (would && !streams_some(v->plan)) return true;
    refuse(v, TTFS_SCHEDULE_LATENCY);
    if (would)
        ttfs_note(v->diag, TTFS_AT_FILE(v->file),
                  "chip %s with stream would take it: %" PRIu64 " words of 32 bits came from the "
                  "memory outside for every sample",
                  v->plan->chip.name, words);
    return false;
}

static bool solve_latency(Solver *v) {
    if (solve(v, TTFS_SCHEDULE_LATENCY)) return true;
    if (!v->plan->chip.stream) return solve_unstreamed(v);
    if (v->spike->pops.len > TTFS_PLAN_SLOTS) return refuse(v, TTFS_SCHEDULE_LATENCY);
    if (!solve_streamed(v)) return refuse_streamed(v);
    note_streamed(v);
    return true;
}

/* A sample a turn, somehow, as solve_latency finds it; nothing is said. */
static bool find_latency(Solver *v) {
    bool streams = v->plan->chip.stream;
    v->overlaps = false;
    v->runs = NULL;
    if (solve(v, TTFS_SCHEDULE_LATENCY)) return true;
    if (v->spike->pops.len > TTFS_PLAN_SLOTS) return false;
    v->plan->chip.stream = true;
    bool found = solve_streamed(v) && (streams || !streams_some(v->plan));
    v->plan->chip.stream = streams;
    return found;
}

/* All reasons why a schedule does not fit: of the streamed plan that was nearest, where there is
 * one; and whether another schedule would do. */
static bool refuse_schedule(Solver *v, TtfsSchedule schedule, const Kept *streamed) {
    v->latency_fits = find_latency(v);
    if (streamed) {
        ttfs_solver_take_back(v, streamed);
        v->schedule = schedule;
        ttfs_solver_fits(v, true);
    } else {
        refuse(v, schedule);
    }
    if (v->latency_fits)
        ttfs_note(v->diag, TTFS_AT_FILE(v->file),
                  "--schedule latency fits chip %s: a sample is through before the next one comes",
                  v->plan->chip.name);
    return false;
}

/* What is read in slot 0 stays, which leaves less room for what comes: layers may take so many more
 * slots that the next sample comes sooner when it waits for the end of this one. */
static void prefer_latency(Solver *v) {
    Kept overlap = ttfs_solver_keep(v);
    uint64_t cycles = ttfs_solver_turn_cycles(v);
    if (!find_latency(v) || ttfs_solver_turn_cycles(v) >= cycles) {
        ttfs_solver_take_back(v, &overlap);
        return;
    }
    ttfs_note(v->diag, TTFS_AT_FILE(v->file),
              "schedule latency is taken, a sample takes %" PRIu64
              " cycles on chip %s: with overlap it "
              "would take %" PRIu64 ", as its weights come from outside",
              ttfs_solver_turn_cycles(v), v->plan->chip.name, cycles);
}

static bool solve_overlap(Solver *v) {
    v->overlaps = true;
    bool streams = v->plan->chip.stream && v->spike->pops.len <= TTFS_PLAN_SLOTS;
    if (solve(v, TTFS_SCHEDULE_OVERLAP)) return true;
    if (streams && solve_streamed(v)) {
        prefer_latency(v);
        note_streamed(v);
        return true;
    }
    Kept nearest = v->nearest;
    bool kept = streams && v->lacks < UINT64_MAX;
    return refuse_schedule(v, TTFS_SCHEDULE_OVERLAP, kept ? &nearest : NULL);
}

/* All layers at work, each slot with some of their weights. */
static bool stream_pipeline(Solver *v) {
    bool mesh = ttfs_chip_cores(&v->plan->chip) > 1, fit = false;
    v->step = 1;
    v->runs = NULL;
    v->spreads = true;
    make_slots(v, TTFS_SCHEDULE_PIPELINE);
    fit = mesh && (ttfs_solver_pack(v) || ttfs_solver_squeeze(v));
    for (int copies = 1; copies >= 0 && !fit; copies--) {
        make_slots(v, TTFS_SCHEDULE_PIPELINE);
        cut_all(v, copies);
        ttfs_solver_spread(v);
        fit = ttfs_solver_fits(v, false);
    }
    v->spreads = false;
    return fit;
}

static bool solve_pipeline(Solver *v) {
    if (solve(v, TTFS_SCHEDULE_PIPELINE)) return true;
    if (!v->plan->chip.stream) return refuse_schedule(v, TTFS_SCHEDULE_PIPELINE, NULL);
    if (!stream_pipeline(v)) {
        Kept last = ttfs_solver_keep(v);
        return refuse_schedule(v, TTFS_SCHEDULE_PIPELINE, &last);
    }
    note_streamed(v);
    return true;
}

static bool solve_any(Solver *v, TtfsSchedule schedule) {
    bool mesh = ttfs_chip_cores(&v->plan->chip) > 1;
    if (schedule == TTFS_SCHEDULE_LATENCY) return solve_latency(v);
    if (schedule == TTFS_SCHEDULE_OVERLAP) return solve_overlap(v);
    if (schedule == TTFS_SCHEDULE_PIPELINE) return solve_pipeline(v);
    TtfsSchedule wanted = mesh ? TTFS_SCHEDULE_PIPELINE : TTFS_SCHEDULE_OVERLAP;
    if (solve(v, wanted)) return true;
    if (!solve_latency(v)) return false;
    ttfs_note(v->diag, TTFS_AT_FILE(v->file),
              "schedule %s does not fit chip %s, so a sample is through before the next one comes; "
              "--schedule %s says what is missing",
              ttfs_schedule_names[wanted], v->plan->chip.name, ttfs_schedule_names[wanted]);
    return true;
}

/* The plan as it lies, without barriers. */
static bool lies_ahead(Solver *v) {
    v->ahead = true;
    make_slots(v, TTFS_SCHEDULE_PIPELINE);
    v->ahead = false;
    ttfs_solver_derive(v);
    return ttfs_solver_fits(v, false);
}

/* A pipeline that could not be packed without barriers does without them as it was packed with
 * them, or says what hinders it. */
static void drop_barriers(Solver *v) {
    TtfsPlan *p = v->plan;
    bool pipeline = v->schedule == TTFS_SCHEDULE_PIPELINE && p->slots.len == 1;
    if (!pipeline || p->early || ttfs_chip_cores(&p->chip) == 1) return;
    Kept barriers = ttfs_solver_keep(v);
    if (lies_ahead(v)) return;
    bool delays = ttfs_solver_delays_fit(v);
    ttfs_solver_take_back(v, &barriers);
    ttfs_note(v->diag, TTFS_AT_FILE(v->file),
              "cores of chip %s wait for one another in every turn, as %s", p->chip.name,
              delays ? "its memories do not hold what they would keep to be a turn ahead"
                     : "values would be kept for too many turns if they were a turn ahead");
}

static void count_cycles(Solver *v) {
    TtfsPlan *p = v->plan;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        TtfsSlot *s = &p->slots.at[slot];
        s->worst_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, false);
        s->expected_cycles = ttfs_plan_slot_cycles(p, v->spike, slot, true);
        p->worst_cycles += s->worst_cycles;
        p->expected_cycles += s->expected_cycles;
    }
}

bool ttfs_spike_to_plan(const TtfsSpike *s, const TtfsChip *chip, TtfsSchedule schedule,
                        const char *file, TtfsPlan *out, TtfsDiag *diag) {
    *out = (TtfsPlan){.chip = *chip};
    if (!ttfs_chip_check(chip, file, diag) || !ttfs_spike_check(s, file, diag)) return false;
    out->chip.name = ttfs_arena_strdup(&out->arena, chip->name);
    Solver v = {.spike = s, .plan = out, .file = file, .diag = diag, .ok = true};
    if (!check_graph(&v)) return false;
    ttfs_solver_look_ahead(&v);
    bool fits = solve_any(&v, schedule);
    if (fits) drop_barriers(&v);
    if (fits) count_cycles(&v);
    ttfs_arena_free(&v.scratch);
    return fits && ttfs_plan_check(out, s, file, diag);
}
