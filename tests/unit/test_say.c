/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command line says of progress, letter by letter, against a clock that the test sets: in
 * a file, on a terminal, of work whose end is not known, of work that is short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "say.h"

static double now;
static bool terminal;

double __wrap_ttfs_now(void);
double __wrap_ttfs_now(void) {
    return now;
}

int __wrap_isatty(int fd);
int __wrap_isatty(int fd) {
    assert_int_equal(fd, STDERR_FILENO);
    return terminal;
}

/* A look at the work: when, what, how far. */
typedef struct {
    double at;
    uint64_t done, of;
    const char *what;
} Look;

/* What is said of the looks, and at their end, is `want`. */
static void says(const char *want, const Look *look, size_t n, bool quiet) {
    TtfsOptions o = {.value = {[TTFS_OPT_QUIET] = quiet ? "" : NULL}};
    TtfsProgressLine line;
    char text[500] = "";
    FILE *f = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_true(f && kept >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0);
    TtfsProgress p = ttfs_progress_line(&line, &o);
    for (size_t i = 0; i < n; i++) {
        now = look[i].at;
        ttfs_tell(&p, look[i].what ? look[i].what : "samples", look[i].done, look[i].of);
    }
    ttfs_progress_end(&line);
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0 && close(kept) == 0);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, want);
}
#define SAYS(want, ...)                                                                            \
    says(want, (const Look[]){__VA_ARGS__}, sizeof((const Look[]){__VA_ARGS__}) / sizeof(Look),    \
         false)

/* One line when a second is over, whatever comes after, and one at the end. */
static void in_a_file(void **state) {
    (void)state;
    terminal = false;
    SAYS("ttfs: 30 of 90 samples, 30 a second, 2 s left\nttfs: 90 of 90 samples in 3.0 s\n",
         {5, 0, 90, 0}, {5.9, 20, 90, 0}, {6, 30, 90, 0}, {7, 60, 90, 0}, {8, 90, 90, 0});
    SAYS("ttfs: 1 of 90 samples, 1 a second, 89 s left\nttfs: 1 of 90 samples in 1.0 s\n",
         {5, 0, 90, 0}, {6, 1, 90, 0});
    SAYS("ttfs: 90 of 90 samples in 1.5 s\n", {5, 0, 90, 0}, {6.5, 90, 90, 0});
    SAYS("", {5, 0, 90, 0}, {5.99, 90, 90, 0});
    SAYS("", {5, 0, 90, 0}, {5.1, 89, 90, 0});
}

/* The next work ends the line of the one before, which never came to its end. */
static void one_after_another(void **state) {
    (void)state;
    terminal = false;
    SAYS("ttfs: 10 of 20 samples, 5 a second, 2 s left\nttfs: 10 of 20 samples in 4.0 s\n"
         "ttfs: 4 of 8 others, 2 a second, 2 s left\nttfs: 4 of 8 others in 2.0 s\n",
         {0, 0, 20, 0}, {2, 10, 20, 0}, {4, 0, 8, "others"}, {5, 0, 8, "others"},
         {7, 4, 8, "others"});
}

/* A line that is written over five times a second at most, and gone at the end. */
static void on_a_terminal(void **state) {
    (void)state;
    terminal = true;
    SAYS("\r10 of 40 samples, 10 a second, 3 s left\033[K\r12 of 40 samples, 9.6 a second, 3 s "
         "left\033[K\r\033[K",
         {0, 0, 40, 0}, {1, 10, 40, 0}, {1.125, 11, 40, 0}, {1.25, 12, 40, 0}, {4, 40, 40, 0});
    SAYS("", {0, 0, 40, 0}, {0.5, 20, 40, 0}, {0.9, 40, 40, 0});
    SAYS("\rbuilding ...\033[K\r\033[K", {0, 0, 0, "building"}, {9, 1, 0, "building"});
}

static void of_unknown_length(void **state) {
    (void)state;
    terminal = false;
    SAYS("ttfs: building\nttfs: building: 9.5 s\n", {0, 0, 0, "building"}, {9.5, 1, 0, "building"});
}

static void quiet(void **state) {
    (void)state;
    static const Look look[] = {{0, 0, 40, 0}, {2, 10, 40, 0}, {4, 40, 40, 0}, {5, 0, 0, 0}};
    terminal = false;
    says("", look, 4, true);
    terminal = true;
    says("", look, 4, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_file),     cmocka_unit_test(one_after_another),
        cmocka_unit_test(on_a_terminal), cmocka_unit_test(of_unknown_length),
        cmocka_unit_test(quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
