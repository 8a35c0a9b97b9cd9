/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing. A file with a reader is written under a temporary name beside it, brought to the disk
 * and renamed, and so is the name; whatever fails before leaves the old file and nothing else. What
 * is no regular file is opened and written as a shell's `>` would, and so is the file that standard
 * output already goes to: to replace that would cut the rest of the output off.
 */
#include "file.h"

#include "guard.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor that somebody made non-blocking is waited for. */
static bool wait_for(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, -1) > 0 || errno == EINTR;
}

bool ttfs_write_all(int fd, const void *bytes, size_t n) {
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(fd)))) continue;
        if (done == 0) errno = EIO;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* ---- where the bytes go ------------------------------------------------------------------ */

/* Whoever leaves for want of memory before the end closes it. */
static void open_own(TtfsFileWriter *w, int flags) {
    w->own = ttfs_hold_fd();
    w->fd = *w->own = open(w->path, flags, 0666);
    if (w->fd < 0) w->fault = errno;
}

static void close_own(TtfsFileWriter *w) {
    if (w->fd >= 0 && close(w->fd) != 0 && !w->fault) w->fault = errno;
    *w->own = -1;
    ttfs_undo(w->own);
}

void ttfs_file_begin_fill(TtfsFileWriter *w, const char *path) {
    *w = (TtfsFileWriter){.path = path};
    unlink(path); /* not cut: somebody may have it mapped */
    open_own(w, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
}

static void remove_left(void *context, const char *path, bool folder) {
    (void)context;
    if (!folder) unlink(path);
}

/* What the new file may do is what the old one might; an old one that may not be written stays. */
static bool take_mode(int fd, const char *path, const struct stat *old) {
    if (!old) return true;
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) return false;
    struct stat new;
    if (fstat(fd, &new) == 0 && (new.st_mode & 0777) == (old->st_mode & 0777)) return true;
    return fchmod(fd, old->st_mode & 0777) == 0;
}

/* `old`: what is there now, a regular file, or NULL. */
static void begin_beside(TtfsFileWriter *w, const char *target, const struct stat *old) {
    ttfs_temporary_left(target, remove_left, NULL);
    w->target = target;
    w->temporary = ttfs_temporary_file(target);
    if (w->temporary) w->fd = w->temporary->fd;
    if (!w->temporary || !take_mode(w->fd, target, old)) w->fault = errno;
}

void ttfs_file_begin_replace(TtfsFileWriter *w, const char *path) {
    *w = (TtfsFileWriter){.path = path, .fd = -1};
    begin_beside(w, path, NULL);
}

/* Standard output or error when it is open on that file, else -1. */
static int already_open(const struct stat *file) {
    struct stat st;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
            return fd;
    return -1;
}

static void begin_in_place(TtfsFileWriter *w, const struct stat *st) {
    w->fd = already_open(st);
    w->lent = w->fd >= 0;
    if (!w->lent) open_own(w, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

void ttfs_file_begin(TtfsFileWriter *w, const char *path) {
    struct stat st;
    *w = (TtfsFileWriter){.path = path, .fd = -1};
    bool there = stat(path, &st) == 0;
    if (!there && errno != ENOENT) {
        w->fault = errno;
    } else if (there && (!S_ISREG(st.st_mode) || already_open(&st) >= 0)) {
        begin_in_place(w, &st);
    } else {
        const char *target = ttfs_path_follow(&w->arena, path);
        if (target)
            begin_beside(w, target, there ? &st : NULL);
        else
            w->fault = errno;
    }
}

/* ---- writing ----------------------------------------------------------------------------- */

void ttfs_file_put(TtfsFileWriter *w, const void *bytes, size_t n) {
    if (!w->fault && !ttfs_write_all(w->fd, bytes, n)) w->fault = errno;
}

bool ttfs_file_seeks(const TtfsFileWriter *w) {
    return w->temporary != NULL;
}

void ttfs_file_put_at(TtfsFileWriter *w, uint64_t at, const void *bytes, size_t n) {
    if (w->fault) return;
    bool ok = lseek(w->fd, (off_t)at, SEEK_SET) >= 0 && ttfs_write_all(w->fd, bytes, n) &&
              lseek(w->fd, 0, SEEK_END) >= 0;
    if (!ok) w->fault = errno;
}

/* The name changes while the file is open: its lock goes with the descriptor. */
static void end_beside(TtfsFileWriter *w) {
    if (!w->fault && (!ttfs_sync_open(w->fd) || !ttfs_temporary_become(w->temporary, w->target)))
        w->fault = errno;
    ttfs_undo(w->temporary);
    if (!w->fault && !ttfs_sync_name(w->target)) w->fault = errno;
}

bool ttfs_file_end(TtfsFileWriter *w, TtfsDiag *diag) {
    if (w->temporary)
        end_beside(w);
    else if (w->own)
        close_own(w);
    ttfs_arena_free(&w->arena);
    errno = w->fault;
    return !w->fault || ttfs_file_fault(diag, w->path, TTFS_FILE_WRITE);
}

void ttfs_file_drop(TtfsFileWriter *w) {
    if (w->temporary)
        ttfs_undo(w->temporary);
    else if (w->own)
        close_own(w);
    ttfs_arena_free(&w->arena);
}

static bool write_and_end(TtfsFileWriter *w, const void *bytes, size_t n, TtfsDiag *diag) {
    ttfs_file_put(w, bytes, n);
    return ttfs_file_end(w, diag);
}

bool ttfs_file_write(const char *path, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsFileWriter w;
    ttfs_file_begin(&w, path);
    return write_and_end(&w, bytes, n, diag);
}

bool ttfs_file_replace(const char *path, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsFileWriter w;
    ttfs_file_begin_replace(&w, path);
    return write_and_end(&w, bytes, n, diag);
}

bool ttfs_file_fill(const char *path, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsFileWriter w;
    ttfs_file_begin_fill(&w, path);
    return write_and_end(&w, bytes, n, diag);
}
