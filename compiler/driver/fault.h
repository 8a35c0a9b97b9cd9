/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults on purpose, so that anyone can see that verify can fail.
 */
#ifndef TTFS_FAULT_H
#define TTFS_FAULT_H

#include "out.h"
#include "trace.h"

typedef enum {
    TTFS_FAULT_NONE,
    TTFS_FAULT_IMAGE,
    TTFS_FAULT_WEIGHT,
    TTFS_FAULT_SPIKE
} TtfsFaultKind;

typedef struct {
    TtfsFaultKind kind;
    uint64_t index; /* bit of the image file, weight, or spike counted over the run */
} TtfsFault;

/* image:BYTE.BIT, weight:INDEX, spike:INDEX; NULL is no fault. */
bool ttfs_fault_parse(TtfsFault *f, const char *text, TtfsDiag *diag);
/* Inverts the lowest bit of the weight (counted over all connections in order) in the spike graph,
 * and makes the image anew from it when there is one. */
bool ttfs_fault_weight(const TtfsFault *f, TtfsOut *o, TtfsDiag *diag);
/* Moves the spike by a tick when it is in this trace; `before`: spikes of earlier samples. */
void ttfs_fault_spike(const TtfsFault *f, TtfsTrace *t, uint64_t before);

#endif
