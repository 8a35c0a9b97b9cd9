/* SPDX-License-Identifier: Apache-2.0
 *
 * Models. What is refused must come with a message; what is taken must pass the checker, print and
 * read back to the same text and, when it is small, run in the relu engine and go on to the
 * canonical form, which must be refused with a message or pass its own checkers.
 * Memory: the importer allocates at most 100 times the bytes of the model plus 32 MiB
 * (protobuf-c's budget of 64, folded constants of 16, text of the messages); the malloc limit of
 * the search (fuzz.sh) enforces it.
 */
#define _XOPEN_SOURCE 700 /* symlink */
#include "fuzz.h"
#include "ir_to_ir.h"
#include "net.h"
#include "nir_to_ir.h"
#include "onnx_to_ir.h"
#include "relu.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_WORK = 1 << 20 };

/* Multiplications and moves that one run takes, more or less. */
static uint64_t work(const TtfsIr *ir) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ir->nodes.len && sum < MOST_WORK; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        const TtfsTensorInfo *last = ttfs_ir_tensor(ir, n->in[n->n_in > 1]);
        uint64_t out = ttfs_ir_count(ttfs_ir_tensor(ir, n->out)), each = 1;
        if (n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM || n->op == TTFS_OP_MATMUL)
            each += ttfs_ir_count(last);
        if (ttfs_op_info(n->op)->attrs & TTFS_ATTR_PATCH)
            each += (uint64_t)n->attr.kernel[0] * n->attr.kernel[1];
        sum += ttfs_ir_count(ttfs_ir_tensor(ir, n->in[0])) +
               out * (each < MOST_WORK ? each : MOST_WORK);
    }
    return sum;
}

static void canonical(const TtfsIr *ir) {
    TtfsDiag diag = {0};
    TtfsIr form;
    if (fuzz_said(ttfs_ir_canonical(ir, &form, "model", &diag), &diag)) {
        TtfsNet net = {0};
        fuzz_expect(fuzz_said(ttfs_ir_check(&form, "model", &diag), &diag),
                    "a canonical form that the checker refuses");
        fuzz_expect(fuzz_said(ttfs_net_of(&form, "model", &net, &diag), &diag),
                    "a canonical form that has no layers");
        ttfs_net_free(&net);
        ttfs_ir_free(&form);
    }
}

static void run(const TtfsIr *ir) {
    TtfsArena a = {0};
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    if (n >= MOST_WORK || work(ir) >= MOST_WORK) return;
    float *x = TTFS_ARRAY(&a, float, n);
    for (uint64_t i = 0; i < n; i++) x[i] = (float)(i % 7) - 3.0f;
    TtfsRelu *r = ttfs_relu_open(ir);
    ttfs_relu_run(r, x);
    ttfs_relu_close(r);
    ttfs_arena_free(&a);
    canonical(ir);
}

static void taken(const TtfsIr *ir) {
    TtfsDiag diag = {0};
    TtfsBuf text = {0}, again = {0};
    TtfsIr copy;
    fuzz_expect(fuzz_said(ttfs_ir_check(ir, "model", &diag), &diag),
                "an import that the checker refuses");
    fuzz_expect(fuzz_said(ttfs_ir_print(ir, NULL, &text, &diag), &diag),
                "an import that does not print");
    fuzz_expect(fuzz_said(ttfs_ir_read(&copy, "model", text.text, text.len, &diag), &diag),
                "a text that does not read");
    ttfs_ir_print(&copy, NULL, &again, &diag);
    fuzz_said(true, &diag);
    fuzz_same(&text, &again, "a model's text changes when it is read");
    ttfs_ir_free(&copy);
    run(ir);
}

/* A model alone, packed by gzip or not; a fixed batch is taken of every other. */
bool fuzz_onnx(const uint8_t *bytes, size_t n) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsOnnxOptions options = {.keep_batch = n % 2 == 1};
    bool ok = ttfs_onnx_import_bytes("/nonexistent/model.onnx", bytes, n, &options, &ir, &diag);
    if (ok) taken(&ir);
    ttfs_ir_free(&ir);
    return fuzz_said(ok, &diag);
}

/* Where the link of the model's folder leads: what stands in the part, in this folder or one that
 * is beside it. */
static void make_link(const uint8_t *bytes, size_t n) {
    char target[64] = {0};
    FuzzPart p = fuzz_part(bytes, n, "link.bin");
    const char *path = fuzz_path("model/link.bin");
    unlink(path);
    if (!p.at || p.n == 0 || p.n >= sizeof target || p.at[0] == '/') return;
    memcpy(target, p.at, p.n);
    if (symlink(target, path) != 0) return;
}

/* A model in a folder, with files of its data: plain ones, one in a folder, one behind a link, one
 * that is in another folder. */
bool fuzz_onnx_files(const uint8_t *bytes, size_t n) {
    static const char *const parts[] = {"net.onnx", "w.bin", "sub/w.bin"};
    mkdir(fuzz_path("model"), 0700);
    mkdir(fuzz_path("model/sub"), 0700);
    for (int i = 0; i < 3; i++) fuzz_part_file(bytes, n, "model", parts[i]);
    fuzz_file("outside.bin", "0123456789abcdef", 16);
    make_link(bytes, n);
    TtfsDiag diag = {0};
    TtfsIr ir;
    bool ok = ttfs_onnx_to_ir(fuzz_path("model/net.onnx"), &ir, &diag);
    if (ok) taken(&ir);
    ttfs_ir_free(&ir);
    return fuzz_said(ok, &diag);
}

/* A NIR file. Every other has its input's shape from outside. */
bool fuzz_nir(const uint8_t *bytes, size_t n) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsBudget budget;
    TtfsNirOptions options = {.budget = &budget, .memory = 16 << 20};
    if (n % 2) options.rank = 3, options.dim[0] = 1, options.dim[1] = options.dim[2] = 5;
    bool ok = ttfs_nir_import_bytes("model.nir", bytes, n, &options, &ir, &diag);
    if (ok) taken(&ir);
    ttfs_ir_free(&ir);
    return fuzz_said(ok, &diag);
}
