/* SPDX-License-Identifier: Apache-2.0
 *
 * A host of the board top over its UART or SPI (rtl/README.md, "The board top"): loads a chip of
 * one core, reads it back, runs samples. Needs no operating system, no heap and no C library but
 * memory functions: the line is three callbacks, all state is one struct of about 300 bytes. Frames
 * are numbered and checked; what is lost, doubled or damaged on the way is sent again, and done
 * once. Nothing that comes over the line is trusted: numbers, lengths and checksums are looked at
 * before anything else. No call waits for longer than the patience it was given without anything
 * getting done. After a call has failed, `end` says why and every further call fails at once.
 */
#ifndef TTFS_BOARD_H
#define TTFS_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TTFS_BOARD_WINDOW = 8, TTFS_BOARD_REPLY = 14 };

/* A serial line. */
typedef struct {
    void *context;
    /* Takes some of n bytes and says how many, 0 when it can take none now; below 0: it is gone. */
    int32_t (*send)(void *context, const uint8_t *bytes, uint32_t n);
    /* Waits up to so many milliseconds for bytes and gives up to `room`; 0: none came; below 0: the
     * line is gone. */
    int32_t (*receive)(void *context, uint8_t *bytes, uint32_t room, uint32_t milliseconds);
    /* Milliseconds from any time on; wraps. */
    uint32_t (*clock)(void *context);
} TtfsBoardPort;

typedef enum {
    TTFS_BOARD_GOOD,
    TTFS_BOARD_SILENT,  /* nobody answers */
    TTFS_BOARD_GONE,    /* the line was closed */
    TTFS_BOARD_FOREIGN, /* who answers is no board top of this contract: `seen` is its register ID
                         */
    TTFS_BOARD_CHIP,    /* its chip is another: `seen` is the hash of its parameters */
    TTFS_BOARD_DAMAGED, /* what was loaded is not what the chip got */
    TTFS_BOARD_REFUSED, /* the chip does not take a sample or its input */
    TTFS_BOARD_STUCK,   /* the chip does not come to an end of a sample */
    TTFS_BOARD_FLOOD,   /* more results than there can be */
    TTFS_BOARD_EMPTY,   /* the chip found no network in the board's flash, and was given none */
    TTFS_BOARD_NO_TABLE /* a sample of bytes, and the encoder has no table */
} TtfsBoardEnd;

typedef struct {
    uint8_t command;
    uint64_t payload;
} TtfsBoardFrame;

/* Zero but for `port` and `patience` before it is opened; to be read, not written. */
typedef struct {
    TtfsBoardPort port;
    uint32_t patience; /* milliseconds in which something must get done */
    TtfsBoardEnd end;
    uint32_t seen;
    /* What the line did so far. */
    uint32_t frames, resent, damaged, silences;
    /* Frames that are not known to be done, the oldest first, and how many of them were sent, since
     * the last time that sending began anew and ever. */
    TtfsBoardFrame queue[TTFS_BOARD_WINDOW];
    uint32_t count, sent, ever;
    uint32_t window;  /* most frames under way at a time: few on a bad line */
    uint32_t flying;  /* sent frames without a reply of any kind */
    uint32_t deaf;    /* replies to come that tell of frames that were sent again since */
    uint8_t done;     /* number of the last frame that is done */
    uint32_t timeout; /* milliseconds in which a reply is expected */
    uint32_t asked, progress;
    bool again; /* something was sent again: times say nothing */
    /* The reply that comes in, and what the last one said. */
    uint8_t in[TTFS_BOARD_REPLY];
    uint32_t in_bytes; /* more than there is room for: it is none */
    bool in_escaped;
    uint8_t status;
    uint32_t answer;
    uint64_t result;
} TtfsBoard;

/* Comes into step with the board, brings a sample that somebody left unfinished to its end, sees
 * that it is a board top with a chip of this hash (TtfsChip's), clears old errors and begins the
 * checksum of what is loaded anew; PATIENCE and TRACE are 0 then. */
bool ttfs_board_open(TtfsBoard *b, uint32_t chip);
/* The same of a chip that holds its network already, out of the board's flash or since an earlier
 * run: TTFS_BOARD_EMPTY where there was none in the flash, TTFS_BOARD_DAMAGED where the chip tells
 * that a checksum was wrong or that it was another chip's, or was loaded in part. Those errors
 * stay: it refuses samples until it is loaded anew. */
bool ttfs_board_resume(TtfsBoard *b, uint32_t chip);

/* Words of the configuration port (docs/core.md). Writes may still be under way when the call is
 * over; a read, a sample or ttfs_board_flush waits for them. */
bool ttfs_board_write(TtfsBoard *b, uint32_t address, uint32_t data);
bool ttfs_board_read(TtfsBoard *b, uint32_t address, uint32_t *data);
bool ttfs_board_flush(TtfsBoard *b);
/* Writes n words from an address on, and has the chip compare `crc` of them (docs/core.md, CHECK):
 * they and nothing else were written since the last call. */
bool ttfs_board_load(TtfsBoard *b, uint32_t address, const uint32_t *words, uint32_t n);
bool ttfs_board_check(TtfsBoard *b, uint32_t crc);
/* The chip's errors (bits of docs/core.md, FLAGS), which are cleared. */
bool ttfs_board_errors(TtfsBoard *b, uint32_t *flags);
/* Cycles of the last sample; while the host is waited for, those of waiting too. 0 on a chip
 * without counters. */
bool ttfs_board_cycles(TtfsBoard *b, uint32_t *cycles);
/* From now on a sample's results are the spikes of all layers too, not only sums of readouts. */
bool ttfs_board_trace(TtfsBoard *b, bool on);

/* Takes a result of a sample, a flit; false: it is one too many. */
typedef bool TtfsBoardTake(void *context, uint64_t flit);
/* Runs a sample: n flits go in, each result goes to `take`. Errors of the chip are in `flags`. */
bool ttfs_board_sample(TtfsBoard *b, const uint64_t *in, uint32_t n, TtfsBoardTake *take,
                       void *context, uint32_t *flags);

/* A board whose bitstream has an encoder takes samples of bytes too, eight a frame. Sets it up with
 * the n bytes of its table (rtl/wrap/ttfs_axis_raw.v), all values of it; `there`: whether the board
 * has one. */
bool ttfs_board_encoder(TtfsBoard *b, const uint8_t *table, uint32_t n, bool *there);
/* As ttfs_board_sample; the sample is n bytes, in the order that the table says.
 * TTFS_BOARD_NO_TABLE where the encoder has none: the chip's errors say so too, until the next
 * ttfs_board_open. */
bool ttfs_board_sample_bytes(TtfsBoard *b, const uint8_t *in, uint32_t n, TtfsBoardTake *take,
                             void *context, uint32_t *flags);

/* The class, for hosts that want no more: the channel of the largest sum, the lowest one of
 * equals. A flit holds the sum in its lowest acc_bits bits and the channel in the next c_bits. */
typedef struct {
    uint32_t acc_bits, c_bits;
    uint32_t class_;
    int32_t sum;
    bool any;
} TtfsBoardClass;
bool ttfs_board_class(void *best, uint64_t flit); /* a TtfsBoardTake */

/* What went wrong, in words. */
const char *ttfs_board_says(TtfsBoardEnd end);

#ifdef __cplusplus
}
#endif
#endif
