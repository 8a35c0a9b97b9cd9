/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the rtl engine: flits of a turn, in and out (docs/core.md, The chip).
 */
#ifndef TTFS_SIM_FLITS_H
#define TTFS_SIM_FLITS_H

#include "image.h"
#include "sim_abi.h"
#include "trace.h"

uint32_t ttfs_image_pop_size(const TtfsImagePop *p);
const TtfsImagePop *ttfs_image_input(const TtfsImage *img);
/* The input's integers as flits, silence left out; the channels of a place follow one another, so
 * that values of one word of a core's memory do. Returns how many; room for the whole input. */
uint32_t ttfs_sim_encode(const TtfsImage *img, const uint16_t *x, uint64_t *flits);

/* Whether a flit is a part of a readout's sum. */
bool ttfs_sim_is_sum(const TtfsImage *img, uint64_t flit);

/* A readout's sum as far as its flits have come. */
typedef struct {
    uint64_t bits;
    uint32_t parts;
} TtfsSimSum;

/* Whose traces a turn fills: that of the sample that a stage is at; `nowhere` where that is none.
 */
typedef struct {
    TtfsTrace **stage;
    uint32_t stages;
    TtfsTrace *nowhere;
    bool traced; /* spikes come where sums do (register TRACE), not by the trace port */
} TtfsSimTraces;

/* Puts what left the cores and the chip into the traces. `sum`: room for `sums` readout neurons. A
 * flit of no neuron, a sum that lacks a part or has one too many is a fault of its trace; a flit of
 * no population one of `nowhere`. */
void ttfs_sim_decode(const TtfsImage *img, const TtfsSimTurn *io, TtfsSimSum *sum, uint32_t sums,
                     const TtfsSimTraces *out);

#endif
