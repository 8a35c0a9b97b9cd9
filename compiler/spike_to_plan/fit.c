/* SPDX-License-Identifier: Apache-2.0
 *
 * First places. In: units, none placed; out: each on a core that has the memory for it. Heaviest
 * first, by work or by weights, each where it costs least: that has work to spare, holds its
 * weights already, and is near to where it belongs, which is behind what it reads on a way through
 * the mesh. Cost: units times a few cores and their cells.
 */
#include "pack.h"

#include <stdlib.h>

enum {
    NEAR = 2, /* cores either way of the place where a unit belongs that are looked at */
    IDLE = 8  /* cores with the least work looked at */
};

typedef struct {
    Pack *pack;
    uint32_t *order; /* cores, least load first */
    uint32_t cores;
    uint32_t *home; /* by unit: the core where it belongs */
    uint64_t fair;  /* cycles of a core if all had the same */
} Fit;

/* Core number i of a way through the mesh: down the first column, up the next. */
static uint32_t core_on_way(const TtfsChip *c, uint32_t i) {
    uint32_t x = i / c->cores_y, y = i % c->cores_y;
    return (x % 2 ? c->cores_y - 1 - y : y) * c->cores_x + x;
}

static uint32_t apart(uint32_t a, uint32_t b) {
    return a > b ? a - b : b - a;
}

/* Links between two cores. */
static uint32_t distance(const Pack *p, uint32_t a, uint32_t b) {
    uint32_t width = p->chip->cores_x;
    return apart(a % width, b % width) + apart(a / width, b / width);
}

typedef struct {
    uint64_t load; /* millionths of a core: of its fair work, or of a memory */
    uint32_t unit;
} Weight;

static uint64_t millionths(uint64_t n, uint64_t of) {
    return n * 1000000 / of;
}

static Weight weight_of(const Fit *f, uint32_t unit) {
    Pack *p = f->pack;
    const PackUnit *u = &p->units.at[unit];
    uint64_t load = p->tight ? 0 : millionths(u->load, f->fair);
    uint64_t rows = millionths(p->cells.at[u->cell[0]].weight_rows, p->chip->weight_rows);
    uint64_t words = p->tight ? ttfs_pack_fill(p, 0, PACK_NONE, unit).use.act_words : 0;
    words = millionths(words, p->chip->act_words);
    if (rows < words) rows = words;
    return (Weight){load > rows ? load : rows, unit};
}

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

/* What a unit costs on a core, in thousandths: of the fair work, each above it three times; of the
 * way through the mesh, twice; of the weight rows, new ones four times. Where memory is tight it is
 * the weight rows that the core has left, and the activations that it has not. */
static uint64_t cost_of(const Fit *f, uint32_t home, uint32_t core, const PackFill *fill) {
    const TtfsChip *c = f->pack->chip;
    uint64_t over = fill->time > f->fair ? fill->time - f->fair : 0;
    uint64_t rows = fill->use.weight_rows - f->pack->cores[core].rows;
    if (f->pack->tight)
        return (c->weight_rows - fill->use.weight_rows) * 1000 / c->weight_rows +
               fill->use.act_words * 1000 / c->act_words;
    return over * 3000 / f->fair + rows * 4000 / c->weight_rows +
           distance(f->pack, core, home) * UINT64_C(2000) / (c->cores_x + c->cores_y);
}

/* The best core so far for a unit. */
typedef struct {
    uint32_t core;
    uint64_t cost;
    PackFill fill;
} Best;

static void look(Fit *f, uint32_t unit, uint32_t core, Best *b) {
    PackFill fill = ttfs_pack_fill(f->pack, core, PACK_NONE, unit);
    if (!ttfs_pack_fits(f->pack, &fill)) return;
    uint64_t cost = cost_of(f, f->home[unit], core, &fill);
    if (b->core != PACK_NONE && cost > b->cost) return;
    if (b->core != PACK_NONE && cost == b->cost && fill.time >= b->fill.time) return;
    *b = (Best){core, cost, fill};
}

/* Cores in a square around the place where the unit belongs. */
static void look_near(Fit *f, uint32_t unit, Best *b) {
    const TtfsChip *c = f->pack->chip;
    uint32_t x0 = f->home[unit] % c->cores_x, y0 = f->home[unit] / c->cores_x;
    for (uint32_t y = y0 > NEAR ? y0 - NEAR : 0; y <= y0 + NEAR && y < c->cores_y; y++)
        for (uint32_t x = x0 > NEAR ? x0 - NEAR : 0; x <= x0 + NEAR && x < c->cores_x; x++)
            look(f, unit, y * c->cores_x + x, b);
}

static bool place_unit(Fit *f, uint32_t unit) {
    Pack *p = f->pack;
    Best b = {.core = PACK_NONE};
    look_near(f, unit, &b);
    for (uint32_t i = 0; i < f->cores && (i < IDLE || b.core == PACK_NONE || p->tight); i++)
        look(f, unit, f->order[i], &b);
    if (b.core == PACK_NONE) return false;
    ttfs_pack_move(p, unit, b.core);
    p->cores[b.core].time = b.fill.time;
    p->cores[b.core].rows = b.fill.use.weight_rows;
    reorder(f, b.core);
    return true;
}

/* Units belong along the way in the order of populations, rows and columns, each core with its fair
 * share of them. */
static void find_homes(Fit *f) {
    const Pack *p = f->pack;
    uint64_t before = 0;
    f->home = TTFS_ARRAY(p->arena, uint32_t, p->units.len);
    for (uint32_t i = 1; i < p->units.len; i++) {
        uint64_t load = p->units.at[i].load;
        f->home[i] = core_on_way(p->chip, (uint32_t)((before + load / 2) / f->fair));
        before += load;
    }
}

bool ttfs_pack_place(Pack *p) {
    uint32_t n = p->units.len - 1;
    Fit f = {.pack = p, .cores = ttfs_chip_cores(p->chip)};
    Weight *w = TTFS_ARRAY(p->arena, Weight, n);
    f.order = TTFS_ARRAY(p->arena, uint32_t, f.cores);
    for (uint32_t i = 0; i < f.cores; i++) f.order[i] = i;
    for (uint32_t i = 1; i <= n; i++) f.fair += p->units.at[i].load;
    f.fair = f.fair / f.cores + 1;
    find_homes(&f);
    for (uint32_t i = 0; i < n; i++) w[i] = weight_of(&f, i + 1);
    qsort(w, n, sizeof *w, heaviest);
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) ok = place_unit(&f, w[i].unit);
    return ok;
}
