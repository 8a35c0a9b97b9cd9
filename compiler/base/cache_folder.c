/* SPDX-License-Identifier: Apache-2.0
 *
 * A path is judged from the root down, after its links are resolved: whoever may write to a folder
 * may exchange what lies in it, unless the folder is sticky, and the owner of a folder may always.
 * Once all of them are this user's or root's, the path means the same thing tomorrow.
 */
#define _XOPEN_SOURCE 700 /* realpath, S_ISVTX */
#include "cache_folder.h"

#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *ttfs_cache_named(TtfsArena *a, const char *part) {
    const char *own = getenv("TTFS_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *base = NULL;
    if (own && *own)
        base = own;
    else if (xdg && *xdg == '/') /* relative ones are to be ignored: XDG Base Directory, Basics */
        base = ttfs_path_join(a, xdg, "ttfs");
    else if (home && *home)
        base = ttfs_path_join(a, home, ".cache/ttfs");
    return base ? ttfs_path_join(a, base, part) : NULL;
}

static bool is_trusted_owner(const struct stat *st) {
    return st->st_uid == geteuid() || st->st_uid == 0;
}

/* What is wrong with a folder on the way, NULL: nothing. */
static const char *fault_of_parent(const struct stat *st) {
    if (!is_trusted_owner(st)) return "belongs to another user";
    bool open = st->st_mode & (S_IWGRP | S_IWOTH);
    return open && !(st->st_mode & S_ISVTX) ? "can be written to by other users" : NULL;
}

static const char *fault_of_folder(const struct stat *st) {
    if (!S_ISDIR(st->st_mode)) return "is no folder";
    if (st->st_uid != geteuid()) return "belongs to another user";
    return st->st_mode & (S_IWGRP | S_IWOTH) ? "can be written to by other users" : NULL;
}

static const char *fault_of_link(const struct stat *st) {
    return S_ISLNK(st->st_mode) && !is_trusted_owner(st) ? "is another user's link" : NULL;
}

typedef const char *Judge(const struct stat *st);

/* Judges each part of an absolute path, the last one by `last`. NULL when all is well; else what is
 * wrong, with the part in *where. */
static const char *judge_path(const char *path, Judge *way, Judge *last, TtfsArena *a,
                              const char **where) {
    struct stat st;
    for (size_t end = 1;;) { /* the root first */
        size_t next = end + strspn(path + end, "/");
        *where = ttfs_arena_strndup(a, path, end);
        if (lstat(*where, &st) != 0) return strerror(errno);
        const char *fault = (path[next] ? way : last)(&st);
        if (fault || !path[next]) return fault;
        end = next + strcspn(path + next, "/");
    }
}

static char *absolute(TtfsArena *a, const char *path) {
    char here[4096];
    if (*path == '/') return ttfs_arena_strdup(a, path);
    return getcwd(here, sizeof here) ? ttfs_path_join(a, here, path) : NULL;
}

/* Links in the given path are looked at as such, then all of the real one; `last` judges its end.
 */
static const char *judge(const char *path, Judge *last, TtfsArena *a, const char **real,
                         const char **where) {
    *where = path;
    const char *named = absolute(a, path);
    if (!named) return strerror(errno);
    const char *fault = judge_path(named, fault_of_link, fault_of_link, a, where);
    if (fault) return fault;
    char *resolved = realpath(named, NULL);
    if (!resolved) return strerror(errno);
    *real = ttfs_arena_strdup(a, resolved);
    free(resolved);
    return judge_path(*real, fault_of_parent, last, a, where);
}

/* mkdir of all that is missing; the new ones are for this user alone. */
static bool make_private(const char *path, TtfsArena *a) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return true;
    if (errno != ENOENT) return false;
    const char *above = ttfs_path_dir(a, path);
    return strcmp(above, path) != 0 && make_private(above, a) &&
           (mkdir(path, 0700) == 0 || errno == EEXIST);
}

const char *ttfs_cache_folder(const char *path, TtfsArena *a, TtfsDiag *diag) {
    const char *real = NULL, *where = path;
    if (!path) {
        ttfs_note(diag, TTFS_AT_FILE("cache"),
                  "compiled code is not kept: neither TTFS_CACHE nor XDG_CACHE_HOME nor HOME names "
                  "a folder");
        return NULL;
    }
    const char *fault = make_private(path, a) ? judge(path, fault_of_folder, a, &real, &where)
                                              : strerror(errno);
    if (!fault) return real;
    ttfs_note(diag, TTFS_AT_FILE("cache"), "compiled code is not kept: %s: %s", where, fault);
    return NULL;
}

const char *ttfs_private_base(TtfsArena *a, const char *name, TtfsDiag *diag) {
    const char *named = getenv("TMPDIR"), *real = NULL, *where;
    const char *fault = judge(named && *named ? named : "/tmp", fault_of_parent, a, &real, &where);
    if (!fault) return ttfs_path_join(a, real, name);
    ttfs_error_advice(diag, TTFS_AT_FILE(where), TTFS_FILE_WRITE,
                      "name another folder in TMPDIR, or a cache in TTFS_CACHE",
                      "no place for code that is compiled and run: %s", fault);
    return NULL;
}
