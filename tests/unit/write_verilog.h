/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilog of a chip in a folder, as compile writes it.
 */
#ifndef TTFS_WRITE_VERILOG_H
#define TTFS_WRITE_VERILOG_H

#include "chip_to_verilog.h"

static bool write_verilog(const TtfsChip *chip, const char *folder, TtfsDiag *diag) {
    TtfsFileSet files = {0};
    bool ok = ttfs_chip_to_verilog(chip, TTFS_SOURCE_DIR "/rtl", &files, diag);
    if (ok) ttfs_verilog_list(&files);
    ok = ok && ttfs_file_set_fill(&files, folder, diag);
    ttfs_file_set_free(&files);
    return ok;
}

#endif
