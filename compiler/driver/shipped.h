/* SPDX-License-Identifier: Apache-2.0
 *
 * Shipped files: chip descriptions, the Verilog, the simulator's wrapper.
 */
#ifndef TTFS_SHIPPED_H
#define TTFS_SHIPPED_H

#include "chip.h"

/* Path of a shipped file or folder ("hw/chips", "rtl", ...): $TTFS_DATA, the share folder beside
 * the program, the source tree it was built from, or where it was to be installed. */
const char *ttfs_data_path(TtfsArena *a, const char *name);
/* Reads a chip by name or path. */
bool ttfs_chip_load(TtfsChip *chip, const char *name, TtfsArena *a, TtfsDiag *diag);

#endif
