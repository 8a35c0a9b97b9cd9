/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> the generated part of the Verilog: the top with its parameters, the file list, and copies
 * of the hand-written modules.
 */
#ifndef TTFS_PLAN_TO_VERILOG_H
#define TTFS_PLAN_TO_VERILOG_H

#include "file_set.h"
#include "plan.h"

/* How names of Verilog end; NULL ends the list. */
extern const char *const ttfs_verilog_endings[];

/* Adds the Verilog of a chip to an empty set: ttfs_top.v and the modules of `rtl_folder`. It
 * depends on the chip alone. */
bool ttfs_verilog_of_chip(const TtfsChip *chip, const char *rtl_folder, TtfsFileSet *out,
                          TtfsDiag *diag);

/* Writes that and filelist.f to `folder`, which is in the making. */
bool ttfs_plan_to_verilog(const TtfsPlan *p, const char *rtl_folder, const char *folder,
                          TtfsDiag *diag);

#endif
