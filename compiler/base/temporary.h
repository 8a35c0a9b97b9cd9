/* SPDX-License-Identifier: Apache-2.0
 *
 * Temporary files and folders beside what they will become, so that one rename makes them it. A
 * name is TARGET.XXXXXXXX.ttfs-tmp, made exclusively, and its file is locked (flock) for as long as
 * the maker lives: what has such a name and no lock was left by a run that died.
 */
#ifndef TTFS_TEMPORARY_H
#define TTFS_TEMPORARY_H

#include <stdbool.h>

typedef struct {
    char path[4096];
    int fd; /* open and locked; of a folder: of no use but to hold the lock. -1: none */
} TtfsTemporary;

/* A new empty file, or a folder that nobody else can enter, beside `target`. False: errno says why,
 * and t->fd is -1. The caller renames or removes it, then closes t->fd. */
bool ttfs_temporary_file(TtfsTemporary *t, const char *target);
bool ttfs_temporary_folder(TtfsTemporary *t, const char *target);
/* Whether `name` (without folders) is a temporary one of `base`; of any when base is NULL. */
bool ttfs_is_temporary(const char *name, const char *base);

/* Calls visit for each temporary of `target` (of all in the folder when it ends in a slash) that a
 * dead run of this user left, while its lock is held: nobody else visits it then. */
typedef void (*TtfsVisitLeft)(void *context, const char *path, bool folder);
void ttfs_temporary_left(const char *target, TtfsVisitLeft visit, void *context);

#endif
