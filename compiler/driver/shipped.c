/* SPDX-License-Identifier: Apache-2.0
 *
 * Where shipped files lie, and chips by name.
 */
#include "shipped.h"

#include "nearest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHIP_LIMIT = 1 << 20 };

const char *ttfs_data_path(TtfsArena *a, const char *name) {
    const char *named = getenv("TTFS_DATA");
    if (named && *named) return ttfs_path_join(a, named, name);
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = 0;
        char *bin = ttfs_path_dir(a, exe);
        char *share = ttfs_path_join(a, ttfs_path_join(a, bin, "../share/ttfs"), name);
        if (ttfs_file_exists(share)) return share;
    }
    const char *source = TTFS_DATA_SOURCE;
    if (*source) source = ttfs_path_join(a, source, name);
    return *source && ttfs_file_exists(source) ? source : ttfs_path_join(a, TTFS_DATA_DIR, name);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Reports a name that no shipped chip has, with the nearest one that some has. */
static bool unknown_chip(const char *folder, const char *name, TtfsArena *a, TtfsDiag *diag) {
    TTFS_VEC(const char *) known = {0};
    TtfsFolder f;
    ttfs_folder_open(&f, AT_FDCWD, ttfs_path_join(a, folder, "."));
    for (const char *file; (file = ttfs_folder_next(&f)) != NULL;) {
        const char *end = strstr(file, ".json");
        if (end) *TTFS_PUSH(a, known) = ttfs_arena_strndup(a, file, (size_t)(end - file));
    }
    ttfs_folder_close(&f);
    if (known.len == 0)
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_CHIP_UNKNOWN,
                          "no chip descriptions here");
    qsort(known.at, known.len, sizeof *known.at, by_text);
    return ttfs_error(diag, TTFS_AT_FILE("--chip"), TTFS_CHIP_UNKNOWN,
                      "no chip is called '%s'; the nearest is '%s'", name,
                      ttfs_nearest(name, known.at, known.len));
}

bool ttfs_chip_load(TtfsChip *chip, const char *name, TtfsArena *a, TtfsDiag *diag) {
    const char *path = name;
    if (!strchr(name, '/') && !strstr(name, ".json")) {
        const char *folder = ttfs_data_path(a, "hw/chips");
        path = ttfs_path_join(a, folder, ttfs_arena_printf(a, "%s.json", name));
        if (!ttfs_file_exists(path)) return unknown_chip(folder, name, a, diag);
    }
    TtfsFile f;
    if (!ttfs_file_open(&f, path, CHIP_LIMIT, diag)) return false;
    bool ok = ttfs_chip_read(chip, ttfs_arena_strdup(a, path), f.bytes, f.size, a, diag);
    ttfs_file_close(&f);
    return ok;
}
