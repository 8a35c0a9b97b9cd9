/* SPDX-License-Identifier: Apache-2.0
 *
 * A view of waveforms for GTKWave (a .gtkw file): the sample, window and count of every population,
 * readouts as signed numbers, and nothing of the thousands of wires, which the list of signals has.
 */
#ifndef TTFS_WAVE_VIEW_H
#define TTFS_WAVE_VIEW_H

#include "wave.h"

/* `dump`: name of the waveforms' file, beside the view. */
void ttfs_wave_view(const TtfsSpike *s, const char *dump, TtfsBuf *out);

#endif
