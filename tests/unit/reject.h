/* SPDX-License-Identifier: Apache-2.0
 *
 * Reject tests: every NAME.EXT of a folder must be refused with the messages in NAME.err beside it;
 * edits of a base.txt as NAME.txt (edits.h), changes of the base chip as NAME.json. base.txt itself
 * must be taken.
 * With TTFS_UPDATE set in the environment the .err files are written instead; review the diff.
 */
#ifndef REJECT_H
#define REJECT_H

#include "edits.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool RejectFn(const char *name, const void *bytes, size_t n, TtfsDiag *diag);

/* What the case said must be what its .err file says. */
static inline void reject_said(const char *want, const char *name, const TtfsBuf *said) {
    TtfsDiag own = {0};
    TtfsFile err;
    if (getenv("TTFS_UPDATE"))
        assert_true(ttfs_file_write(want, ttfs_buf_text(said), said->len, &own));
    assert_true(ttfs_file_open(&err, want, 1 << 20, &own));
    if (err.size != said->len || memcmp(err.bytes, said->text, said->len) != 0)
        fail_msg("%s was refused with\n%s", name, ttfs_buf_text(said));
    ttfs_file_close(&err);
    ttfs_diag_free(&own);
}

static inline void reject_one(const char *folder, const char *name, RejectFn *read) {
    TtfsArena a = {0};
    TtfsDiag diag = {0}, own = {0};
    TtfsFile in;
    TtfsBuf text = {0}, said = {0};
    const char *ext = strrchr(name, '.'), *kind = ext;
    const char *stem = ttfs_arena_strndup(&a, name, (size_t)(ext - name));
    if (strcmp(ext, ".edit") == 0) kind = ".txt";
    if (strcmp(ext, ".change") == 0) kind = ".json";
    assert_true(ttfs_file_open(&in, ttfs_path_join(&a, folder, name), 1 << 20, &own));
    case_text(folder, ext, in.bytes, in.size, &text);
    bool taken = read(ttfs_arena_printf(&a, "%s%s", stem, kind), text.text, text.len, &diag);
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    if (strcmp(name, "base.txt") == 0) {
        if (!taken) fail_msg("%s was refused with\n%s", name, ttfs_buf_text(&said));
    } else {
        if (taken) fail_msg("%s was taken", name);
        reject_said(ttfs_path_join(&a, folder, ttfs_arena_printf(&a, "%s.err", stem)), name, &said);
    }
    ttfs_file_close(&in);
    ttfs_buf_free(&text);
    ttfs_buf_free(&said);
    ttfs_diag_free(&diag);
    ttfs_diag_free(&own);
    ttfs_arena_free(&a);
}

/* Runs all of a folder, which must hold at least `least`. */
static inline void reject_folder(const char *folder, RejectFn *read, int least) {
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *dot = strrchr(e->d_name, '.');
        if (e->d_name[0] == '.' || !dot || strcmp(dot, ".err") == 0) continue;
        reject_one(folder, e->d_name, read);
        n++;
    }
    closedir(dir);
    assert_true(n >= least);
}

#endif
