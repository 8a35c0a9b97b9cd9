/* SPDX-License-Identifier: Apache-2.0
 *
 * What a core needs: words of its memories, and cycles. In: cells, and which units a core has; out:
 * the same sums that the derivation of a plan makes, before there is one. Weights and parameters
 * that cells share count once; buffers are unions of what cells read, with their copies. Cost: the
 * cells of the core. On top, of the chip: a flow for each population that a core makes, and the
 * input's; what a core makes of one population needs no more (compiler/plan/plan_derive_flows.c).
 */
#include "pack.h"
#include "plan_cycles.h"

/* Quarters of a deviation that a core is weighed with; where cores may be a turn ahead, which evens
 * out what single samples do to them, but not what is other than calibration saw. */
enum { MARGIN = 8, MARGIN_AHEAD = 6 };

/* A pool takes whole words: all that read a buffer begin at the same channel of one. */
static bool lie_apart(const TtfsRead *a, const TtfsRead *b) {
    return a->pooled && b->pooled && (a->pool_first - b->pool_first) % TTFS_WORD_ELEMENTS != 0;
}

static void add_buffers(Pack *p, const PackCell *c, PackFill *f) {
    for (uint32_t i = 0; i < c->reads; i++) {
        const TtfsRead *r = &p->reads.at[c->first_read + i];
        if (p->held_pop[r->pop] == p->stamp) {
            if (lie_apart(&p->kept[r->pop], r)) f->apart = true;
            ttfs_read_unite(&p->kept[r->pop], r);
            continue;
        }
        const TtfsPopulation *pop = ttfs_spike_pop(p->spike, (TtfsPop){r->pop});
        p->held_pop[r->pop] = p->stamp;
        p->kept[r->pop] = *r;
        p->pops[p->pops_kept++] = r->pop;
        f->use.buffers++;
        if (!p->chip->conv) continue;
        f->use.table_rows += pop->h;
        f->use.table_cols += pop->w;
    }
}

static void add_moved(Pack *p, const PackCell *c) {
    TtfsMoved *m = &p->moved[c->task.pop.i];
    m->moved += c->moved.moved;
    if (p->held_place[c->place] != p->stamp) m->regions += c->moved.regions;
    p->held_place[c->place] = p->stamp;
}

static void add_cell(Pack *p, uint32_t cell, PackFill *f) {
    const PackCell *c = &p->cells.at[cell];
    if (c->task.groups && p->held_weights[c->weights] != p->stamp) {
        p->held_weights[c->weights] = p->stamp;
        f->use.weight_rows += c->weight_rows;
    }
    if (c->task.groups && p->held_params[c->params] != p->stamp) {
        p->held_params[c->params] = p->stamp;
        f->use.param_words += c->param_words;
    }
    if (p->made_pop[c->task.pop.i] != p->stamp) {
        p->made_pop[c->task.pop.i] = p->stamp;
        p->moved[c->task.pop.i] = (TtfsMoved){0};
        p->made_ids[f->made++] = c->task.pop.i;
    }
    add_moved(p, c);
    f->use.program_words += c->program_words;
    f->load += c->load;
    add_buffers(p, c, f);
}

static void add_unit(Pack *p, uint32_t unit, PackFill *f) {
    const PackUnit *u = &p->units.at[unit];
    for (uint32_t i = 0; i < u->cells; i++) add_cell(p, u->cell[i], f);
}

/* Cycles of the port of the activations that arriving values usually take: half of PUT, as in
 * plan_cycles.c. */
static uint64_t measure_buffers(Pack *p, PackFill *f) {
    uint64_t puts = 0;
    for (uint32_t i = 0; i < p->pops_kept; i++) {
        const TtfsRead *r = &p->kept[p->pops[i]];
        uint64_t neurons = ttfs_read_neurons(p->spike, r);
        f->banked[ttfs_read_banks(r)] += ttfs_read_words(r);
        f->use.act_words += ttfs_read_words(r) << ttfs_read_banks(r);
        puts += CYCLES_PUT / 2 *
                (p->expected ? ttfs_cycles_share(neurons, ttfs_read_rate(p->spike, r)) : neurons);
    }
    return puts;
}

/* What arrives while a unit's cells are at work holds them up: the first list of each, and all once
 * their scan engine has no time left; it comes evenly. */
static uint64_t held_up(const Pack *p, uint32_t unit, uint64_t puts, uint64_t load) {
    const PackUnit *u = &p->units.at[unit];
    uint64_t cycles = 0;
    for (uint32_t i = 0; i < u->cells; i++) {
        const PackCell *c = &p->cells.at[u->cell[i]];
        uint64_t part = puts * c->load / load;
        uint64_t first = part / ((uint64_t)c->task.oy_count * c->task.ox_count);
        uint64_t rest = part > c->slack ? part - c->slack : 0;
        cycles += first > rest ? first : rest;
    }
    return cycles;
}

/* By how much the core is through later than in the mean in a sample that is one of its slower
 * ones, next to what all cores do alike (plan_spread.h). */
static uint64_t later(const Pack *p, const PackFill *f) {
    uint64_t square = p->base;
    for (uint32_t i = 0; i < f->made; i++)
        square += (uint64_t)ttfs_vary_square(&p->vary[p->made_ids[i]], &p->moved[p->made_ids[i]]);
    uint64_t margin = p->solver->plan->early ? MARGIN_AHEAD : MARGIN;
    return square > INT64_MAX ? 0 : ttfs_spread_root(square) * margin / 4;
}

PackFill ttfs_pack_fill(Pack *p, uint32_t core, uint32_t out, uint32_t in) {
    PackFill f = {.use = {.program_words = 3 + UINT64_C(3) * p->solver->plan->slots.len}};
    p->stamp++;
    p->pops_kept = 0;
    for (uint32_t u = p->cores[core].first; u != PACK_NONE; u = p->units.at[u].next)
        if (u != out) add_unit(p, u, &f);
    if (in != PACK_NONE) add_unit(p, in, &f);
    uint64_t puts = measure_buffers(p, &f);
    f.time = f.load;
    if (!f.load) return f;
    for (uint32_t u = p->cores[core].first; u != PACK_NONE; u = p->units.at[u].next)
        if (u != out) f.time += held_up(p, u, puts, f.load);
    if (in != PACK_NONE) f.time += held_up(p, in, puts, f.load);
    if (f.time < puts) f.time = puts;
    f.time += later(p, &f);
    return f;
}

/* Copies lie a bank apart; where the memory ends in the highest bank, all banks end. */
static bool banks_fit(const TtfsChip *c, const PackFill *f) {
    uint64_t span = ttfs_chip_bank_words(c->act_words), words = 0;
    uint64_t end = span < c->act_words ? span : c->act_words;
    for (uint32_t banks = TTFS_PLAN_BANKS; banks > 0; banks--) {
        words = 2 * words + f->banked[banks];
        uint64_t before = span - (span >> banks);
        if (words && before + words > end) return false;
    }
    return f->use.act_words <= c->act_words;
}

bool ttfs_pack_fits(const Pack *p, const PackFill *f) {
    const TtfsChip *c = p->chip;
    const TtfsUse *u = &f->use;
    return !f->apart && banks_fit(c, f) && u->weight_rows <= c->weight_rows &&
           u->param_words <= c->param_words && u->program_words <= c->program_words &&
           u->buffers <= c->buffers && u->table_rows <= c->table_words &&
           u->table_cols <= c->table_words;
}

bool ttfs_pack_flows_fit(const Pack *p, uint32_t core, const PackFill *f, uint32_t other,
                         const PackFill *g) {
    uint64_t made = p->made - p->cores[core].made + f->made;
    if (other != PACK_NONE) made = made - p->cores[other].made + g->made;
    return 1 + made <= p->chip->flows;
}

void ttfs_pack_settle(Pack *p, uint32_t core, const PackFill *f) {
    PackCore *c = &p->cores[core];
    p->made = p->made - c->made + f->made;
    c->made = f->made;
    c->time = f->time;
    c->rows = f->use.weight_rows;
}

static void leave(Pack *p, uint32_t unit) {
    PackUnit *u = &p->units.at[unit];
    if (u->core == PACK_NONE) return;
    if (u->prev == PACK_NONE)
        p->cores[u->core].first = u->next;
    else
        p->units.at[u->prev].next = u->next;
    if (u->next != PACK_NONE) p->units.at[u->next].prev = u->prev;
}

void ttfs_pack_move(Pack *p, uint32_t unit, uint32_t core) {
    PackUnit *u = &p->units.at[unit];
    PackCore *c = &p->cores[core];
    leave(p, unit);
    u->core = core;
    u->prev = PACK_NONE;
    u->next = c->first;
    if (c->first != PACK_NONE) p->units.at[c->first].prev = unit;
    c->first = unit;
}
