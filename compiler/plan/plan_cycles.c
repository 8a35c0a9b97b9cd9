/* SPDX-License-Identifier: Apache-2.0
 *
 * What a slot costs in cycles: the formula of docs/core.md with the constants of hw/cycles.def. In
 * the worst case every neuron fires, at the ticks that leave most of them empty; the expected count
 * takes the rates of calibration instead, with the values of spikes spread evenly. Integers only.
 * Cost: rows plus columns of a task, or the passes of its list.
 */
#include "plan_geometry.h"

enum {
    CYCLES_START = 12,  /* from the slot's first cycle to the first words of the programs */
    CYCLES_TASK = 24,   /* a record more */
    CYCLES_LIST = 6,    /* a list: its start and its end */
    CYCLES_SEGMENT = 8, /* a source's patch */
    CYCLES_WALK = 2,    /* a walk */
    CYCLES_DRAIN = 16,  /* from the last walk to the last result, without the divider's stages */
    CYCLES_POOL = 8,    /* a block of a position */
    CYCLES_BARRIER = 4, /* the end of a slot */
    CYCLES_HOP = 4,     /* a router */
    ALL = 1000000,      /* ppm */
    BLOCK = 8           /* ticks that pass in one cycle when all are empty */
};

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t share(uint64_t n, uint64_t ppm) {
    return (n * ppm + ALL - 1) / ALL;
}

/* (1 - part / whole) ^ n of `of`. */
static uint64_t decayed(uint64_t of, uint64_t part, uint64_t whole, uint64_t n) {
    const uint64_t one = UINT64_C(1) << 31;
    uint64_t base = one - one / whole * part, left = one;
    for (; n; n >>= 1) {
        if (n & 1) left = left * base >> 31;
        base = base * base >> 31;
    }
    return (of * left + one / 2) >> 31;
}

/* A list that a task makes: its events, the words that they lie in, and those that hold none. */
typedef struct {
    uint64_t events, words, silent;
} List;

/* Places of a patch that lie inside the source, along one axis, of all positions. */
static uint64_t places_inside(const TtfsReach *r, int axis, uint32_t size) {
    uint32_t positions = axis ? r->cols : r->rows, k = axis ? r->kw : r->kh;
    int64_t stride = axis ? r->sx : r->sy, step = axis ? r->dx : r->dy, n = 0;
    int64_t at = axis ? r->x_first : r->y_first;
    for (uint32_t i = 0; i < positions; i++, at += stride) {
        int64_t first = at < 0 ? (-at + step - 1) / step : 0;
        int64_t end = at < (int64_t)size ? ((int64_t)size - 1 - at) / step + 1 : 0;
        if (end > (int64_t)k) end = k;
        if (end > first) n += end - first;
    }
    return (uint64_t)n;
}

/* Words that a patch touches: a place's channels are a run, but where whole rows of the source are.
 */
static uint64_t patch_words(const TtfsReach *r) {
    uint64_t run = r->channels;
    if (r->kh == 1 && r->kw == 1) return run / TTFS_WORD_ELEMENTS + 2;
    bool joined = r->dx == 1 && r->kw > 1;
    uint64_t runs = joined ? r->kh : (uint64_t)r->kh * r->kw;
    if (joined) run *= r->kw;
    return runs * ((run + TTFS_WORD_ELEMENTS - 2) / TTFS_WORD_ELEMENTS + 1);
}

static void add_source(const TtfsSpike *s, const TtfsReach *r, bool expected, List *l) {
    const TtfsPopulation *src = ttfs_spike_pop(s, r->src);
    uint64_t elements = ttfs_reach_elements(r), words = patch_words(r), events = elements;
    uint64_t silent = 0;
    if (expected) {
        uint64_t inside = places_inside(r, 0, src->h) * places_inside(r, 1, src->w) * r->channels;
        events = share(inside, src->rate_ppm) / ((uint64_t)r->rows * r->cols);
        silent = decayed(words, src->rate_ppm, ALL, elements / words + 1);
    }
    l->events += events;
    l->words += words;
    l->silent += silent;
}

static uint32_t largest_value(const TtfsSpike *s, TtfsPop p) {
    const TtfsPopulation *dst = ttfs_spike_pop(s, p);
    uint32_t top = 1;
    for (uint32_t k = 0; k < dst->conn_count; k++) {
        uint32_t ticks = ttfs_spike_pop(s, s->conns.at[dst->conn_first + k].src)->ticks;
        top = ticks > top ? ticks : top;
    }
    return top;
}

/* Cycles in which a walk moves without an event. */
static uint64_t empty_cycles(const TtfsChip *chip, uint64_t events, uint64_t ticks, bool expected) {
    uint64_t blocks = chip->strides ? (ticks + BLOCK - 1) / BLOCK : ticks;
    uint64_t empty = ticks, passed = blocks;
    if (expected) {
        empty = decayed(ticks, 1, ticks, events);
        passed = decayed(blocks, 1, blocks, events);
    } else {
        uint64_t met = least(events, blocks);
        empty = ticks - met;
        passed = blocks - met;
    }
    if (!chip->strides) return empty;
    uint64_t jumped = passed * BLOCK;
    return passed + (empty > jumped ? empty - jumped : 0);
}

/* Per position: the list is made beside the walks of the one before. */
static uint64_t linear_cycles(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                              bool expected) {
    List l = {0};
    uint32_t sources = ttfs_spike_pop(s, t->pop)->conn_count;
    for (uint32_t k = 0; k < sources; k++) {
        TtfsReach r = ttfs_task_reach(s, t, k);
        add_source(s, &r, expected, &l);
    }
    uint64_t lists = (uint64_t)t->oy_count * t->ox_count, walks = t->groups;
    uint64_t scan = most(l.events + l.silent, l.words) + CYCLES_LIST + sources * CYCLES_SEGMENT;
    if (t->passes > 1) {
        lists *= (uint64_t)t->groups * t->passes;
        walks = 1;
        l.events = l.events / t->passes + 1;
        scan = scan / t->passes + CYCLES_LIST + CYCLES_SEGMENT + CYCLES_TASK;
    }
    uint64_t walk = CYCLES_WALK + l.events +
                    empty_cycles(chip, l.events, largest_value(s, t->pop), expected);
    uint64_t group = most(walk, least(t->channels, chip->lanes) + 1);
    return CYCLES_TASK + scan + (lists - 1) * most(scan, walks * group) + walks * group +
           CYCLES_DRAIN + chip->value_bits;
}

static uint64_t pool_cycles(const TtfsSpike *s, const TtfsTask *t) {
    TtfsReach r = ttfs_task_reach(s, t, 0);
    uint64_t blocks = (t->channels + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
    uint64_t block = (uint64_t)r.kh * r.kw + CYCLES_POOL;
    uint64_t out = least(t->channels, TTFS_WORD_ELEMENTS) + 1;
    return CYCLES_TASK + (uint64_t)t->oy_count * t->ox_count * blocks * most(block, out) +
           CYCLES_DRAIN;
}

uint64_t ttfs_plan_task_cycles(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                               bool expected) {
    return t->groups ? linear_cycles(chip, s, t, expected) : pool_cycles(s, t);
}

/* Moves of a population's flits from router to router and into cores: at least one a cycle happens
 * while any is under way. */
static uint64_t mesh_cycles(const TtfsPlan *p, const TtfsPopulation *pop, bool expected) {
    uint32_t cores = ttfs_chip_cores(&p->chip);
    if (cores == 1) return 0;
    uint64_t flits = ttfs_pop_size(pop);
    if (pop->kind == TTFS_POP_READOUT)
        flits *= ttfs_chip_sum_flits(&p->chip);
    else if (expected)
        return CYCLES_HOP * (p->chip.cores_x + p->chip.cores_y);
    return flits * 2 * cores;
}

uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot,
                               bool expected) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p->slots.at[slot].pop);
    uint64_t busiest = 0, own = 0;
    uint32_t core = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->slot != slot) continue;
        if (t->core != core) own = 0;
        core = t->core;
        own += ttfs_plan_task_cycles(&p->chip, s, t, expected);
        busiest = most(busiest, own);
    }
    if (slot == 0) busiest = share(ttfs_pop_size(pop), expected ? pop->rate_ppm : ALL);
    return CYCLES_START + busiest + mesh_cycles(p, pop, expected) + CYCLES_BARRIER;
}
