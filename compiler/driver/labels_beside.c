/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding labels by the name of their samples.
 */
#include "labels_beside.h"

#include <string.h>

static const char *partner(const char *samples, TtfsArena *a) {
    if (samples[0] == 'x' || samples[0] == 'X')
        return ttfs_arena_printf(a, "%c%s", samples[0] == 'x' ? 'y' : 'Y', samples + 1);
    return strcmp(samples, "arr_0") == 0 ? "arr_1" : "y";
}

bool ttfs_labels_beside(const char *path, const TtfsArray *x, TtfsArray *labels, TtfsArena *a,
                        TtfsDiag *diag) {
    TtfsDiag quiet = {0};
    if (!path || !ttfs_is_npz(path) || !x->member) return false;
    const char *name = partner(x->member, a);
    const TtfsWanted any = {.name = "y"};
    bool there =
        strcmp(name, x->member) != 0 &&
        ttfs_array_open(labels, ttfs_arena_printf(a, "%s:%s", path, name), &any, a, &quiet);
    if (quiet.errors_of[TTFS_FILE_OPEN]) ttfs_diag_append(diag, &quiet);
    ttfs_diag_free(&quiet);
    return there;
}
