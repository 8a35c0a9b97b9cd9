/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel of the input: samples as they come, integers or reals, to the input's store. Real
 * values become floor((v - offset) / scale + 1/2), clamped to 0..T, NaN 0, with the very integers
 * that the encoder's float64 arithmetic gives (ttfs_spike_encode).
 *
 * Reals take float32 first. With |offset| / scale <= 1024 and T <= 1000, offset, difference,
 * factor, product and sum are each off by at most 2^-24 of values below 2^11, in all less than
 * 2^-11; so when no value lies within 2^-10 of an integer, or all that do are 0 or less, the floor
 * is the one of float64. Otherwise the vector is computed again in float64, as the encoder does.
 */
#include "code.h"

#include <math.h>

typedef struct {
    Code *c;
    const TtfsPopulation *pop;
    const TtfsStore *dst;
    bool real;
    uint64_t
        stride[3];   /* values from channel to channel, row to row, column to column of a sample */
    uint32_t elt_in; /* bytes */
} Input;

static Value constant(LLVMTypeRef element, uint32_t lanes, double v) {
    Value one = LLVMConstReal(element, v), all[64];
    if (lanes == 1) return one;
    for (uint32_t i = 0; i < lanes; i++) all[i] = one;
    return LLVMConstVector(all, lanes);
}

/* a > b ? a : b; b when a is NaN. */
static Value above(const Code *c, Value a, Value b) {
    return LLVMBuildSelect(c->at, LLVMBuildFCmp(c->at, LLVMRealOGT, a, b, ""), a, b, "");
}

static Value below(const Code *c, Value a, Value b) {
    return LLVMBuildSelect(c->at, LLVMBuildFCmp(c->at, LLVMRealOLT, a, b, ""), a, b, "");
}

/* The value on the grid plus 1/2, between 0 and T + 1/2, so that cutting it off is the floor. */
static Value on_grid(const Input *in, Value v, LLVMTypeRef type, uint32_t lanes) {
    const Code *c = in->c;
    Value t = LLVMBuildFSub(c->at, v, constant(type, lanes, in->pop->offset), "");
    t = type == c->f64 ? LLVMBuildFDiv(c->at, t, constant(type, lanes, in->pop->scale), "")
                       : LLVMBuildFMul(c->at, t, constant(type, lanes, 1 / in->pop->scale), "");
    t = LLVMBuildFAdd(c->at, t, constant(type, lanes, 0.5), "");
    return below(c, above(c, t, constant(type, lanes, 0)),
                 constant(type, lanes, in->pop->ticks + 0.5));
}

static Value cut_off(const Input *in, Value t, uint32_t lanes) {
    const Code *c = in->c;
    Value i = LLVMBuildFPToSI(c->at, t, ttfs_code_vector(c->i32, lanes), "");
    return ttfs_code_pick(c, LLVMIntULT, i, ttfs_code_const(c->i32, lanes, in->pop->ticks));
}

/* Whether a value that is not 0 lies so near to an integer that float32 may be wrong. */
static Value doubtful(const Input *in, Value t, uint32_t lanes) {
    Code *c = in->c;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes), floats = ttfs_code_vector(c->f32, lanes);
    Value whole = LLVMBuildSIToFP(c->at, LLVMBuildFPToSI(c->at, t, words, ""), floats, "");
    Value part = LLVMBuildFSub(c->at, t, whole, "");
    Value far = LLVMBuildFSub(c->at, part, constant(c->f32, lanes, 0.5), "");
    far = ttfs_code_call(c, ttfs_code_name(c, "llvm.fabs", "f32", lanes), floats, &far, 1);
    Value near = LLVMBuildFCmp(c->at, LLVMRealOGT, far, constant(c->f32, lanes, 0.5 - 0x1p-10), "");
    Value some = LLVMBuildFCmp(c->at, LLVMRealOGT, t, constant(c->f32, lanes, 0), "");
    Value any = LLVMBuildAnd(c->at, near, some, "");
    if (lanes == 1) return any;
    LLVMTypeRef mask = LLVMIntTypeInContext(c->context, lanes);
    return LLVMBuildICmp(c->at, LLVMIntNE, LLVMBuildBitCast(c->at, any, mask, ""),
                         LLVMConstInt(mask, 0, 0), "");
}

static bool float32_will_do(const Input *in) {
    return in->pop->ticks <= 1000 && fabs(in->pop->offset) <= 1024 * in->pop->scale &&
           in->pop->scale > 1e-30 && in->pop->scale < 1e30;
}

static Value encode(const Input *in, Value v, uint32_t lanes) {
    Code *c = in->c;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes), doubles = ttfs_code_vector(c->f64, lanes);
    if (!float32_will_do(in))
        return cut_off(in, on_grid(in, LLVMBuildFPExt(c->at, v, doubles, ""), c->f64, lanes),
                       lanes);
    Value t = on_grid(in, v, c->f32, lanes);
    Value result = ttfs_code_variable(c, words, cut_off(in, t, lanes));
    LLVMBasicBlockRef after = ttfs_code_if(c, doubtful(in, t, lanes));
    t = on_grid(in, LLVMBuildFPExt(c->at, v, doubles, ""), c->f64, lanes);
    LLVMBuildStore(c->at, cut_off(in, t, lanes), result);
    ttfs_code_if_end(c, after);
    return LLVMBuildLoad2(c->at, words, result, "");
}

/* `lanes` neighbouring values of the sample, in the size of the store. */
static Value convert(const Input *in, Value at, uint32_t lanes) {
    Code *c = in->c;
    LLVMTypeRef narrow = ttfs_code_vector(in->dst->elt == 1 ? c->i8 : c->i16, lanes);
    Value v = ttfs_code_load(c, ttfs_code_vector(in->real ? c->f32 : c->i16, lanes), at);
    if (in->real) v = encode(in, v, lanes);
    return LLVMBuildTrunc(c->at, v, narrow, "");
}

/* `lanes` pixels of all channels: channels are neighbours in the store, pixels in the sample. */
static void pixels(const Input *in, Value from, Value to, uint32_t lanes) {
    Code *c = in->c;
    for (uint32_t ch = 0; ch < in->pop->c; ch++) {
        Value v = convert(in, ttfs_code_plus(c, from, ch * in->stride[0] * in->elt_in), lanes);
        Value at = ttfs_code_plus(c, to, (uint64_t)ch * in->dst->elt);
        for (uint32_t i = 0; lanes > 1 && i < lanes; i++) {
            Value e = LLVMBuildExtractElement(c->at, v, LLVMConstInt(c->i32, i, 0), "");
            ttfs_code_store(c, e, ttfs_code_plus(c, at, i * in->dst->pixel));
        }
        if (lanes == 1) ttfs_code_store(c, v, at);
    }
}

/* Neighbouring values that stay neighbours. */
static void values(const Input *in, Value from, Value to, uint32_t lanes) {
    ttfs_code_store(in->c, convert(in, from, lanes), to);
}

/* A row of `n` in vectors, ever smaller ones at its end, where its values are neighbours in the
 * sample; else one by one. */
static void row(const Input *in, Value from, Value to, uint32_t n, uint64_t move_in,
                uint64_t move_out, void (*some)(const Input *, Value, Value, uint32_t)) {
    Code *c = in->c;
    uint64_t done = 0;
    for (uint32_t size = move_in == in->elt_in ? c->target->lanes : 1; size; size /= 2) {
        uint64_t end = done + (n - done) / size * size;
        if (end == done) continue;
        Loop loop;
        Value at = ttfs_code_loop(c, &loop, ttfs_code_i64(c, done), ttfs_code_i64(c, end), size);
        some(in, ttfs_code_plus_value(c, from, ttfs_code_times(c, at, move_in)),
             ttfs_code_plus_value(c, to, ttfs_code_times(c, at, move_out)), size);
        ttfs_code_loop_end(c, &loop);
        done = end;
    }
}

/* Values from axis to axis of a sample, whose axes stand in the order `order`. */
static void find_strides(Input *in, const uint32_t order[3], bool real) {
    const uint32_t own[3] = {in->pop->c, in->pop->h, in->pop->w};
    uint64_t dim[3] = {1, 1, 1};
    const uint64_t plain[3] = {(uint64_t)own[1] * own[2], own[2], 1};
    for (int a = 0; a < 3; a++) dim[order[a]] = own[a];
    for (int a = 0; a < 3; a++) {
        in->stride[a] = plain[a];
        if (real) in->stride[a] = order[a] == 0 ? dim[1] * dim[2] : order[a] == 1 ? dim[2] : 1;
    }
}

void ttfs_code_input(Code *c, const TtfsRoutine *s, bool real) {
    const TtfsProgram *p = c->program;
    Input in = {.c = c, .pop = &p->spike->pops.at[s->pop], .dst = &p->store[s->pop], .real = real};
    const TtfsPopulation *pop = in.pop;
    in.elt_in = real ? sizeof(float) : sizeof(uint16_t);
    find_strides(&in, p->spike->order, real);
    Loop samples, rows;
    Value i = ttfs_code_loop(c, &samples, ttfs_code_i64(c, 0), c->samples, 1);
    Value from = ttfs_code_plus_value(
        c, c->in, ttfs_code_times(c, i, (uint64_t)ttfs_pop_size(pop) * in.elt_in));
    Value to = ttfs_code_plus_value(c, c->work, ttfs_code_times(c, i, p->sample_bytes));
    to = ttfs_code_plus(c, to, in.dst->origin);
    Value y = ttfs_code_loop(c, &rows, c->first, c->end, 1);
    from = ttfs_code_plus_value(c, from, ttfs_code_times(c, y, in.stride[1] * in.elt_in));
    to = ttfs_code_plus_value(c, to, ttfs_code_times(c, y, in.dst->row));
    if (pop->c == 1 && in.stride[2] == 1)
        row(&in, from, to, pop->w, in.elt_in, in.dst->elt, values);
    else if (in.stride[0] == 1 && (pop->w == 1 || in.stride[2] == pop->c))
        row(&in, from, to, pop->w * pop->c, in.elt_in, in.dst->elt, values);
    else
        row(&in, from, to, pop->w, in.stride[2] * in.elt_in, in.dst->pixel, pixels);
    ttfs_code_loop_end(c, &rows);
    ttfs_code_loop_end(c, &samples);
}
