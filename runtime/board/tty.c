/* SPDX-License-Identifier: Apache-2.0
 *
 * Serial devices: opened without waiting, made raw, read with a time limit.
 */
#define _DEFAULT_SOURCE /* cfmakeraw, B1000000, flock, TIOCEXCL */
#include "tty.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool refuse(const char *path, const char *advice, const char *what, TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_BOARD, advice, "%s", what);
}

static const char used[] = "another program uses it", used_advice[] = "end the other program";

static bool open_device(TtfsTty *t, const char *path, TtfsDiag *diag) {
    *t->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*t->fd >= 0) return true;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return refuse(path, "plug the board in; ls /dev/ttyUSB* /dev/ttyACM* names what there is",
                      "no such device", diag);
    if (errno == EBUSY) return refuse(path, used_advice, used, diag);
    if (errno == EACCES)
        return refuse(path, "have your user added to the device's group (dialout on Debian)",
                      "it may not be opened", diag);
    return refuse(path, NULL, strerror(errno), diag);
}

/* Two hosts on one line would undo each other's numbers; other programs (a terminal, a modem
 * manager) know nothing of locks and are refused from now on, but those of root. */
static bool lock_device(TtfsTty *t, const char *path, TtfsDiag *diag) {
    if (!isatty(*t->fd))
        return refuse(path, "name the serial device that the board is at, such as /dev/ttyUSB0",
                      "not a terminal device", diag);
    if (flock(*t->fd, LOCK_EX | LOCK_NB) != 0) return refuse(path, used_advice, used, diag);
    t->mine = ioctl(*t->fd, TIOCEXCL) == 0;
    return true;
}

/* An adapter that has not the speed that it was told takes another one and says nothing. */
static bool is_fast(const TtfsTty *t) {
    struct termios now;
    return tcgetattr(*t->fd, &now) == 0 && cfgetospeed(&now) == B1000000 &&
           cfgetispeed(&now) == B1000000;
}

static bool make_raw(TtfsTty *t, const char *path, TtfsDiag *diag) {
    if (tcgetattr(*t->fd, &t->was) != 0) return refuse(path, NULL, strerror(errno), diag);
    struct termios how = t->was;
    t->set = true;
    cfmakeraw(&how);
    how.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    how.c_cflag |= CLOCAL | CREAD;
    how.c_cc[VMIN] = how.c_cc[VTIME] = 0;
    if (cfsetspeed(&how, B1000000) != 0 || tcsetattr(*t->fd, TCSANOW, &how) != 0 || !is_fast(t))
        return refuse(path, "the board's line has 1,000,000 baud", "the device does not take that",
                      diag);
    tcflush(*t->fd, TCIOFLUSH);
    return true;
}

bool ttfs_tty_open(TtfsTty *t, const char *path, TtfsDiag *diag) {
    t->fd = ttfs_hold_fd();
    t->set = t->mine = false;
    if (open_device(t, path, diag) && lock_device(t, path, diag) && make_raw(t, path, diag))
        return true;
    ttfs_tty_close(t);
    return false;
}

void ttfs_tty_close(TtfsTty *t) {
    if (t->set) tcsetattr(*t->fd, TCSANOW, &t->was);
    if (t->mine) ioctl(*t->fd, TIOCNXCL);
    t->set = t->mine = false;
    ttfs_undo(t->fd);
    t->fd = NULL;
}

static bool ready(const TtfsTty *t, short what, uint32_t milliseconds) {
    struct pollfd p = {.fd = *t->fd, .events = what};
    return poll(&p, 1, (int)milliseconds) > 0;
}

static bool passing(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int32_t send_some(void *context, const uint8_t *bytes, uint32_t n) {
    enum { FULL = 10 }; /* milliseconds that a full line is waited for */
    const TtfsTty *t = context;
    ssize_t taken = write(*t->fd, bytes, n);
    if (taken >= 0) return (int32_t)taken;
    if (!passing()) return -1;
    ready(t, POLLOUT, FULL);
    return 0;
}

static int32_t receive_some(void *context, uint8_t *bytes, uint32_t room, uint32_t milliseconds) {
    const TtfsTty *t = context;
    if (t->progress && t->progress->stop && *t->progress->stop) return -1;
    if (!ready(t, POLLIN, milliseconds)) return 0;
    ssize_t n = read(*t->fd, bytes, room);
    if (n > 0) return (int32_t)n;
    return n < 0 && passing() ? 0 : -1; /* it was hung up */
}

static uint32_t clock_of(void *context) {
    (void)context;
    return (uint32_t)(uint64_t)(ttfs_now() * 1000);
}

TtfsBoardPort ttfs_tty_port(TtfsTty *t) {
    return (TtfsBoardPort){t, send_some, receive_some, clock_of};
}
