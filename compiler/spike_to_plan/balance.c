/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes load off the busiest core. In: all units placed; out: places where no unit of the busiest
 * core can go to a core that has less, nor change places with a lighter one there, so that both
 * have less than it had; or the steps are spent. A core nearby comes before those far away, which
 * count only where `far` says so: what is gained there values lose on their way. Cost: units steps,
 * each a few units times the cores looked at.
 */
#include "pack.h"

enum {
    AROUND = 3,    /* rows and columns either way of the busiest core that are looked at first */
    LOOKED_AT = 49 /* cores: those around it, or those with the least work */
};

typedef struct {
    Pack *pack;
    uint32_t *order, cores; /* those looked at, least work first */
    uint32_t busiest;
    uint64_t time; /* of the busiest */
} Balance;

/* What becomes better. */
typedef struct {
    uint32_t unit, core, other; /* other: unit that comes back, or PACK_NONE */
    uint64_t time;              /* of the busier of both */
} Step;

/* Takes up the core, least work first, if it has less than the last of LOOKED_AT. */
static void take_up(Balance *b, uint32_t core) {
    const PackCore *c = b->pack->cores;
    uint32_t i = b->cores;
    if (core == b->busiest) return;
    if (i == LOOKED_AT && c[b->order[--i]].time <= c[core].time) return;
    for (; i > 0 && c[b->order[i - 1]].time > c[core].time; i--) b->order[i] = b->order[i - 1];
    b->order[i] = core;
    if (b->cores < LOOKED_AT) b->cores++;
}

static void find_busiest(Balance *b) {
    const Pack *p = b->pack;
    b->busiest = 0;
    for (uint32_t c = 1; c < ttfs_chip_cores(p->chip); c++)
        if (p->cores[c].time > p->cores[b->busiest].time) b->busiest = c;
    b->time = p->cores[b->busiest].time;
}

/* Of the cores at most so many rows and columns away from the busiest those with the least work. */
static void look_around(Balance *b, uint32_t far) {
    const TtfsChip *c = b->pack->chip;
    uint32_t x0 = b->busiest % c->cores_x, y0 = b->busiest / c->cores_x;
    b->cores = 0;
    for (uint32_t y = y0 > far ? y0 - far : 0; y <= y0 + far && y < c->cores_y; y++)
        for (uint32_t x = x0 > far ? x0 - far : 0; x <= x0 + far && x < c->cores_x; x++)
            take_up(b, y * c->cores_x + x);
}

static void look(Balance *b, uint32_t unit, uint32_t core, uint32_t other, Step *best) {
    Pack *p = b->pack;
    PackFill there = ttfs_pack_fill(p, core, other, unit);
    if (there.time >= best->time || !ttfs_pack_fits(p, &there)) return;
    PackFill here = ttfs_pack_fill(p, b->busiest, unit, other);
    if (here.time >= best->time || !ttfs_pack_fits(p, &here)) return;
    if (!ttfs_pack_flows_fit(p, core, &there, b->busiest, &here)) return;
    *best = (Step){unit, core, other, here.time > there.time ? here.time : there.time};
}

/* Enough is gained: a quarter of what two cores differ by. */
static bool is_good(const Balance *b, const Step *s, uint32_t core) {
    return b->time - s->time >= (b->time - b->pack->cores[core].time) / 4 && s->unit != PACK_NONE;
}

static bool find_move(Balance *b, Step *best) {
    const Pack *p = b->pack;
    for (uint32_t i = 0; i < b->cores; i++) {
        uint32_t core = b->order[i];
        for (uint32_t u = p->cores[b->busiest].first; u != PACK_NONE; u = p->units.at[u].next)
            if (p->cores[core].time + p->units.at[u].load < best->time)
                look(b, u, core, PACK_NONE, best);
        if (is_good(b, best, core)) return true;
    }
    return best->unit != PACK_NONE;
}

/* Does it help that unit u goes there and v comes back, by their loads alone? */
static bool may_swap(const Balance *b, uint32_t core, uint32_t u, uint32_t v, const Step *best) {
    const Pack *p = b->pack;
    uint64_t go = p->units.at[u].load, come = p->units.at[v].load;
    return go > come && p->cores[core].time + go - come < best->time;
}

static bool find_swap(Balance *b, Step *best) {
    const Pack *p = b->pack;
    for (uint32_t i = 0; i < b->cores; i++) {
        uint32_t core = b->order[i];
        for (uint32_t u = p->cores[b->busiest].first; u != PACK_NONE; u = p->units.at[u].next)
            for (uint32_t v = p->cores[core].first; v != PACK_NONE; v = p->units.at[v].next)
                if (may_swap(b, core, u, v, best)) look(b, u, core, v, best);
        if (is_good(b, best, core)) return true;
    }
    return best->unit != PACK_NONE;
}

static void take(Balance *b, const Step *s) {
    Pack *p = b->pack;
    ttfs_pack_move(p, s->unit, s->core);
    if (s->other != PACK_NONE) ttfs_pack_move(p, s->other, b->busiest);
    PackFill there = ttfs_pack_fill(p, s->core, PACK_NONE, PACK_NONE);
    PackFill here = ttfs_pack_fill(p, b->busiest, PACK_NONE, PACK_NONE);
    ttfs_pack_settle(p, s->core, &there);
    ttfs_pack_settle(p, b->busiest, &here);
}

/* The step that helps, to a core nearby if there is one. */
static bool find_step(Balance *b, Step *best) {
    const TtfsChip *c = b->pack->chip;
    for (uint32_t far = 1; far <= AROUND; far++) {
        look_around(b, far);
        if (find_move(b, best) || find_swap(b, best)) return true;
    }
    if (!b->pack->far) return false;
    look_around(b, c->cores_x > c->cores_y ? c->cores_x : c->cores_y);
    return find_move(b, best) || find_swap(b, best);
}

bool ttfs_pack_is_small(const TtfsChip *chip) {
    return chip->cores_x <= AROUND + 1 && chip->cores_y <= AROUND + 1;
}

void ttfs_pack_balance(Pack *p) {
    Balance b = {.pack = p, .order = TTFS_ARRAY(p->arena, uint32_t, LOOKED_AT)};
    for (uint32_t steps = p->units.len; steps > 0; steps--) {
        find_busiest(&b);
        Step best = {.unit = PACK_NONE, .time = b.time};
        if (!find_step(&b, &best)) return;
        take(&b, &best);
    }
}
