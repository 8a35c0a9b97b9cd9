/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of the signals of a chip's Verilog (`run --signals`): the host's side of the chip, slots,
 * what each core gives, and when its engines are done, in place of the thousands that there are.
 */
#ifndef TTFS_CHIP_VIEW_H
#define TTFS_CHIP_VIEW_H

#include "base.h"
#include "chip.h"

/* For GTKWave; `dump`: name of the waveforms' file, beside the view. */
void ttfs_chip_view(const TtfsChip *chip, const char *dump, TtfsBuf *out);
/* For Surfer: commands. */
void ttfs_chip_commands(const TtfsChip *chip, TtfsBuf *out);

#endif
