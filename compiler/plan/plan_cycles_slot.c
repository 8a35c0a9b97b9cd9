/* SPDX-License-Identifier: Apache-2.0
 *
 * What a slot costs in cycles (docs/core.md, "Cycles"): what its busiest core takes with the tasks
 * of all its populations, one after the other, while their values arrive; on a mesh also what
 * routers take. Expected, cores differ from sample to sample (plan_spread.h), and the slowest of
 * each sample counts. Cost: tasks and buffers, and the routers that flows pass.
 */
#include "plan_cycles.h"
#include "plan_index.h"
#include "plan_spread.h"
#include "plan_stream.h"

enum { NORTH, EAST, SOUTH, WEST, CORE, PORTS };
enum {
    BURST_WORDS = 64, /* that no burst of the memory outside has more of */
    ONE = 7,          /* sevenths of a deviation, */
    AHEAD_OF_ONE = 4  /* where cores may be a turn ahead: of the mean of three turns */
};

typedef struct {
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    uint32_t slot;
    bool expected;
    TtfsArena scratch;
    uint64_t *made;  /* by population id: neurons of it that the slot computes */
    uint64_t *puts;  /* by core: cycles that arriving values take */
    uint64_t *held;  /* expected, by core: cycles that they keep a scan from the activations */
    uint64_t *flits; /* by flow */
    uint64_t (*inputs)[PORTS]; /* by core: flits that come into its router there */
    uint64_t ports;            /* that all flits go through, each counted for itself */
} Slot;

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static bool is_mesh(const Slot *l) {
    return ttfs_chip_cores(&l->plan->chip) > 1;
}

/* The input's come in slot 0. */
static void count_made(Slot *l) {
    const TtfsPlan *p = l->plan;
    l->made = TTFS_ARRAY(&l->scratch, uint64_t, (size_t)l->spike->pops.len + 1);
    if (l->slot == 0)
        l->made[l->spike->input.i] = ttfs_pop_size(ttfs_spike_pop(l->spike, l->spike->input));
    for (uint32_t i = ttfs_plan_first_task(p, l->slot); i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->slot != l->slot) break;
        if (!t->more) l->made[t->pop.i] += (uint64_t)t->channels * t->oy_count * t->ox_count;
    }
}

static bool is_now(const Slot *l, TtfsPop p) {
    return l->made[p.i] > 0;
}

/* Of so many neurons, that fire at this rate, those that do. */
static uint64_t values(const Slot *l, uint64_t neurons, uint32_t rate) {
    return l->expected ? ttfs_cycles_share(neurons, rate) : neurons;
}

/* Of so many places from `first` on those inside an axis. */
static uint64_t places_in(int64_t first, uint32_t count, uint32_t size) {
    int64_t end = first + count;
    if (first < 0) first = 0;
    if (end > (int64_t)size) end = size;
    return end > first ? (uint64_t)(end - first) : 0;
}

/* Neurons of a population that a core keeps. */
static uint64_t neurons_kept(const TtfsBuffer *b, const TtfsPopulation *p) {
    return places_in(b->y_first, b->rows, p->h) * places_in(b->x_first, b->cols, p->w) *
           b->channels;
}

/* Those of so many neurons that the slot computes: all, where it computes all of the population. */
static uint64_t neurons_now(const Slot *l, TtfsPop pop, uint64_t kept) {
    uint64_t all = ttfs_pop_size(ttfs_spike_pop(l->spike, pop)), made = l->made[pop.i];
    if (made >= all) return kept;
    return l->expected ? (kept * made + all - 1) / all : least(kept, made);
}

/* By core: flows whose values it keeps in the slot. */
static const uint64_t *count_sources(Slot *l) {
    const TtfsPlan *p = l->plan;
    uint64_t *n = TTFS_ARRAY(&l->scratch, uint64_t, ttfs_chip_cores(&p->chip));
    for (uint32_t f = 0; f < p->flows.len; f++) {
        const TtfsFlow *flow = &p->flows.at[f];
        for (uint32_t i = 0; i < flow->ends && is_now(l, flow->pop); i++)
            n[p->buffers.at[p->ends.at[flow->first + i]].core]++;
    }
    return n;
}

/* Expected, those values take longer that do not lie in the word of the one before, and on a mesh
 * they alone hold up a scan. */
static void expect_puts(Slot *l, uint32_t core, uint64_t values, uint64_t neurons, uint64_t flows) {
    uint64_t more = ttfs_cycles_puts(values, neurons, flows);
    l->puts[core] += is_mesh(l) ? values + more : values;
    l->held[core] += is_mesh(l) ? more : values;
}

static void count_puts(Slot *l) {
    const uint64_t *flows = count_sources(l);
    for (uint32_t i = 0; i < l->plan->buffers.len; i++) {
        const TtfsBuffer *b = &l->plan->buffers.at[i];
        const TtfsPopulation *p = ttfs_spike_pop(l->spike, b->pop);
        uint32_t rate = ttfs_pop_rate(p, b->y_first, b->rows, b->x_first, b->cols);
        uint64_t n = neurons_now(l, b->pop, neurons_kept(b, p)), v = values(l, n, rate);
        if (!is_now(l, b->pop)) continue;
        if (l->expected)
            expect_puts(l, b->core, v, n, flows[b->core]);
        else
            l->puts[b->core] += v * CYCLES_PUT;
    }
}

/* Values that the host gives, one a cycle. */
static uint64_t input_values(const Slot *l) {
    const TtfsPopulation *p = ttfs_spike_pop(l->spike, l->spike->input);
    return l->slot == 0 ? values(l, ttfs_pop_size(p), p->rate_ppm) : 0;
}

static void count_flits(Slot *l) {
    const TtfsPlan *p = l->plan;
    uint32_t input;
    if (ttfs_plan_input_flow(p, l->spike, &input)) l->flits[input] = input_values(l);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->slot == l->slot)
            l->flits[t->flow] += ttfs_cycles_flits(&p->chip, l->spike, t, l->expected);
    }
}

/* Where the router at (x, y) takes what goes in x first, then in y. */
static uint32_t side_of(const Slot *l, const TtfsFlow *f, uint32_t x, uint32_t y) {
    uint32_t x0 = f->core % l->plan->chip.cores_x, y0 = f->core / l->plan->chip.cores_x;
    if (y != y0) return y > y0 ? NORTH : SOUTH;
    if (x != x0) return x > x0 ? WEST : EAST;
    return f->pop.i == l->spike->input.i ? WEST : CORE;
}

static void pass(Slot *l, const TtfsFlow *f, uint64_t flits, uint32_t x, uint32_t y) {
    l->inputs[y * l->plan->chip.cores_x + x][side_of(l, f, x, y)] += flits;
}

/* The cores of a column that a flow's values pass, from the row where they come in. */
typedef struct {
    uint32_t top, bottom;
} Column;

/* Flits go in x first, each column then is a branch of their tree. */
static void pass_tree(Slot *l, const TtfsFlow *f, uint64_t flits, Column *column) {
    const TtfsPlan *p = l->plan;
    uint32_t width = p->chip.cores_x, x0 = f->core % width, y0 = f->core / width;
    uint32_t west = x0, east = x0;
    for (uint32_t x = 0; x < width; x++) column[x] = (Column){y0, y0};
    for (uint32_t i = 0; i < f->ends; i++) {
        uint32_t core = p->buffers.at[p->ends.at[f->first + i]].core;
        uint32_t x = core % width, y = core / width;
        west = (uint32_t)least(west, x);
        east = (uint32_t)most(east, x);
        column[x].top = (uint32_t)least(column[x].top, y);
        column[x].bottom = (uint32_t)most(column[x].bottom, y);
    }
    l->ports += flits * (east - west + f->ends);
    for (uint32_t x = west; x <= east; x++) {
        l->ports += flits * (column[x].bottom - column[x].top);
        for (uint32_t y = column[x].top; y <= column[x].bottom; y++) pass(l, f, flits, x, y);
    }
}

/* A readout's sums go to the host, west of core 0. */
static void pass_to_host(Slot *l, const TtfsFlow *f, uint64_t flits) {
    uint32_t width = l->plan->chip.cores_x, x0 = f->core % width, y0 = f->core / width;
    l->ports += flits * (x0 + y0 + 1);
    for (uint32_t x = 0; x <= x0; x++) pass(l, f, flits, x, y0);
    for (uint32_t y = 0; y < y0; y++) pass(l, f, flits, 0, y);
}

static void count_routers(Slot *l) {
    const TtfsPlan *p = l->plan;
    l->flits = TTFS_ARRAY(&l->scratch, uint64_t, p->flows.len);
    l->inputs = ttfs_arena_array(&l->scratch, ttfs_chip_cores(&p->chip), sizeof *l->inputs);
    count_flits(l);
    Column *column = TTFS_ARRAY(&l->scratch, Column, p->chip.cores_x);
    for (uint32_t f = 0; f < p->flows.len; f++) {
        const TtfsFlow *flow = &p->flows.at[f];
        if (!l->flits[f]) continue;
        if (ttfs_spike_pop(l->spike, flow->pop)->kind == TTFS_POP_READOUT)
            pass_to_host(l, flow, l->flits[f]);
        else
            pass_tree(l, flow, l->flits[f], column);
    }
}

/* The first task behind those of a core and slot that begin with `first`. */
static uint32_t end_of_core(const TtfsPlan *p, uint32_t first) {
    const TtfsTask *t = &p->tasks.at[first];
    uint32_t i = first;
    while (i < p->tasks.len && p->tasks.at[i].slot == t->slot && p->tasks.at[i].core == t->core)
        i++;
    return i;
}

/* Cycles of a core with its tasks; `puts` come evenly meanwhile, to each task by the time that it
 * takes alone. */
static uint64_t core_cycles(const Slot *l, uint32_t first, uint32_t end, uint64_t puts) {
    const TtfsPlan *p = l->plan;
    TtfsEngines at = {0};
    uint64_t all = 0;
    for (uint32_t i = first; puts && i < end; i++)
        all += ttfs_plan_task_cycles(&p->chip, l->spike, &p->tasks.at[i], l->expected);
    for (uint32_t i = first; i < end; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        uint64_t alone = puts ? ttfs_plan_task_cycles(&p->chip, l->spike, t, l->expected) : 0;
        uint64_t part = puts ? ttfs_cycles_share(puts, alone * CYCLES_ALL / all) : 0;
        ttfs_cycles_take(&p->chip, l->spike, t, l->expected, part, &at);
    }
    return ttfs_cycles_end(&p->chip, &at, l->expected);
}

/* The core that is through last. */
static uint64_t slowest_core(const Slot *l) {
    const TtfsPlan *p = l->plan;
    TtfsEngines idle = {0};
    uint64_t last = ttfs_cycles_end(&p->chip, &idle, l->expected);
    for (uint32_t i = ttfs_plan_first_task(p, l->slot), end; i < p->tasks.len; i = end) {
        end = end_of_core(p, i);
        if (p->tasks.at[i].slot != l->slot) break;
        last = most(last, core_cycles(l, i, end, l->held[p->tasks.at[i].core]));
    }
    return last;
}

/* What a core does for a population, and its last task of it. */
typedef struct {
    TtfsMoved moved;
    const TtfsTask *last;
} Work;

/* Parts of the channels of a place vary as one. */
static bool same_place(const TtfsTask *a, const TtfsTask *b) {
    return a && a->oy_first == b->oy_first && a->ox_first == b->ox_first;
}

/* How the cores of the slot differ. */
typedef struct {
    uint32_t first;  /* task */
    uint64_t *moved; /* by task from there on */
    TtfsVary *vary;  /* by population id */
    uint64_t base;   /* square of a core that does nothing */
    Work *work;      /* by population id, of the core in hand */
} Spread;

/* What each task moves, and what cores that work do for each population in the mean. */
static void find_even(const Slot *l, Spread *s, uint32_t end) {
    const TtfsTask *t = l->plan->tasks.at;
    uint32_t cores = 0;
    for (uint32_t i = s->first; i < end; i++) {
        uint64_t moved = ttfs_cycles_moved(&l->plan->chip, l->spike, &t[i]);
        s->moved[i - s->first] = moved;
        s->vary[t[i].pop.i].even += moved;
        cores += i == s->first || t[i].core != t[i - 1].core;
    }
    for (uint32_t i = 2; cores && i <= l->spike->pops.len; i++)
        ttfs_vary_even(&s->vary[i], s->vary[i].even / cores);
}

static Spread spread_of(Slot *l) {
    const TtfsPlan *p = l->plan;
    size_t pops = (size_t)l->spike->pops.len + 1;
    uint32_t first = ttfs_plan_first_task(p, l->slot), end = first;
    while (end < p->tasks.len && p->tasks.at[end].slot == l->slot) end++;
    Spread s = {.first = first,
                .moved = TTFS_ARRAY(&l->scratch, uint64_t, end - first),
                .vary = TTFS_ARRAY(&l->scratch, TtfsVary, pops),
                .work = TTFS_ARRAY(&l->scratch, Work, pops)};
    for (uint32_t i = 2; i < pops; i++) s.vary[i] = ttfs_vary_of(l->spike, (TtfsPop){i});
    find_even(l, &s, end);
    for (uint32_t i = 2; i < pops; i++) s.base += s.vary[i].base;
    return s;
}

/* By population id, of what the core's tasks are of; the others are left as they are. */
static void work_of_core(const Slot *l, const Spread *s, uint32_t first, uint32_t end) {
    const TtfsTask *t = l->plan->tasks.at;
    for (uint32_t i = first; i < end; i++) s->work[t[i].pop.i] = (Work){0};
    for (uint32_t i = first; i < end; i++) {
        Work *w = &s->work[t[i].pop.i];
        w->moved.moved += s->moved[i - s->first];
        if (!same_place(w->last, &t[i]))
            w->moved.regions += ttfs_vary_regions(l->spike, t[i].pop, t[i].oy_count, t[i].ox_count);
        w->last = &t[i];
    }
}

/* Of a core, from what all do alike. */
static uint64_t deviation_of(const Slot *l, const Spread *s, uint32_t first, uint32_t end) {
    uint64_t square = s->base;
    work_of_core(l, s, first, end);
    for (uint32_t i = first; i < end; i++) {
        const TtfsTask *t = &l->plan->tasks.at[i];
        Work *w = &s->work[t->pop.i];
        if (w->last == t) square += (uint64_t)ttfs_vary_square(&s->vary[t->pop.i], &w->moved);
    }
    return square > INT64_MAX ? 0 : ttfs_spread_root(square);
}

/* When the last core of each sample is through in the mean, alone or with what arrives. */
static uint64_t expected_last(Slot *l) {
    const TtfsPlan *p = l->plan;
    TtfsEngines idle = {0};
    uint64_t arrived = 0;
    uint32_t n = 0;
    Spread s = spread_of(l);
    TtfsSpread *core = TTFS_ARRAY(&l->scratch, TtfsSpread, ttfs_chip_cores(&p->chip));
    for (uint32_t i = ttfs_plan_first_task(p, l->slot), end; i < p->tasks.len; i = end) {
        end = end_of_core(p, i);
        if (p->tasks.at[i].slot != l->slot) break;
        uint64_t cycles = core_cycles(l, i, end, l->held[p->tasks.at[i].core]);
        uint64_t deviation = deviation_of(l, &s, i, end);
        core[n++] = (TtfsSpread){cycles, p->early ? deviation * AHEAD_OF_ONE / ONE : deviation};
    }
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) arrived = most(arrived, l->puts[c]);
    return most(ttfs_spread_highest(core, n),
                ttfs_cycles_end(&p->chip, &idle, l->expected) + arrived);
}

/* Cycles of the router, or the input of one, that most flits pass: a router gives one a cycle. */
static uint64_t router_cycles(const Slot *l) {
    uint64_t cycles = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(&l->plan->chip); c++) {
        uint64_t all = 0;
        for (uint32_t side = 0; side < PORTS; side++) {
            all += l->inputs[c][side];
            cycles = most(cycles, l->inputs[c][side] * CYCLES_TAKE);
        }
        cycles = most(cycles, all);
    }
    return cycles;
}

/* All side by side: what takes longest. */
static uint64_t expected_cycles(Slot *l) {
    const TtfsChip *chip = &l->plan->chip;
    TtfsEngines idle = {0};
    uint64_t cycles = most(expected_last(l), input_values(l) + ttfs_cycles_end(chip, &idle, true));
    if (!is_mesh(l)) return cycles;
    if (l->plan->early) return most(cycles, router_cycles(l));
    return most(cycles, router_cycles(l)) + CYCLES_HOP * ((uint64_t)chip->cores_x + chip->cores_y);
}

/* One after the other: the busiest core, and all that may hold it up, as if a single flit were
 * under way at a time, and every core kept it alone. Where cores are a turn ahead, what belongs to
 * the next turn may be in the way too. */
static uint64_t worst_cycles(const Slot *l) {
    uint64_t kept = 0, turns = 1 + l->plan->early;
    for (uint32_t c = 0; c < ttfs_chip_cores(&l->plan->chip); c++) kept += l->puts[c];
    return slowest_core(l) + turns * (CYCLES_HOP * l->ports + most(kept, input_values(l)));
}

/* Words that come from outside into the core that gets most of them: each holds up its walks. */
static uint64_t words_of_core(Slot *l) {
    const TtfsPlan *p = l->plan;
    uint64_t words = 0, highest = 0;
    TtfsLoad *loads;
    uint32_t n = ttfs_plan_loads(p, l->slot, &l->scratch, &loads);
    for (uint32_t i = 0; i < n; i++) {
        words = i && loads[i].core == loads[i - 1].core ? words + loads[i].rows : loads[i].rows;
        highest = most(highest, words);
    }
    return highest * ttfs_chip_memory(&p->chip, TTFS_MEM_WEIGHTS).chunks;
}

/* Until what the slot streams has come; in the worst case every burst waits. */
static uint64_t stream_cycles(const Slot *l) {
    uint64_t words = ttfs_plan_stream_words(l->plan, l->slot), bursts = words / BURST_WORDS + 3;
    if (!words) return 0;
    return words + CYCLES_STREAM + (l->expected ? 0 : bursts * CYCLES_BURST);
}

static uint64_t slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot, bool expected) {
    Slot l = {.plan = p, .spike = s, .slot = slot, .expected = expected};
    l.puts = TTFS_ARRAY(&l.scratch, uint64_t, ttfs_chip_cores(&p->chip));
    l.held = TTFS_ARRAY(&l.scratch, uint64_t, ttfs_chip_cores(&p->chip));
    count_made(&l);
    count_puts(&l);
    if (is_mesh(&l)) count_routers(&l);
    uint64_t cycles = expected ? expected_cycles(&l) : worst_cycles(&l) + words_of_core(&l);
    cycles = most(cycles, stream_cycles(&l));
    ttfs_arena_free(&l.scratch);
    return cycles + CYCLES_BARRIER;
}

uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot,
                               bool expected) {
    uint64_t worst = slot_cycles(p, s, slot, false);
    return expected ? least(slot_cycles(p, s, slot, true), worst) : worst;
}
