/* SPDX-License-Identifier: Apache-2.0
 *
 * What the relu engine gives for a model as it is imported, softmax and all. Arguments: MODEL IN
 * OUT. IN: float32 values of samples, one behind the other; OUT: all outputs of each sample, in the
 * model's order. Exit 3: the model is refused, with the reasons on standard error.
 */
#include "onnx_to_ir.h"
#include "relu.h"

#include <stdio.h>

static int refused(TtfsDiag *diag, int code) {
    TtfsBuf said = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &said);
    fputs(ttfs_buf_text(&said), stderr);
    ttfs_buf_free(&said);
    ttfs_diag_free(diag);
    return code;
}

static void run(const TtfsIr *ir, const TtfsFile *in, TtfsBuf *out) {
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    TtfsRelu *r = ttfs_relu_open(ir);
    const float *x = (const float *)(const void *)in->bytes;
    for (uint64_t i = 0; i + n <= in->size / sizeof *x; i += n) {
        ttfs_relu_run(r, x + i);
        for (uint32_t o = 0; o < ttfs_ir_outputs(ir); o++)
            ttfs_buf_bytes(out, ttfs_relu_output(r, o),
                           ttfs_ir_count(ttfs_ir_tensor(ir, ttfs_ir_output(ir, o))) * sizeof *x);
    }
    ttfs_relu_close(r);
}

int main(int argc, char **argv) {
    TtfsDiag diag = {0};
    TtfsIr ir = {0};
    TtfsFile in;
    TtfsBuf out = {0};
    if (argc != 4) {
        fputs("relu_outputs MODEL IN OUT\n", stderr);
        return 2;
    }
    if (!ttfs_onnx_to_ir(argv[1], &ir, &diag)) return refused(&diag, 3);
    if (!ttfs_file_open(&in, argv[2], (size_t)1 << 34, &diag)) return refused(&diag, 1);
    run(&ir, &in, &out);
    bool ok = ttfs_file_write(argv[3], ttfs_buf_text(&out), out.len, &diag);
    ttfs_file_close(&in);
    ttfs_buf_free(&out);
    ttfs_ir_free(&ir);
    return refused(&diag, ok ? 0 : 1);
}
