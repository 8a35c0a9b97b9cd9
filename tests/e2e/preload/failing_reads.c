/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: the k-th call that asks the system something fails, once: what a file is,
 * its bytes, a lock, a path, another program. For tests of what a program does then:
 *     TTFS_FAIL_AT=k      which call of those below, from 1; 0 or nothing: none, calls are counted
 *     TTFS_FAIL_COUNT=F   file (must be there) that gets the number of calls at the program's end
 * The variables are gone for the programs that it starts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned calls, fail_at;
static char *count_path;

/* From here on nothing fails or counts: the rest is not the program's
 * (tests/coverage/write_counts.c). */
void stop_failing(void);
void stop_failing(void) {
    fail_at = 0;
    calls += 1u << 31;
}

__attribute__((constructor)) static void start(void) {
    const char *at = getenv("TTFS_FAIL_AT"), *path = getenv("TTFS_FAIL_COUNT");
    fail_at = at ? (unsigned)atoi(at) : 0;
    count_path = path ? strdup(path) : NULL;
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void count(void) {
    FILE *f = count_path && *count_path ? fopen(count_path, "r+") : NULL;
    if (!f) return;
    fprintf(f, "%u\n", calls & ~(1u << 31));
    fclose(f);
}

static int fails(void) {
    unsigned number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (number != fail_at) return 0;
    errno = EIO;
    return 1;
}

/* A function of libc: what it gives, its name, its parameters, its arguments, and what it gives
 * when it fails. */
#define ASKS(type, name, parameters, arguments, failure)                                           \
    type name parameters {                                                                         \
        type(*next) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name);                      \
        return fails() ? failure : next arguments;                                                 \
    }

ASKS(int, fstat64, (int fd, struct stat64 *st), (fd, st), -1)
ASKS(int, stat64, (const char *path, struct stat64 *st), (path, st), -1)
ASKS(int, lstat64, (const char *path, struct stat64 *st), (path, st), -1)
ASKS(int, fstatat64, (int at, const char *path, struct stat64 *st, int flags),
     (at, path, st, flags), -1)
ASKS(int, flock, (int fd, int operation), (fd, operation), -1)
ASKS(char *, realpath, (const char *path, char *resolved), (path, resolved), NULL)
ASKS(ssize_t, readlink, (const char *path, char *text, size_t n), (path, text, n), -1)
ASKS(char *, getcwd, (char *text, size_t n), (text, n), NULL)
ASKS(int, posix_spawnattr_init, (posix_spawnattr_t * a), (a), EAGAIN)
ASKS(int, posix_spawnattr_setflags, (posix_spawnattr_t * a, short flags), (a, flags), EINVAL)
ASKS(int, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * a), (a), EAGAIN)
ASKS(int, posix_spawnp,
     (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const *argv, char *const *environment),
     (pid, file, actions, attributes, argv, environment), EAGAIN)
ASKS(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *a, void *(*fn)(void *), void *context),
     (thread, a, fn, context), EAGAIN)

ssize_t read(int fd, void *bytes, size_t n) {
    ssize_t (*next)(int, void *, size_t) =
        (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    return fd > STDERR_FILENO && fails() ? -1 : next(fd, bytes, n);
}

/* The program has ended all the same. */
pid_t waitpid(pid_t pid, int *status, int options) {
    pid_t (*next)(pid_t, int *, int) = (pid_t(*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid");
    if (!fails()) return next(pid, status, options);
    next(pid, status, options);
    errno = ECHILD;
    return -1;
}
