/* SPDX-License-Identifier: Apache-2.0
 *
 * An instance of the engine, as its two halves see it: opening (jit.c) and running (run.c).
 */
#ifndef TTFS_JIT_INSIDE_H
#define TTFS_JIT_INSIDE_H

#include "jit.h"
#include "program.h"
#include "team.h"

#include <llvm-c/LLJIT.h>
#include <pthread.h>

/* A population where its results are taken from. */
typedef struct {
    TtfsPopKind kind;
    uint32_t c, h, w, ticks;
    TtfsStore store;
} TtfsJitPop;

struct TtfsJit {
    TtfsArena arena;
    pthread_mutex_t turn;
    TtfsTarget target;
    LLVMOrcLLJITRef *code; /* held */
    uint32_t routines;     /* the last: the input from reals, in place of routine `input` */
    uint32_t pops;
    TtfsRoutineFunction **routine;
    TtfsRoutineRun *run; /* [routines] which runs take it */
    uint32_t *units;     /* [routines] parts that a routine's work divides into */
    uint64_t *macs;      /* [routines] of a sample */
    uint32_t *filled;    /* [routines] index + 1 of the population that it fills; 0: none */
    TtfsJitPop *pop;     /* [pops] */
    uint32_t input, inputs, readouts;
    uint64_t neurons, sample_bytes;
    const uint8_t *consts;
    TtfsTeam *team;
    uint8_t **work;   /* [members of the team] */
    uint16_t **shown; /* [members] a population's values, for who visits it */
    uint32_t chunk;   /* samples that a workspace holds */
    TtfsJitLayer *layer;
    uint32_t layers;
    TtfsJitStats stats;
};

#endif
