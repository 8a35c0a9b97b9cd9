/* SPDX-License-Identifier: Apache-2.0
 *
 * The boards in hw/boards: which pins of a device the board top has.
 */
#ifndef TTFS_BOARD_H
#define TTFS_BOARD_H

#include "base.h"

/* Appends the pins of the board with this device, without those of bits that the chip's flits, of
 * `flit` bits, do not have. *pins: how many. */
bool ttfs_board_pins(const char *device, uint32_t flit, TtfsBuf *out, uint32_t *pins, TtfsArena *a,
                     TtfsDiag *diag);

#endif
