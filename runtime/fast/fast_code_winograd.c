/* SPDX-License-Identifier: Apache-2.0
 *
 * Code of the two transforms around the products, a vector of samples for a value. What rows of the
 * points p and -p have in common is computed once. Every step is one fused operation, a sum or a
 * product, so it has one result on every processor.
 */
#include "fast_code.h"
#include "fast_winograd.h"

#include <stddef.h>

enum {
    LANES = TTFS_FAST_LANES,
    VECTOR = LANES * sizeof(float),
    IN = TTFS_TILE_IN,
    OUT = TTFS_TILE
};

/* The points a and b; what their squares add up to, and their product. */
static const double A = 0.75, B = 1.5, AA = 0.5625, BB = 2.25, SUM = 2.8125, PRODUCT = 1.265625;

typedef struct {
    Code *c;
    LLVMTypeRef vector;
} Lines;

static Value number(const Lines *l, double v) {
    return ttfs_code_splat(l->c, LLVMConstReal(l->c->f32, v), LANES);
}

/* x * k + y */
static Value fused(const Lines *l, Value x, Value k, Value y) {
    Value arg[3] = {x, k, y};
    const char *name = ttfs_code_name(l->c, "llvm.fma", "f32", LANES);
    return ttfs_code_call(l->c, name, l->vector, arg, 3);
}

static Value with(const Lines *l, double k, Value x, Value y) {
    return fused(l, x, number(l, k), y);
}

static Value plus(const Lines *l, Value x, Value y) {
    return LLVMBuildFAdd(l->c->at, x, y, "");
}

static Value minus(const Lines *l, Value x, Value y) {
    return LLVMBuildFSub(l->c->at, x, y, "");
}

static Value times(const Lines *l, double k, Value x) {
    return LLVMBuildFMul(l->c->at, x, number(l, k), "");
}

/* Six inputs of a line become the six factors of its products. */
static void line_in(const Lines *l, Value x[IN]) {
    Value even_a = with(l, -BB, x[2], x[4]), odd_a = with(l, -BB, x[1], x[3]);
    Value even_b = with(l, -AA, x[2], x[4]), odd_b = with(l, -AA, x[1], x[3]);
    x[0] = with(l, PRODUCT, x[0], with(l, -SUM, x[2], x[4]));
    x[5] = with(l, PRODUCT, x[1], with(l, -SUM, x[3], x[5]));
    x[1] = with(l, A, odd_a, even_a);
    x[2] = with(l, -A, odd_a, even_a);
    x[3] = with(l, B, odd_b, even_b);
    x[4] = with(l, -B, odd_b, even_b);
}

/* Six products of a line become its four outputs. */
static void line_out(const Lines *l, Value m[IN]) {
    Value even_a = plus(l, m[1], m[2]), odd_a = minus(l, m[1], m[2]);
    Value even_b = plus(l, m[3], m[4]), odd_b = minus(l, m[3], m[4]);
    m[0] = plus(l, plus(l, m[0], even_a), even_b);
    m[1] = with(l, A, odd_a, times(l, B, odd_b));
    m[2] = with(l, AA, even_a, times(l, BB, even_b));
    m[3] = plus(l, with(l, A * AA, odd_a, times(l, B * BB, odd_b)), m[5]);
}

/* tile_in(x, row, out, next): 6 x 6 values, rows `row` bytes apart; factor i goes to out + i next.
 */
static void make_in(Code *c) {
    ttfs_code_function(c, "tile_in", (LLVMTypeRef[]){c->ptr, c->i64, c->ptr, c->i64}, 4);
    Lines l = {c, LLVMVectorType(c->f32, LANES)};
    Value arg[4], v[IN][IN], line[IN];
    LLVMGetParams(c->function, arg);
    for (uint32_t x = 0; x < IN; x++) {
        for (uint32_t y = 0; y < IN; y++) {
            Value row = ttfs_code_plus_value(c, arg[0], ttfs_code_times(c, arg[1], y));
            line[y] = ttfs_code_load(c, l.vector, ttfs_code_plus(c, row, x * VECTOR));
        }
        line_in(&l, line);
        for (uint32_t y = 0; y < IN; y++) v[y][x] = line[y];
    }
    for (uint32_t y = 0; y < IN; y++) {
        line_in(&l, v[y]);
        for (uint32_t x = 0; x < IN; x++) {
            Value at = ttfs_code_times(c, arg[3], y * IN + x);
            ttfs_code_store(c, v[y][x], ttfs_code_plus_value(c, arg[2], at));
        }
    }
    ttfs_code_end(c);
}

static Value field(Code *c, Value tile, LLVMTypeRef type, size_t offset) {
    return ttfs_code_load(c, type, ttfs_code_plus(c, tile, offset));
}

static Value spread(Code *c, Value from) {
    return ttfs_code_splat(c, ttfs_code_load(c, c->f32, from), LANES);
}

/* What is not above the lower bound is the bound, as the relu engine has it. */
static Value bounded(Code *c, Value y, Value lo, Value hi) {
    y = LLVMBuildSelect(c->at, LLVMBuildFCmp(c->at, LLVMRealOGT, y, lo, ""), y, lo, "");
    return LLVMBuildSelect(c->at, LLVMBuildFCmp(c->at, LLVMRealOLT, y, hi, ""), y, hi, "");
}

/* The outputs with scale and shift into variables. */
static void scale_all(const Lines *l, Value tile, Value v[IN][IN], Value out[OUT * OUT]) {
    Code *c = l->c;
    Value scale = spread(c, field(c, tile, c->ptr, offsetof(TtfsFastTile, scale)));
    Value shift = spread(c, field(c, tile, c->ptr, offsetof(TtfsFastTile, shift)));
    for (uint32_t i = 0; i < OUT * OUT; i++)
        out[i] = ttfs_code_variable(c, l->vector, fused(l, v[i / OUT][i % OUT], scale, shift));
}

static Value place(Code *c, Value base, Value along, uint32_t i) {
    Value row = ttfs_code_plus_value(c, base, ttfs_code_times(c, along, i / OUT));
    return ttfs_code_plus(c, row, i % OUT * VECTOR);
}

static void add_other(const Lines *l, Value tile, Value along, Value out[OUT * OUT]) {
    Code *c = l->c;
    Value add = field(c, tile, c->ptr, offsetof(TtfsFastTile, add));
    LLVMBasicBlockRef after = ttfs_code_if(c, LLVMBuildIsNotNull(c->at, add, ""));
    for (uint32_t i = 0; i < OUT * OUT; i++) {
        Value y = LLVMBuildLoad2(c->at, l->vector, out[i], "");
        y = plus(l, y, ttfs_code_load(c, l->vector, place(c, add, along, i)));
        LLVMBuildStore(c->at, y, out[i]);
    }
    ttfs_code_if_end(c, after);
}

/* tile_out(m, next, tile): product i lies at m + i next; the tile's rows are `along` bytes apart.
 */
static void make_out(Code *c) {
    ttfs_code_function(c, "tile_out", (LLVMTypeRef[]){c->ptr, c->i64, c->ptr}, 3);
    Lines l = {c, LLVMVectorType(c->f32, LANES)};
    Value arg[3], v[IN][IN], line[IN], out[OUT * OUT];
    LLVMGetParams(c->function, arg);
    for (uint32_t x = 0; x < IN; x++) {
        for (uint32_t y = 0; y < IN; y++) {
            Value at = ttfs_code_times(c, arg[1], y * IN + x);
            line[y] = ttfs_code_load(c, l.vector, ttfs_code_plus_value(c, arg[0], at));
        }
        line_out(&l, line);
        for (uint32_t y = 0; y < OUT; y++) v[y][x] = line[y];
    }
    for (uint32_t y = 0; y < OUT; y++) line_out(&l, v[y]);
    Value along = field(c, arg[2], c->i64, offsetof(TtfsFastTile, along));
    scale_all(&l, arg[2], v, out);
    add_other(&l, arg[2], along, out);
    Value to = field(c, arg[2], c->ptr, offsetof(TtfsFastTile, out));
    Value lo = spread(c, ttfs_code_plus(c, arg[2], offsetof(TtfsFastTile, lo)));
    Value hi = spread(c, ttfs_code_plus(c, arg[2], offsetof(TtfsFastTile, hi)));
    for (uint32_t i = 0; i < OUT * OUT; i++) {
        Value y = LLVMBuildLoad2(c->at, l.vector, out[i], "");
        ttfs_code_store(c, bounded(c, y, lo, hi), place(c, to, along, i));
    }
    ttfs_code_end(c);
}

void ttfs_fast_winograd_code(Code *c) {
    make_in(c);
    make_out(c);
}

/* Of three values: each point's polynomial, over its distances from the other points. */
static void line_kernel(const double w[3], double out[IN]) {
    static const double point[IN - 1] = {0, 0.75, -0.75, 1.5, -1.5};
    const double near = 2 * AA * (AA - BB), far = 2 * BB * (BB - AA);
    const double distance[IN - 1] = {PRODUCT, near, near, far, far};
    for (uint32_t i = 0; i < IN - 1; i++)
        out[i] = (w[0] + point[i] * (w[1] + point[i] * w[2])) / distance[i];
    out[IN - 1] = w[2];
}

void ttfs_fast_winograd_kernel(const float *w, float factor[TTFS_TILE_PRODUCTS]) {
    double half[3][IN], line[3], out[IN];
    for (uint32_t y = 0; y < 3; y++) {
        for (uint32_t x = 0; x < 3; x++) line[x] = (double)w[y * 3 + x];
        line_kernel(line, half[y]);
    }
    for (uint32_t x = 0; x < IN; x++) {
        for (uint32_t y = 0; y < 3; y++) line[y] = half[y][x];
        line_kernel(line, out);
        for (uint32_t y = 0; y < IN; y++) factor[y * IN + x] = (float)out[y];
    }
}
