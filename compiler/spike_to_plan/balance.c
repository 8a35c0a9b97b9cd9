/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes load off the busiest core. In: all units placed; out: places where no unit of the busiest
 * core can go to a core that has less, nor change places with a lighter one there, so that both
 * have less than it had; or the steps are spent. Cost: units steps, each a few units times the
 * cores with the least work.
 */
#include "pack.h"

enum { LOOKED_AT = 32 }; /* cores with the least work */

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

/* The busiest core, and the idle ones in order: the first LOOKED_AT of all. */
static void look_around(Balance *b) {
    const Pack *p = b->pack;
    uint32_t cores = ttfs_chip_cores(p->chip);
    b->cores = 0;
    b->busiest = 0;
    for (uint32_t c = 0; c < cores; c++) {
        if (p->cores[c].time > p->cores[b->busiest].time) b->busiest = c;
        uint32_t i = b->cores < LOOKED_AT ? b->cores++ : LOOKED_AT;
        if (i == LOOKED_AT && p->cores[b->order[i - 1]].time <= p->cores[c].time) continue;
        if (i == LOOKED_AT) i--;
        for (; i > 0 && p->cores[b->order[i - 1]].time > p->cores[c].time; i--)
            b->order[i] = b->order[i - 1];
        b->order[i] = c;
    }
    b->time = p->cores[b->busiest].time;
}

static void look(Balance *b, uint32_t unit, uint32_t core, uint32_t other, Step *best) {
    Pack *p = b->pack;
    PackFill there = ttfs_pack_fill(p, core, other, unit);
    if (there.time >= best->time || !ttfs_pack_fits(p, &there)) return;
    PackFill here = ttfs_pack_fill(p, b->busiest, unit, other);
    if (here.time >= best->time || !ttfs_pack_fits(p, &here)) return;
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
        if (core == b->busiest) continue;
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
        if (core == b->busiest) continue;
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
    p->cores[s->core].time = ttfs_pack_fill(p, s->core, PACK_NONE, PACK_NONE).time;
    p->cores[b->busiest].time = ttfs_pack_fill(p, b->busiest, PACK_NONE, PACK_NONE).time;
}

void ttfs_pack_balance(Pack *p) {
    Balance b = {.pack = p, .order = TTFS_ARRAY(p->arena, uint32_t, LOOKED_AT)};
    for (uint32_t steps = p->units.len; steps > 0; steps--) {
        look_around(&b);
        Step best = {.unit = PACK_NONE, .time = b.time};
        if (!find_move(&b, &best) && !find_swap(&b, &best)) return;
        take(&b, &best);
    }
}
