/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike traces as a value change dump (IEEE 1364-2005, 18), which waveform viewers open: the
 * waveforms of wave.h as text.
 */
#ifndef TTFS_VCD_H
#define TTFS_VCD_H

#include "trace.h"

/* Declares everything; what follows are samples. */
void ttfs_vcd_begin(const TtfsSpike *s, TtfsBuf *out);
/* Sample `i` (0 the first), which begins at tick i * (latency + 1). */
void ttfs_vcd_sample(const TtfsTrace *t, uint64_t i, TtfsBuf *out);

#endif
