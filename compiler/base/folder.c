/* SPDX-License-Identifier: Apache-2.0
 *
 * Linux's getdents64 into a buffer of ours; libc's readdir asks for memory.
 */
#define _GNU_SOURCE
#include "folder.h"

#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HOW = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

bool ttfs_folder_open_bare(TtfsFolder *f, int at, const char *name) {
    f->held = NULL;
    f->at = f->end = 0;
    f->fd = openat(at, name, HOW);
    return f->fd >= 0;
}

bool ttfs_folder_open(TtfsFolder *f, int at, const char *name) {
    int *held = ttfs_hold_fd();
    if (!ttfs_folder_open_bare(f, at, name)) {
        int why = errno;
        ttfs_undo(held);
        errno = why;
        return false;
    }
    *held = f->fd;
    f->held = held;
    return true;
}

const char *ttfs_folder_next(TtfsFolder *f) {
    for (;;) {
        if (f->at == f->end) {
            ssize_t n = f->fd >= 0 ? getdents64(f->fd, f->bytes, sizeof f->bytes) : 0;
            if (n <= 0) return NULL;
            f->at = 0;
            f->end = (size_t)n;
        }
        const struct dirent64 *e = (const void *)(f->bytes + f->at);
        f->at += e->d_reclen;
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) return e->d_name;
    }
}

void ttfs_folder_close(TtfsFolder *f) {
    if (f->held)
        ttfs_undo(f->held);
    else if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    f->held = NULL;
}
