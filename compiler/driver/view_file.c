/* SPDX-License-Identifier: Apache-2.0
 *
 * A view's text -> its file, unless there is one.
 */
#include "view_file.h"

#include <string.h>

enum { OWN = 4 /* ".vcd", ".fst" */ };

static size_t stem(const char *dump) {
    size_t n = strlen(dump);
    return n > OWN ? n - OWN : 0;
}

bool ttfs_view_file(const char *dump, const char *ending, const TtfsBuf *text, TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *path = ttfs_arena_printf(&a, "%.*s%s", (int)stem(dump), dump, ending);
    bool ok = ttfs_file_exists(path) || ttfs_file_write(path, text->text, text->len, diag);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_view_shared(const char *dump, const char *other) {
    return stem(dump) == stem(other) && strncmp(dump, other, stem(dump)) == 0;
}
