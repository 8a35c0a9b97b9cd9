/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden engine: the spike graph executed tick by tick, exactly as the arithmetic is defined,
 * and nothing else. Short and obviously right; every other engine is held against it. Reads the
 * spike graph and never the plan.
 */
#ifndef TTFS_GOLDEN_H
#define TTFS_GOLDEN_H

#include "trace.h"

typedef struct TtfsGolden TtfsGolden;

TtfsGolden *ttfs_golden_open(const TtfsSpike *s);
void ttfs_golden_close(TtfsGolden *g);
/* Runs one sample. `x`: the input's integers. Fills *out (initialised for the same graph). */
void ttfs_golden_run(TtfsGolden *g, const uint16_t *x, TtfsTrace *out);
/* Is given the ticks [neurons] of each spiking population in a run, in order, before its spikes go
 * on; it may change them. */
typedef void TtfsGoldenDisturb(void *context, TtfsPop p, uint16_t *tick);
/* NULL: nobody is. */
void ttfs_golden_disturb(TtfsGolden *g, TtfsGoldenDisturb *disturb, void *context);
/* Potentials U = c + sum w x of a RELU or READOUT population at the end of its source window in the
 * last run. */
const int32_t *ttfs_golden_potentials(const TtfsGolden *g, TtfsPop p);

#endif
