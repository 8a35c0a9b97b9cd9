/* SPDX-License-Identifier: Apache-2.0
 *
 * The spike graph of a folder into a NIR file.
 */
#include "convert_out.h"

#include "asked.h"
#include "out.h"

static void note_order(const TtfsSpike *s, const char *file, TtfsDiag *diag) {
    if (s->order[0] != 0)
        ttfs_note(diag, TTFS_AT_FILE(file),
                  "the samples of the compiled network have their channels last, those of this "
                  "one have them first");
}

bool ttfs_convert_out(const TtfsConvertOptions *o, TtfsConverted *c, TtfsDiag *diag) {
    TtfsOut out = {0};
    TtfsBuf file = {0};
    bool ok = ttfs_asked_folder(o->folder, diag) &&
              ttfs_asked_for("-o", o->file, "a file is needed: -o net.nir", diag) &&
              ttfs_asked_outside("-o", o->file, o->folder, diag) &&
              ttfs_out_open(&out, o->folder, TTFS_OUT_SPIKE, diag) &&
              ttfs_spike_to_nir(&out.spike, o->folder, &file, &c->graph, diag) &&
              ttfs_file_write(o->file, file.text, file.len, diag);
    if (ok) note_order(&out.spike, o->file, diag);
    c->bytes = file.len;
    ttfs_buf_free(&file);
    ttfs_out_close(&out);
    return ok;
}
