/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults on purpose, so that anyone can see that verify can fail. All but a spike's are in what an
 * engine runs, and reach its arithmetic: whatever a check of the folder says to them.
 */
#ifndef TTFS_FAULT_H
#define TTFS_FAULT_H

#include "out.h"
#include "trace.h"

typedef enum {
    TTFS_FAULT_NONE,
    TTFS_FAULT_IMAGE,
    TTFS_FAULT_WEIGHT,
    TTFS_FAULT_BIAS,
    TTFS_FAULT_PROGRAM,
    TTFS_FAULT_ROUTE,
    TTFS_FAULT_SPIKE
} TtfsFaultKind;

typedef struct {
    TtfsFaultKind kind;
    /* bit of the image file; weight, counted over all connections in order; bias, over all
     * populations; bit of the program words, core by core; flow that leads into a core, core by
     * core (a chip of one core has no table of them); spike, over the run */
    uint64_t index;
} TtfsFault;

/* image:BYTE.BIT, weight:INDEX, bias:INDEX, program:WORD.BIT, route:INDEX, spike:INDEX; NULL is
 * no fault. */
bool ttfs_fault_parse(TtfsFault *f, const char *text, TtfsDiag *diag);
/* True when the fault is one of the chip's image and not of the spike graph. */
bool ttfs_fault_needs_image(const TtfsFault *f);
/* Puts the fault into a loaded folder. All bits of a weight or a bias are inverted in the spike
 * graph (w becomes -1 - w), and the image is made anew from it when there is one. A bit of the
 * image file is inverted: when a core is configured with it, in the image too, as if its checksums
 * were right, else there is no image any more; o->image_damaged and `diag` say what the reader
 * finds. A bit of a program is inverted; a route goes: its core does not get the flow. */
bool ttfs_fault_put(const TtfsFault *f, TtfsOut *o, TtfsDiag *diag);
/* Moves the spike by a tick when it is in this trace; `before`: spikes of earlier samples. */
void ttfs_fault_spike(const TtfsFault *f, TtfsTrace *t, uint64_t before);

#endif
