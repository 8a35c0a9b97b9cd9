/* SPDX-License-Identifier: Apache-2.0
 *
 * IR -> text, one tensor or node a line:
 *
 *     ttfs-ir 1
 *     blob inline 76                           or: blob "net.bin" 76 sha256 "..."
 *     tensors 4
 *     input %1 "input" [1, 1, 8, 8]
 *     const %2 "conv1.weight" [8, 1, 3, 3] at 0
 *     conv "conv1" %4 "c1" [1, 8, 8, 8] = %1 %2 kernel 3 3 stride 1 1 ... group 1
 *     output %4
 *     data                                     only with an inline blob
 *     0000803f...
 *
 * Constants lie in the blob in the order of their ids, float32, little endian (as the hosts are
 * that ttfs runs on); sizes and places count floats. Floats in attributes are C hexadecimal floats,
 * so reading and printing again gives the same text.
 */
#include "ir.h"

#include <string.h>

static void print_shaped(const TtfsIr *ir, TtfsTensor id, TtfsBuf *out) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, id);
    ttfs_buf_printf(out, " %%%u ", id.i);
    ttfs_buf_quoted(out, t->name);
    ttfs_buf_puts(out, " [");
    for (uint32_t i = 0; i < t->rank; i++) ttfs_buf_printf(out, "%s%u", i ? ", " : "", t->dim[i]);
    ttfs_buf_puts(out, "]");
}

static void print_attributes(const TtfsIr *ir, const TtfsNode *n, TtfsBuf *out) {
    const TtfsIrAttr *a = &n->attr;
    uint32_t has = ttfs_op_info(n->op)->attrs;
    if (has & TTFS_ATTR_WINDOW)
        ttfs_buf_printf(out, " kernel %u %u stride %u %u dilation %u %u pad %u %u %u %u",
                        a->kernel[0], a->kernel[1], a->stride[0], a->stride[1], a->dilation[0],
                        a->dilation[1], a->pad[0], a->pad[1], a->pad[2], a->pad[3]);
    if (has & TTFS_ATTR_GROUP) ttfs_buf_printf(out, " group %u", a->group);
    if (has & TTFS_ATTR_GEMM)
        ttfs_buf_printf(out, " alpha %a beta %a trans_a %u trans_b %u", (double)a->alpha,
                        (double)a->beta, (unsigned)a->trans_a, (unsigned)a->trans_b);
    if (has & TTFS_ATTR_EPSILON) ttfs_buf_printf(out, " epsilon %a", (double)a->epsilon);
    if (has & TTFS_ATTR_AXIS) ttfs_buf_printf(out, " axis %u", a->axis);
    if (has & TTFS_ATTR_PERM) {
        ttfs_buf_puts(out, " perm");
        for (uint32_t i = 0; i < ttfs_ir_tensor(ir, n->in[0])->rank; i++)
            ttfs_buf_printf(out, " %u", a->perm[i]);
    }
}

static void print_node(const TtfsIr *ir, const TtfsNode *n, TtfsBuf *out) {
    ttfs_buf_printf(out, "%s ", ttfs_op_name(n->op));
    ttfs_buf_quoted(out, n->name);
    print_shaped(ir, n->out, out);
    ttfs_buf_puts(out, " =");
    for (uint32_t i = 0; i < n->n_in; i++) ttfs_buf_printf(out, " %%%u", n->in[i].i);
    print_attributes(ir, n, out);
    ttfs_buf_puts(out, "\n");
}

/* Number of floats of all constants, in the order of ids; copied to `blob` when it is given. */
static uint64_t gather(const TtfsIr *ir, float *blob) {
    uint64_t at = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        const TtfsTensorInfo *t = &ir->tensors.at[i];
        if (!t->data) continue;
        if (blob) memcpy(blob + at, t->data, ttfs_ir_count(t) * sizeof *blob);
        at += ttfs_ir_count(t);
    }
    return at;
}

static void print_lines(const TtfsIr *ir, TtfsBuf *out) {
    ttfs_buf_printf(out, "tensors %u\ninput", ir->tensors.len);
    print_shaped(ir, ir->input, out);
    ttfs_buf_puts(out, "\n");
    uint64_t at = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        if (!ir->tensors.at[i].data) continue;
        ttfs_buf_puts(out, "const");
        print_shaped(ir, (TtfsTensor){i + 1}, out);
        ttfs_buf_printf(out, " at %llu\n", (unsigned long long)at);
        at += ttfs_ir_count(&ir->tensors.at[i]);
    }
    for (uint32_t i = 0; i < ir->nodes.len; i++) print_node(ir, &ir->nodes.at[i], out);
    ttfs_buf_printf(out, "output %%%u\n", ir->output.i);
}

bool ttfs_ir_print(const TtfsIr *ir, const char *blob_path, TtfsBuf *out, TtfsDiag *diag) {
    TtfsArena scratch = {0};
    uint64_t floats = gather(ir, NULL);
    float *blob = TTFS_ARRAY(&scratch, float, floats);
    gather(ir, blob);
    bool ok = true;
    ttfs_buf_puts(out, "ttfs-ir 1\nblob ");
    if (blob_path) {
        char hex[65];
        ttfs_sha256_of(blob, floats * sizeof *blob, hex);
        ok = ttfs_file_write(blob_path, blob, floats * sizeof *blob, diag);
        ttfs_buf_quoted(out, ttfs_path_base(blob_path));
        ttfs_buf_printf(out, " %llu sha256 \"%s\"\n", (unsigned long long)floats, hex);
    } else {
        ttfs_buf_printf(out, "inline %llu\n", (unsigned long long)floats);
    }
    print_lines(ir, out);
    if (!blob_path) {
        ttfs_buf_puts(out, "data\n");
        ttfs_buf_hex(out, blob, floats * sizeof *blob);
    }
    ttfs_arena_free(&scratch);
    return ok;
}
