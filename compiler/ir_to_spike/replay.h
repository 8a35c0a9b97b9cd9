/* SPDX-License-Identifier: Apache-2.0
 *
 * Replay: one layer over many samples, for what the quantiser learns from calibration. Values are
 * float32, lanes of samples side by side: a block holds [neuron][lane]. Sums are made in one order,
 * so that nothing depends on threads or on a processor's vectors. Integers are exact to 2^24.
 * Private to ir_to_spike.
 */
#ifndef TTFS_REPLAY_H
#define TTFS_REPLAY_H

#include "net.h"

enum { TTFS_LANES = 32 };

/* No neuron of the source: a tap in the padding. */
#define TTFS_NO_NEURON UINT32_MAX

/* The source's neurons under the `row` weights of a term, at a position of the layer, for a group
 * of its channels; of a matrix those of any neuron. */
void ttfs_replay_patch(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                       uint32_t group, uint32_t y, uint32_t x, uint32_t *neuron);
/* sum += weights x, of one block; weights as the term's own lie. */
void ttfs_replay_sum(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                     const float *weights, const float *x, float *sum, TtfsArena *scratch);
/* The largest, or smallest, of each patch, of one block. */
void ttfs_replay_pool(const TtfsNetLayer *src, const TtfsNetLayer *to, const TtfsTerm *t,
                      const float *x, float *out, TtfsArena *scratch);

#endif
