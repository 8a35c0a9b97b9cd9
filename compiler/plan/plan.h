/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan: which core computes what, when, and where everything lies in its memories; and what that
 * costs in cycles, proven before anything runs. See docs/core.md for the machine.
 *
 * A population has a slot and a stage (docs/core.md, pipeline): all populations of a slot are
 * computed side by side, cut into tasks (a rectangle of positions, a range of channels), each core
 * its own one after the other in the order of the vector. Values travel as flits of a flow into the
 * buffers of the cores that read them: a flow is one for the tasks of a population on a core that
 * the same buffers keep something of, or for some more where the chip has too few flows; the input
 * has one, from the host.
 *
 * Invariants (plan_check.c, which trusts no solver): every channel and position of every population
 * is in exactly one task; every element that a task reads lies in a buffer of its core, which is
 * filled from that population; no two buffers of a core overlap, nor weights or parameters that are
 * not the same (what is streamed lies where it is read and in the slot before); all memories,
 * fields, windows and lists fit the chip; no accumulator can wrap;
 * worst_cycles is the formula of docs/core.md.
 */
#ifndef TTFS_PLAN_H
#define TTFS_PLAN_H

#include "chip.h"
#include "spike.h"

enum {
    TTFS_PLAN_SLOTS = 4096, /* that a chip numbers, slot 0 among them */
    TTFS_PLAN_BANKS = 3,    /* a buffer has at most 2^this copies */
    TTFS_EARLY_TURNS = 2    /* a reader's stage less its source's, at least, without barriers */
};

/* When a population is computed: in this slot of every turn, for the sample that entered `stage`
 * turns before; some of it, where a slot has not room for all its weights, in earlier ones. The
 * input: 0, 0. A reader's stage is not below that of its source; if it is the same, its slots are
 * later. */
typedef struct {
    uint32_t slot, stage;
} TtfsWhen;

/* Where a core keeps (a part of) a population that it reads: rows y_first .. + rows and columns
 * x_first .. + cols (what lies outside the population is padding: zeros that nobody writes),
 * channels ch_first .. + channels, element (y, x, c) at base + (y - y_first) * cols * pitch +
 * (x - x_first) * pitch + c - ch_first. Each is in words of its own, and so are its copies. What
 * nobody reads goes into a buffer of 0 channels, rows and columns on every core that makes some of
 * it: it is dropped there. */
typedef struct {
    TtfsPop pop;
    uint32_t core;
    uint32_t ch_first, channels;
    int32_t y_first, x_first;
    uint32_t rows, cols;
    uint32_t pitch; /* elements from a column to the next; >= channels; of what a pool reads
                       a multiple of TTFS_WORD_ELEMENTS */
    uint32_t banks; /* 2^banks copies, more than the most turns that a reader on this core is late;
                       copy k where the highest bits of base's address are exclusive-ored with k */
    uint32_t base;  /* element of copy 0; a multiple of TTFS_WORD_ELEMENTS, but where a pool reads
                       it: then its first channel's element is one */
    uint32_t row_base, col_base; /* first words of the population's rows, columns in the two tables
                                    (as many as it has, of all buffers of a core one after the
                                    other); 0 when the chip has no tables */
} TtfsBuffer;

/* Part of a population, on one core in one slot. Where a neuron's weights are too many rows for a
 * core, several tasks in a row of the core are parts of the same neurons: each adds some passes of
 * one group at one position, the last one gives the values. */
typedef struct {
    TtfsPop pop;
    uint32_t core, slot;
    uint32_t ch_first, channels; /* channels of the population */
    uint32_t oy_first, oy_count; /* rows */
    uint32_t ox_first, ox_count; /* columns */
    uint32_t groups;             /* ceil(channels / lanes); 0 for a pool */
    uint32_t group_rows;         /* weight rows a group: elements of the patches of all sources, of
                                    a part those of its passes */
    uint32_t passes;     /* lists that a group's elements are cut into; 1 but for one position;
                            1 for a pool; of a part those that it adds */
    uint32_t first_pass; /* of a part: the passes that parts before it add; else 0 */
    uint32_t more;       /* 1: a part whose potentials stay in the lanes for the next one; else 0 */
    uint32_t streamed; /* its weights come from outside, in the slot before: on a chip with stream,
                          behind slot 0; 1 or 0 */
    uint32_t weight_base; /* row; the tasks of a core that hold the same channels share them */
    uint32_t param_base;  /* word; likewise */
    uint32_t flow;        /* that carries its results */
    uint32_t edge[4];     /* rows at the top and bottom, columns at the left and right whose biases
                             differ (docs/core.md, classes), of this task's positions */
} TtfsTask;

/* What carries a population's values from a core that makes some of it, and where to: ends[first]
 * .. are the buffers that keep something of what the flow's tasks make; none of a readout, which
 * goes to the host. What no buffer keeps anything of goes to one that drops it: that of the core
 * itself where it has one, else the population's first. */
typedef struct {
    TtfsPop pop;
    uint32_t core; /* the source; that of the host, which enters at core 0, for the input */
    uint32_t first, ends;
} TtfsFlow;

typedef struct {
    uint64_t worst_cycles;    /* bound of the whole slot, barrier included */
    uint64_t expected_cycles; /* the same formula with the rates of calibration */
} TtfsSlot;

/* Words of every memory that a core uses. Of its weight rows `stream_rows` are for what is
 * streamed: the most of two slots that follow one another. */
typedef struct {
    uint64_t act_words, weight_rows, stream_rows, param_words, program_words, buffers, table_rows,
        table_cols;
} TtfsUse;

typedef struct {
    TtfsArena arena;
    TtfsChip chip;
    /* 1: cores of a mesh may be a turn ahead of one another (docs/core.md, pipeline): there is one
     * slot, nothing is streamed, all that is read is at least TTFS_EARLY_TURNS turns old, and
     * buffers have a copy more. Else 0. */
    uint32_t early;
    /* By population id - 1. */
    TTFS_VEC(TtfsWhen) when;
    /* By slot, then core. */
    TTFS_VEC(TtfsTask) tasks;
    /* By core, then population; a core's k-th is number k of its buffer memory. On a chip of one
     * core its flow is k too. */
    TTFS_VEC(TtfsBuffer) buffers;
    /* Number k is flow k. One core: the buffers' populations in their order, then what the host
     * reads; else by population, core, least ends. */
    TTFS_VEC(TtfsFlow) flows;
    /* Numbers in `buffers`, flow by flow, of a flow ascending. */
    TTFS_VEC(uint32_t) ends;
    /* Of a turn. */
    TTFS_VEC(TtfsSlot) slots;
    /* Per core. */
    TtfsUse *use;
    /* Of a turn: with a pipeline a sample's results come 1 + stage turns after its start. */
    uint64_t worst_cycles, expected_cycles;
} TtfsPlan;

void ttfs_plan_free(TtfsPlan *p);
/* The (core, slot) that computes a neuron of a population; false for the input. */
bool ttfs_plan_find(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop, uint32_t neuron,
                    uint32_t *core, uint32_t *slot);
/* The core's buffer of a population, NULL when it has none; *number its place in the core's memory.
 */
const TtfsBuffer *ttfs_plan_buffer(const TtfsPlan *p, uint32_t core, TtfsPop pop, uint32_t *number);
TtfsWhen ttfs_plan_when(const TtfsPlan *p, TtfsPop pop);
/* The flow of the input; false: there is none. */
bool ttfs_plan_input_flow(const TtfsPlan *p, const TtfsSpike *s, uint32_t *flow);
/* The most turns that a reader may be late: a buffer has a copy more than that, and without
 * barriers two. */
uint32_t ttfs_plan_latest(const TtfsPlan *p);
/* Copies that a buffer has at the least, of what is read so many turns late. */
uint32_t ttfs_plan_copies(const TtfsPlan *p, uint32_t late);
/* Turns from a sample's start to its last readout: 1 + the latest readout's stage. */
uint32_t ttfs_plan_turns(const TtfsPlan *p, const TtfsSpike *s);
/* From a sample's start to its last readout, where turns take so many cycles: without barriers it
 * begins while the turn ahead is still at work. */
uint64_t ttfs_plan_latency(const TtfsPlan *p, const TtfsSpike *s, uint64_t cycles);

/* All that follows from the chip, `early`, `when`, the number of slots and which part of which
 * population each task is (in their order; of a part also its passes): the other numbers of tasks,
 * buffers, flows, the words that cores use. There is one way: things lie in memories one after the
 * other, in the order of tasks and populations; buffers with more banks come first, each where its
 * copies fit first. Streamed weights lie behind all others, those of odd slots from the memory's
 * end down. What does not fit the chip is made all the same: `use` says how much is needed, and
 * fields may have wrapped then.
 */
void ttfs_plan_derive(TtfsPlan *p, const TtfsSpike *s);

/* Cycle formula of docs/core.md (constants from hw/cycles.def) of a slot, worst case or with the
 * rates of calibration. */
uint64_t ttfs_plan_slot_cycles(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot, bool expected);

bool ttfs_plan_check(const TtfsPlan *p, const TtfsSpike *s, const char *file, TtfsDiag *diag);
/* Text; the chip stands in it whole. Print, read, print is a fixed point. */
void ttfs_plan_print(const TtfsPlan *p, TtfsBuf *out);
bool ttfs_plan_read(TtfsPlan *p, const char *file, const void *text, size_t n, TtfsDiag *diag);

#endif
