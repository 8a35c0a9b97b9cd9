/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel of a convolution with few outputs from few channels, as first layers have: pixels lie
 * in the lanes, not channels, so that no lane is idle. The four source bytes of sixteen
 * neighbouring pixels come by one permutation of the 64 bytes that hold them; a weight group is the
 * same for all. At the end the channels are put next to each other again by permutations of bytes.
 */
#include "code_tile.h"

enum { PIXELS = 16, BLOCKS = 2, BYTES = 64, OUTPUTS = TTFS_NARROW_OUTPUTS };

typedef struct {
    Code *c;
    const TtfsRoutine *routine;
    const TtfsTermCode *term;
    const TtfsPopulation *pop;
    const TtfsStore *dst;
    Value in, out;                 /* of the row: the first pixel's source values, its outputs */
    uint32_t blocks;               /* of 16 pixels */
    Value sum[2][BLOCKS][OUTPUTS]; /* by row of the pool, block of pixels */
} Narrow;

static Value byte_vector(const Code *c, Value v) {
    return LLVMBuildBitCast(c->at, v, LLVMVectorType(c->i8, BYTES), "");
}

/* Four bytes of each of 16 pixels, `move` bytes apart, from `at` on. */
static Value spread(const Narrow *n, Value at) {
    const Code *c = n->c;
    Value take[BYTES];
    for (uint32_t i = 0; i < BYTES; i++)
        take[i] = LLVMConstInt(c->i32, i / 4 * n->term->move_x + i % 4, 0);
    Value bytes = ttfs_code_load(c, LLVMVectorType(c->i8, BYTES), at);
    Value v = LLVMBuildShuffleVector(c->at, bytes, LLVMGetPoison(LLVMTypeOf(bytes)),
                                     LLVMConstVector(take, BYTES), "");
    return LLVMBuildBitCast(c->at, v, LLVMVectorType(c->i32, PIXELS), "");
}

/* A word of the constants, the same for all pixels. */
static Value word(const Narrow *n, uint64_t offset) {
    const Code *c = n->c;
    return ttfs_code_splat(c, ttfs_code_load(c, c->i32, ttfs_code_plus(c, c->consts, offset)),
                           PIXELS);
}

static void start(Narrow *n) {
    for (uint32_t o = 0; o < n->pop->c; o++) {
        Value bias = word(n, n->routine->bias + o * sizeof(int32_t));
        for (uint32_t y = 0; y < n->routine->block[0]; y++)
            for (uint32_t b = 0; b < n->blocks; b++) n->sum[y][b][o] = bias;
    }
}

static void add_dot(Narrow *n, uint32_t row, Value at, uint64_t weights) {
    const Code *c = n->c;
    LLVMTypeRef words = LLVMVectorType(c->i32, PIXELS);
    for (uint32_t b = 0; b < n->blocks; b++) {
        Value x = spread(n, ttfs_code_plus(c, at, b * PIXELS * n->term->move_x));
        for (uint32_t o = 0; o < n->pop->c; o++) {
            Value arg[3] = {n->sum[row][b][o], x, word(n, weights + o * sizeof(uint32_t))};
            n->sum[row][b][o] = ttfs_code_call(c, "llvm.x86.avx512.vpdpbusd.512", words, arg, 3);
        }
    }
}

/* All weights for a row of pixels whose source values begin at `at`. */
static void add(Narrow *n, uint32_t row, Value at) {
    const TtfsTermCode *t = n->term;
    uint64_t weights = t->weights;
    for (uint32_t y = 0; y < t->count_y; y++)
        for (uint32_t x = 0; x < t->count_x; x++)
            for (uint32_t k = 0; k < t->dots; k++, weights += BYTES)
                add_dot(n, row, ttfs_code_plus(n->c, at, y * t->run_y + x * t->run_x + k * 4),
                        weights);
}

/* The values of four channels in the bytes of a word a pixel; channels beyond the last are 0. */
static Value four_channels(Narrow *n, uint32_t block, uint32_t first) {
    const Code *c = n->c;
    Value all = LLVMConstNull(LLVMVectorType(c->i32, PIXELS));
    for (uint32_t o = first; o < first + 4 && o < n->pop->c; o++) {
        uint64_t own = o * sizeof(uint32_t);
        Value shift = n->routine->bits ? NULL : word(n, n->routine->shifts + own);
        Value multiplier = n->routine->powers ? NULL : word(n, n->routine->multiplier + own);
        Value q = ttfs_code_fire(c, n->routine, n->sum[0][block][o], multiplier, shift);
        q = LLVMBuildShl(c->at, q, ttfs_code_const(c->i32, PIXELS, 8 * (o - first)), "");
        all = LLVMBuildOr(c->at, all, q, "");
    }
    return byte_vector(c, all);
}

/* `pixels` pixels of a block, channel by channel, 64 bytes at a time. */
static void store_block(Narrow *n, uint32_t block, uint32_t pixels, Value at) {
    const Code *c = n->c;
    uint32_t channels = n->pop->c, bytes = pixels * channels;
    Value low = four_channels(n, block, 0), high = low;
    if (channels > 4) high = four_channels(n, block, 4);
    for (uint32_t done = 0; done < bytes; done += BYTES) {
        Value take[BYTES];
        uint32_t count = bytes - done < BYTES ? bytes - done : BYTES;
        for (uint32_t i = 0; i < BYTES; i++) {
            uint32_t byte = done + (i < count ? i : 0), ch = byte % channels;
            take[i] = LLVMConstInt(c->i32, (ch < 4 ? 0 : BYTES) + byte / channels * 4 + ch % 4, 0);
        }
        Value v = LLVMBuildShuffleVector(c->at, low, high, LLVMConstVector(take, BYTES), "");
        ttfs_code_store_some(c, v, BYTES, count, ttfs_code_plus(c, at, done));
    }
}

/* The best of 2 x 2 pixels: of two rows, then of neighbours; two blocks become one. */
static void pool(Narrow *n) {
    const Code *c = n->c;
    LLVMIntPredicate p = n->routine->min ? LLVMIntSLT : LLVMIntSGT;
    Value even[PIXELS], odd[PIXELS];
    for (uint32_t i = 0; i < PIXELS; i++) {
        even[i] = LLVMConstInt(c->i32, 2 * i, 0);
        odd[i] = LLVMConstInt(c->i32, 2 * i + 1, 0);
    }
    for (uint32_t o = 0; o < n->pop->c; o++) {
        Value best[BLOCKS];
        for (uint32_t b = 0; b < BLOCKS; b++) {
            uint32_t from = b < n->blocks ? b : 0;
            best[b] = ttfs_code_pick(c, p, n->sum[0][from][o], n->sum[1][from][o]);
        }
        Value left =
            LLVMBuildShuffleVector(c->at, best[0], best[1], LLVMConstVector(even, PIXELS), "");
        Value right =
            LLVMBuildShuffleVector(c->at, best[0], best[1], LLVMConstVector(odd, PIXELS), "");
        n->sum[0][0][o] = ttfs_code_pick(c, p, left, right);
    }
    n->blocks = 1;
}

/* `pixels` pixels from column x on; column out_x of the population that is filled. */
static void tile(Narrow *n, Value x, Value out_x, uint32_t pixels) {
    const Code *c = n->c;
    Value in = ttfs_code_plus_value(c, n->in, ttfs_code_times(c, x, n->term->move_x));
    Value out = ttfs_code_plus_value(c, n->out, ttfs_code_times(c, out_x, n->dst->pixel));
    n->blocks = (pixels + PIXELS - 1) / PIXELS;
    start(n);
    for (uint32_t y = 0; y < n->routine->block[0]; y++)
        add(n, y, ttfs_code_plus(c, in, y * n->term->move_y));
    if (n->routine->block[1] == 2) pool(n);
    pixels /= n->routine->block[1];
    for (uint32_t b = 0; b < n->blocks; b++) {
        uint32_t left = pixels - b * PIXELS;
        store_block(n, b, left < PIXELS ? left : PIXELS,
                    ttfs_code_plus(c, out, b * PIXELS * n->dst->pixel));
    }
}

void ttfs_code_narrow(Code *c, const TtfsRoutine *s) {
    Narrow n = {.c = c,
                .routine = s,
                .term = &c->program->terms.at[s->term_first],
                .pop = &c->program->spike->pops.at[s->pop],
                .dst = &c->program->store[s->out]};
    const uint32_t *block = s->block, all = BLOCKS * PIXELS;
    uint32_t w = c->program->spike->pops.at[s->out].w * block[1], tiles = w / all;
    Loop samples, rows, columns;
    Value i = ttfs_code_loop(c, &samples, ttfs_code_i64(c, 0), c->samples, 1);
    Value sample =
        ttfs_code_plus_value(c, c->work, ttfs_code_times(c, i, c->program->sample_bytes));
    Value y = ttfs_code_loop(c, &rows, c->first, c->end, 1);
    n.in = ttfs_code_plus_value(c, ttfs_code_plus(c, sample, n.term->origin),
                                ttfs_code_times(c, y, block[0] * n.term->move_y));
    n.out = ttfs_code_plus_value(c, ttfs_code_plus(c, sample, n.dst->origin),
                                 ttfs_code_times(c, y, n.dst->row));
    if (tiles) {
        Value x = ttfs_code_loop(c, &columns, ttfs_code_i64(c, 0), ttfs_code_i64(c, tiles), 1);
        tile(&n, ttfs_code_times(c, x, all), ttfs_code_times(c, x, all / block[1]), all);
        ttfs_code_loop_end(c, &columns);
    }
    if (w % all)
        tile(&n, ttfs_code_i64(c, tiles * all), ttfs_code_i64(c, tiles * all / block[1]), w % all);
    ttfs_code_loop_end(c, &rows);
    ttfs_code_loop_end(c, &samples);
}
