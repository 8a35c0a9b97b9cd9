/* SPDX-License-Identifier: Apache-2.0
 *
 * Names are unique by O_EXCL, not by being clever: the process, a clock and a counter only make a
 * second try rare. A name can be seen before it is locked; whoever cleans takes the lock first, and
 * a maker that does not get its own lock, or finds its file gone, makes another. Where a file
 * system has no locks, nothing is ever taken for left.
 */
#include "temporary.h"

#include "arena.h"
#include "file.h"
#include "folder.h"
#include "guard.h"
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100, DIGITS = 8, LONGEST_BASE = 200 }; /* of a name's 255 bytes */
static const char ending[] = ".ttfs-tmp";

/* How many bytes of a target's name its temporaries carry. */
static size_t kept_of(const char *base) {
    size_t n = strlen(base);
    return n < LONGEST_BASE ? n : LONGEST_BASE;
}

static bool make_name(TtfsTemporary *t, const char *target) {
    static atomic_uint counter;
    struct timespec now;
    char seed[96], hex[65];
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(seed, sizeof seed, "%ld %lld %ld %u", (long)getpid(), (long long)now.tv_sec,
             now.tv_nsec, atomic_fetch_add(&counter, 1));
    ttfs_sha256_of(seed, strlen(seed), hex);
    const char *base = ttfs_path_base(target);
    int n = snprintf(t->path, sizeof t->path, "%.*s%.*s.%.*s%s", (int)(base - target), target,
                     (int)kept_of(base), base, DIGITS, hex, ending);
    if (n > 0 && (size_t)n < sizeof t->path) return true;
    errno = ENAMETOOLONG;
    return false;
}

/* When it is not, errno is EEXIST, or says why nobody knows. */
static bool is_still_there(int fd, const char *path) {
    struct stat held, named;
    if (fstat(fd, &held) != 0) return false;
    bool named_so = lstat(path, &named) == 0;
    if (named_so && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return true;
    if (named_so || errno == ENOENT) errno = EEXIST;
    return false;
}

/* Whether the fresh file or folder is the maker's: cleaners keep off. errno as above. */
static bool claim(const TtfsTemporary *t) {
    bool theirs = flock(t->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (theirs) errno = EEXIST;
    return !theirs && is_still_there(t->fd, t->path);
}

static int make(const char *path, bool folder) {
    int flags = O_CLOEXEC | O_NOFOLLOW;
    if (!folder) return open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0666);
    if (mkdir(path, 0700) != 0) return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | flags);
    int why = errno == ENOENT ? EEXIST : errno; /* somebody has cleaned it away already */
    if (fd < 0) rmdir(path);
    errno = why;
    return fd;
}

/* Takes no memory. */
static void drop(void *held) {
    TtfsTemporary *t = held;
    if (t->fd < 0) return;
    if (*t->path) ttfs_remove_path(t->path);
    close(t->fd);
}

/* One try; errno is EEXIST when another may do. */
static bool try_to_make(TtfsTemporary *t, const char *target, bool folder) {
    if (!make_name(t, target)) return false;
    t->fd = make(t->path, folder);
    if (t->fd < 0) return false;
    if (claim(t)) return true;
    int why = errno;
    if (why == EEXIST)
        close(t->fd); /* what has the name now is another's affair */
    else
        drop(t);
    t->fd = -1;
    errno = why;
    return false;
}

static TtfsTemporary *make_temporary(const char *target, bool folder) {
    TtfsTemporary *t = ttfs_hold(sizeof *t, drop);
    t->fd = -1;
    for (int i = 0; i < TRIES; i++) {
        if (try_to_make(t, target, folder)) return t;
        if (errno != EEXIST) break;
    }
    int why = errno;
    ttfs_undo(t);
    errno = why;
    return NULL;
}

TtfsTemporary *ttfs_temporary_file(const char *target) {
    return make_temporary(target, false);
}

TtfsTemporary *ttfs_temporary_folder(const char *target) {
    return make_temporary(target, true);
}

bool ttfs_temporary_become(TtfsTemporary *t, const char *path) {
    if (rename(t->path, path) != 0) return false;
    *t->path = 0;
    return true;
}

bool ttfs_is_temporary(const char *name, const char *base) {
    size_t n = strlen(name), least = 1 + DIGITS + sizeof ending - 1;
    if (n <= least || strcmp(name + n - (sizeof ending - 1), ending) != 0) return false;
    const char *dot = name + n - least;
    if (*dot != '.' || strspn(dot + 1, "0123456789abcdef") != DIGITS) return false;
    size_t own = (size_t)(dot - name);
    return !base || (own == kept_of(base) && strncmp(name, base, own) == 0);
}

static void visit_if_dead(const char *path, TtfsVisitLeft visit, void *context) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    bool ours = fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
                (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1));
    if (ours && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still_there(fd, path))
        visit(context, path, S_ISDIR(st.st_mode));
    close(fd);
}

void ttfs_temporary_left(const char *target, TtfsVisitLeft visit, void *context) {
    TtfsArena a = {0};
    const char *folder = ttfs_path_dir(&a, target), *base = ttfs_path_base(target);
    TTFS_VEC(const char *) left = {0};
    TtfsFolder f;
    ttfs_folder_open(&f, AT_FDCWD, ttfs_path_join(&a, folder, "."));
    for (const char *name; (name = ttfs_folder_next(&f)) != NULL;)
        if (ttfs_is_temporary(name, *base ? base : NULL))
            *TTFS_PUSH(&a, left) = ttfs_path_join(&a, folder, name);
    ttfs_folder_close(&f);
    for (uint32_t i = 0; i < left.len; i++) visit_if_dead(left.at[i], visit, context);
    ttfs_arena_free(&a);
}
