/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> the generated part of the Verilog: the top with its parameters, the file list, and copies
 * of the hand-written modules.
 */
#ifndef TTFS_CHIP_TO_VERILOG_H
#define TTFS_CHIP_TO_VERILOG_H

#include "chip.h"
#include "file_set.h"

/* How names of Verilog end; NULL ends the list. */
extern const char *const ttfs_verilog_endings[];

/* Adds the Verilog of a chip to an empty set: ttfs_top.v and the modules of `rtl_folder`. It
 * depends on the chip alone. */
bool ttfs_chip_to_verilog(const TtfsChip *chip, const char *rtl_folder, TtfsFileSet *out,
                          TtfsDiag *diag);

/* Adds filelist.f, which names the modules for other tools. */
void ttfs_verilog_list(TtfsFileSet *verilog);

#endif
