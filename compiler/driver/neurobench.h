/* SPDX-License-Identifier: Apache-2.0
 *
 * The complexity metrics of NeuroBench (Yik et al., The neurobench framework for benchmarking
 * neuromorphic computing algorithms and systems, Nature Communications 16:1545, 2025; "Algorithm
 * track, complexity metrics") for a network that spikes at most once a neuron and sample. Its
 * timesteps are ticks: an activation is one neuron of a rectifying layer at one tick of its window,
 * and a spike is binary, so that a synapse that it passes is an accumulation and nothing
 * multiplies.
 */
#ifndef TTFS_NEUROBENCH_H
#define TTFS_NEUROBENCH_H

#include "json.h"
#include "trace.h"

/* Of the network. */
typedef struct {
    uint64_t footprint;      /* bytes: weights at their bits, biases and ramps at four bytes each */
    uint64_t weights, zeros; /* all, those that several connections share once; that are 0 */
    uint64_t activations;    /* RELU neurons, each at every tick of its window */
    uint64_t dense;          /* synapses, each at every tick of its source's window */
    uint32_t **fan;          /* [pops][neuron]: its synapses whose weight is not 0 */
    uint32_t *some;          /* [pops] of so many of them the sum has 32 bits */
} TtfsNeurobench;

/* Of samples. */
typedef struct {
    uint64_t active;     /* activations that are not 0 */
    uint64_t operations; /* spikes that passed a synapse whose weight is not 0 */
} TtfsActivity;

/* Counts weights; what it makes lies in the arena. Cost: weights, times positions of kernels. */
void ttfs_neurobench_open(TtfsNeurobench *n, const TtfsSpike *s, TtfsArena *a);
/* Adds what a sample did. */
void ttfs_neurobench_add(const TtfsNeurobench *n, TtfsActivity *a, const TtfsTrace *t);
/* Members footprint, connection_sparsity, activation_sparsity, synaptic_operations (a sample's in
 * the mean), as NeuroBench names them; null without `n`, when spikes were not counted. */
void ttfs_neurobench_json(const TtfsNeurobench *n, const TtfsActivity *a, uint64_t samples,
                          TtfsJson *j);

#endif
