/* SPDX-License-Identifier: Apache-2.0
 *
 * Small canonical networks with random weights, made by hand, calibrated with the relu engine and
 * lowered to spike graphs. For the tests of the lowering; include after cmocka.h.
 */
#ifndef SMALL_NET_H
#define SMALL_NET_H

#include <string.h>

#include "ir_to_spike.h"
#include "relu.h"

/* A network, its lowering and what was said. */
typedef struct {
    TtfsIr ir;
    TtfsCalib calib;
    TtfsSpikeOptions options;
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag;
    TtfsRng rng;
} Net;

static inline TtfsTensor tensor(Net *n, const char *name, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.name = name, .rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    *TTFS_PUSH(&n->ir.arena, n->ir.tensors) = t;
    return (TtfsTensor){n->ir.tensors.len};
}

/* Constants about +-scale; biases are a tenth of that. */
static inline TtfsTensor constant(Net *n, uint32_t rank, const uint32_t *dim, double scale) {
    TtfsTensor t = tensor(n, "w", rank, dim);
    uint64_t count = ttfs_ir_count(ttfs_ir_tensor(&n->ir, t));
    float *v = TTFS_ARRAY(&n->ir.arena, float, count);
    for (uint64_t i = 0; i < count; i++) v[i] = (float)(scale * ttfs_rng_normal(&n->rng));
    ttfs_ir_tensor(&n->ir, t)->data = v;
    return t;
}

static inline float *data(Net *n, TtfsTensor t) {
    return (float *)(uintptr_t)ttfs_ir_tensor(&n->ir, t)->data;
}

static inline TtfsNode *node(Net *n, TtfsOp op, const char *name, TtfsTensor in) {
    TtfsNode *k = TTFS_PUSH(&n->ir.arena, n->ir.nodes);
    *k = (TtfsNode){.op = op, .name = name, .in = {in}, .n_in = 1};
    k->attr = (TtfsIrAttr){
        .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .group = 1, .alpha = 1, .beta = 1};
    return k;
}

static inline TtfsTensor finish(Net *n, TtfsNode *k) {
    TtfsTensorInfo out = {.name = k->name};
    assert_true(ttfs_ir_infer(&n->ir, k, &out, "net", &n->diag));
    *TTFS_PUSH(&n->ir.arena, n->ir.tensors) = out;
    k->out = (TtfsTensor){n->ir.tensors.len};
    return n->ir.output = k->out;
}

static inline TtfsTensor gemm(Net *n, const char *name, TtfsTensor in, uint32_t out, double scale) {
    uint32_t from = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(&n->ir, in));
    TtfsTensor w = constant(n, 2, (uint32_t[]){out, from}, scale);
    TtfsTensor b = constant(n, 1, &out, scale / 10);
    TtfsNode *k = node(n, TTFS_OP_GEMM, name, in);
    k->in[1] = w, k->in[2] = b, k->n_in = 3;
    k->attr.trans_b = true;
    return finish(n, k);
}

static inline TtfsTensor conv(Net *n, const char *name, TtfsTensor in, uint32_t out,
                              uint32_t kernel, uint32_t pad, double scale) {
    uint32_t from = ttfs_ir_tensor(&n->ir, in)->dim[1];
    TtfsTensor w = constant(n, 4, (uint32_t[]){out, from, kernel, kernel}, scale);
    TtfsTensor b = constant(n, 1, &out, scale / 10);
    TtfsNode *k = node(n, TTFS_OP_CONV, name, in);
    k->in[1] = w, k->in[2] = b, k->n_in = 3;
    for (int i = 0; i < 2; i++) k->attr.kernel[i] = kernel;
    for (int i = 0; i < 4; i++) k->attr.pad[i] = pad;
    return finish(n, k);
}

static inline TtfsTensor relu(Net *n, TtfsTensor in) {
    return finish(n, node(n, TTFS_OP_RELU, "relu", in));
}

static inline TtfsTensor pool(Net *n, const char *name, TtfsTensor in) {
    TtfsNode *k = node(n, TTFS_OP_MAXPOOL, name, in);
    for (int i = 0; i < 2; i++) k->attr.kernel[i] = k->attr.stride[i] = 2;
    return finish(n, k);
}

static inline TtfsTensor flatten(Net *n, TtfsTensor in) {
    TtfsNode *k = node(n, TTFS_OP_RESHAPE, "flatten", in);
    uint32_t count = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(&n->ir, in));
    TtfsTensor out = tensor(n, "flat", 2, (uint32_t[]){1, count});
    k->out = out;
    return n->ir.output = out;
}

static inline TtfsTensor start(Net *n, uint32_t rank, const uint32_t *dim) {
    *n = (Net){.rng = ttfs_rng(1)};
    n->options = (TtfsSpikeOptions){
        .ticks = 255, .weight_bits = 8, .percentile = 1, .input_lo = 0, .input_hi = 1};
    return n->ir.input = tensor(n, "input", rank, dim);
}

static inline void mlp(Net *n) {
    TtfsTensor x = start(n, 2, (uint32_t[]){1, 20});
    x = relu(n, gemm(n, "fc1", x, 30, 0.3));
    x = relu(n, gemm(n, "fc2", x, 16, 0.3));
    gemm(n, "fc3", x, 5, 0.3);
}

static inline void cnn(Net *n) {
    TtfsTensor x = start(n, 4, (uint32_t[]){1, 2, 8, 8});
    x = relu(n, conv(n, "conv1", x, 4, 3, 1, 0.3));
    x = pool(n, "pool1", x);
    x = relu(n, conv(n, "conv2", x, 6, 3, 0, 0.3));
    gemm(n, "fc", flatten(n, x), 5, 0.3);
}

static inline void sample(Net *n, float *x) {
    uint64_t count = ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->ir.input));
    float lo = n->options.input_lo, hi = n->options.input_hi;
    for (uint64_t i = 0; i < count; i++) x[i] = lo + (hi - lo) * (float)ttfs_rng_f64(&n->rng);
}

static inline void calibrate(Net *n, int samples) {
    float x[256];
    TtfsRelu *r = ttfs_relu_open(&n->ir);
    ttfs_calib_init(&n->calib, &n->ir);
    for (int i = 0; i < samples; i++) {
        sample(n, x);
        ttfs_relu_run(r, x);
        ttfs_calib_add(&n->calib, n->ir.input, x,
                       ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->ir.input)));
        for (uint32_t k = 0; k < n->ir.nodes.len; k++) {
            TtfsTensor t = n->ir.nodes.at[k].out;
            ttfs_calib_add(&n->calib, t, ttfs_relu_values(r, t),
                           ttfs_ir_count(ttfs_ir_tensor(&n->ir, t)));
        }
    }
    ttfs_relu_close(r);
}

static inline bool lower(Net *n) {
    return ttfs_ir_to_spike(&n->ir, &n->calib, &n->options, "net", &n->spike, &n->report, &n->diag);
}

static inline void expect_lowered(Net *n) {
    if (lower(n)) return;
    TtfsBuf b = {0};
    ttfs_diag_print(&n->diag, TTFS_NOTE, false, &b);
    fail_msg("%s", ttfs_buf_text(&b));
}

static inline void end(Net *n) {
    ttfs_spike_free(&n->spike);
    ttfs_arena_free(&n->report.arena);
    ttfs_calib_free(&n->calib);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&n->diag);
}

static inline bool said(const Net *n, TtfsSeverity severity, const char *text) {
    for (uint32_t i = 0; i < n->diag.messages.len; i++)
        if (n->diag.messages.at[i].severity == severity &&
            strstr(n->diag.messages.at[i].what, text))
            return true;
    return false;
}

static inline void expect_refused(Net *n, TtfsCode code, const char *text) {
    assert_false(lower(n));
    assert_int_equal(n->spike.pops.len, 0);
    const TtfsMessage *last = &n->diag.messages.at[n->diag.messages.len - 1];
    assert_int_equal(last->severity, TTFS_ERROR);
    assert_int_equal(last->code, code);
    if (!strstr(last->what, text)) fail_msg("'%s' is not in '%s'", text, last->what);
    end(n);
}

#endif
