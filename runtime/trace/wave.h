/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike traces as waveforms, whatever writes them: the axis is in ticks, samples one after the
 * other. A scope for every population, named as it is: `window` is 1 while its neurons may spike,
 * `spikes` how many have, and every neuron is a wire that is 1 for the tick of its spike. Of a
 * readout each neuron is a number, its potential, from its sample's end on. All are 0 before.
 */
#ifndef TTFS_WAVE_H
#define TTFS_WAVE_H

#include "trace.h"

/* Who is told. Signals are numbered from 0 in the order in which they are declared: the sample,
 * then by population window, spikes (not of a readout, but their numbers are left free) and
 * neurons. */
typedef struct {
    void *context;
    void (*scope)(void *context, const char *name); /* NULL: back to the one around it */
    void (*declare)(void *context, const char *name, uint32_t bits, uint64_t signal);
    void (*time)(void *context, uint64_t time); /* grows */
    void (*value)(void *context, uint64_t signal, uint32_t bits, uint32_t value);
} TtfsWaveSink;

/* One more than the largest number of a signal. */
uint64_t ttfs_wave_signals(const TtfsSpike *s);
void ttfs_wave_declare(const TtfsSpike *s, const TtfsWaveSink *sink);
/* Says that all are 0. */
void ttfs_wave_zeros(const TtfsSpike *s, const TtfsWaveSink *sink);
/* Sample `i` (0 the first), which begins at tick i * (latency + 1). */
void ttfs_wave_sample(const TtfsTrace *t, uint64_t i, const TtfsWaveSink *sink);
/* The population's name in letters that viewers take; with its number where that changed it, and
 * another where one that was asked for before, with the same `taken`, has it. Lies in the arena. */
const char *ttfs_wave_scope(const TtfsPopulation *p, uint32_t number, TtfsNames *taken,
                            TtfsArena *a);

#endif
