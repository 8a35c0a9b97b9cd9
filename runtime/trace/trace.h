/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike trace: what an engine did with one sample. The tick of every neuron of every spiking
 * population and the potentials of the readouts. Two engines agree when their traces are equal, all
 * of them.
 */
#ifndef TTFS_TRACE_H
#define TTFS_TRACE_H

#include "spike.h"

enum { TTFS_SILENT = 0xffff };

typedef struct {
    const TtfsSpike *spike;
    uint64_t *first;    /* per population (index id - 1): where its neurons start in `tick`, a
                           readout's in `potential` */
    uint64_t neurons;   /* in all spiking populations, the input included */
    uint16_t *tick;     /* tick of the spike in its population's window, or TTFS_SILENT */
    uint32_t readouts;  /* neurons of all readouts */
    int32_t *potential; /* of the readouts' neurons, in order of population */
    uint32_t faults;    /* what no trace can hold: a second spike of a neuron, a spike outside its
                           population, an engine that gave up */
    char fault[160];    /* the first of them, in words */
    uint64_t cycles; /* clock cycles of a turn in which every layer had a sample, that in which its
                        last result came; 0 when the engine has no clock */
    uint64_t latency_cycles; /* of all turns from its start to its last result */
} TtfsTrace;

void ttfs_trace_init(TtfsTrace *t, const TtfsSpike *s, TtfsArena *a);
/* All silent, potentials 0. */
void ttfs_trace_clear(TtfsTrace *t);
uint16_t *ttfs_trace_ticks(const TtfsTrace *t, TtfsPop p);
/* Neurons of a population whose tick is `at`. */
uint64_t ttfs_trace_at(const TtfsTrace *t, TtfsPop p, uint16_t at);
uint64_t ttfs_trace_spikes(const TtfsTrace *t, TtfsPop p);
/* Spikes of hidden (RELU and POOL) populations / hidden neurons is the caller's to divide. */
uint64_t ttfs_trace_hidden_spikes(const TtfsTrace *t);
uint64_t ttfs_trace_hidden_neurons(const TtfsTrace *t);
int32_t *ttfs_trace_potentials(const TtfsTrace *t, TtfsPop readout);
/* The real values of an output, in the order of its elements. */
void ttfs_trace_output(const TtfsTrace *t, const TtfsOutput *o, double *values);
/* Class: argmax of the first output, the lowest index on ties. */
uint32_t ttfs_trace_class(const TtfsTrace *t);
/* Puts the input's spikes into a trace: x as ttfs_spike_encode gives. */
void ttfs_trace_set_input(TtfsTrace *t, const uint16_t *x);
/* Records a spike an engine reports, or counts a fault. */
void ttfs_trace_add(TtfsTrace *t, TtfsPop p, uint32_t neuron, uint32_t tick);

/* Counts another fault; the text is kept when it is the first. */
void ttfs_trace_fault(TtfsTrace *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

typedef struct {
    bool readout; /* the difference is in a potential */
    TtfsPop pop;
    uint32_t neuron;
    int64_t want, got; /* ticks (-1 = silent) or potentials */
} TtfsDifference;

/* Counts the differences of `got` against `want`; the first, in order of population and neuron, in
 * *first. Faults of either count. */
uint64_t ttfs_trace_compare(const TtfsTrace *want, const TtfsTrace *got, TtfsDifference *first);
/* Appends the trace as text, one line a spike in order of population, tick, neuron, then the
 * readout. */
void ttfs_trace_print(const TtfsTrace *t, TtfsBuf *out);

#endif
