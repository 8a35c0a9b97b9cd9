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

/* What a program that is ended has started is ended with it: it would write a file half a second
 * later. */
static void programs_end_with_what_they_started(void **state) {
    (void)state;
    char ready[] = "/tmp/ttfs_base_XXXXXX", late[64], line[256];
    int fd = mkstemp(ready);
    assert_true(fd >= 0 && close(fd) == 0 && unlink(ready) == 0);
    snprintf(late, sizeof late, "%s.late", ready);
    snprintf(line, sizeof line, "sh -c 'touch %s; sleep 0.5; touch %s' & wait", ready, late);
    const char *const argv[] = {"sh", "-c", line, NULL};
    pid_t pid = ttfs_process_start(argv, NULL, "/dev/null");
    assert_true(pid > 0);
    assert_false(ttfs_process_finish_while(pid, until_ready, ready));
    assert_int_equal(access(ready, F_OK), 0);
    nanosleep(&(struct timespec){.tv_nsec = 800000000}, NULL);
    assert_int_not_equal(access(late, F_OK), 0);
    unlink(ready);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_waited_for),
        cmocka_unit_test(programs_end_with_what_they_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
