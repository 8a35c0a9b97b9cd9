/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions of SPI. Each begins with a flag, which says what it is, and the board's first byte of it
 * means nothing. Flags that end no frame are fillers and are not kept: a board that has nothing to
 * say leaves nothing.
 */
#include "spi.h"

enum { FLAG = 0x7e, ASKED = 16 };

static void keep(TtfsSpi *s, uint8_t byte) {
    if ((byte == FLAG && !s->inside) || s->count == TTFS_SPI_ROOM)
        return; /* else it is sent again */
    s->in[(s->first + s->count++) % TTFS_SPI_ROOM] = byte;
    s->inside = byte != FLAG;
}

/* A session with up to TTFS_SPI_SESSION - 1 bytes behind its flag. */
static bool exchange(TtfsSpi *s, const uint8_t *bytes, uint32_t n) {
    uint8_t out[TTFS_SPI_SESSION] = {FLAG}, in[TTFS_SPI_SESSION];
    for (uint32_t i = 0; i < n; i++) out[1 + i] = bytes ? bytes[i] : FLAG;
    if (!s->exchange(s->context, out, in, 1 + n)) return false;
    for (uint32_t i = 1; i <= n; i++) keep(s, in[i]);
    return true;
}

/* Frames come whole from the driver, and are a session each: the end of one breaks a frame off. */
static int32_t send_frame(void *context, const uint8_t *bytes, uint32_t n) {
    if (n > TTFS_SPI_SESSION - 1) n = TTFS_SPI_SESSION - 1;
    return exchange(context, bytes, n) ? (int32_t)n : -1;
}

static int32_t give(TtfsSpi *s, uint8_t *bytes, uint32_t room) {
    uint32_t n = 0;
    for (; n < room && s->count > 0; s->count--) {
        bytes[n++] = s->in[s->first];
        s->first = (s->first + 1) % TTFS_SPI_ROOM;
    }
    return (int32_t)n;
}

static int32_t receive(void *context, uint8_t *bytes, uint32_t room, uint32_t milliseconds) {
    TtfsSpi *s = context;
    uint32_t start = s->clock(s->context);
    while (s->count == 0) {
        if (!exchange(s, 0, ASKED)) return -1;
        if (s->count > 0 || s->clock(s->context) - start >= milliseconds) break;
        if (s->rest) s->rest(s->context);
    }
    return give(s, bytes, room);
}

static uint32_t clock_of(void *context) {
    TtfsSpi *s = context;
    return s->clock(s->context);
}

TtfsBoardPort ttfs_spi_port(TtfsSpi *s) {
    return (TtfsBoardPort){s, send_frame, receive, clock_of};
}
