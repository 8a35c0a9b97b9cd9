/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the board's host: frames on the line.
 */
#ifndef TTFS_BOARD_FRAME_H
#define TTFS_BOARD_FRAME_H

#include "board.h"

enum {
    TTFS_BOARD_NOTHING,
    TTFS_BOARD_WRITE,
    TTFS_BOARD_READ,
    TTFS_BOARD_START,
    TTFS_BOARD_INPUT,
    TTFS_BOARD_END,
    TTFS_BOARD_TAKE,
    TTFS_BOARD_CLEAR,
    TTFS_BOARD_POLL,
    TTFS_BOARD_PIXELS,
    TTFS_BOARD_TABLE,
    TTFS_BOARD_TABLE_END
};

/* Bits of a reply's status. */
enum {
    TTFS_BOARD_UNSOUND = 1, /* a frame was not whole, or came too early */
    TTFS_BOARD_ERRORS = 2,
    TTFS_BOARD_LATE = 4,
    TTFS_BOARD_BUSY = 8,
    TTFS_BOARD_DONE = 16,
    TTFS_BOARD_RESULT = 32,
    TTFS_BOARD_ANSWER = 64
};

enum { TTFS_BOARD_LONGEST = 2 * TTFS_BOARD_REPLY + 2 };

/* A frame as it goes over the line; returns its bytes. */
uint32_t ttfs_board_pack(uint8_t number, const TtfsBoardFrame *f, uint8_t line[TTFS_BOARD_LONGEST]);
/* Takes a byte; true when with it a reply or the remains of one have come in (b->in). */
bool ttfs_board_byte(TtfsBoard *b, uint8_t byte);
/* Whether those are a reply. */
bool ttfs_board_sound(const TtfsBoard *b);
/* The n bytes from `at` on as a number, highest first. */
uint64_t ttfs_board_number(const uint8_t *at, uint32_t n);

#endif
