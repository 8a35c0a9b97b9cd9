/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel of a pool: the largest value of a patch is the earliest spike, the smallest the
 * latest, 0 as soon as one neuron is silent. Vectors run along channels. Where no patch reaches
 * past the source, and for max pools, whose halo of zeros changes nothing, all taps are taken; a
 * min pool with padding leaves out those outside, one by one.
 */
#include "code.h"

typedef struct {
    Code *c;
    const TtfsConnection *conn;
    const TtfsPopulation *from, *pop;
    const TtfsStore *src, *dst;
    bool clipped;  /* taps outside the source are left out */
    Value y, x;    /* of the output */
    Value in, out; /* the patch's first tap, the output: channel 0 */
} Pool;

static LLVMTypeRef element(const Pool *p) {
    return p->src->elt == 1 ? p->c->i8 : p->c->i16;
}

static Value better(const Pool *p, Value a, Value b) {
    return ttfs_code_pick(p->c, p->conn->kind == TTFS_CONN_POOL ? LLVMIntUGT : LLVMIntULT, a, b);
}

static Value tap(const Pool *p, uint32_t ky, uint32_t kx, Value channel, LLVMTypeRef type) {
    const TtfsConnection *n = p->conn;
    Value at = ttfs_code_plus_value(p->c, p->in, channel);
    uint64_t offset = ky * n->dilation[0] * p->src->row + kx * n->dilation[1] * p->src->pixel;
    return ttfs_code_load(p->c, type, ttfs_code_plus(p->c, at, offset));
}

/* All taps of `count` channels from byte `channel` on. */
static void all_taps(const Pool *p, Value channel, uint32_t count) {
    LLVMTypeRef type = ttfs_code_vector(element(p), count);
    Value best = NULL;
    for (uint32_t ky = 0; ky < p->conn->kernel[0]; ky++) {
        for (uint32_t kx = 0; kx < p->conn->kernel[1]; kx++) {
            Value v = tap(p, ky, kx, channel, type);
            best = best ? better(p, best, v) : v;
        }
    }
    ttfs_code_store(p->c, best, ttfs_code_plus_value(p->c, p->out, channel));
}

/* Whether tap k of output position `at` lies in the source: (at * stride + k * dilation) - pad in
 * 0..in-1, as one unsigned comparison. */
static Value inside(const Pool *p, int axis, Value at, uint32_t k, uint32_t in) {
    const TtfsConnection *n = p->conn;
    const Code *c = p->c;
    Value place = LLVMBuildAdd(c->at, ttfs_code_times(c, at, n->stride[axis]),
                               ttfs_code_i64(c, (uint64_t)k * n->dilation[axis]), "");
    place = LLVMBuildSub(c->at, place, ttfs_code_i64(c, n->pad[axis]), "");
    return LLVMBuildICmp(c->at, LLVMIntULT, place, ttfs_code_i64(c, in), "");
}

/* The taps inside the source; 0 when there is none. A tap outside may lie outside the store too and
 * is not read. */
static void inner_taps(const Pool *p, Value channel, uint32_t count) {
    Code *c = p->c;
    LLVMTypeRef type = ttfs_code_vector(element(p), count);
    Value best = ttfs_code_variable(c, type, LLVMConstAllOnes(type));
    Value any = ttfs_code_variable(c, c->i1, LLVMConstInt(c->i1, 0, 0));
    for (uint32_t ky = 0; ky < p->conn->kernel[0]; ky++) {
        for (uint32_t kx = 0; kx < p->conn->kernel[1]; kx++) {
            Value in = LLVMBuildAnd(c->at, inside(p, 0, p->y, ky, p->from->h),
                                    inside(p, 1, p->x, kx, p->from->w), "");
            LLVMBasicBlockRef after = ttfs_code_if(c, in);
            Value old = LLVMBuildLoad2(c->at, type, best, "");
            LLVMBuildStore(c->at, better(p, old, tap(p, ky, kx, channel, type)), best);
            LLVMBuildStore(c->at, LLVMConstInt(c->i1, 1, 0), any);
            ttfs_code_if_end(c, after);
        }
    }
    Value v = LLVMBuildSelect(c->at, LLVMBuildLoad2(c->at, c->i1, any, ""),
                              LLVMBuildLoad2(c->at, type, best, ""), LLVMConstNull(type), "");
    ttfs_code_store(c, v, ttfs_code_plus_value(c, p->out, channel));
}

static void some_channels(const Pool *p, Value channel, uint32_t count) {
    if (p->clipped)
        inner_taps(p, channel, count);
    else
        all_taps(p, channel, count);
}

/* The channels of one output: whole vectors, then what is left. */
static void one_output(const Pool *p) {
    Code *c = p->c;
    uint32_t elt = p->src->elt, channels = p->pop->c;
    uint32_t vector = c->target->lanes == 1 ? 1 : c->target->lanes * 4 / elt;
    uint32_t whole = channels / vector * vector;
    if (whole) {
        Loop loop;
        Value end = ttfs_code_i64(c, (uint64_t)whole * elt);
        Value at = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 0), end, (uint64_t)vector * elt);
        some_channels(p, at, vector);
        ttfs_code_loop_end(c, &loop);
    }
    for (uint32_t done = whole, n = vector; done < channels; n /= 2) {
        if (n > channels - done) continue;
        some_channels(p, ttfs_code_i64(c, (uint64_t)done * elt), n);
        done += n;
    }
}

void ttfs_code_pool(Code *c, const TtfsRoutine *s) {
    const TtfsSpike *g = c->program->spike;
    Pool p = {.c = c, .pop = &g->pops.at[s->pop], .dst = &c->program->store[s->pop]};
    p.conn = &g->conns.at[p.pop->conn_first];
    p.from = ttfs_spike_pop(g, p.conn->src);
    p.src = &c->program->store[p.conn->src.i - 1];
    const uint32_t *pad = p.conn->pad, *stride = p.conn->stride;
    p.clipped = p.conn->kind == TTFS_CONN_MINPOOL && (pad[0] || pad[1] || pad[2] || pad[3]);
    Loop samples, rows, columns;
    Value sample = ttfs_code_loop(c, &samples, ttfs_code_i64(c, 0), c->samples, 1);
    sample = ttfs_code_plus_value(c, c->work, ttfs_code_times(c, sample, c->program->sample_bytes));
    p.y = ttfs_code_loop(c, &rows, c->first, c->end, 1);
    p.x = ttfs_code_loop(c, &columns, ttfs_code_i64(c, 0), ttfs_code_i64(c, p.pop->w), 1);
    /* The origin less the padding may lie before the source's store, never a tap that is read. */
    uint64_t first = p.src->origin + (uint64_t)p.conn->src_ch_first * p.src->elt -
                     pad[0] * p.src->row - pad[1] * p.src->pixel;
    p.in = LLVMBuildAdd(c->at, ttfs_code_times(c, p.y, stride[0] * p.src->row),
                        ttfs_code_times(c, p.x, stride[1] * p.src->pixel), "");
    p.in = LLVMBuildAdd(c->at, p.in, ttfs_code_i64(c, first), "");
    p.in = LLVMBuildGEP2(c->at, c->i8, sample, &p.in, 1, "");
    p.out = ttfs_code_plus(c, sample, p.dst->origin);
    p.out = ttfs_code_plus_value(c, p.out, ttfs_code_times(c, p.y, p.dst->row));
    p.out = ttfs_code_plus_value(c, p.out, ttfs_code_times(c, p.x, p.dst->pixel));
    one_output(&p);
    ttfs_code_loop_end(c, &columns);
    ttfs_code_loop_end(c, &rows);
    ttfs_code_loop_end(c, &samples);
}
