/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded: an SPI device that is a terminal with a board at its other end (board_pty.cpp, spi). A
 * message goes there behind its length, two bytes, and as many bytes come back, if mode, bits and
 * clock are the board's. What they are at the end goes to the file TTFS_TEST_SPIDEV.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What another program has left: mode 3, high bits too, words of 16 bits, 500 kHz. */
static uint32_t mode = SPI_MODE_3 | SPI_TX_DUAL, hz = 500000;
static uint8_t bits = 16;

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("TTFS_TEST_SPIDEV");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f) return;
    fprintf(f, "%#x %u %u", (unsigned)mode, bits, (unsigned)hz);
    fclose(f);
}

/* A setting, or -1. */
static int setting(unsigned long request, void *what) {
    size_t n = _IOC_SIZE(request);
    void *mine = _IOC_NR(request) == _IOC_NR(SPI_IOC_RD_MODE32)          ? (void *)&mode
                 : _IOC_NR(request) == _IOC_NR(SPI_IOC_RD_BITS_PER_WORD) ? (void *)&bits
                 : _IOC_NR(request) == _IOC_NR(SPI_IOC_RD_MAX_SPEED_HZ)  ? (void *)&hz
                                                                         : NULL;
    if (!mine) return errno = ENOTTY, -1;
    if (_IOC_DIR(request) == _IOC_READ)
        memcpy(what, mine, n);
    else
        memcpy(mine, what, n);
    return 0;
}

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
    if (mode != SPI_MODE_0 || bits != 8 || hz != 1000000) return errno = EIO, -1;
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
    return request == SPI_IOC_MESSAGE(1) ? message(fd, what) : setting(request, what);
}
