/* SPDX-License-Identifier: Apache-2.0
 *
 * Hash table with linear probing, at most half full. Only equality of names is asked of it, so no
 * order of the output depends on the hash.
 */
#include "names.h"

#include <string.h>

static TtfsName *slot_of(const TtfsNames *n, const char *name) {
    uint64_t h = 14695981039346656037u;
    for (const char *p = name; *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211u;
    uint32_t i = (uint32_t)(h & (n->cap - 1));
    while (n->at[i].name && strcmp(n->at[i].name, name) != 0) i = (i + 1) & (n->cap - 1);
    return &n->at[i];
}

static void grow(TtfsNames *n, TtfsArena *a) {
    TtfsNames wider = {.len = n->len, .cap = n->cap ? n->cap * 2 : 64};
    wider.at = TTFS_ARRAY(a, TtfsName, wider.cap);
    for (uint32_t i = 0; i < n->cap; i++)
        if (n->at[i].name) *slot_of(&wider, n->at[i].name) = n->at[i];
    *n = wider;
}

const char *ttfs_names_take(TtfsNames *n, const char *wanted, TtfsArena *a) {
    if (!wanted || !*wanted) wanted = "layer";
    if (2 * (n->len + 1) > n->cap) grow(n, a);
    TtfsName *first = slot_of(n, wanted), *own = first;
    const char *name = wanted;
    while (own->name) {
        name = ttfs_arena_printf(a, "%s_%u", wanted, first->copy++);
        own = slot_of(n, name);
    }
    if (name == wanted) name = ttfs_arena_strdup(a, wanted);
    *own = (TtfsName){name, 2};
    n->len++;
    return name;
}
