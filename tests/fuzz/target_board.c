/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes over a board's line. The bytes are all that ever comes, a frame each time that the
 * host waits; time passes while it waits for more. Whatever they are the host comes to an end, and
 * says that something is wrong when a call fails, and only then.
 */
#include "board.h"
#include "fuzz.h"

typedef struct {
    const uint8_t *at;
    size_t n;
    uint32_t time, waits, results;
} Line;

static int32_t send_line(void *context, const uint8_t *bytes, uint32_t n) {
    (void)context, (void)bytes;
    return (int32_t)n;
}

/* Up to a flag behind something else. */
static int32_t receive_line(void *context, uint8_t *bytes, uint32_t room, uint32_t milliseconds) {
    Line *l = context;
    uint32_t n = 0;
    bool any = false;
    if (l->waits++ == 0 || l->n == 0) {
        l->time += milliseconds;
        return 0;
    }
    while (n < room && l->n > 0) {
        bytes[n] = *l->at++;
        l->n--;
        any |= bytes[n] != 0x7e;
        if (bytes[n++] == 0x7e && any) break;
    }
    l->time++;
    return (int32_t)n;
}

static uint32_t read_clock(void *context) {
    return ((Line *)context)->time;
}

static bool take(void *context, uint64_t flit) {
    (void)flit;
    return ++((Line *)context)->results <= 3;
}

bool fuzz_board(const uint8_t *bytes, size_t n) {
    const uint32_t words[] = {1, 0x7e7d7e7d, 3};
    const uint64_t in[] = {5, UINT64_C(0x7e00000000000000)};
    uint32_t flags, data;
    Line line = {.at = bytes, .n = n};
    TtfsBoard b = {.port = {&line, send_line, receive_line, read_clock}, .patience = 500};
    TtfsBoardClass best = {.acc_bits = 12, .c_bits = 4};
    bool ok = ttfs_board_open(&b, 0x1234567) && ttfs_board_load(&b, 0x40000, words, 3) &&
              ttfs_board_check(&b, 9) && ttfs_board_sample(&b, in, 2, take, &line, &flags) &&
              ttfs_board_read(&b, 0x40001, &data);
    fuzz_expect(ok == (b.end == TTFS_BOARD_GOOD), "a failure without a reason");
    fuzz_expect(ok || !ttfs_board_read(&b, 0, &data), "a board that failed goes on");
    fuzz_expect(line.results <= 4 && line.time < 10000 + 10 * n, "the host goes on for long");
    ttfs_board_class(&best, b.result);
    fuzz_expect(best.class_ < 16 && best.sum >= -2048 && best.sum < 2048,
                "a class beyond its bits");
    return ok;
}
