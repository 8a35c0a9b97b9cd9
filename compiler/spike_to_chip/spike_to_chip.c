/* SPDX-License-Identifier: Apache-2.0
 *
 * The search. For a number of lanes the network is planned for a chip with the largest memories
 * that there can be, and what that plan uses is what the chip gets. In: a checked graph. Cost: a
 * plan for every number of lanes whose logic the device takes, until one fits.
 */
#include "spike_to_chip.h"

#include "plan_widths.h"

#include <inttypes.h>
#include <stddef.h>

enum { TYPICAL_LANES = 16, SHORT_BITS = 4 };

typedef struct {
    const TtfsSpike *spike;
    const TtfsDevice *device;
    TtfsSchedule schedule;
    const char *file;
    TtfsChip base; /* all but lanes; memories as small as can be */
    TtfsSize most;
    bool asked; /* for a number of lanes */
} Search;

/* A number of lanes. */
typedef struct {
    TtfsChip chip;
    TtfsSize size;
    uint64_t share; /* of what it needs most of, in parts of a million; 0: it was not planned */
    TtfsDiag diag;  /* why not */
} Try;

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t power_for(uint64_t n) {
    uint32_t power = 2;
    while (power < n && power < 1u << 31) power *= 2;
    return power;
}

/* The key of a chip that is the member at this place. */
static const TtfsKey *key_at(size_t at) {
    const TtfsKey *k = ttfs_chip_keys.at;
    while (k->at != at || k->kind == TTFS_KEY_GROUP) k++;
    return k;
}

#define LEAST(member) ((uint32_t)key_at(offsetof(TtfsChip, member))->least)
#define MOST(member)  ((uint32_t)key_at(offsetof(TtfsChip, member))->most)

/* --- what the network needs, whatever the lanes --- */

static void take_population(TtfsChip *c, const TtfsSpike *s, TtfsPop id) {
    const TtfsPopulation *p = ttfs_spike_pop(s, id);
    TtfsWidths w = ttfs_plan_widths(s, id);
    c->weight_bits = larger(c->weight_bits, w.weight);
    c->slope_bits = larger(c->slope_bits, w.slope.bits);
    c->acc_bits = larger(c->acc_bits, w.acc.bits);
    c->ramp_bits = larger(c->ramp_bits, w.ramp.bits);
    c->value_bits = larger(c->value_bits, ttfs_chip_bits_for(p->ticks + 1));
    c->c_bits = larger(c->c_bits, ttfs_chip_bits_for(p->c));
    c->y_bits = larger(c->y_bits, ttfs_chip_bits_for(p->h));
    c->x_bits = larger(c->x_bits, ttfs_chip_bits_for(p->w));
    c->segments = larger(c->segments, p->conn_count);
    c->conv |= p->h > 1 || p->w > 1 || p->kind == TTFS_POP_POOL;
    c->pool |= p->kind == TTFS_POP_POOL;
    c->classes |= p->bias && p->bias_count != p->c;
}

static TtfsChip base_of(const TtfsSpike *s, const TtfsDevice *d) {
    TtfsChip c = {0};
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        const TtfsKey *k = &ttfs_chip_keys.at[i];
        if (k->kind == TTFS_KEY_WHOLE)
            *(uint32_t *)(void *)((char *)&c + k->at) = (uint32_t)k->least;
    }
    c.name = d->name;
    c.clock_mhz = d->clock_mhz;
    c.strides = 1;
    for (uint32_t i = 1; i <= s->pops.len; i++) take_population(&c, s, (TtfsPop){i});
    c.slope_bits = larger(c.slope_bits, c.weight_bits);
    c.acc_bits = larger(larger(c.acc_bits, c.slope_bits), larger(c.value_bits, c.ramp_bits + 1));
    if (c.segments > MOST(segments)) c.segments = MOST(segments);
    return c;
}

/* --- a number of lanes --- */

static uint32_t most_rows(const TtfsChip *c) {
    uint32_t most = 1u << TTFS_CONFIG_WORD_BITS >> ttfs_chip_memory(c, TTFS_MEM_WEIGHTS).chunk_bits;
    return most < MOST(weight_rows) ? most : MOST(weight_rows);
}

static TtfsChip roomy(const Search *s, uint32_t lanes) {
    TtfsChip c = s->base;
    uint32_t ids = power_for(s->spike->pops.len);
    c.lanes = lanes;
    c.act_words = MOST(act_words);
    c.list_entries = MOST(list_entries);
    c.weight_rows = most_rows(&c);
    c.param_words = MOST(param_words);
    c.program_words = MOST(program_words);
    c.table_words = MOST(table_words);
    c.buffers = ids < MOST(buffers) ? ids : MOST(buffers);
    c.flows = ids < MOST(flows) ? ids : MOST(flows);
    return c;
}

static uint32_t list_of(const TtfsPlan *p) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) most = larger(most, p->tasks.at[i].group_rows);
    return most < p->chip.list_entries ? power_for(most) : p->chip.list_entries;
}

static uint32_t words(const Search *s, uint64_t used, uint32_t least, uint32_t bits) {
    return ttfs_device_words(s->device, larger((uint32_t)used, least), bits);
}

/* The chip whose memories hold what the plan uses. */
static TtfsChip chip_for(const Search *s, const TtfsPlan *p) {
    TtfsChip c = p->chip;
    const TtfsUse *u = &p->use[0];
    uint64_t table = u->table_rows > u->table_cols ? u->table_rows : u->table_cols;
    c.name = s->base.name;
    c.act_words = power_for(u->act_words);
    c.list_entries = list_of(p);
    c.weight_rows = words(s, u->weight_rows, LEAST(weight_rows), c.lanes * c.weight_bits);
    if (c.weight_rows > most_rows(&c)) c.weight_rows = most_rows(&c);
    c.param_words = words(s, u->param_words, LEAST(param_words), c.acc_bits + c.ramp_bits);
    c.program_words = words(s, u->program_words, LEAST(program_words), 32);
    c.table_words = words(s, table, LEAST(table_words), 32);
    c.buffers = power_for(u->buffers);
    c.flows = larger(power_for(p->flows.len), c.buffers);
    return c;
}

/* Parts of a million of what there is. */
static uint64_t share(uint64_t need, uint64_t have) {
    return have ? need * 1000000 / have : need * 1000000;
}

static uint64_t share_of(const TtfsSize *need, const TtfsSize *have) {
    uint64_t most = share(need->luts, have->luts), n = share(need->ffs, have->ffs);
    if (n > most) most = n;
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++) {
        n = share(need->ram[i], have->ram[i]);
        if (n > most) most = n;
    }
    return most;
}

static bool fits(const TtfsSize *need, const TtfsSize *have) {
    bool ok = need->luts <= have->luts && need->ffs <= have->ffs;
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++) ok = ok && need->ram[i] <= have->ram[i];
    return ok;
}

static bool planned(const Search *s, const TtfsChip *c, TtfsPlan *p, TtfsDiag *diag) {
    return ttfs_spike_to_plan(s->spike, c, s->schedule, s->file, p, diag);
}

/* Copies of buffers lie at powers of two, and may leave holes too small for others: twice the words
 * then. */
static void hold_copies(const Search *s, TtfsChip *c) {
    bool ok = s->schedule == TTFS_SCHEDULE_LATENCY;
    while (!ok && c->act_words <= MOST(act_words) / 2) {
        TtfsPlan p = {0};
        TtfsDiag diag = {0};
        ok = planned(s, c, &p, &diag);
        if (!ok) c->act_words *= 2;
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
    }
}

static void try_lanes(const Search *s, uint32_t lanes, Try *t) {
    TtfsChip room = roomy(s, lanes);
    TtfsPlan plan = {0};
    *t = (Try){.chip = room};
    if (planned(s, &room, &plan, &t->diag)) {
        t->chip = chip_for(s, &plan);
        hold_copies(s, &t->chip);
        t->size = ttfs_size_on_board(&t->chip, s->device);
        t->share = share_of(&t->size, &s->most);
    }
    ttfs_plan_free(&plan);
}

/* --- the search --- */

/* Whether one lane less makes more groups of some population's channels. */
static bool is_worth(const TtfsSpike *s, uint32_t lanes) {
    if (lanes == 1) return true;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        if (p->bias && (p->c - 1) / lanes != (p->c - 1) / (lanes - 1)) return true;
    }
    return false;
}

/* The logic alone, whatever the memories. */
static bool may_fit(const Search *s, uint32_t lanes) {
    TtfsChip c = s->base;
    c.lanes = lanes;
    TtfsSize size = ttfs_size_on_board(&c, s->device);
    return size.luts <= s->most.luts && size.ffs <= s->most.ffs;
}

/* Takes the try when it is nearer to the device than the nearest before. */
static void keep_nearer(Try *nearest, Try *t) {
    bool nearer = t->share ? !nearest->share || t->share < nearest->share : !nearest->chip.lanes;
    Try *left = nearer ? nearest : t;
    ttfs_diag_free(&left->diag);
    if (nearer) *nearest = *t;
}

/* That number, whether it fits or not. */
static Try take(const Search *s, uint32_t lanes) {
    Try t;
    try_lanes(s, lanes, &t);
    return t;
}

/* Cycles that a sample is expected to take, times LUTs, with that many lanes; UINT64_MAX: no plan.
 */
static uint64_t price(const Search *s, uint32_t lanes, uint32_t strides) {
    TtfsChip room = roomy(s, lanes);
    TtfsPlan plan = {0};
    TtfsDiag diag = {0};
    uint64_t n = UINT64_MAX;
    room.strides = strides;
    if (planned(s, &room, &plan, &diag)) {
        TtfsChip chip = chip_for(s, &plan);
        n = plan.expected_cycles * ttfs_size_of(&chip, s->device).luts;
    }
    ttfs_plan_free(&plan);
    ttfs_diag_free(&diag);
    return n;
}

/* Steps of several empty ticks cost every lane some LUTs: of short windows, which have no step of
 * eight, they are left out where lists are so full that the product of time and LUTs is less. */
static void choose_strides(Search *s, uint32_t lanes) {
    if (s->base.value_bits <= SHORT_BITS)
        s->base.strides = price(s, lanes, 0) >= price(s, lanes, 1);
}

static Try find(const Search *s) {
    Try nearest = {0};
    for (uint32_t lanes = MOST(lanes); lanes > 0; lanes--) {
        Try t;
        if (!is_worth(s->spike, lanes) || (lanes > 1 && !may_fit(s, lanes))) continue;
        try_lanes(s, lanes, &t);
        keep_nearer(&nearest, &t);
        if (nearest.share && fits(&nearest.size, &s->most)) break;
    }
    return nearest;
}

/* --- the refusal --- */

/* Fewer lanes take fewer LUTs and flip-flops; blocks may be fewer with more of them. */
static const char fewer[] = "ask for fewer --lanes, or leave it out";
static const char others[] = "ask for another number of --lanes, or leave it out";

static void lacks(const Search *s, const Try *t, const char *what, uint64_t need, uint64_t have,
                  const char *advice, TtfsDiag *diag) {
    if (need > have)
        ttfs_error_figures(diag, TTFS_AT_FILE(s->file), TTFS_DEVICE_FIT,
                           (TtfsExcess){what, need, have}, s->asked ? advice : NULL,
                           "on %s a chip of %" PRIu32 " lane%s needs about %" PRIu64 " %s, %" PRIu64
                           " can be used: %" PRIu64 " too many",
                           s->device->name, t->chip.lanes, t->chip.lanes == 1 ? "" : "s", need,
                           what, have, need - have);
}

static bool refuse(const Search *s, const Try *t, TtfsDiag *diag) {
    if (!t->share) {
        ttfs_diag_append(diag, &t->diag);
        return false;
    }
    lacks(s, t, "LUTs", t->size.luts, s->most.luts, fewer, diag);
    lacks(s, t, "flip-flops", t->size.ffs, s->most.ffs, fewer, diag);
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++)
        lacks(s, t, i ? "large RAM blocks" : "RAM blocks", t->size.ram[i], s->most.ram[i], others,
              diag);
    return false;
}

bool ttfs_spike_to_chip(const TtfsSpike *spike, const TtfsDevice *d, TtfsSchedule schedule,
                        uint32_t lanes, const char *file, TtfsChip *chip, TtfsSize *size,
                        TtfsDiag *diag) {
    Search s = {spike, d, schedule, file, base_of(spike, d), ttfs_size_most(d), lanes > 0};
    choose_strides(&s, lanes ? lanes : TYPICAL_LANES);
    Try best = lanes ? take(&s, lanes) : find(&s);
    bool ok = (best.share && fits(&best.size, &s.most)) || refuse(&s, &best, diag);
    if (ok) *chip = best.chip, *size = best.size;
    ttfs_diag_free(&best.diag);
    return ok && ttfs_chip_check(chip, file, diag);
}
