/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks built node by node for the tests of the canonical form, and what those expect of them.
 * Include after cmocka.h.
 */
#ifndef BUILT_NET_H
#define BUILT_NET_H

#include <math.h>
#include <string.h>

#include "ir_to_ir.h"
#include "relu.h"

typedef struct {
    TtfsIr ir;
    TtfsRng rng;
    TtfsTensor last;
} Net;

static inline TtfsTensor tensor(Net *n, const char *name, uint32_t rank, const uint32_t *dim,
                                bool constant) {
    TtfsTensorInfo t = {.name = name, .rank = rank};
    if (rank) memcpy(t.dim, dim, rank * sizeof *dim);
    uint64_t count = ttfs_ir_count(&t);
    float *v = constant ? TTFS_ARRAY(&n->ir.arena, float, count) : NULL;
    for (uint64_t i = 0; v && i < count; i++) v[i] = (float)ttfs_rng_normal(&n->rng);
    t.data = v;
    return ttfs_ir_add_tensor(&n->ir, &t);
}
#define DIMS(...)                                                                                  \
    sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t), (uint32_t[]) {                             \
        __VA_ARGS__                                                                                \
    }
#define CONST(n, ...) tensor((n), "c", DIMS(__VA_ARGS__), true)

static inline Net start(uint32_t rank, const uint32_t *dim) {
    Net n = {.rng = ttfs_rng(5)};
    n.last = n.ir.input = tensor(&n, "input", rank, dim, false);
    return n;
}

/* Adds a node; inputs are given, 0 stands for the last output. */
static inline TtfsNode *push(Net *n, TtfsOp op, const char *name, uint32_t n_in,
                             const TtfsTensor *in, const TtfsTensorInfo *shape) {
    TtfsDiag diag = {0};
    TtfsNode node = {.op = op, .name = name, .n_in = n_in, .attr = ttfs_ir_attr()};
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    for (uint32_t i = 0; i < n_in; i++) node.in[i] = in[i].i ? in[i] : n->last;
    if (op == TTFS_OP_CONV)
        memcpy(node.attr.kernel, ttfs_ir_tensor(&n->ir, node.in[1])->dim + 2, sizeof(uint32_t[2]));
    if (op == TTFS_OP_MAXPOOL || op == TTFS_OP_AVERAGEPOOL)
        for (int i = 0; i < 2; i++) node.attr.kernel[i] = node.attr.stride[i] = 2;
    if (op == TTFS_OP_CONCAT) node.attr.axis = 1;
    if (op == TTFS_OP_LEAKYRELU) node.attr.slope = 0.1f;
    if (op == TTFS_OP_CLIP) node.attr.lo = 0, node.attr.hi = 1;
    if (op == TTFS_OP_SOFTMAX || op == TTFS_OP_ARGMAX) node.attr.axis = 1;
    if (op == TTFS_OP_BATCHNORM) node.attr.epsilon = 1e-3f;
    if (op == TTFS_OP_TRANSPOSE)
        for (uint32_t i = 0; i < 4; i++) node.attr.perm[i] = (uint32_t[]){0, 2, 3, 1}[i];
    out.name = name;
    if (!ttfs_ir_infer(&n->ir, &node, &out, NULL, &diag)) fail_msg("%s", diag.messages.at[0].what);
    n->last = n->ir.output = node.out = ttfs_ir_add_tensor(&n->ir, &out);
    ttfs_ir_add_node(&n->ir, &node);
    return &n->ir.nodes.at[n->ir.nodes.len - 1];
}
#define IN(...)                                                                                    \
    sizeof(TtfsTensor[]){__VA_ARGS__} / sizeof(TtfsTensor), (TtfsTensor[]) {                       \
        __VA_ARGS__                                                                                \
    }
static const TtfsTensor LAST;

static inline void reshape(Net *n, const char *name, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    push(n, TTFS_OP_RESHAPE, name, IN(LAST), &t);
}

static inline void relu(Net *n, const char *name) {
    push(n, TTFS_OP_RELU, name, IN(LAST), NULL);
}

/* Adds a node with one activation and attributes of its own. */
static inline void push_with(Net *n, TtfsOp op, const char *name, const TtfsIrAttr *attr) {
    TtfsDiag diag = {0};
    TtfsNode node = {.op = op, .name = name, .n_in = 1, .in = {n->last}, .attr = *attr};
    TtfsTensorInfo out = {.name = name};
    if (!ttfs_ir_infer(&n->ir, &node, &out, NULL, &diag)) fail_msg("%s", diag.messages.at[0].what);
    out.name = name;
    n->last = n->ir.output = node.out = ttfs_ir_add_tensor(&n->ir, &out);
    ttfs_ir_add_node(&n->ir, &node);
}

/* A convolution of the last tensor that pads all around. */
static inline void conv_with(Net *n, const char *name, TtfsTensor w, uint32_t pad, uint32_t group) {
    TtfsDiag diag = {0};
    TtfsNode node = {.op = TTFS_OP_CONV, .name = name, .n_in = 2, .in = {n->last, w}};
    TtfsTensorInfo out = {.name = name};
    node.attr = ttfs_ir_attr();
    memcpy(node.attr.kernel, ttfs_ir_tensor(&n->ir, w)->dim + 2, sizeof(uint32_t[2]));
    for (int i = 0; i < 4; i++) node.attr.pad[i] = pad;
    node.attr.group = group;
    if (!ttfs_ir_infer(&n->ir, &node, &out, NULL, &diag)) fail_msg("%s", diag.messages.at[0].what);
    n->last = n->ir.output = node.out = ttfs_ir_add_tensor(&n->ir, &out);
    ttfs_ir_add_node(&n->ir, &node);
}

static inline void transpose(Net *n, const char *name, const uint32_t *perm) {
    TtfsIrAttr a = ttfs_ir_attr();
    memcpy(a.perm, perm, sizeof(uint32_t[4]));
    push_with(n, TTFS_OP_TRANSPOSE, name, &a);
}
static const uint32_t to_last[4] = {0, 2, 3, 1}, to_first[4] = {0, 3, 1, 2};

static inline void conv(Net *n, const char *name, uint32_t outs, uint32_t ins) {
    push(n, TTFS_OP_CONV, name, IN(LAST, CONST(n, outs, ins, 3, 3)), NULL);
}

static inline void dense(Net *n, const char *name, uint32_t outs, uint32_t ins) {
    push(n, TTFS_OP_GEMM, name, IN(LAST, CONST(n, ins, outs)), NULL);
}

static inline void batchnorm(Net *n, const char *name, uint32_t channels) {
    TtfsTensor p[4];
    for (int i = 0; i < 4; i++) p[i] = CONST(n, channels);
    float *variance = TTFS_ARRAY(&n->ir.arena, float, channels);
    for (uint32_t i = 0; i < channels; i++) variance[i] = 0.5f + 0.25f * (float)i;
    ttfs_ir_tensor(&n->ir, p[3])->data = variance;
    push(n, TTFS_OP_BATCHNORM, name, IN(LAST, p[0], p[1], p[2], p[3]), NULL);
}

static inline void expect_same_values(Net *n, const TtfsIr *canonical) {
    TtfsRelu *r = ttfs_relu_open(&n->ir), *s = ttfs_relu_open(canonical);
    uint64_t in = ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->ir.input));
    assert_int_equal(ttfs_ir_outputs(canonical), ttfs_ir_outputs(&n->ir));
    float *x = TTFS_ARRAY(&n->ir.arena, float, in);
    for (int sample = 0; sample < 20; sample++) {
        for (uint64_t i = 0; i < in; i++) x[i] = (float)ttfs_rng_normal(&n->rng);
        ttfs_relu_run(r, x);
        ttfs_relu_run(s, x);
        for (uint32_t o = 0; o < ttfs_ir_outputs(&n->ir); o++) {
            const TtfsTensorInfo *from = ttfs_ir_tensor(&n->ir, ttfs_ir_output(&n->ir, o));
            const TtfsTensorInfo *to = ttfs_ir_tensor(canonical, ttfs_ir_output(canonical, o));
            const float *p = ttfs_relu_output(r, o), *q = ttfs_relu_output(s, o);
            assert_int_equal(from->rank, to->rank);
            assert_memory_equal(from->dim, to->dim, from->rank * sizeof *from->dim);
            assert_string_equal(from->name, to->name);
            for (uint64_t i = 0; i < ttfs_ir_count(from); i++)
                assert_float_equal(p[i], q[i], 2e-5f * (1 + fabsf(p[i])));
        }
    }
    ttfs_relu_close(r);
    ttfs_relu_close(s);
}

/* `want`: "op:name op:name ..." of the canonical nodes. */
static inline void expect_canonical(Net *n, const char *want) {
    TtfsDiag diag = {0};
    TtfsIr canonical;
    TtfsBuf text = {0};
    if (!ttfs_ir_canonical(&n->ir, &canonical, "net", &diag))
        fail_msg("refused: %s: %s", diag.messages.at[0].where, diag.messages.at[0].what);
    for (uint32_t i = 0; i < canonical.nodes.len; i++)
        ttfs_buf_printf(&text, "%s%s:%s", i ? " " : "", ttfs_op_name(canonical.nodes.at[i].op),
                        canonical.nodes.at[i].name);
    assert_string_equal(ttfs_buf_text(&text), want);
    expect_same_values(n, &canonical);
    ttfs_buf_free(&text);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&diag);
}

/* Has a canonical form, of whatever nodes, with the values of the relu engine. */
static inline void expect_equal(Net *n) {
    TtfsDiag diag = {0};
    TtfsIr canonical;
    if (!ttfs_ir_canonical(&n->ir, &canonical, "net", &diag))
        fail_msg("refused: %s: %s", diag.messages.at[0].where, diag.messages.at[0].what);
    expect_same_values(n, &canonical);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&diag);
}

/* Refused with as many errors as there are words in `nodes`, each at that node; `why` are their
 * texts. */
static inline void expect_refused(Net *n, const char *nodes, const char *why) {
    TtfsDiag diag = {0};
    TtfsIr canonical;
    TtfsBuf found = {0}, whys = {0};
    assert_false(ttfs_ir_canonical(&n->ir, &canonical, "net", &diag));
    for (uint32_t i = 0; i < diag.messages.len; i++) {
        assert_int_equal(diag.messages.at[i].code, TTFS_MODEL_FORM);
        const char *node = strstr(diag.messages.at[i].where, ": ");
        ttfs_buf_printf(&found, "%s%s", i ? " " : "", node ? node + 2 : "");
        ttfs_buf_printf(&whys, "%s%s", i ? "; " : "", diag.messages.at[i].what);
    }
    assert_string_equal(ttfs_buf_text(&found), nodes);
    assert_string_equal(ttfs_buf_text(&whys), why);
    assert_null(canonical.nodes.at);
    ttfs_buf_free(&found);
    ttfs_buf_free(&whys);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&diag);
}

#endif
