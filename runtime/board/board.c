/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's host. Frames are kept until they are known to be done; what is known is the number in
 * the last sound reply. When a reply is damaged, tells of a frame that was, or does not come in
 * time, sending begins anew with the oldest frame: what the board has done before it does not do
 * again, since that frame's number does not follow its last one. The more goes wrong the fewer
 * frames are under way at a time, down to one.
 */
#include "board.h"

#include "frame.h"

#include <stddef.h>

enum {
    FIRST_TIMEOUT = 250,
    LEAST_TIMEOUT = 40, /* an adapter may keep bytes for 16 ms */
    MOST_TIMEOUT = 1000,
    LEAST_TRIES = 8, /* before nobody is said to answer */
    CHUNK = 64,
    STALE = 64,     /* chunks of old bytes that are dropped before a board is asked */
    LEFT = 1 << 16, /* results of a sample that somebody left, at most */
    QUIET = 5       /* milliseconds without bytes, after which there are no more of them */
};

/* The registers of the chip (hw/memories.def), which is core 0's memory 15. */
enum { ID, CHIP, FLAGS, CHECK, PATIENCE, CYCLES, TRACE };
enum { CONTRACT = 0x5454, VERSION = 5 };
/* Errors in FLAGS that say that what the chip holds is not what was meant for it; those of the
 * board top. */
enum { CHECKSUM = 1 << 5, WRONG = 1 << 6, EMPTY = 1 << 11, TABLE = 1 << 12 };

static uint32_t register_of(uint32_t word) {
    return UINT32_C(15) << 18 | word;
}

static bool fail(TtfsBoard *b, TtfsBoardEnd end) {
    if (b->end == TTFS_BOARD_GOOD) b->end = end;
    return false;
}

static uint32_t now(const TtfsBoard *b) {
    return b->port.clock(b->port.context);
}

/* --- sending --- */

static bool send_bytes(TtfsBoard *b, const uint8_t *bytes, uint32_t n) {
    uint32_t start = now(b);
    while (n > 0) {
        int32_t taken = b->port.send(b->port.context, bytes, n);
        if (taken < 0 || (uint32_t)taken > n) return fail(b, TTFS_BOARD_GONE);
        if (taken == 0 && now(b) - start > b->patience) return fail(b, TTFS_BOARD_SILENT);
        bytes += taken;
        n -= (uint32_t)taken;
    }
    return true;
}

/* Sends what may be under way. */
static bool send_frames(TtfsBoard *b) {
    uint8_t line[TTFS_BOARD_LONGEST];
    for (; b->sent < b->count && b->sent < b->window; b->sent++) {
        uint8_t number = (uint8_t)(b->done + 1 + b->sent);
        if (!send_bytes(b, line, ttfs_board_pack(number, &b->queue[b->sent], line))) return false;
        b->frames++;
        if (b->sent < b->ever) b->resent++;
        if (b->sent == b->ever) b->ever++;
        b->flying++;
        b->asked = now(b);
    }
    return true;
}

/* From the oldest frame on again, fewer at a time. */
static void begin_anew(TtfsBoard *b) {
    b->window = b->window > 1 ? b->window / 2 : 1;
    b->sent = 0;
    b->again = true;
}

/* --- receiving --- */

/* Something went wrong, unless it is with what was sent again since. */
static void take_trouble(TtfsBoard *b) {
    if (b->deaf > 0) {
        b->deaf--;
        return;
    }
    b->deaf = b->flying;
    begin_anew(b);
}

static void set_timeout(TtfsBoard *b, uint32_t milliseconds) {
    uint32_t most = b->patience / LEAST_TRIES;
    if (most > MOST_TIMEOUT) most = MOST_TIMEOUT;
    if (most < LEAST_TIMEOUT) most = LEAST_TIMEOUT;
    b->timeout = milliseconds < most ? milliseconds : most;
}

static void take_time(TtfsBoard *b) {
    uint32_t want = 4 * (now(b) - b->asked) + LEAST_TIMEOUT;
    if (!b->again) set_timeout(b, (3 * b->timeout + want) / 4);
    b->again = false;
}

/* The oldest n frames are done. */
static void drop_frames(TtfsBoard *b, uint32_t n) {
    for (uint32_t i = n; i < b->count; i++) b->queue[i - n] = b->queue[i];
    b->count -= n;
    b->ever -= n;
    b->sent -= b->sent < n ? b->sent : n;
    b->done = (uint8_t)(b->done + n);
    b->progress = now(b);
    take_time(b);
    if (b->window < TTFS_BOARD_WINDOW) b->window++;
    if (b->count == 0) b->deaf = b->flying = 0;
}

static void take_reply(TtfsBoard *b) {
    uint8_t number = b->in[0], status = b->in[1];
    uint32_t ahead = (uint8_t)(number - b->done);
    if (ahead > b->ever) return; /* of another time */
    if (ahead > 0) drop_frames(b, ahead);
    b->status = status;
    if (status & TTFS_BOARD_ANSWER)
        b->answer = (uint32_t)ttfs_board_number(b->in + 2, 4);
    else if (status & TTFS_BOARD_RESULT)
        b->result = ttfs_board_number(b->in + 2, 8);
    if (b->count == 0) return;
    if (status & TTFS_BOARD_UNSOUND)
        take_trouble(b);
    else if (b->deaf > 0)
        b->deaf--;
}

static void take_bytes(TtfsBoard *b, const uint8_t *bytes, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!ttfs_board_byte(b, bytes[i])) continue;
        if (b->flying > 0) b->flying--;
        if (ttfs_board_sound(b)) {
            take_reply(b);
        } else {
            b->damaged++;
            if (b->count > 0) take_trouble(b);
        }
        b->in_bytes = 0;
    }
}

static void take_silence(TtfsBoard *b) {
    b->silences++;
    b->deaf = b->flying = 0;
    set_timeout(b, 2 * b->timeout);
    begin_anew(b);
}

/* Waits for a reply, up to its time; then sends what may be sent. */
static bool pump(TtfsBoard *b) {
    uint8_t bytes[CHUNK];
    uint32_t waited = now(b) - b->asked;
    uint32_t left = waited < b->timeout ? b->timeout - waited : 0;
    int32_t n = left ? b->port.receive(b->port.context, bytes, CHUNK, left) : 0;
    if (n < 0 || n > CHUNK) return fail(b, TTFS_BOARD_GONE);
    if (n > 0) take_bytes(b, bytes, (uint32_t)n);
    if (b->count > 0 && now(b) - b->progress > b->patience) return fail(b, TTFS_BOARD_SILENT);
    if (n == 0 && now(b) - b->asked >= b->timeout) take_silence(b);
    return send_frames(b);
}

/* --- commands --- */

static bool post(TtfsBoard *b, uint8_t command, uint64_t payload) {
    while (b->end == TTFS_BOARD_GOOD && b->count == TTFS_BOARD_WINDOW) pump(b);
    if (b->end != TTFS_BOARD_GOOD) return false;
    if (b->count == 0) b->progress = now(b);
    b->queue[b->count++] = (TtfsBoardFrame){command, payload};
    return send_frames(b);
}

bool ttfs_board_flush(TtfsBoard *b) {
    while (b->end == TTFS_BOARD_GOOD && b->count > 0) pump(b);
    return b->end == TTFS_BOARD_GOOD;
}

/* A command, and how things are behind it. */
static bool ask(TtfsBoard *b, uint8_t command, uint64_t payload) {
    return post(b, command, payload) && ttfs_board_flush(b);
}

bool ttfs_board_write(TtfsBoard *b, uint32_t address, uint32_t data) {
    return post(b, TTFS_BOARD_WRITE, (uint64_t)address << 32 | data);
}

bool ttfs_board_read(TtfsBoard *b, uint32_t address, uint32_t *data) {
    if (!ask(b, TTFS_BOARD_READ, (uint64_t)address << 32)) return false;
    if (!(b->status & TTFS_BOARD_ANSWER)) return fail(b, TTFS_BOARD_FOREIGN);
    *data = b->answer;
    return true;
}

bool ttfs_board_load(TtfsBoard *b, uint32_t address, const uint32_t *words, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!ttfs_board_write(b, address + i, words[i])) return false;
    return true;
}

bool ttfs_board_errors(TtfsBoard *b, uint32_t *flags) {
    return ttfs_board_read(b, register_of(FLAGS), flags) &&
           (*flags == 0 || ttfs_board_write(b, register_of(FLAGS), *flags));
}

bool ttfs_board_check(TtfsBoard *b, uint32_t crc) {
    uint32_t flags;
    return ttfs_board_write(b, register_of(CHECK), crc) && ttfs_board_errors(b, &flags) &&
           (flags == 0 || fail(b, TTFS_BOARD_DAMAGED));
}

bool ttfs_board_cycles(TtfsBoard *b, uint32_t *cycles) {
    return ttfs_board_read(b, register_of(CYCLES), cycles);
}

bool ttfs_board_trace(TtfsBoard *b, bool on) {
    return ttfs_board_write(b, register_of(TRACE), on);
}

/* --- samples --- */

/* Takes results until the chip rests. */
static bool take_results(TtfsBoard *b, TtfsBoardTake *take, void *context) {
    uint32_t last = now(b);
    while (ttfs_board_flush(b)) {
        if (b->status & TTFS_BOARD_RESULT) {
            if (!take(context, b->result)) return fail(b, TTFS_BOARD_FLOOD);
            if (!post(b, TTFS_BOARD_TAKE, 0)) return false;
            last = now(b);
        } else if (!(b->status & TTFS_BOARD_BUSY)) {
            return true;
        } else if (now(b) - last > b->patience) {
            return fail(b, TTFS_BOARD_STUCK);
        } else if (!post(b, TTFS_BOARD_POLL, 0)) {
            return false;
        }
    }
    return false;
}

static bool put_inputs(TtfsBoard *b, const uint64_t *in, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!post(b, TTFS_BOARD_INPUT, in[i])) return false;
    return true;
}

/* The chip rests a cycle before the board says that the sample is done. */
static bool see_done(TtfsBoard *b) {
    if (!(b->status & TTFS_BOARD_DONE) && !ask(b, TTFS_BOARD_POLL, 0)) return false;
    return b->status & TTFS_BOARD_DONE || fail(b, TTFS_BOARD_STUCK);
}

/* The sample was refused, or some of its input. */
static bool tell_refused(TtfsBoard *b) {
    uint32_t flags;
    if (!ttfs_board_read(b, register_of(FLAGS), &flags)) return false;
    return fail(b, flags & EMPTY   ? TTFS_BOARD_EMPTY
                   : flags & TABLE ? TTFS_BOARD_NO_TABLE
                                   : TTFS_BOARD_REFUSED);
}

/* The sample's input is in; what becomes of it. */
static bool end_input(TtfsBoard *b, TtfsBoardTake *take, void *context, uint32_t *flags) {
    if (!ask(b, TTFS_BOARD_END, 0)) return false;
    if (b->status & TTFS_BOARD_LATE) return tell_refused(b);
    if (!take_results(b, take, context) || !see_done(b)) return false;
    return !(b->status & TTFS_BOARD_ERRORS) || ttfs_board_errors(b, flags);
}

bool ttfs_board_sample(TtfsBoard *b, const uint64_t *in, uint32_t n, TtfsBoardTake *take,
                       void *context, uint32_t *flags) {
    *flags = 0;
    return post(b, TTFS_BOARD_START, 0) && put_inputs(b, in, n) &&
           end_input(b, take, context, flags);
}

/* --- samples of bytes --- */

enum { BEAT = 8 };

/* Up to eight bytes, the first one lowest. */
static uint64_t beat_of(const uint8_t *bytes, uint32_t n) {
    uint64_t beat = 0;
    for (uint32_t i = n < BEAT ? n : BEAT; i > 0; i--) beat = beat << 8 | bytes[i - 1];
    return beat;
}

/* An earlier table that was cut off is brought to its end first. */
bool ttfs_board_encoder(TtfsBoard *b, const uint8_t *table, uint32_t n, bool *there) {
    *there = false;
    if (!ask(b, TTFS_BOARD_TABLE_END, 0)) return false;
    if (b->status & TTFS_BOARD_LATE) return ask(b, TTFS_BOARD_CLEAR, 0);
    for (uint32_t i = 0; i < n; i += BEAT) {
        uint8_t command = n - i > BEAT ? TTFS_BOARD_TABLE : TTFS_BOARD_TABLE_END;
        if (!post(b, command, beat_of(table + i, n - i))) return false;
    }
    *there = true;
    return ttfs_board_flush(b);
}

bool ttfs_board_sample_bytes(TtfsBoard *b, const uint8_t *in, uint32_t n, TtfsBoardTake *take,
                             void *context, uint32_t *flags) {
    *flags = 0;
    if (!post(b, TTFS_BOARD_START, 0)) return false;
    for (uint32_t i = 0; i < n; i += BEAT)
        if (!post(b, TTFS_BOARD_PIXELS, beat_of(in + i, n - i))) return false;
    return end_input(b, take, context, flags);
}

bool ttfs_board_class(void *best, uint64_t flit) {
    TtfsBoardClass *k = best;
    uint64_t sign = UINT64_C(1) << (k->acc_bits - 1), ones = (sign << 1) - 1;
    int32_t sum = (int32_t)(int64_t)(((flit & ones) ^ sign) - sign);
    uint32_t channel = (uint32_t)(flit >> k->acc_bits) & ((UINT32_C(1) << k->c_bits) - 1);
    if (!k->any || sum > k->sum || (sum == k->sum && channel < k->class_)) {
        k->class_ = channel;
        k->sum = sum;
    }
    k->any = true;
    return true;
}

/* --- open --- */

/* Drops what comes from an earlier time. */
static bool drop_stale(TtfsBoard *b) {
    uint8_t bytes[CHUNK];
    int32_t n = 1;
    for (int i = 0; i < STALE && n > 0; i++)
        n = b->port.receive(b->port.context, bytes, CHUNK, QUIET);
    return n >= 0 || fail(b, TTFS_BOARD_GONE);
}

/* Says which number comes next. */
static bool synchronise(TtfsBoard *b, uint8_t number) {
    b->count = b->sent = b->ever = b->deaf = b->flying = 0;
    b->done = (uint8_t)(number - 1);
    return ask(b, TTFS_BOARD_NOTHING, 0);
}

static bool drop_result(void *left, uint64_t flit) {
    (void)flit;
    return (*(uint32_t *)left)-- > 0;
}

/* Brings a sample that runs to its end: its input, then its results. */
static bool end_sample(TtfsBoard *b) {
    uint32_t left = LEFT;
    return ask(b, TTFS_BOARD_END, 0) && take_results(b, drop_result, &left) &&
           ask(b, TTFS_BOARD_CLEAR, 0);
}

/* No error, no trace, no patience, as after reset. */
static bool set_registers(TtfsBoard *b) {
    uint32_t flags;
    return ttfs_board_write(b, register_of(PATIENCE), 0) && ttfs_board_errors(b, &flags) &&
           ttfs_board_trace(b, false) && ttfs_board_flush(b);
}

/* There was a network, the checksums of what the chip holds were right, and nothing came behind the
 * last one. */
static bool check_loaded(TtfsBoard *b) {
    uint32_t flags, behind;
    return ttfs_board_read(b, register_of(FLAGS), &flags) &&
           (!(flags & EMPTY) || fail(b, TTFS_BOARD_EMPTY)) &&
           ttfs_board_read(b, register_of(CHECK), &behind) &&
           ((!(flags & (CHECKSUM | WRONG)) && behind == 0) || fail(b, TTFS_BOARD_DAMAGED));
}

static bool check_board(TtfsBoard *b, uint32_t chip) {
    if (!ttfs_board_read(b, register_of(ID), &b->seen)) return false;
    if (b->seen != ((uint32_t)CONTRACT << 16 | VERSION)) return fail(b, TTFS_BOARD_FOREIGN);
    if (!ttfs_board_read(b, register_of(CHIP), &b->seen)) return false;
    return b->seen == chip || fail(b, TTFS_BOARD_CHIP);
}

static bool come_into_step(TtfsBoard *b, uint32_t chip) {
    b->window = 1;
    set_timeout(b, FIRST_TIMEOUT);
    uint8_t first = (uint8_t)now(b);
    return drop_stale(b) && synchronise(b, first) && synchronise(b, (uint8_t)(first + 128)) &&
           end_sample(b) && check_board(b, chip);
}

/* The write of CHECK takes what a load that was cut off left in the checksum. */
bool ttfs_board_open(TtfsBoard *b, uint32_t chip) {
    return come_into_step(b, chip) && ttfs_board_write(b, register_of(CHECK), 0) &&
           set_registers(b);
}

bool ttfs_board_resume(TtfsBoard *b, uint32_t chip) {
    return come_into_step(b, chip) && check_loaded(b) && set_registers(b);
}

const char *ttfs_board_says(TtfsBoardEnd end) {
    static const char *const words[] = {"nothing is wrong",
                                        "nobody answers",
                                        "the line was closed",
                                        "who answers is no board top of this contract",
                                        "its chip is another one",
                                        "the chip did not get what was loaded",
                                        "the chip does not take the sample",
                                        "the chip does not come to an end",
                                        "the chip puts out more than the network has neurons",
                                        "there is no network in the board's flash",
                                        "the encoder has no table"};
    uint32_t k = (uint32_t)end;
    return k < sizeof words / sizeof *words ? words[k] : "unknown";
}
