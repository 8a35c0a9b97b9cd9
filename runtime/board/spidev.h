/* SPDX-License-Identifier: Apache-2.0
 *
 * An SPI device of Linux (spidev) as a line to a board.
 */
#ifndef TTFS_BOARD_SPIDEV_H
#define TTFS_BOARD_SPIDEV_H

#include "base.h"
#include "progress.h"
#include "spi.h"

/* Eight cycles of a chip at 8 MHz or more are a bit. */
enum { TTFS_SPIDEV_HZ = 1000000 };

typedef struct {
    int *fd;                      /* held; NULL: none is open */
    const TtfsProgress *progress; /* when it says stop the line counts as closed; may be NULL */
    uint32_t mode, hz;            /* how it was set */
    uint8_t bits;
    bool set; /* and that it is set otherwise now */
    TtfsSpi spi;
} TtfsSpidev;

/* Whether a path is that of such a device: its last part begins with "spidev". */
bool ttfs_spidev_is(const char *path);
/* Opens it for this process alone: mode 0, words of 8 bits, TTFS_SPIDEV_HZ. */
bool ttfs_spidev_open(TtfsSpidev *d, const char *path, TtfsDiag *diag);
/* Sets it as it was. */
void ttfs_spidev_close(TtfsSpidev *d);
/* The line; `d` stays where it is. */
TtfsBoardPort ttfs_spidev_port(TtfsSpidev *d);

#endif
