/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of the importer. In: the bytes of a model; out: nothing, or an abort. What is refused
 * must come with a message; what is taken must pass the checker, print and read back to the same
 * text, and run in the relu engine when it is small. Built with libFuzzer (meson option libfuzzer)
 * it searches; built without, its main replays the files and folders it is given. With
 * TTFS_FUZZ_CANONICAL small networks go on to the canonical form, which must be refused with a
 * message or pass the checker.
 * Memory: the importer allocates at most 100 times the bytes of the model plus 32 MiB
 * (protobuf-c's budget of 64, folded constants of 16, text of the messages); the malloc limit of
 * the search (fuzz.sh) enforces it.
 */
#include "ir_to_ir.h"
#include "onnx_to_ir.h"
#include "relu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { MOST_WORK = 1 << 20 };

static void expect(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fuzz_onnx: %s\n", what);
    abort();
}

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
#ifdef TTFS_FUZZ_CANONICAL
    TtfsDiag diag = {0};
    TtfsIr canonical;
    bool ok = ttfs_ir_canonical(ir, &canonical, "model", &diag);
    expect(ok == (diag.errors == 0), "a refused form without a message, or a form with one");
    if (ok) expect(ttfs_ir_check(&canonical, "model", &diag), "a form that the checker refuses");
    if (ok) ttfs_ir_free(&canonical);
    ttfs_diag_free(&diag);
#endif
}

static void taken(const TtfsIr *ir) {
    TtfsDiag diag = {0};
    TtfsBuf text = {0}, again = {0};
    TtfsIr copy;
    expect(ttfs_ir_check(ir, "model", &diag), "an import that the checker refuses");
    expect(ttfs_ir_print(ir, NULL, &text, &diag), "an import that does not print");
    expect(ttfs_ir_read(&copy, "model", text.text, text.len, &diag), "a text that does not read");
    expect(ttfs_ir_print(&copy, NULL, &again, &diag), "a copy that does not print");
    expect(strcmp(text.text, again.text) == 0, "a text that changes when it is read");
    run(ir);
    ttfs_buf_free(&text);
    ttfs_buf_free(&again);
    ttfs_ir_free(&copy);
    ttfs_diag_free(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsOnnxOptions options = {.keep_batch = n % 2 == 1};
    bool ok = ttfs_onnx_import_bytes("/nonexistent/model.onnx", bytes, n, &options, &ir, &diag);
    expect(ok == (diag.errors == 0), "a refusal without a message, or an import with one");
    if (ok) taken(&ir);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
    return 0;
}

#ifndef TTFS_LIBFUZZER
static uint32_t replay(const char *path) {
    TtfsDiag diag = {0};
    TtfsFile file;
    uint32_t count = 0;
    if (ttfs_is_folder(path)) {
        DIR *d = opendir(path);
        for (struct dirent *e; d && (e = readdir(d)) != NULL;)
            if (e->d_name[0] != '.') count += replay(ttfs_path_join(&diag.arena, path, e->d_name));
        if (d) closedir(d);
    } else if (ttfs_file_open(&file, path, 1 << 24, &diag)) {
        LLVMFuzzerTestOneInput(file.bytes, file.size);
        ttfs_file_close(&file);
        count = 1;
    }
    ttfs_diag_free(&diag);
    return count;
}

int main(int argc, char **argv) {
    uint32_t count = 0;
    for (int i = 1; i < argc; i++) count += replay(argv[i]);
    printf("%u models replayed\n", count);
    return count == 0;
}
#endif
