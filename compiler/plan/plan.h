/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan: which core computes what, when, and where everything lies in its memories; and what that
 * costs in cycles, proven before anything runs. See docs/core.md for the machine.
 *
 * Slot 0 carries the input; slot s > 0 computes one population, cut into slices that the cores
 * compute side by side. A core that reads a population listens in the slot that makes it, and seals
 * (sorts) the log in the next slot.
 *
 * Invariants (plan_check.c, which trusts no solver): every channel and row of every population is
 * in exactly one slice; every slice's source is sealed on its core before it runs and not
 * overwritten until its last use; no two regions alive in one slot overlap, and copies lie at the
 * lowest free place from word 1 up, the band first; all memories, fields and windows fit the chip;
 * no accumulator can wrap; worst_cycles is the formula of docs/core.md.
 */
#ifndef TTFS_PLAN_H
#define TTFS_PLAN_H

#include "chip.h"
#include "spike.h"

/* Part of a population, on one core in one slot. */
typedef struct {
    TtfsPop pop;
    uint32_t core, slot;
    uint32_t ch_first, channels;      /* channels of the population */
    uint32_t oy_first, oy_count;      /* rows */
    uint32_t groups;                  /* ceil(channels / lanes); 0 for a pool */
    uint32_t group_rows;              /* weight rows a group */
    uint32_t weight_base, param_base; /* rows of the weight memory */
    uint32_t src_base;                /* list memory: the source's list */
    bool band, patch;                 /* copies that save cycles; see docs/core.md */
    uint32_t band_base, patch_base;
} TtfsSlice;

/* What a core does in a slot besides computing. */
typedef struct {
    uint32_t slice;        /* index + 1 into slices; 0 = none */
    bool listen;           /* log the population of this slot */
    TtfsPop seal;          /* population to sort at the start of this slot; 0 = none */
    uint32_t seal_base;    /* list memory */
    uint64_t worst_cycles; /* this core's own bound */
} TtfsCoreSlot;

typedef struct {
    TtfsPop pop;              /* the population on the bus */
    uint64_t worst_cycles;    /* bound of the whole slot, barrier included */
    uint64_t expected_cycles; /* the same formula with the rates of calibration */
} TtfsSlot;

typedef struct {
    TtfsArena arena;
    TtfsChip chip;
    TTFS_VEC(TtfsSlice) slices;
    TTFS_VEC(TtfsSlot) slots;
    TtfsCoreSlot *at; /* [core * slots.len + slot] */
    uint32_t *weight_rows_used, *list_words_used, *log_words_used, *seen_words_used; /* per core */
    uint64_t worst_cycles, expected_cycles; /* of a sample */
} TtfsPlan;

void ttfs_plan_free(TtfsPlan *p);
TtfsCoreSlot *ttfs_plan_at(const TtfsPlan *p, uint32_t core, uint32_t slot);
/* The (core, slot) that computes a neuron of a population; false for the input. */
bool ttfs_plan_find(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop, uint32_t neuron,
                    uint32_t *core, uint32_t *slot);

/* Cycle formulas of docs/core.md (constants from hw/cycles.def): one core in a slot, on its own;
 * and the whole slot, with the bus and the barrier. Worst case, or with the rates of calibration.
 */
uint64_t ttfs_plan_core_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t core, uint32_t slot,
                               bool expected);
uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot, bool expected);

bool ttfs_plan_check(const TtfsPlan *p, const TtfsSpike *s, const char *file, TtfsDiag *diag);
/* Text; the chip stands in it whole. Print, read, print is a fixed point. */
void ttfs_plan_print(const TtfsPlan *p, TtfsBuf *out);
bool ttfs_plan_read(TtfsPlan *p, const char *file, const void *text, size_t n, TtfsDiag *diag);

#endif
