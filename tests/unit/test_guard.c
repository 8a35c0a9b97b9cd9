/* SPDX-License-Identifier: Apache-2.0
 *
 * Guards: running out of memory leaves the call, undoes what it held, newest first, on every
 * thread; what is passed on or released stays. The boundary of a library gives the error MEMORY
 * and keeps the messages from before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "parallel.h"

static char undone[16]; /* names, in the order in which they were undone */

static void note_undone(void *bytes) {
    strncat(undone, bytes, sizeof undone - strlen(undone) - 1);
}

static char *hold_name(const char *name) {
    char *bytes = ttfs_hold(2, note_undone);
    strcpy(bytes, name);
    return bytes;
}

/* More than any address space. */
static void starve(void) {
    ttfs_hold(SIZE_MAX / 2, NULL);
    fail_msg("memory for half of everything");
}

static void hold_and_starve(void *context) {
    (void)context;
    hold_name("a");
    ttfs_undo(hold_name("b"));
    hold_name("c");
    ttfs_release(hold_name("d"));
    starve();
}

static void newest_first(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    undone[0] = 0;
    assert_false(ttfs_guard(&g, hold_and_starve, NULL));
    assert_string_equal(undone, "bca");
    assert_int_equal(g.wanted, SIZE_MAX / 2);
    assert_null(g.newest);
    assert_null(ttfs_guard_now());
}

static void hold_three(void *context) {
    char **name = context;
    name[0] = hold_name("x");
    name[1] = hold_name("y");
    name[2] = hold_name("z");
}

static void what_was_made_stays(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    char *name[3];
    undone[0] = 0;
    assert_true(ttfs_guard(&g, hold_three, name));
    assert_string_equal(undone, "");
    ttfs_release(name[1]);
    ttfs_guard_undo(&g);
    assert_string_equal(undone, "zx");
}

/* A call with a guard of its own inside another: what it passes on goes with the outer one. */
static void pass_then_starve(void *context) {
    TtfsGuard inner = TTFS_GUARD;
    char *name[3];
    hold_name("o");
    if (!ttfs_guard(&inner, hold_and_starve, NULL)) strcat(undone, "|");
    assert_true(ttfs_guard(&inner, hold_three, name));
    ttfs_guard_pass(&inner);
    assert_null(inner.newest);
    if (context) starve();
    for (int i = 0; i < 3; i++) ttfs_release(name[i]);
}

static void guards_nest(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    undone[0] = 0;
    assert_false(ttfs_guard(&g, pass_then_starve, &g));
    assert_string_equal(undone, "bca|zyxo");
    undone[0] = 0;
    assert_true(ttfs_guard(&g, pass_then_starve, NULL));
    assert_string_equal(undone, "bca|");
    ttfs_guard_undo(&g);
}

static void passed_to_nobody(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    char *name[3];
    undone[0] = 0;
    assert_true(ttfs_guard(&g, hold_three, name));
    ttfs_guard_pass(&g);
    ttfs_guard_undo(&g);
    assert_string_equal(undone, "");
    for (int i = 0; i < 3; i++) ttfs_undo(name[i]);
    assert_string_equal(undone, "xyz");
}

static void arenas_and_texts(void *context) {
    TtfsArena a = {0};
    TtfsBuf b = {0};
    for (int i = 0; i < 1000; i++) {
        ttfs_arena_array(&a, 1, 1000);
        ttfs_buf_printf(&b, "%d %s\n", i, "some text that makes it grow");
    }
    int *fd = ttfs_hold_fd();
    *fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    *(int *)context = *fd;
    starve();
}

/* Under the leak checker of the sanitizers this says more. */
static void nothing_stays_behind(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    int fd = -1;
    assert_false(ttfs_guard(&g, arenas_and_texts, &fd));
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void release_and_starve(void *context) {
    TtfsArena *a = context;
    TtfsMark m = ttfs_arena_mark(a);
    ttfs_arena_array(a, 100000, 1);
    ttfs_arena_release(a, m);
    starve();
}

/* An arena from outside keeps no chunk that goes with the guard inside. */
static void no_spare_chunk_of_a_guard(void **state) {
    (void)state;
    TtfsGuard g = TTFS_GUARD;
    TtfsArena a = {0};
    ttfs_arena_array(&a, 1, 1);
    assert_false(ttfs_guard(&g, release_and_starve, &a));
    assert_null(a.spare);
    ttfs_arena_free(&a);
}

typedef struct {
    void (*begin)(TtfsFileWriter *w, const char *path);
    const char *path;
    int fd;
} Written;

static void write_and_starve(void *context) {
    Written *file = context;
    TtfsFileWriter w;
    file->begin(&w, file->path);
    file->fd = w.fd;
    ttfs_file_put(&w, "half", 4);
    starve();
}

/* Of a file that is being written the descriptor is closed, and what has no name of its own yet is
 * gone. */
static void files_are_closed(void **state) {
    (void)state;
    char folder[] = "/tmp/ttfs-guard-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    Written files[] = {{ttfs_file_begin_fill, path, -1},
                       {ttfs_file_begin, path, -1},
                       {ttfs_file_begin_replace, path, -1},
                       {ttfs_file_begin, "/dev/zero", -1}}; /* /dev/null may be standard output */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        TtfsGuard g = TTFS_GUARD;
        assert_false(ttfs_guard(&g, write_and_starve, &files[i]));
        assert_true(files[i].fd >= 0);
        assert_int_equal(fcntl(files[i].fd, F_GETFD), -1);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is in it */
}

static atomic_uint items;

static bool item(void *context, uint32_t worker, uint64_t i) {
    TtfsArena a = {0};
    (void)worker;
    ttfs_arena_array(&a, 100, 1000);
    atomic_fetch_add(&items, 1);
    if (i == *(uint64_t *)context) starve();
    ttfs_arena_free(&a);
    return true;
}

static void loop_with_starving_item(void *context) {
    hold_name("t");
    ttfs_parallel(4, 0, 1000, item, context);
    fail_msg("the loop did not leave");
}

static void threads_end_first(void **state) {
    (void)state;
    for (uint64_t at = 0; at < 1000; at += 333) {
        TtfsGuard g = TTFS_GUARD;
        undone[0] = 0;
        atomic_store(&items, 0);
        assert_false(ttfs_guard(&g, loop_with_starving_item, &at));
        assert_string_equal(undone, "t");
        assert_int_equal(g.wanted, SIZE_MAX / 2);
        assert_true(atomic_load(&items) >= 1);
    }
}

typedef struct {
    size_t count, size, wanted;
} Array;

static void ask_for_array(void *context) {
    const Array *want = context;
    TtfsArena a = {0};
    ttfs_arena_array(&a, want->count, want->size);
    fail_msg("memory for an array of %zu times %zu", want->count, want->size);
}

/* Memory that nobody has, sizes that no number holds: never a smaller piece, and what was wanted is
 * said. */
static void arrays_ask_for_all(void **state) {
    (void)state;
    const Array wanted[] = {{SIZE_MAX / 32, 8, SIZE_MAX / 32 * 8},
                            {3, SIZE_MAX / 16, 3 * (SIZE_MAX / 16)},
                            {SIZE_MAX / 2, 2, SIZE_MAX - 1},
                            {SIZE_MAX / 2, 3, SIZE_MAX},
                            {SIZE_MAX, SIZE_MAX, SIZE_MAX},
                            {SIZE_MAX / 8 + 2, 8, SIZE_MAX},
                            {SIZE_MAX, 1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        TtfsGuard g = TTFS_GUARD;
        Array want = wanted[i];
        assert_false(ttfs_guard(&g, ask_for_array, &want));
        assert_int_equal(g.wanted, want.wanted);
    }
    for (size_t less = 0; less < 300; less++)
        assert_null(ttfs_try_hold(NULL, SIZE_MAX - less, NULL));
}

static void warn_and_starve(void *context) {
    for (int i = 0; i < *(int *)context; i++)
        ttfs_warn((TtfsDiag *)((int *)context + 2), TTFS_AT_FILE("x"), TTFS_LIMIT, "number %d", i);
    starve();
}

/* The messages from before are kept, the last one too where there was room. */
static void boundary(void **state) {
    (void)state;
    for (int n = 0; n < 20; n++) {
        struct {
            int warnings, fill;
            TtfsDiag diag;
        } c = {.warnings = n};
        assert_false(ttfs_diag_guard(&c.diag, warn_and_starve, &c));
        const TtfsMessage *last = &c.diag.messages.at[c.diag.messages.len - 1];
        assert_int_equal(last->code, TTFS_MEMORY);
        assert_string_equal(last->where, "out of memory");
        assert_string_equal(last->what, "9223372036854775807 bytes wanted");
        assert_int_equal(c.diag.messages.len + c.diag.dropped[TTFS_WARNING], n + 1);
        assert_int_equal(c.diag.errors, 1);
        for (uint32_t i = 0; i + 1 < c.diag.messages.len; i++)
            assert_int_equal(c.diag.messages.at[i].severity, TTFS_WARNING);
        ttfs_error(&c.diag, TTFS_AT_FILE("y"), TTFS_LIMIT, "behind it");
        assert_string_equal(c.diag.messages.at[c.diag.messages.len - 1].where, "y");
        ttfs_diag_free(&c.diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first),         cmocka_unit_test(what_was_made_stays),
        cmocka_unit_test(guards_nest),          cmocka_unit_test(passed_to_nobody),
        cmocka_unit_test(nothing_stays_behind), cmocka_unit_test(no_spare_chunk_of_a_guard),
        cmocka_unit_test(files_are_closed),     cmocka_unit_test(threads_end_first),
        cmocka_unit_test(arrays_ask_for_all),   cmocka_unit_test(boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
