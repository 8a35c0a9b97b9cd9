/* SPDX-License-Identifier: Apache-2.0
 *
 * What tasks cost a core in cycles: the recurrence of docs/core.md ("Cycles") with the constants of
 * hw/cycles.def, over the records of a core. In the worst case every neuron fires, at the ticks
 * that leave most steps to a walk; the expected count takes the rates of calibration instead, with
 * values spread evenly and all lists of a task alike. Integers only. Cost: rows and columns of a
 * task, and its lists until the engines are in step, which takes a few.
 */
#include "plan_cycles.h"

enum {
    BLOCK = 8,      /* ticks that pass in one step when all are empty */
    PAIR = 2,       /* ticks that pass in one step when the second is empty */
    FAR_BITS = 4,   /* more bits of a value than these have steps of a block */
    RUN = 4,        /* values of a flow that come before one of another */
    HOST_REACH = 3, /* cores from the host's on whose values of pools wait for the host's */
    MOVED_PART = 8  /* of the events that come on top, to see what moves with them */
};

/* The fixed parts: the most that they take, and what is usual. */
typedef struct {
    uint64_t start, scan, segment, record, fire, end;
} Fixed;
static const Fixed worst_case = {CYCLES_START,  CYCLES_SCAN, CYCLES_SEGMENT,
                                 CYCLES_RECORD, CYCLES_FIRE, CYCLES_END};
static const Fixed usual = {USUAL_START,  USUAL_SCAN, USUAL_SEGMENT,
                            USUAL_RECORD, USUAL_FIRE, USUAL_END};

static const Fixed *fixed(bool expected, const TtfsEngines *at) {
    return expected && !at->dear ? &usual : &worst_case;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t ttfs_cycles_share(uint64_t n, uint64_t ppm) {
    return (n * ppm + CYCLES_ALL - 1) / CYCLES_ALL;
}

uint64_t ttfs_cycles_flits(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                           bool expected) {
    uint64_t neurons = (uint64_t)t->channels * t->oy_count * t->ox_count;
    if (t->more) return 0;
    if (ttfs_spike_pop(s, t->pop)->kind == TTFS_POP_READOUT)
        return neurons * ttfs_chip_sum_flits(chip);
    return expected ? ttfs_cycles_share(neurons, ttfs_task_rate(s, t)) : neurons;
}

/* Those values take longer that do not lie in the word of the one before: of a flow the first of
 * every word; of several side by side some that follow another's, since a task's leave in runs. As
 * the RTL's counters say (docs/core.md). */
uint64_t ttfs_cycles_puts(uint64_t values, uint64_t neurons, uint64_t flows) {
    uint64_t first = least(values, neurons / TTFS_WORD_ELEMENTS + 1);
    uint64_t follow = flows ? (values - first) * (flows - 1) / flows : 0;
    return (first + follow / RUN) * (CYCLES_PUT / 2);
}

/* Of `of` things, each hit by any of n with the chance part / whole, those that none hits. */
static uint64_t missed(uint64_t of, uint64_t part, uint64_t whole, uint64_t n) {
    const uint64_t one = UINT64_C(1) << 31;
    uint64_t base = one - part * one / whole, left = one;
    for (; n; n >>= 1) {
        if (n & 1) left = left * base >> 31;
        base = base * base >> 31;
    }
    return (of * left + one / 2) >> 31;
}

/* The lists of a task, one like the other. */
typedef struct {
    uint64_t scan, walk;  /* cycles of a list, of a walk */
    uint64_t groups;      /* walks of a list */
    uint64_t chain, last; /* cycles of the chain for a group's results, for the last group's */
    bool more;            /* the fire unit takes nothing */
    const Fixed *fixed;
} Lists;

static void take_list(TtfsEngines *e, const Lists *l, uint64_t before) {
    e->scan = most(e->scan, e->freed[0]) + before + l->scan;
    e->walk = most(e->walk, e->scan + CYCLES_LIST) + l->walk;
    if (!l->more) {
        e->walk = most(e->walk, e->chain) + (l->groups - 1) * most(l->walk, l->chain);
        e->chain = e->walk + l->last;
    }
    e->freed[0] = e->freed[1];
    e->freed[1] = e->walk;
}

/* Has every engine gone on as far since `old`? Then it does so for ever. */
static bool in_step(const TtfsEngines *e, const TtfsEngines *old) {
    uint64_t d = e->scan - old->scan;
    return e->walk - old->walk == d && e->chain - old->chain == d &&
           e->freed[0] - old->freed[0] == d;
}

static void skip(TtfsEngines *e, const TtfsEngines *old, uint64_t times) {
    uint64_t d = times * (e->scan - old->scan);
    e->scan += d;
    e->walk += d;
    e->chain += d;
    e->freed[0] += d;
    e->freed[1] += d;
}

static void take_lists(TtfsEngines *e, const Lists *l, uint64_t n) {
    TtfsEngines old = *e; /* behind the list before last */
    for (uint64_t i = 0; i < n; i++) {
        TtfsEngines now = *e;
        take_list(e, l, i ? 0 : l->fixed->scan);
        if (i > 2 && in_step(e, &old)) {
            skip(e, &old, (n - 1 - i) / 2);
            i += (n - 1 - i) / 2 * 2;
        }
        old = now;
    }
    if (l->walk < l->fixed->record) e->walk += l->fixed->record - l->walk;
}

/* A list before it is walked. */
typedef struct {
    uint64_t events, silent; /* events; words without one */
    uint64_t stale; /* words, of all lists, that nothing was written into: a cycle more each */
} Events;

/* Words that a patch touches: its places are runs of channels, which are one where all of the
 * source's are read. */
static uint64_t patch_words(const TtfsSpike *s, const TtfsReach *r) {
    const TtfsPopulation *src = ttfs_spike_pop(s, r->src);
    bool rows = r->channels == src->c && r->dx == 1, all = rows && r->dy == 1 && r->kw == src->w;
    uint64_t run = r->channels, runs = (uint64_t)r->kh * r->kw;
    if (rows) run *= r->kw, runs /= r->kw;
    if (all) run *= r->kh, runs = 1;
    const uint64_t rest = TTFS_WORD_ELEMENTS - 1;
    if (runs == 1 || r->channels % TTFS_WORD_ELEMENTS == 0)
        return runs * ((run + rest) / TTFS_WORD_ELEMENTS);
    return (runs * (run + rest) + rest) / TTFS_WORD_ELEMENTS; /* they begin anywhere */
}

static uint64_t buffer_words(const TtfsReach *r) {
    uint64_t places = (uint64_t)ttfs_reach_extent(r, 0) * ttfs_reach_extent(r, 1);
    return places * r->channels / TTFS_WORD_ELEMENTS + 1;
}

static void add_source(const TtfsSpike *s, const TtfsReach *r, bool expected, Events *l) {
    const TtfsPopulation *src = ttfs_spike_pop(s, r->src);
    uint64_t elements = ttfs_reach_elements(r), words = patch_words(s, r);
    if (!expected) { /* every element an event; a word of one may cost two cycles instead, once */
        l->events += elements;
        l->stale += buffer_words(r);
        return;
    }
    uint64_t positions = (uint64_t)r->rows * r->cols, each = (elements + words - 1) / words;
    uint64_t inside = r->channels;
    inside *= ttfs_reach_places(r, 0, 0, src->h) * ttfs_reach_places(r, 1, 0, src->w);
    uint64_t held = words * inside / (elements * positions), rate = ttfs_reach_rate(s, r);
    l->events += ttfs_cycles_share(inside, rate) / positions;
    l->silent += missed(held, rate, CYCLES_ALL, each) + words - held;
    l->stale += missed(buffer_words(r), rate, CYCLES_ALL, TTFS_WORD_ELEMENTS);
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

/* Steps of a block without events; a short window's first one, where nothing has come, takes 1. */
static uint64_t block_steps(const TtfsChip *chip) {
    return chip->value_bits > FAR_BITS ? 1 : BLOCK / PAIR;
}

/* The most steps without an event that a walk can have: two empty ticks of a block take one, and
 * full blocks that hold one event half their ticks; so does the rest of the ticks, a block of their
 * own, if that is more than the one step of a first block without events. */
static uint64_t most_empty(const TtfsChip *chip, uint64_t events, uint64_t ticks) {
    uint64_t full = ticks / BLOCK, rest = ticks % BLOCK, met = least(events, full);
    if (!chip->strides) return ticks - (events > 0);
    uint64_t in_rest = rest > 0;
    if (events > full) in_rest = most(in_rest, rest / PAIR);
    return met * (BLOCK / PAIR) + (full - met) * block_steps(chip) + in_rest;
}

/* Steps of a walk without an event: expected they lie anywhere in three quarters of the window,
 * since values gather at its ends. */
static uint64_t empty_steps(const TtfsChip *chip, uint64_t events, uint64_t ticks, bool expected) {
    if (!expected) return most_empty(chip, events, ticks);
    uint64_t used = (ticks * 3 + 3) / 4, rest = ticks - used;
    uint64_t empty = missed(used, 1, used, events);
    if (!chip->strides) return empty + rest;
    uint64_t in = (used + BLOCK - 1) / BLOCK, passed = missed(in, 1, in, events);
    uint64_t blocks = (ticks + BLOCK - 1) / BLOCK;
    empty -= least(empty, passed * BLOCK);
    return (passed + blocks - in) * block_steps(chip) + (empty + 1) / PAIR;
}

static Events events_of(const TtfsSpike *s, const TtfsTask *t, bool expected) {
    Events l = {0};
    for (uint32_t k = 0; k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
        TtfsReach r = ttfs_task_reach(s, t, k);
        add_source(s, &r, expected, &l);
    }
    if (!ttfs_task_is_part(t)) return l;
    uint64_t all = ttfs_task_elements(s, t);
    l.events = (l.events * t->group_rows + all - 1) / all;
    l.silent = l.silent * t->group_rows / all;
    return l;
}

static Lists lists_of(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, const Events *e,
                      bool expected, const TtfsEngines *at) {
    const TtfsPopulation *p = ttfs_spike_pop(s, t->pop);
    uint64_t flits = p->kind == TTFS_POP_READOUT ? ttfs_chip_sum_flits(chip) : 1;
    Lists l = {.scan = e->events + e->silent, .groups = t->groups, .fixed = fixed(expected, at)};
    if (t->passes == 1 && p->conn_count > 1) l.scan += p->conn_count * l.fixed->segment;
    l.walk = CYCLES_WALK + e->events +
             empty_steps(chip, e->events, largest_value(s, t->pop), expected);
    l.chain = least(t->channels, chip->lanes) * flits;
    l.last = (t->channels - (uint64_t)(t->groups - 1) * chip->lanes) * flits;
    return l;
}

/* A list a record, each some of a group's events. */
static void take_passes(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, Events e,
                        bool expected, TtfsEngines *at) {
    if (expected)
        e.events = (e.events + t->passes - 1) / t->passes;
    else
        e.events = least(e.events, chip->list_entries); /* how they are cut is not known here */
    e.silent /= t->passes;
    Lists l = lists_of(chip, s, t, &e, expected, at);
    l.groups = 1;
    for (uint32_t group = 0; group < t->groups; group++)
        for (uint32_t pass = 0; pass < t->passes; pass++) {
            l.more = t->more || pass + 1 < t->passes;
            take_list(at, &l, l.fixed->scan);
        }
}

static uint64_t positions_of(const TtfsTask *t) {
    return (uint64_t)t->oy_count * t->ox_count;
}

/* `puts`: cycles of the port of the activations that what arrives meanwhile takes. */
static void take_linear(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, Events e,
                        bool expected, uint64_t puts, TtfsEngines *at) {
    const Fixed *f = fixed(expected, at);
    bool sums = ttfs_spike_pop(s, t->pop)->kind == TTFS_POP_READOUT;
    if (t->more) /* the slot may have no fire record */
        at->walk = most(at->walk, f->start);
    else
        at->chain = most(most(at->chain, at->fire), f->start);
    if (t->passes == 1 && !ttfs_task_is_part(t)) {
        Lists l = lists_of(chip, s, t, &e, expected, at);
        l.scan += puts / positions_of(t);
        take_lists(at, &l, positions_of(t));
    } else {
        take_passes(chip, s, t, e, expected, at);
    }
    at->scan += e.stale;
    at->walk += e.stale;
    if (t->more) return;
    at->chain += e.stale;
    at->out = at->chain +
              (expected && !at->dear && sums ? 0 : chip->value_bits); /* sums are not divided */
    at->fire = at->chain + chip->value_bits + f->fire;
}

/* Cycles in which a pool's values leave: on a mesh the router takes one every other cycle. */
static uint64_t leave(const TtfsChip *chip, uint64_t values, bool expected) {
    return expected && ttfs_chip_cores(chip) > 1 ? values * CYCLES_TAKE : values;
}

static void take_pool(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, bool expected,
                      uint64_t puts, TtfsEngines *at) {
    const Fixed *f = fixed(expected, at);
    TtfsReach r = ttfs_task_reach(s, t, 0);
    uint64_t blocks = (t->channels + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
    uint64_t positions = positions_of(t);
    uint64_t values = positions * t->channels, words = blocks * r.kh * r.kw;
    uint64_t kept = (uint64_t)ttfs_reach_extent(&r, 0) * ttfs_reach_extent(&r, 1) * blocks;
    if (expected) {
        values = ttfs_cycles_share(values, ttfs_task_rate(s, t));
        kept = missed(kept, ttfs_reach_rate(s, &r), CYCLES_ALL,
                      least(t->channels, TTFS_WORD_ELEMENTS));
    }
    at->scan = most(at->scan, at->fire) + f->scan + positions * words +
               leave(chip, values, expected) + kept + puts;
    at->fire = at->scan + f->fire;
}

void ttfs_cycles_take(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, bool expected,
                      uint64_t puts, TtfsEngines *at) {
    if (t->groups)
        take_linear(chip, s, t, events_of(s, t, expected), expected, puts, at);
    else
        take_pool(chip, s, t, expected, puts, at);
}

/* Cycles of a task of a layer behind another one like it. */
static uint64_t behind(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, Events e) {
    TtfsEngines at = {0};
    take_linear(chip, s, t, e, true, 0, &at);
    uint64_t once = ttfs_cycles_end(chip, &at, true);
    take_linear(chip, s, t, e, true, 0, &at);
    return ttfs_cycles_end(chip, &at, true) - once;
}

uint64_t ttfs_cycles_moved(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t) {
    if (!t->groups) return leave(chip, ttfs_cycles_flits(chip, s, t, true), true);
    Events e = events_of(s, t, true), more = e;
    uint64_t step = e.events / MOVED_PART;
    if (!step) return 0;
    more.events += step;
    return (behind(chip, s, t, more) - behind(chip, s, t, e)) * e.events / step;
}

/* As counters of the RTL say: a value of a pool waits for all its readers' sides, and on the row of
 * the host's core, the nearer the longer, for values of the host. */
uint64_t ttfs_cycles_ahead(const TtfsChip *chip, uint32_t core, uint64_t pooled, uint64_t host) {
    uint64_t near = core < HOST_REACH && core < chip->cores_x ? HOST_REACH - core : 0;
    return pooled * 3 / 2 + least(host, pooled * near);
}

/* In the worst case something of a slot before is still under way. */
uint64_t ttfs_cycles_end(const TtfsChip *chip, const TtfsEngines *at, bool expected) {
    uint64_t out = expected && !at->dear ? at->out : most(at->out, chip->value_bits);
    return most(most(at->scan, at->walk), out) + fixed(expected, at)->end;
}

uint64_t ttfs_plan_task_cycles(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                               bool expected) {
    TtfsEngines at = {0};
    if (ttfs_task_words(s, t) > chip->program_words) return UINT32_MAX; /* will be refused */
    ttfs_cycles_take(chip, s, t, expected, 0, &at);
    return ttfs_cycles_end(chip, &at, expected);
}
