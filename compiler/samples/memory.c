/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays from memory. In: a type, a shape and where the elements lie; out: an array of exactly
 * these bytes. Nothing is copied.
 */
#include "samples.h"

#include "samples_inside.h"

#include <string.h>

static bool take_type(TtfsArray *a, const char *type, TtfsDiag *diag) {
    for (uint32_t i = 0; type && i <= TTFS_F64; i++) {
        a->type = (TtfsElement)i;
        if (strcmp(type, ttfs_element_name(a->type)) == 0) return true;
    }
    return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                      "'%s' is no type of numbers that samples can have", type ? type : "");
}

bool ttfs_array_of(TtfsArray *a, const TtfsValues *values, TtfsArena *arena, TtfsDiag *diag) {
    *a = (TtfsArray){.file = ttfs_arena_strdup(arena, values->name ? values->name : "memory"),
                     .rank = values->rank,
                     .data = values->data};
    if (!take_type(a, values->type, diag)) return false;
    if (a->rank > TTFS_ARRAY_RANK) return ttfs_samples_fault(a, "more than 8 axes", diag);
    memcpy(a->dim, values->dim, a->rank * sizeof *a->dim);
    if (!ttfs_samples_shape(a, TTFS_SAMPLES_LIMIT * 8, diag)) return false;
    return a->data || a->samples * a->elements == 0 || ttfs_samples_fault(a, "no data", diag);
}

bool ttfs_array_take(TtfsArray *a, const TtfsValues *values, const char *path,
                     const TtfsWanted *want, TtfsArena *arena, TtfsDiag *diag) {
    return values ? ttfs_array_of(a, values, arena, diag)
                  : ttfs_array_open(a, path, want, arena, diag);
}
