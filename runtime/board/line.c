/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of the two a device is says its name.
 */
#include "line.h"

bool ttfs_line_open(TtfsLine *l, const char *path, TtfsDiag *diag) {
    l->spi = ttfs_spidev_is(path);
    return l->spi ? ttfs_spidev_open(&l->spidev, path, diag) : ttfs_tty_open(&l->tty, path, diag);
}

void ttfs_line_close(TtfsLine *l) {
    if (l->spi)
        ttfs_spidev_close(&l->spidev);
    else
        ttfs_tty_close(&l->tty);
}

TtfsBoardPort ttfs_line_port(TtfsLine *l) {
    return l->spi ? ttfs_spidev_port(&l->spidev) : ttfs_tty_port(&l->tty);
}

void ttfs_line_watch(TtfsLine *l, const TtfsProgress *progress) {
    l->tty.progress = l->spidev.progress = progress;
}
