/* SPDX-License-Identifier: Apache-2.0
 *
 * The IR: text and back, the reader on damaged text, the checker, shapes, calibration statistics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char sample[] =
    "ttfs-ir 1\n"
    "blob inline 11\n"
    "tensors 7\n"
    "input %1 \"input\" [1, 1, 4, 4]\n"
    "const %2 \"k \\\"q\\\"\" [1, 1, 2, 2] at 0 step 2 2 at 4\n"
    "const %3 \"bias\" [1] at 6\n"
    "const %6 \"perm\" [4] at 7\n"
    "conv \"conv1\" %4 \"c\" [1, 1, 2, 2] = %1 %2 %3 kernel 2 2 stride 2 2 dilation 1 1 pad 0 0 0 "
    "0 "
    "group 1\n"
    "relu \"relu1\" %5 \"r\" [1, 1, 2, 2] = %4\n"
    "transpose \"t1\" %7 \"t\" [2, 2, 1, 1] = %5 perm 3 2 1 0\n"
    "output %7\n"
    "data\n"
    "0000803f0000004000004040000080400000003f0000803f000080bf0000000000000000000000000000"
    "0000\n";

/* Every operation that the first sample has not. */
static const char operations[] =
    "ttfs-ir 1\n"
    "blob inline 5\n"
    "tensors 36\n"
    "input %1 \"x\" [2, 2, 4]\n"
    "const %2 \"two\" [2, 1] at 0\n"
    "const %3 \"one\" [] at 2\n"
    "const %30 \"places\" [2] at 3\n"
    "sub \"a\" %4 \"a\" [2, 2, 4] = %1 %2\n"
    "mul \"b\" %5 \"b\" [2, 2, 4] = %2 %4\n"
    "div \"c\" %6 \"c\" [2, 2, 4] = %5 %3\n"
    "max \"d\" %7 \"d\" [2, 2, 4] = %6 %2\n"
    "min \"e\" %8 \"e\" [2, 2, 4] = %3 %7\n"
    "leakyrelu \"f\" %9 \"f\" [2, 2, 4] = %8 slope 0x1p-3\n"
    "prelu \"g\" %10 \"g\" [2, 2, 4] = %9 %2\n"
    "clip \"h\" %11 \"h\" [2, 2, 4] = %10 lo 0x0p+0 hi 0x1.8p+2\n"
    "abs \"i\" %12 \"i\" [2, 2, 4] = %11\n"
    "neg \"j\" %13 \"j\" [2, 2, 4] = %12\n"
    "quant \"k\" %14 \"k\" [2, 2, 4] = %13 %2 %3 lo -0x1p+7 hi 0x1.fcp+6 integer 1\n"
    "reshape \"l\" %15 \"l\" [1, 1, 4, 4] = %14\n"
    "minpool \"m\" %16 \"m\" [1, 1, 2, 3] = %15 kernel 2 2 stride 2 1 dilation 1 1 pad 0 0 0 0\n"
    "averagepool \"n\" %17 \"n\" [1, 1, 2, 2] = %16 kernel 2 2 stride 1 1 dilation 1 1 pad 0 0 1 0 "
    "count_pad 1\n"
    "concat \"o\" %18 \"o\" [1, 1, 6, 2] = %17 %17 %17 axis 2\n"
    "slice \"p\" %19 \"p\" [1, 1, 2, 2] = %18 first 0 0 5 0 count 1 1 2 2 step 1 1 -3 1\n"
    "pad \"q\" %20 \"q\" [1, 1, 4, 1] = %19 before 0 0 1 -1 after 0 0 1 0 value 0x1p-1\n"
    "reshape \"r\" %21 \"r\" [2, 2] = %20\n"
    "matmul \"s\" %22 \"s\" [2, 2, 4] = %21 %14\n"
    "add \"t\" %23 \"t\" [2, 2, 4] = %22 %3\n"
    "softmax \"u\" %24 \"u\" [2, 2, 4] = %23 axis 2\n"
    "logsoftmax \"v\" %25 \"v\" [2, 2, 4] = %24 axis 0\n"
    "identity \"w\" %26 \"w\" [2, 2, 4] = %25\n"
    "argmax \"x\" %27 \"x\" [2, 1, 4] = %26 axis 1 last 1\n"
    "topk \"y\" %28 \"y\" [2, 2, 3] = %26 axis 2 k 3 largest 0 indices 1\n"
    "gemm \"z\" %29 \"z\" [2, 2] = %21 %21 %3 alpha 0x1p+0 beta 0x1p+1 trans_a 1 trans_b 0\n"
    "gather \"g2\" %31 \"g2\" [2, 2, 2] = %26 %30 axis 2\n"
    "sigmoid \"c1\" %32 \"c1\" [2, 2, 2] = %31\n"
    "tanh \"c2\" %33 \"c2\" [2, 2, 2] = %32\n"
    "softplus \"c3\" %34 \"c3\" [2, 2, 2] = %33\n"
    "softsign \"c4\" %35 \"c4\" [2, 2, 2] = %34\n"
    "elu \"c5\" %36 \"c5\" [2, 2, 2] = %35 slope 0x1p-1\n"
    "output %27 %28 %29 %36\n"
    "data\n"
    "0000803f000000400000803f0000404000000000\n";

static bool read_text(TtfsIr *ir, const char *text, TtfsDiag *diag) {
    return ttfs_ir_read(ir, "sample.txt", text, strlen(text), diag);
}

static void test_fixed_point(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsBuf text = {0};
    assert_true(read_text(&ir, sample, &diag));
    assert_string_equal(ttfs_ir_tensor(&ir, (TtfsTensor){2})->name, "k \"q\"");
    assert_true(ttfs_ir_tensor(&ir, (TtfsTensor){2})->data[3] == 4.0f);
    assert_true(ttfs_ir_tensor(&ir, (TtfsTensor){2})->quantum[0] == 0.5f);
    assert_true(ttfs_ir_print(&ir, NULL, &text, &diag));
    assert_string_equal(text.text, sample);
    ttfs_buf_free(&text);
    ttfs_ir_free(&ir);
}

static void test_operations(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsBuf text = {0};
    if (!read_text(&ir, operations, &diag)) fail_msg("%s", diag.messages.at[0].what);
    bool seen[TTFS_OP_COUNT] = {0};
    for (uint32_t i = 0; i < ir.nodes.len; i++) seen[ir.nodes.at[i].op] = true;
    for (uint32_t op = 0; op < TTFS_OP_COUNT; op++)
        if (!seen[op])
            assert_non_null(
                strstr("conv relu maxpool batchnorm transpose", ttfs_op_name((TtfsOp)op)));
    assert_int_equal(ir.outputs.len, 4);
    assert_int_equal(ir.output.i, 27);
    assert_true(ttfs_ir_print(&ir, NULL, &text, &diag));
    assert_string_equal(text.text, operations);
    ir.outputs.at[0].i = 28;
    assert_false(ttfs_ir_check(&ir, "x", &diag));
    ttfs_buf_free(&text);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

static void test_blob_file(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir, again;
    TtfsBuf text = {0}, second = {0};
    char dir[] = "/tmp/ttfs-ir-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *blob = ttfs_path_join(&diag.arena, dir, "net.bin");
    char *file = ttfs_path_join(&diag.arena, dir, "net.txt");
    assert_true(read_text(&ir, sample, &diag));
    assert_true(ttfs_ir_print(&ir, blob, &text, &diag));
    assert_true(ttfs_ir_read(&again, file, text.text, text.len, &diag));
    assert_true(ttfs_ir_print(&again, blob, &second, &diag));
    assert_string_equal(text.text, second.text);
    ttfs_ir_free(&again);
    float other[11] = {0}; /* the blob is damaged: its hash says so */
    assert_true(ttfs_file_write(blob, other, sizeof other, &diag));
    assert_int_equal(diag.errors, 0);
    assert_false(ttfs_ir_read(&again, file, text.text, text.len, &diag));
    assert_int_equal(diag.messages.at[0].code, TTFS_TEXT_RANGE);
    assert_true(strstr(diag.messages.at[0].what, "another size or SHA-256") != NULL);
    assert_string_equal(diag.messages.at[0].where, blob);
    assert_true(ttfs_file_write(blob, other, sizeof other - 4, &diag)); /* shorter */
    assert_false(ttfs_ir_read(&again, file, text.text, text.len, &diag));
    assert_true(strstr(diag.messages.at[1].what, "another size or SHA-256") != NULL);
    assert_int_equal(unlink(blob), 0);
    assert_false(ttfs_ir_read(&again, file, text.text, text.len, &diag));
    assert_int_equal(diag.messages.at[2].code, TTFS_FILE_OPEN);
    char *elsewhere = strstr(text.text, "net.bin"); /* in another folder */
    assert_non_null(elsewhere);
    memcpy(elsewhere, "a/n.bin", 7);
    assert_false(ttfs_ir_read(&again, file, text.text, text.len, &diag));
    assert_string_equal(diag.messages.at[3].what, "the blob 'a/n.bin' must lie beside the text");
    assert_int_equal(diag.errors, 4);
    assert_true(ttfs_remove_tree(dir, &diag));
    ttfs_buf_free(&text);
    ttfs_buf_free(&second);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

/* The text with one place changed is refused with that code. */
static void refused_in(const char *base, const char *from, const char *to, TtfsCode code) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsBuf text = {0};
    const char *at = strstr(base, from);
    assert_non_null(at);
    ttfs_buf_bytes(&text, base, (size_t)(at - base));
    ttfs_buf_puts(&text, to);
    ttfs_buf_puts(&text, at + strlen(from));
    bool ok = read_text(&ir, text.text, &diag);
    if (ok || diag.messages.at[0].code != code)
        fail_msg("'%s' for '%s': %s", to, from, ok ? "taken" : diag.messages.at[0].what);
    assert_null(ir.tensors.at);
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
}

static void expect_refusal(const char *from, const char *to, TtfsCode code) {
    refused_in(sample, from, to, code);
}

static void test_operation_refusals(void **state) {
    (void)state;
    const char *o = operations;
    refused_in(o, "[2, 1] at", "[1, 2] at", TTFS_ONNX_SHAPE);
    refused_in(o, "= %8 slope", "= %8 %8 slope", TTFS_ONNX_SHAPE);
    refused_in(o, "slope 0x1p-3", "slope nan", TTFS_TEXT_RANGE);
    refused_in(o, "= %9 %2", "= %3 %2", TTFS_ONNX_SHAPE); /* the slope is larger than the input */
    refused_in(o, "lo 0x0p+0 hi 0x1.8p+2", "lo 0x1p+3 hi 0x1.8p+2", TTFS_ONNX_SHAPE);
    refused_in(o, "integer 1", "integer 2", TTFS_TEXT_RANGE);
    refused_in(o, "pad 0 0 0 0\n", "pad 2 0 0 0\n", TTFS_ONNX_SHAPE);
    refused_in(o, "dilation 1 1 pad 0 0 0 0\n", "dilation 5 1 pad 1 0 1 0\n", TTFS_ONNX_SHAPE);
    refused_in(o, "axis 2\nslice", "axis 4\nslice", TTFS_ONNX_SHAPE);
    refused_in(o, "= %17 %17 %17", "= %17 %17 %16", TTFS_ONNX_SHAPE);
    refused_in(o, "= %17 %17 %17", "=", TTFS_ONNX_SHAPE);
    refused_in(o, "= %17 %17 %17", "= %17 %17 %17 %17 %17 %17 %17 %17 %17", TTFS_TEXT_RANGE);
    refused_in(o, "step 1 1 -3 1", "step 1 1 -6 1", TTFS_ONNX_SHAPE);
    refused_in(o, "step 1 1 -3 1", "step 1 1 0 1", TTFS_ONNX_SHAPE);
    refused_in(o, "first 0 0 5 0", "first 0 0 6 0", TTFS_ONNX_SHAPE);
    refused_in(o, "before 0 0 1 -1", "before 0 0 1 -2", TTFS_ONNX_SHAPE);
    refused_in(o, "after 0 0 1 0", "after 0 0 2147483647 0", TTFS_ONNX_SHAPE);
    refused_in(o, "k 3 largest", "k 5 largest", TTFS_ONNX_SHAPE);
    refused_in(o, "k 3 largest", "k 0 largest", TTFS_ONNX_SHAPE);
    refused_in(o, "k 3 largest", "k 2 largest", TTFS_IR_CHECK);
    refused_in(o, "= %21 %14", "= %14 %21", TTFS_ONNX_SHAPE);
    refused_in(o, "output %27 %28", "output %27 %2", TTFS_IR_CHECK);
    refused_in(o, "output %27 %28", "output %27 %37", TTFS_TEXT_RANGE);
}

static void test_refusals(void **state) {
    (void)state;
    expect_refusal("ttfs-ir 1", "ttfs-ir 2", TTFS_TEXT_RANGE);
    expect_refusal("inline 11", "inline 4000000000", TTFS_TEXT_RANGE);
    expect_refusal("tensors 7", "tensors 2000000000", TTFS_TEXT_RANGE);
    expect_refusal("tensors 7", "tensors 8", TTFS_TEXT_RANGE);
    expect_refusal("[1, 1, 4, 4]", "[1, 1, 0, 4]", TTFS_TEXT_RANGE);
    expect_refusal("[1, 1, 4, 4]", "[1, 70000, 70000]", TTFS_TEXT_RANGE);
    expect_refusal("[1, 1, 4, 4]", "[1, 1, 1, 1, 1, 1, 1]", TTFS_TEXT_RANGE);
    expect_refusal("[1, 1, 4, 4]", "[2, 1, 2, 4]", TTFS_IR_CHECK);
    expect_refusal("at 6", "at 11", TTFS_TEXT_RANGE);
    expect_refusal("step 2 2 at 4", "step 2 2 at 10", TTFS_TEXT_RANGE);
    expect_refusal("step 2 2 at 4", "step 2 0 at 4", TTFS_TEXT_RANGE);
    expect_refusal("step 2 2 at 4", "step 2 2", TTFS_TEXT_SYNTAX);
    expect_refusal("step 2 2 at 4", "step 0 2 at 4", TTFS_IR_CHECK);
    expect_refusal("step 2 2 at 4", "step 7 2 at 4", TTFS_TEXT_RANGE);
    expect_refusal("step 2 2 at 4", "step 2 2 at 6", TTFS_IR_CHECK);       /* a quantum below 0 */
    expect_refusal("0000004000004040", "0000104000004040", TTFS_IR_CHECK); /* 2.25 halves */
    expect_refusal("%6 \"perm\"", "%5 \"perm\"", TTFS_TEXT_RANGE);
    expect_refusal("relu \"relu1\"", "gelu \"relu1\"", TTFS_TEXT_SYNTAX);
    expect_refusal("= %4", "= %7", TTFS_IR_CHECK);
    expect_refusal("= %4", "= %4 %4", TTFS_ONNX_SHAPE);
    expect_refusal("= %4", "=", TTFS_ONNX_SHAPE);
    expect_refusal("perm 3 2 1 0", "perm 3 2 1 1", TTFS_ONNX_SHAPE);
    expect_refusal("stride 2 2", "stride 0 2", TTFS_ONNX_SHAPE);
    expect_refusal("stride 2 2", "stride 1 2", TTFS_IR_CHECK);
    expect_refusal("kernel 2 2", "kernel 2 3", TTFS_ONNX_SHAPE);
    expect_refusal("pad 0 0", "pad 2000000000 0", TTFS_ONNX_SHAPE);
    expect_refusal("group 1", "group 0", TTFS_ONNX_SHAPE);
    expect_refusal("output %7", "output %8", TTFS_TEXT_RANGE);
    expect_refusal("output %7", "output %2", TTFS_IR_CHECK);
    expect_refusal("0000803f", "0000807f", TTFS_MODEL_VALUE);
    expect_refusal("0000803f", "00x0807f", TTFS_TEXT_SYNTAX);
    expect_refusal("80bf", "80bf\n\nmore", TTFS_TEXT_SYNTAX);
}

static void test_all_faults(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    assert_true(read_text(&ir, sample, &diag));
    ir.nodes.at[0].attr.stride[0] = 1;
    ir.nodes.at[2].in[0].i = 99;
    ir.output.i = 0;
    assert_false(ttfs_ir_check(&ir, "x", &diag));
    assert_int_equal(diag.errors, 3);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

static void test_any_text(void **state) {
    (void)state;
    size_t n = strlen(sample);
    char *copy = malloc(n + 1);
    TtfsRng rng = ttfs_rng(1);
    for (size_t round = 0; round < n + 4000; round++) {
        TtfsDiag diag = {0};
        TtfsIr ir;
        memcpy(copy, sample, n + 1);
        size_t length = round < n ? round : n;
        for (uint32_t k = 0; round >= n && k < 1 + round % 3; k++)
            copy[ttfs_rng_below(&rng, (uint32_t)n)] = (char)(32 + ttfs_rng_below(&rng, 95));
        if (ttfs_ir_read(&ir, "x", copy, length, &diag)) {
            TtfsBuf text = {0};
            assert_true(ttfs_ir_print(&ir, NULL, &text, &diag));
            ttfs_buf_free(&text);
            ttfs_ir_free(&ir);
        } else {
            assert_true(diag.errors > 0);
        }
        ttfs_diag_free(&diag);
    }
    free(copy);
}

static TtfsTensor add(TtfsIr *ir, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.name = "t", .rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    return ttfs_ir_add_tensor(ir, &t);
}

static void test_shapes(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir = {0};
    TtfsTensorInfo out = {0};
    TtfsNode pool = {.op = TTFS_OP_MAXPOOL, .name = "p", .n_in = 1, .attr = ttfs_ir_attr()};
    pool.in[0] = add(&ir, 4, (uint32_t[]){1, 3, 7, 8});
    pool.attr.kernel[0] = pool.attr.kernel[1] = 3;
    pool.attr.stride[0] = pool.attr.stride[1] = 2;
    pool.attr.pad[0] = 1;
    assert_true(ttfs_ir_infer(&ir, &pool, &out, NULL, &diag));
    assert_int_equal(out.dim[2], 3); /* floor((7 + 1 - 3) / 2) + 1 */
    assert_int_equal(out.dim[3], 3);
    pool.attr.pad[0] = 3; /* a patch of padding alone */
    assert_false(ttfs_ir_infer(&ir, &pool, &out, NULL, &diag));
    TtfsNode gemm = {.op = TTFS_OP_GEMM, .name = "g", .n_in = 3, .attr = ttfs_ir_attr()};
    gemm.in[0] = add(&ir, 2, (uint32_t[]){5, 1});
    gemm.in[1] = add(&ir, 2, (uint32_t[]){5, 4});
    gemm.in[2] = add(&ir, 1, (uint32_t[]){4});
    gemm.attr.trans_a = true;
    assert_true(ttfs_ir_infer(&ir, &gemm, &out, NULL, &diag));
    assert_int_equal(out.dim[0], 1);
    assert_int_equal(out.dim[1], 4);
    gemm.attr.trans_b = true;
    assert_false(ttfs_ir_infer(&ir, &gemm, &out, NULL, &diag));
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

/* Of everything that spikes a rate can be asked: counters are kept. */
static void test_counters(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsCalib c;
    uint32_t kept = 0;
    assert_true(read_text(&ir, operations, &diag));
    ttfs_calib_init(&c, &ir);
    for (uint32_t i = 0; i < ir.nodes.len; i++) {
        TtfsOp op = ir.nodes.at[i].op;
        bool spikes = op == TTFS_OP_RELU || op == TTFS_OP_QUANT || op == TTFS_OP_CLIP ||
                      op == TTFS_OP_MAXPOOL || op == TTFS_OP_MINPOOL;
        assert_int_equal(c.stat[ir.nodes.at[i].out.i - 1].binned, spikes);
        kept += spikes;
    }
    assert_true(kept >= 2);
    ttfs_calib_free(&c);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

/* Values are counted where they lie, with their squares, whichever thread saw a sample. */
static void test_places(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsCalib c[2];
    assert_true(read_text(&ir, sample, &diag));
    const TtfsTensorInfo *t = ttfs_ir_tensor(&ir, ir.input);
    TtfsTensor in = ir.input;
    assert_int_equal(t->rank, 4);
    uint32_t h = t->dim[2], w = t->dim[3], n = (uint32_t)ttfs_ir_count(t);
    float *v = TTFS_ARRAY(&ir.arena, float, n);
    for (int i = 0; i < 2; i++) ttfs_calib_init(&c[i], &ir);
    for (uint32_t k = 0; k < 4; k++) {
        for (uint32_t i = 0; i < n; i++) v[i] = i / w % h == 0 && k % 2 ? 3.0f : 0.25f;
        ttfs_calib_add(&c[k / 2], in, v, n);
    }
    ttfs_calib_merge(&c[0], &c[1]);
    const TtfsPlaceStat *p = &c[0].stat[in.i - 1].places;
    assert_int_equal(p->samples, 4);
    assert_int_equal(p->rows, h < TTFS_PLACE_BANDS ? h : TTFS_PLACE_BANDS);
    uint32_t all = p->rows * p->cols, line = n / h;
    TtfsPlaceCount of = ttfs_calib_place(&c[0], in, all, 1);
    assert_true(of.mean == line / 2.0 && of.deviation == line / 2.0);
    of = ttfs_calib_place(&c[0], in, all, 0.25f);
    assert_true(of.mean == n && of.deviation == 0);
    of = ttfs_calib_place(&c[0], in, all - 1, 1);
    assert_true(of.mean == 0 && of.deviation == 0);
    double top = 0;
    for (uint32_t i = 0; i < p->cols; i++) top += ttfs_calib_place(&c[0], in, i, 2).mean;
    assert_true(top == line / 2.0);
    for (int i = 0; i < 2; i++) ttfs_calib_free(&c[i]);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
}

static void test_calibration(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsCalib c;
    float values[16];
    TtfsTensor r = {5};
    assert_true(read_text(&ir, sample, &diag));
    ttfs_calib_init(&c, &ir);
    assert_int_equal(c.samples, 0);
    assert_false(c.stat[3].binned);
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < 4; k++) values[k] = k == 3 ? -1.0f : (float)(4 * i + k + 1);
        ttfs_calib_add(&c, r, values, 4);
        ttfs_calib_add(&c, ir.input, values, 4);
    }
    assert_int_equal(c.samples, 1000);
    assert_int_equal(c.stat[4].count, 4000);
    assert_int_equal(c.stat[4].positive, 3000);
    assert_true(c.stat[4].min == -1.0f && c.stat[4].max == 3999.0f);
    assert_true(ttfs_calib_percentile(&c, r, 1) == 3999.0f);
    float half = ttfs_calib_percentile(&c, r, 0.5);
    assert_true(half >= 2000.0f && half <= 2000.0f * (1 + 2.0f / 256));
    assert_true(ttfs_calib_percentile(&c, r, 0.9999) <= 3999.0f);
    double share = ttfs_calib_share_from(&c, r, 2000.0f);
    assert_true(fabs(share - 0.375) < 0.01);
    ttfs_calib_free(&c);
    ttfs_ir_free(&ir);
}

static void same_stat(const TtfsTensorStat *a, const TtfsTensorStat *b) {
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->positive, b->positive);
    assert_true(a->count == 0 || (a->min == b->min && a->max == b->max));
    assert_int_equal(a->bins != NULL, b->bins != NULL);
    if (a->bins) assert_memory_equal(a->bins, b->bins, TTFS_HIST_BINS * sizeof *a->bins);
}

/* What threads have seen, in whatever order, is what one would have: also of those that saw
 * nothing, one value, nothing above 0, the least or the most of all. */
static void calibrations_merge(void **state) {
    (void)state;
    enum { PARTS = 5 }; /* the last one sees nothing */
    static const struct {
        uint32_t part, n;
        float values[4];
    } seen[] = {{0, 1, {-100}},           {1, 4, {1, 2, 3, 4}},        {2, 4, {-7, 5, 0.5f, 0.5f}},
                {1, 4, {9, 9, 0, 0.25f}}, {2, 4, {0.5f, 1, 1, 0.75f}}, {3, 1, {100}},
                {1, 4, {-1, 30, 2, 2}}};
    TtfsTensor r = {5};
    TtfsDiag diag = {0};
    TtfsIr ir;
    assert_true(read_text(&ir, sample, &diag));
    for (uint32_t order = 0; order < PARTS; order++) {
        TtfsCalib whole, all, part[PARTS];
        ttfs_calib_init(&whole, &ir);
        ttfs_calib_init(&all, &ir);
        for (uint32_t p = 0; p < PARTS; p++) ttfs_calib_init(&part[p], &ir);
        for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
            for (int both = 0; both < 2; both++) {
                TtfsCalib *c = both ? &whole : &part[seen[i].part];
                ttfs_calib_add(c, r, seen[i].values, seen[i].n);
                ttfs_calib_add(c, ir.input, seen[i].values, seen[i].n);
            }
        for (uint32_t p = 0; p < PARTS; p++) ttfs_calib_merge(&all, &part[(p + order) % PARTS]);
        assert_int_equal(all.samples, whole.samples);
        for (uint32_t t = 0; t < whole.tensors; t++) same_stat(&all.stat[t], &whole.stat[t]);
        for (uint32_t p = 0; p < PARTS; p++) ttfs_calib_free(&part[p]);
        ttfs_calib_free(&whole);
        ttfs_calib_free(&all);
    }
    ttfs_ir_free(&ir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_point),   cmocka_unit_test(test_blob_file),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_all_faults),
        cmocka_unit_test(test_any_text),      cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_counters),      cmocka_unit_test(test_calibration),
        cmocka_unit_test(calibrations_merge), cmocka_unit_test(test_places),
        cmocka_unit_test(test_operations),    cmocka_unit_test(test_operation_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
