/* SPDX-License-Identifier: Apache-2.0
 *
 * What the code generator chooses, which no result shows, only its speed: of all tiles that fit the
 * registers the one with the least cycles, counted tile by tile, and the instructions that a
 * processor has and no others. Code is made for processors that this machine need not be.
 */
#include "jit.h"
#include "object.h"
#include "tile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wide_spike.h"

enum { LAYERS = 3000, NETS = 40, LATENCY = 6, MOST_SAMPLES = 8, MOST_VECTORS = 8 };

/* ---- tiles ------------------------------------------------------------------------------- */

typedef struct {
    TtfsPopulation pop;
    TtfsSpike spike;
    TtfsTarget target;
    TtfsProgram program;
    TtfsRoutine routine;
} Layer;

/* Some layer on some processor; its map is of whole blocks of a pool, or of one pixel. */
static void some_layer(Layer *l, TtfsRng *r, bool matrix) {
    static const TtfsTarget targets[] = {{.lanes = 16, .registers = 32, .words_add = true},
                                         {.lanes = 16, .registers = 32},
                                         {.lanes = 8, .registers = 16},
                                         {.lanes = 4, .registers = 32},
                                         {.lanes = 1, .registers = 12}};
    uint32_t block = between(r, 1, 2), c = between(r, 1, 150);
    *l = (Layer){.target = targets[ttfs_rng_below(r, 5)]};
    l->pop = (TtfsPopulation){.c = c, .h = between(r, 1, 14), .w = between(r, 1, 14)};
    if (matrix) l->pop.h = l->pop.w = 1;
    if (!matrix && l->pop.h == 1) l->pop.w++; /* a map of one pixel is a matrix */
    l->spike.pops.at = &l->pop, l->spike.pops.len = 1;
    l->program = (TtfsProgram){.spike = &l->spike, .target = &l->target};
    l->routine = (TtfsRoutine){.kind = TTFS_ROUTINE_LINEAR,
                               .block = {matrix ? 1 : block, matrix ? 1 : block},
                               .vectors = (c + l->target.lanes - 1) / l->target.lanes,
                               .events = matrix && ttfs_rng_below(r, 2)};
}

/* Cycles of a dot of r places and v vectors: two of products, or of broadcasts and loads, a cycle,
 * and no faster than a chain of sums. */
static double dot_cycles(uint32_t r, uint32_t v) {
    double products = r * v / 2.0, loads = (r + v) / 2.0;
    double most = products > loads ? products : loads;
    return most > LATENCY ? most : LATENCY;
}

/* Of all outputs of a layer, tile by tile; those at the edges are smaller. */
static double all_cycles(uint32_t h, uint32_t w, uint32_t vectors, uint32_t y, uint32_t x,
                         uint32_t v) {
    double sum = 0;
    for (uint32_t row = 0; row < h; row += y)
        for (uint32_t column = 0; column < w; column += x)
            for (uint32_t i = 0; i < vectors; i += v)
                sum += dot_cycles(y * (w - column < x ? w - column : x),
                                  vectors - i < v ? vectors - i : v);
    return sum;
}

/* A sum for each place and vector, a vector's weights, a value, and products that are not added in
 * one. */
static bool has_registers(const TtfsTarget *t, uint32_t places, uint32_t v) {
    return places * v + v + 1 + (t->words_add ? 0 : 2) <= t->registers;
}

/* No tile is better than the one chosen, and of equals none is smaller. */
static void expect_best(const Layer *l, uint32_t least_y, uint32_t h, uint32_t least_x, uint32_t w,
                        const uint32_t tile[3],
                        double (*cost)(const Layer *, uint32_t, uint32_t, uint32_t)) {
    double own = cost(l, tile[0], tile[1], tile[2]);
    bool seen = false;
    for (uint32_t v = 1; v <= l->routine.vectors && v <= MOST_VECTORS; v++)
        for (uint32_t y = least_y; y <= h; y += least_y)
            for (uint32_t x = least_x; x <= w; x += least_x) {
                if (h % y || !has_registers(&l->target, y * x, v)) continue;
                if (l->routine.matrix && MOST_SAMPLES % x) continue;
                bool chosen = y == tile[0] && x == tile[1] && v == tile[2];
                double other = cost(l, y, x, v);
                seen = seen || chosen;
                if (other < own || (other == own && !seen))
                    fail_msg("%ux%u pixels, %u vectors in %u registers: %u, %u, %u was chosen, "
                             "%u, %u, %u takes %g for %g",
                             l->pop.h, l->pop.w, l->routine.vectors, l->target.registers, tile[0],
                             tile[1], tile[2], y, x, v, other, own);
            }
    assert_true(seen);
}

static double of_pixels(const Layer *l, uint32_t y, uint32_t x, uint32_t v) {
    const TtfsRoutine *s = &l->routine;
    return all_cycles(l->pop.h * s->block[0], l->pop.w * s->block[1], s->vectors, y, x, v);
}

/* Of one sample when so many are in a tile. */
static double of_samples(const Layer *l, uint32_t one, uint32_t samples, uint32_t v) {
    return all_cycles(one, samples, l->routine.vectors, one, samples, v) / samples;
}

/* Full tiles are of whole vectors; how many tiles a layer is cut into for threads. */
static void expect_units(const Layer *l) {
    const TtfsRoutine *s = &l->routine;
    uint32_t whole = l->pop.c / l->target.lanes, tiles = 0, done = 0;
    while (done + s->tile[3] <= whole) tiles++, done += s->tile[3];
    tiles += done < s->vectors;
    uint32_t rows = l->pop.h * s->block[0] / s->tile[1];
    assert_int_equal(ttfs_tile_full_vectors(&l->program, s), done);
    assert_int_equal(ttfs_tile_rows(&l->program, s), rows);
    assert_int_equal(s->by_rows, !s->matrix && rows >= tiles);
    assert_int_equal(s->units, s->by_rows ? rows : tiles);
}

static void tiles_of_pixels(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    for (int i = 0; i < LAYERS; i++) {
        Layer l;
        some_layer(&l, &r, false);
        TtfsRoutine *s = &l.routine;
        if (!has_registers(&l.target, s->block[0] * s->block[1], 1)) continue;
        ttfs_tile_choose(&l.program, s);
        assert_true(!s->matrix && !s->narrow && s->tile[0] == 1);
        expect_best(&l, s->block[0], l.pop.h * s->block[0], s->block[1], l.pop.w * s->block[1],
                    s->tile + 1, of_pixels);
        expect_units(&l);
    }
}

static void tiles_of_samples(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(2);
    for (int i = 0; i < LAYERS; i++) {
        Layer l;
        some_layer(&l, &r, true);
        TtfsRoutine *s = &l.routine;
        ttfs_tile_choose(&l.program, s);
        uint32_t most = s->events ? MOST_SAMPLES / 2 : MOST_SAMPLES;
        assert_true(s->matrix && s->tile[1] == 1 && s->tile[2] == 1);
        expect_best(&l, 1, 1, 1, most, (uint32_t[]){1, s->tile[0], s->tile[3]}, of_samples);
        expect_units(&l);
    }
}

/* ---- paths and what is said of them ------------------------------------------------------ */

static void dense_spike(TtfsSpike *s, uint32_t ins, uint32_t outs, uint32_t rate) {
    TtfsRng r = ttfs_rng(ins);
    *s = (TtfsSpike){.order = {0, 1, 2}};
    s->input = add_pop(
        s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = ins, .h = 1, .w = 1, .ticks = 255});
    large_dense(s, &r, TTFS_POP_RELU, outs);
    large_dense(s, &r, TTFS_POP_READOUT, 10);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, &r);
    s->pops.at[0].rate_ppm = rate;
}

/* 64 sources, two at a time on four lanes: 32 groups. */
static void paths(void **state) {
    (void)state;
    static const struct {
        uint32_t outs, rate;
        int path;
        bool events;
        uint32_t most;
        const char *why;
    } cases[] = {
        {16, 452000, 0, true, 25,
         "70 % of 32 groups of 2 expected to hold a spike; events up to "
         "80 % in a tile of samples, dense above"},
        {13, 452000, 0, true, 25, "70 % of 32 groups of 2 expected"},
        {12, 452000, 0, false, 25, "too few outputs to pay for lists"},
        {16, 453000, 0, false, 25, "events pay up to 70 %"},
        {16, 999999, 0, false, 25, "100 % of 32 groups"},
        {16, 1000000, 0, true, 25, "an unknown share of 32 groups of 2"},
        {16, 1000000, 2, true, 32, "path set by option"},
        {4, 999999, 2, true, 32, "path set by option"},
        {16, 452000, 1, false, 25, "path set by option"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsArena a = {0};
        TtfsDiag d = {0};
        TtfsTarget t;
        TtfsProgram p;
        TtfsSpike s;
        dense_spike(&s, 64, cases[i].outs, cases[i].rate);
        assert_true(ttfs_target_triple(&t, "x86_64-linux-gnu", NULL, &a, &d));
        ttfs_program_of(&p, &s, &t, cases[i].path, false, &a);
        const TtfsRoutine *r = p.routines.at;
        while (r->kind != TTFS_ROUTINE_LINEAR) r++;
        assert_int_equal(r->events, cases[i].events);
        assert_int_equal(r->events_most, cases[i].most);
        assert_non_null(strstr(r->why, cases[i].why));
        assert_string_equal(r->kernel, ttfs_arena_printf(&a,
                                                         "%u samples x %u outputs, i16 x i16 "
                                                         "by 2",
                                                         r->tile[0], 4 * r->tile[3]));
        assert_int_equal(r->macs, 64 * cases[i].outs);
        ttfs_arena_free(&a);
        ttfs_spike_free(&s);
    }
}

static void kernels_of_pixels(void **state) {
    (void)state;
    uint32_t seen = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        TtfsArena a = {0};
        TtfsDiag d = {0};
        TtfsTarget t;
        TtfsProgram p;
        TtfsSpike s;
        wide_spike(&s, seed);
        assert_true(ttfs_target_triple(&t, "aarch64-linux-gnu", NULL, &a, &d));
        ttfs_program_of(&p, &s, &t, 0, false, &a);
        for (uint32_t i = 0; i < p.routines.len; i++) {
            const TtfsRoutine *r = &p.routines.at[i];
            if (r->kind != TTFS_ROUTINE_LINEAR || r->matrix || r->out != r->pop) continue;
            const char *words = ttfs_arena_printf(&a, "%ux%u pixels x %u outputs, ", r->tile[1],
                                                  r->tile[2], 4 * r->tile[3]);
            assert_true(strncmp(r->kernel, words, strlen(words)) == 0);
            seen += r->tile[2] != r->tile[3];
        }
        ttfs_arena_free(&a);
        ttfs_spike_free(&s);
    }
    assert_true(seen > NETS / 4);
}

static uint64_t sample_bytes(uint32_t ins) {
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsTarget t;
    TtfsProgram p;
    TtfsSpike s;
    dense_spike(&s, ins, 8, 0);
    assert_true(ttfs_target_host(&t, NULL, &a, &d));
    ttfs_program_of(&p, &s, &t, 0, false, &a);
    uint64_t bytes = p.sample_bytes;
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
    return bytes;
}

/* Samples that fit, one at least and 64 at most; above 8 in whole tiles. */
static uint32_t samples_in(uint64_t room, uint64_t bytes) {
    uint64_t n = room / bytes;
    return n < 1 ? 1 : n > 64 ? 64 : (uint32_t)(n > MOST_SAMPLES ? n / 8 * 8 : n);
}

/* A thread takes as many samples at a time as fit in 512 KiB: of sizes where a KiB more or less
 * would make a difference. */
static void chunks(void **state) {
    (void)state;
    uint32_t over = 0, under = 0;
    for (uint32_t ins = 7900; ins < 90000 && (over < 2 || under < 2); ins += 32) {
        uint64_t bytes = sample_bytes(ins);
        uint32_t want = samples_in(512 << 10, bytes);
        bool above = samples_in(513 << 10, bytes) != want && over < 2;
        bool below = samples_in(511 << 10, bytes) != want && under < 2;
        if (!above && !below) continue;
        over += above, under += below;
        TtfsSpike s;
        TtfsDiag d = {0};
        TtfsJitOptions o = {.threads = 1};
        TtfsJitStats stats;
        dense_spike(&s, ins, 8, 0);
        TtfsJit *j = ttfs_jit_open(&s, &o, &d);
        assert_non_null(j);
        ttfs_jit_stats(j, &stats);
        assert_int_equal(stats.chunk, want);
        assert_true(stats.work_bytes >= want * bytes && stats.work_bytes < (want + 1) * bytes);
        ttfs_jit_close(j);
        ttfs_spike_free(&s);
    }
    assert_true(over == 2 && under == 2);
}

/* ---- instructions ------------------------------------------------------------------------ */

static const char *const words[] = {
    "llvm.x86.sse2.pmadd.wd",          "llvm.x86.avx2.pmadd.wd",
    "llvm.x86.avx512.pmaddw.d.512",    "llvm.x86.avx512.vpdpbusd.256",
    "llvm.x86.avx512.vpdpbusd.512",    "llvm.x86.avx512.vpdpwssd.256",
    "llvm.x86.avx512.vpdpwssd.512",    "llvm.x86.avx512.mask.compress.v16i32",
    "\"prefer-vector-width\"=\"512\"", "\"min-legal-vector-width\"=\"512\"",
    "shufflevector <64 x i8>"};
enum { WORDS = sizeof words / sizeof *words };
enum {
    SSE2 = 1,
    AVX2 = 2,
    AVX512 = 4 | 128 | 256 | 512,
    VNNI256 = 8 | 32,
    VNNI512 = 16 | 64 | 128 | 256 | 512,
    VBMI = 1024
};

/* The text of all routines of a program. */
typedef struct {
    const TtfsProgram *program;
    uint32_t found; /* of the words */
} Text;

static bool write_text(TtfsWorkshop *w, void *context) {
    Text *t = context;
    Code c = {.program = t->program,
              .target = t->program->target,
              .context = w->context,
              .module = w->module};
    for (uint32_t i = 0; i < t->program->routines.len; i++) ttfs_object_build(&c, i, false);
    char *text = LLVMPrintModuleToString(w->module);
    for (uint32_t i = 0; i < WORDS; i++)
        if (strstr(text, words[i])) t->found |= 1U << i;
    LLVMDisposeMessage(text);
    return true;
}

static uint32_t words_for(const char *triple, const char *cpu) {
    Text t = {0};
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        TtfsArena a = {0};
        TtfsDiag d = {0};
        TtfsTarget target;
        TtfsProgram p;
        TtfsSpike s;
        if (seed % 2)
            wide_spike(&s, seed);
        else
            narrow_spike(&s, seed);
        assert_true(ttfs_target_triple(&target, triple, cpu, &a, &d));
        ttfs_program_of(&p, &s, &target, seed % 3 ? 2 : 0, false, &a);
        t.program = &p;
        assert_true(ttfs_object_make(&target, "text", write_text, &t, &d));
        ttfs_arena_free(&a);
        ttfs_spike_free(&s);
    }
    return t.found;
}

static void instructions(void **state) {
    (void)state;
    static const struct {
        const char *triple, *cpu;
        uint32_t words;
    } cases[] = {
        {"x86_64-linux-gnu", "x86-64", SSE2},
        {"x86_64-linux-gnu", "x86-64-v3", AVX2},
        {"x86_64-linux-gnu", "alderlake", VNNI256},
        {"x86_64-linux-gnu", "x86-64-v4", AVX512},
        {"x86_64-linux-gnu", "cascadelake", VNNI512},
        {"x86_64-linux-gnu", "znver4", VNNI512 | VBMI},
        {"aarch64-linux-gnu", NULL, 0},
        {"riscv64-linux-gnu", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t found = words_for(cases[i].triple, cases[i].cpu);
        for (uint32_t w = 0; w < WORDS; w++)
            if ((found ^ cases[i].words) >> w & 1)
                fail_msg("%s %s: %s is%s in the code", cases[i].triple,
                         cases[i].cpu ? cases[i].cpu : "", words[w], found >> w & 1 ? "" : " not");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_of_pixels), cmocka_unit_test(tiles_of_samples),
        cmocka_unit_test(paths),           cmocka_unit_test(kernels_of_pixels),
        cmocka_unit_test(chunks),          cmocka_unit_test(instructions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
