/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings readers nearer to what they read. In: all units placed, and who reads whose values; out:
 * places between which values travel over fewer links and the slowest core of a sample is through
 * sooner, while no core has more work than the busiest had, but for a little. Method: threshold
 * accepting (Dueck, Scheuer 1990): a unit taken at random goes to a core of those that it has to do
 * with, or changes places with a unit there, if that costs no more than a threshold which falls to
 * nothing. What is counted of links is exact: values times the links of their tree, which runs
 * along the row of its source and from there up and down the columns. Of the slowest core it is
 * step * log2 of the sum of 2^(time / step) over all cores, a smooth maximum; a cycle of it is
 * worth as much as a link for one value of each core, as in pack.c. Cost: the work that is set
 * aside, readers looked at.
 */
#include "pack.h"

enum {
    TREE = 8,               /* work for a tree, with one for each of its readers */
    WORK_EACH = 8000,       /* set aside for a cell and core, */
    WORK_SMALL = 4000,      /* where all cores are near one another, */
    WORK_MOST = 400000000,  /* in all */
    TOLERANCE = 128,        /* cycles on top of the busiest core's: a part of so many */
    HEAT_STEPS = 32,        /* of them in that: heat doubles with each; */
    HEAT_STEPS_AHEAD = 128, /* where the slowest core is the same for many turns */
    HEAT_BITS = 32,         /* of a core's heat at the limit */
    HEAT_UNIT = 1024        /* a change and the sum are divided by it first: products stay small */
};
/* With a change of heat, 2^(HEAT_BITS - 10) at most, two such products add up in 63 bits. */
static const uint64_t PRICE_MOST = UINT64_C(1) << 39;

/* Column and row of a core. */
typedef struct {
    uint8_t x, y;
} Spot;

typedef struct {
    Pack *pack;
    Spot *at;           /* by cell: its core, here and not in units: trees are all the work */
    uint64_t limit;     /* cycles that a core may have */
    uint64_t threshold; /* values times links that a step may cost, and more */
    TtfsRng rng;
    uint32_t *top, *bottom;     /* by column: rows of a tree */
    uint32_t *links;            /* by cell: links of its tree */
    uint32_t *met, stamp;       /* by cell: stamp of who has it in `touched` */
    uint32_t *touched, touches; /* cells whose trees a step changes */
    uint32_t *changed;          /* their links then */
    uint64_t work;              /* that may still be done */
    uint64_t step, heat;        /* cycles (0: nothing varies); 2^(time / step) of all cores */
} Near;

static uint32_t core_of(const Pack *p, uint32_t cell) {
    return p->units.at[p->cells.at[cell].unit].core;
}

/* Takes the unit's cells for being there. */
static void put(Near *n, uint32_t unit, uint32_t core) {
    const PackUnit *u = &n->pack->units.at[unit];
    uint32_t width = n->pack->chip->cores_x;
    Spot spot = {(uint8_t)(core % width), (uint8_t)(core / width)};
    for (uint32_t i = 0; i < u->cells; i++) n->at[u->cell[i]] = spot;
}

/* Links of the tree from a cell to all its readers. */
static uint32_t count_links(Near *n, uint32_t cell) {
    const Pack *p = n->pack;
    uint32_t x0 = n->at[cell].x, y0 = n->at[cell].y;
    uint32_t west = x0, east = x0, links = 0;
    for (uint32_t x = 0; x < p->chip->cores_x; x++) n->top[x] = n->bottom[x] = y0;
    for (uint32_t i = p->readers.first[cell]; i < p->readers.first[cell + 1]; i++) {
        uint32_t x = n->at[p->readers.at[i]].x, y = n->at[p->readers.at[i]].y;
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < n->top[x]) n->top[x] = y;
        if (y > n->bottom[x]) n->bottom[x] = y;
    }
    for (uint32_t x = west; x <= east; x++) links += n->bottom[x] - n->top[x];
    return links + east - west;
}

static void touch(Near *n, uint32_t cell) {
    if (n->met[cell] == n->stamp) return;
    n->met[cell] = n->stamp;
    n->touched[n->touches++] = cell;
}

/* The cells whose trees change when the unit moves: its own, and those that it reads. */
static void touch_unit(Near *n, uint32_t unit) {
    const Pack *p = n->pack;
    const PackUnit *u = &p->units.at[unit];
    for (uint32_t i = 0; i < u->cells; i++) {
        uint32_t cell = u->cell[i];
        touch(n, cell);
        for (uint32_t k = p->sources.first[cell]; k < p->sources.first[cell + 1]; k++)
            touch(n, p->sources.at[k]);
    }
}

static void spend(Near *n, uint64_t work) {
    n->work -= work < n->work ? work : n->work;
}

/* What the units' new places save: values times links. */
static int64_t saved(Near *n) {
    const Pack *p = n->pack;
    int64_t sum = 0;
    for (uint32_t i = 0; i < n->touches; i++) {
        uint32_t cell = n->touched[i];
        n->changed[i] = count_links(n, cell);
        spend(n, TREE + p->readers.first[cell + 1] - p->readers.first[cell]);
        sum += (int64_t)p->cells.at[cell].flits *
               ((int64_t)n->links[cell] - (int64_t)n->changed[i]);
    }
    return sum;
}

static void keep(Near *n) {
    for (uint32_t i = 0; i < n->touches; i++) n->links[n->touched[i]] = n->changed[i];
}

/* 2^(time / step), and linear between; 2^HEAT_BITS at the limit. */
static uint64_t heat_of(const Near *n, uint64_t time) {
    uint64_t off = time < n->limit ? n->limit - time : 0;
    if (!n->step || off / n->step >= HEAT_BITS) return 0;
    uint64_t heat = UINT64_C(1) << (HEAT_BITS - off / n->step);
    return heat - heat / 2 * (off % n->step) / n->step;
}

/* What it saves, in values times links, that a core takes `after` for `before`: the derivative of
 * the logarithm, 1 / ln 2 taken for 3 / 2. */
static int64_t cooler(const Near *n, uint64_t before, uint64_t after) {
    if (!n->step) return 0;
    int64_t less = (int64_t)heat_of(n, before) - (int64_t)heat_of(n, after);
    uint64_t price = n->step * ttfs_chip_cores(n->pack->chip) * 3 / 2, all = n->heat / HEAT_UNIT;
    if (price > PRICE_MOST) price = PRICE_MOST;
    return less / HEAT_UNIT * (int64_t)price / (int64_t)(all ? all : 1);
}

/* About what the loads of both cores save when the unit goes there and `other` comes back: what
 * arrives and what varies is left out. */
static int64_t cooler_about(const Near *n, uint32_t unit, uint32_t core, uint32_t other) {
    const Pack *p = n->pack;
    uint64_t here = p->cores[p->units.at[unit].core].time, there = p->cores[core].time;
    uint64_t go = p->units.at[unit].load, come = other == PACK_NONE ? 0 : p->units.at[other].load;
    uint64_t left = here + come > go ? here + come - go : 0;
    uint64_t filled = there + go > come ? there + go - come : 0;
    return cooler(n, here, left) + cooler(n, there, filled);
}

/* Has the core, with a unit more and one less, the memory and the time? */
static bool holds(Near *n, uint32_t core, uint32_t out, uint32_t in, PackFill *f) {
    *f = ttfs_pack_fill(n->pack, core, out, in);
    return f->time <= n->limit && ttfs_pack_fits(n->pack, f);
}

/* The core is filled so: what is known of it, and its heat. */
static void settle(Near *n, uint32_t core, const PackFill *f) {
    n->heat += heat_of(n, f->time) - heat_of(n, n->pack->cores[core].time);
    ttfs_pack_settle(n->pack, core, f);
}

/* Do both cores fit, and is it still worth it with what they really take? */
static bool is_worth(Near *n, uint32_t unit, uint32_t core, uint32_t other, int64_t links,
                     PackFill *here, PackFill *there) {
    const Pack *p = n->pack;
    uint32_t home = p->units.at[unit].core;
    if (links + cooler_about(n, unit, core, other) <= -(int64_t)n->threshold) return false;
    if (!holds(n, core, other, unit, there) || !holds(n, home, unit, other, here)) return false;
    int64_t cools = cooler(n, p->cores[home].time, here->time) +
                    cooler(n, p->cores[core].time, there->time);
    return links + cools > -(int64_t)n->threshold &&
           ttfs_pack_flows_fit(p, core, there, home, here);
}

/* The unit goes there, `other` (or none) comes back, if that saves anything and fits. */
static bool try_step(Near *n, uint32_t unit, uint32_t core, uint32_t other) {
    Pack *p = n->pack;
    uint32_t home = p->units.at[unit].core;
    PackFill here, there;
    n->stamp++;
    n->touches = 0;
    touch_unit(n, unit);
    if (other != PACK_NONE) touch_unit(n, other);
    put(n, unit, core);
    if (other != PACK_NONE) put(n, other, home);
    if (!is_worth(n, unit, core, other, saved(n), &here, &there)) {
        put(n, unit, home);
        if (other != PACK_NONE) put(n, other, core);
        return false;
    }
    ttfs_pack_move(p, unit, core);
    if (other != PACK_NONE) ttfs_pack_move(p, other, home);
    settle(n, core, &there);
    settle(n, home, &here);
    keep(n);
    return true;
}

/* Do the loads of two units allow that they change places? */
static bool may_swap(const Near *n, uint32_t unit, uint32_t other) {
    const PackUnit *u = &n->pack->units.at[unit], *v = &n->pack->units.at[other];
    return n->pack->cores[v->core].time + u->load <= n->limit + v->load &&
           n->pack->cores[u->core].time + v->load <= n->limit + u->load;
}

/* A core at random: next door, or that of a cell that the unit reads or that reads it. */
static uint32_t some_core(Near *n, uint32_t unit) {
    const Pack *p = n->pack;
    const PackUnit *u = &p->units.at[unit];
    uint32_t cell = u->cell[ttfs_rng_below(&n->rng, u->cells)], width = p->chip->cores_x;
    const PackEdges *e = ttfs_rng_below(&n->rng, 2) ? &p->sources : &p->readers;
    uint32_t count = e->first[cell + 1] - e->first[cell], core = u->core;
    if (count && ttfs_rng_below(&n->rng, 4))
        core = core_of(p, e->at[e->first[cell] + ttfs_rng_below(&n->rng, count)]);
    if (ttfs_rng_below(&n->rng, 2)) return core;
    uint32_t x = core % width, y = core / width;
    switch (ttfs_rng_below(&n->rng, 4)) {
    case 0:
        return x > 0 ? core - 1 : core;
    case 1:
        return x + 1 < width ? core + 1 : core;
    case 2:
        return y > 0 ? core - width : core;
    default:
        return y + 1 < p->chip->cores_y ? core + width : core;
    }
}

/* The unit goes to the core, or changes places with one there, whichever is found first. */
static bool try_core(Near *n, uint32_t unit, uint32_t core) {
    Pack *p = n->pack;
    if (p->cores[core].time + p->units.at[unit].load <= n->limit &&
        try_step(n, unit, core, PACK_NONE))
        return true;
    for (uint32_t v = p->cores[core].first; v != PACK_NONE; v = p->units.at[v].next)
        if (may_swap(n, unit, v) && try_step(n, unit, core, v)) return true;
    return false;
}

static void make_room(Near *n) {
    Pack *p = n->pack;
    uint32_t cells = p->cells.len;
    n->top = TTFS_ARRAY(p->arena, uint32_t, p->chip->cores_x);
    n->bottom = TTFS_ARRAY(p->arena, uint32_t, p->chip->cores_x);
    n->at = TTFS_ARRAY(p->arena, Spot, cells);
    for (uint32_t i = 0; i < p->units.len; i++) put(n, i, p->units.at[i].core);
    n->links = TTFS_ARRAY(p->arena, uint32_t, cells);
    n->met = TTFS_ARRAY(p->arena, uint32_t, cells);
    n->touched = TTFS_ARRAY(p->arena, uint32_t, cells);
    n->changed = TTFS_ARRAY(p->arena, uint32_t, cells);
}

/* Values times links, of all cells. */
static uint64_t count_hops(Near *n) {
    uint64_t hops = 0;
    for (uint32_t i = 0; i < n->pack->cells.len; i++) {
        n->links[i] = count_links(n, i);
        hops += n->links[i] * n->pack->cells.at[i].flits;
    }
    return hops;
}

/* Does what cores take differ between samples? Where not the busiest is always the slowest. */
static bool varies(const Pack *p) {
    for (uint32_t id = 2; id <= p->spike->pops.len; id++)
        if (p->vary[id].shared || p->vary[id].own) return true;
    return false;
}

/* The limit is what the busiest core has, and a little more. */
static void set_limit(Near *n) {
    const Pack *p = n->pack;
    uint32_t cores = ttfs_chip_cores(p->chip);
    for (uint32_t c = 0; c < cores; c++)
        if (p->cores[c].time > n->limit) n->limit = p->cores[c].time;
    n->limit += n->limit / TOLERANCE;
    if (varies(p))
        n->step = n->limit / (p->solver->plan->early ? HEAT_STEPS_AHEAD : HEAT_STEPS) + 1;
    for (uint32_t c = 0; c < cores; c++) n->heat += heat_of(n, p->cores[c].time);
}

static uint64_t work_of(const Pack *p) {
    uint64_t each = ttfs_pack_is_small(p->chip) ? WORK_SMALL : WORK_EACH;
    uint64_t work = each * p->cells.len * ttfs_chip_cores(p->chip);
    return work < WORK_MOST ? work : WORK_MOST;
}

void ttfs_pack_draw_near(Pack *p) {
    Near n = {.pack = p, .work = work_of(p), .rng = ttfs_rng(1)};
    uint32_t units = p->units.len - 1;
    if (!units) return;
    make_room(&n);
    uint64_t mean = count_hops(&n) / units, all = n.work;
    set_limit(&n);
    while (n.work > 0) {
        n.threshold = mean * n.work / all * n.work / all;
        uint32_t unit = 1 + ttfs_rng_below(&n.rng, units), core = some_core(&n, unit);
        n.work--;
        if (core != p->units.at[unit].core) try_core(&n, unit, core);
    }
}
