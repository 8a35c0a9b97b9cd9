/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilog of an output folder, read to be simulated. Verilog can run any program meanwhile
 * ($system, DPI, C++ in it), and the folder may come from anywhere: it is taken only when it is,
 * byte for byte, what ttfs writes for the chip of the image, or when the user vouches for it. What
 * was read is what is built; the folder is not looked at again.
 */
#include "out.h"

#include "chip_to_verilog.h"
#include "shipped.h"

static bool check_rtl(TtfsOut *o, const char *folder, bool runs, TtfsDiag *diag) {
    TtfsFileSet own = {0};
    bool ok = ttfs_chip_to_verilog(&o->image.chip, ttfs_data_path(&o->arena, "rtl"), &own, diag);
    const char *name = ok ? ttfs_file_set_difference(&o->verilog, &own) : NULL;
    if (name)
        ok = ttfs_error_advice(diag, TTFS_AT_FILE(ttfs_path_join(&o->arena, folder, name)),
                               TTFS_RTL_CHANGED, runs ? NULL : "compile again",
                               "not the Verilog that this ttfs writes for the chip");
    ttfs_file_set_free(&own);
    return ok;
}

bool ttfs_out_read_rtl(TtfsOut *o, bool trusted, bool runs, TtfsDiag *diag) {
    const char *folder = ttfs_path_join(&o->arena, o->folder, "rtl");
    if (!ttfs_is_folder(folder))
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_OUT_FOLDER,
                          "no Verilog: the compilation stopped before it");
    return ttfs_file_set_read(&o->verilog, folder, ttfs_verilog_endings, trusted, diag) &&
           (trusted || check_rtl(o, folder, runs, diag));
}
