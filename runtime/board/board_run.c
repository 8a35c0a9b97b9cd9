/* SPDX-License-Identifier: Apache-2.0
 *
 * The board engine. A turn is a sample of board.h; its flits go where the rtl engine's go
 * (sim_flits.c). The chip is not reset between runs: turns that began before a run give results to
 * nobody.
 */
#include "board_run.h"

#include "board.h"
#include "line.h"
#include "sim.h"
#include "sim_flits.h"

#include <inttypes.h>
#include <string.h>

enum { PATIENCE = 5000, MOST_NEURONS = 1 << 27, PIECE = 1024 };

struct TtfsBoardRun {
    TtfsArena arena; /* it lies in it */
    const char *device;
    const TtfsImage *img;
    TtfsLine line;
    TtfsBoard board;
    uint64_t *in;
    uint8_t *bytes; /* the input's integers as the encoder takes them */
    bool has_encoder;
    TtfsSimTurn io; /* its trace and out alone */
    TtfsSimTraces traces;
    TtfsTrace nowhere; /* what belongs to no sample */
    TtfsSimSum *sum;
    uint32_t sums;
    bool ticks;
};

static const char *advice_of(TtfsBoardEnd end) {
    return end == TTFS_BOARD_SILENT
               ? "see that the FPGA is configured with board.bin of ttfs synth, and that this is "
                 "the port of its UART, or the SPI that it is wired to"
           : end == TTFS_BOARD_CHIP ? "configure the FPGA with the board.bin of this folder's chip"
           : end == TTFS_BOARD_FOREIGN
               ? "configure the FPGA with a board.bin that this ttfs synth made"
               : NULL;
}

/* What the board's host says went wrong. */
static bool tell(const TtfsBoardRun *r, const TtfsProgress *progress, TtfsDiag *diag) {
    const TtfsBoard *b = &r->board;
    if (!ttfs_go_on(progress, diag)) return false;
    bool seen = b->end == TTFS_BOARD_CHIP || b->end == TTFS_BOARD_FOREIGN;
    TtfsBuf more = {0};
    if (seen)
        ttfs_buf_printf(&more, ": %08" PRIx32, b->seen);
    else if (b->silences + b->damaged)
        ttfs_buf_printf(&more, " (of %" PRIu32 " frames %" PRIu32 " were sent again)", b->frames,
                        b->resent);
    ttfs_error_advice(diag, TTFS_AT_FILE(r->device), TTFS_BOARD, advice_of(b->end), "%s%s",
                      ttfs_board_says(b->end), ttfs_buf_text(&more));
    ttfs_buf_free(&more);
    return false;
}

/* --- open --- */

static TtfsSimFlits room_for(TtfsArena *a, uint64_t flits) {
    return (TtfsSimFlits){.at = TTFS_ARRAY(a, uint64_t, flits), .room = (uint32_t)flits};
}

static bool make_buffers(TtfsBoardRun *r, TtfsDiag *diag) {
    const TtfsImage *img = r->img;
    TtfsArena *a = &r->arena;
    uint64_t neurons = 0, readouts = 0;
    for (uint32_t i = 0; i < img->pops.len; i++) {
        const TtfsImagePop *p = &img->pops.at[i];
        *(p->kind == TTFS_POP_READOUT ? &readouts : &neurons) += ttfs_image_pop_size(p);
    }
    if (neurons + readouts > MOST_NEURONS)
        return ttfs_error(diag, TTFS_AT_FILE(NULL), TTFS_LIMIT,
                          "%" PRIu64 " neurons, at most %d expected", neurons + readouts,
                          MOST_NEURONS);
    r->sums = (uint32_t)readouts;
    r->sum = TTFS_ARRAY(a, TtfsSimSum, readouts);
    r->in = TTFS_ARRAY(a, uint64_t, ttfs_image_pop_size(ttfs_image_input(img)));
    r->bytes = TTFS_ARRAY(a, uint8_t, ttfs_image_pop_size(ttfs_image_input(img)));
    r->traces.stages = ttfs_sim_turns(img);
    r->traces.stage = TTFS_ARRAY(a, TtfsTrace *, r->traces.stages);
    r->traces.nowhere = &r->nowhere;
    r->io.trace = room_for(a, neurons);
    r->io.out = room_for(a, readouts * ttfs_chip_sum_flits(&img->chip));
    return true;
}

static bool check_chip(const TtfsBoardRun *r, TtfsDiag *diag) {
    if (ttfs_chip_cores(&r->img->chip) == 1 && !r->img->chip.stream) return true;
    return ttfs_error_advice(diag, TTFS_AT_FILE(r->device), TTFS_BOARD,
                             "compile the network with --fit hx8k",
                             "a board has a chip of one core that streams no weights, this network "
                             "was compiled for another");
}

/* A memory, piece by piece, and its checksum. */
static bool load_memory(TtfsBoardRun *r, TtfsMem m, const TtfsProgress *progress, TtfsDiag *diag) {
    const TtfsMemImage *mem = &r->img->cores[0].mem[m];
    for (uint32_t row = 0; row < mem->rows; row++) {
        if (row % PIECE == 0 && !ttfs_go_on(progress, diag)) return false;
        uint32_t address = ttfs_image_address(r->img, 0, m, row, 0);
        if (!ttfs_board_load(&r->board, address, mem->words + (size_t)row * mem->chunks,
                             mem->chunks))
            return tell(r, progress, diag);
    }
    return mem->rows == 0 || ttfs_board_check(&r->board, ttfs_image_crc(r->img, 0, m)) ||
           tell(r, progress, diag);
}

static void put_half(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* An encoder gets the input's integers as they are: its table is the identity, as far as values go.
 * Wider values than a byte's go as flits. */
static bool set_encoder(TtfsBoardRun *r) {
    enum { HEAD = 10, ENTRIES = 256, BYTES = HEAD + 2 * ENTRIES, MOST_BITS = 8 };
    uint8_t table[BYTES] = {0};
    const TtfsImagePop *p = ttfs_image_input(r->img);
    uint32_t bits = r->img->chip.value_bits;
    if (bits > MOST_BITS) return true;
    put_half(table, r->img->input_flow);
    put_half(table + 2, p->w - 1);
    put_half(table + 4, p->h - 1);
    put_half(table + 6, p->c - 1);
    for (uint32_t i = 0; i < ENTRIES; i++)
        put_half(table + HEAD + 2 * i, i >> bits ? (1u << bits) - 1 : i);
    return ttfs_board_encoder(&r->board, table, BYTES, &r->has_encoder);
}

static bool load(TtfsBoardRun *r, const TtfsProgress *progress, TtfsDiag *diag) {
    r->board = (TtfsBoard){.port = ttfs_line_port(&r->line), .patience = PATIENCE};
    ttfs_line_watch(&r->line, progress);
    ttfs_tell(progress, "loading the board", 0, 0);
    bool ok = ttfs_board_open(&r->board, ttfs_chip_hash(&r->img->chip)) || tell(r, progress, diag);
    for (uint32_t m = 0; ok && m < TTFS_MEMS; m++) ok = load_memory(r, (TtfsMem)m, progress, diag);
    ok = ok &&
         ((ttfs_board_trace(&r->board, r->ticks) && set_encoder(r)) || tell(r, progress, diag));
    ttfs_tell(progress, "loading the board", 1, 0);
    ttfs_line_watch(&r->line, NULL);
    return ok;
}

TtfsBoardRun *ttfs_board_run_open(const char *device, const TtfsImage *img, bool ticks,
                                  const TtfsProgress *progress, TtfsDiag *diag) {
    if (!ttfs_image_check(img, NULL, diag)) return NULL;
    TtfsArena arena = {0};
    TtfsBoardRun *r = TTFS_NEW(&arena, TtfsBoardRun);
    r->arena = arena;
    r->device = ttfs_arena_strdup(&r->arena, device);
    r->img = img;
    r->ticks = ticks;
    if (check_chip(r, diag) && make_buffers(r, diag) && ttfs_line_open(&r->line, device, diag) &&
        load(r, progress, diag))
        return r;
    ttfs_board_run_close(r);
    return NULL;
}

void ttfs_board_run_close(TtfsBoardRun *r) {
    if (!r) return;
    ttfs_line_close(&r->line);
    TtfsArena arena = r->arena; /* holds *r itself */
    ttfs_arena_free(&arena);
}

/* --- samples --- */

static bool take(void *context, uint64_t flit) {
    TtfsBoardRun *r = context;
    TtfsSimFlits *to = ttfs_sim_is_sum(r->img, flit) ? &r->io.out : &r->io.trace;
    if (to->len == to->room) return false;
    to->at[to->len++] = flit;
    return true;
}

static void tell_errors(const TtfsBoardRun *r, uint32_t flags) {
    TtfsBuf text = {0};
    ttfs_chip_errors(flags, &text);
    for (uint32_t g = 0; flags && g < r->traces.stages; g++)
        if (r->traces.stage[g] != &r->nowhere)
            ttfs_trace_fault(r->traces.stage[g], "the chip tells of %s", ttfs_buf_text(&text));
    ttfs_buf_free(&text);
}

/* What came, to the traces; what is wrong with what belongs to no sample is said to those that are
 * in the chip. */
static void take_flits(TtfsBoardRun *r) {
    ttfs_trace_clear(&r->nowhere);
    ttfs_sim_decode(r->img, &r->io, r->sum, r->sums, &r->traces);
    for (uint32_t g = 0; r->nowhere.faults && g < r->traces.stages; g++)
        if (r->traces.stage[g] != &r->nowhere)
            ttfs_trace_fault(r->traces.stage[g], "%s", r->nowhere.fault);
}

/* A sample in the form that the board takes; flits where it takes both and they are fewer frames.
 */
static bool put_sample(TtfsBoardRun *r, const uint16_t *x, uint32_t *flags) {
    enum { BEAT = 8 };
    uint32_t n = ttfs_image_pop_size(ttfs_image_input(r->img));
    uint32_t inputs = ttfs_sim_encode(r->img, x, r->in);
    if (!r->has_encoder || inputs <= n / BEAT)
        return ttfs_board_sample(&r->board, r->in, inputs, take, r, flags);
    for (uint32_t i = 0; i < n; i++) r->bytes[i] = (uint8_t)x[i];
    return ttfs_board_sample_bytes(&r->board, r->bytes, n, take, r, flags);
}

/* As the rtl engine's: the first samples enter again behind the last. */
static bool run_turn(TtfsBoardRun *r, uint64_t turn, uint64_t n, const uint16_t *x,
                     TtfsTrace *out) {
    const uint16_t *enters = x + turn % n * ttfs_image_pop_size(ttfs_image_input(r->img));
    uint32_t flags = 0;
    if (turn < n) {
        ttfs_trace_clear(&out[turn]);
        ttfs_trace_set_input(&out[turn], enters);
    }
    for (uint32_t g = 0; g < r->traces.stages; g++)
        r->traces.stage[g] = g <= turn && turn - g < n ? &out[turn - g] : &r->nowhere;
    r->io.trace.len = r->io.out.len = 0;
    if (!put_sample(r, enters, &flags)) return false;
    take_flits(r);
    tell_errors(r, flags);
    return true;
}

bool ttfs_board_run(TtfsBoardRun *r, uint64_t n, const uint16_t *x, TtfsTrace *out,
                    const TtfsProgress *progress, TtfsDiag *diag) {
    uint64_t turns = r->traces.stages;
    bool ok = true;
    if (n == 0) return true;
    if (r->nowhere.spike != out->spike) ttfs_trace_init(&r->nowhere, out->spike, &r->arena);
    ttfs_line_watch(&r->line, progress);
    for (uint64_t turn = 0; ok && turn < n + turns - 1; turn++) {
        ok = ttfs_go_on(progress, diag) &&
             (run_turn(r, turn, n, x, out) || tell(r, progress, diag));
        if (ok && turn + 1 >= turns) ttfs_tell(progress, "samples", turn + 2 - turns, n);
    }
    ttfs_line_watch(&r->line, NULL);
    return ok;
}
