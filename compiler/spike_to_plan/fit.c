/* SPDX-License-Identifier: Apache-2.0
 *
 * First places. In: units, none placed; out: each on a core that has the memory for it. Heaviest
 * first, each on the core nearest to where it belongs of those that have less than their share of
 * the work; where none has, on the one with the least. A cell belongs where its positions lie in
 * the image, the mesh laid over it: so it is near to what it reads, which belongs there too. Cost:
 * units times a few cores.
 */
#include "pack.h"

#include <stdlib.h>

enum {
    NEAR = 24, /* cores looked at around a place */
    IDLE = 8   /* cores with the least work looked at */
};

typedef struct {
    Pack *pack;
    uint32_t *order; /* cores, least load first */
    uint32_t cores;
    uint64_t fair; /* cycles of a core if all had the same */
} Fit;

/* Twice the middle of some places, in cores of an axis: times 256. */
static uint32_t middle(uint32_t first, uint32_t count, uint32_t size, uint32_t cores) {
    return (uint32_t)((2 * (uint64_t)first + count) * cores * 128 / size);
}

/* Where the unit belongs, in 256ths of a core. */
static void home(const Pack *p, uint32_t unit, uint32_t at[2]) {
    const TtfsTask *t = &p->cells.at[p->units.at[unit].cell[0]].task;
    const TtfsPopulation *q = ttfs_spike_pop(p->spike, t->pop);
    at[0] = middle(t->ox_first, t->ox_count, q->w, p->chip->cores_x);
    at[1] = middle(t->oy_first, t->oy_count, q->h, p->chip->cores_y);
}

static uint32_t apart(uint32_t a, uint32_t b) {
    return a > b ? a - b : b - a;
}

static uint32_t distance(const Pack *p, uint32_t core, const uint32_t at[2]) {
    uint32_t x = core % p->chip->cores_x, y = core / p->chip->cores_x;
    return apart(at[0], x * 256 + 128) + apart(at[1], y * 256 + 128);
}

typedef struct {
    const Pack *pack;
    uint64_t load;
    uint32_t unit;
} Weight;

static int heaviest(const void *a, const void *b) {
    const Weight *x = a, *y = b;
    if (x->load != y->load) return x->load > y->load ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* The core's place in the order, behind those with less. */
static void reorder(Fit *f, uint32_t core) {
    uint32_t i = 0;
    while (f->order[i] != core) i++;
    uint64_t time = f->pack->cores[core].time;
    for (; i + 1 < f->cores && f->pack->cores[f->order[i + 1]].time < time; i++)
        f->order[i] = f->order[i + 1];
    f->order[i] = core;
}

/* The best core so far for a unit. */
typedef struct {
    uint32_t core, distance;
    uint64_t over, rows; /* cycles above the fair share; new weight rows */
    uint64_t time;
} Best;

static void look(Fit *f, uint32_t unit, const uint32_t at[2], uint32_t core, Best *b) {
    Pack *p = f->pack;
    PackFill fill = ttfs_pack_fill(p, core, PACK_NONE, unit);
    if (!ttfs_pack_fits(p, &fill)) return;
    Best n = {.core = core, .distance = distance(p, core, at), .time = fill.time};
    n.over = fill.time > f->fair ? fill.time - f->fair : 0;
    if (b->core != PACK_NONE) {
        if (n.over > b->over) return;
        if (n.over == b->over && n.distance > b->distance) return;
        if (n.over == b->over && n.distance == b->distance && n.time >= b->time) return;
    }
    *b = n;
}

/* Cores in a square around a place. */
static void look_near(Fit *f, uint32_t unit, const uint32_t at[2], Best *b) {
    const TtfsChip *c = f->pack->chip;
    int64_t x0 = at[0] / 256, y0 = at[1] / 256, r = 2;
    for (int64_t y = y0 - r; y <= y0 + r; y++)
        for (int64_t x = x0 - r; x <= x0 + r; x++)
            if (x >= 0 && y >= 0 && x < c->cores_x && y < c->cores_y)
                look(f, unit, at, (uint32_t)(y * c->cores_x + x), b);
}

static bool place_unit(Fit *f, uint32_t unit) {
    Pack *p = f->pack;
    Best b = {.core = PACK_NONE};
    uint32_t at[2];
    home(p, unit, at);
    look_near(f, unit, at, &b);
    for (uint32_t i = 0; i < f->cores && (i < IDLE || b.core == PACK_NONE); i++)
        look(f, unit, at, f->order[i], &b);
    if (b.core == PACK_NONE) return false;
    ttfs_pack_move(p, unit, b.core);
    p->cores[b.core].time = b.time;
    reorder(f, b.core);
    return true;
}

bool ttfs_pack_place(Pack *p) {
    uint32_t n = p->units.len - 1;
    Fit f = {.pack = p, .cores = ttfs_chip_cores(p->chip)};
    Weight *w = TTFS_ARRAY(p->arena, Weight, n);
    f.order = TTFS_ARRAY(p->arena, uint32_t, f.cores);
    for (uint32_t i = 0; i < f.cores; i++) f.order[i] = i;
    for (uint32_t i = 0; i < n; i++) {
        w[i] = (Weight){p, p->units.at[i + 1].load, i + 1};
        f.fair += w[i].load;
    }
    f.fair = f.fair / f.cores + 1;
    qsort(w, n, sizeof *w, heaviest);
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) ok = place_unit(&f, w[i].unit);
    return ok;
}
