/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies in a folder, entry by entry, without taking memory: folders are also read to remove
 * them when none is left.
 */
#ifndef TTFS_FOLDER_H
#define TTFS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int fd; /* of the folder, -1 when it is not open */
    int *held;
    size_t at, end; /* in what was read */
    union {
        uint64_t aligned; /* as the entries are */
        char bytes[2048];
    };
} TtfsFolder;

/* Opens the folder `name` of the open folder `at` (AT_FDCWD: or a path), not through a link. The
 * guard closes it when memory runs out. False: errno says why; then there is no next, and closing
 * is fine. */
bool ttfs_folder_open(TtfsFolder *f, int at, const char *name);
/* The same without taking memory, for loops that take none. */
bool ttfs_folder_open_bare(TtfsFolder *f, int at, const char *name);
/* The next name but . and .., in no order; it is good until the next call. NULL: there is none. */
const char *ttfs_folder_next(TtfsFolder *f);
void ttfs_folder_close(TtfsFolder *f);

#endif
