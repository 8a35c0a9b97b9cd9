/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's host against a model of the board top, written after rtl/README.md alone, over a line
 * that damages, loses and doubles bytes, in a time that is counted and does not pass: whatever the
 * line does, every command is done once and in order, results come once; whoever does not answer,
 * or answers anything, is given up within the patience.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "board.h"
#include "frame.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 600, LINE = 8192, RESULTS = 40, HASH = 0x1234567, MOST = 64, PATIENCE = 2000 };
enum { EMPTY = 1 << 11, TABLE = 1 << 12 }; /* of FLAGS, the board top's */

/* What the board at the other end is. */
typedef enum { BOARD, NOBODY, BABBLE, FORGER, CLOSED } Kind;

typedef struct {
    Kind kind;
    uint32_t id, seed, damaged, lost, doubled; /* of 10,000 bytes */
    uint32_t time, late, since; /* milliseconds; late: those that the adapter keeps bytes for */
    uint8_t out[LINE];
    uint32_t first, end; /* what is on the way to the host, a ring */
    /* The receiver. */
    uint8_t frame[16];
    uint32_t bytes;
    bool inside, escaped, judged;
    /* Command by command. */
    uint8_t done;
    uint32_t answer;
    bool has_answer, late_bit;
    /* The chip. */
    uint32_t word[WORDS], writes, order_faults, last, flags, patience, trace;
    bool running, ended, is_done, stuck, endless, late_done;
    uint64_t in[MOST];
    uint32_t inputs, result, results, starts;
    uint32_t polls, lazy; /* a result is there after so many polls */
    bool encoder;
    uint8_t table[64], pixels[64];
    uint32_t table_bytes, pixel_bytes, tables;
} Model;

static uint32_t next_random(Model *m) {
    m->seed = m->seed * 1664525u + 1013904223u;
    return m->seed >> 8;
}

static bool happens(Model *m, uint32_t of) {
    return next_random(m) % 10000 < of;
}

static uint32_t crc_of(const uint8_t *at, uint32_t n) {
    uint32_t crc = 0xffffffffu;
    for (uint32_t bit = 0; bit < 8 * n; bit++) {
        uint32_t in = (uint32_t)at[bit / 8] >> (7 - bit % 8) & 1u;
        crc = (crc << 1) ^ ((crc >> 31 ^ in) ? 0x04c11db7u : 0u);
    }
    return ~crc;
}

/* --- from the model to the host --- */

static void put(Model *m, uint8_t byte) {
    if (happens(m, m->lost)) return;
    if (happens(m, m->damaged)) byte = (uint8_t)(byte ^ (1 + next_random(m) % 255));
    for (int i = 0; i < 1 + happens(m, m->doubled); i++) m->out[m->end++ % LINE] = byte;
}

static void put_frame(Model *m, const uint8_t *at, uint32_t n) {
    uint8_t all[20];
    if (m->first == m->end) m->since = m->time;
    memcpy(all, at, n);
    uint32_t crc = crc_of(at, n);
    for (uint32_t i = 0; i < 4; i++) all[n + i] = (uint8_t)(crc >> (24 - 8 * i));
    put(m, 0x7e);
    for (uint32_t i = 0; i < n + 4; i++) {
        bool special = all[i] == 0x7e || all[i] == 0x7d;
        if (special) put(m, 0x7d);
        put(m, special ? all[i] ^ 0x20 : all[i]);
    }
    put(m, 0x7e);
}

static uint64_t result_at(const Model *m) {
    return UINT64_C(0x7e7d000000000000) + m->in[m->result % (m->inputs ? m->inputs : 1)] * 3 +
           m->result;
}

static bool has_result(const Model *m) {
    bool more = m->endless || m->result < m->results;
    return m->running && m->ended && more && m->polls >= m->lazy;
}

static void reply(Model *m, bool unsound) {
    uint8_t at[10] = {m->done};
    bool result = has_result(m) && !m->has_answer, told = m->is_done && !m->late_done;
    uint64_t data = m->has_answer ? (uint64_t)m->answer << 32 : result_at(m);
    at[1] = (uint8_t)(unsound | (m->flags != 0) << 1 | m->late_bit << 2 | m->running << 3 |
                      told << 4 | result << 5 | m->has_answer << 6);
    for (uint32_t i = 0; i < 8; i++) at[2 + i] = (uint8_t)(data >> (56 - 8 * i));
    if (m->is_done) m->late_done = false;
    put_frame(m, at, m->has_answer ? 6 : result ? 10 : 2);
}

/* --- what a command does --- */

static void do_write(Model *m, uint32_t address, uint32_t data) {
    uint32_t word = address & 0xffff;
    if (address >> 18 == 15) {
        if (word == 2) m->flags &= ~data;
        if (word == 6) m->trace = data;
        if (word == 3 && data != m->writes) m->flags |= 32;
        if (word == 3) m->writes = 0;
        if (word == 4) m->patience = data;
        return;
    }
    m->order_faults += word != m->last + 1;
    m->last = word;
    m->writes++;
    if (word < WORDS) m->word[word] = data;
}

static void do_read(Model *m, uint32_t address) {
    uint32_t word = address & 0xffff;
    m->has_answer = true;
    if (address >> 18 == 15)
        m->answer = word == 0   ? m->id
                    : word == 1 ? HASH
                    : word == 2 ? m->flags
                    : word == 3 ? m->writes
                                : 77;
    else
        m->answer = word < WORDS ? m->word[word] : 0;
}

static void rest(Model *m) {
    if (!m->running || !m->ended || m->stuck || m->endless || m->result < m->results) return;
    m->running = false;
    m->is_done = true;
}

/* Eight bytes, lowest first; of a table in no sample, of pixels in one. */
static void do_bytes(Model *m, uint8_t command, uint64_t payload) {
    bool pixels = command == TTFS_BOARD_PIXELS, open = m->running && !m->ended;
    bool blind = m->encoder && pixels && open && m->tables < 2;
    if (!m->encoder || (pixels ? !open : m->running) || blind) {
        m->late_bit = true;
        if (blind) m->flags |= TABLE;
        return;
    }
    for (int i = 0; i < 8; i++, payload >>= 8) {
        if (pixels && m->pixel_bytes < MOST) m->pixels[m->pixel_bytes++] = (uint8_t)payload;
        if (!pixels && m->table_bytes < MOST) m->table[m->table_bytes++] = (uint8_t)payload;
    }
    if (command != TTFS_BOARD_TABLE_END) return;
    m->tables++;
    if (m->tables % 2) m->table_bytes = 0; /* what was left of an earlier one */
}

static void do_command(Model *m, uint8_t command, uint64_t payload) {
    bool open = m->running && !m->ended;
    m->has_answer = false;
    if (command == TTFS_BOARD_WRITE) do_write(m, (uint32_t)(payload >> 32), (uint32_t)payload);
    if (command == TTFS_BOARD_READ) do_read(m, (uint32_t)(payload >> 32));
    if (command == TTFS_BOARD_START && !m->running && !(m->flags & EMPTY)) {
        m->running = true;
        m->ended = m->is_done = false;
        m->inputs = m->result = m->pixel_bytes = 0;
        m->starts++;
    } else if (command == TTFS_BOARD_START) {
        m->late_bit = true;
    }
    if (command == TTFS_BOARD_INPUT && open && m->inputs < MOST) m->in[m->inputs++] = payload;
    if (command == TTFS_BOARD_END && open) m->ended = true;
    if ((command == TTFS_BOARD_INPUT || command == TTFS_BOARD_END) && !open) m->late_bit = true;
    if (command >= TTFS_BOARD_PIXELS) do_bytes(m, command, payload);
    if (command == TTFS_BOARD_POLL) m->polls++;
    if (command == TTFS_BOARD_TAKE && has_result(m)) {
        m->result++;
        m->polls = 0;
    }
    if (command == TTFS_BOARD_CLEAR) m->late_bit = false;
    rest(m);
}

/* --- from the host to the model --- */

static void judge(Model *m) {
    bool wide = m->frame[1] == 1 || m->frame[1] == 2 || m->frame[1] == 4 ||
                (m->frame[1] >= 9 && m->frame[1] <= 11);
    uint32_t n = wide ? 10 : 2;
    if (m->bytes < n + 4 || m->bytes < 6) return;
    uint32_t crc = (uint32_t)ttfs_board_number(m->frame + n, 4);
    m->judged = true;
    m->inside = false;
    if (crc != crc_of(m->frame, n)) {
        reply(m, true);
        return;
    }
    if (m->frame[1] == TTFS_BOARD_NOTHING) m->done = m->frame[0];
    if (m->frame[1] != TTFS_BOARD_NOTHING && m->frame[0] == (uint8_t)(m->done + 1)) {
        do_command(m, m->frame[1], ttfs_board_number(m->frame + 2, 8));
        m->done++;
    }
    reply(m, false);
}

static void get(Model *m, uint8_t byte) {
    if (byte == 0x7e) {
        if (m->inside && (m->bytes || m->escaped)) reply(m, true);
        m->inside = true;
        m->escaped = m->judged = false;
        m->bytes = 0;
    } else if (m->inside && byte == 0x7d && !m->escaped) {
        m->escaped = true;
    } else if (m->inside) {
        m->frame[m->bytes++] = m->escaped ? byte ^ 0x20 : byte;
        m->escaped = false;
        judge(m);
    }
}

static int32_t send_line(void *context, const uint8_t *bytes, uint32_t n) {
    Model *m = context;
    if (m->kind == CLOSED) return -1;
    uint32_t some = n > 3 ? n - next_random(m) % 3 : n; /* a line may take less */
    for (uint32_t i = 0; m->kind == BOARD && i < some; i++) {
        uint8_t byte = bytes[i];
        if (happens(m, m->lost)) continue;
        if (happens(m, m->damaged)) byte = (uint8_t)(byte ^ (1 + next_random(m) % 255));
        for (int k = 0; k < 1 + happens(m, m->doubled); k++) get(m, byte);
    }
    return (int32_t)some;
}

/* Whole frames with sound checksums that say anything. */
static void forge(Model *m) {
    uint8_t at[10];
    for (int i = 0; i < 10; i++) at[i] = (uint8_t)next_random(m);
    at[1] &= 0x7f;
    put_frame(m, at, at[1] & 64 ? 6 : at[1] & 32 ? 10 : 2);
}

/* A USB adapter waits for a full packet of 62 bytes, or for some time since the first. */
static bool kept(Model *m, uint32_t milliseconds) {
    if (m->first == m->end || m->end - m->first >= 62) return false;
    uint32_t gone = m->time - m->since;
    if (gone >= m->late) return false;
    m->time += milliseconds < m->late - gone ? milliseconds : m->late - gone;
    return m->time - m->since < m->late;
}

static int32_t receive_line(void *context, uint8_t *bytes, uint32_t room, uint32_t milliseconds) {
    Model *m = context;
    uint32_t n = 0;
    if (m->kind == CLOSED) return -1;
    if (m->kind == FORGER) forge(m);
    if (m->kind == BABBLE) put(m, (uint8_t)next_random(m));
    if (m->late && kept(m, milliseconds)) return 0;
    m->time += m->first == m->end ? milliseconds : next_random(m) % 2 || m->kind != BOARD;
    while (m->first != m->end && n < room && n < 1 + next_random(m) % 20)
        bytes[n++] = m->out[m->first++ % LINE];
    return (int32_t)n;
}

static uint32_t read_clock(void *context) {
    return ((Model *)context)->time;
}

static Model model(Kind kind) {
    return (Model){.kind = kind,
                   .id = 0x54540005,
                   .seed = 1,
                   .last = UINT32_MAX,
                   .time = UINT32_MAX - 3000,
                   .results = RESULTS};
}

static TtfsBoard host(Model *m) {
    return (TtfsBoard){.port = {m, send_line, receive_line, read_clock}, .patience = PATIENCE};
}

/* --- the tests --- */

typedef struct {
    Model *m;
    uint32_t n, wrong;
} Got;

static bool take(void *context, uint64_t flit) {
    Got *g = context;
    Model then = *g->m;
    then.result = g->n++;
    g->wrong += flit != result_at(&then);
    return g->n <= RESULTS;
}

/* How many frames were sent again. */
static uint32_t whole(Model *m) {
    TtfsBoard b = host(m);
    uint32_t words[WORDS], data, flags;
    uint64_t in[20];
    assert_true(ttfs_board_open(&b, HASH));
    for (uint32_t i = 0; i < WORDS; i++) words[i] = i % 7 ? i * 0x01020304u : 0x7e7d7e7du;
    assert_true(ttfs_board_load(&b, 0, words, WORDS));
    assert_true(ttfs_board_check(&b, WORDS));
    assert_int_equal(m->order_faults, 0);
    assert_memory_equal(m->word, words, sizeof words);
    for (uint32_t i = 0; i < WORDS; i += 37) {
        assert_true(ttfs_board_read(&b, i, &data));
        assert_int_equal(data, words[i]);
    }
    assert_true(ttfs_board_trace(&b, true));
    for (uint32_t s = 0; s < 3; s++) {
        Got got = {.m = m};
        for (uint32_t i = 0; i < 20; i++) in[i] = UINT64_C(0x0123456789) * (i + s);
        assert_true(ttfs_board_sample(&b, in, 20, take, &got, &flags));
        assert_int_equal(m->inputs, 20);
        assert_memory_equal(m->in, in, sizeof in);
        assert_int_equal(got.n, RESULTS);
        assert_int_equal(got.wrong, 0);
        assert_int_equal(flags, 0);
    }
    assert_int_equal(m->starts, 3);
    assert_int_equal(m->trace, 1);
    if (m->damaged + m->lost + m->doubled == 0) assert_int_equal(b.resent + b.damaged, 0);
    if (m->damaged > 200) assert_true(b.resent > 0 && b.damaged > 0);
    return b.resent;
}

/* Frames that are sent again: so many on average, at most. */
static void test_lines(void **state) {
    static const uint32_t noise[][4] = {{0, 0, 0, 0},      {100, 10, 10, 1050}, {300, 50, 50, 1900},
                                        {0, 200, 0, 1250}, {0, 0, 200, 1250},   {500, 0, 0, 2400}};
    (void)state;
    for (uint32_t k = 0; k < sizeof noise / sizeof *noise; k++) {
        uint32_t resent = 0, seeds = noise[k][0] < 500 ? 12 : 60;
        for (uint32_t seed = 0; seed < seeds; seed++) {
            Model m = model(BOARD);
            m.damaged = noise[k][0];
            m.lost = noise[k][1];
            m.doubled = noise[k][2];
            m.seed = seed;
            resent += whole(&m);
        }
        assert_true(resent <= noise[k][3] * seeds);
    }
}

/* What an adapter keeps for a while is not lost: nothing is sent again. */
static void test_adapter(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 12; seed++) {
        Model m = model(BOARD);
        m.seed = seed;
        m.late = 16;
        whole(&m);
    }
}

/* A call that fails does so within the patience, and every later one at once. */
static void fails(Model *m, uint32_t chip, TtfsBoardEnd end) {
    TtfsBoard b = host(m);
    uint32_t start = m->time, data;
    assert_false(ttfs_board_open(&b, chip));
    assert_int_equal(b.end, end);
    assert_true(m->time - start < 10 * PATIENCE);
    start = m->time;
    assert_false(ttfs_board_read(&b, 0, &data));
    assert_false(ttfs_board_flush(&b));
    assert_int_equal(m->time, start);
    assert_true(strlen(ttfs_board_says(b.end)) > 5);
}

static void test_nobody(void **state) {
    (void)state;
    Model m = model(NOBODY);
    fails(&m, HASH, TTFS_BOARD_SILENT);
    m = model(CLOSED);
    fails(&m, HASH, TTFS_BOARD_GONE);
    m = model(BOARD);
    m.id = 0x54540004;
    fails(&m, HASH, TTFS_BOARD_FOREIGN);
    m = model(BOARD);
    fails(&m, HASH + 1, TTFS_BOARD_CHIP);
    for (uint32_t seed = 0; seed < 50; seed++) {
        m = model(BABBLE);
        m.seed = seed;
        fails(&m, HASH, TTFS_BOARD_SILENT);
    }
}

/* Sound frames that are nobody's answer: whatever comes of it, it ends. */
static void test_forged(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        Model m = model(FORGER);
        m.seed = seed;
        TtfsBoard b = host(&m);
        assert_false(ttfs_board_open(&b, HASH));
        assert_true(b.end != TTFS_BOARD_GOOD && m.time + 3001 < 100 * PATIENCE);
    }
}

static bool take_any(void *context, uint64_t flit) {
    (void)flit;
    return ++*(uint32_t *)context < 1000;
}

static void test_chip(void **state) {
    (void)state;
    uint32_t n = 0, flags;
    Model m = model(BOARD);
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    assert_true(ttfs_board_write(&b, 5, 1) && !ttfs_board_check(&b, 7));
    assert_int_equal(b.end, TTFS_BOARD_DAMAGED);
    m.flags = 0;
    b = host(&m);
    m.running = true; /* somebody left a sample, before its end */
    assert_true(ttfs_board_open(&b, HASH));
    assert_true(!m.running && !m.late_bit);
    m.endless = true;
    assert_false(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_int_equal(b.end, TTFS_BOARD_FLOOD);
    m = model(BOARD);
    m.stuck = true;
    n = 0;
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    assert_false(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_int_equal(b.end, TTFS_BOARD_STUCK);
    m = model(BOARD);
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    m.running = true; /* and does not take another */
    assert_false(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags) && b.end != TTFS_BOARD_GOOD);
    m = model(BOARD);
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    m.flags = 128;
    n = 0;
    assert_true(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_true(n == RESULTS && flags == 128 && m.flags == 0);
}

/* A chip that holds its network. */
static void test_resume(void **state) {
    (void)state;
    enum { CHECKSUM = 32, WRONG = 64, LIST = 16 };
    const uint32_t wrong[] = {CHECKSUM, WRONG, CHECKSUM | LIST};
    Model m = model(BOARD);
    TtfsBoard b;
    m.flags = LIST; /* of a sample before */
    m.patience = m.trace = 1;
    b = host(&m);
    assert_true(ttfs_board_resume(&b, HASH));
    assert_true(m.flags == 0 && m.patience == 0 && m.trace == 0);
    for (int i = 0; i < 3; i++) { /* however often it is asked */
        m.flags = wrong[i];
        for (int k = 0; k < 2; k++) {
            b = host(&m);
            assert_false(ttfs_board_resume(&b, HASH));
            assert_true(b.end == TTFS_BOARD_DAMAGED && m.flags == wrong[i]);
        }
    }
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    assert_int_equal(m.flags, 0);
    assert_true(ttfs_board_write(&b, 5, 1) && ttfs_board_flush(&b)); /* and is cut off */
    b = host(&m);
    assert_false(ttfs_board_resume(&b, HASH));
    assert_int_equal(b.end, TTFS_BOARD_DAMAGED);
    b = host(&m);
    assert_false(ttfs_board_resume(&b, HASH + 1));
    assert_int_equal(b.end, TTFS_BOARD_CHIP);
}

/* A chip that found no network in the flash takes no sample, until a host loads it. */
static void test_empty(void **state) {
    (void)state;
    uint32_t n = 0, flags;
    Model m = model(BOARD);
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_resume(&b, HASH));
    m.flags = EMPTY; /* as a host finds it that only sends samples */
    assert_false(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_true(b.end == TTFS_BOARD_EMPTY && n == 0 && m.starts == 0);
    b = host(&m);
    assert_false(ttfs_board_resume(&b, HASH));
    assert_true(b.end == TTFS_BOARD_EMPTY && m.flags == EMPTY);
    assert_string_equal(ttfs_board_says(b.end), "there is no network in the board's flash");
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH) && m.flags == 0);
    assert_true(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags) && n == RESULTS);
}

/* Samples of bytes, over a bad line, where there is an encoder; where there is none that is said.
 */
static void test_encoder(void **state) {
    (void)state;
    uint8_t bytes[43];
    uint32_t n = 0, flags;
    bool there = true;
    for (uint32_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(0x70 + i);
    Model m = model(BOARD);
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH) && ttfs_board_encoder(&b, bytes, 43, &there));
    assert_true(!there && !m.late_bit);
    m = model(BOARD);
    m.encoder = true; /* which has no table yet */
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    assert_false(ttfs_board_sample_bytes(&b, bytes, 43, take_any, &n, &flags));
    assert_true(b.end == TTFS_BOARD_NO_TABLE && n == 0 && m.pixel_bytes == 0 && m.flags == TABLE);
    assert_string_equal(ttfs_board_says(b.end), "the encoder has no table");
    m = model(BOARD);
    m.encoder = true;
    m.damaged = m.lost = m.doubled = 100;
    b = host(&m);
    assert_true(ttfs_board_open(&b, HASH) && ttfs_board_encoder(&b, bytes, 43, &there));
    assert_true(there && m.tables == 2 && m.table_bytes == 48);
    assert_memory_equal(m.table, bytes, 43);
    assert_true(ttfs_board_sample_bytes(&b, bytes, 43, take_any, &n, &flags));
    assert_true(n == RESULTS && m.pixel_bytes == 48 && m.inputs == 0 && m.starts == 1);
    assert_memory_equal(m.pixels, bytes, 43);
    for (uint32_t i = 43; i < 48; i++) assert_int_equal(m.pixels[i], 0);
}

/* What another host left behind: half of a load, PATIENCE, a sample without an end. */
static void test_left(void **state) {
    (void)state;
    Model m = model(BOARD);
    m.writes = 7;
    m.patience = 100;
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    assert_true(ttfs_board_write(&b, 5, 1) && ttfs_board_check(&b, 1));
    assert_int_equal(m.patience, 0);
    m = model(BOARD);
    m.running = m.ended = m.endless = true;
    b = host(&m);
    assert_false(ttfs_board_open(&b, HASH));
    assert_int_equal(b.end, TTFS_BOARD_FLOOD);
}

/* The chip rests, and a reply goes out before the board knows that the sample is done. */
static void test_late_done(void **state) {
    (void)state;
    uint32_t n = 0, flags;
    Model m = model(BOARD);
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    m.late_done = true;
    assert_true(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_true(n == RESULTS && !m.late_done);
}

/* Results that come one by one, in more time than the patience, but each within it. */
static void test_lazy(void **state) {
    (void)state;
    uint32_t n = 0, flags;
    Model m = model(BOARD);
    m.lazy = 150;
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    uint32_t start = m.time;
    assert_true(ttfs_board_sample(&b, NULL, 0, take_any, &n, &flags));
    assert_true(n == RESULTS && m.time - start > PATIENCE);
}

/* A sound reply from another time tells of frames that were not sent: they are not done. */
static void test_older_reply(void **state) {
    (void)state;
    Model m = model(BOARD);
    TtfsBoard b = host(&m);
    assert_true(ttfs_board_open(&b, HASH));
    const uint8_t older[] = {(uint8_t)(b.done + 3), 0};
    b.window = 1;
    put_frame(&m, older, 2);
    for (uint32_t i = 0; i < 4; i++) assert_true(ttfs_board_write(&b, i, i + 1));
    assert_true(ttfs_board_flush(&b));
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(m.word[i], i + 1);
}

static void test_class(void **state) {
    (void)state;
    TtfsBoardClass best = {.acc_bits = 14, .c_bits = 5};
    const int32_t sums[] = {-8192, -3, 40, 40, 8191, 8191, 0};
    const uint32_t channels[] = {0, 1, 3, 2, 31, 9, 4}, want[] = {0, 1, 3, 2, 31, 9, 9};
    for (int i = 0; i < 7; i++) {
        uint64_t flit = UINT64_C(5) << 19 | (uint64_t)channels[i] << 14 |
                        ((uint32_t)sums[i] & 0x3fff);
        assert_true(ttfs_board_class(&best, flit));
        assert_int_equal(best.class_, want[i]);
    }
    assert_int_equal(best.sum, 8191);
}

/* CRC-32/BZIP2 of "123456789" is fc891918, and bytes with escapes. */
static void test_frame(void **state) {
    (void)state;
    uint8_t line[TTFS_BOARD_LONGEST];
    const TtfsBoardFrame f = {TTFS_BOARD_INPUT, UINT64_C(0x7e7d000000000001)};
    assert_int_equal(crc_of((const uint8_t *)"123456789", 9), 0xfc891918);
    uint32_t n = ttfs_board_pack(0x7e, &f, line);
    assert_true(n >= 19 && line[0] == 0x7e && line[n - 1] == 0x7e);
    const uint8_t head[] = {0x7e, 0x7d, 0x5e, 4, 0x7d, 0x5e, 0x7d, 0x5d, 0, 0, 0, 0, 0, 1};
    assert_memory_equal(line, head, sizeof head);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame),       cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nobody),      cmocka_unit_test(test_forged),
        cmocka_unit_test(test_chip),        cmocka_unit_test(test_class),
        cmocka_unit_test(test_left),        cmocka_unit_test(test_late_done),
        cmocka_unit_test(test_adapter),     cmocka_unit_test(test_lazy),
        cmocka_unit_test(test_older_reply), cmocka_unit_test(test_encoder),
        cmocka_unit_test(test_resume),      cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
