/* SPDX-License-Identifier: Apache-2.0
 *
 * A session is one message to the device.
 */
#define _DEFAULT_SOURCE /* flock, usleep */
#include "spidev.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool ttfs_spidev_is(const char *path) {
    const char *last = strrchr(path, '/');
    return strncmp(last ? last + 1 : path, "spidev", 6) == 0;
}

static bool refuse(const char *path, const char *advice, const char *what, TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_BOARD, advice, "%s", what);
}

static bool open_device(TtfsSpidev *d, const char *path, TtfsDiag *diag) {
    *d->fd = open(path, O_RDWR | O_CLOEXEC);
    if (*d->fd >= 0) return true;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return refuse(path,
                      "have the kernel offer the controller (spidev); ls /dev/spidev* names "
                      "what there is",
                      "no such device", diag);
    if (errno == EACCES)
        return refuse(path, "have your user added to the device's group (spi on many systems)",
                      "it may not be opened", diag);
    return refuse(path, NULL, strerror(errno), diag);
}

/* As it was: another program's settings are its own. */
static bool read_settings(TtfsSpidev *d) {
    return ioctl(*d->fd, SPI_IOC_RD_MODE32, &d->mode) >= 0 &&
           ioctl(*d->fd, SPI_IOC_RD_BITS_PER_WORD, &d->bits) >= 0 &&
           ioctl(*d->fd, SPI_IOC_RD_MAX_SPEED_HZ, &d->hz) >= 0;
}

static bool write_settings(const TtfsSpidev *d, uint32_t mode, uint8_t bits, uint32_t hz) {
    return ioctl(*d->fd, SPI_IOC_WR_MODE32, &mode) >= 0 &&
           ioctl(*d->fd, SPI_IOC_WR_BITS_PER_WORD, &bits) >= 0 &&
           ioctl(*d->fd, SPI_IOC_WR_MAX_SPEED_HZ, &hz) >= 0;
}

static bool set(TtfsSpidev *d, const char *path, TtfsDiag *diag) {
    if (flock(*d->fd, LOCK_EX | LOCK_NB) != 0)
        return refuse(path, "end the other program", "another program uses it", diag);
    if (!read_settings(d))
        return refuse(path, "name an SPI device, such as /dev/spidev0.0", "not an SPI device",
                      diag);
    d->set = true;
    return write_settings(d, SPI_MODE_0, 8, TTFS_SPIDEV_HZ) ||
           refuse(path, "the board's line has words of 8 bits, 1 MHz",
                  "the device does not take that", diag);
}

static bool exchange(void *context, const uint8_t *out, uint8_t *in, uint32_t n) {
    const TtfsSpidev *d = context;
    struct spi_ioc_transfer message = {
        .tx_buf = (uintptr_t)out, .rx_buf = (uintptr_t)in, .len = n, .delay_usecs = 1};
    if (d->progress && d->progress->stop && *d->progress->stop) return false;
    return ioctl(*d->fd, SPI_IOC_MESSAGE(1), &message) == (int)n;
}

static uint32_t clock_of(void *context) {
    (void)context;
    return (uint32_t)(uint64_t)(ttfs_now() * 1000);
}

static void rest(void *context) {
    enum { MOMENT = 100 }; /* microseconds */
    (void)context;
    usleep(MOMENT);
}

bool ttfs_spidev_open(TtfsSpidev *d, const char *path, TtfsDiag *diag) {
    *d = (TtfsSpidev){.fd = ttfs_hold_fd()};
    d->spi = (TtfsSpi){.context = d, .exchange = exchange, .clock = clock_of, .rest = rest};
    if (open_device(d, path, diag) && set(d, path, diag)) return true;
    ttfs_spidev_close(d);
    return false;
}

void ttfs_spidev_close(TtfsSpidev *d) {
    if (d->set) write_settings(d, d->mode, d->bits, d->hz);
    d->set = false;
    ttfs_undo(d->fd);
    d->fd = NULL;
}

TtfsBoardPort ttfs_spidev_port(TtfsSpidev *d) {
    return ttfs_spi_port(&d->spi);
}
