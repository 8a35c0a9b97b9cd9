/* SPDX-License-Identifier: Apache-2.0
 *
 * What a slot costs in cycles: the formula of docs/core.md with the constants of hw/cycles.def. In
 * the worst case every neuron fires and all ticks but one are empty; the expected count takes the
 * rates of calibration instead, with T * T / (T + n) empty ticks for n spikes. Integers only. Cost:
 * rows and columns of the population, since rows that see as many source rows cost the same.
 * Nothing overflows: at most 2^24 positions times groups, of at most 2^25 words.
 */
#include "plan_geometry.h"

enum {
#define TTFS_CYCLES(NAME, cycles, what) CYCLES_##NAME = cycles,
#include "cycles.def"
#undef TTFS_CYCLES
    ALL = 1000000
};

/* A slice and the lists that it works through. */
typedef struct {
    const TtfsPlan *plan;
    const TtfsSlice *slice;
    TtfsGeometry g;
    bool expected;
    uint32_t src_ppm, dst_ppm; /* share of neurons that fire */
} Count;

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t share(uint64_t n, uint32_t ppm) {
    return (n * ppm + ALL - 1) / ALL;
}

/* Words of a list of the source's events among `neurons` of its neurons. */
static uint64_t words(const Count *c, uint64_t neurons) {
    uint64_t n = share(neurons, c->src_ppm), ticks = c->g.src->ticks;
    if (!c->expected) return ttfs_list_words(n, (uint32_t)ticks);
    return n + ticks * ticks / (ticks + n);
}

/* From the last cycle of an operation to its last spike: the pipeline has a stage for every few
 * bits of a channel or row number. */
static uint64_t drain(const TtfsChip *chip) {
    uint32_t bits = chip->c_bits > chip->y_bits + 1 ? chip->c_bits : chip->y_bits + 1;
    return CYCLES_DRAIN + (bits + CYCLES_DIGIT_BITS - 1) / CYCLES_DIGIT_BITS;
}

/* What a position costs, after `ramp` cycles of the group before are still to go. */
static uint64_t position_cycles(const Count *c, uint32_t rows_hit, uint32_t ox, uint64_t ramp,
                                uint64_t firing) {
    const TtfsGeometry *g = &c->g;
    const TtfsChip *chip = &c->plan->chip;
    uint64_t load = ttfs_chip_threshold_rows(chip), ramps = ttfs_chip_ramp_rows(chip);
    uint64_t whole = words(c, ttfs_pop_size(g->src)), copies = 0, list = whole;
    if (c->slice->band) {
        if (ox == 0) copies += whole + CYCLES_COPY;
        list = words(c, (uint64_t)g->src->c * g->src->w * rows_hit);
    }
    if (c->slice->patch) {
        copies += list + CYCLES_COPY;
        list = words(c, (uint64_t)g->src->c * rows_hit * ttfs_geometry_cols_hit(g, ox));
    }
    uint64_t left = ramp > copies ? ramp - copies : 0;
    uint64_t first = most(left + load, CYCLES_READ), next = most(firing + load, CYCLES_READ);
    return copies + first + (c->slice->groups - 1) * next + c->slice->groups * (list + ramps);
}

static uint64_t row_cycles(const Count *c, uint32_t rows_hit, uint64_t ramp, uint64_t firing) {
    uint64_t cycles = 0;
    for (uint32_t ox = 0; ox < c->g.dst->w; ox++)
        cycles += position_cycles(c, rows_hit, ox, ox ? firing : ramp, firing);
    return cycles;
}

static uint64_t linear_cycles(const Count *c) {
    uint64_t firing = c->g.readout ? c->plan->chip.lanes : c->g.dst->ticks;
    uint64_t cycles = CYCLES_OP, row = 0;
    uint32_t before = 0;
    for (uint32_t y = 0; y < c->slice->oy_count; y++) {
        uint32_t hit = ttfs_geometry_rows_hit(&c->g, c->slice->oy_first + y);
        if (y < 2 || hit != before) row = row_cycles(c, hit, y ? firing : 0, firing);
        before = hit;
        cycles += row;
    }
    return cycles + firing + drain(&c->plan->chip);
}

static uint64_t pool_cycles(const Count *c) {
    const TtfsGeometry *g = &c->g;
    const TtfsChip *chip = &c->plan->chip;
    uint64_t own = share((uint64_t)c->slice->channels * g->src->h * g->src->w, c->src_ppm);
    uint64_t reach = (uint64_t)((g->kh + g->sy - 1) / g->sy) * ((g->kw + g->sx - 1) / g->sx);
    uint64_t tables = most(UINT64_C(1) << chip->y_bits, UINT64_C(1) << chip->x_bits);
    uint64_t prepare = most(tables, (uint64_t)c->slice->channels * g->row_c);
    return CYCLES_OP + prepare + words(c, ttfs_pop_size(g->src)) + own * (reach - 1) + CYCLES_POOL +
           drain(chip);
}

static bool find_slice(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                       bool expected, Count *c) {
    const TtfsCoreSlot *at = ttfs_plan_at(p, core, slot);
    if (!at->slice) return false;
    *c = (Count){.plan = p, .slice = &p->slices.at[at->slice - 1], .expected = expected};
    ttfs_plan_geometry(s, c->slice->pop, &c->g);
    c->src_ppm = expected ? c->g.src->rate_ppm : ALL;
    c->dst_ppm = expected && !c->g.readout ? c->g.dst->rate_ppm : ALL;
    return true;
}

/* Fetching the descriptor and sealing, before the core listens. */
static uint64_t front_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                             bool expected) {
    const TtfsCoreSlot *at = ttfs_plan_at(p, core, slot);
    if (!at->seal.i) return CYCLES_FETCH;
    const TtfsPopulation *pop = ttfs_spike_pop(s, at->seal);
    return CYCLES_FETCH + CYCLES_SEAL + pop->ticks +
           share(ttfs_pop_size(pop), expected ? pop->rate_ppm : ALL);
}

static uint64_t op_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                          bool expected) {
    Count c;
    if (!find_slice(p, s, core, slot, expected, &c)) return CYCLES_OP;
    return c.g.pool ? pool_cycles(&c) : linear_cycles(&c);
}

/* Cycles that a core can stand still because its spikes or readouts wait for their turn: the bus
 * serves the cores in turn, and a pool has one cycle for each of its spikes already. */
static uint64_t stall_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                             bool expected) {
    Count c;
    if (!find_slice(p, s, core, slot, expected, &c)) return 0;
    uint64_t mine = (uint64_t)c.slice->channels * c.slice->oy_count * c.g.dst->w;
    return share(mine, c.dst_ppm) * (p->chip.cores - c.g.pool);
}

uint64_t ttfs_plan_core_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                               bool expected) {
    return front_cycles(p, s, core, slot, expected) + op_cycles(p, s, core, slot, expected);
}

uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot,
                               bool expected) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p->slots.at[slot].pop);
    uint64_t front = 0, op = 0, stall = 0;
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        front = most(front, front_cycles(p, s, c, slot, expected));
        op = most(op, op_cycles(p, s, c, slot, expected));
        stall = most(stall, stall_cycles(p, s, c, slot, expected));
    }
    uint64_t input = slot ? 0 : share(ttfs_pop_size(pop), expected ? pop->rate_ppm : ALL);
    return front + op + stall + input + CYCLES_BARRIER;
}
