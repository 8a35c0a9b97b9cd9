/* SPDX-License-Identifier: Apache-2.0
 *
 * From nodes to steps, and where tensors lie. What only scales, adds to or bounds a sum that nobody
 * else reads goes with the sum: normalisation, then another tensor that is there already, then a
 * rectifier or a clip. Invariant: a step reads what steps before it have made.
 */
#include "fast_inside.h"

#include <math.h>
#include <string.h>

typedef struct {
    TtfsFast *f;
    uint32_t *readers; /* [tensors] nodes and outputs that read it */
    uint32_t *reader;  /* [tensors] the last of these nodes */
    uint32_t *maker;   /* [tensors] the node that makes it + 1; 0: none */
    bool *taken;       /* [nodes] goes with a sum */
    TtfsFastWanted *wanted;
} Making;

static const TtfsTensorInfo *info(const Making *m, TtfsTensor t) {
    return ttfs_ir_tensor(m->f->ir, t);
}

static void find_readers(Making *m) {
    const TtfsIr *ir = m->f->ir;
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        m->maker[n->out.i - 1] = i + 1;
        for (uint32_t k = 0; k < n->n_in; k++) {
            m->readers[n->in[k].i - 1]++;
            m->reader[n->in[k].i - 1] = i;
        }
    }
    for (uint32_t i = 0; i < ttfs_ir_outputs(ir); i++) m->readers[ttfs_ir_output(ir, i).i - 1]++;
}

static bool take_norm(const Making *m, TtfsFastStep *s, const TtfsNode *n) {
    TtfsFastWeights *w = &s->sum;
    if (n->op != TTFS_OP_BATCHNORM || n->in[0].i != s->out.i || w->add.i ||
        s->node->op == TTFS_OP_MATMUL)
        return false;
    const float *p[5];
    for (uint32_t k = 1; k < 5; k++) p[k] = info(m, n->in[k])->data;
    if (!p[1] || !p[2] || !p[3] || !p[4]) return false;
    for (uint64_t o = 0; o < w->n * w->groups; o++) {
        double k = (double)p[1][o] / sqrt((double)p[4][o] + (double)n->attr.epsilon);
        w->scale[o] = (float)((double)w->scale[o] * k);
        w->shift[o] = (float)(((double)w->shift[o] - (double)p[3][o]) * k + (double)p[2][o]);
    }
    return true;
}

/* The other operand is there before this step, which stands for node `first`. */
static bool take_sum(const Making *m, TtfsFastStep *s, const TtfsNode *n, uint32_t first) {
    if (n->op != TTFS_OP_ADD || s->sum.add.i) return false;
    TtfsTensor other = n->in[n->in[0].i == s->out.i];
    const TtfsTensorInfo *x = info(m, other), *y = info(m, s->out);
    if (x->data || m->maker[other.i - 1] > first || x->rank != y->rank ||
        memcmp(x->dim, y->dim, x->rank * sizeof *x->dim) != 0)
        return false;
    s->sum.add = other;
    return true;
}

static bool take_bounds(TtfsFastStep *s, const TtfsNode *n) {
    if (n->op != TTFS_OP_RELU && n->op != TTFS_OP_CLIP) return false;
    s->sum.lo = n->op == TTFS_OP_RELU ? 0 : n->attr.lo;
    s->sum.hi = n->op == TTFS_OP_RELU ? INFINITY : n->attr.hi;
    return true;
}

/* What goes with the sum of node `first`. */
static void take_followers(Making *m, TtfsFastStep *s, uint32_t first) {
    bool bounded = false;
    while (!bounded && m->readers[s->out.i - 1] == 1 && m->reader[s->out.i - 1] > first) {
        uint32_t i = m->reader[s->out.i - 1];
        const TtfsNode *n = &m->f->ir->nodes.at[i];
        bounded = take_bounds(s, n);
        if (!bounded && !take_norm(m, s, n) && !take_sum(m, s, n, first)) return;
        m->taken[i] = true;
        s->out = n->out;
    }
}

static TtfsFastKind kind_of(const TtfsIr *ir, const TtfsNode *n) {
    bool pool = n->op == TTFS_OP_MAXPOOL || n->op == TTFS_OP_MINPOOL ||
                n->op == TTFS_OP_AVERAGEPOOL;
    if (ttfs_fast_is_sum(ir, n)) return TTFS_FAST_SUM;
    if (pool && !ttfs_ir_tensor(ir, n->in[0])->data) return TTFS_FAST_POOL;
    return ttfs_fast_takes_axis(ir, n) ? TTFS_FAST_AXIS : TTFS_FAST_ALONE;
}

static void add_steps(Making *m) {
    const TtfsIr *ir = m->f->ir;
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (m->taken[i]) continue;
        TtfsFastStep s = {.kind = kind_of(ir, n), .node = n, .out = n->out};
        if (s.kind == TTFS_FAST_SUM) ttfs_fast_pack(m->f, &s, m->wanted);
        if (s.kind == TTFS_FAST_SUM && !m->f->whole) take_followers(m, &s, i);
        *TTFS_PUSH(&m->f->arena, m->f->steps) = s;
    }
}

/* The first step after which a tensor is not needed; outputs are to the end. */
static uint32_t *last_steps(const TtfsFast *f, TtfsArena *a) {
    uint32_t *last = TTFS_ARRAY(a, uint32_t, f->ir->tensors.len);
    for (uint32_t i = 0; i < f->steps.len; i++) {
        const TtfsFastStep *s = &f->steps.at[i];
        for (uint32_t k = 0; k < s->node->n_in; k++) last[s->node->in[k].i - 1] = i;
        if (s->sum.add.i) last[s->sum.add.i - 1] = i;
        last[s->out.i - 1] = i;
    }
    for (uint32_t i = 0; i < ttfs_ir_outputs(f->ir); i++)
        last[ttfs_ir_output(f->ir, i).i - 1] = UINT32_MAX;
    return last;
}

/* A tensor that has a place. */
typedef struct {
    uint64_t from, to;
    uint32_t last;
} Placed;

/* The lowest room between those that are still needed at step `now`; `placed` is by place. */
static void place(TtfsFast *f, TtfsTensor t, uint32_t now, uint32_t last, Placed *placed,
                  uint32_t *n) {
    uint64_t size = ttfs_ir_count(ttfs_ir_tensor(f->ir, t)) * TTFS_FAST_LANES, from = 0;
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; i < *n; i++)
        if (placed[i].last >= now) placed[kept++] = placed[i];
    while (at < kept && placed[at].from < from + size) from = placed[at++].to;
    memmove(placed + at + 1, placed + at, (kept - at) * sizeof *placed);
    placed[at] = (Placed){from, from + size, last};
    *n = kept + 1;
    f->place[t.i - 1] = from;
    if (from + size > f->floats) f->floats = from + size;
}

static void place_all(TtfsFast *f) {
    TtfsArena a = {0};
    uint32_t *last = last_steps(f, &a), n = 0;
    Placed *placed = TTFS_ARRAY(&a, Placed, f->steps.len + 1);
    f->place = TTFS_ARRAY(&f->arena, uint64_t, f->ir->tensors.len);
    place(f, f->ir->input, 0, last[f->ir->input.i - 1], placed, &n);
    for (uint32_t i = 0; i < f->steps.len; i++) {
        TtfsTensor t = f->steps.at[i].out;
        place(f, t, i, last[t.i - 1], placed, &n);
    }
    ttfs_arena_free(&a);
}

static void count_most(TtfsFast *f, TtfsTensor t) {
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(f->ir, t));
    if (n > f->most) f->most = n;
}

/* Elements of the largest tensor that is laid sample after sample, which weights never are; rows
 * that a convolution turns. */
static void find_sizes(TtfsFast *f) {
    count_most(f, f->ir->input);
    for (uint32_t i = 0; i < f->steps.len; i++) count_most(f, f->steps.at[i].out);
    for (uint32_t i = 0; i < ttfs_ir_outputs(f->ir); i++) count_most(f, ttfs_ir_output(f->ir, i));
    for (uint32_t i = 0; i < f->steps.len; i++) {
        const TtfsNode *n = f->steps.at[i].node;
        if (f->steps.at[i].kind != TTFS_FAST_SUM || n->op != TTFS_OP_CONV) continue;
        const TtfsTensorInfo *x = ttfs_ir_tensor(f->ir, n->in[0]);
        uint64_t span = (uint64_t)(n->attr.kernel[0] - 1) * n->attr.dilation[0] + 1;
        if (span > x->dim[2]) span = x->dim[2];
        uint64_t rows = span * x->dim[3] * (x->dim[1] / n->attr.group) * TTFS_FAST_LANES;
        const TtfsFastWeights *s = &f->steps.at[i].sum;
        if (s->block) rows = ttfs_fast_block_floats(s);
        if (rows > f->rows) f->rows = rows;
    }
}

bool ttfs_fast_steps(TtfsFast *f, TtfsDiag *diag) {
    TtfsArena a = {0};
    uint32_t tensors = f->ir->tensors.len;
    TtfsFastWanted wanted = {0};
    Making m = {.f = f,
                .readers = TTFS_ARRAY(&a, uint32_t, tensors),
                .reader = TTFS_ARRAY(&a, uint32_t, tensors),
                .maker = TTFS_ARRAY(&a, uint32_t, tensors),
                .taken = TTFS_ARRAY(&a, bool, f->ir->nodes.len),
                .wanted = &wanted};
    find_readers(&m);
    add_steps(&m);
    place_all(f);
    find_sizes(f);
    ttfs_arena_free(&a);
    return ttfs_fast_code(&f->code, &f->target, &wanted, diag);
}
