/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> the generated part of the Verilog: the top with its parameters, the file list, and copies
 * of the hand-written modules.
 */
#ifndef TTFS_PLAN_TO_VERILOG_H
#define TTFS_PLAN_TO_VERILOG_H

#include "plan.h"

/* Writes `folder`/ttfs_top.v, the modules of `rtl_folder` and filelist.f. The text depends on the
 * chip alone. */
bool ttfs_plan_to_verilog(const TtfsPlan *p, const char *rtl_folder, const char *folder,
                          TtfsDiag *diag);

#endif
