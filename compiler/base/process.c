/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs by posix_spawn. In: fixed lists of arguments, never a line for a shell. Each has a mark
 * in its environment, which what it starts inherits: by it all that is found that is to end with
 * it.
 */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include "process.h"

#include "clock.h"
#include "folder.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DEEPEST = 16, /* children of children that are looked for */
    MARK = 96,    /* bytes of a mark, with its end */
    PASSES = 200  /* over all processes, until none has the mark */
};

extern char **environ;

/* A program must be told of a broken pipe as usual, though this one ignores it. */
static int set_signals(posix_spawnattr_t *attributes) {
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    int bad = posix_spawnattr_setsigdefault(attributes, &usual);
    return bad ? bad : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

static int set_files(posix_spawn_file_actions_t *actions, const char *folder, const char *log) {
    int flags = O_WRONLY | O_CREAT | O_APPEND;
    int bad = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!bad) bad = posix_spawn_file_actions_addopen(actions, 1, log, flags, 0666);
    if (!bad) bad = posix_spawn_file_actions_adddup2(actions, 1, 2);
    if (!bad && folder) bad = posix_spawn_file_actions_addchdir_np(actions, folder);
    return bad;
}

/* What the mark of a program that this process started begins with. */
static void mark_of_this(char mark[MARK]) {
    snprintf(mark, MARK, "TTFS_STARTED_%d_", (int)getpid());
}

/* The environment with a mark that no other program has: a thread starts one at a time. */
static char **marked_environment(TtfsArena *a) {
    char mark[MARK];
    size_t n = 0;
    while (environ && environ[n]) n++;
    char **all = TTFS_ARRAY(a, char *, n + 2);
    mark_of_this(mark);
    all[0] = ttfs_arena_printf(a, "%s%d_%.0f=", mark, (int)gettid(), ttfs_now() * 1e9);
    if (n) memcpy(all + 1, environ, n * sizeof *all);
    return all;
}

const char *ttfs_process_path(const char *name, TtfsArena *a) {
    const char *at = getenv("PATH");
    for (size_t n; at && *at; at += n + (at[n] == ':')) {
        n = strcspn(at, ":");
        const char *path = ttfs_arena_printf(a, "%.*s/%s", (int)n, at, name);
        if (*at == '/' && access(path, X_OK) == 0) return path;
    }
    return NULL;
}

static int start(pid_t *pid, char *const *argv, char *const *environment, const char *folder,
                 const char *log) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int bad = posix_spawnattr_init(&attributes);
    if (bad) return bad;
    bad = posix_spawn_file_actions_init(&actions);
    if (!bad) {
        bad = set_files(&actions, folder, log);
        if (!bad) bad = set_signals(&attributes);
        if (!bad) bad = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return bad;
}

pid_t ttfs_process_start(const char *const argv[], const char *folder, const char *log) {
    char *const *arguments = (char *const *)(uintptr_t)argv; /* they are not written to */
    TtfsArena a = {0};
    pid_t pid = 0;
    int bad = start(&pid, arguments, marked_environment(&a), folder, log);
    ttfs_arena_free(&a);
    if (bad == ENOMEM) ttfs_oom(0);
    errno = bad;
    return bad ? 0 : pid;
}

bool ttfs_process_finish(pid_t pid) {
    int status = -1;
    if (pid <= 0) return false;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The parent of the process that /proc/NAME tells of; 0: there is none. */
static pid_t parent_of(const char *name) {
    char path[64], text[512];
    if (*name < '0' || *name > '9' || strlen(name) > 16) return 0;
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC), parent = 0;
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) close(fd);
    if (n <= 0) return 0;
    text[n] = 0; /* "PID (NAME) STATE PARENT ..."; NAME may hold brackets */
    const char *behind = strrchr(text, ')');
    return behind && sscanf(behind, ") %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

/* Kills a program and all that it started. It is stopped first, so that it starts nothing
 * meanwhile. (As a group of processes of its own it would not hear what a terminal tells this one.)
 */
static bool kill_tree(pid_t pid, int depth) {
    TtfsFolder f;
    kill(pid, SIGSTOP);
    if (depth < DEEPEST && ttfs_folder_open_bare(&f, AT_FDCWD, "/proc")) {
        for (const char *name; (name = ttfs_folder_next(&f)) != NULL;)
            if (parent_of(name) == pid) kill_tree((pid_t)atoi(name), depth + 1);
        ttfs_folder_close(&f);
    }
    return kill(pid, SIGKILL) == 0;
}

/* Whether an environment has an entry that begins so; the start of that. */
static bool find_entry(int fd, const char *begin, char entry[MARK]) {
    char text[4096];
    size_t at = 0;
    for (ssize_t n; (n = read(fd, text, sizeof text)) > 0;)
        for (ssize_t i = 0; i < n; i++) {
            entry[at < MARK - 1 ? at : MARK - 1] = text[i];
            at = text[i] ? at + 1 : 0;
            if (!text[i] && strncmp(entry, begin, strlen(begin)) == 0) return true;
        }
    return false;
}

/* Of a process that has ended there is nothing to read. */
static bool has_entry(const char *name, const char *begin, char entry[MARK]) {
    char path[64];
    if (*name < '0' || *name > '9' || strlen(name) > 16) return false;
    snprintf(path, sizeof path, "/proc/%s/environ", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool found = fd >= 0 && find_entry(fd, begin, entry);
    if (fd >= 0) close(fd);
    return found;
}

/* The mark of a program; false where it has none but what this process has itself. */
static bool mark_of(pid_t pid, char mark[MARK]) {
    char name[16], begin[MARK];
    snprintf(name, sizeof name, "%d", (int)pid);
    mark_of_this(begin);
    if (!has_entry(name, begin, mark)) return false;
    for (size_t i = 0; environ && environ[i]; i++)
        if (strcmp(environ[i], mark) == 0) return false;
    return true;
}

/* Kills the processes that have the mark; true when there was one. */
static bool kill_pass(const char *mark) {
    TtfsFolder f;
    char entry[MARK];
    bool killed = false;
    if (!ttfs_folder_open_bare(&f, AT_FDCWD, "/proc")) return false;
    for (const char *name; (name = ttfs_folder_next(&f)) != NULL;)
        if (has_entry(name, mark, entry)) killed |= kill((pid_t)atoi(name), SIGKILL) == 0;
    ttfs_folder_close(&f);
    return killed;
}

/* Kills all that has the mark: what a program left behind whose own parent has ended, too. One that
 * is missed, as it was being started, is found by the next pass. */
static void kill_marked(const char *mark) {
    for (int pass = 0, quiet = 0; quiet < 2 && pass < PASSES; pass++) {
        quiet = kill_pass(mark) ? 0 : quiet + 1;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

static bool kill_all(pid_t pid) {
    char mark[MARK];
    bool marked = mark_of(pid, mark), killed = kill_tree(pid, 0);
    if (marked) kill_marked(mark);
    return killed;
}

bool ttfs_process_finish_while(pid_t pid, bool (*more)(void *), void *context) {
    int status = -1;
    bool killed = false;
    pid_t got = 0;
    if (pid <= 0) return false;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (got == 0 && !killed && !more(context)) killed = kill_all(pid);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return got == pid && !killed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
