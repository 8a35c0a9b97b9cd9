/* SPDX-License-Identifier: Apache-2.0
 *
 * What all flows do around their tools.
 */
#include "synth_work.h"

#include "cache_folder.h"
#include "made_here.h"
#include "out_folder.h"
#include "temporary.h"

#include <string.h>

static const size_t most_bytes = (size_t)1 << 30; /* of a file that is kept */

static void remove_left(void *context, const char *path, bool folder) {
    (void)folder;
    ttfs_remove_tree(path, context);
}

bool ttfs_work_run(TtfsTools *t, const char *name, bool (*work)(void *context), void *context) {
    const char *base = ttfs_private_base(t->arena, name, t->diag);
    if (base) ttfs_temporary_left(base, remove_left, t->diag);
    TtfsTemporary *folder = base ? ttfs_temporary_folder(base) : NULL;
    if (!folder) return base && ttfs_file_fault(t->diag, base, TTFS_FILE_WRITE);
    t->work = folder->path;
    bool ok = work(context);
    t->work = NULL;
    ttfs_undo(folder);
    return ok;
}

bool ttfs_work_fill(const TtfsTools *t, const char *name, const void *bytes, size_t n) {
    return ttfs_file_fill(ttfs_path_join(t->arena, t->work, name), bytes, n, t->diag);
}

bool ttfs_work_fill_buf(const TtfsTools *t, const char *name, TtfsBuf *text) {
    bool ok = ttfs_work_fill(t, name, ttfs_buf_text(text), text->len);
    ttfs_buf_free(text);
    return ok;
}

bool ttfs_work_unread(const TtfsTools *t, const char *name) {
    return ttfs_error_advice(t->diag, TTFS_AT_FILE(name), TTFS_SYNTH_FLOW,
                             "report it with the versions of the tools",
                             "the tool's report is not what ttfs reads");
}

/* What verify simulates. */
static bool is_run(const char *name) {
    static const char *const names[] = {"netlist.v", "board.bin", "cells.v", "macros.v"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static bool copy(const TtfsTools *t, const char *name, const char *folder) {
    TtfsFile f;
    if (!ttfs_file_open(&f, ttfs_path_join(t->arena, t->work, name), most_bytes, t->diag))
        return false;
    bool ok = ttfs_file_fill(ttfs_path_join(t->arena, folder, name), f.bytes, f.size, t->diag);
    if (ok && is_run(name)) ttfs_made_here_keep(f.bytes, f.size, t->diag);
    ttfs_file_close(&f);
    return ok;
}

bool ttfs_work_keep(const TtfsTools *t, const char *place, const char *const kept[],
                    const TtfsWorkSet *sets, size_t n) {
    TtfsOutFolder f;
    bool ok = true;
    if (!ttfs_out_folder_begin(&f, t->out, place, t->arena, t->diag)) return false;
    for (size_t i = 0; ok && i < n; i++)
        ok = ttfs_file_set_fill(sets[i].files, ttfs_path_join(t->arena, f.made, sets[i].folder),
                                t->diag);
    for (size_t i = 0; ok && kept[i]; i++) ok = copy(t, kept[i], f.made);
    if (ok) return ttfs_out_commit(&f, t->diag);
    ttfs_out_abandon(&f);
    return false;
}
