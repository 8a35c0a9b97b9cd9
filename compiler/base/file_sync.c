/* SPDX-License-Identifier: Apache-2.0
 *
 * To the disk: open files, names, whole folders. Each file that is waited for costs the disk a
 * flush; so of a folder of many only the first are, then its file system is, once.
 */
#define _GNU_SOURCE /* syncfs */
#include "file.h"
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 100 };

/* Some file systems cannot; then there is nothing to wait for. */
static bool is_synced(int result) {
    return result == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

bool ttfs_sync_open(int fd) {
    return is_synced(fsync(fd));
}

static bool close_after(int fd, bool ok) {
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

bool ttfs_sync_name(const char *path) {
    TtfsArena a = {0};
    int fd = open(ttfs_path_dir(&a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ttfs_arena_free(&a);
    if (fd < 0) return errno == EACCES; /* a folder may be written and not read */
    return close_after(fd, ttfs_sync_open(fd));
}

static bool sync_at(int at, const char *name, uint32_t *left);

static bool sync_entries(int folder, uint32_t *left) {
    TtfsFolder f;
    bool ok = ttfs_folder_open_bare(&f, folder, ".");
    for (const char *name; ok && *left && (name = ttfs_folder_next(&f)) != NULL;)
        ok = sync_at(f.fd, name, left);
    int why = errno;
    ttfs_folder_close(&f);
    errno = why;
    return ok;
}

/* `left`: how many more; at 0 the rest is not waited for. */
static bool sync_at(int at, const char *name, uint32_t *left) {
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0) return false;
    bool ok = fstat(fd, &st) == 0;
    if (ok && S_ISDIR(st.st_mode)) ok = sync_entries(fd, left);
    if (*left) --*left;
    return close_after(fd, ok && ttfs_sync_open(fd));
}

static bool sync_system_of(const char *path) {
#ifdef __linux__
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && close_after(fd, is_synced(syncfs(fd)));
#else
    uint32_t left = UINT32_MAX;
    return sync_at(AT_FDCWD, path, &left);
#endif
}

bool ttfs_sync_tree(const char *path) {
    uint32_t left = MOST_FILES;
    return sync_at(AT_FDCWD, path, &left) && (left || sync_system_of(path));
}
