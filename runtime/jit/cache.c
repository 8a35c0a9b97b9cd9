/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry is written under a name of its own, KEY.o.PROCESS.NUMBER.tmp, and renamed: readers see
 * all of it or nothing. Its header holds a magic, the length and the SHA-256 of key and content, so
 * that an entry that was cut, changed or moved to another key's name is seen to be no entry. Its
 * time of modification is the time of its last use. Nothing here locks: trimmers may race each
 * other and writers, since what is removed is made again.
 */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEY = 64, MAGIC = 8, LENGTH = 8, HEADER = MAGIC + LENGTH + 64, TRIES = 16 };
enum { LEFTOVER_S = 600 }; /* a writer that has not renamed its file for so long has died */
#define MOST_BYTES ((uint64_t)1 << 30) /* of an entry */

static const char magic[MAGIC] = "TTFSJO1\n";

static bool key_is_sound(const char *key) {
    size_t n = strspn(key, "0123456789abcdef");
    return n == KEY && key[n] == 0;
}

static const char *entry_path(TtfsArena *a, const char *folder, const char *key) {
    return ttfs_path_join(a, folder, ttfs_arena_printf(a, "%s.o", key));
}

static void make_header(char header[HEADER], const char *key, const void *bytes, size_t n) {
    char hex[65];
    TtfsSha256 h;
    ttfs_sha256_init(&h);
    ttfs_sha256_add(&h, key, KEY);
    ttfs_sha256_add(&h, bytes, n);
    ttfs_sha256_hex(&h, hex);
    memcpy(header, magic, MAGIC);
    for (int i = 0; i < LENGTH; i++) header[MAGIC + i] = (char)(uint8_t)((uint64_t)n >> (8 * i));
    memcpy(header + MAGIC + LENGTH, hex, 64);
}

static bool read_all(int fd, char *p, size_t n) {
    while (n > 0) {
        ssize_t done = read(fd, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* A regular file of this user's that nobody else can write to. */
static bool is_trusted(const struct stat *st) {
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static bool read_entry(int fd, const char *key, TtfsArena *a, TtfsBuf *out) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !is_trusted(&st)) return false;
    if (st.st_size < HEADER || (uint64_t)st.st_size > HEADER + MOST_BYTES) return false;
    size_t n = (size_t)st.st_size - HEADER;
    char *all = ttfs_arena_try_array(a, HEADER + n, 1);
    char want[HEADER];
    if (!all || !read_all(fd, all, HEADER + n) || memcmp(all, magic, MAGIC) != 0) return false;
    make_header(want, key, all + HEADER, n);
    if (memcmp(all, want, HEADER) != 0) return false;
    ttfs_buf_bytes(out, all + HEADER, n);
    return true;
}

bool ttfs_cache_get(const char *folder, const char *key, TtfsBuf *out) {
    if (!key_is_sound(key)) return false;
    TtfsArena a = {0};
    int fd = open(entry_path(&a, folder, key), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    bool ok = fd >= 0 && read_entry(fd, key, &a, out);
    if (ok) futimens(fd, NULL); /* a failure costs the entry its place, no more */
    if (fd >= 0) close(fd);
    ttfs_arena_free(&a);
    return ok;
}

/* A new file beside the entry; O_EXCL, so that no two writers share one even when processes of
 * different machines or containers have the same number. */
static int open_temporary(TtfsArena *a, const char *path, const char **name) {
    static atomic_uint number;
    for (int i = 0; i < TRIES; i++) {
        *name = ttfs_arena_printf(a, "%s.%ld.%u.tmp", path, (long)getpid(),
                                  atomic_fetch_add(&number, 1));
        int fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

static bool folder_is_there(const char *folder) {
    TtfsDiag diag = {0};
    bool ok = ttfs_is_folder(folder) || ttfs_make_folders(folder, &diag);
    ttfs_diag_free(&diag);
    return ok;
}

bool ttfs_cache_put(const char *folder, const char *key, const void *bytes, size_t n) {
    if (!key_is_sound(key) || n > MOST_BYTES || !folder_is_there(folder)) return false;
    TtfsArena a = {0};
    const char *path = entry_path(&a, folder, key), *temporary;
    char header[HEADER];
    make_header(header, key, bytes, n);
    int fd = open_temporary(&a, path, &temporary);
    bool ok = fd >= 0 && ttfs_write_all(fd, header, HEADER) && ttfs_write_all(fd, bytes, n);
    if (fd >= 0 && close(fd) != 0) ok = false;
    ok = ok && rename(temporary, path) == 0;
    if (fd >= 0 && !ok) unlink(temporary);
    ttfs_arena_free(&a);
    return ok;
}

typedef struct {
    const char *name;
    uint64_t bytes;
    struct timespec used;
    bool temporary;
} Entry;

typedef struct {
    TtfsArena *arena;
    int folder; /* its descriptor */
    uint64_t bytes;
    TTFS_VEC(Entry) entries;
} Listing;

/* KEY.o, or KEY.o.PROCESS.NUMBER.tmp: then *temporary is true. Anything else is not ours. */
static bool is_ours(const char *name, bool *temporary) {
    if (strspn(name, "0123456789abcdef") != KEY || strncmp(name + KEY, ".o", 2) != 0) return false;
    const char *rest = name + KEY + 2;
    *temporary = *rest != 0;
    for (int i = 0; *temporary && i < 2; i++) {
        size_t digits = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
        if (digits == 0) return false;
        rest += 1 + digits;
    }
    return !*temporary || strcmp(rest, ".tmp") == 0;
}

static void list_entries(Listing *l, DIR *dir) {
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct stat st;
        bool temporary;
        if (!is_ours(e->d_name, &temporary) ||
            fstatat(l->folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        *TTFS_PUSH(l->arena, l->entries) = (Entry){ttfs_arena_strdup(l->arena, e->d_name),
                                                   (uint64_t)st.st_size, st.st_mtim, temporary};
        l->bytes += (uint64_t)st.st_size;
    }
}

static int by_use(const void *left, const void *right) {
    const Entry *a = left, *b = right;
    if (a->used.tv_sec != b->used.tv_sec) return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    if (a->used.tv_nsec != b->used.tv_nsec) return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void remove_entry(Listing *l, const Entry *e) {
    if (unlinkat(l->folder, e->name, 0) == 0 || errno == ENOENT) l->bytes -= e->bytes;
}

/* Files of writers at work stay, though they count. */
static void trim(Listing *l, uint64_t most) {
    time_t now = time(NULL);
    for (uint32_t i = 0; i < l->entries.len; i++) {
        const Entry *e = &l->entries.at[i];
        double age = difftime(now, e->used.tv_sec);
        if (e->temporary && (age > LEFTOVER_S || age < -LEFTOVER_S)) remove_entry(l, e);
    }
    if (l->bytes <= most) return;
    qsort(l->entries.at, l->entries.len, sizeof *l->entries.at, by_use);
    for (uint32_t i = 0; i < l->entries.len && l->bytes > most; i++)
        if (!l->entries.at[i].temporary) remove_entry(l, &l->entries.at[i]);
}

void ttfs_cache_trim(const char *folder, uint64_t most) {
    DIR *dir = opendir(folder);
    if (!dir) return;
    TtfsArena a = {0};
    Listing l = {.arena = &a, .folder = dirfd(dir)};
    list_entries(&l, dir);
    trim(&l, most);
    ttfs_arena_free(&a);
    closedir(dir);
}

const char *ttfs_cache_folder(TtfsArena *a) {
    const char *own = getenv("TTFS_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own) return ttfs_path_join(a, own, "jit");
    if (xdg && *xdg) return ttfs_path_join(a, xdg, "ttfs/jit");
    return home && *home ? ttfs_path_join(a, home, ".cache/ttfs/jit") : NULL;
}
