/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that are started: how they end, and what ends with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base.h"
#include "clock.h"
#include "process.h"

static bool few(void *context) {
    return ++*(int *)context < 3;
}

/* A program that does not end is ended when it shall not go on; others say how they ended. */
static void programs_are_waited_for(void **state) {
    static const char *const argv[][3] = {{"true"}, {"false"}, {"sleep", "60"}};
    double began = ttfs_now();
    (void)state;
    for (int i = 0; i < 3; i++) {
        int asked = i == 2 ? 0 : -1000000;
        pid_t pid = ttfs_process_start(argv[i], NULL, "/dev/null");
        assert_true(pid > 0);
        assert_int_equal(ttfs_process_finish_while(pid, few, &asked), i == 0);
        if (i == 2) assert_int_equal(asked, 3);
    }
    assert_true(ttfs_now() - began < 30);
    assert_false(ttfs_process_finish_while(0, few, NULL));
}

static bool until_ready(void *context) {
    return access(context, F_OK) != 0;
}

/* A program that starts another, which holds the pipe `open` from before `ready` is there. */
typedef struct {
    char open[40], ready[40];
    int end; /* of the pipe, to read */
} Started;

static void start_and_end(Started *s, const char *folder, int number, const char *form) {
    char line[256];
    snprintf(s->open, sizeof s->open, "%s/open%d", folder, number);
    snprintf(s->ready, sizeof s->ready, "%s/ready%d", folder, number);
    snprintf(line, sizeof line, form, s->open, s->ready);
    assert_int_equal(mkfifo(s->open, 0600), 0);
    s->end = open(s->open, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const char *const argv[] = {"sh", "-c", line, NULL};
    pid_t pid = ttfs_process_start(argv, NULL, "/dev/null");
    assert_true(s->end >= 0 && pid > 0);
    assert_false(ttfs_process_finish_while(pid, until_ready, s->ready));
    assert_int_equal(access(s->ready, F_OK), 0);
}

/* Whoever held the pipe has ended, which it would not have by itself. */
static void check_ended(Started *s) {
    enum { MOMENT = 30000 }; /* milliseconds */
    struct pollfd p = {.fd = s->end, .events = POLLIN};
    char byte;
    assert_int_equal(poll(&p, 1, MOMENT), 1);
    assert_int_equal(read(s->end, &byte, 1), 0);
    close(s->end);
    unlink(s->open);
    unlink(s->ready);
}

/* What a program that is ended has started is ended with it, also what has lost its own parent or
 * is at the head of a session; a program beside it goes on, until it is told to end. */
static void programs_end_with_what_they_started(void **state) {
    (void)state;
    static const char *const forms[] = {
        "sh -c 'exec 3>%s; touch %s; sleep 60' & wait",
        "(sh -c 'exec 3>%s; touch %s; sleep 60' &); sleep 60",
        "(setsid sh -c 'exec 3>%s; touch %s; sleep 60' &); sleep 60",
    };
    enum { FORMS = sizeof forms / sizeof *forms };
    char folder[] = "/tmp/ttfs-base-XXXXXX", told[40], line[64];
    Started s[FORMS];
    assert_non_null(mkdtemp(folder));
    snprintf(told, sizeof told, "%s/told", folder);
    snprintf(line, sizeof line, "read x <%s", told);
    assert_int_equal(mkfifo(told, 0600), 0);
    int tell = open(told, O_RDWR | O_CLOEXEC);
    const char *const beside[] = {"sh", "-c", line, NULL};
    pid_t pid = ttfs_process_start(beside, NULL, "/dev/null");
    for (int i = 0; i < FORMS; i++) start_and_end(&s[i], folder, i, forms[i]);
    for (int i = 0; i < FORMS; i++) check_ended(&s[i]);
    assert_int_equal(write(tell, "end\n", 4), 4);
    assert_true(ttfs_process_finish(pid));
    close(tell);
    unlink(told);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_waited_for),
        cmocka_unit_test(programs_end_with_what_they_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
