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
 * A constant on a grid has `step AXIS COUNT at PLACE`, its quanta, behind its own place. Constants,
 * each with its quanta behind it, lie in the blob in the order of their ids, float32, little endian
 * (as the hosts are that ttfs runs on); sizes and places count floats. Floats in attributes are C
 * hexadecimal floats, so reading and printing again gives the same text.
 */
#include "ir.h"

static void print_shaped(const TtfsIr *ir, TtfsTensor id, TtfsBuf *out) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, id);
    ttfs_buf_printf(out, " %%%u ", id.i);
    ttfs_buf_quoted(out, t->name);
    ttfs_buf_puts(out, " [");
    for (uint32_t i = 0; i < t->rank; i++) ttfs_buf_printf(out, "%s%u", i ? ", " : "", t->dim[i]);
    ttfs_buf_puts(out, "]");
}

static void print_u32s(const char *key, const uint32_t *v, uint32_t n, TtfsBuf *out) {
    ttfs_buf_printf(out, " %s", key);
    for (uint32_t i = 0; i < n; i++) ttfs_buf_printf(out, " %u", v[i]);
}

static void print_i32s(const char *key, const int32_t *v, uint32_t n, TtfsBuf *out) {
    ttfs_buf_printf(out, " %s", key);
    for (uint32_t i = 0; i < n; i++) ttfs_buf_printf(out, " %d", v[i]);
}

static void print_float(const char *key, float v, TtfsBuf *out) {
    ttfs_buf_printf(out, " %s %a", key, (double)v);
}

static void print_flag(const char *key, bool v, TtfsBuf *out) {
    ttfs_buf_printf(out, " %s %u", key, (unsigned)v);
}

/* Attributes of what computes; the order is that of the reader. */
static void print_layer(const TtfsNode *n, uint32_t has, TtfsBuf *out) {
    const TtfsIrAttr *a = &n->attr;
    if (has & TTFS_ATTR_PATCH) {
        print_u32s("kernel", a->kernel, 2, out);
        print_u32s("stride", a->stride, 2, out);
        print_u32s("dilation", a->dilation, 2, out);
        print_u32s("pad", a->pad, 4, out);
    }
    if (has & TTFS_ATTR_COUNT_PAD) print_flag("count_pad", a->count_pad, out);
    if (has & TTFS_ATTR_GROUP) print_u32s("group", &a->group, 1, out);
    if (has & TTFS_ATTR_GEMM) {
        print_float("alpha", a->alpha, out);
        print_float("beta", a->beta, out);
        print_flag("trans_a", a->trans_a, out);
        print_flag("trans_b", a->trans_b, out);
    }
    if (has & TTFS_ATTR_EPSILON) print_float("epsilon", a->epsilon, out);
    if (has & TTFS_ATTR_SLOPE) print_float("slope", a->slope, out);
    if (has & TTFS_ATTR_RANGE) {
        print_float("lo", a->lo, out);
        print_float("hi", a->hi, out);
    }
    if (has & TTFS_ATTR_INTEGER) print_flag("integer", a->integer, out);
}

/* Attributes of what moves or picks; lists have one entry an axis of the input. */
static void print_moves(const TtfsIr *ir, const TtfsNode *n, uint32_t has, TtfsBuf *out) {
    const TtfsIrAttr *a = &n->attr;
    uint32_t rank = ttfs_ir_tensor(ir, n->in[0])->rank;
    if (has & TTFS_ATTR_AXIS) print_u32s("axis", &a->axis, 1, out);
    if (has & TTFS_ATTR_PERM) print_u32s("perm", a->perm, rank, out);
    if (has & TTFS_ATTR_SLICE) {
        print_u32s("first", a->first, rank, out);
        print_u32s("count", a->count, rank, out);
        print_i32s("step", a->apart, rank, out);
    }
    if (has & TTFS_ATTR_PAD) {
        print_i32s("before", a->before, rank, out);
        print_i32s("after", a->after, rank, out);
        print_float("value", a->value, out);
    }
    if (has & TTFS_ATTR_LAST) print_flag("last", a->last, out);
    if (has & TTFS_ATTR_TOPK) {
        print_u32s("k", &a->k, 1, out);
        print_flag("largest", a->largest, out);
        print_flag("indices", a->indices, out);
    }
}

static void print_node(const TtfsIr *ir, const TtfsNode *n, TtfsBuf *out) {
    ttfs_buf_printf(out, "%s ", ttfs_op_name(n->op));
    ttfs_buf_quoted(out, n->name);
    print_shaped(ir, n->out, out);
    ttfs_buf_puts(out, " =");
    for (uint32_t i = 0; i < n->n_in; i++) ttfs_buf_printf(out, " %%%u", n->in[i].i);
    print_layer(n, ttfs_op_info(n->op)->attrs, out);
    print_moves(ir, n, ttfs_op_info(n->op)->attrs, out);
    ttfs_buf_puts(out, "\n");
}

/* Calls `put` with the constants in the order of ids, each with its quanta behind it; their number
 * of floats. */
static uint64_t walk_blob(const TtfsIr *ir, void (*put)(void *to, const void *bytes, size_t n),
                          void *to) {
    uint64_t floats = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        const TtfsTensorInfo *t = &ir->tensors.at[i];
        if (!t->data) continue;
        uint64_t n = ttfs_ir_count(t);
        if (put) put(to, t->data, n * sizeof *t->data);
        if (put && t->quanta) put(to, t->quantum, t->quanta * sizeof *t->quantum);
        floats += n + t->quanta;
    }
    return floats;
}

typedef struct {
    TtfsFileWriter file;
    TtfsSha256 hash;
} BlobFile;

static void put_file(void *to, const void *bytes, size_t n) {
    BlobFile *b = to;
    ttfs_sha256_add(&b->hash, bytes, n);
    ttfs_file_put(&b->file, bytes, n);
}

typedef struct {
    TtfsBuf *out;
    uint64_t at;
} HexLines;

static void put_hex(void *to, const void *bytes, size_t n) {
    HexLines *h = to;
    ttfs_buf_hex_part(h->out, bytes, n, &h->at);
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
        const TtfsTensorInfo *t = &ir->tensors.at[i];
        ttfs_buf_printf(out, " at %llu", (unsigned long long)at);
        at += ttfs_ir_count(t);
        if (t->quanta)
            ttfs_buf_printf(out, " step %u %u at %llu", t->quantum_axis, t->quanta,
                            (unsigned long long)at);
        ttfs_buf_puts(out, "\n");
        at += t->quanta;
    }
    for (uint32_t i = 0; i < ir->nodes.len; i++) print_node(ir, &ir->nodes.at[i], out);
    ttfs_buf_printf(out, "output %%%u", ir->output.i);
    for (uint32_t i = 1; i < ir->outputs.len; i++)
        ttfs_buf_printf(out, " %%%u", ir->outputs.at[i].i);
    ttfs_buf_puts(out, "\n");
}

bool ttfs_ir_print(const TtfsIr *ir, const char *blob_path, TtfsBuf *out, TtfsDiag *diag) {
    uint64_t floats = walk_blob(ir, NULL, NULL);
    bool ok = true;
    ttfs_buf_puts(out, "ttfs-ir 1\nblob ");
    if (blob_path) {
        char hex[65];
        BlobFile b;
        ttfs_sha256_init(&b.hash);
        ttfs_file_begin_fill(&b.file, blob_path);
        walk_blob(ir, put_file, &b);
        ok = ttfs_file_end(&b.file, diag);
        ttfs_sha256_hex(&b.hash, hex);
        ttfs_buf_quoted(out, ttfs_path_base(blob_path));
        ttfs_buf_printf(out, " %llu sha256 \"%s\"\n", (unsigned long long)floats, hex);
    } else {
        ttfs_buf_printf(out, "inline %llu\n", (unsigned long long)floats);
    }
    print_lines(ir, out);
    if (!blob_path) {
        HexLines lines = {out, 0};
        ttfs_buf_puts(out, "data\n");
        walk_blob(ir, put_hex, &lines);
        ttfs_buf_hex_end(out, lines.at);
    }
    return ok;
}
