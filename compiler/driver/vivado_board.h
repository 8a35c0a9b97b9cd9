/* SPDX-License-Identifier: Apache-2.0
 *
 * A second project of Vivado, for a board: the chip behind the board top, with its pins.
 */
#ifndef TTFS_VIVADO_BOARD_H
#define TTFS_VIVADO_BOARD_H

#include "chip.h"
#include "synth.h"
#include "synth_work.h"

/* Whether the device has a board with pins in hw/boards. */
bool ttfs_vivado_board_there(const TtfsDevice *d);
/* board.tcl, board.xdc and board.v in the tools' folder, the Verilog of the board top, with its
 * encoder where one is wanted, in `verilog`, to be kept beside them. */
bool ttfs_vivado_board(const TtfsTools *t, const TtfsChip *chip, const TtfsSynthesis *s,
                       bool encoder, TtfsFileSet *verilog);

#endif
