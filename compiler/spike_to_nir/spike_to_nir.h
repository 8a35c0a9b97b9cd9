/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph -> NIR file (HDF5), for a rate simulation elsewhere. In: a graph that passed its
 * check; out: the bytes. Weights and biases are those of the integer grid as real numbers: what is
 * written is the network that the chip computes, but for the rounding of its times. docs/nir.md has
 * the table of what becomes what.
 *
 * The input carries real values. A neuron is an IF of r = 1 whose threshold is its window's top,
 * T * scale, so that its rate is x / T: one spike a step is the end of the window. The half quantum
 * of the integer biases, which rounds times half up, is left out.
 */
#ifndef TTFS_SPIKE_TO_NIR_H
#define TTFS_SPIKE_TO_NIR_H

#include "spike.h"

typedef struct {
    uint32_t nodes, edges;
} TtfsNirWritten;

/* Appends the file. What NIR has no node for is an error each, with its population, all at once;
 * `file` names the graph in them. */
bool ttfs_spike_to_nir(const TtfsSpike *s, const char *file, TtfsBuf *out, TtfsNirWritten *written,
                       TtfsDiag *diag);

#endif
