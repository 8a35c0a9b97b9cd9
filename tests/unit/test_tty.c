/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial device of a board, at whose other end stands a pseudo-terminal. */
#define _GNU_SOURCE /* posix_openpt, ptsname_r, cfsetspeed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool slow; /* the adapter takes another speed, and says nothing */

int __real_tcsetattr(int fd, int when, const struct termios *how);
int __wrap_tcsetattr(int fd, int when, const struct termios *how);
int __wrap_tcsetattr(int fd, int when, const struct termios *how) {
    struct termios other = *how;
    if (slow && cfgetospeed(how) == B1000000) cfsetspeed(&other, B115200);
    return __real_tcsetattr(fd, when, &other);
}

static bool has_speed(int fd, speed_t speed) {
    struct termios now;
    return tcgetattr(fd, &now) == 0 && cfgetospeed(&now) == speed;
}

/* Bytes go both ways; nothing is 0, also when nothing came; a line that was hung up is below 0. */
static void test_line(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsTty t = {0};
    char path[64];
    uint8_t got[8] = {0};
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(ptsname_r(master, path, sizeof path), 0);
    assert_true(ttfs_tty_open(&t, path, &diag));
    TtfsBoardPort line = ttfs_tty_port(&t);
    assert_int_equal(line.receive(line.context, got, 8, 0), 0);
    assert_int_equal(line.send(line.context, (const uint8_t *)"\x7e\x03\x11\xff", 4), 4);
    assert_int_equal(read(master, got, 8), 4);
    assert_memory_equal(got, "\x7e\x03\x11\xff", 4);
    assert_int_equal(write(master, "\x04\x13\x0d", 3), 3);
    assert_int_equal(line.receive(line.context, got, 2, 1000), 2);
    assert_int_equal(line.receive(line.context, got + 2, 6, 1000), 1);
    assert_memory_equal(got, "\x04\x13\x0d", 3);
    const int stop = 1;
    const TtfsProgress told = {.stop = &stop};
    t.progress = &told;
    assert_true(line.receive(line.context, got, 8, 0) < 0);
    t.progress = NULL;
    close(master);
    assert_true(line.receive(line.context, got, 8, 1000) < 0);
    ttfs_tty_close(&t);
    ttfs_diag_free(&diag);
}

/* Nobody else's meanwhile, with the speed that it was told; then as it was. */
static void test_device(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsTty t = {0};
    char path[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY), other, alone = -1;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(ptsname_r(master, path, sizeof path), 0);
    assert_true((other = open(path, O_RDWR | O_NOCTTY)) >= 0);
    assert_true(ttfs_tty_open(&t, path, &diag));
    assert_true(has_speed(other, B1000000));
    assert_true(ioctl(other, TIOCGEXCL, &alone) == 0 && alone == 1);
    TtfsTty second = {0};
    assert_false(ttfs_tty_open(&second, path, &diag));
    ttfs_tty_close(&t);
    assert_true(ioctl(other, TIOCGEXCL, &alone) == 0 && alone == 0);
    assert_false(has_speed(other, B1000000));
    slow = true;
    assert_false(ttfs_tty_open(&t, path, &diag));
    assert_true(ioctl(other, TIOCGEXCL, &alone) == 0 && alone == 0);
    assert_false(has_speed(other, B115200));
    slow = false;
    close(other);
    close(master);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
