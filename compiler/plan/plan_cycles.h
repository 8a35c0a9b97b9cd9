/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the cycle formula: what tasks cost the engines of a core (plan_cycles.c), of which
 * slots are made (plan_cycles_slot.c).
 */
#ifndef TTFS_PLAN_CYCLES_H
#define TTFS_PLAN_CYCLES_H

#include "plan_geometry.h"

enum {
#define TTFS_CYCLES(NAME, cycles, what) CYCLES_##NAME = cycles,
#define TTFS_CYCLES_USUAL(NAME, cycles) USUAL_##NAME = cycles,
#include "cycles.def"
#undef TTFS_CYCLES
    CYCLES_ALL = 1000000 /* ppm */
};

/* When the engines are through with what they have been given, and when the last two lists had been
 * walked for the last time; all 0 at a slot's first cycle. */
typedef struct {
    uint64_t scan, walk, chain, fire;
    uint64_t freed[2];
    uint64_t out; /* and the last result is out */
    bool dear;    /* fixed parts take the most, expected too: packers avoid many small tasks */
} TtfsEngines;

/* Of n things so many in a million, rounded up. */
uint64_t ttfs_cycles_share(uint64_t n, uint64_t ppm);
/* Flits that a task sends: all its neurons', or those that it is expected to. */
uint64_t ttfs_cycles_flits(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t,
                           bool expected);
/* Expected cycles, on top of one each, that the port of the activations takes for so many values of
 * a buffer of so many neurons, when n flows come side by side. */
uint64_t ttfs_cycles_puts(uint64_t values, uint64_t neurons, uint64_t flows);
/* Expected cycles of a task behind others that go with the number of values that it reads (of a
 * pool: that it makes). */
uint64_t ttfs_cycles_moved(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t);
/* Gives the engines a task; `puts`: cycles of the port of the activations that what arrives
 * meanwhile takes. */
void ttfs_cycles_take(const TtfsChip *chip, const TtfsSpike *s, const TtfsTask *t, bool expected,
                      uint64_t puts, TtfsEngines *at);
/* Expected cycles more of a core of a mesh where turns have no barriers, for so many values of
 * pools that it sends; near the host they wait for the host's too, which come at any time. */
uint64_t ttfs_cycles_ahead(const TtfsChip *chip, uint32_t core, uint64_t pooled, uint64_t host);
/* When the core has finished the slot. */
uint64_t ttfs_cycles_end(const TtfsChip *chip, const TtfsEngines *at, bool expected);

#endif
