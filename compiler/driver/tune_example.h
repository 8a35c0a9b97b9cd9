/* SPDX-License-Identifier: Apache-2.0
 *
 * The float network as an example: what its layers make of training samples, while their spiking
 * twins are trained.
 */
#ifndef TTFS_TUNE_EXAMPLE_H
#define TTFS_TUNE_EXAMPLE_H

#include "fast.h"
#include "net.h"
#include "session.h"
#include "tune.h"
#include "tune_move.h"

typedef struct {
    const TtfsTuneMove *move;
    const TtfsNet *net;
    TtfsFast *fast;
    TtfsFastWork *work[TTFS_TUNE_CHUNKS]; /* of a member */
    float *x[TTFS_TUNE_CHUNKS];
} TtfsTuneExample;

/* `canonical` is what `net` was made of; all must outlive it. To be closed after an error too. */
bool ttfs_tune_example_open(TtfsTuneExample *e, const TtfsTuneMove *m, const TtfsIr *canonical,
                            const TtfsNet *net, TtfsArena *a, TtfsDiag *diag);
void ttfs_tune_example_close(TtfsTuneExample *e);
/* Real values of `n` samples, as they are in that turn, to to[layer] [neuron][lanes], where that is
 * not NULL; members at a time, each once. An error where a sample cannot be read. */
bool ttfs_tune_example_show(const TtfsTuneExample *e, uint32_t member, const uint32_t *sample,
                            uint32_t n, uint32_t turn, uint32_t lanes, float *const *to,
                            TtfsDiag *diag);

#endif
