/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the solver of pipelines, whose cells all work at once. A cell is a task to be: a
 * rectangle of positions, a part of the channels. What has to lie together (a layer's cell and that
 * of the pool that reads it) is a unit; units are packed on cores. All numbers are whole, so that a
 * plan is the same everywhere.
 */
#ifndef TTFS_PACK_H
#define TTFS_PACK_H

#include "plan_reads.h"
#include "plan_spread.h"
#include "solver.h"

enum { PACK_NONE = UINT32_MAX };

/* What is asked of a packing: cells a core by their load, most parts of the channels; is room for
 * weights all that counts; does work go far to where there is less; is it drawn near? */
typedef struct {
    uint32_t cells, parts;
    bool tight, far, near;
} PackTry;

/* How a population is cut: first rows, columns, channels of its cells, and the end behind the last.
 * Cell (i, j, k) is number first + (i * cols + j) * parts + k. */
typedef struct {
    uint32_t rows, cols, parts;
    uint32_t *y, *x, *c;
    uint32_t first;
} PackGrid;

typedef struct {
    TtfsTask task;
    uint32_t unit;
    uint64_t load;  /* cycles, behind another task */
    uint64_t slack; /* cycles of them in which the scan engine waits */
    uint64_t flits; /* values that it is expected to send */
    TtfsMoved moved;
    uint32_t place; /* number; parts of the channels of a place vary as one */
    /* What it needs; cells of a core whose weights (parameters) have the same number share them. */
    uint32_t weights, params, weight_rows, param_words, program_words;
    uint32_t first_read, reads;
} PackCell;

typedef struct {
    uint32_t cell[2], cells;
    uint64_t load;
    uint32_t core;       /* PACK_NONE: not placed */
    uint32_t next, prev; /* units of its core */
} PackUnit;

typedef struct {
    uint64_t time, rows; /* cycles, weight rows of its units */
    uint32_t made;       /* populations that they make something of: each needs a flow */
    uint32_t first;      /* unit */
} PackCore;

/* Lists of cells, one a cell: those of cell i are at[first[i]] .. at[first[i + 1] - 1]. */
typedef struct {
    uint32_t *first, *at;
} PackEdges;

typedef struct {
    Solver *solver;
    const TtfsSpike *spike;
    const TtfsChip *chip;
    TtfsArena *arena;
    bool tight;               /* room for weights is all that counts */
    bool far;                 /* work may go to any core, not only to one nearby */
    bool expected;            /* rates are known */
    PackGrid *grids;          /* by population id */
    uint32_t *pool_source;    /* by population id, of a pool: what it reads and is cut with; 0 */
    bool *is_read;            /* by population id */
    uint64_t *loads;          /* by population id: cycles of all of it */
    TTFS_VEC(PackCell) cells; /* cell 0 is the host: it sends the input and takes the sums */
    TTFS_VEC(TtfsRead) reads;
    TTFS_VEC(PackUnit) units;
    uint32_t weights, params; /* numbers in use */
    PackCore *cores;
    uint64_t made; /* populations that cores make, of all cores */
    uint32_t *held_weights, *held_params, *held_pop, *made_pop; /* by number: stamp of its core */
    uint32_t stamp;
    TtfsVary *vary;               /* by population id; what cores have of it in the mean */
    uint64_t base;                /* square of a core that does nothing */
    uint32_t places, *held_place; /* as the numbers above */
    TtfsMoved *moved;             /* by population id: of the core in hand */
    uint32_t *made_ids;           /* populations that it makes */
    TtfsRead *kept;               /* by population id: of the core in hand */
    uint32_t *pops, pops_kept;    /* populations that it keeps */
    PackEdges sources, readers;
} Pack;

/* What a core needs with the units that it has. */
typedef struct {
    TtfsUse use;
    uint64_t load, time; /* cycles of its tasks; with what arrives, and some more as they vary */
    uint64_t pooled;     /* values of pools that it sends */
    uint32_t made;       /* populations that it makes something of */
    bool laid;           /* its buffers fit the memory, with their copies */
    bool apart;          /* of one population it pools channels that lie no words apart */
} PackFill;

/* cells.c. Lays a grid over every population; a mark of them all, which others have not. */
uint64_t ttfs_pack_divide(Pack *p, PackTry how);
/* Cuts all populations into cells and units, none of them placed. */
void ttfs_pack_cut(Pack *p);
/* edges.c. Who reads whose values. False: there are too many of them to look at. */
bool ttfs_pack_connect(Pack *p);

/* fill.c. The core without unit `out` and with `in` (PACK_NONE: none). */
PackFill ttfs_pack_fill(Pack *p, uint32_t core, uint32_t out, uint32_t in);
bool ttfs_pack_fits(const Pack *p, const PackFill *f);
/* Has the chip the flows, when the core is filled so, and the other one (PACK_NONE: none) so? */
bool ttfs_pack_flows_fit(const Pack *p, uint32_t core, const PackFill *f, uint32_t other,
                         const PackFill *g);
/* Puts a unit on a core, from where it was. */
void ttfs_pack_move(Pack *p, uint32_t unit, uint32_t core);
/* The core is filled so: what is known of it, once its units are there. */
void ttfs_pack_settle(Pack *p, uint32_t core, const PackFill *f);

/* fit.c. Places all units, heaviest first; false when one fits nowhere. */
bool ttfs_pack_place(Pack *p);
/* balance.c. Moves and swaps that take load off the busiest core. */
void ttfs_pack_balance(Pack *p);
/* Are all cores near one another? */
bool ttfs_pack_is_small(const TtfsChip *chip);
/* near.c. Moves and swaps that bring readers nearer to their sources. */
void ttfs_pack_draw_near(Pack *p);

#endif
