/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that are started: how they end, and what ends with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

/* A program that starts another, which would write a file half a second after `ready`. */
typedef struct {
    char ready[32], late[40];
} Started;

static void start_and_end(Started *s, const char *form) {
    char line[256];
    strcpy(s->ready, "/tmp/ttfs_base_XXXXXX");
    int fd = mkstemp(s->ready);
    assert_true(fd >= 0 && close(fd) == 0 && unlink(s->ready) == 0);
    snprintf(s->late, sizeof s->late, "%.31s.late", s->ready);
    snprintf(line, sizeof line, form, s->ready, s->late);
    const char *const argv[] = {"sh", "-c", line, NULL};
    pid_t pid = ttfs_process_start(argv, NULL, "/dev/null");
    assert_true(pid > 0);
    assert_false(ttfs_process_finish_while(pid, until_ready, s->ready));
    assert_int_equal(access(s->ready, F_OK), 0);
}

/* What a program that is ended has started is ended with it, also what has lost its own parent or
 * is at the head of a session; a program beside it goes on. */
static void programs_end_with_what_they_started(void **state) {
    (void)state;
    static const char *const forms[] = {
        "sh -c 'touch %s; sleep 0.5; touch %s' & wait",
        "(sh -c 'touch %s; sleep 0.5; touch %s' &); sleep 60",
        "(setsid sh -c 'touch %s; sleep 0.5; touch %s' &); sleep 60",
    };
    enum { FORMS = sizeof forms / sizeof *forms };
    static const char *const beside[] = {"sleep", "0.4", NULL};
    Started s[FORMS];
    pid_t pid = ttfs_process_start(beside, NULL, "/dev/null");
    for (size_t i = 0; i < FORMS; i++) start_and_end(&s[i], forms[i]);
    assert_true(ttfs_process_finish(pid));
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    for (size_t i = 0; i < FORMS; i++) {
        assert_int_not_equal(access(s[i].late, F_OK), 0);
        unlink(s[i].ready);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_waited_for),
        cmocka_unit_test(programs_end_with_what_they_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
