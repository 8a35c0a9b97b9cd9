/* SPDX-License-Identifier: Apache-2.0
 *
 * Code for sums: outputs times places stay in registers while the inputs pass by, a vector of
 * samples a place; each weight is spread over the lanes. Each sum takes its inputs in order, by
 * fused multiply-adds, which have one result on every processor.
 */
#include "fast_code.h"
#include "fast_winograd.h"

#include "code.h"
#include "link.h"
#include "object.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { LANES = TTFS_FAST_LANES, VECTOR = LANES * sizeof(float), NAME = 32 };

typedef struct {
    Code *c;
    uint32_t outputs, places;
    LLVMTypeRef vector;
    Value tile, step, across, along;
    Value acc[TTFS_FAST_OUTPUTS * TTFS_FAST_PLACES]; /* variables, [output][place] */
} Sum;

static Value field(const Sum *s, LLVMTypeRef type, size_t offset) {
    return ttfs_code_load(s->c, type, ttfs_code_plus(s->c, s->tile, offset));
}

static Value spread(const Sum *s, Value from, uint64_t bytes) {
    Value one = ttfs_code_load(s->c, s->c->f32, ttfs_code_plus(s->c, from, bytes));
    return ttfs_code_splat(s->c, one, LANES);
}

static Value fused(const Sum *s, Value a, Value b, Value c) {
    Value arg[3] = {a, b, c};
    const char *name = ttfs_code_name(s->c, "llvm.fma", "f32", LANES);
    return ttfs_code_call(s->c, name, s->vector, arg, 3);
}

/* One input of every place by one weight of every output. */
static void add_input(const Sum *s, Value x, Value w) {
    Code *c = s->c;
    Value v[TTFS_FAST_PLACES];
    for (uint32_t p = 0; p < s->places; p++)
        v[p] = ttfs_code_load(c, s->vector,
                              ttfs_code_plus_value(c, x, ttfs_code_times(c, s->step, p)));
    for (uint32_t o = 0; o < s->outputs; o++) {
        Value weight = spread(s, w, o * sizeof(float));
        for (uint32_t p = 0; p < s->places; p++) {
            Value acc = s->acc[o * s->places + p];
            Value sum = LLVMBuildLoad2(c->at, s->vector, acc, "");
            LLVMBuildStore(c->at, fused(s, weight, v[p], sum), acc);
        }
    }
}

static void add_parts(const Sum *s, Value part, Value parts) {
    Code *c = s->c;
    Value zero = ttfs_code_i64(c, 0), weights = field(s, c->ptr, offsetof(TtfsFastTile, weights));
    Loop loop, inputs;
    Value i = ttfs_code_loop(c, &loop, zero, parts, 1);
    Value at = ttfs_code_plus_value(c, part, ttfs_code_times(c, i, sizeof(TtfsFastPart)));
    Value x = ttfs_code_load(c, c->ptr, ttfs_code_plus(c, at, offsetof(TtfsFastPart, x)));
    Value first = ttfs_code_load(c, c->i64, ttfs_code_plus(c, at, offsetof(TtfsFastPart, at)));
    Value n = ttfs_code_load(c, c->i64, ttfs_code_plus(c, at, offsetof(TtfsFastPart, n)));
    uint64_t row = s->outputs * sizeof(float);
    Value w = ttfs_code_plus_value(c, weights, ttfs_code_times(c, first, row));
    Value k = ttfs_code_loop(c, &inputs, zero, n, 1);
    add_input(s, ttfs_code_plus_value(c, x, ttfs_code_times(c, k, VECTOR)),
              ttfs_code_plus_value(c, w, ttfs_code_times(c, k, row)));
    ttfs_code_loop_end(c, &inputs);
    ttfs_code_loop_end(c, &loop);
}

/* Where output o's values at place p lie. */
static Value place(const Sum *s, Value base, uint32_t o, uint32_t p) {
    Code *c = s->c;
    Value at = ttfs_code_plus_value(c, base, ttfs_code_times(c, s->across, o));
    return ttfs_code_plus_value(c, at, ttfs_code_times(c, s->along, p));
}

static void scale(const Sum *s) {
    Code *c = s->c;
    Value scales = field(s, c->ptr, offsetof(TtfsFastTile, scale));
    Value shifts = field(s, c->ptr, offsetof(TtfsFastTile, shift));
    for (uint32_t i = 0; i < s->outputs * s->places; i++) {
        uint64_t at = i / s->places * sizeof(float);
        Value sum = LLVMBuildLoad2(c->at, s->vector, s->acc[i], "");
        Value y = fused(s, sum, spread(s, scales, at), spread(s, shifts, at));
        LLVMBuildStore(c->at, y, s->acc[i]);
    }
}

static void add_other(const Sum *s) {
    Code *c = s->c;
    Value add = field(s, c->ptr, offsetof(TtfsFastTile, add));
    LLVMBasicBlockRef after = ttfs_code_if(c, LLVMBuildIsNotNull(c->at, add, ""));
    for (uint32_t i = 0; i < s->outputs * s->places; i++) {
        Value y = LLVMBuildLoad2(c->at, s->vector, s->acc[i], "");
        Value from = place(s, add, i / s->places, i % s->places);
        y = LLVMBuildFAdd(c->at, y, ttfs_code_load(c, s->vector, from), "");
        LLVMBuildStore(c->at, y, s->acc[i]);
    }
    ttfs_code_if_end(c, after);
}

/* As the relu engine does: what is not above the lower bound is the bound. */
static void bound(const Sum *s) {
    Code *c = s->c;
    Value out = field(s, c->ptr, offsetof(TtfsFastTile, out));
    Value lo = spread(s, s->tile, offsetof(TtfsFastTile, lo));
    Value hi = spread(s, s->tile, offsetof(TtfsFastTile, hi));
    for (uint32_t i = 0; i < s->outputs * s->places; i++) {
        Value y = LLVMBuildLoad2(c->at, s->vector, s->acc[i], "");
        Value above = LLVMBuildFCmp(c->at, LLVMRealOGT, y, lo, "");
        y = LLVMBuildSelect(c->at, above, y, lo, "");
        Value below = LLVMBuildFCmp(c->at, LLVMRealOLT, y, hi, "");
        y = LLVMBuildSelect(c->at, below, y, hi, "");
        ttfs_code_store(c, y, place(s, out, i / s->places, i % s->places));
    }
}

/* The sums as they are. */
static void leave(const Sum *s) {
    Code *c = s->c;
    Value out = field(s, c->ptr, offsetof(TtfsFastTile, out));
    for (uint32_t i = 0; i < s->outputs * s->places; i++)
        ttfs_code_store(c, LLVMBuildLoad2(c->at, s->vector, s->acc[i], ""),
                        place(s, out, i / s->places, i % s->places));
}

static void name_of(char name[NAME], bool bare, uint32_t outputs, uint32_t places) {
    snprintf(name, NAME, "%s_%u_%u", bare ? "product" : "sum", outputs, places);
}

static void make_sum(Code *c, bool bare, uint32_t outputs, uint32_t places) {
    Sum s = {.c = c, .outputs = outputs, .places = places};
    char name[NAME];
    name_of(name, bare, outputs, places);
    ttfs_code_function(c, name, (LLVMTypeRef[]){c->ptr, c->i64, c->ptr}, 3);
    s.vector = LLVMVectorType(c->f32, LANES);
    s.tile = LLVMGetParam(c->function, 2);
    s.step = field(&s, c->i64, offsetof(TtfsFastTile, step));
    s.across = field(&s, c->i64, offsetof(TtfsFastTile, across));
    s.along = field(&s, c->i64, offsetof(TtfsFastTile, along));
    for (uint32_t i = 0; i < outputs * places; i++)
        s.acc[i] = ttfs_code_variable(c, s.vector, LLVMConstNull(s.vector));
    add_parts(&s, LLVMGetParam(c->function, 0), LLVMGetParam(c->function, 1));
    if (bare)
        leave(&s);
    else {
        scale(&s);
        add_other(&s);
        bound(&s);
    }
    ttfs_code_end(c);
}

static void make_sums(Code *c, const TtfsFastWanted *wanted) {
    for (uint32_t o = 1; o <= TTFS_FAST_OUTPUTS; o++)
        for (uint32_t p = 1; p <= TTFS_FAST_PLACES; p++) {
            if (wanted->sum[o][p]) make_sum(c, false, o, p);
            if (wanted->product[o][p]) make_sum(c, true, o, p);
        }
}

static void make_best(Code *c, const char *name, LLVMRealPredicate better, double worst) {
    ttfs_code_function(c, name, (LLVMTypeRef[]){c->ptr, c->i64, c->i64, c->i64, c->i64, c->ptr}, 6);
    LLVMTypeRef vector = LLVMVectorType(c->f32, LANES);
    Value arg[6], zero = ttfs_code_i64(c, 0);
    LLVMGetParams(c->function, arg);
    Value start = ttfs_code_splat(c, LLVMConstReal(c->f32, worst), LANES);
    Value best = ttfs_code_variable(c, vector, start);
    Loop rows, columns;
    Value y = ttfs_code_loop(c, &rows, zero, arg[1], 1);
    Value at = ttfs_code_plus_value(c, arg[0], LLVMBuildMul(c->at, y, arg[3], ""));
    Value x = ttfs_code_loop(c, &columns, zero, arg[2], 1);
    Value v =
        ttfs_code_load(c, vector, ttfs_code_plus_value(c, at, LLVMBuildMul(c->at, x, arg[4], "")));
    Value so_far = LLVMBuildLoad2(c->at, vector, best, "");
    Value wins = LLVMBuildFCmp(c->at, better, v, so_far, "");
    LLVMBuildStore(c->at, LLVMBuildSelect(c->at, wins, v, so_far, ""), best);
    ttfs_code_loop_end(c, &columns);
    ttfs_code_loop_end(c, &rows);
    ttfs_code_store(c, LLVMBuildLoad2(c->at, vector, best, ""), arg[5]);
    ttfs_code_end(c);
}

/* Swaps the bit d of rows' and lanes' numbers in rows i and i + d. */
static void swap(Code *c, Value *a, Value *b, uint32_t d) {
    Value low[LANES], high[LANES], was = *a;
    for (uint32_t l = 0; l < LANES; l++) {
        low[l] = LLVMConstInt(c->i32, l & d ? LANES + l - d : l, 0);
        high[l] = LLVMConstInt(c->i32, l & d ? LANES + l : l + d, 0);
    }
    *a = LLVMBuildShuffleVector(c->at, was, *b, LLVMConstVector(low, LANES), "");
    *b = LLVMBuildShuffleVector(c->at, was, *b, LLVMConstVector(high, LANES), "");
}

static void make_turn(Code *c) {
    ttfs_code_function(c, "turn",
                       (LLVMTypeRef[]){c->ptr, c->i64, c->i64, c->ptr, c->i64, c->i64, c->i64}, 7);
    LLVMTypeRef vector = LLVMVectorType(c->f32, LANES);
    Value arg[7], row[LANES];
    LLVMGetParams(c->function, arg);
    Loop loop;
    Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), arg[6], 1);
    Value in = ttfs_code_plus_value(c, arg[0], LLVMBuildMul(c->at, i, arg[2], ""));
    Value out = ttfs_code_plus_value(c, arg[3], LLVMBuildMul(c->at, i, arg[5], ""));
    for (uint32_t r = 0; r < LANES; r++)
        row[r] =
            ttfs_code_load(c, vector, ttfs_code_plus_value(c, in, ttfs_code_times(c, arg[1], r)));
    for (uint32_t d = LANES / 2; d; d /= 2)
        for (uint32_t r = 0; r < LANES; r++)
            if (!(r & d)) swap(c, &row[r], &row[r + d], d);
    for (uint32_t r = 0; r < LANES; r++)
        ttfs_code_store(c, row[r], ttfs_code_plus_value(c, out, ttfs_code_times(c, arg[4], r)));
    ttfs_code_loop_end(c, &loop);
    ttfs_code_end(c);
}

typedef struct {
    const TtfsTarget *target;
    const TtfsFastWanted *wanted;
    TtfsBuf *object;
    TtfsDiag *diag;
} Making;

static bool make_all(TtfsWorkshop *w, void *context) {
    const Making *m = context;
    Code c = {.target = m->target, .context = w->context, .module = w->module};
    ttfs_code_types(&c);
    make_sums(&c, m->wanted);
    if (m->wanted->tiles) ttfs_fast_winograd_code(&c);
    make_best(&c, "largest", LLVMRealOGT, -INFINITY);
    make_best(&c, "smallest", LLVMRealOLT, INFINITY);
    make_turn(&c);
    return ttfs_object_optimise(w->module, w->machine, "fast", NULL, m->diag) &&
           ttfs_object_write(w->module, w->machine, m->object, m->diag);
}

static bool find_sums(const TtfsFastCode *f, bool bare, const TtfsFastSet wanted,
                      TtfsFastSum *found[][TTFS_FAST_PLACES + 1], TtfsDiag *diag) {
    char name[NAME];
    for (uint32_t o = 1; o <= TTFS_FAST_OUTPUTS; o++)
        for (uint32_t p = 1; p <= TTFS_FAST_PLACES; p++) {
            if (!wanted[o][p]) continue;
            name_of(name, bare, o, p);
            found[o][p] = (TtfsFastSum *)ttfs_link_find(f->code, name, diag);
            if (!found[o][p]) return false;
        }
    return true;
}

static bool find_tiles(TtfsFastCode *f, TtfsDiag *diag) {
    f->tile_in = (TtfsFastTileIn *)ttfs_link_find(f->code, "tile_in", diag);
    f->tile_out = (TtfsFastTileOut *)ttfs_link_find(f->code, "tile_out", diag);
    return f->tile_in && f->tile_out;
}

static bool find_all(TtfsFastCode *f, const TtfsFastWanted *wanted, TtfsDiag *diag) {
    if (!find_sums(f, false, wanted->sum, f->sum, diag) ||
        !find_sums(f, true, wanted->product, f->product, diag) ||
        (wanted->tiles && !find_tiles(f, diag)))
        return false;
    f->largest = (TtfsFastBest *)ttfs_link_find(f->code, "largest", diag);
    f->smallest = (TtfsFastBest *)ttfs_link_find(f->code, "smallest", diag);
    f->turn = (TtfsFastTurn *)ttfs_link_find(f->code, "turn", diag);
    return f->largest && f->smallest && f->turn;
}

bool ttfs_fast_code(TtfsFastCode *f, const TtfsTarget *t, const TtfsFastWanted *wanted,
                    TtfsDiag *diag) {
    TtfsBuf object = {0};
    Making m = {t, wanted, &object, diag};
    bool ok = ttfs_object_make(t, "fast", make_all, &m, diag) &&
              (f->code = ttfs_link_open(diag)) != NULL &&
              ttfs_link_add(f->code, &object, "fast", diag) && find_all(f, wanted, diag);
    ttfs_buf_free(&object);
    return ok;
}
