/* SPDX-License-Identifier: Apache-2.0
 *
 * SPI as a line to a board (board.h). A session of SPI, while the board's chip select is low, that
 * begins with a flag carries the same frames as the UART, both ways at once (rtl/README.md, "The
 * board top"). The host clocks the board's bytes, so it asks while it waits. Needs no operating
 * system and no heap: whoever has an SPI controller gives one function.
 */
#ifndef TTFS_BOARD_SPI_H
#define TTFS_BOARD_SPI_H

#include "board.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TTFS_SPI_ROOM = 256, TTFS_SPI_SESSION = 64 };

/* Zero but for the first four before it is used. */
typedef struct {
    void *context;
    /* A session: n bytes go out, highest bit first, mode 0, and as many come in; chip select is low
     * meanwhile and high behind it, each for four cycles of the chip at least, as is each half of
     * the clock's period. False: there is no line any more. */
    bool (*exchange)(void *context, const uint8_t *out, uint8_t *in, uint32_t n);
    /* Milliseconds from any time on; wraps. */
    uint32_t (*clock)(void *context);
    /* Gives others the processor for a moment, between two questions; may be NULL. */
    void (*rest)(void *context);
    uint8_t in[TTFS_SPI_ROOM]; /* what came and was not asked for yet: a ring */
    uint32_t first, count;
    bool inside; /* the last byte that was kept is none that ends a frame */
} TtfsSpi;

/* The line; `s` stays where it is. */
TtfsBoardPort ttfs_spi_port(TtfsSpi *s);

#ifdef __cplusplus
}
#endif
#endif
