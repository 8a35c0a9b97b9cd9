/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of small files in memory, by name in byte order: the text of a folder, to be written, read,
 * hashed or held against another. What was looked at is what is used, whatever becomes of the
 * folder.
 */
#ifndef TTFS_FILE_SET_H
#define TTFS_FILE_SET_H

#include "diag.h"
#include "hash.h"

typedef struct {
    const char *name; /* without folders */
    const char *bytes;
    size_t size;
} TtfsSetFile;

/* All zeros is the empty set. */
typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsSetFile) files;
} TtfsFileSet;

void ttfs_file_set_free(TtfsFileSet *s);
/* Adds a copy; the name must not be there yet. */
void ttfs_file_set_add(TtfsFileSet *s, const char *name, const void *bytes, size_t n);
/* Adds the files of `folder` whose names end in one of `endings` (NULL ends the list); bounded in
 * number and size. Links are followed only when `links`. */
bool ttfs_file_set_read(TtfsFileSet *s, const char *folder, const char *const *endings, bool links,
                        TtfsDiag *diag);
/* Adds one file of `folder`, bounded in the same way. */
bool ttfs_file_set_read_file(TtfsFileSet *s, const char *folder, const char *name, bool links,
                             TtfsDiag *diag);
/* Writes all to a folder in the making, which is made when it is not there. */
bool ttfs_file_set_fill(const TtfsFileSet *s, const char *folder, TtfsDiag *diag);
/* Adds names, sizes and contents to a hash. */
void ttfs_file_set_hash(const TtfsFileSet *s, TtfsSha256 *h);
/* The first name that only one of the two has or whose contents are unlike; NULL: they are equal.
 */
const char *ttfs_file_set_difference(const TtfsFileSet *a, const TtfsFileSet *b);

#endif
