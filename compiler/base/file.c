/* SPDX-License-Identifier: Apache-2.0
 *
 * Files over POSIX: mmap for reading, write and rename for writing.
 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool ttfs_file_fault(TtfsDiag *diag, const char *path, TtfsCode code) {
    if (errno == ENOMEM) ttfs_oom(0);
    return ttfs_error(diag, TTFS_AT_FILE(path), code, "%s", strerror(errno));
}

static void close_held(void *held) {
    const int *fd = held;
    if (*fd >= 0) close(*fd);
}

int *ttfs_hold_fd(void) {
    int *fd = ttfs_hold(sizeof *fd, close_held);
    *fd = -1;
    return fd;
}

static void unmap(void *held) {
    const TtfsFile *f = held;
    if (f->bytes) munmap((void *)(uintptr_t)f->bytes, f->size);
}

static bool map_open_file(TtfsFile *f, int fd, const char *path, size_t limit, TtfsDiag *diag) {
    struct stat st;
    if (fstat(fd, &st) != 0) return ttfs_file_fault(diag, path, TTFS_FILE_OPEN);
    if (!S_ISREG(st.st_mode))
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_OPEN, "not a regular file");
    if ((uintmax_t)st.st_size > limit)
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_SIZE,
                          "%ju bytes, at most %zu expected", (uintmax_t)st.st_size, limit);
    if (st.st_size == 0) return true;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return ttfs_file_fault(diag, path, TTFS_FILE_OPEN);
    f->bytes = p;
    f->size = (size_t)st.st_size;
    *(TtfsFile *)f->held = *f;
    return true;
}

bool ttfs_file_open(TtfsFile *f, const char *path, size_t limit, TtfsDiag *diag) {
    *f = (TtfsFile){0};
    f->held = ttfs_hold(sizeof *f, unmap);
    *(TtfsFile *)f->held = *f;
    int *fd = ttfs_hold_fd();
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ok = *fd >= 0 ? map_open_file(f, *fd, path, limit, diag)
                       : ttfs_file_fault(diag, path, TTFS_FILE_OPEN);
    ttfs_undo(fd);
    if (!ok) ttfs_file_close(f);
    return ok;
}

void ttfs_file_close(TtfsFile *f) {
    ttfs_undo(f->held);
    *f = (TtfsFile){0};
}

bool ttfs_write_all(int fd, const void *bytes, size_t n) {
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

void ttfs_file_begin(TtfsFileWriter *w, const char *path) {
    int n = snprintf(w->temporary, sizeof w->temporary, "%s.%ld.tmp", path, (long)getpid());
    w->path = path;
    w->fd = -1;
    w->fault = ENAMETOOLONG;
    if (n < 0 || (size_t)n >= sizeof w->temporary) return;
    w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    w->fault = w->fd < 0 ? errno : 0;
}

void ttfs_file_put(TtfsFileWriter *w, const void *bytes, size_t n) {
    if (!w->fault && !ttfs_write_all(w->fd, bytes, n)) w->fault = errno;
}

bool ttfs_file_end(TtfsFileWriter *w, TtfsDiag *diag) {
    if (w->fd >= 0 && close(w->fd) != 0 && !w->fault) w->fault = errno;
    if (!w->fault && rename(w->temporary, w->path) != 0) w->fault = errno;
    if (!w->fault) return true;
    if (w->fd >= 0) unlink(w->temporary);
    return ttfs_error(diag, TTFS_AT_FILE(w->path), TTFS_FILE_WRITE, "%s", strerror(w->fault));
}

bool ttfs_file_write(const char *path, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsFileWriter w;
    ttfs_file_begin(&w, path);
    ttfs_file_put(&w, bytes, n);
    return ttfs_file_end(&w, diag);
}

bool ttfs_make_folders(const char *path, TtfsDiag *diag) {
    char part[4096];
    size_t len = strlen(path);
    if (len >= sizeof part)
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_WRITE, "the path is too long");
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != 0) continue;
        char kept = part[i];
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && !ttfs_is_folder(part))
            return ttfs_error(diag, TTFS_AT_FILE(part), TTFS_FILE_WRITE, "%s", strerror(errno));
        part[i] = kept;
    }
    return true;
}

bool ttfs_file_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

bool ttfs_is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool remove_entries(const char *path, TtfsDiag *diag) {
    DIR *dir = opendir(path);
    if (!dir) return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_WRITE, "%s", strerror(errno));
    TtfsArena scratch = {0};
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            ok = ttfs_remove_tree(ttfs_path_join(&scratch, path, e->d_name), diag);
    ttfs_arena_free(&scratch);
    closedir(dir);
    return ok;
}

bool ttfs_remove_tree(const char *path, TtfsDiag *diag) {
    struct stat st;
    if (lstat(path, &st) != 0) return true;
    bool folder = S_ISDIR(st.st_mode);
    if (folder && !remove_entries(path, diag)) return false;
    if ((folder ? rmdir(path) : unlink(path)) != 0)
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_FILE_WRITE, "%s", strerror(errno));
    return true;
}

char *ttfs_path_join(TtfsArena *a, const char *dir, const char *name) {
    if (!*dir || *name == '/') return ttfs_arena_strdup(a, name);
    const char *slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
    return ttfs_arena_printf(a, "%s%s%s", dir, slash, name);
}

char *ttfs_path_dir(TtfsArena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return ttfs_arena_strdup(a, ".");
    if (slash == path) return ttfs_arena_strdup(a, "/");
    return ttfs_arena_strndup(a, path, (size_t)(slash - path));
}

const char *ttfs_path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
