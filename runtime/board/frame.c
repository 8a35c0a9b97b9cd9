/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames: a flag, bytes with escapes, a flag. CRC-32 as CRC-32/BZIP2: polynomial 04c11db7, highest
 * bit first, from ones, inverted at the end.
 */
#include "frame.h"

enum { FLAG = 0x7e, ESCAPE = 0x7d, FLIPPED = 0x20, PAYLOAD = 8, HEAD = 2, CRC = 4 };

static uint32_t crc_of(const uint8_t *bytes, uint32_t n) {
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= (uint32_t)bytes[i] << 24;
        for (int k = 0; k < 8; k++) crc = crc << 1 ^ (crc >> 31 ? UINT32_C(0x04c11db7) : 0);
    }
    return ~crc;
}

static void put_number(uint8_t *at, uint64_t v, uint32_t n) {
    for (; n > 0; n--) *at++ = (uint8_t)(v >> (n - 1) * 8);
}

uint64_t ttfs_board_number(const uint8_t *at, uint32_t n) {
    uint64_t v = 0;
    for (; n > 0; n--) v = v << 8 | *at++;
    return v;
}

/* Bytes of the frame before flags and escapes. */
static uint32_t fill(uint8_t number, const TtfsBoardFrame *f, uint8_t *at) {
    bool wide = f->command == TTFS_BOARD_WRITE || f->command == TTFS_BOARD_READ ||
                f->command == TTFS_BOARD_INPUT || f->command >= TTFS_BOARD_PIXELS;
    uint32_t n = HEAD + (wide ? PAYLOAD : 0);
    at[0] = number;
    at[1] = f->command;
    if (wide) put_number(at + HEAD, f->payload, PAYLOAD);
    put_number(at + n, crc_of(at, n), CRC);
    return n + CRC;
}

uint32_t ttfs_board_pack(uint8_t number, const TtfsBoardFrame *f,
                         uint8_t line[TTFS_BOARD_LONGEST]) {
    uint8_t bytes[TTFS_BOARD_REPLY];
    uint32_t n = fill(number, f, bytes), len = 0;
    line[len++] = FLAG;
    for (uint32_t i = 0; i < n; i++) {
        bool special = bytes[i] == FLAG || bytes[i] == ESCAPE;
        if (special) line[len++] = ESCAPE;
        line[len++] = (uint8_t)(bytes[i] ^ (special ? FLIPPED : 0));
    }
    line[len++] = FLAG;
    return len;
}

/* A frame begins behind a flag, with in_bytes 0; one that got too long is told of at its end. */
bool ttfs_board_byte(TtfsBoard *b, uint8_t byte) {
    if (byte == FLAG) {
        bool any = b->in_bytes > 0 || b->in_escaped;
        if (b->in_escaped) b->in_bytes = TTFS_BOARD_REPLY + 1;
        b->in_escaped = false;
        return any;
    }
    if (byte == ESCAPE && !b->in_escaped) {
        b->in_escaped = true;
        return false;
    }
    if (b->in_bytes < TTFS_BOARD_REPLY)
        b->in[b->in_bytes] = (uint8_t)(byte ^ (b->in_escaped ? FLIPPED : 0));
    if (b->in_bytes <= TTFS_BOARD_REPLY) b->in_bytes++;
    b->in_escaped = false;
    return false;
}

bool ttfs_board_sound(const TtfsBoard *b) {
    if (b->in_bytes < HEAD + CRC || b->in_bytes > TTFS_BOARD_REPLY) return false;
    uint8_t status = b->in[1];
    uint32_t data = status & TTFS_BOARD_ANSWER ? 4 : status & TTFS_BOARD_RESULT ? 8 : 0;
    uint32_t n = HEAD + data;
    return status < 0x80 && b->in_bytes == n + CRC &&
           ttfs_board_number(b->in + n, CRC) == crc_of(b->in, n);
}
