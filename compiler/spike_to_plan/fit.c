/* SPDX-License-Identifier: Apache-2.0
 *
 * First places. In: units, none placed; out: each on a core that has the memory for it. Heaviest
 * first, by work or by weights, each where it costs least: that has work to spare, holds its
 * weights already, and is near to where it belongs. That is on strips of the mesh, one behind the
 * other: a population takes a few columns of a strip, its rows lie along the strip's, so that what
 * it reads lies beside it. Cost: units times a few cores and their cells.
 */
#include "pack.h"

#include <stdlib.h>

enum {
    NEAR = 2,        /* cores either way of the place where a unit belongs that are looked at */
    IDLE = 8,        /* cores with the least work looked at */
    ONE = 1024,      /* of a fraction */
    FEW_FLOWS = 8,   /* a core's share of the chip's, below which they are saved */
    MANY_LAYERS = 16 /* populations, above which a core should not have some of each */
};

typedef struct {
    Pack *pack;
    uint32_t *order; /* cores, least load first */
    uint32_t cores;
    uint32_t *home; /* by unit: the core where it belongs */
    uint64_t fair;  /* cycles of a core if all had the same */
} Fit;

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

/* Is it dear that a core makes something of a further population? */
static bool saves_populations(const Fit *f) {
    return f->pack->chip->flows < FEW_FLOWS * f->cores || f->pack->spike->pops.len > MANY_LAYERS;
}

/* What a unit costs on a core, in thousandths: of the fair work, each above it three times; of the
 * way through the mesh, twice; of the weight rows, new ones four times; where populations are saved
 * a new one as much as a third of the work. Where memory is tight it is the weight rows that the
 * core has left, and the activations that it has not. */
static uint64_t cost_of(const Fit *f, uint32_t home, uint32_t core, const PackFill *fill) {
    const TtfsChip *c = f->pack->chip;
    uint64_t over = fill->time > f->fair ? fill->time - f->fair : 0;
    uint64_t rows = fill->use.weight_rows - f->pack->cores[core].rows;
    uint64_t made = saves_populations(f) ? fill->made - f->pack->cores[core].made : 0;
    if (f->pack->tight)
        return (c->weight_rows - fill->use.weight_rows) * 1000 / c->weight_rows +
               fill->use.act_words * 1000 / c->act_words;
    return over * 3000 / f->fair + rows * 4000 / c->weight_rows + made * 1000 +
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
    if (!ttfs_pack_flows_fit(f->pack, core, &fill, PACK_NONE, NULL)) return;
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
    ttfs_pack_settle(p, b.core, &b.fill);
    reorder(f, b.core);
    return true;
}

/* Rows of a strip: they divide the mesh, and a column of them is about a population's share. */
static uint32_t strip_rows(const Fit *f) {
    uint32_t all = f->pack->chip->cores_y, most = f->cores / f->pack->spike->pops.len, rows = 1;
    for (uint32_t n = 2; n <= all && n <= most; n++)
        if (all % n == 0) rows = n;
    return rows;
}

/* The core so many columns from the start of the first strip on, so many rows down in its strip
 * (both in ONEths). Every other strip runs back. */
static uint32_t core_on_strip(const TtfsChip *c, uint32_t rows, uint64_t along, uint64_t down) {
    uint64_t strip = along / ONE / c->cores_x, x = along / ONE % c->cores_x;
    uint64_t y = strip * rows + down / ONE;
    if (strip % 2) x = c->cores_x - 1 - x;
    return (uint32_t)((y < c->cores_y ? y : c->cores_y - 1) * c->cores_x + x);
}

/* A population's cells on columns first .. end - 1 (ONEths) of the strips: in as many slices of
 * columns and parts as there are columns, each down its strip row by row, so that a core has its
 * share of them. */
static void find_homes_of(Fit *f, const PackGrid *g, uint32_t high, uint64_t first, uint64_t end) {
    uint64_t wide = (uint64_t)g->cols * g->parts, slices = (end - first + ONE / 2) / ONE;
    if (slices > wide) slices = wide;
    if (slices < 1) slices = 1;
    for (uint32_t i = 0; i < g->rows * wide; i++) {
        uint64_t row = i / wide, col = i % wide, slice = col * slices / wide;
        uint64_t left = (slice * wide + slices - 1) / slices; /* the slice's first and its end */
        uint64_t n = ((slice + 1) * wide + slices - 1) / slices - left;
        uint64_t down = ((row * n + col - left) * 2 + 1) * high * ONE / 2 / (g->rows * n);
        uint64_t along = first + (end - first) * (slice * ONE + down % ONE) / slices / ONE;
        uint32_t unit = f->pack->cells.at[g->first + i].unit;
        f->home[unit] = core_on_strip(f->pack->chip, high, along, down);
    }
}

/* Populations belong on the strips in their order, each core with its fair share of them. Cells of
 * one unit have one home, the last one's. */
static void find_homes(Fit *f) {
    const Pack *p = f->pack;
    uint32_t rows = strip_rows(f);
    uint64_t before = 0, column = f->fair * rows;
    f->home = TTFS_ARRAY(p->arena, uint32_t, p->units.len);
    for (uint32_t id = 2; id <= p->spike->pops.len; id++) {
        const PackGrid *g = &p->grids[id];
        uint64_t load = 0;
        for (uint32_t i = 0; i < g->rows * g->cols * g->parts; i++)
            load += p->cells.at[g->first + i].load;
        find_homes_of(f, g, rows, before * ONE / column, (before + load) * ONE / column);
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
