/* SPDX-License-Identifier: Apache-2.0
 *
 * Links of groups. A symbol table is a B-tree whose leaves are nodes of entries; their names lie in
 * the group's own heap. The levels of a tree must fall by one from node to node, so no circle is
 * walked for ever, and every node is paid for.
 */
#include "hdf5_bytes.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 16, SOFT = 2, GROUP_NODE = 0 };

typedef struct {
    const TtfsHdf5 *f;
    TtfsHdf5Object *group;
    TtfsHdf5Bytes names; /* the heap's data */
} Walk;

static bool damaged(const Walk *w, const char *what) {
    return ttfs_hdf5_fault(w->f, w->group->name, "its %s is damaged", what);
}

static bool open_heap(Walk *w) {
    TtfsHdf5Bytes b = ttfs_hdf5_part(w->f, w->group->heap, TTFS_HDF5_NONE);
    if (!ttfs_hdf5_sign(&b, "HEAP") || ttfs_hdf5_take(&b, 4) != 0) return damaged(w, "heap");
    uint64_t size = ttfs_hdf5_take(&b, 8);
    ttfs_hdf5_take(&b, 8);
    uint64_t at = ttfs_hdf5_take(&b, 8);
    w->names = ttfs_hdf5_part(w->f, at, size);
    return (!b.bad && !w->names.bad) || damaged(w, "heap");
}

/* The text at that place of the heap; NULL when it does not end there. */
static const char *name_at(const Walk *w, uint64_t at) {
    TtfsHdf5Bytes b = w->names;
    ttfs_hdf5_run(&b, at);
    const void *end = b.bad || b.left == 0 ? NULL : memchr(b.at, 0, b.left);
    return end ? (const char *)b.at : NULL;
}

static bool read_entry(Walk *w, TtfsHdf5Bytes *b) {
    const char *name = name_at(w, ttfs_hdf5_take(b, 8));
    uint64_t header = ttfs_hdf5_take(b, 8), cached = ttfs_hdf5_take(b, 4);
    ttfs_hdf5_run(b, 20);
    if (b->bad || !name) return damaged(w, "symbol table");
    if (cached == SOFT) return ttfs_hdf5_fault(w->f, w->group->name, "'%s' is a soft link", name);
    if (w->group->links.len == TTFS_HDF5_MOST_LINKS)
        return ttfs_hdf5_fault(w->f, w->group->name, "it has more than %d members",
                               TTFS_HDF5_MOST_LINKS);
    /* Names may lie on each other, so the file's size does not bound what they take to sort. */
    if (!ttfs_hdf5_afford(w->f, w->group->name, sizeof(TtfsHdf5Link), 64 + 32 * strlen(name)))
        return false;
    TtfsHdf5Link *link = TTFS_PUSH(w->f->arena, w->group->links);
    *link = (TtfsHdf5Link){name, header};
    return true;
}

static bool read_entries(Walk *w, uint64_t at) {
    TtfsHdf5Bytes b = ttfs_hdf5_part(w->f, at, TTFS_HDF5_NONE);
    if (!ttfs_hdf5_sign(&b, "SNOD")) return damaged(w, "symbol table");
    ttfs_hdf5_run(&b, 2);
    uint64_t n = ttfs_hdf5_take(&b, 2);
    for (uint64_t i = 0; i < n; i++)
        if (!read_entry(w, &b)) return false;
    return true;
}

/* A node of the tree; `level` is what it must have, above MOST_LEVELS: any. */
static bool read_node(Walk *w, uint64_t at, uint64_t level) {
    TtfsHdf5Bytes b = ttfs_hdf5_part(w->f, at, TTFS_HDF5_NONE);
    bool tree = ttfs_hdf5_sign(&b, "TREE") && ttfs_hdf5_take(&b, 1) == GROUP_NODE;
    uint64_t own = ttfs_hdf5_take(&b, 1), n = ttfs_hdf5_take(&b, 2);
    ttfs_hdf5_run(&b, 16 + 8); /* neighbours, the first key */
    if (!tree || b.bad || own >= MOST_LEVELS || (level <= MOST_LEVELS && own != level))
        return damaged(w, "symbol table");
    for (uint64_t i = 0; i < n; i++) {
        uint64_t child = ttfs_hdf5_take(&b, 8);
        ttfs_hdf5_take(&b, 8);
        if (b.bad) return damaged(w, "symbol table");
        if (!ttfs_hdf5_afford(w->f, w->group->name, 0, 64)) return false;
        if (!(own ? read_node(w, child, own - 1) : read_entries(w, child))) return false;
    }
    return true;
}

static int by_name(const void *a, const void *b) {
    const TtfsHdf5Link *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Sorts, and refuses a name that is there twice. */
static bool settle(const TtfsHdf5 *f, TtfsHdf5Object *group) {
    if (group->links.len)
        qsort(group->links.at, group->links.len, sizeof *group->links.at, by_name);
    for (uint32_t i = 1; i < group->links.len; i++)
        if (by_name(&group->links.at[i - 1], &group->links.at[i]) == 0)
            return ttfs_hdf5_fault(f, group->name, "it has '%s' twice", group->links.at[i].name);
    return true;
}

bool ttfs_hdf5_links(const TtfsHdf5 *f, TtfsHdf5Object *group) {
    Walk w = {.f = f, .group = group};
    if (!group->is_group) return ttfs_hdf5_fault(f, group->name, "it is no group");
    if (group->refused) return ttfs_hdf5_fault(f, group->name, "%s", group->refused);
    bool table = group->tree != TTFS_HDF5_NONE;
    if (table && !(open_heap(&w) && read_node(&w, group->tree, UINT64_MAX))) return false;
    return settle(f, group);
}

const TtfsHdf5Link *ttfs_hdf5_find(const TtfsHdf5Object *group, const char *name) {
    TtfsHdf5Link key = {.name = name};
    if (!group->links.len) return NULL;
    return bsearch(&key, group->links.at, group->links.len, sizeof key, by_name);
}

bool ttfs_hdf5_child(const TtfsHdf5 *f, const TtfsHdf5Object *group, const char *name,
                     TtfsHdf5Object *out) {
    const TtfsHdf5Link *link = ttfs_hdf5_find(group, name);
    if (!link) return false;
    const char *slash = strcmp(group->name, "/") == 0 ? "" : "/";
    return ttfs_hdf5_object(f, ttfs_arena_printf(f->arena, "%s%s%s", group->name, slash, name),
                            link->header, out);
}
