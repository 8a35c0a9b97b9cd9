/* SPDX-License-Identifier: Apache-2.0
 *
 * The line to a board at a device of this machine: a serial one (tty.h) or an SPI one (spidev.h).
 */
#ifndef TTFS_BOARD_LINE_H
#define TTFS_BOARD_LINE_H

#include "spidev.h"
#include "tty.h"

typedef struct {
    bool spi;
    TtfsTty tty;
    TtfsSpidev spidev;
} TtfsLine;

bool ttfs_line_open(TtfsLine *l, const char *path, TtfsDiag *diag);
void ttfs_line_close(TtfsLine *l);
/* The line; `l` stays where it is. */
TtfsBoardPort ttfs_line_port(TtfsLine *l);
/* From now on the line counts as closed when `progress` says stop; NULL: nobody says so. */
void ttfs_line_watch(TtfsLine *l, const TtfsProgress *progress);

#endif
