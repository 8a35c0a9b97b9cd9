/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of the cache (part `synth`), by the hash of a file, that say that it was made here.
 */
#include "made_here.h"

#include "cache.h"
#include "cache_folder.h"
#include "hash.h"

#include <string.h>

static const char made[] = "made by ttfs synth";
enum { CACHE_BYTES = 1 << 20 };

static const char *folder_of(TtfsArena *a, TtfsDiag *diag) {
    return ttfs_cache_folder(ttfs_cache_named(a, "synth"), a, diag);
}

void ttfs_made_here_keep(const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *folder = folder_of(&a, diag);
    char key[65];
    ttfs_sha256_of(bytes, n, key);
    if (folder && ttfs_cache_put(folder, key, made, sizeof made - 1))
        ttfs_cache_trim(folder, CACHE_BYTES);
    else if (folder)
        ttfs_note(diag, TTFS_AT_FILE(folder),
                  "cannot be written: to verify what synth made will take --trust-rtl");
    ttfs_arena_free(&a);
}

bool ttfs_made_here(const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf said = {0};
    const char *folder = folder_of(&a, diag);
    char key[65];
    ttfs_sha256_of(bytes, n, key);
    bool known = folder && ttfs_cache_get(folder, key, &said) &&
                 strcmp(ttfs_buf_text(&said), made) == 0;
    ttfs_buf_free(&said);
    ttfs_arena_free(&a);
    return known;
}
