/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets are small (a folder of Verilog has some twenty files), so a new file is sorted in where it
 * belongs and that is all.
 */
#include "file_set.h"

#include "folder.h"

#include "file.h"

#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 128 << 20, MOST_FILES = 1000 }; /* a netlist of 10,000 LUTs: 19 MB */

void ttfs_file_set_free(TtfsFileSet *s) {
    ttfs_arena_free(&s->arena);
    *s = (TtfsFileSet){0};
}

void ttfs_file_set_add(TtfsFileSet *s, const char *name, const void *bytes, size_t n) {
    (void)TTFS_PUSH(&s->arena, s->files);
    uint32_t at = s->files.len - 1;
    for (; at > 0 && strcmp(s->files.at[at - 1].name, name) > 0; at--)
        s->files.at[at] = s->files.at[at - 1];
    s->files.at[at] = (TtfsSetFile){ttfs_arena_strdup(&s->arena, name),
                                    ttfs_arena_strndup(&s->arena, n ? bytes : "", n), n};
}

static bool ends_in(const char *name, const char *const *endings) {
    size_t n = strlen(name);
    for (; *endings; endings++) {
        size_t m = strlen(*endings);
        if (n >= m && strcmp(name + n - m, *endings) == 0) return true;
    }
    return false;
}

bool ttfs_file_set_read_file(TtfsFileSet *s, const char *folder, const char *name, bool links,
                             TtfsDiag *diag) {
    const char *path = ttfs_path_join(&s->arena, folder, name);
    struct stat st;
    TtfsFile f;
    if (!links && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_OPEN, "a symbolic link");
    if (s->files.len == MOST_FILES)
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_LIMIT, "more than %d files", MOST_FILES);
    if (!ttfs_file_open(&f, path, FILE_LIMIT, diag)) return false;
    ttfs_file_set_add(s, name, f.bytes, f.size);
    ttfs_file_close(&f);
    return true;
}

bool ttfs_file_set_read(TtfsFileSet *s, const char *folder, const char *const *endings, bool links,
                        TtfsDiag *diag) {
    TtfsFolder f;
    TtfsArena a = {0};
    bool ok = ttfs_folder_open(&f, AT_FDCWD, ttfs_path_join(&a, folder, ".")) ||
              ttfs_file_fault(diag, folder, TTFS_FILE_OPEN);
    for (const char *name; ok && (name = ttfs_folder_next(&f)) != NULL;)
        if (ends_in(name, endings)) ok = ttfs_file_set_read_file(s, folder, name, links, diag);
    ttfs_folder_close(&f);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_file_set_fill(const TtfsFileSet *s, const char *folder, TtfsDiag *diag) {
    TtfsArena a = {0};
    bool ok = ttfs_make_folders(folder, diag);
    for (uint32_t i = 0; ok && i < s->files.len; i++) {
        const TtfsSetFile *f = &s->files.at[i];
        ok = ttfs_file_fill(ttfs_path_join(&a, folder, f->name), f->bytes, f->size, diag);
    }
    ttfs_arena_free(&a);
    return ok;
}

void ttfs_file_set_hash(const TtfsFileSet *s, TtfsSha256 *h) {
    for (uint32_t i = 0; i < s->files.len; i++) {
        const TtfsSetFile *f = &s->files.at[i];
        char size[32];
        int n = snprintf(size, sizeof size, "%zu", f->size);
        ttfs_sha256_add(h, f->name, strlen(f->name) + 1);
        ttfs_sha256_add(h, size, (size_t)n + 1);
        ttfs_sha256_add(h, f->bytes, f->size);
    }
}

const char *ttfs_file_set_difference(const TtfsFileSet *a, const TtfsFileSet *b) {
    uint32_t i = 0;
    for (; i < a->files.len && i < b->files.len; i++) {
        const TtfsSetFile *x = &a->files.at[i], *y = &b->files.at[i];
        int order = strcmp(x->name, y->name);
        if (order) return order < 0 ? x->name : y->name;
        if (x->size != y->size || memcmp(x->bytes, y->bytes, x->size) != 0) return x->name;
    }
    if (i < a->files.len) return a->files.at[i].name;
    return i < b->files.len ? b->files.at[i].name : NULL;
}
