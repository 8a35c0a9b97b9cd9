/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of waveforms for GTKWave (a .gtkw file) and Surfer (a .sucl file of commands): the sample,
 * window and count of every population, readouts as signed numbers, and nothing of the thousands of
 * wires, which the list of signals has.
 */
#ifndef TTFS_WAVE_VIEW_H
#define TTFS_WAVE_VIEW_H

#include "wave.h"

/* How a view of GTKWave's begins. `about`: a line of what it shows. */
void ttfs_wave_view_head(const char *dump, const char *about, TtfsBuf *out);
/* `dump`: name of the waveforms' file, beside the view. */
void ttfs_wave_view(const TtfsSpike *s, const char *dump, TtfsBuf *out);
/* Names no file: it is run when the waveforms are open. */
void ttfs_wave_commands(const TtfsSpike *s, TtfsBuf *out);

#endif
