/* SPDX-License-Identifier: Apache-2.0
 *
 * HDF5 files that lie in memory, read and written: what NIR needs of the format ("HDF5 File Format
 * Specification", version 3.0), and nothing else. Read are superblocks 0 to 3, object headers 1 and
 * 2, groups with symbol tables or links in their header, datasets that are compact, contiguous or
 * in chunks (version 1 B-tree) with gzip and shuffle, of integers, IEEE floats, and texts of fixed
 * or variable length. Everything else is refused by its name when it is asked for: external and
 * soft links, other filters, committed and compound types.
 *
 * Invariant: no byte outside the file is looked at; memory and work are bounded by the budget and
 * by the file's size, depth by constants; nothing here keeps state between calls.
 */
#ifndef TTFS_HDF5_H
#define TTFS_HDF5_H

#include "base.h"

enum {
    TTFS_HDF5_MOST_RANK = 8,
    TTFS_HDF5_MOST_FILTERS = 4,
    TTFS_HDF5_MOST_LINKS = 1000000 /* of a group */
};

typedef struct {
    const char *path; /* in messages */
    const unsigned char *bytes;
    uint64_t size;
    TtfsArena *arena; /* what is read lies here */
    TtfsBudget *budget;
    TtfsDiag *diag;
    uint64_t root; /* address of the root group's header */
} TtfsHdf5;

/* True when the bytes begin as an HDF5 file does. */
bool ttfs_hdf5_is(const unsigned char *bytes, uint64_t n);
/* Reads the superblock; path, bytes, size, arena, budget and diag are set before. */
bool ttfs_hdf5_open(TtfsHdf5 *f);

typedef enum {
    TTFS_HDF5_INTEGER,
    TTFS_HDF5_FLOAT,
    TTFS_HDF5_TEXT,          /* of `bytes` bytes */
    TTFS_HDF5_VARIABLE_TEXT, /* in the global heap */
    TTFS_HDF5_OTHER
} TtfsHdf5Class;

typedef struct {
    const char *name; /* "/node/nodes/fc1/weight" */
    bool is_group, has_space, has_type, has_layout;
    const char *refused; /* why its contents cannot be read; NULL: they can */
    /* of a dataset: shape, type */
    uint32_t rank;
    uint64_t dim[TTFS_HDF5_MOST_RANK], count;
    TtfsHdf5Class kind;
    uint32_t bytes; /* of an element */
    bool big, is_signed;
    /* where it lies: address and bytes, or a B-tree of chunks */
    bool chunked, compact;
    uint64_t at, length;
    uint64_t chunk[TTFS_HDF5_MOST_RANK];
    struct {
        uint32_t id, size;
    } filter[TTFS_HDF5_MOST_FILTERS];
    uint32_t filters;
    /* of a group: a symbol table, or links in the header */
    uint64_t tree, heap;
    TTFS_VEC(struct TtfsHdf5Link) links;
} TtfsHdf5Object;

typedef struct TtfsHdf5Link {
    const char *name;
    uint64_t header;
} TtfsHdf5Link;

/* The object whose header is at `header`; `name` names it in messages. */
bool ttfs_hdf5_object(const TtfsHdf5 *f, const char *name, uint64_t header, TtfsHdf5Object *out);
/* Fills the links of a group, in the order of their names, each name once. */
bool ttfs_hdf5_links(const TtfsHdf5 *f, TtfsHdf5Object *group);
/* The link of that name, NULL when there is none. */
const TtfsHdf5Link *ttfs_hdf5_find(const TtfsHdf5Object *group, const char *name);
/* The object behind the link of that name: false when there is none, without a word, or when it
 * cannot be read, with one. */
bool ttfs_hdf5_child(const TtfsHdf5 *f, const TtfsHdf5Object *group, const char *name,
                     TtfsHdf5Object *out);

/* All elements of a dataset, `count` of them. Integers become floats; floats become integers when
 * they are whole. */
bool ttfs_hdf5_floats(const TtfsHdf5 *f, const TtfsHdf5Object *o, float **out);
bool ttfs_hdf5_integers(const TtfsHdf5 *f, const TtfsHdf5Object *o, int64_t **out);
bool ttfs_hdf5_texts(const TtfsHdf5 *f, const TtfsHdf5Object *o, const char ***out);

#endif
