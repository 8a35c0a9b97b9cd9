/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the image maker: its state and its parts, each of which fills memories of its own.
 */
#ifndef TTFS_MAKER_H
#define TTFS_MAKER_H

#include "image.h"
#include "plan.h"

/* The parts of the plan that are one core's, in the plan's order. */
typedef struct {
    const TtfsTask **tasks;
    uint32_t count;
    const TtfsBuffer *buffers;
    uint32_t buffer_count;
} TtfsMakerCore;

typedef struct {
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    TtfsImage *img;
    TtfsDiag *diag;
    TtfsArena scratch;
    TtfsMakerCore *cores;
    bool *filled; /* per buffer of the plan: a flow ends there */
    bool ok;
} TtfsMaker;

/* Reports PLAN_CHECK (or another code) at a population; false. */
bool ttfs_maker_fault(TtfsMaker *m, TtfsPop pop, TtfsCode code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Packs a record; where a member does not fit its field, that is a fault. */
void ttfs_maker_pack(TtfsMaker *m, TtfsPop pop, TtfsRecordKind kind, const void *record,
                     uint32_t *words);

/* make_program.c: the three programs of a core. */
void ttfs_make_program(TtfsMaker *m, uint32_t core);
/* make_numbers.c: weight rows and parameters of a core's tasks. */
void ttfs_make_numbers(TtfsMaker *m, uint32_t core);
/* The same file: the weights that come from outside, slot by slot. */
void ttfs_make_stream(TtfsMaker *m);
/* make_buffers.c: buffers of a core and their tables of rows and columns. */
void ttfs_make_buffers(TtfsMaker *m, uint32_t core);
/* make_routes.c: the flow tables of all routers. */
void ttfs_make_routes(TtfsMaker *m);

#endif
