/* SPDX-License-Identifier: Apache-2.0
 *
 * IR passes: each network is brought into canonical form, must have the nodes named, and must give
 * the values that the relu engine finds for the network before; what has no canonical form is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ir_to_ir.h"
#include "relu.h"

#include <math.h>
#include <string.h>

typedef struct {
    TtfsIr ir;
    TtfsRng rng;
    TtfsTensor last;
} Net;

static TtfsTensor tensor(Net *n, const char *name, uint32_t rank, const uint32_t *dim,
                         bool constant) {
    TtfsTensorInfo t = {.name = name, .rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
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

static Net start(uint32_t rank, const uint32_t *dim) {
    Net n = {.rng = ttfs_rng(5)};
    n.last = n.ir.input = tensor(&n, "input", rank, dim, false);
    return n;
}

/* Adds a node; inputs are given, 0 stands for the last output. */
static TtfsNode *push(Net *n, TtfsOp op, const char *name, uint32_t n_in, const TtfsTensor *in,
                      const TtfsTensorInfo *shape) {
    TtfsDiag diag = {0};
    TtfsNode node = {.op = op, .name = name, .n_in = n_in, .attr = ttfs_ir_attr()};
    TtfsTensorInfo out = shape ? *shape : (TtfsTensorInfo){0};
    for (uint32_t i = 0; i < n_in; i++) node.in[i] = in[i].i ? in[i] : n->last;
    if (op == TTFS_OP_CONV)
        memcpy(node.attr.kernel, ttfs_ir_tensor(&n->ir, node.in[1])->dim + 2, sizeof(uint32_t[2]));
    if (op == TTFS_OP_MAXPOOL)
        for (int i = 0; i < 2; i++) node.attr.kernel[i] = node.attr.stride[i] = 2;
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

static void reshape(Net *n, const char *name, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    push(n, TTFS_OP_RESHAPE, name, IN(LAST), &t);
}

static void relu(Net *n, const char *name) {
    push(n, TTFS_OP_RELU, name, IN(LAST), NULL);
}

static void conv(Net *n, const char *name, uint32_t outs, uint32_t ins) {
    push(n, TTFS_OP_CONV, name, IN(LAST, CONST(n, outs, ins, 3, 3)), NULL);
}

static void dense(Net *n, const char *name, uint32_t outs, uint32_t ins) {
    push(n, TTFS_OP_GEMM, name, IN(LAST, CONST(n, ins, outs)), NULL);
}

static void batchnorm(Net *n, const char *name, uint32_t channels) {
    TtfsTensor p[4];
    for (int i = 0; i < 4; i++) p[i] = CONST(n, channels);
    float *variance = TTFS_ARRAY(&n->ir.arena, float, channels);
    for (uint32_t i = 0; i < channels; i++) variance[i] = 0.5f + 0.25f * (float)i;
    ttfs_ir_tensor(&n->ir, p[3])->data = variance;
    push(n, TTFS_OP_BATCHNORM, name, IN(LAST, p[0], p[1], p[2], p[3]), NULL);
}

static void expect_same_values(Net *n, const TtfsIr *canonical) {
    TtfsRelu *r = ttfs_relu_open(&n->ir), *s = ttfs_relu_open(canonical);
    uint64_t in = ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->ir.input));
    uint64_t out = ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->ir.output));
    assert_int_equal(out, ttfs_ir_count(ttfs_ir_tensor(canonical, canonical->output)));
    float *x = TTFS_ARRAY(&n->ir.arena, float, in);
    for (int sample = 0; sample < 20; sample++) {
        for (uint64_t i = 0; i < in; i++) x[i] = (float)ttfs_rng_normal(&n->rng);
        const float *p = ttfs_relu_run(r, x), *q = ttfs_relu_run(s, x);
        for (uint64_t i = 0; i < out; i++)
            assert_float_equal(p[i], q[i], 2e-5f * (1 + fabsf(p[i])));
    }
    ttfs_relu_close(r);
    ttfs_relu_close(s);
}

/* `want`: "op:name op:name ..." of the canonical nodes. */
static void expect_canonical(Net *n, const char *want) {
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

/* Refused with as many errors as there are words in `nodes`, each at that node. */
static void expect_refused(Net *n, const char *nodes) {
    TtfsDiag diag = {0};
    TtfsIr canonical;
    TtfsBuf found = {0};
    assert_false(ttfs_ir_canonical(&n->ir, &canonical, "net", &diag));
    for (uint32_t i = 0; i < diag.messages.len; i++) {
        assert_int_equal(diag.messages.at[i].code, TTFS_MODEL_FORM);
        const char *node = strstr(diag.messages.at[i].where, ": ");
        ttfs_buf_printf(&found, "%s%s", i ? " " : "", node ? node + 2 : "");
    }
    assert_string_equal(ttfs_buf_text(&found), nodes);
    assert_null(canonical.nodes.at);
    ttfs_buf_free(&found);
    ttfs_ir_free(&n->ir);
    ttfs_diag_free(&diag);
}

static void test_folds(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 8, 8));
    conv(&n, "c1", 3, 2);
    push(&n, TTFS_OP_ADD, "bias", IN(CONST(&n, 3, 1, 1), LAST), NULL);
    batchnorm(&n, "bn1", 3);
    batchnorm(&n, "bn2", 3);
    push(&n, TTFS_OP_IDENTITY, "id", IN(LAST), NULL);
    push(&n, TTFS_OP_ADD, "scalar", IN(LAST, CONST(&n, 1)), NULL);
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    relu(&n, "r1");
    relu(&n, "r2");
    reshape(&n, "flat", DIMS(1, 3, 9));
    reshape(&n, "flatter", DIMS(1, 27));
    dense(&n, "fc1", 5, 27);
    batchnorm(&n, "bn3", 5);
    relu(&n, "r3");
    dense(&n, "fc2", 4, 5);
    expect_canonical(&n, "conv:c1 relu:r1 maxpool:pool reshape:flatter gemm:fc1 relu:r3 gemm:fc2");
}

static void test_products(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 6));
    push(&n, TTFS_OP_MATMUL, "m1", IN(LAST, CONST(&n, 6, 5)), NULL); /* [1, 1, 5] */
    push(&n, TTFS_OP_ADD, "b1", IN(LAST, CONST(&n, 5)), NULL);
    relu(&n, "r1");
    reshape(&n, "column", DIMS(5, 1));
    push(&n, TTFS_OP_MATMUL, "m2", IN(CONST(&n, 4, 5), LAST), NULL); /* W x, [4, 1] */
    relu(&n, "r2");
    TtfsNode g = *push(&n, TTFS_OP_GEMM, "m3", IN(CONST(&n, 3, 4), LAST, CONST(&n, 3, 1)), NULL);
    assert_int_equal(g.n_in, 3);
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.alpha = 0.5f;
    n.ir.nodes.at[n.ir.nodes.len - 1].attr.beta = -2.0f;
    expect_canonical(&n, "reshape:m1.row gemm:m1 relu:r1 gemm:m2 relu:r2 gemm:m3");
}

static void test_input_shape(void **state) {
    (void)state;
    Net n = start(DIMS(1, 64));
    reshape(&n, "image", DIMS(1, 1, 8, 8));
    conv(&n, "c1", 2, 1);
    relu(&n, "r1");
    reshape(&n, "flat", DIMS(1, 72));
    dense(&n, "fc", 3, 72);
    expect_canonical(&n, "conv:c1 relu:r1 reshape:flat gemm:fc");
}

static void test_tail(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr out;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc", 3, 4);
    push(&n, TTFS_OP_SOFTMAX, "s", IN(LAST), NULL);
    push(&n, TTFS_OP_ARGMAX, "a", IN(LAST), NULL);
    assert_true(ttfs_ir_drop_tail(&n.ir, &out, "net", &diag));
    assert_int_equal(out.nodes.len, 1);
    assert_string_equal(ttfs_ir_tensor(&out, out.output)->name, "fc");
    assert_int_equal(diag.messages.len, 2);
    assert_int_equal(diag.messages.at[0].severity, TTFS_NOTE);
    ttfs_ir_free(&out);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

static void test_refusals(void **state) {
    (void)state;
    Net n = start(DIMS(1, 1, 6, 6));
    conv(&n, "c1", 2, 1);
    push(&n, TTFS_OP_ADD, "map", IN(LAST, CONST(&n, 2, 4, 4)), NULL); /* one value a position */
    relu(&n, "r1");
    push(&n, TTFS_OP_TRANSPOSE, "nhwc", IN(LAST), NULL);
    reshape(&n, "flat", DIMS(1, 32));
    dense(&n, "fc1", 4, 32);
    dense(&n, "fc2", 4, 4);
    relu(&n, "end");
    expect_refused(&n, "map nhwc fc2 end");

    n = start(DIMS(1, 1, 6, 6));
    conv(&n, "c1", 2, 1);
    TtfsTensor c1 = n.last;
    relu(&n, "r1");
    TtfsTensor r1 = n.last;
    batchnorm(&n, "bn", 2);
    push(&n, TTFS_OP_ADD, "join", IN(LAST, r1), NULL);
    push(&n, TTFS_OP_ADD, "join2", IN(LAST, c1), NULL);
    expect_refused(&n, "c1 bn join join2");

    n = start(DIMS(1, 1, 6, 6));
    push(&n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    expect_refused(&n, "pool");

    n = start(DIMS(3, 4)); /* three rows: not one sample */
    dense(&n, "fc", 2, 4);
    expect_refused(&n, "fc");
}

static void test_negative_variance(void **state) {
    (void)state;
    Net n = start(DIMS(1, 4));
    dense(&n, "fc", 2, 4);
    batchnorm(&n, "bn", 2);
    float *variance = TTFS_ARRAY(&n.ir.arena, float, 2);
    variance[1] = -1;
    ttfs_ir_tensor(&n.ir, n.ir.nodes.at[1].in[4])->data = variance;
    expect_refused(&n, "bn");
}

static void test_long_chain(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2));
    dense(&n, "fc", 2, 2);
    for (int i = 0; i < 20000; i++) {
        push(&n, TTFS_OP_ADD, "a", IN(LAST, CONST(&n, 2)), NULL);
        push(&n, TTFS_OP_IDENTITY, "i", IN(LAST), NULL);
    }
    TtfsDiag diag = {0};
    TtfsIr canonical;
    assert_true(ttfs_ir_canonical(&n.ir, &canonical, "net", &diag));
    assert_int_equal(canonical.nodes.len, 1);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds),       cmocka_unit_test(test_products),
        cmocka_unit_test(test_input_shape), cmocka_unit_test(test_tail),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_negative_variance),
        cmocka_unit_test(test_long_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
