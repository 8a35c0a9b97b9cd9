/* SPDX-License-Identifier: Apache-2.0
 *
 * The board engine before a host (board.h) that this test answers for: random networks on chips of
 * one core, in all schedules. The image is loaded whole, in order, each memory with its checksum;
 * a turn has its sample's input, and what comes of the samples that are in the chip, as golden has
 * it, ends as their traces, also where a run before left samples in it. What goes wrong is told of
 * those that it may have harmed, and by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "board_run.h"
#include "engine.h"
#include "golden.h"
#include "plan_to_image.h"
#include "random_plan.h"
#include "spike_to_plan.h"
#include "tty.h"

enum { MOST = 7, NOWHERE = 1000, GRAPHS = 40 };
static const char DEVICE[] = "/dev/ttyBOARD";

/* Calls of the host, in their order. */
typedef enum { NONE, TTY, OPEN, LOAD, CHECK, TRACE, SAMPLE } Call;

/* A network and its samples, as golden has them. */
typedef struct {
    TtfsArena arena;
    TtfsSpike spike;
    TtfsImage img;
    uint32_t turns;
    uint16_t *x;
    TtfsTrace want[MOST], got[MOST];
} Case;

static struct {
    const Case *of;
    bool ticks, used, open;       /* used: samples of an earlier run are in the chip */
    uint32_t mem, row;            /* what is loaded next */
    uint64_t first, n, turn;      /* the samples of this run, and where it is */
    uint64_t each, whole;         /* of an engine: samples a run, and in all */
    uint64_t told, sums;          /* sums: that were given in this turn */
    uint64_t flag_turn, odd_turn; /* in which the chip tells of an error, gives nobody's flit */
    Call fails;
    TtfsBoardEnd end;
    const TtfsTty *tty;
    volatile int stop; /* what the progress of all calls says */
    bool stops;        /* in the midst of a sample */
    bool encoder;      /* the board has one */
    uint64_t bytes;    /* samples that came in bytes */
    uint32_t loading[2];
} fake;

/* --- the host --- */

static bool cannot(TtfsBoard *b, Call call) {
    if (fake.fails != call) return false;
    b->end = fake.end;
    b->seen = 0xabcd;
    b->frames = 9, b->resent = 4, b->damaged = fake.end == TTFS_BOARD_SILENT;
    return true;
}

bool __wrap_ttfs_tty_open(TtfsTty *t, const char *path, TtfsDiag *diag);
bool __wrap_ttfs_tty_open(TtfsTty *t, const char *path, TtfsDiag *diag) {
    assert_string_equal(path, DEVICE);
    fake.tty = t;
    fake.open = fake.fails != TTY;
    return fake.open || ttfs_error(diag, TTFS_AT_FILE(path), TTFS_BOARD, "no such device");
}

void __wrap_ttfs_tty_close(TtfsTty *t);
void __wrap_ttfs_tty_close(TtfsTty *t) {
    (void)t;
    fake.open = false;
}

/* The memory that is loaded next; TTFS_MEMS: all are. */
static uint32_t memory(void) {
    while (fake.mem < TTFS_MEMS && fake.of->img.cores[0].mem[fake.mem].rows == 0) fake.mem++;
    return fake.mem;
}

bool __wrap_ttfs_board_open(TtfsBoard *b, uint32_t chip);
bool __wrap_ttfs_board_open(TtfsBoard *b, uint32_t chip) {
    assert_int_equal(chip, ttfs_chip_hash(&fake.of->img.chip));
    assert_true(b->patience > 0 && b->port.send && fake.open);
    assert_true(fake.tty->progress && fake.tty->progress->stop == &fake.stop);
    fake.mem = fake.row = 0;
    return !cannot(b, OPEN);
}

bool __wrap_ttfs_board_load(TtfsBoard *b, uint32_t address, const uint32_t *words, uint32_t n);
bool __wrap_ttfs_board_load(TtfsBoard *b, uint32_t address, const uint32_t *words, uint32_t n) {
    uint32_t m = memory();
    assert_in_range(m, 0, TTFS_MEMS - 1);
    const TtfsMemImage *mem = &fake.of->img.cores[0].mem[m];
    assert_in_range(fake.row, 0, mem->rows - 1);
    assert_int_equal(n, mem->chunks);
    assert_int_equal(address, ttfs_image_address(&fake.of->img, 0, (TtfsMem)m, fake.row, 0));
    assert_memory_equal(words, mem->words + (size_t)fake.row * n, n * sizeof *words);
    fake.row++;
    return !cannot(b, LOAD);
}

bool __wrap_ttfs_board_check(TtfsBoard *b, uint32_t crc);
bool __wrap_ttfs_board_check(TtfsBoard *b, uint32_t crc) {
    uint32_t m = memory();
    assert_int_equal(fake.row, fake.of->img.cores[0].mem[m].rows);
    assert_int_equal(crc, ttfs_image_crc(&fake.of->img, 0, (TtfsMem)m));
    fake.mem++, fake.row = 0;
    return !cannot(b, CHECK);
}

bool __wrap_ttfs_board_trace(TtfsBoard *b, bool on);
bool __wrap_ttfs_board_trace(TtfsBoard *b, bool on) {
    assert_int_equal(memory(), TTFS_MEMS);
    assert_int_equal(on, fake.ticks);
    return !cannot(b, TRACE);
}

/* --- a turn of the chip --- */

static uint32_t flow_of(const TtfsImage *img, uint32_t pop) {
    uint32_t f = 0;
    while (img->flow_pop[f] != pop) f++;
    return f;
}

/* {flow, y, x, c, value}: docs/core.md. */
static uint64_t flit_of(const TtfsImage *img, uint32_t pop, uint32_t neuron, uint64_t value) {
    const TtfsImagePop *p = &img->pops.at[pop - 1];
    const TtfsChip *chip = &img->chip;
    uint64_t v = flow_of(img, pop);
    v = v << chip->y_bits | neuron / p->w % p->h;
    v = v << chip->x_bits | neuron % p->w;
    v = v << chip->c_bits | neuron / p->w / p->h;
    return v << chip->acc_bits | (value & ((UINT64_C(1) << chip->acc_bits) - 1));
}

static void give(uint32_t pop, const TtfsTrace *t, TtfsBoardTake *take, void *context) {
    const TtfsImage *img = &fake.of->img;
    const TtfsImagePop *p = &img->pops.at[pop - 1];
    bool readout = p->kind == TTFS_POP_READOUT;
    if (!readout && !fake.ticks) return;
    for (uint32_t i = 0; i < p->c * p->h * p->w; i++) {
        uint16_t tick = readout ? 0 : ttfs_trace_ticks(t, (TtfsPop){pop})[i];
        int32_t sum = readout ? ttfs_trace_potentials(t, (TtfsPop){pop})[i] : 0;
        if (tick == TTFS_SILENT) continue;
        uint64_t value = readout ? (uint64_t)(int64_t)sum : p->ticks - tick;
        assert_true(take(context, flit_of(img, pop, i, value)));
        fake.sums += readout;
    }
}

/* What comes in a turn of the samples that are in the chip; sums come of nothing too. */
static void give_all(TtfsBoardTake *take, void *context) {
    const Case *c = fake.of;
    fake.sums = 0;
    for (uint32_t pop = 2; pop <= c->img.pops.len; pop++) {
        uint64_t stage = c->img.pops.at[pop - 1].stage;
        if (stage <= fake.turn)
            give(pop, &c->want[fake.first + (fake.turn - stage) % fake.n], take, context);
        else if (fake.used || c->img.pops.at[pop - 1].kind == TTFS_POP_READOUT)
            give(pop, &c->want[0], take, context);
    }
}

static bool flood(TtfsBoard *b, TtfsBoardTake *take, void *context) {
    const Case *c = fake.of;
    uint32_t pop = c->img.pops.len; /* the last is a readout */
    while (take(context, flit_of(&c->img, pop, 0, 1))) fake.sums++;
    assert_int_equal(fake.sums, c->want[0].readouts);
    b->end = TTFS_BOARD_FLOOD;
    return false;
}

/* An engine cuts what it runs into rows. */
static void next_run(void) {
    uint64_t left = fake.whole - (fake.first += fake.n);
    fake.n = left < fake.each ? left : fake.each;
    fake.turn = 0;
    fake.used = true;
    assert_true(fake.n > 0);
}

/* The sample whose turn it is. */
static const uint16_t *sample_now(uint32_t *inputs) {
    const Case *c = fake.of;
    *inputs = ttfs_pop_size(&c->spike.pops.at[0]);
    if (fake.turn == fake.n + c->turns - 1) next_run();
    return c->x + (fake.first + fake.turn % fake.n) * *inputs;
}

static bool answer(TtfsBoard *b, TtfsBoardTake *take, void *context, uint32_t *flags) {
    const Case *c = fake.of;
    give_all(take, context);
    if (fake.fails == SAMPLE && fake.end == TTFS_BOARD_FLOOD) return flood(b, take, context);
    if (fake.turn == fake.odd_turn)
        assert_true(take(context, flit_of(&c->img, 2, 0, 0) | UINT64_MAX << c->img.chip.acc_bits));
    assert_true(fake.tty->progress && fake.tty->progress->stop == &fake.stop);
    fake.stop = fake.stops;
    *flags = fake.turn++ == fake.flag_turn ? 128 : 0;
    return !cannot(b, SAMPLE);
}

bool __wrap_ttfs_board_encoder(TtfsBoard *b, const uint8_t *table, uint32_t n, bool *there);
bool __wrap_ttfs_board_encoder(TtfsBoard *b, const uint8_t *table, uint32_t n, bool *there) {
    const TtfsImage *img = &fake.of->img;
    const TtfsImagePop *p = &img->pops.at[0];
    const uint32_t head[] = {img->input_flow, p->w - 1, p->h - 1, p->c - 1, 0};
    uint32_t most = (1u << img->chip.value_bits) - 1;
    assert_int_equal(n, 522);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(table[2 * i] + 256 * table[2 * i + 1], head[i]);
    for (uint32_t i = 0; i < 256; i++)
        assert_int_equal(table[10 + 2 * i] + 256 * table[11 + 2 * i], i < most ? i : most);
    *there = fake.encoder;
    return !cannot(b, TRACE);
}

/* Lowest first, in the order of the input's integers. */
bool __wrap_ttfs_board_sample_bytes(TtfsBoard *b, const uint8_t *in, uint32_t n,
                                    TtfsBoardTake *take, void *context, uint32_t *flags);
bool __wrap_ttfs_board_sample_bytes(TtfsBoard *b, const uint8_t *in, uint32_t n,
                                    TtfsBoardTake *take, void *context, uint32_t *flags) {
    uint32_t inputs, given = 0;
    const uint16_t *x = sample_now(&inputs);
    assert_true(fake.encoder && n == inputs);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(in[i], x[i]);
        given += x[i] > 0;
    }
    assert_true(given > n / 8);
    fake.bytes++;
    return answer(b, take, context, flags);
}

bool __wrap_ttfs_board_sample(TtfsBoard *b, const uint64_t *in, uint32_t n, TtfsBoardTake *take,
                              void *context, uint32_t *flags);
bool __wrap_ttfs_board_sample(TtfsBoard *b, const uint64_t *in, uint32_t n, TtfsBoardTake *take,
                              void *context, uint32_t *flags) {
    const Case *c = fake.of;
    uint32_t inputs, given = 0;
    const uint16_t *x = sample_now(&inputs);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t value = in[i] & ((UINT64_C(1) << c->img.chip.acc_bits) - 1), k = 0;
        while (k < inputs && flit_of(&c->img, 1, (uint32_t)k, value) != in[i]) k++;
        assert_true(k < inputs && x[k] == value);
    }
    for (uint32_t i = 0; i < inputs; i++) given += x[i] > 0;
    assert_int_equal(n, given);
    assert_true(!fake.encoder || c->img.chip.value_bits > 8 || n <= inputs / 8);
    return answer(b, take, context, flags);
}

/* --- the cases --- */

static void told(void *context, const char *what, uint64_t done, uint64_t of) {
    (void)context;
    if (strcmp(what, "loading the board") == 0) {
        assert_true(done < 2 && of == 0);
        fake.loading[done]++;
        return;
    }
    assert_string_equal(what, "samples");
    assert_int_equal(of, fake.whole);
    assert_int_equal(done, ++fake.told);
}

static const TtfsProgress progress = {.tell = told, .stop = &fake.stop};

static bool make_case(Case *c, uint64_t seed, uint32_t cores, TtfsSchedule schedule) {
    TtfsDiag diag = {0};
    TtfsPlan p;
    TtfsRng r = ttfs_rng(seed);
    TtfsChip chip = random_chip(&r);
    *c = (Case){0};
    chip.cores_x = cores, chip.cores_y = 1, chip.stream = 0;
    chip.act_words = 16384;
    random_spike(&c->spike, seed);
    bool ok = ttfs_spike_to_plan(&c->spike, &chip, schedule, "net", &p, &diag) &&
              ttfs_plan_to_image(&p, &c->spike, &c->img, &diag);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    if (!ok) return false;
    uint32_t inputs = ttfs_pop_size(&c->spike.pops.at[0]);
    TtfsGolden *g = ttfs_golden_open(&c->spike);
    c->x = TTFS_ARRAY(&c->arena, uint16_t, (size_t)MOST * inputs);
    for (uint32_t i = 0; i < MOST; i++) {
        random_input(&c->spike, &r, c->x + (size_t)i * inputs);
        ttfs_trace_init(&c->want[i], &c->spike, &c->arena);
        ttfs_trace_init(&c->got[i], &c->spike, &c->arena);
        ttfs_golden_run(g, c->x + (size_t)i * inputs, &c->want[i]);
    }
    ttfs_golden_close(g);
    for (uint32_t i = 0; i < c->img.pops.len; i++)
        if (c->img.pops.at[i].stage >= c->turns) c->turns = c->img.pops.at[i].stage + 1;
    return true;
}

static void free_case(Case *c) {
    ttfs_spike_free(&c->spike);
    ttfs_image_free(&c->img);
    ttfs_arena_free(&c->arena);
}

static TtfsBoardRun *start(const Case *c, bool ticks, TtfsDiag *diag) {
    fake.of = c;
    fake.ticks = ticks;
    fake.used = false;
    fake.flag_turn = fake.odd_turn = NOWHERE;
    fake.loading[0] = fake.loading[1] = 0;
    return ttfs_board_run_open(DEVICE, &c->img, ticks, &progress, diag);
}

static bool run(TtfsBoardRun *r, Case *c, uint32_t n, TtfsDiag *diag) {
    fake.n = fake.whole = n;
    fake.first = fake.turn = fake.told = 0;
    bool ok = ttfs_board_run(r, n, c->x, c->got, &progress, diag);
    assert_null(fake.tty->progress);
    fake.used = true;
    return ok;
}

static void compare(const Case *c, uint32_t n) {
    TtfsDifference first;
    for (uint32_t i = 0; i < n; i++) {
        const TtfsTrace *want = &c->want[i], *got = &c->got[i];
        if (fake.ticks && ttfs_trace_compare(want, got, &first) != 0)
            fail_msg("sample %u: population %u, neuron %u: %d, not %d %s", i, first.pop.i,
                     first.neuron, (int)first.got, (int)first.want, got->fault);
        if (got->faults) fail_msg("sample %u: %s", i, got->fault);
        assert_memory_equal(got->potential, want->potential, want->readouts * sizeof(int32_t));
    }
}

/* In the turn `turn` something went wrong: of n samples those that were in the chip have the fault
 * and no other, and nothing of the rest is lost. */
static void check_faults(const Case *c, uint32_t n, uint64_t turn, const char *says) {
    for (uint32_t i = 0; i < n; i++) {
        bool in = i <= turn && turn - i < c->turns;
        assert_int_equal(c->got[i].faults, in);
        if (in) assert_non_null(strstr(c->got[i].fault, says));
    }
}

/* --- the tests --- */

static void one_network(Case *c, TtfsRng *r) {
    TtfsDiag diag = {0};
    fake.encoder = ttfs_rng_below(r, 2);
    TtfsBoardRun *b = start(c, ttfs_rng_below(r, 3) > 0, &diag);
    assert_non_null(b);
    assert_true(fake.loading[0] == 1 && fake.loading[1] == 1 && !fake.tty->progress);
    assert_true(ttfs_board_run(b, 0, NULL, NULL, &(TtfsProgress){0}, &diag));
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t n = between(r, 1, MOST);
        assert_true(run(b, c, n, &diag));
        compare(c, n);
        assert_int_equal(fake.turn, n + c->turns - 1);
        assert_int_equal(fake.told, n);
    }
    uint64_t turn = ttfs_rng_below(r, MOST + c->turns - 1);
    fake.flag_turn = turn;
    assert_true(run(b, c, MOST, &diag));
    TtfsBuf says = {0};
    ttfs_buf_printf(&says, "the chip tells of ");
    ttfs_chip_errors(128, &says);
    check_faults(c, MOST, turn, ttfs_buf_text(&says));
    ttfs_buf_free(&says);
    fake.flag_turn = NOWHERE;
    fake.odd_turn = turn;
    assert_true(run(b, c, MOST, &diag));
    if (fake.ticks) check_faults(c, MOST, turn, "no population that spikes");
    assert_int_equal(diag.messages.len, 0);
    ttfs_board_run_close(b);
    assert_false(fake.open);
}

static void networks(void **state) {
    (void)state;
    uint32_t tried = 0, several = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        static Case c;
        TtfsRng r = ttfs_rng(seed + 100);
        if (make_case(&c, seed, 1, (TtfsSchedule)(seed % TTFS_SCHEDULES))) {
            one_network(&c, &r);
            several += c.turns > 2;
            tried++;
        }
        free_case(&c);
    }
    assert_true(tried > GRAPHS / 2 && several > GRAPHS / 8);
}

/* An engine has one board, whatever number of threads it is given, and runs row after row. */
static void as_engine(Case *c) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsEngine e;
    TtfsTraces out;
    const TtfsEngineOptions o = {
        .threads = 4, .samples = MOST, .device = DEVICE, .ticks = true, .progress = progress};
    const TtfsEngineSource source = {.spike = &c->spike, .image = &c->img};
    ttfs_board_run_close(start(c, true, &diag));
    assert_true(ttfs_engine_open(&e, TTFS_ENGINE_BOARD, &o, &source, &diag));
    assert_true(ttfs_engine_spares_ticks(&e) && !ttfs_engine_slot_cycles(&e, NULL, 1));
    e.progress = progress;
    fake.each = fake.n = ttfs_engine_block(&e);
    assert_int_equal(fake.each, c->turns > 4 ? c->turns : 4);
    fake.whole = MOST;
    fake.first = fake.turn = fake.told = 0;
    ttfs_traces_init(&out, &c->spike, MOST, true, &a);
    assert_true(ttfs_engine_run(&e, MOST, c->x, &out, &diag));
    assert_int_equal(fake.told, MOST);
    for (uint32_t i = 0; i < MOST; i++) c->got[i] = out.trace[i];
    compare(c, MOST);
    ttfs_engine_close(&e);
    assert_false(fake.open);
    ttfs_arena_free(&a);
}

static void engines(void **state) {
    (void)state;
    for (TtfsSchedule by = 0; by < TTFS_SCHEDULES; by++) {
        Case c;
        uint64_t seed = 0;
        while (!make_case(&c, seed, 1, by) || c.turns >= MOST) free_case(&c), seed++;
        as_engine(&c);
        free_case(&c);
    }
}

/* One error, of the device, with these words and advice. */
static void one_error(TtfsDiag *diag, const char *says, const char *advice) {
    assert_int_equal(diag->errors, 1);
    const TtfsMessage *m = &diag->messages.at[0];
    assert_string_equal(m->file, DEVICE);
    assert_string_equal(m->what, says);
    if (!strstr(m->advice, advice)) fail_msg("'%s' does not say '%s'", m->advice, advice);
    ttfs_diag_free(diag);
    *diag = (TtfsDiag){0};
}

/* Whatever the host cannot do is an error in its words, and the device is left as it was. */
static void failures(void **state) {
    (void)state;
    static const struct {
        TtfsBoardEnd end;
        const char *more, *advice;
    } of[] = {{TTFS_BOARD_SILENT, " (of 9 frames 4 were sent again)", "the port of its UART"},
              {TTFS_BOARD_CHIP, ": 0000abcd", "with the board.bin of this folder's chip"},
              {TTFS_BOARD_FOREIGN, ": 0000abcd", "with a board.bin that this ttfs synth made"},
              {TTFS_BOARD_STUCK, "", ""}};
    Case c;
    TtfsDiag diag = {0};
    uint64_t seed = 0;
    while (!make_case(&c, seed, 1, TTFS_SCHEDULE_PIPELINE)) free_case(&c), seed++;
    for (Call call = OPEN; call <= SAMPLE; call++)
        for (uint32_t i = 0; i < 4; i++) {
            fake.fails = call;
            fake.end = of[i].end;
            TtfsBoardRun *r = start(&c, true, &diag);
            assert_int_equal(r != NULL, call == SAMPLE);
            if (r) assert_false(run(r, &c, 2, &diag));
            char says[160];
            snprintf(says, sizeof says, "%s%s", ttfs_board_says(of[i].end), of[i].more);
            one_error(&diag, says, of[i].advice);
            ttfs_board_run_close(r);
            assert_false(fake.open);
        }
    fake.fails = TTY;
    assert_null(start(&c, true, &diag));
    one_error(&diag, "no such device", "");
    fake.fails = SAMPLE;
    fake.end = TTFS_BOARD_FLOOD;
    TtfsBoardRun *r = start(&c, true, &diag);
    assert_false(run(r, &c, 1, &diag));
    one_error(&diag, ttfs_board_says(TTFS_BOARD_FLOOD), "");
    ttfs_board_run_close(r);
    fake.fails = NONE;
    free_case(&c);
}

static void stopped(TtfsDiag *diag) {
    assert_int_equal(diag->errors, 1);
    assert_int_equal(diag->errors_of[TTFS_STOPPED], 1);
    ttfs_diag_free(diag);
    *diag = (TtfsDiag){0};
    fake.stop = 0;
}

/* Whoever wants it to stop is heard before anything is loaded, between samples and in one: that is
 * all that is told of then. */
static void stops(void **state) {
    (void)state;
    Case c;
    TtfsDiag diag = {0};
    uint64_t seed = 0;
    while (!make_case(&c, seed, 1, TTFS_SCHEDULE_LATENCY)) free_case(&c), seed++;
    TtfsBoardRun *r = start(&c, true, &diag);
    fake.stop = 1;
    assert_false(run(r, &c, 2, &diag));
    assert_int_equal(fake.turn, 0);
    stopped(&diag);
    fake.stops = true;
    fake.end = TTFS_BOARD_GONE; /* as the line says then */
    fake.fails = SAMPLE;
    assert_false(run(r, &c, 2, &diag));
    fake.stops = false;
    fake.fails = NONE;
    stopped(&diag);
    ttfs_board_run_close(r);
    fake.stop = 1;
    assert_null(start(&c, true, &diag));
    assert_int_equal(fake.row, 0);
    assert_false(fake.open);
    stopped(&diag);
    free_case(&c);
}

static void several_cores(void **state) {
    (void)state;
    Case c;
    TtfsDiag diag = {0};
    uint64_t seed = 0;
    while (!make_case(&c, seed, 2, TTFS_SCHEDULE_LATENCY)) free_case(&c), seed++;
    assert_null(start(&c, true, &diag));
    assert_non_null(strstr(diag.messages.at[0].what, "a chip of one core"));
    one_error(&diag, diag.messages.at[0].what, "--fit hx8k");
    free_case(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks), cmocka_unit_test(engines),
                                       cmocka_unit_test(failures), cmocka_unit_test(stops),
                                       cmocka_unit_test(several_cores)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
