/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading, folders and paths over POSIX. Removing goes down by open folders, never by path: what is
 * put in a folder's place while it is removed, a link to another say, is not followed.
 */
#include "file.h"

#include "hash.h"

#include "folder.h"

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

static void unmap(void *held) {
    const TtfsFile *f = held;
    if (f->size) munmap((void *)(uintptr_t)f->bytes, f->size);
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
    *f = (TtfsFile){.bytes = (const unsigned char *)""};
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

bool ttfs_file_sha256(const char *path, char hex[65], TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, SIZE_MAX >> 1, diag)) return false;
    ttfs_sha256_of(f.bytes, f.size, hex);
    ttfs_file_close(&f);
    return true;
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

/* Removes entry `name` of the open folder `at`. False: errno says why. */
static bool remove_at(int at, const char *name);

/* Again from the start until nothing is there: what is removed moves what follows it. */
static bool remove_entries(int at, const char *name) {
    TtfsFolder f;
    bool ok = true, any = true;
    while (ok && any) {
        if (!ttfs_folder_open_bare(&f, at, name)) return false;
        any = false;
        for (const char *entry; ok && (entry = ttfs_folder_next(&f)) != NULL; any = true)
            ok = remove_at(f.fd, entry);
        int why = errno;
        ttfs_folder_close(&f);
        errno = why;
    }
    return ok;
}

static bool remove_at(int at, const char *name) {
    struct stat st;
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
    bool folder = S_ISDIR(st.st_mode);
    if (folder && !remove_entries(at, name)) return false;
    return unlinkat(at, name, folder ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT;
}

bool ttfs_remove_tree(const char *path, TtfsDiag *diag) {
    return remove_at(AT_FDCWD, path) || ttfs_file_fault(diag, path, TTFS_FILE_WRITE);
}

bool ttfs_remove_path(const char *path) {
    return remove_at(AT_FDCWD, path);
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

enum { MOST_LINKS = 40 };

char *ttfs_path_follow(TtfsArena *a, const char *path) {
    char to[4096];
    char *at = ttfs_arena_strdup(a, path);
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t n = readlink(at, to, sizeof to - 1);
        if (n < 0) return errno == EINVAL || errno == ENOENT ? at : NULL;
        to[n] = 0;
        at = ttfs_path_join(a, *to == '/' ? "" : ttfs_path_dir(a, at), to);
    }
    errno = ELOOP;
    return NULL;
}
