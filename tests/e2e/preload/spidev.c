/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded: an SPI device that is a terminal with a board at its other end (board_pty.cpp, spi). A
 * message goes there behind its length, two bytes, and as many bytes come back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int all(int fd, uint8_t *at, size_t n, int out) {
    while (n > 0) {
        ssize_t done = out ? write(fd, at, n) : read(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return -1;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

static int message(int fd, const struct spi_ioc_transfer *m) {
    uint8_t head[2] = {(uint8_t)(m->len >> 8), (uint8_t)m->len};
    if (all(fd, head, 2, 1) || all(fd, (uint8_t *)(uintptr_t)m->tx_buf, m->len, 1)) return -1;
    return all(fd, (uint8_t *)(uintptr_t)m->rx_buf, m->len, 0) ? -1 : (int)m->len;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *what = va_arg(rest, void *);
    va_end(rest);
    if (_IOC_TYPE(request) != SPI_IOC_MAGIC) return (int)syscall(SYS_ioctl, fd, request, what);
    return request == SPI_IOC_MESSAGE(1) ? message(fd, what) : 0;
}
