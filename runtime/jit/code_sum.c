/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of products. One dot takes `by` neighbouring source values of every place of the tile,
 * spread over the lanes, and one vector of weights for every vector of outputs. Dots are laid out
 * as runs by rows, runs by columns, dots of a run; what is small is written out, what is large
 * becomes a loop whose body is large enough to keep the multipliers busy.
 */
#include "code_tile.h"

enum {
    STRAIGHT = 112,
    BODY = 64
}; /* dot products written out; in the body of the innermost loop */

uint32_t ttfs_tile_places(const Tile *t) {
    return t->n[0] * t->n[1] * t->n[2];
}

uint64_t ttfs_tile_offset(const Tile *t, uint32_t place, uint64_t row, uint64_t column) {
    uint32_t x = place % t->n[2], y = place / t->n[2] % t->n[1], s = place / t->n[2] / t->n[1];
    return s * t->c->program->sample_bytes + y * row + x * column;
}

Value ttfs_tile_pixel(const Tile *t) {
    uint32_t w = t->c->program->spike->pops.at[t->routine->pop].w;
    return LLVMBuildAdd(t->c->at, ttfs_code_times(t->c, t->y, w), t->x, "");
}

/* One connection for some of the tile's vectors. */
typedef struct {
    Tile *t;
    const TtfsTermCode *term;
    uint32_t first, end;                  /* vectors */
    uint32_t elt;                         /* bytes of a source value */
    uint64_t value_stride, weight_stride; /* bytes from dot to dot */
} Sum;

static Sum sum_of(Tile *t, const TtfsTermCode *term) {
    const TtfsDot *d = &term->dot;
    Sum s = {.t = t, .term = term, .end = t->n[3], .elt = t->c->program->store[term->src].elt};
    s.value_stride = d->by * s.elt;
    s.weight_stride = (uint64_t)t->c->target->lanes * d->by * d->weight_elt;
    return s;
}

/* Source values of one place in all lanes: groups of them as i32, or one of them. */
static Value load_values(const Sum *s, Value at) {
    const Code *c = s->t->c;
    uint32_t lanes = c->target->lanes;
    if (s->term->dot.by > 1) return ttfs_code_splat(c, ttfs_code_load(c, c->i32, at), lanes);
    Value v = ttfs_code_load(c, s->elt == 1 ? c->i8 : c->i16, at);
    return ttfs_code_splat(c, LLVMBuildZExt(c->at, v, c->i32, ""), lanes);
}

static Value load_weights(const Sum *s, Value at) {
    const Code *c = s->t->c;
    uint32_t lanes = c->target->lanes;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes);
    if (s->term->dot.by > 1) return ttfs_code_load(c, words, at);
    LLVMTypeRef type = ttfs_code_vector(s->term->dot.weight_elt == 1 ? c->i8 : c->i16, lanes);
    return LLVMBuildSExt(c->at, ttfs_code_load(c, type, at), words, "");
}

/* sum + the products of a dot, in every lane. */
static Value dot(const Sum *s, Value sum, Value values, Value weights) {
    const Code *c = s->t->c;
    uint32_t lanes = c->target->lanes, by = s->term->dot.by;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes);
    Value arg[3] = {sum, values, weights};
    if (by == 4)
        return ttfs_code_call(
            c, lanes == 16 ? "llvm.x86.avx512.vpdpbusd.512" : "llvm.x86.avx512.vpdpbusd.256", words,
            arg, 3);
    if (by == 1) return LLVMBuildAdd(c->at, sum, LLVMBuildMul(c->at, values, weights, ""), "");
    if (c->target->words_add)
        return ttfs_code_call(
            c, lanes == 16 ? "llvm.x86.avx512.vpdpwssd.512" : "llvm.x86.avx512.vpdpwssd.256", words,
            arg, 3);
    LLVMTypeRef halves = LLVMVectorType(c->i16, 2 * lanes);
    arg[1] = LLVMBuildBitCast(c->at, values, halves, "");
    arg[2] = LLVMBuildBitCast(c->at, weights, halves, "");
    const char *name = lanes == 16  ? "llvm.x86.avx512.pmaddw.d.512"
                       : lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                                    : "llvm.x86.sse2.pmadd.wd";
    return LLVMBuildAdd(c->at, sum, ttfs_code_call(c, name, words, arg + 1, 2), "");
}

static void add_dot(const Sum *s, Value values, Value weights) {
    Tile *t = s->t;
    Code *c = t->c;
    LLVMTypeRef words = ttfs_code_vector(c->i32, c->target->lanes);
    Value w[TTFS_TILE_SUMS];
    for (uint32_t v = s->first; v < s->end; v++)
        w[v] = load_weights(s, ttfs_code_plus(c, weights, v * s->term->per_vector));
    for (uint32_t i = 0; i < ttfs_tile_places(t); i++) {
        uint64_t offset = ttfs_tile_offset(t, i, s->term->move_y, s->term->move_x);
        Value x = load_values(s, ttfs_code_plus(c, values, offset));
        for (uint32_t v = s->first; v < s->end; v++) {
            Value at = t->sum[i * t->n[3] + v];
            Value sum = LLVMBuildLoad2(c->at, words, at, "");
            LLVMBuildStore(c->at, dot(s, sum, x, w[v]), at);
        }
    }
}

/* What lies inside one another: runs by rows, by columns, dots. */
typedef struct {
    uint64_t count, value, weight; /* how many; bytes from one to the next */
} Level;
enum { LEVELS = 3 };

static void add_straight(const Sum *s, const Level *l, int level, Value values, Value weights) {
    if (level == LEVELS) {
        add_dot(s, values, weights);
        return;
    }
    for (uint64_t i = 0; i < l[level].count; i++)
        add_straight(s, l, level + 1, ttfs_code_plus(s->t->c, values, i * l[level].value),
                     ttfs_code_plus(s->t->c, weights, i * l[level].weight));
}

/* The dots of a run in a loop over bodies of some dots, and the rest behind it. */
static void add_run(const Sum *s, const Level *l, uint64_t dots, Value values, Value weights) {
    Code *c = s->t->c;
    uint64_t body = dots < BODY ? BODY / dots : 1, whole = l[2].count / body * body;
    Level part[LEVELS] = {l[0], l[1], {body, l[2].value, l[2].weight}};
    Loop loop;
    Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), ttfs_code_i64(c, whole), body);
    add_straight(s, part, 2, ttfs_code_plus_value(c, values, ttfs_code_times(c, i, l[2].value)),
                 ttfs_code_plus_value(c, weights, ttfs_code_times(c, i, l[2].weight)));
    ttfs_code_loop_end(c, &loop);
    part[2].count = l[2].count - whole;
    add_straight(s, part, 2, ttfs_code_plus(c, values, whole * l[2].value),
                 ttfs_code_plus(c, weights, whole * l[2].weight));
}

static void add_level(const Sum *s, const Level *l, int level, Value values, Value weights) {
    Code *c = s->t->c;
    uint64_t dots = (uint64_t)ttfs_tile_places(s->t) * (s->end - s->first), all = dots;
    for (int i = level; i < LEVELS; i++) all *= l[i].count;
    if (all <= STRAIGHT || all == dots) {
        add_straight(s, l, level, values, weights);
    } else if (level == LEVELS - 1) {
        add_run(s, l, dots, values, weights);
    } else if (l[level].count == 1) {
        add_level(s, l, level + 1, values, weights);
    } else {
        Loop loop;
        Value count = ttfs_code_i64(c, l[level].count);
        Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), count, 1);
        add_level(s, l, level + 1,
                  ttfs_code_plus_value(c, values, ttfs_code_times(c, i, l[level].value)),
                  ttfs_code_plus_value(c, weights, ttfs_code_times(c, i, l[level].weight)));
        ttfs_code_loop_end(c, &loop);
    }
}

/* Where the first output's source values begin, and its weights. */
static Value values_of(const Sum *s) {
    const Tile *t = s->t;
    const Code *c = t->c;
    Value at = ttfs_code_plus(c, t->sample, s->term->origin);
    if (s->term->move_y)
        at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->y, s->term->move_y));
    if (s->term->move_x)
        at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->x, s->term->move_x));
    return at;
}

static Value weights_of(const Sum *s) {
    const Tile *t = s->t;
    const Code *c = t->c;
    Value at = ttfs_code_plus(c, c->consts, s->term->weights);
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, t->vector, s->term->per_vector));
    if (s->term->per_pixel)
        at =
            ttfs_code_plus_value(c, at, ttfs_code_times(c, ttfs_tile_pixel(t), s->term->per_pixel));
    return at;
}

/* The first byte of the channels that vector `v` of the tile reads. */
static Value group_of(const Sum *s, uint32_t v) {
    const Code *c = s->t->c;
    Value at = ttfs_code_plus(c, c->consts, s->term->group_firsts + v * sizeof(uint32_t));
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, s->t->vector, sizeof(uint32_t)));
    return LLVMBuildZExt(c->at, ttfs_code_load(c, c->i32, at), c->i64, "");
}

static void add_term(Tile *t, const TtfsTermCode *m) {
    Sum s = sum_of(t, m);
    const Level level[LEVELS] = {{m->count_y, m->run_y, m->count_x * m->dots * s.weight_stride},
                                 {m->count_x, m->run_x, m->dots * s.weight_stride},
                                 {m->dots, s.value_stride, s.weight_stride}};
    Value values = values_of(&s), weights = weights_of(&s);
    if (!m->grouped) {
        add_level(&s, level, 0, values, weights);
        return;
    }
    for (uint32_t v = 0; v < t->n[3]; v++) {
        s.first = v;
        s.end = v + 1;
        add_level(&s, level, 0, ttfs_code_plus_value(t->c, values, group_of(&s, v)), weights);
    }
}

void ttfs_tile_add(Tile *t) {
    const TtfsTermCode *term = &t->c->program->terms.at[t->routine->term_first];
    for (uint32_t i = 0; i < t->routine->terms; i++) add_term(t, term + i);
}

void ttfs_tile_add_events(Tile *t, Value count) {
    Code *c = t->c;
    Sum s = sum_of(t, &c->program->terms.at[t->routine->term_first]);
    Value values = values_of(&s), weights = weights_of(&s);
    Loop loop;
    Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), count, 1);
    Value at = ttfs_code_plus(c, t->sample, t->routine->list + sizeof(uint32_t));
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, i, sizeof(uint32_t)));
    Value dot = LLVMBuildZExt(c->at, ttfs_code_load(c, c->i32, at), c->i64, "");
    add_dot(&s, ttfs_code_plus_value(c, values, ttfs_code_times(c, dot, s.value_stride)),
            ttfs_code_plus_value(c, weights, ttfs_code_times(c, dot, s.weight_stride)));
    ttfs_code_loop_end(c, &loop);
}
