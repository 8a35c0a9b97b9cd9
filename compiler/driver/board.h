/* SPDX-License-Identifier: Apache-2.0
 *
 * The boards in hw/boards: which pins of a device the board top has.
 */
#ifndef TTFS_BOARD_H
#define TTFS_BOARD_H

#include "base.h"
#include "chip.h"
#include "device.h"
#include "file_set.h"

/* The ports of the board top as Verilog declares them, but for trace_flit_o, the last, whose width
 * is the chip's; NULL at the end. */
extern const char *const ttfs_board_ports[];

/* Appends the pins of the board with this device, without those of bits that the chip's flits, of
 * `flit` bits, do not have, without the monitor where it has no pins for all, and without the
 * flash's but with `boot`. *pins: how many.
 */
bool ttfs_board_pins(const TtfsDevice *d, uint32_t flit, bool boot, TtfsBuf *out, uint32_t *pins,
                     TtfsArena *a, TtfsDiag *diag);
/* The Verilog of the board top, with its encoder where one is wanted. */
bool ttfs_board_verilog(bool encoder, TtfsFileSet *out, TtfsArena *a, TtfsDiag *diag);
/* The parameters of the board top for a chip: each as `before` NAME `between` VALUE `after`.
 * `cycles`: of a bit of the UART. */
void ttfs_board_parameters(const TtfsChip *chip, uint32_t cycles, bool encoder, const char *before,
                           const char *between, const char *after, TtfsBuf *out);

#endif
