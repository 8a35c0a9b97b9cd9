/* SPDX-License-Identifier: Apache-2.0
 *
 * Temporary files and folders beside what they will become, so that one rename makes them it. A
 * name is TARGET.XXXXXXXX.ttfs-tmp, made exclusively, and its file is locked (flock) for as long as
 * the maker lives: what has such a name and no lock was left by a run that died.
 */
#ifndef TTFS_TEMPORARY_H
#define TTFS_TEMPORARY_H

#include <stdbool.h>

typedef struct TtfsTemporary {
    char path[4096]; /* "": it has become something else */
    int fd;          /* open and locked; of a folder: of no use but to hold the lock */
} TtfsTemporary;

/* A new empty file, or a folder that nobody else can enter, beside `target`. NULL: errno says why.
 * ttfs_undo removes it, with all that is in a folder; so does whoever leaves for want of memory. */
TtfsTemporary *ttfs_temporary_file(const char *target);
TtfsTemporary *ttfs_temporary_folder(const char *target);
/* Renames it; then ttfs_undo only closes it. False: errno says why. */
bool ttfs_temporary_become(TtfsTemporary *t, const char *path);
/* Whether `name` (without folders) is a temporary one of `base`; of any when base is NULL. */
bool ttfs_is_temporary(const char *name, const char *base);

/* Calls visit for each temporary of `target` (of all in the folder when it ends in a slash) that a
 * dead run of this user left, while its lock is held: nobody else visits it then. */
typedef void (*TtfsVisitLeft)(void *context, const char *path, bool folder);
void ttfs_temporary_left(const char *target, TtfsVisitLeft visit, void *context);

#endif
