/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the solver: its state, which its files share.
 */
#ifndef TTFS_SOLVER_H
#define TTFS_SOLVER_H

#include "plan_geometry.h"
#include "spike_to_plan.h"

/* What the layers behind one need of weight rows. */
typedef struct {
    uint64_t rows, cell; /* in all, once each; the largest cell when no core has a copy */
} Later;

/* A plan's tasks and slots, put aside while another one is looked for. */
typedef struct {
    TtfsTask *tasks;
    TtfsWhen *when;
    uint32_t n, slots, early;
} Kept;

typedef struct {
    const TtfsSpike *spike;
    TtfsPlan *plan;
    const char *file;
    TtfsDiag *diag;
    TtfsArena scratch;
    TtfsSchedule schedule; /* that is tried */
    bool ahead;            /* cores of a pipeline may be a turn ahead of one another */
    bool copies;    /* bands of rows and columns, each core with its own copy of the weights */
    bool streams;   /* weights may come from outside: a copy costs the time of its words */
    bool spreads;   /* a pipeline's weights may come from outside, in several slots */
    uint64_t *rows; /* by core: weight rows of what is cut */
    uint64_t *last; /* by core: those of the slot that was cut last */
    uint64_t *held; /* by core: those of slot 0, which are there for good */
    uint64_t *acts, *words; /* by core: words of activations, of the program, of what is cut */
    uint64_t price; /* cycles that a word of these memories is worth, where weights are streamed */
    uint32_t step;  /* slots from one that streams to the next */
    bool overlaps;  /* the first layer is computed in slot 0, where nothing has come yet */
    uint32_t *runs; /* by population id: slots that it takes, a step apart; NULL: one each */
    uint64_t at_once; /* with these: weight rows that a part of a neuron's has at most */
    bool fine;        /* with these: what has more is added in parts, though a core could hold it */
    Later *later;     /* by population id */
    uint32_t flows;   /* of what is cut, and of the input */
    Kept nearest;     /* of the plans that did not fit the one that lacks least, */
    uint64_t lacks;   /* this (ttfs_solver_lacks); UINT64_MAX: there is none */
    bool latency_fits; /* where another schedule is refused */
    bool ok;
} Solver;

/* kept.c. Of the plan at hand, until `scratch` is freed. */
Kept ttfs_solver_keep(Solver *v);
/* kept.c. Makes it the plan again, derived. */
void ttfs_solver_take_back(Solver *v, const Kept *k);
/* kept.c. Cycles of a turn of the plan at hand: expected, worst where no rates are known. */
uint64_t ttfs_solver_turn_cycles(const Solver *v);

/* order.c. Puts the plan's tasks in order, and derives the rest of it. */
void ttfs_solver_derive(Solver *v);
/* stream.c. Of a plan whose tasks are cut: which come from outside, as few weight rows as may be,
 * and the rest derived. */
void ttfs_solver_stream(Solver *v);
/* spread.c. Of a pipeline: cut tasks go to slots, what is not read in slot 0 comes from outside;
 * the rest derived. */
void ttfs_solver_spread(Solver *v);
/* spread.c. When populations are computed follows from their tasks' slots. */
void ttfs_solver_take_slots(Solver *v);
/* pack.c. The tasks of a pipeline on a mesh, derived; false when it found none that fit. */
bool ttfs_solver_pack(Solver *v);
/* pack.c. On a mesh, whatever the schedule: tasks that need little memory, derived, those that pool
 * channels no words apart on different cores; of streamed weights there may be any number. Cycles
 * do not count. False when it found none that fit. */
bool ttfs_solver_squeeze(Solver *v);
/* cut.c. Fills `runs` so that what a core holds of a layer is there run by run, and the next one's
 * with it where the step is 1; of a neuron that is too large for a core part by part. One in
 * `spare` of the cores need do. False: one slot a layer does that already, or a chip has not so
 * many slots.
 */
bool ttfs_solver_find_runs(Solver *v, uint32_t spare);
uint32_t ttfs_solver_runs(const Solver *v, TtfsPop pop);
/* cut.c. Fills `later`. */
void ttfs_solver_look_ahead(Solver *v);
/* cut.c. The tasks of a population, over the cores; populations come in order, behind the input. */
void ttfs_solver_cut(Solver *v, TtfsPop pop);

/* refuse.c. True when no value of the plan, whose populations have their stages, is read too late.
 */
bool ttfs_solver_delays_fit(Solver *v);
/* refuse.c. True when the plan, all of it derived, fits the chip; else, where `say`, every reason
 * in the user's words. */
bool ttfs_solver_fits(Solver *v, bool say);
/* refuse.c. Of what the plan takes more than there is, in thousandths of that the most; 0: it fits
 * the memories. */
uint64_t ttfs_solver_lacks(const Solver *v);
/* PLAN_FIT: the population (id 0: the network) needs so many of something. Returns false. */
bool ttfs_solver_refuse(Solver *v, TtfsPop pop, const char *what, uint64_t need, uint64_t have);

#endif
