/* SPDX-License-Identifier: Apache-2.0
 *
 * A serial device of POSIX as a line to a board.
 */
#ifndef TTFS_BOARD_TTY_H
#define TTFS_BOARD_TTY_H

#include "base.h"
#include "board.h"
#include "progress.h"

#include <termios.h>

enum { TTFS_TTY_BAUD = 1000000 };

typedef struct {
    int *fd;                      /* held */
    struct termios was;           /* how it was set */
    bool set;                     /* and that it is set otherwise now */
    bool mine;                    /* no other program may open it now */
    const TtfsProgress *progress; /* when it says stop the line counts as closed; may be NULL */
} TtfsTty;

/* Opens a terminal device for this process alone: 8 bits, no parity, one stop bit, no flow control,
 * TTFS_TTY_BAUD. */
bool ttfs_tty_open(TtfsTty *t, const char *path, TtfsDiag *diag);
/* Sets it as it was. */
void ttfs_tty_close(TtfsTty *t);
/* The line; `t` stays where it is. */
TtfsBoardPort ttfs_tty_port(TtfsTty *t);

#endif
