/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the lift: its state, shared by its files.
 */
#ifndef TTFS_LIFT_H
#define TTFS_LIFT_H

#include "image_to_spike.h"

typedef struct {
    const TtfsImage *img;
    const char *file;
    TtfsSpike *out;
    TtfsDiag *diag;
    TtfsArena scratch;
    TtfsDescriptor *desc;    /* [core * slots + slot] */
    unsigned char **claimed; /* per core, per weight row: a slice owns it */
    bool ok;
} Lift;

/* lift_fault.c. Reports IMAGE_LIFT at a population (id 0: the image) and returns false. */
bool ttfs_lift_fault(Lift *l, uint32_t pop, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
TtfsDescriptor *ttfs_lift_desc(const Lift *l, uint32_t core, uint32_t slot);

/* Decodes the slices of a slot into the population's weights, biases and ramps. */
void ttfs_lift_slot(Lift *l, uint32_t slot);
/* Accounts for the list memories of all cores. */
void ttfs_lift_lists(Lift *l);

#endif
