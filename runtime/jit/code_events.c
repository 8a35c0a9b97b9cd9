/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel that lists events: for every tile of samples the dots in whose source values any of
 * them has a spike, in order. With AVX-512 sixteen at a time: what is found is pressed together and
 * written as a vector, of which the next write overwrites what is not meant. Else one by one: every
 * number is written, the place moves on only past those that count.
 */
#include "code_tile.h"

/* The lists of the samples [from, end) in tiles of n. */
typedef struct {
    Code *c;
    const TtfsRoutine *routine;
    const TtfsTermCode *term;
    LLVMTypeRef group; /* the source values of a dot */
    uint32_t n;
    Value values, list; /* of the tile's first sample */
    Value found;        /* variable: how many */
} Finder;

/* Groups of all samples from `dot` on, or-ed. */
static Value any_of(const Finder *f, Value dot, LLVMTypeRef type) {
    Code *c = f->c;
    uint64_t bytes = LLVMGetIntTypeWidth(f->group) / 8;
    Value at = ttfs_code_plus_value(c, f->values, ttfs_code_times(c, dot, bytes));
    Value any = ttfs_code_load(c, type, at);
    for (uint32_t i = 1; i < f->n; i++) {
        Value more = ttfs_code_load(c, type, ttfs_code_plus(c, at, i * c->program->sample_bytes));
        any = LLVMBuildOr(c->at, any, more, "");
    }
    return any;
}

/* The place behind the dots found so far. */
static Value place(const Finder *f, Value found) {
    Code *c = f->c;
    Value at = ttfs_code_times(c, found, sizeof(uint32_t));
    return ttfs_code_plus_value(c, ttfs_code_plus(c, f->list, sizeof(uint32_t)), at);
}

static void count_up(const Finder *f, Value found, Value more) {
    LLVMBuildStore(f->c->at, LLVMBuildAdd(f->c->at, found, more, ""), f->found);
}

static void find_one(const Finder *f, Value dot) {
    Code *c = f->c;
    Value found = LLVMBuildLoad2(c->at, c->i64, f->found, "");
    Value any = any_of(f, dot, f->group);
    ttfs_code_store(c, LLVMBuildTrunc(c->at, dot, c->i32, ""), place(f, found));
    any = LLVMBuildICmp(c->at, LLVMIntNE, any, LLVMConstInt(f->group, 0, 0), "");
    count_up(f, found, LLVMBuildZExt(c->at, any, c->i64, ""));
}

enum { SIXTEEN = 16 };

/* 0, 1, 2 .. in 16 lanes. */
static Value ascending(const Code *c) {
    Value lane[SIXTEEN];
    for (uint32_t i = 0; i < SIXTEEN; i++) lane[i] = LLVMConstInt(c->i32, i, 0);
    return LLVMConstVector(lane, SIXTEEN);
}

/* Dots dot .. dot + 15, of which `valid` there are. */
static void find_sixteen(const Finder *f, Value dot, uint32_t valid) {
    Code *c = f->c;
    LLVMTypeRef words = LLVMVectorType(c->i32, SIXTEEN), bits = LLVMVectorType(c->i1, SIXTEEN);
    Value found = LLVMBuildLoad2(c->at, c->i64, f->found, "");
    Value mask = LLVMBuildICmp(c->at, LLVMIntNE, any_of(f, dot, words), LLVMConstNull(words), "");
    if (valid < SIXTEEN) {
        Value own = LLVMConstInt(c->i16, ((uint64_t)1 << valid) - 1, 0);
        mask = LLVMBuildAnd(c->at, mask, LLVMConstBitCast(own, bits), "");
    }
    Value first = ttfs_code_splat(c, LLVMBuildTrunc(c->at, dot, c->i32, ""), SIXTEEN);
    Value arg[3] = {LLVMBuildAdd(c->at, first, ascending(c), ""), LLVMConstNull(words), mask};
    Value pressed = ttfs_code_call(c, "llvm.x86.avx512.mask.compress.v16i32", words, arg, 3);
    ttfs_code_store(c, pressed, place(f, found));
    Value count = LLVMBuildBitCast(c->at, mask, c->i16, "");
    count = ttfs_code_call(c, "llvm.ctpop.i16", c->i16, &count, 1);
    count_up(f, found, LLVMBuildZExt(c->at, count, c->i64, ""));
}

static void find(const Finder *f) {
    Code *c = f->c;
    uint32_t dots = f->term->dots;
    bool by_vectors = c->target->lanes == SIXTEEN && f->group == c->i32;
    uint32_t at_once = by_vectors ? SIXTEEN : 1, whole = dots / at_once * at_once;
    Loop loop;
    Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), ttfs_code_i64(c, whole), at_once);
    if (by_vectors)
        find_sixteen(f, i, SIXTEEN);
    else
        find_one(f, i);
    ttfs_code_loop_end(c, &loop);
    if (whole < dots) find_sixteen(f, ttfs_code_i64(c, whole), dots - whole);
}

static void list_samples(Finder *f, Value from, Value end, uint32_t n) {
    Code *c = f->c;
    Loop loop;
    Value s = ttfs_code_loop(c, &loop, from, end, n);
    Value sample = ttfs_code_times(c, s, c->program->sample_bytes);
    sample = ttfs_code_plus_value(c, c->work, sample);
    f->n = n;
    f->values = ttfs_code_plus(c, sample, f->term->origin);
    f->list = ttfs_code_plus(c, sample, f->routine->list);
    f->found = ttfs_code_variable(c, c->i64, ttfs_code_i64(c, 0));
    find(f);
    Value found = LLVMBuildLoad2(c->at, c->i64, f->found, "");
    ttfs_code_store(c, LLVMBuildTrunc(c->at, found, c->i32, ""), f->list);
    ttfs_code_loop_end(c, &loop);
}

void ttfs_code_events(Code *c, const TtfsRoutine *s) {
    Finder f = {.c = c, .routine = s, .term = &c->program->terms.at[s->term_first]};
    uint32_t bits = 8 * f.term->dot.by * c->program->store[f.term->src].elt;
    f.group = LLVMIntTypeInContext(c->context, bits);
    uint32_t n = s->tile[0];
    Value whole = ttfs_code_whole_samples(c, n);
    list_samples(&f, ttfs_code_i64(c, 0), whole, n);
    if (n > 1) list_samples(&f, whole, c->samples, 1);
}
