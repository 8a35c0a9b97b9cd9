/* SPDX-License-Identifier: Apache-2.0
 *
 * The boards in hw/boards: which pins of a device the board top has.
 */
#ifndef TTFS_BOARD_H
#define TTFS_BOARD_H

#include "base.h"
#include "device.h"

/* The ports of the board top as Verilog declares them, but for trace_flit_o, the last, whose width
 * is the chip's; NULL at the end. */
extern const char *const ttfs_board_ports[];

/* Appends the pins of the board with this device, without those of bits that the chip's flits, of
 * `flit` bits, do not have, and without the monitor where it has no pins for all. *pins: how many.
 */
bool ttfs_board_pins(const TtfsDevice *d, uint32_t flit, TtfsBuf *out, uint32_t *pins, TtfsArena *a,
                     TtfsDiag *diag);

#endif
