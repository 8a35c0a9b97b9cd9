/* SPDX-License-Identifier: Apache-2.0
 *
 * A new folder is made as TEMPORARY/new, where TEMPORARY lies beside OUT, is entered by nobody else
 * and is locked while this run lives (temporary.h). When it is on the disk the kernel exchanges it
 * with OUT at once, and what lies in TEMPORARY then is the old one. Where the file system
 * cannot exchange, OUT moves to TEMPORARY/old and the new one into its place; a run that dies in
 * between is mended by the next that looks for OUT. What another run left is removed when it holds
 * nothing but such folders with files of ttfs.
 */
#define _DEFAULT_SOURCE /* syscall */
#include "out_folder.h"

#include "base.h"
#include "out_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 100, EXCHANGE = 2 /* RENAME_EXCHANGE of <linux/fs.h> */ };

static bool refuse(const char *out, const char *why, TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_FILE(out), TTFS_FILE_WRITE,
                             "give another folder, or remove this one", "%s", why);
}

/* ---- behind dead runs -------------------------------------------------------------------- */

static bool is_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

/* A folder that is replaced whole: OUT, or one in it. */
typedef struct {
    const char *target, *at; /* its path, that in OUT */
} Place;

/* Nothing but new and old, and nothing foreign in them. */
static bool is_all_ours(const char *temporary, const char *at, TtfsArena *a) {
    TtfsFolder f;
    bool ours = ttfs_folder_open(&f, AT_FDCWD, temporary);
    for (const char *name; ours && (name = ttfs_folder_next(&f)) != NULL;)
        ours = (strcmp(name, "new") == 0 || strcmp(name, "old") == 0) &&
               !ttfs_out_foreign(ttfs_path_join(a, temporary, name), at, a);
    ttfs_folder_close(&f);
    return ours;
}

static void clean(void *context, const char *path, bool folder) {
    const Place *p = context;
    TtfsArena a = {0};
    const char *old = ttfs_path_join(&a, path, "old");
    if (folder && !is_there(p->target) && is_there(old) && rename(old, p->target) == 0)
        ttfs_sync_name(p->target);
    if (folder && is_all_ours(path, p->at, &a)) ttfs_remove_path(path);
    ttfs_arena_free(&a);
}

/* OUT without slashes at its end, its links followed. NULL: errno says why. */
static const char *target_of(const char *out, TtfsArena *a) {
    size_t n = strlen(out);
    while (n > 1 && out[n - 1] == '/') n--;
    return ttfs_path_follow(a, ttfs_arena_strndup(a, out, n));
}

static void clean_behind(const char *target, const char *at) {
    Place p = {target, at};
    ttfs_temporary_left(target, clean, &p);
}

void ttfs_out_recover(const char *out) {
    TtfsArena a = {0};
    const char *target = target_of(out, &a);
    if (target && !is_there(target)) clean_behind(target, "");
    ttfs_arena_free(&a);
}

/* ---- making ------------------------------------------------------------------------------ */

/* The new folder, beside its target. */
static bool make_new(TtfsOutFolder *f, TtfsDiag *diag) {
    f->temporary = ttfs_temporary_folder(f->target);
    if (!f->temporary) return ttfs_file_fault(diag, f->target, TTFS_FILE_WRITE);
    f->made = ttfs_path_join(f->arena, f->temporary->path, "new");
    if (mkdir(f->made, 0777) == 0) return true;
    ttfs_file_fault(diag, f->made, TTFS_FILE_WRITE);
    ttfs_out_abandon(f);
    return false;
}

bool ttfs_out_begin(TtfsOutFolder *f, const char *out, TtfsArena *a, TtfsDiag *diag) {
    *f = (TtfsOutFolder){.arena = a, .target = target_of(out, a), .at = ""};
    if (!f->target) return ttfs_file_fault(diag, out, TTFS_FILE_WRITE);
    clean_behind(f->target, "");
    const char *why = ttfs_out_refusal(f->target, a);
    if (why) return refuse(out, why, diag);
    return ttfs_make_folders(ttfs_path_dir(a, f->target), diag) && make_new(f, diag);
}

/* A folder of OUT in which another one can be made; or OUT, where it will be. */
static bool check_parent(const char *out, const char *parent, TtfsDiag *diag) {
    struct stat st;
    bool there = lstat(parent, &st) == 0;
    if (there && !S_ISDIR(st.st_mode))
        return ttfs_error(diag, TTFS_AT_FILE(parent), TTFS_FILE_WRITE, "not a folder");
    const char *folder = there ? parent : out;
    return access(folder, W_OK | X_OK) == 0 || ttfs_file_fault(diag, folder, TTFS_FILE_WRITE);
}

bool ttfs_out_folder_check(const char *out, const char *at, TtfsArena *a, TtfsDiag *diag) {
    const char *target = ttfs_path_join(a, out, at);
    if (!check_parent(out, ttfs_path_dir(a, target), diag)) return false;
    clean_behind(target, at);
    const char *foreign = is_there(target) ? ttfs_out_foreign(target, at, a) : NULL;
    struct stat st;
    if (foreign && lstat(target, &st) == 0 && !S_ISDIR(st.st_mode))
        return refuse(target, "exists and is not a folder that ttfs wrote", diag);
    return !foreign ||
           refuse(target, ttfs_arena_printf(a, "%s in it, which ttfs did not write", foreign),
                  diag);
}

bool ttfs_out_folder_begin(TtfsOutFolder *f, const char *out, const char *at, TtfsArena *a,
                           TtfsDiag *diag) {
    *f = (TtfsOutFolder){.arena = a, .target = ttfs_path_join(a, out, at), .at = at};
    return ttfs_out_folder_check(out, at, a, diag) &&
           ttfs_out_part(out, ttfs_path_dir(a, at), diag) && make_new(f, diag);
}

void ttfs_out_abandon(TtfsOutFolder *f) {
    ttfs_undo(f->temporary);
    *f = (TtfsOutFolder){0};
}

static bool exchange(const char *a, const char *b) {
#ifdef SYS_renameat2
    return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) == 0;
#else
    errno = ENOSYS;
    return false;
#endif
}

static bool cannot_exchange(int why) {
    return why == EINVAL || why == ENOSYS || why == EOPNOTSUPP;
}

static const char *old_of(const TtfsOutFolder *f) {
    return ttfs_path_join(f->arena, f->temporary->path, "old");
}

/* Without exchange. When the second rename fails the first is taken back. */
static bool swap_by_renames(const TtfsOutFolder *f) {
    const char *old = old_of(f);
    if (rename(f->target, old) != 0) return false;
    if (rename(f->made, f->target) == 0) return true;
    int why = errno;
    if (rename(old, f->target) != 0) *f->temporary->path = 0; /* it is all there is: leave it */
    errno = why;
    return false;
}

/* One try; errno is EAGAIN when OUT came or went meanwhile. */
static bool swap_once(const TtfsOutFolder *f) {
    if (!is_there(f->target)) {
        if (rename(f->made, f->target) == 0) return true;
        if (errno == ENOTEMPTY || errno == EEXIST) errno = EAGAIN;
        return false;
    }
    if (exchange(f->made, f->target)) return true;
    if (cannot_exchange(errno) && swap_by_renames(f)) return true;
    if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST) errno = EAGAIN;
    return false;
}

static bool swap(const TtfsOutFolder *f) {
    for (int i = 0; i < TRIES; i++) {
        if (swap_once(f)) return true;
        if (errno != EAGAIN) return false;
    }
    return false;
}

/* Something may have been put into OUT since it was looked at: then it comes back, or is kept. */
static bool is_old_ours(const TtfsOutFolder *f, const char *out, TtfsDiag *diag) {
    const char *old = is_there(f->made) ? f->made : old_of(f);
    const char *foreign = is_there(old) ? ttfs_out_foreign(old, f->at, f->arena) : NULL;
    if (!foreign) return true;
    if (!exchange(old, f->target)) {
        ttfs_note(diag, TTFS_AT_FILE(old), "the former output is here");
        *f->temporary->path = 0;
    }
    return refuse(out, ttfs_arena_printf(f->arena, "%s came into it meanwhile", foreign), diag);
}

bool ttfs_out_commit(TtfsOutFolder *f, TtfsDiag *diag) {
    const char *out = f->target;
    bool ok = (ttfs_sync_tree(f->made) && swap(f)) || ttfs_file_fault(diag, out, TTFS_FILE_WRITE);
    ok = ok && is_old_ours(f, out, diag) &&
         (ttfs_sync_name(out) || ttfs_file_fault(diag, out, TTFS_FILE_WRITE));
    ttfs_out_abandon(f);
    return ok;
}

/* ---- one file more ----------------------------------------------------------------------- */

bool ttfs_out_part(const char *out, const char *part, TtfsDiag *diag) {
    TtfsArena a = {0};
    struct stat st;
    const char *folder = ttfs_path_join(&a, out, part);
    bool ok = mkdir(folder, 0777) == 0 || errno == EEXIST ||
              ttfs_file_fault(diag, folder, TTFS_FILE_WRITE);
    if (ok && (lstat(folder, &st) != 0 || !S_ISDIR(st.st_mode)))
        ok = ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_FILE_WRITE, "not a folder");
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_out_may_put(const char *out, const char *part) {
    TtfsArena a = {0};
    const char *folder = ttfs_path_join(&a, out, part);
    bool may = faccessat(AT_FDCWD, ttfs_is_folder(folder) ? folder : out, W_OK, AT_EACCESS) == 0 ||
               (errno != EROFS && errno != EACCES && errno != EPERM);
    int why = errno;
    ttfs_arena_free(&a);
    errno = why;
    return may;
}

bool ttfs_out_put(const char *out, const char *part, const char *name, const void *bytes, size_t n,
                  TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *folder = ttfs_path_join(&a, out, part);
    bool ok = ttfs_out_part(out, part, diag) &&
              ttfs_file_replace(ttfs_path_join(&a, folder, name), bytes, n, diag);
    ttfs_arena_free(&a);
    return ok;
}
