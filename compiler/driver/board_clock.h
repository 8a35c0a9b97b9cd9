/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock that a chip gets on a board.
 */
#ifndef TTFS_BOARD_CLOCK_H
#define TTFS_BOARD_CLOCK_H

#include "synth.h"

/* Decides s->clock_mhz, s->pll and s->baud_cycles of s->device by the clock that is asked for: 0 or
 * the oscillator's is without a PLL, any other the fastest that is not above it. Refused is what no
 * PLL makes, and what the UART's baud rate is no divisor of. */
bool ttfs_board_clock(double asked_mhz, TtfsSynthesis *s, TtfsDiag *diag);
/* Verilog of a module ttfs_board: the PLL, and the board top behind it, which is called
 * ttfs_board_inside then; it is in reset until the PLL has locked. `boot`: it has ports to the
 * flash. */
void ttfs_board_pll(const TtfsSynthesis *s, uint32_t flit, bool boot, TtfsBuf *out);

#endif
