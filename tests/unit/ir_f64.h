/* SPDX-License-Identifier: Apache-2.0
 *
 * An evaluator of canonical IRs in float64, node by node, written by the definitions and apart from
 * the engines: the truth that exact and golden are held against. Include after cmocka.h.
 */
#ifndef IR_F64_H
#define IR_F64_H

#include "ir.h"

typedef struct {
    TtfsArena arena;
    const TtfsIr *ir;
    double **v; /* per tensor */
} F64;

static inline void f64_open(F64 *f, const TtfsIr *ir) {
    *f = (F64){.ir = ir};
    f->v = TTFS_ARRAY(&f->arena, double *, ir->tensors.len);
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        const TtfsTensorInfo *t = &ir->tensors.at[i];
        uint64_t n = ttfs_ir_count(t);
        f->v[i] = TTFS_ARRAY(&f->arena, double, n);
        for (uint64_t k = 0; t->data && k < n; k++) f->v[i][k] = (double)t->data[k];
    }
}

static inline double f64_patch(const F64 *f, const TtfsNode *n, uint32_t o, uint32_t y,
                               uint32_t x) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(f->ir, n->in[0]);
    const TtfsTensorInfo *out = ttfs_ir_tensor(f->ir, n->out);
    bool conv = n->op == TTFS_OP_CONV, largest = n->op == TTFS_OP_MAXPOOL, any = false;
    const double *v = f->v[n->in[0].i - 1], *w = conv ? f->v[n->in[1].i - 1] : NULL;
    uint32_t ins = conv ? in->dim[1] / n->attr.group : 1;
    uint32_t first = conv ? o / (out->dim[1] / n->attr.group) * ins : o;
    double sum = 0, best = 0;
    for (uint32_t i = 0; i < ins; i++)
        for (uint32_t a = 0; a < n->attr.kernel[0]; a++)
            for (uint32_t b = 0; b < n->attr.kernel[1]; b++) {
                int64_t sy = (int64_t)y * n->attr.stride[0] + (int64_t)a * n->attr.dilation[0] -
                             n->attr.pad[0];
                int64_t sx = (int64_t)x * n->attr.stride[1] + (int64_t)b * n->attr.dilation[1] -
                             n->attr.pad[1];
                if (sy < 0 || sx < 0 || sy >= in->dim[2] || sx >= in->dim[3]) continue;
                double at = v[((int64_t)(first + i) * in->dim[2] + sy) * in->dim[3] + sx];
                if (conv)
                    sum += at *
                           w[(((uint64_t)o * ins + i) * n->attr.kernel[0] + a) * n->attr.kernel[1] +
                             b];
                else if (!any || (largest ? at > best : at < best))
                    best = at;
                any = true;
            }
    return conv ? sum + (n->n_in > 2 ? f->v[n->in[2].i - 1][o] : 0) : best;
}

static inline double f64_row(const F64 *f, const TtfsNode *n, uint64_t o) {
    uint64_t in = ttfs_ir_count(ttfs_ir_tensor(f->ir, n->in[0]));
    const double *x = f->v[n->in[0].i - 1], *w = f->v[n->in[1].i - 1] + o * in;
    double sum = n->n_in > 2 ? f->v[n->in[2].i - 1][o] : 0;
    for (uint64_t j = 0; j < in; j++) sum += w[j] * x[j];
    return sum;
}

/* Where the value that a transposition puts at place i stood. */
static inline uint64_t f64_turned(const F64 *f, const TtfsNode *n, uint64_t i) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(f->ir, n->in[0]);
    const TtfsTensorInfo *out = ttfs_ir_tensor(f->ir, n->out);
    uint64_t at = 0, stride[TTFS_MAX_RANK], inner = 1;
    for (uint32_t a = in->rank; a-- > 0;) {
        stride[a] = inner;
        inner *= in->dim[a];
    }
    for (uint32_t a = out->rank; a-- > 0;) {
        at += i % out->dim[a] * stride[n->attr.perm[a]];
        i /= out->dim[a];
    }
    return at;
}

/* Place of coordinates in a tensor. */
static inline uint64_t f64_place(const TtfsTensorInfo *t, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t a = 0; a < t->rank; a++) i = i * t->dim[a] + at[a];
    return i;
}

static inline void f64_coordinates(const TtfsTensorInfo *t, uint64_t i, uint32_t *at) {
    for (uint32_t a = t->rank; a-- > 0;) {
        at[a] = (uint32_t)(i % t->dim[a]);
        i /= t->dim[a];
    }
}

static inline double f64_sliced(const F64 *f, const TtfsNode *n, uint64_t i) {
    uint32_t at[TTFS_MAX_RANK];
    f64_coordinates(ttfs_ir_tensor(f->ir, n->out), i, at);
    for (uint32_t a = 0; a < ttfs_ir_tensor(f->ir, n->out)->rank; a++)
        at[a] = (uint32_t)((int64_t)n->attr.first[a] + (int64_t)at[a] * n->attr.apart[a]);
    return f->v[n->in[0].i - 1][f64_place(ttfs_ir_tensor(f->ir, n->in[0]), at)];
}

static inline double f64_joined(const F64 *f, const TtfsNode *n, uint64_t i) {
    uint32_t at[TTFS_MAX_RANK], k = 0;
    f64_coordinates(ttfs_ir_tensor(f->ir, n->out), i, at);
    for (; at[n->attr.axis] >= ttfs_ir_tensor(f->ir, n->in[k])->dim[n->attr.axis]; k++)
        at[n->attr.axis] -= ttfs_ir_tensor(f->ir, n->in[k])->dim[n->attr.axis];
    return f->v[n->in[k].i - 1][f64_place(ttfs_ir_tensor(f->ir, n->in[k]), at)];
}

static inline double f64_element(const F64 *f, const TtfsNode *n, uint64_t i) {
    const TtfsTensorInfo *out = ttfs_ir_tensor(f->ir, n->out);
    const double *x = f->v[n->in[0].i - 1];
    if (n->op == TTFS_OP_GEMM) return f64_row(f, n, i);
    if (n->op == TTFS_OP_ADD) return x[i] + f->v[n->in[1].i - 1][i];
    if (n->op == TTFS_OP_RELU) return x[i] > 0 ? x[i] : 0;
    if (n->op == TTFS_OP_CLIP) return fmin(fmax(x[i], (double)n->attr.lo), (double)n->attr.hi);
    if (n->op == TTFS_OP_RESHAPE) return x[i];
    if (n->op == TTFS_OP_TRANSPOSE) return x[f64_turned(f, n, i)];
    if (n->op == TTFS_OP_SLICE) return f64_sliced(f, n, i);
    if (n->op == TTFS_OP_CONCAT) return f64_joined(f, n, i);
    assert_true(n->op == TTFS_OP_CONV || n->op == TTFS_OP_MAXPOOL || n->op == TTFS_OP_MINPOOL);
    uint64_t plane = (uint64_t)out->dim[2] * out->dim[3];
    return f64_patch(f, n, (uint32_t)(i / plane), (uint32_t)(i % plane / out->dim[3]),
                     (uint32_t)(i % out->dim[3]));
}

static inline void f64_run(F64 *f, const float *x) {
    const TtfsIr *ir = f->ir;
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    for (uint64_t i = 0; i < n; i++) f->v[ir->input.i - 1][i] = (double)x[i];
    for (uint32_t k = 0; k < ir->nodes.len; k++) {
        const TtfsNode *node = &ir->nodes.at[k];
        n = ttfs_ir_count(ttfs_ir_tensor(ir, node->out));
        for (uint64_t i = 0; i < n; i++) f->v[node->out.i - 1][i] = f64_element(f, node, i);
    }
}

static inline const double *f64_values(const F64 *f, TtfsTensor t) {
    return f->v[t.i - 1];
}

static inline void f64_close(F64 *f) {
    ttfs_arena_free(&f->arena);
}

#endif
