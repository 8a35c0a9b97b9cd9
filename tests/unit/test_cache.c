/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache of compiled code: what was put is got, every kind of damage counts as absent and is
 * healed by the next put, the bound removes what was used longest ago and nothing that is not ours,
 * and processes that read, write, trim and damage at once never get a wrong entry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "guard.h"
#include "cache.h"
#include "cache_folder.h"
#include "temporary.h"

enum { HEADER = 80, SKIPPED = 77 };

typedef struct {
    TtfsArena arena;
    char folder[32];
} Place;

static int open_place(void **state) {
    Place *p = calloc(1, sizeof *p);
    if (!p) return -1;
    snprintf(p->folder, sizeof p->folder, "/tmp/ttfs-cache-XXXXXX");
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static int close_place(void **state) {
    Place *p = *state;
    TtfsDiag d = {0};
    bool ok = ttfs_remove_tree(p->folder, &d);
    ttfs_diag_free(&d);
    ttfs_arena_free(&p->arena);
    free(p);
    return ok ? 0 : -1;
}

static const char *key_of(Place *p, uint32_t n) {
    char hex[65];
    ttfs_sha256_of(&n, sizeof n, hex);
    return ttfs_arena_strdup(&p->arena, hex);
}

/* The content that belongs to key n. */
static void content(uint32_t n, char *bytes, size_t size) {
    TtfsRng r = ttfs_rng(n);
    for (size_t i = 0; i < size; i++) bytes[i] = (char)ttfs_rng_below(&r, 256);
}

static char *path_of(Place *p, uint32_t n) {
    return ttfs_arena_printf(&p->arena, "%s/%s.o", p->folder, key_of(p, n));
}

static bool put(Place *p, uint32_t n, size_t size) {
    char *bytes = ttfs_arena_array(&p->arena, size, 1);
    content(n, bytes, size);
    return ttfs_cache_put(p->folder, key_of(p, n), bytes, size);
}

/* 1 when the entry is there and right, 0 when absent, -1 when it is something else. */
static int look(Place *p, uint32_t n, size_t size) {
    TtfsBuf out = {0};
    ttfs_buf_puts(&out, "ab");
    char *want = ttfs_arena_array(&p->arena, size, 1);
    content(n, want, size);
    bool there = ttfs_cache_get(p->folder, key_of(p, n), &out);
    bool right = there ? out.len == size + 2 && memcmp(out.text, "ab", 2) == 0 &&
                             memcmp(out.text + 2, want, size) == 0
                       : out.len == 2;
    ttfs_buf_free(&out);
    return !right ? -1 : there ? 1 : 0;
}

static void write_file(const char *path, const void *bytes, size_t n) {
    TtfsDiag d = {0};
    assert_true(ttfs_file_fill(path, bytes, n, &d));
    ttfs_diag_free(&d);
    assert_int_equal(chmod(path, 0600), 0);
}

static void what_was_put_is_got(void **state) {
    Place *p = *state;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 100001};
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(look(p, i, sizes[i]), 0);
        assert_true(put(p, i, sizes[i]));
        assert_int_equal(look(p, i, sizes[i]), 1);
        assert_true(put(p, i, sizes[i]));
    }
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(look(p, i, sizes[i]), 1);
}

static void put_makes_the_folder(void **state) {
    Place *p = *state;
    const char *deep = ttfs_arena_printf(&p->arena, "%s/a/b/c", p->folder), *key = key_of(p, 1);
    TtfsBuf out = {0};
    assert_false(ttfs_cache_get(deep, key, &out));
    ttfs_cache_trim(deep, 0);
    assert_true(ttfs_cache_put(deep, key, "x", 1));
    assert_true(ttfs_cache_get(deep, key, &out));
    ttfs_buf_free(&out);
}

static void refuses_what_is_no_key(void **state) {
    Place *p = *state;
    const char *good = key_of(p, 1);
    const char *bad[] = {"",
                         "..",
                         "/etc/passwd",
                         good + 1,
                         ttfs_arena_printf(&p->arena, "%s0", good),
                         ttfs_arena_printf(&p->arena, "../%s", good + 3),
                         ttfs_arena_printf(&p->arena, "A%s", good + 1)};
    TtfsBuf out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(ttfs_cache_put(p->folder, bad[i], "x", 1));
        assert_false(ttfs_cache_get(p->folder, bad[i], &out));
    }
    ttfs_buf_free(&out);
}

/* Every length short of the whole, and one byte more. */
static void cut_entries_are_absent(void **state) {
    Place *p = *state;
    enum { SIZE = 40 };
    char bytes[HEADER + SIZE + 1] = {0};
    assert_true(put(p, 1, SIZE));
    FILE *f = fopen(path_of(p, 1), "rb");
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, sizeof bytes, f), HEADER + SIZE);
    fclose(f);
    for (size_t n = 0; n <= HEADER + SIZE + 1; n++) {
        write_file(path_of(p, 1), bytes, n);
        assert_int_equal(look(p, 1, SIZE), n == HEADER + SIZE);
    }
    assert_true(put(p, 1, SIZE));
    assert_int_equal(look(p, 1, SIZE), 1);
}

/* Every bit of the magic, the length, the hash and the content. */
static void a_flipped_bit_makes_it_absent(void **state) {
    Place *p = *state;
    enum { SIZE = 24 };
    assert_true(put(p, 1, SIZE));
    for (long bit = 0; bit < 8 * (HEADER + SIZE); bit++) {
        FILE *f = fopen(path_of(p, 1), "r+b");
        assert_non_null(f);
        fseek(f, bit / 8, SEEK_SET);
        int old = fgetc(f);
        fseek(f, bit / 8, SEEK_SET);
        fputc(old ^ 1 << bit % 8, f);
        fclose(f);
        assert_int_equal(look(p, 1, SIZE), 0);
        assert_true(put(p, 1, SIZE));
        assert_int_equal(look(p, 1, SIZE), 1);
    }
}

/* A sound entry under another key's name. */
static void a_moved_entry_is_absent(void **state) {
    Place *p = *state;
    assert_true(put(p, 1, 100));
    assert_int_equal(rename(path_of(p, 1), path_of(p, 2)), 0);
    TtfsBuf out = {0};
    assert_false(ttfs_cache_get(p->folder, key_of(p, 2), &out));
    ttfs_buf_free(&out);
}

static void what_others_can_write_is_absent(void **state) {
    Place *p = *state;
    assert_true(put(p, 1, 100));
    assert_int_equal(chmod(path_of(p, 1), 0620), 0);
    assert_int_equal(look(p, 1, 100), 0);
    assert_int_equal(chmod(path_of(p, 1), 0602), 0);
    assert_int_equal(look(p, 1, 100), 0);
    assert_true(put(p, 1, 100));
    assert_int_equal(look(p, 1, 100), 1);
    assert_int_equal(rename(path_of(p, 1), path_of(p, 3)), 0);
    assert_int_equal(symlink(path_of(p, 3), path_of(p, 1)), 0);
    assert_int_equal(look(p, 1, 100), 0);
}

static void folders_and_pipes_are_absent(void **state) {
    Place *p = *state;
    assert_int_equal(mkdir(path_of(p, 1), 0700), 0);
    assert_int_equal(mkfifo(path_of(p, 2), 0600), 0);
    assert_int_equal(look(p, 1, 10), 0);
    assert_int_equal(look(p, 2, 10), 0);
    assert_false(put(p, 1, 10));
    assert_true(put(p, 2, 10));
    assert_int_equal(look(p, 2, 10), 1);
    ttfs_cache_trim(p->folder, 0);
    assert_true(ttfs_is_folder(path_of(p, 1)));
}

/* The folder is a file, or cannot be used (which does not stop root). */
static void a_folder_of_no_use_is_no_error(void **state) {
    Place *p = *state;
    TtfsBuf out = {0};
    const char *file = ttfs_arena_printf(&p->arena, "%s/file", p->folder), *key = key_of(p, 1);
    write_file(file, "x", 1);
    assert_false(ttfs_cache_put(file, key, "x", 1));
    assert_false(ttfs_cache_get(file, key, &out));
    ttfs_cache_trim(file, 0);
    assert_true(ttfs_file_exists(file));
    const char *closed = ttfs_arena_printf(&p->arena, "%s/closed", p->folder);
    assert_true(ttfs_cache_put(closed, key, "x", 1));
    assert_int_equal(chmod(closed, 0), 0);
    bool root = geteuid() == 0;
    assert_int_equal(ttfs_cache_get(closed, key, &out), root);
    assert_int_equal(ttfs_cache_put(closed, key, "x", 1), root);
    if (!root) ttfs_cache_trim(closed, 0);
    assert_int_equal(chmod(closed, 0700), 0);
    assert_true(ttfs_cache_get(closed, key, &out));
    ttfs_buf_free(&out);
}

/* ---- the bound ------------------------------------------------------------------------------ */

static void set_used(const char *path, time_t when) {
    const struct timespec times[2] = {{when, 0}, {when, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void the_longest_unused_go_first(void **state) {
    Place *p = *state;
    enum { SIZE = 1000, ONE = HEADER + SIZE };
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(put(p, i, SIZE));
        set_used(path_of(p, i), 1000000 + (time_t)(i * 7 % 10));
    }
    ttfs_cache_trim(p->folder, 10 * ONE);
    for (uint32_t i = 0; i < 10; i++) assert_true(ttfs_file_exists(path_of(p, i)));
    assert_int_equal(look(p, 0, SIZE), 1); /* was the oldest, is used now */
    ttfs_cache_trim(p->folder, 4 * ONE + ONE / 2);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(ttfs_file_exists(path_of(p, i)), i == 0 || i * 7 % 10 >= 7);
    ttfs_cache_trim(p->folder, 0);
    for (uint32_t i = 0; i < 10; i++) assert_false(ttfs_file_exists(path_of(p, i)));
}

/* Leftovers of writers that died go, whatever the bound; those of writers at work, and files of
 * others, stay, whatever it is. */
static void only_what_is_ours_goes(void **state) {
    Place *p = *state;
    const char *key = key_of(p, 1);
    const char *foreign[] = {"%s",
                             "%s.obj",
                             "%s.o.tmp",
                             "x%s.o",
                             "0%s.o",
                             "%s.o.ttfs-tmp",
                             "%s.o.0123456g.ttfs-tmp",
                             "%s.o.01234567.ttfs-tm",
                             "%s.o-01234567.ttfs-tmp"};
    char path[256], name[160];
    TtfsTemporary *at_work = ttfs_temporary_file(path_of(p, 1));
    assert_non_null(at_work);
    const char *left = ttfs_arena_printf(&p->arena, "%s.01234567.ttfs-tmp", path_of(p, 1));
    write_file(left, "x", 1);
    ttfs_cache_trim(p->folder, UINT64_MAX);
    assert_false(ttfs_file_exists(left));
    assert_true(ttfs_file_exists(at_work->path));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const char *place = strstr(foreign[i], "%s");
        snprintf(name, sizeof name, "%.*s%s%s", (int)(place - foreign[i]), foreign[i], key,
                 place + 2);
        snprintf(path, sizeof path, "%s/%s", p->folder, name);
        write_file(path, "x", 1);
        set_used(path, 1000000);
        ttfs_cache_trim(p->folder, 0);
        assert_true(ttfs_file_exists(path));
    }
    char *was = ttfs_arena_strdup(&p->arena, at_work->path);
    *at_work->path = 0; /* as if the process had died */
    ttfs_undo(at_work);
    assert_true(ttfs_file_exists(was));
    ttfs_cache_trim(p->folder, UINT64_MAX);
    assert_false(ttfs_file_exists(was));
}

/* ---- many at once --------------------------------------------------------------------------- */

enum { KEYS = 12, PROCESSES = 4, TURNS = 300, SIZE = 20000 };

/* One process's share: 0, or 1 when it ever got an entry that is not the one it asked for. */
static int work(Place *p, uint32_t seed) {
    TtfsRng r = ttfs_rng(seed);
    for (int turn = 0; turn < TURNS; turn++) {
        uint32_t n = (uint32_t)ttfs_rng_below(&r, KEYS);
        TtfsMark mark = ttfs_arena_mark(&p->arena);
        switch (ttfs_rng_below(&r, 8)) {
        case 0:
            ttfs_cache_trim(p->folder, ttfs_rng_below(&r, KEYS * SIZE));
            break;
        case 1: /* damage */
            if (truncate(path_of(p, n), (off_t)ttfs_rng_below(&r, SIZE)) != 0) break;
            break;
        case 2:
        case 3:
        case 4:
            put(p, n, SIZE);
            break;
        default:
            if (look(p, n, SIZE) < 0) return 1;
        }
        ttfs_arena_release(&p->arena, mark);
    }
    return 0;
}

static void processes_do_not_disturb_each_other(void **state) {
    Place *p = *state;
    pid_t child[PROCESSES];
    for (uint32_t i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) _exit(work(p, i + 1));
    }
    for (uint32_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    ttfs_cache_trim(p->folder, 0);
    DIR *dir = opendir(p->folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.') fail_msg("%s is left", e->d_name);
    closedir(dir);
}

static void the_environment_names_the_folder(void **state) {
    Place *p = *state;
    setenv("TTFS_CACHE", "/a", 1);
    setenv("XDG_CACHE_HOME", "/b", 1);
    setenv("HOME", "/c", 1);
    assert_string_equal(ttfs_cache_named(&p->arena, "jit"), "/a/jit");
    setenv("TTFS_CACHE", "", 1);
    assert_string_equal(ttfs_cache_named(&p->arena, "jit"), "/b/ttfs/jit");
    setenv("XDG_CACHE_HOME", "b", 1); /* relative: to be ignored */
    assert_string_equal(ttfs_cache_named(&p->arena, "sim"), "/c/.cache/ttfs/sim");
    unsetenv("XDG_CACHE_HOME");
    assert_string_equal(ttfs_cache_named(&p->arena, "sim"), "/c/.cache/ttfs/sim");
    unsetenv("HOME");
    assert_null(ttfs_cache_named(&p->arena, "sim"));
}

/* Whether a folder may hold code: its real path, or NULL and a note that says `why`. */
static const char *judged(Place *p, const char *path, const char *why) {
    TtfsDiag diag = {0};
    const char *real = ttfs_cache_folder(path, &p->arena, &diag);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(diag.messages.len, real ? 0 : 1);
    if (why) assert_non_null(strstr(diag.messages.at[0].what, why));
    ttfs_diag_free(&diag);
    return real;
}

static void only_this_user_can_write_there(void **state) {
    Place *p = *state;
    const char *up = ttfs_arena_printf(&p->arena, "%s/up", p->folder);
    const char *in = ttfs_path_join(&p->arena, up, "in");
    struct stat st;
    mode_t old = umask(0);
    const char *real = judged(p, in, NULL);
    umask(old);
    assert_non_null(real);
    assert_int_equal(*real, '/');
    assert_int_equal(stat(up, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(in, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    assert_int_equal(chmod(in, 0770), 0);
    assert_null(judged(p, in, "/up/in: can be written to by other users"));
    assert_int_equal(chmod(in, 0702), 0);
    assert_null(judged(p, in, "/up/in: can be written to by other users"));
    assert_int_equal(chmod(in, 01777), 0); /* sticky is not enough for the folder itself */
    assert_null(judged(p, in, "/up/in: can be written to by other users"));
    assert_int_equal(chmod(in, 0755), 0);
    assert_non_null(judged(p, in, NULL));

    assert_int_equal(chmod(up, 0777), 0);
    assert_null(judged(p, in, "/up: can be written to by other users"));
    assert_int_equal(chmod(up, 01777), 0);
    assert_non_null(judged(p, in, NULL));

    const char *file = ttfs_path_join(&p->arena, up, "file");
    write_file(file, "x", 1);
    assert_null(judged(p, file, "is no folder"));
    assert_null(judged(p, ttfs_path_join(&p->arena, file, "below"), "Not a directory"));
    assert_null(judged(p, NULL, "neither TTFS_CACHE nor XDG_CACHE_HOME nor HOME"));
}

/* A folder, a folder above, a link: another user's (needs root to make). */
static void another_users_folder_is_none(void **state) {
    Place *p = *state;
    const uid_t nobody = 65534;
    const char *up = ttfs_arena_printf(&p->arena, "%s/up", p->folder);
    const char *in = ttfs_path_join(&p->arena, up, "in");
    const char *link = ttfs_arena_printf(&p->arena, "%s/link", p->folder);
    assert_non_null(judged(p, in, NULL));
    assert_int_equal(symlink("up", link), 0);
    assert_non_null(judged(p, ttfs_path_join(&p->arena, link, "in"), NULL));
    if (geteuid() != 0) return; /* main says so */
    assert_int_equal(lchown(link, nobody, nobody), 0);
    assert_null(judged(p, ttfs_path_join(&p->arena, link, "in"), "/link: is another user's link"));
    assert_int_equal(chown(in, nobody, nobody), 0);
    assert_null(judged(p, in, "/up/in: belongs to another user"));
    assert_int_equal(chown(in, 0, 0), 0);
    assert_int_equal(chown(up, nobody, nobody), 0);
    assert_null(judged(p, in, "/up: belongs to another user"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_got),
        TEST(put_makes_the_folder),
        TEST(refuses_what_is_no_key),
        TEST(cut_entries_are_absent),
        TEST(a_flipped_bit_makes_it_absent),
        TEST(a_moved_entry_is_absent),
        TEST(what_others_can_write_is_absent),
        TEST(folders_and_pipes_are_absent),
        TEST(a_folder_of_no_use_is_no_error),
        TEST(the_longest_unused_go_first),
        TEST(only_what_is_ours_goes),
        TEST(processes_do_not_disturb_each_other),
        TEST(the_environment_names_the_folder),
        TEST(only_this_user_can_write_there),
        TEST(another_users_folder_is_none),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed || geteuid() == 0) return failed;
    puts("skipped: in part: folders of other users, which takes root");
    return SKIPPED;
}
