/* SPDX-License-Identifier: Apache-2.0
 *
 * A view's text -> its file, unless there is one.
 */
#include "view_file.h"

#include "asked.h"

#include <string.h>

enum { OWN = 4 /* ".vcd", ".fst" */ };

static const char *view_of(const char *dump, const char *ending, TtfsArena *a) {
    size_t n = strlen(dump);
    return ttfs_arena_printf(a, "%.*s%s", n > OWN ? (int)(n - OWN) : 0, dump, ending);
}

bool ttfs_view_file(const char *dump, const char *ending, const TtfsBuf *text, TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *path = view_of(dump, ending, &a);
    bool ok = ttfs_file_exists(path) || ttfs_file_write(path, text->text, text->len, diag);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_view_shared(const char *dump, const char *other) {
    TtfsArena a = {0};
    bool shared = ttfs_asked_one_file(view_of(dump, ".gtkw", &a), view_of(other, ".gtkw", &a));
    ttfs_arena_free(&a);
    return shared;
}
