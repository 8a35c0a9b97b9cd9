/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a simulation -> a file. What comes when the file is no longer open goes nowhere.
 */
#include "chip_waves.h"

#include "chip_view.h"
#include "kept.h"
#include "view_file.h"

#include <math.h>

static void put(void *context, const char *bytes, uint64_t n) {
    TtfsChipWaves *w = context;
    if (w->open) ttfs_file_put(&w->out, bytes, n);
}

static bool has_views(const char *trace) {
    return ttfs_kept_as(trace, ".vcd") || ttfs_kept_as(trace, ".fst");
}

bool ttfs_chip_waves_check(const char *path, bool rtl, const char *shard, const char *trace,
                           TtfsDiag *diag) {
    const char *why = !path                         ? NULL
                      : !rtl                        ? "only engine rtl has the signals of a chip"
                      : shard                       ? "a shard writes what is counted alone"
                      : !ttfs_kept_as(path, ".vcd") ? "a file that ends with .vcd is expected"
                      : trace && has_views(trace) && ttfs_view_shared(path, trace)
                          ? "the views beside it (.gtkw, .sucl) would be those of --trace"
                          : NULL;
    return !why ||
           ttfs_error(diag, TTFS_AT_FILE("--signals"), TTFS_OPTION_VALUE, "'%s': %s", path, why);
}

bool ttfs_chip_waves_open(TtfsChipWaves *w, const char *path, const TtfsChip *chip,
                          TtfsDiag *diag) {
    const double half_us = 0.5e6; /* picoseconds */
    w->path = path;
    w->chip = chip;
    ttfs_file_begin(&w->out, path);
    w->open = true;
    w->waves = (TtfsSimWaves){put, w, (uint64_t)fmax(1, rint(half_us / chip->clock_mhz))};
    return ttfs_chip_waves_go_on(w, diag);
}

bool ttfs_chip_waves_go_on(TtfsChipWaves *w, TtfsDiag *diag) {
    return !w->open || !w->out.fault || ttfs_chip_waves_end(w, diag);
}

static bool write_views(const TtfsChipWaves *w, TtfsDiag *diag) {
    TtfsBuf view = {0}, commands = {0};
    ttfs_chip_view(w->chip, ttfs_path_base(w->path), &view);
    ttfs_chip_commands(w->chip, &commands);
    bool ok = ttfs_view_file(w->path, ".gtkw", &view, diag) &&
              ttfs_view_file(w->path, ".sucl", &commands, diag);
    ttfs_buf_free(&view);
    ttfs_buf_free(&commands);
    return ok;
}

bool ttfs_chip_waves_end(TtfsChipWaves *w, TtfsDiag *diag) {
    if (!w->open) return true;
    w->open = false;
    return ttfs_file_end(&w->out, diag) && write_views(w, diag);
}

void ttfs_chip_waves_close(TtfsChipWaves *w) {
    if (w->open) ttfs_file_drop(&w->out);
    w->open = false;
}
