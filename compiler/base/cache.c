/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry is written under a temporary name (temporary.h) and renamed: readers see all of it or
 * nothing. Its header holds a magic, the length and the SHA-256 of key and content, so
 * that an entry that was cut, changed or moved to another key's name is seen to be no entry. Its
 * time of modification is the time of its last use. Nothing here locks: trimmers may race each
 * other and writers, since what is removed is made again.
 */
#include "cache.h"

#include "folder.h"

#include "file.h"
#include "guard.h"
#include "hash.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEY = 64, MAGIC = 8, LENGTH = 8, HEADER = MAGIC + LENGTH + 64 };
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

static bool folder_is_there(const char *folder) {
    TtfsDiag diag = {0};
    bool ok = ttfs_is_folder(folder) || ttfs_make_folders(folder, &diag);
    ttfs_diag_free(&diag);
    return ok;
}

bool ttfs_cache_put(const char *folder, const char *key, const void *bytes, size_t n) {
    if (!key_is_sound(key) || n > MOST_BYTES || !folder_is_there(folder)) return false;
    TtfsArena a = {0};
    const char *path = entry_path(&a, folder, key);
    char header[HEADER];
    make_header(header, key, bytes, n);
    TtfsTemporary *t = ttfs_temporary_file(path);
    bool ok = t && fchmod(t->fd, 0600) == 0 && ttfs_write_all(t->fd, header, HEADER) &&
              ttfs_write_all(t->fd, bytes, n) && ttfs_temporary_become(t, path);
    ttfs_undo(t);
    ttfs_arena_free(&a);
    return ok;
}

typedef struct {
    const char *name;
    uint64_t bytes;
    struct timespec used;
} Entry;

typedef struct {
    TtfsArena *arena;
    int folder; /* its descriptor */
    uint64_t bytes;
    TTFS_VEC(Entry) entries;
} Listing;

/* KEY.o; anything else is not ours. */
static bool is_entry(const char *name) {
    return strspn(name, "0123456789abcdef") == KEY && strcmp(name + KEY, ".o") == 0;
}

static void list_entries(Listing *l, TtfsFolder *f) {
    for (const char *name; (name = ttfs_folder_next(f)) != NULL;) {
        struct stat st;
        if (!is_entry(name) || fstatat(l->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        *TTFS_PUSH(l->arena, l->entries) =
            (Entry){ttfs_arena_strdup(l->arena, name), (uint64_t)st.st_size, st.st_mtim};
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

static void trim(Listing *l, uint64_t most) {
    if (l->bytes <= most) return;
    qsort(l->entries.at, l->entries.len, sizeof *l->entries.at, by_use);
    for (uint32_t i = 0; i < l->entries.len && l->bytes > most; i++)
        remove_entry(l, &l->entries.at[i]);
}

static void remove_left(void *context, const char *path, bool folder) {
    (void)context;
    if (!folder) unlink(path);
}

void ttfs_cache_trim(const char *folder, uint64_t most) {
    TtfsFolder f;
    TtfsArena a = {0};
    if (!ttfs_folder_open(&f, AT_FDCWD, folder)) return;
    Listing l = {.arena = &a, .folder = f.fd};
    list_entries(&l, &f);
    trim(&l, most);
    ttfs_temporary_left(ttfs_arena_printf(&a, "%s/", folder), remove_left, NULL);
    ttfs_arena_free(&a);
    ttfs_folder_close(&f);
}
