/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel of a linear routine: loops over register tiles, and a tile's beginning and end. A
 * convolution goes through vectors of outputs, samples, rows and columns, so that a tile's weights
 * stay in the cache while the map passes by; a matrix goes through vectors, pixels and samples.
 * Edges are tiles of their own.
 */
#include "code_tile.h"

#include "tile.h"

static const TtfsPopulation *population(const Tile *t) {
    return &t->c->program->spike->pops.at[t->routine->pop];
}

void ttfs_tile_start(Tile *t) {
    Code *c = t->c;
    uint32_t lanes = c->target->lanes, w = population(t)->w;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes);
    Value at = ttfs_code_plus(c, c->consts, t->routine->bias);
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->vector, lanes * sizeof(int32_t)));
    if (t->routine->bias_pixel)
        at = ttfs_code_plus_value(c, at,
                                  ttfs_code_times(c, ttfs_tile_pixel(t), t->routine->bias_pixel));
    for (uint32_t i = 0; i < ttfs_tile_places(t); i++) {
        uint32_t x = i % t->n[2], y = i / t->n[2] % t->n[1];
        uint64_t pixel = (y * w + x) * t->routine->bias_pixel;
        for (uint32_t v = 0; v < t->n[3]; v++) {
            Value from = ttfs_code_plus(c, at, pixel + v * lanes * sizeof(int32_t));
            t->sum[i * t->n[3] + v] = ttfs_code_variable(c, words, ttfs_code_load(c, words, from));
        }
    }
}

/* The words at `offset` of the constants that belong to vector v of the tile. */
static Value words_of(const Tile *t, uint64_t offset, uint32_t v) {
    Code *c = t->c;
    uint64_t bytes = c->target->lanes * sizeof(uint32_t);
    Value at = ttfs_code_plus(c, c->consts, offset + v * bytes);
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->vector, bytes));
    return ttfs_code_load(c, ttfs_code_vector(c->i32, c->target->lanes), at);
}

/* The values of a vector of neurons in the size in which the population is kept. */
static Value fire(const Tile *t, Value u, uint32_t v) {
    Code *c = t->c;
    if (population(t)->kind == TTFS_POP_READOUT) return u;
    Value shift = t->routine->bits ? NULL : words_of(t, t->routine->shifts, v);
    Value multiplier = t->routine->powers ? NULL : words_of(t, t->routine->multiplier, v);
    Value q = ttfs_code_fire(c, t->routine, u, multiplier, shift);
    LLVMTypeRef element = c->program->store[t->routine->pop].elt == 1 ? c->i8 : c->i16;
    return LLVMBuildTrunc(c->at, q, ttfs_code_vector(element, c->target->lanes), "");
}

/* The potentials of vector v at a place, or with a pool the best of its block: a larger potential
 * never fires later, so the pool may come before the ramp. */
static Value best_of_block(const Tile *t, uint32_t place, uint32_t v) {
    Code *c = t->c;
    LLVMTypeRef words = ttfs_code_vector(c->i32, c->target->lanes);
    Value best = NULL;
    for (uint32_t y = 0; y < t->routine->block[0]; y++)
        for (uint32_t x = 0; x < t->routine->block[1]; x++) {
            uint32_t i = place + y * t->n[2] + x;
            Value u = LLVMBuildLoad2(c->at, words, t->sum[i * t->n[3] + v], "");
            best = best ? ttfs_code_pick(c, t->routine->min ? LLVMIntSLT : LLVMIntSGT, best, u) : u;
        }
    return best;
}

void ttfs_tile_fire(Tile *t) {
    Code *c = t->c;
    const TtfsStore *dst = &c->program->store[t->routine->out];
    const uint32_t *block = t->routine->block, rows = t->n[1] / block[0],
                   columns = t->n[2] / block[1];
    uint32_t lanes = c->target->lanes;
    uint64_t vector = (uint64_t)lanes * dst->elt;
    Value at = ttfs_code_plus(c, t->sample, dst->origin);
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->out_y, dst->row));
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->out_x, dst->pixel));
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->vector, vector));
    for (uint32_t i = 0; i < t->n[0] * rows * columns; i++) {
        uint32_t x = i % columns, y = i / columns % rows, s = i / columns / rows;
        uint64_t offset = s * c->program->sample_bytes + y * dst->row + x * dst->pixel;
        /* What a whole vector writes past the last channel is written again by the pixels that
         * follow, when the tile has enough of them. */
        uint64_t follows = (columns - 1 - x) * dst->pixel;
        for (uint32_t v = 0; v < t->n[3]; v++) {
            uint32_t used = v + 1 < t->n[3] ? lanes : t->lanes_last;
            if (t->routine->vectors == 1 && follows >= (lanes - used) * dst->elt) used = lanes;
            Value u = best_of_block(t, (s * t->n[1] + y * block[0]) * t->n[2] + x * block[1], v);
            ttfs_code_store_some(c, fire(t, u, v), lanes, used,
                                 ttfs_code_plus(c, at, offset + v * vector));
        }
    }
}

/* The tile's sums by events when there are few, else by all weights. */
static void add_sparse(Tile *t) {
    Code *c = t->c;
    Value count = ttfs_code_load(c, c->i32, ttfs_code_plus(c, t->sample, t->routine->list));
    Value most = LLVMConstInt(c->i32, t->routine->events_most, 0);
    Value few = LLVMBuildICmp(c->at, LLVMIntULE, count, most, "");
    LLVMBasicBlockRef after = ttfs_code_if(c, few);
    ttfs_tile_add_events(t, LLVMBuildZExt(c->at, count, c->i64, ""));
    ttfs_code_if_end(c, after);
    after = ttfs_code_if(c, LLVMBuildNot(c->at, few, ""));
    ttfs_tile_add(t);
    ttfs_code_if_end(c, after);
}

static void whole_tile(Tile *t) {
    ttfs_tile_start(t);
    if (t->routine->events)
        add_sparse(t);
    else
        ttfs_tile_add(t);
    ttfs_tile_fire(t);
}

/* Rows [first, end) of tiles, all columns, of all samples. Tiles are of whole blocks. */
static void convolution(Tile *t, Value first, Value end) {
    Code *c = t->c;
    const uint32_t *tile = t->routine->tile, *block = t->routine->block;
    uint32_t w = c->program->spike->pops.at[t->routine->out].w * block[1], tiles = w / tile[2];
    Loop samples, rows, columns;
    Value s = ttfs_code_loop(c, &samples, ttfs_code_i64(c, 0), c->samples, 1);
    t->sample = ttfs_code_plus_value(c, c->work, ttfs_code_times(c, s, c->program->sample_bytes));
    Value i = ttfs_code_loop(c, &rows, first, end, 1);
    t->y = ttfs_code_times(c, i, tile[1]);
    t->out_y = ttfs_code_times(c, i, tile[1] / block[0]);
    t->n[0] = 1;
    t->n[1] = tile[1];
    t->n[2] = tile[2];
    i = ttfs_code_loop(c, &columns, ttfs_code_i64(c, 0), ttfs_code_i64(c, tiles), 1);
    t->x = ttfs_code_times(c, i, tile[2]);
    t->out_x = ttfs_code_times(c, i, tile[2] / block[1]);
    whole_tile(t);
    ttfs_code_loop_end(c, &columns);
    if (w % tile[2]) {
        t->x = ttfs_code_i64(c, tiles * tile[2]);
        t->out_x = ttfs_code_i64(c, tiles * tile[2] / block[1]);
        t->n[2] = w % tile[2];
        whole_tile(t);
    }
    ttfs_code_loop_end(c, &rows);
    ttfs_code_loop_end(c, &samples);
}

/* Samples [from, end) of one pixel, `n` at once. */
static void some_samples(Tile *t, Value from, Value end, uint32_t n) {
    Code *c = t->c;
    Loop loop;
    Value s = ttfs_code_loop(c, &loop, from, end, n);
    t->sample = ttfs_code_plus_value(c, c->work, ttfs_code_times(c, s, c->program->sample_bytes));
    t->n[0] = n;
    t->n[1] = t->n[2] = 1;
    whole_tile(t);
    ttfs_code_loop_end(c, &loop);
}

/* All samples by all pixels; those left over one by one. */
static void matrix(Tile *t) {
    Code *c = t->c;
    const TtfsPopulation *pop = population(t);
    uint32_t n = t->routine->tile[0];
    Loop rows, columns;
    Value zero = ttfs_code_i64(c, 0), whole = ttfs_code_whole_samples(c, n);
    t->y = t->out_y = ttfs_code_loop(c, &rows, zero, ttfs_code_i64(c, pop->h), 1);
    t->x = t->out_x = ttfs_code_loop(c, &columns, zero, ttfs_code_i64(c, pop->w), 1);
    some_samples(t, zero, whole, n);
    if (n > 1) some_samples(t, whole, c->samples, 1);
    ttfs_code_loop_end(c, &columns);
    ttfs_code_loop_end(c, &rows);
}

/* Some vectors of all tiles' outputs. */
static void some_vectors(Tile *t, Value vector, uint32_t n, uint32_t lanes_last) {
    Code *c = t->c;
    t->vector = vector;
    t->n[3] = n;
    t->lanes_last = lanes_last;
    if (t->routine->matrix)
        matrix(t);
    else if (t->routine->by_rows)
        convolution(t, c->first, c->end);
    else
        convolution(t, ttfs_code_i64(c, 0),
                    ttfs_code_i64(c, ttfs_tile_rows(c->program, t->routine)));
}

/* Every tile of vectors that is this call's to do. */
static void all_vectors(Tile *t) {
    Code *c = t->c;
    const TtfsRoutine *s = t->routine;
    uint32_t lanes = c->target->lanes, last = population(t)->c - (s->vectors - 1) * lanes;
    uint32_t full = ttfs_tile_full_vectors(c->program, s), tiles = full / s->tile[3];
    Value zero = ttfs_code_i64(c, 0), end = ttfs_code_i64(c, tiles);
    Value mine = s->by_rows ? end : ttfs_code_pick(c, LLVMIntULT, c->end, end);
    Loop loop;
    if (tiles) {
        Value i = ttfs_code_loop(c, &loop, s->by_rows ? zero : c->first, mine, 1);
        some_vectors(t, ttfs_code_times(c, i, s->tile[3]), s->tile[3], lanes);
        ttfs_code_loop_end(c, &loop);
    }
    if (full == s->vectors) return;
    LLVMBasicBlockRef after = NULL;
    if (!s->by_rows) after = ttfs_code_if(c, LLVMBuildICmp(c->at, LLVMIntUGT, c->end, end, ""));
    some_vectors(t, ttfs_code_i64(c, full), s->vectors - full, last);
    if (after) ttfs_code_if_end(c, after);
}

void ttfs_code_linear(Code *c, const TtfsRoutine *s) {
    Tile t = {.c = c, .routine = s};
    if (s->narrow)
        ttfs_code_narrow(c, s);
    else
        all_vectors(&t);
}
