/* SPDX-License-Identifier: Apache-2.0
 *
 * What a slot costs in cycles: the formula of docs/core.md over the geometry of the slices. In the
 * worst case every neuron fires and every tick is empty besides; the expected count takes the rates
 * of calibration instead. Integers only. Sizes are those of a plan that fits its chip, so nothing
 * overflows 64 bits: at most 2^24 positions times groups, of at most 2^25 words.
 */
#include "plan_geometry.h"

enum {
    FETCH = 40,
    SEAL_FIXED = 20,
    ROW_FIXED = 16,
    POSITION_FIXED = 16,
    GROUP_FIXED = 24,
    OP_FIXED = 16
};

typedef struct {
    const TtfsPlan *plan;
    const TtfsSlice *slice;
    TtfsGeometry g;
    uint32_t src_ppm, dst_ppm; /* share of neurons that fire */
} Count;

static uint64_t share(uint64_t n, uint32_t ppm) {
    return (n * ppm + 999999) / 1000000;
}

/* Words of all copies that the bands of the slice's rows make. */
static uint64_t band_words(const Count *c, uint64_t rows_hit) {
    return share(rows_hit * c->g.src->c * c->g.src->w, c->src_ppm) +
           (uint64_t)c->slice->oy_count * c->g.src->ticks;
}

static uint64_t linear_cycles(const Count *c) {
    const TtfsGeometry *g = &c->g;
    const TtfsSlice *s = c->slice;
    uint64_t rows = s->oy_count, cols = g->dst->w, rows_hit = 0, cols_hit = 0;
    for (uint32_t y = 0; y < rows; y++) rows_hit += ttfs_geometry_rows_hit(g, s->oy_first + y);
    for (uint32_t x = 0; x < cols; x++) cols_hit += ttfs_geometry_cols_hit(g, x);
    uint64_t list = share(ttfs_pop_size(g->src), c->src_ppm) + g->src->ticks;
    uint64_t base = s->band ? cols * band_words(c, rows_hit) : rows * cols * list;
    uint64_t replay = base;
    if (s->patch)
        replay = share(rows_hit * cols_hit * g->src->c, c->src_ppm) +
                 rows * cols * (uint64_t)g->src->ticks;
    uint64_t params = ttfs_chip_threshold_rows(&c->plan->chip) +
                      ttfs_chip_ramp_rows(&c->plan->chip);
    uint64_t cycles = OP_FIXED + rows * ROW_FIXED + rows * cols * POSITION_FIXED;
    if (s->band) cycles += rows * (list + ROW_FIXED);
    if (s->patch) cycles += base + rows * cols * POSITION_FIXED;
    cycles += s->groups * (replay + rows * cols * (GROUP_FIXED + params + g->dst->ticks));
    return cycles + share(rows * cols * s->channels, c->dst_ppm);
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t pool_cycles(const Count *c) {
    const TtfsGeometry *g = &c->g;
    const TtfsChip *chip = &c->plan->chip;
    uint64_t own = share((uint64_t)c->slice->channels * g->src->h * g->src->w, c->src_ppm);
    uint64_t list = share(ttfs_pop_size(g->src), c->src_ppm) + g->src->ticks;
    uint64_t reach = (uint64_t)((g->kh + g->sy - 1) / g->sy) * ((g->kw + g->sx - 1) / g->sx);
    uint64_t tables = most(UINT64_C(1) << chip->y_bits, UINT64_C(1) << chip->x_bits);
    return OP_FIXED + most(tables, (uint64_t)c->slice->channels * g->row_c) + list +
           own * (reach - 1);
}

uint64_t ttfs_plan_core_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                               bool expected) {
    const TtfsCoreSlot *at = ttfs_plan_at(p, core, slot);
    uint64_t cycles = FETCH;
    if (at->seal.i) {
        const TtfsPopulation *pop = ttfs_spike_pop(s, at->seal);
        cycles += SEAL_FIXED + 2 * pop->ticks +
                  share(ttfs_pop_size(pop), expected ? pop->rate_ppm : 1000000);
    }
    if (!at->slice) return cycles;
    Count c = {.plan = p, .slice = &p->slices.at[at->slice - 1]};
    ttfs_plan_geometry(s, c.slice->pop, &c.g);
    c.src_ppm = expected ? c.g.src->rate_ppm : 1000000;
    c.dst_ppm = expected && !c.g.readout ? c.g.dst->rate_ppm : 1000000;
    return cycles + (c.g.pool ? pool_cycles(&c) : linear_cycles(&c));
}

uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot,
                               bool expected) {
    uint64_t most = 0;
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        uint64_t n = ttfs_plan_core_cycles(p, s, c, slot, expected);
        most = n > most ? n : most;
    }
    return most + share(ttfs_pop_size(ttfs_spike_pop(s, p->slots.at[slot].pop)), 1000000);
}
