/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the lift: its state, shared by its files. Neurons of all populations are numbered
 * through: neuron n of population p is first[p - 1] + n.
 */
#ifndef TTFS_LIFT_H
#define TTFS_LIFT_H

#include "image_to_spike.h"

/* A part of a population that a task makes (of the input: all), and the flow that carries it:
 * channels, rows, columns. */
typedef struct {
    uint32_t pop, flow, first[3], count[3];
    uint32_t next; /* another one of the population, + 1 */
} LiftMade;

/* What a core's buffer keeps of a population: channels, and rows and columns in their order. */
typedef struct {
    uint32_t pop, core, c, channels;
    uint32_t *place[2], count[2];
} LiftKept;

typedef struct {
    const TtfsImage *img;
    const char *file;
    TtfsSpike *out;
    TtfsDiag *diag;
    TtfsArena scratch, parts; /* what a core needs; `made`, `kept`, `blocks` */
    bool ok;
    uint64_t work;           /* elements and weights that may still be followed */
    uint32_t *first;         /* per population */
    unsigned char *covered;  /* per neuron a bit: a task makes it */
    int16_t **weights;       /* per connection */
    uint64_t *each;          /* per connection: weights of one target */
    unsigned char **known;   /* per connection and target's channel (dense to rows and columns:
                                neuron): its weights are decoded */
    unsigned char **settled; /* per population and channel: bias and ramp are decoded */
    uint32_t *flow_core;     /* per flow: the core that makes its values, + 1 */
    uint32_t *last_slot;     /* per population: in which something of it is made last */
    TTFS_VEC(LiftMade) made;
    uint32_t *made_of; /* per population: the last of them, + 1 */
    TTFS_VEC(LiftKept) kept;
    TTFS_VEC(TtfsStreamBlock) blocks; /* of what comes from outside, of all cores */
} Lift;

/* A weight row that came from outside: for which slot; whether something read it. */
typedef struct {
    const uint32_t *words; /* NULL: none came */
    uint32_t slot;
    bool read;
} LiftRow;

/* One core of the chip, while it is being followed. */
typedef struct {
    Lift *l;
    uint32_t core;
    unsigned char *claimed[TTFS_MEMS]; /* per row: something reads it */
    /* Per element of the activations: a neuron + 1, plus LIFT_COPY * its copy. Per word: the
     * population whose buffer has it, plus the same; 0: none yet. */
    uint32_t *owner, *word;
    unsigned char *banks; /* per population: those of its buffer, + 1; 0: not known yet */
    TTFS_VEC(TtfsStreamBlock) blocks; /* of what comes from outside, in their order */
    uint32_t block, left;             /* that have come; that no slot needs any more */
    LiftRow *streamed;                /* per weight row; NULL: none is */
} LiftCore;

#define LIFT_COPY (UINT32_C(1) << 29)

/* What a fire record and the lists before it make. */
typedef struct {
    LiftCore *k;
    uint32_t slot, pop; /* id of the population */
    const TtfsImagePop *dst;
    TtfsFire fire;
    uint32_t groups;
} LiftTask;

/* One element of a task's lists: the source neuron that it is for the first position, and the
 * weight that it has in the row of a channel of that group (conv). */
typedef struct {
    int64_t y, x;
    uint32_t conn, c, group, tap;
} LiftPlace;

/* The lists of all sources together, for some groups of lanes. */
typedef struct {
    uint32_t elements;
    LiftPlace *place;       /* what they must be */
    int64_t *address;       /* where the program finds them for the first position */
    uint32_t *row;          /* their weights in the first of these groups */
    const uint32_t **words; /* their weights, of what several slots add; NULL: they are in `row` */
    uint32_t filled;        /* how many of these are known */
    int64_t row_stride[16], col_stride[16]; /* per source, when there are several positions */
    uint32_t first_group, groups;
} LiftLists;

/* lift_fault.c. Reports IMAGE_LIFT at a population (id 0: the image) and returns false. */
bool ttfs_lift_fault(Lift *l, uint32_t pop, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Counts work that an image asks for in few bytes; false and a fault when it is beyond all reason.
 */
bool ttfs_lift_work(Lift *l, uint32_t pop, uint64_t n);
bool ttfs_lift_covered(const Lift *l, uint32_t neuron);
const TtfsImagePop *ttfs_lift_pop(const Lift *l, uint32_t pop);
const TtfsMemImage *ttfs_lift_memory(const LiftCore *k, TtfsMem m);
/* Rows first .. + n of a memory are read; false and a fault when they are not there. */
bool ttfs_lift_claim(LiftCore *k, uint32_t pop, TtfsMem m, uint64_t first, uint64_t n);

/* lift_buffers.c: who fills the core's buffers, and which neuron lies on each of their elements. */
bool ttfs_lift_buffers(LiftCore *k);
/* An element of a population that nothing else lies on, in every copy, is the neuron's before
 * `owner`, or padding (0). Words are of one copy of one population. */
bool ttfs_lift_own(LiftCore *k, uint32_t pop, uint64_t element, uint32_t banks, uint32_t owner);
/* lift_stream.c: lists the blocks of the stream; finds a core's; a slot begins, or the turn has
 * ended
 * (`slots`); a weight row as the task finds it, which is read: NULL and a fault when there is none.
 */
void ttfs_lift_blocks(Lift *l);
void ttfs_lift_stream(LiftCore *k);
bool ttfs_lift_enter_slot(LiftCore *k, uint32_t slot);
const uint32_t *ttfs_lift_weight_row(const LiftTask *t, uint64_t row);
/* lift_programs.c: follows the core's three programs, task by task. */
bool ttfs_lift_programs(LiftCore *k);
/* lift_places.c: the elements that the task's lists must have; bounded by the weight rows. */
bool ttfs_lift_places(const LiftTask *t, LiftLists *lists);
/* Adds the elements of a segment at the lists' end. */
bool ttfs_lift_segment(const LiftTask *t, LiftLists *lists, const TtfsSegment *s, uint32_t row);
/* Every element, at every position, is where its neuron is kept. */
bool ttfs_lift_elements(const LiftTask *t, const LiftLists *lists);
/* The same for a pool. */
bool ttfs_lift_pool(const LiftTask *t, const TtfsSegment *s);
/* lift_numbers.c: weights of the lists' groups, biases and ramps into the graph. */
bool ttfs_lift_weights(const LiftTask *t, const LiftLists *lists);
bool ttfs_lift_params(const LiftTask *t);
/* lift_routes.c: every flow goes from the core that makes it to whom it must, once. */
bool ttfs_lift_routes(Lift *l);
void ttfs_lift_made(Lift *l, LiftMade made);

#endif
