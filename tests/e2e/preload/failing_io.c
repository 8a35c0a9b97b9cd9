/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: the k-th call that changes the file system fails, once. For tests of what a
 * program does then. The environment says how:
 *     TTFS_FAIL_AT=k       which call of those below, from 1; 0 or nothing: none, calls are counted
 *     TTFS_FAIL_WITH=n     errno that it sets; SHORT: a write takes half and then no more; KILL:
 * the program ends there, by SIGKILL TTFS_FAIL_COUNT=F    file (must be there) that gets the number
 * of calls at the program's end TTFS_FAIL_ONLY=name  only this call TTFS_FAIL_EXCHANGE=1 no file
 * system can exchange two names Written are only descriptors of files: what goes to standard output
 * and error is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned calls;
static int stopped;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* From here on nothing fails or counts: the rest is not the program's
 * (tests/coverage/write_counts.c). */
void stop_failing(void);
void stop_failing(void) {
    stopped = 1;
}

/* Whether this call is the one. */
static int fails(const char *name) {
    const char *only = setting("TTFS_FAIL_ONLY");
    if (stopped || (*only && strcmp(only, name) != 0)) return 0;
    unsigned number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    return number == (unsigned)atoi(setting("TTFS_FAIL_AT"));
}

static int fault(void) {
    if (strcmp(setting("TTFS_FAIL_WITH"), "KILL") == 0) kill(getpid(), SIGKILL);
    int why = atoi(setting("TTFS_FAIL_WITH"));
    errno = why ? why : ENOSPC;
    return -1;
}

/* libc's own function of this name. */
#define NEXT(result, arguments, name)                                                              \
    result(*next) arguments = (result(*) arguments)dlsym(RTLD_NEXT, name)

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    NEXT(int, (const char *, int, ...), name);
    if (flags & (O_CREAT | O_WRONLY | O_RDWR) && fails("open")) return fault();
    return next(path, flags, mode);
}

static mode_t mode_of(int flags, va_list ap) {
    return flags & O_CREAT ? (mode_t)va_arg(ap, int) : 0;
}

int open(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return opened("open64", path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t n) {
    static int full; /* after a short write */
    NEXT(ssize_t, (int, const void *, size_t), "write");
    if (fd <= STDERR_FILENO) return next(fd, bytes, n);
    if (full) return fault();
    if (!fails("write")) return next(fd, bytes, n);
    if (strcmp(setting("TTFS_FAIL_WITH"), "SHORT") != 0) return fault();
    full = 1;
    return next(fd, bytes, n / 2);
}

int rename(const char *from, const char *to) {
    NEXT(int, (const char *, const char *), "rename");
    return fails("rename") ? fault() : next(from, to);
}

int mkdir(const char *path, mode_t mode) {
    NEXT(int, (const char *, mode_t), "mkdir");
    return fails("mkdir") ? fault() : next(path, mode);
}

int fsync(int fd) {
    NEXT(int, (int), "fsync");
    return fails("fsync") ? fault() : next(fd);
}

int ftruncate(int fd, off_t size) {
    NEXT(int, (int, off_t), "ftruncate");
    return fails("ftruncate") ? fault() : next(fd, size);
}

int fchmod(int fd, mode_t mode) {
    NEXT(int, (int, mode_t), "fchmod");
    return fails("fchmod") ? fault() : next(fd, mode);
}

/* Files only, and those that were written to: that is where a late error comes. */
int close(int fd) {
    NEXT(int, (int), "close");
    int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFL) : -1;
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || !fails("close")) return next(fd);
    next(fd);
    return fault();
}

/* renameat2 has no name of its own in every libc. */
long syscall(long number, ...) {
    NEXT(long, (long, ...), "syscall");
    long a[6];
    va_list ap;
    va_start(ap, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(ap, long);
    va_end(ap);
    if (number == SYS_renameat2 && *setting("TTFS_FAIL_EXCHANGE")) {
        errno = EINVAL; /* as file systems say that do not know it */
        return -1;
    }
    if (number == SYS_renameat2 && fails("exchange")) return fault();
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

__attribute__((destructor)) static void count(void) {
    const char *path = setting("TTFS_FAIL_COUNT");
    FILE *f = *path ? fopen(path, "r+") : NULL;
    if (!f) return;
    fprintf(f, "%u\n", calls);
    fclose(f);
}
