/* SPDX-License-Identifier: Apache-2.0
 *
 * The relu engine against definitions written down here once more, on random shapes; known values
 * of the other operations; two instances do not disturb each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "relu.h"

#include <math.h>
#include <string.h>

static TtfsTensor tensor(TtfsIr *ir, uint32_t rank, const uint32_t *dim, const float *data) {
    TtfsTensorInfo t = {.name = "t", .rank = rank, .data = data};
    memcpy(t.dim, dim, rank * sizeof *dim);
    return ttfs_ir_add_tensor(ir, &t);
}

static const float *random_floats(TtfsIr *ir, TtfsRng *rng, uint64_t n) {
    float *v = TTFS_ARRAY(&ir->arena, float, n);
    for (uint64_t i = 0; i < n; i++) v[i] = (float)ttfs_rng_normal(rng);
    return v;
}

/* Adds the node with an inferred output that becomes the output of the IR. */
static TtfsTensorInfo *finish(TtfsIr *ir, TtfsNode *n) {
    TtfsDiag diag = {0};
    TtfsTensorInfo out = {.name = "out"};
    n->name = "n";
    bool ok = ttfs_ir_infer(ir, n, &out, NULL, &diag);
    if (!ok) fail_msg("%s", diag.messages.at[0].what);
    n->out = ttfs_ir_add_tensor(ir, &out);
    ttfs_ir_add_node(ir, n);
    ir->output = n->out;
    assert_true(ttfs_ir_check(ir, NULL, &diag));
    return ttfs_ir_tensor(ir, n->out);
}

static double conv_at(const TtfsIr *ir, const TtfsNode *n, const float *x, uint32_t o, int oy,
                      int ox) {
    const TtfsTensorInfo *xs = ttfs_ir_tensor(ir, n->in[0]), *ws = ttfs_ir_tensor(ir, n->in[1]);
    const TtfsIrAttr *a = &n->attr;
    uint32_t per_group = ws->dim[0] / a->group, first = o / per_group * ws->dim[1];
    double sum = (double)ttfs_ir_tensor(ir, n->in[2])->data[o];
    for (uint32_t c = 0; c < ws->dim[1]; c++)
        for (int ky = 0; ky < (int)ws->dim[2]; ky++)
            for (int kx = 0; kx < (int)ws->dim[3]; kx++) {
                int y = oy * (int)a->stride[0] - (int)a->pad[0] + ky * (int)a->dilation[0];
                int v = ox * (int)a->stride[1] - (int)a->pad[1] + kx * (int)a->dilation[1];
                if (y < 0 || v < 0 || y >= (int)xs->dim[2] || v >= (int)xs->dim[3]) continue;
                uint64_t wi = ((uint64_t)o * ws->dim[1] + c) * ws->dim[2] + (uint64_t)ky;
                uint64_t xi = ((uint64_t)first + c) * xs->dim[2] + (uint64_t)y;
                sum += (double)ws->data[wi * ws->dim[3] + (uint64_t)kx] *
                       (double)x[xi * xs->dim[3] + (uint64_t)v];
            }
    return sum;
}

static void one_conv(TtfsRng *rng) {
    TtfsIr ir = {0};
    TtfsNode n = {.op = TTFS_OP_CONV, .n_in = 3, .attr = ttfs_ir_attr()};
    n.attr.group = 1 + ttfs_rng_below(rng, 2);
    uint32_t cin = n.attr.group * (1 + ttfs_rng_below(rng, 3));
    uint32_t cout = n.attr.group * (1 + ttfs_rng_below(rng, 9));
    for (int i = 0; i < 2; i++) {
        n.attr.kernel[i] = 1 + ttfs_rng_below(rng, 3);
        n.attr.stride[i] = 1 + ttfs_rng_below(rng, 3);
        n.attr.dilation[i] = 1 + ttfs_rng_below(rng, 2);
        n.attr.pad[i] = ttfs_rng_below(rng, 3);
        n.attr.pad[i + 2] = ttfs_rng_below(rng, 3);
    }
    uint32_t h = 5 + ttfs_rng_below(rng, 4), w = 5 + ttfs_rng_below(rng, 4);
    uint32_t wd[4] = {cout, cin / n.attr.group, n.attr.kernel[0], n.attr.kernel[1]};
    ir.input = n.in[0] = tensor(&ir, 4, (uint32_t[]){1, cin, h, w}, NULL);
    uint64_t weights = (uint64_t)wd[0] * wd[1] * wd[2] * wd[3];
    n.in[1] = tensor(&ir, 4, wd, random_floats(&ir, rng, weights));
    n.in[2] = tensor(&ir, 1, &cout, random_floats(&ir, rng, cout));
    TtfsTensorInfo *y = finish(&ir, &n);
    const float *x = random_floats(&ir, rng, (uint64_t)cin * h * w);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (uint32_t o = 0, at = 0; o < cout; o++)
        for (uint32_t oy = 0; oy < y->dim[2]; oy++)
            for (uint32_t ox = 0; ox < y->dim[3]; ox++, at++)
                assert_float_equal(out[at], conv_at(&ir, &n, x, o, (int)oy, (int)ox), 1e-5);
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

static void test_conv(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(11);
    for (int i = 0; i < 200; i++) one_conv(&rng);
}

static void one_gemm(TtfsRng *rng) {
    TtfsIr ir = {0};
    TtfsNode n = {.op = TTFS_OP_GEMM, .n_in = 3, .attr = ttfs_ir_attr()};
    uint32_t m = 1 + ttfs_rng_below(rng, 4), k = 1 + ttfs_rng_below(rng, 20);
    uint32_t c = 1 + ttfs_rng_below(rng, 20);
    bool ta = n.attr.trans_a = ttfs_rng_below(rng, 2) == 1;
    bool tb = n.attr.trans_b = ttfs_rng_below(rng, 2) == 1;
    n.attr.alpha = 0.5f;
    n.attr.beta = -2.0f;
    uint32_t bias_rows = ttfs_rng_below(rng, 2) ? m : 1;
    ir.input = n.in[0] = tensor(&ir, 2, (uint32_t[]){ta ? k : m, ta ? m : k}, NULL);
    n.in[1] = tensor(&ir, 2, (uint32_t[]){tb ? c : k, tb ? k : c},
                     random_floats(&ir, rng, (uint64_t)k * c));
    n.in[2] = tensor(&ir, 2, (uint32_t[]){bias_rows, c},
                     random_floats(&ir, rng, (uint64_t)bias_rows * c));
    finish(&ir, &n);
    const float *x = random_floats(&ir, rng, (uint64_t)m * k);
    const float *b = ttfs_ir_tensor(&ir, n.in[1])->data, *add = ttfs_ir_tensor(&ir, n.in[2])->data;
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (uint32_t i = 0; i < m; i++)
        for (uint32_t j = 0; j < c; j++) {
            double sum = 0;
            for (uint32_t p = 0; p < k; p++)
                sum += (double)x[ta ? p * m + i : i * k + p] *
                       (double)b[tb ? j * k + p : p * c + j];
            double want = 0.5 * sum - 2.0 * (double)add[(bias_rows == 1 ? 0 : i * c) + j];
            assert_float_equal(out[i * c + j], want, 1e-5);
        }
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

static void test_gemm(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(12);
    for (int i = 0; i < 200; i++) one_gemm(&rng);
}

/* One operation on one input; compares with `want`. */
static void expect_values(TtfsNode n, uint32_t rank, const uint32_t *dim, const float *x,
                          const float *want, uint64_t count) {
    TtfsIr ir = {0};
    ir.input = n.in[0] = tensor(&ir, rank, dim, NULL);
    n.n_in = 1;
    TtfsTensorInfo *y = finish(&ir, &n);
    assert_int_equal(ttfs_ir_count(y), count);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (uint64_t i = 0; i < count; i++) assert_float_equal(out[i], want[i], 1e-6);
    assert_ptr_equal(out, ttfs_relu_values(r, ir.output));
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

static void test_small_ops(void **state) {
    (void)state;
    const float x[6] = {-1, 2, 3, -4, 5, 0.5f};
    TtfsNode n = {.attr = ttfs_ir_attr()};
    n.op = TTFS_OP_RELU;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){0, 2, 3, 0, 5, 0.5f}, 6);
    n.op = TTFS_OP_TRANSPOSE;
    n.attr.perm[0] = 1;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){-1, -4, 2, 5, 3, 0.5f}, 6);
    n.op = TTFS_OP_ARGMAX;
    n.attr.axis = 1;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){2, 1}, 2);
    n.op = TTFS_OP_SOFTMAX;
    expect_values(n, 2, (uint32_t[]){1, 2}, (float[]){0, logf(3)}, (float[]){0.25f, 0.75f}, 2);
    n.op = TTFS_OP_LOGSOFTMAX;
    expect_values(n, 2, (uint32_t[]){1, 2}, (float[]){1000, 1000},
                  (float[]){-0.6931472f, -0.6931472f}, 2);
    n.op = TTFS_OP_MAXPOOL;
    n.attr.kernel[1] = 2;
    n.attr.pad[1] = 1; /* padding loses even against negative values */
    expect_values(n, 4, (uint32_t[]){1, 1, 2, 3}, x, (float[]){-1, 2, 3, -4, 5, 5}, 6);
}

/* Operations with further operands that are constants. */
static void expect_with(TtfsNode n, const float *x, uint32_t constants, const float *const *data,
                        const float *want) {
    TtfsIr ir = {0};
    ir.input = n.in[0] = tensor(&ir, 2, (uint32_t[]){2, 3}, NULL);
    for (uint32_t i = 0; i < constants; i++)
        n.in[i + 1] = tensor(&ir, 2, (uint32_t[]){2, 1}, data[i]);
    n.n_in = 1 + constants;
    finish(&ir, &n);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (uint64_t i = 0; i < 6; i++) assert_float_equal(out[i], want[i], 0);
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

static void test_pointwise(void **state) {
    (void)state;
    const float x[6] = {-1, 2, 3, -4, 5, 0.5f}, c[2] = {2, -1}, zero[2] = {0, 4};
    const float *const data[2] = {c, zero};
    TtfsNode n = {.attr = ttfs_ir_attr()};
    n.op = TTFS_OP_SUB;
    expect_with(n, x, 1, data, (float[]){-3, 0, 1, -3, 6, 1.5f});
    n.op = TTFS_OP_MUL;
    expect_with(n, x, 1, data, (float[]){-2, 4, 6, 4, -5, -0.5f});
    n.op = TTFS_OP_DIV;
    expect_with(n, x, 1, data, (float[]){-0.5f, 1, 1.5f, 4, -5, -0.5f});
    n.op = TTFS_OP_MAX;
    expect_with(n, x, 1, data, (float[]){2, 2, 3, -1, 5, 0.5f});
    n.op = TTFS_OP_MIN;
    expect_with(n, x, 1, data, (float[]){-1, 2, 2, -4, -1, -1});
    n.op = TTFS_OP_PRELU;
    expect_with(n, x, 1, data, (float[]){-2, 2, 3, 4, 5, 0.5f});
    n.op = TTFS_OP_ABS;
    expect_with(n, x, 0, NULL, (float[]){1, 2, 3, 4, 5, 0.5f});
    n.op = TTFS_OP_NEG;
    expect_with(n, x, 0, NULL, (float[]){1, -2, -3, 4, -5, -0.5f});
    n.op = TTFS_OP_LEAKYRELU;
    n.attr.slope = 0.25f;
    expect_with(n, x, 0, NULL, (float[]){-0.25f, 2, 3, -1, 5, 0.5f});
    n.op = TTFS_OP_CLIP;
    n.attr.lo = -2;
    n.attr.hi = 2.5f;
    expect_with(n, x, 0, NULL, (float[]){-1, 2, 2.5f, -2, 2.5f, 0.5f});
}

/* Ties go to the even integer; the zero point is added after rounding; bounds hold. */
static void test_quant(void **state) {
    (void)state;
    const float x[6] = {-1, 1, 3, -9, 5, 0.75f}, scale[2] = {2, 0.5f}, zero[2] = {0, 4};
    const float *const data[2] = {scale, zero};
    TtfsNode n = {.op = TTFS_OP_QUANT, .attr = ttfs_ir_attr()};
    n.attr.lo = 0;
    n.attr.hi = 10;
    expect_with(n, x, 2, data, (float[]){0, 0, 4, -2, 3, 1});
    n.attr.integer = true;
    expect_with(n, x, 2, data, (float[]){0, 0, 2, 0, 10, 6});
}

static void test_pools(void **state) {
    (void)state;
    const float x[6] = {1, 2, 3, -4, 5, -6};
    TtfsNode n = {.op = TTFS_OP_MINPOOL, .attr = ttfs_ir_attr()};
    n.attr.kernel[1] = 2;
    n.attr.pad[1] = 1; /* padding never wins */
    expect_values(n, 4, (uint32_t[]){1, 1, 2, 3}, x, (float[]){1, 1, 2, -4, -4, -6}, 6);
    n.op = TTFS_OP_AVERAGEPOOL;
    expect_values(n, 4, (uint32_t[]){1, 1, 2, 3}, x, (float[]){1, 1.5f, 2.5f, -4, 0.5f, -0.5f}, 6);
    n.attr.count_pad = true;
    expect_values(n, 4, (uint32_t[]){1, 1, 2, 3}, x, (float[]){0.5f, 1.5f, 2.5f, -2, 0.5f, -0.5f},
                  6);
    n.op = TTFS_OP_MAXPOOL;
    n.attr.pad[1] = 0;
    n.attr.dilation[1] = 2;
    expect_values(n, 4, (uint32_t[]){1, 1, 2, 3}, x, (float[]){3, -4}, 2);
    n.op = TTFS_OP_AVERAGEPOOL; /* taps on either side of the map, none on it */
    n.attr.pad[1] = n.attr.pad[3] = 1;
    expect_values(n, 4, (uint32_t[]){1, 1, 6, 1}, x, (float[]){0, 0, 0, 0, 0, 0}, 6);
}

static void test_moves(void **state) {
    (void)state;
    const float x[6] = {-1, 2, 3, -4, 5, 0.5f};
    TtfsNode n = {.op = TTFS_OP_SLICE, .attr = ttfs_ir_attr()};
    n.attr.first[0] = 1;
    n.attr.count[0] = 2;
    n.attr.apart[0] = -1;
    n.attr.count[1] = 2;
    n.attr.apart[1] = 2;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){-4, 0.5f, -1, 3}, 4);
    n.op = TTFS_OP_PAD;
    n.attr.before[0] = -1;
    n.attr.before[1] = 1;
    n.attr.after[1] = -1;
    n.attr.value = 7;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){7, -4, 5}, 3);
    n.op = TTFS_OP_TOPK;
    n.attr.axis = 1;
    n.attr.k = 2;
    n.attr.largest = true;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){3, 2, 5, 0.5f}, 4);
    n.attr.indices = true;
    n.attr.largest = false;
    expect_values(n, 2, (uint32_t[]){2, 3}, x, (float[]){0, 1, 0, 2}, 4);
    n.op = TTFS_OP_ARGMAX;
    expect_values(n, 2, (uint32_t[]){1, 3}, (float[]){4, 1, 4}, (float[]){0}, 1);
    n.attr.last = true;
    expect_values(n, 2, (uint32_t[]){1, 3}, (float[]){4, 1, 4}, (float[]){2}, 1);
}

static void test_concat(void **state) {
    (void)state;
    TtfsIr ir = {0};
    const float c[2] = {8, 9}, x[4] = {1, 2, 3, 4}, want[10] = {1, 2, 8, 1, 2, 3, 4, 9, 3, 4};
    TtfsNode n = {.op = TTFS_OP_CONCAT, .n_in = 3, .attr = ttfs_ir_attr()};
    ir.input = n.in[0] = n.in[2] = tensor(&ir, 2, (uint32_t[]){2, 2}, NULL);
    n.in[1] = tensor(&ir, 2, (uint32_t[]){2, 1}, c);
    n.attr.axis = 1;
    finish(&ir, &n);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (int i = 0; i < 10; i++) assert_true(out[i] == want[i]);
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

/* Stacks of matrices, of which one operand has one and the other three, two of them computed. */
static void test_matmul(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(13);
    TtfsIr ir = {0};
    TtfsNode n = {.op = TTFS_OP_MATMUL, .n_in = 2, .attr = ttfs_ir_attr()};
    ir.input = n.in[1] = tensor(&ir, 3, (uint32_t[]){3, 4, 9}, NULL);
    const float *a = random_floats(&ir, &rng, 8), *x = random_floats(&ir, &rng, 108);
    n.in[0] = tensor(&ir, 2, (uint32_t[]){2, 4}, a);
    assert_int_equal(ttfs_ir_count(finish(&ir, &n)), 54);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *out = ttfs_relu_run(r, x);
    for (int b = 0; b < 3; b++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 9; j++) {
                double sum = 0;
                for (int k = 0; k < 4; k++)
                    sum += (double)a[i * 4 + k] * (double)x[b * 36 + k * 9 + j];
                assert_float_equal(out[(b * 2 + i) * 9 + j], sum, 1e-5);
            }
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
}

/* Matrices that are too large to be packed are read in place, whichever way they lie. */
static void test_large_matrix(void **state) {
    (void)state;
    enum { K = 2051, N = 2053 };
    TtfsRng rng = ttfs_rng(14);
    for (int trans = 0; trans < 2; trans++) {
        TtfsIr ir = {0};
        TtfsNode n = {.op = TTFS_OP_GEMM, .n_in = 2, .attr = ttfs_ir_attr()};
        n.attr.trans_b = trans == 1;
        const float *w = random_floats(&ir, &rng, (uint64_t)K * N),
                    *x = random_floats(&ir, &rng, K);
        ir.input = n.in[0] = tensor(&ir, 2, (uint32_t[]){1, K}, NULL);
        n.in[1] = tensor(&ir, 2, (uint32_t[]){trans ? N : K, trans ? K : N}, w);
        finish(&ir, &n);
        TtfsRelu *r = ttfs_relu_open(&ir);
        const float *out = ttfs_relu_run(r, x);
        for (uint64_t o = 0; o < N; o += 97) {
            double sum = 0;
            for (uint64_t i = 0; i < K; i++)
                sum += (double)x[i] * (double)w[trans ? o * K + i : i * N + o];
            assert_float_equal(out[o], sum, 1e-4);
        }
        ttfs_relu_close(r);
        ttfs_ir_free(&ir);
    }
}

static void test_add_batchnorm(void **state) {
    (void)state;
    TtfsIr ir = {0};
    static const float c[2] = {10, 20}, scale[2] = {2, 3}, shift[2] = {1, -1}, mean[2] = {4, 5},
                       var[2] = {0.25f, 3.75f};
    TtfsNode add = {.op = TTFS_OP_ADD, .name = "a", .n_in = 2, .attr = ttfs_ir_attr()};
    ir.input = add.in[0] = tensor(&ir, 3, (uint32_t[]){1, 2, 2}, NULL);
    add.in[1] = tensor(&ir, 2, (uint32_t[]){2, 1}, c);
    finish(&ir, &add);
    TtfsNode bn = {.op = TTFS_OP_BATCHNORM, .n_in = 5, .attr = ttfs_ir_attr()};
    const float *parameters[4] = {scale, shift, mean, var};
    bn.in[0] = add.out;
    for (int i = 0; i < 4; i++) bn.in[i + 1] = tensor(&ir, 1, (uint32_t[]){2}, parameters[i]);
    bn.attr.epsilon = 0.25f;
    finish(&ir, &bn);
    TtfsRelu *r = ttfs_relu_open(&ir), *other = ttfs_relu_open(&ir);
    const float *y = ttfs_relu_run(r, (float[]){1, 2, 3, 4});
    ttfs_relu_run(other, (float[]){9, 9, 9, 9});
    const float sum[4] = {11, 12, 23, 24};
    for (int i = 0; i < 4; i++) {
        int k = i / 2;
        double want = (sum[i] - mean[k]) / sqrt((double)var[k] + 0.25) * scale[k] + shift[k];
        assert_float_equal(ttfs_relu_values(r, add.out)[i], sum[i], 1e-6);
        assert_float_equal(y[i], want, 1e-5);
    }
    ttfs_relu_close(r);
    ttfs_relu_close(other);
    ttfs_ir_free(&ir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),         cmocka_unit_test(test_gemm),
        cmocka_unit_test(test_small_ops),    cmocka_unit_test(test_add_batchnorm),
        cmocka_unit_test(test_pointwise),    cmocka_unit_test(test_quant),
        cmocka_unit_test(test_pools),        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_concat),       cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_large_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
