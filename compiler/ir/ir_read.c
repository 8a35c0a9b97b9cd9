/* SPDX-License-Identifier: Apache-2.0
 *
 * Text -> IR (the syntax is in ir_print.c), then the checker. Any text is survived: counts are
 * bounded by the length of the text or of the blob's file before anything is allocated, ids are
 * tested, a tensor is given once.
 */
#include "ir.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    TtfsLex lex;
    TtfsIr *ir;
    size_t text_size;
    uint64_t floats;     /* of the blob */
    const char *blob;    /* base name of its file, NULL: inline */
    const char *sha256;  /* of the file */
    const float *values; /* the blob, NULL until read */
    uint64_t *place;     /* tensor id - 1: first float of a constant + 1, 0: no constant */
    uint64_t *quanta;    /* the same of its quanta */
    bool *given;         /* tensor id - 1 */
} Reader;

static bool read_blob_line(Reader *r) {
    TtfsLex *l = &r->lex;
    if (!ttfs_lex_expect(l, "blob")) return false;
    if (ttfs_lex_accept(l, "inline")) {
        if (!ttfs_lex_u64(l, r->text_size / 8, &r->floats)) return false;
        return ttfs_lex_eol(l);
    }
    return ttfs_lex_string(l, &r->ir->arena, &r->blob) && ttfs_lex_u64(l, UINT32_MAX, &r->floats) &&
           ttfs_lex_expect(l, "sha256") && ttfs_lex_string(l, &r->ir->arena, &r->sha256) &&
           ttfs_lex_eol(l);
}

static bool read_id(Reader *r, TtfsTensor *id) {
    TtfsLex *l = &r->lex;
    if (!ttfs_lex_expect(l, "%") || !ttfs_lex_u32(l, r->ir->tensors.len, &id->i)) return false;
    return id->i ? true : ttfs_lex_fail(l, TTFS_TEXT_RANGE, "tensors are numbered from 1");
}

static bool read_shape(Reader *r, TtfsTensorInfo *t) {
    TtfsLex *l = &r->lex;
    if (!ttfs_lex_expect(l, "[")) return false;
    while (!ttfs_lex_is(l, "]")) {
        if (t->rank == TTFS_MAX_RANK)
            return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "at most %d dimensions", TTFS_MAX_RANK);
        if (t->rank && !ttfs_lex_expect(l, ",")) return false;
        if (!ttfs_lex_u32(l, INT32_MAX, &t->dim[t->rank++])) return false;
    }
    if (ttfs_ir_count(t) == 0)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a shape with no elements, or too many");
    return ttfs_lex_expect(l, "]");
}

/* `%id "name" [dims]` of a tensor that was not given before. */
static bool read_tensor(Reader *r, TtfsTensor *id) {
    TtfsTensorInfo t = {0};
    if (!read_id(r, id)) return false;
    if (r->given[id->i - 1])
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE, "tensor %%%u is given twice", id->i);
    if (!ttfs_lex_string(&r->lex, &r->ir->arena, &t.name) || !read_shape(r, &t)) return false;
    r->given[id->i - 1] = true;
    *ttfs_ir_tensor(r->ir, *id) = t;
    return true;
}

/* `step AXIS COUNT at PLACE`, or nothing. */
static bool read_quanta(Reader *r, TtfsTensor id) {
    TtfsTensorInfo *t = ttfs_ir_tensor(r->ir, id);
    uint64_t at;
    if (!ttfs_lex_accept(&r->lex, "step")) return true;
    if (!ttfs_lex_u32(&r->lex, TTFS_MAX_RANK, &t->quantum_axis) ||
        !ttfs_lex_u32(&r->lex, INT32_MAX, &t->quanta) || !ttfs_lex_expect(&r->lex, "at") ||
        !ttfs_lex_u64(&r->lex, UINT32_MAX, &at))
        return false;
    if (t->quanta == 0 || at + t->quanta > r->floats)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE, "no steps, or steps beyond the blob");
    r->quanta[id.i - 1] = at + 1;
    return true;
}

static bool read_const(Reader *r) {
    TtfsTensor id;
    uint64_t at;
    if (!read_tensor(r, &id) || !ttfs_lex_expect(&r->lex, "at") ||
        !ttfs_lex_u64(&r->lex, UINT32_MAX, &at))
        return false;
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(r->ir, id));
    if (at + n > r->floats)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE, "the constant ends beyond the blob");
    r->place[id.i - 1] = at + 1;
    return read_quanta(r, id) && ttfs_lex_eol(&r->lex);
}

static bool read_u32s(TtfsLex *l, const char *key, uint32_t *out, uint32_t n) {
    if (!ttfs_lex_expect(l, key)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!ttfs_lex_u32(l, INT32_MAX, &out[i])) return false;
    return true;
}

static bool read_float(TtfsLex *l, const char *key, float *out) {
    double v;
    if (!ttfs_lex_expect(l, key) || !ttfs_lex_f64(l, &v)) return false;
    if (!(v >= -3.4028234663852886e38 && v <= 3.4028234663852886e38))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s is no finite float32", key);
    *out = (float)v;
    return true;
}

static bool read_flag(TtfsLex *l, const char *key, bool *out) {
    uint32_t v;
    if (!ttfs_lex_key_u32(l, key, 1, &v)) return false;
    *out = v == 1;
    return true;
}

static bool read_i32s(TtfsLex *l, const char *key, int32_t *out, uint32_t n) {
    if (!ttfs_lex_expect(l, key)) return false;
    for (uint32_t i = 0; i < n; i++) {
        int64_t v;
        if (!ttfs_lex_i64(l, -INT32_MAX, INT32_MAX, &v)) return false;
        out[i] = (int32_t)v;
    }
    return true;
}

static bool read_layer(TtfsLex *l, TtfsIrAttr *a, uint32_t has) {
    if (has & TTFS_ATTR_PATCH &&
        !(read_u32s(l, "kernel", a->kernel, 2) && read_u32s(l, "stride", a->stride, 2) &&
          read_u32s(l, "dilation", a->dilation, 2) && read_u32s(l, "pad", a->pad, 4)))
        return false;
    if (has & TTFS_ATTR_COUNT_PAD && !read_flag(l, "count_pad", &a->count_pad)) return false;
    if (has & TTFS_ATTR_GROUP && !read_u32s(l, "group", &a->group, 1)) return false;
    if (has & TTFS_ATTR_GEMM &&
        !(read_float(l, "alpha", &a->alpha) && read_float(l, "beta", &a->beta) &&
          read_flag(l, "trans_a", &a->trans_a) && read_flag(l, "trans_b", &a->trans_b)))
        return false;
    if (has & TTFS_ATTR_EPSILON && !read_float(l, "epsilon", &a->epsilon)) return false;
    if (has & TTFS_ATTR_SLOPE && !read_float(l, "slope", &a->slope)) return false;
    if (has & TTFS_ATTR_RANGE && !(read_float(l, "lo", &a->lo) && read_float(l, "hi", &a->hi)))
        return false;
    return !(has & TTFS_ATTR_INTEGER) || read_flag(l, "integer", &a->integer);
}

static bool read_moves(Reader *r, const TtfsNode *n, TtfsIrAttr *a, uint32_t has) {
    TtfsLex *l = &r->lex;
    uint32_t rank = n->n_in ? ttfs_ir_tensor(r->ir, n->in[0])->rank : 0;
    if (has & TTFS_ATTR_AXIS && !read_u32s(l, "axis", &a->axis, 1)) return false;
    if (has & TTFS_ATTR_PERM && !read_u32s(l, "perm", a->perm, rank)) return false;
    if (has & TTFS_ATTR_SLICE &&
        !(read_u32s(l, "first", a->first, rank) && read_u32s(l, "count", a->count, rank) &&
          read_i32s(l, "step", a->apart, rank)))
        return false;
    if (has & TTFS_ATTR_PAD &&
        !(read_i32s(l, "before", a->before, rank) && read_i32s(l, "after", a->after, rank) &&
          read_float(l, "value", &a->value)))
        return false;
    if (has & TTFS_ATTR_LAST && !read_flag(l, "last", &a->last)) return false;
    return !(has & TTFS_ATTR_TOPK) ||
           (read_u32s(l, "k", &a->k, 1) && read_flag(l, "largest", &a->largest) &&
            read_flag(l, "indices", &a->indices));
}

static bool read_node(Reader *r) {
    TtfsLex *l = &r->lex;
    TtfsNode n = {.op = TTFS_OP_COUNT, .attr = ttfs_ir_attr()};
    for (uint32_t op = 0; op < TTFS_OP_COUNT; op++)
        if (ttfs_lex_is(l, ttfs_op_name((TtfsOp)op))) n.op = (TtfsOp)op;
    if (n.op == TTFS_OP_COUNT)
        return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "an operation or 'output' expected");
    ttfs_lex_next(l);
    if (!ttfs_lex_string(l, &r->ir->arena, &n.name) || !read_tensor(r, &n.out) ||
        !ttfs_lex_expect(l, "="))
        return false;
    while (ttfs_lex_is(l, "%")) {
        if (n.n_in == TTFS_MAX_INPUTS)
            return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "at most %d inputs", TTFS_MAX_INPUTS);
        if (!read_id(r, &n.in[n.n_in++])) return false;
    }
    uint32_t has = ttfs_op_info(n.op)->attrs;
    if (!read_layer(l, &n.attr, has) || !read_moves(r, &n, &n.attr, has) || !ttfs_lex_eol(l))
        return false;
    ttfs_ir_add_node(r->ir, &n);
    return true;
}

static bool start_tensors(Reader *r) {
    uint32_t n, most = r->text_size < INT32_MAX ? (uint32_t)r->text_size : INT32_MAX;
    if (!ttfs_lex_key_u32(&r->lex, "tensors", most / 8, &n) || !ttfs_lex_eol(&r->lex)) return false;
    r->ir->tensors.at = TTFS_ARRAY(&r->ir->arena, TtfsTensorInfo, n);
    r->ir->tensors.len = r->ir->tensors.cap = n;
    r->place = TTFS_ARRAY(&r->ir->arena, uint64_t, n);
    r->quanta = TTFS_ARRAY(&r->ir->arena, uint64_t, n);
    r->given = TTFS_ARRAY(&r->ir->arena, bool, n);
    return true;
}

static bool read_version(TtfsLex *l) {
    uint32_t version;
    if (!ttfs_lex_key_u32(l, "ttfs-ir", UINT32_MAX, &version)) return false;
    if (version != 1) return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "version %u, 1 expected", version);
    return ttfs_lex_eol(l);
}

static bool map_blob(Reader *r) {
    TtfsLoc loc = TTFS_AT_FILE(r->lex.file);
    if (strchr(r->blob, '/'))
        return ttfs_error(r->lex.diag, loc, TTFS_TEXT_RANGE,
                          "the blob '%s' must lie beside the text", r->blob);
    char *dir = ttfs_path_dir(&r->ir->arena, r->lex.file);
    char *path = ttfs_path_join(&r->ir->arena, dir, r->blob);
    TtfsFile map;
    if (!ttfs_file_open(&map, path, (size_t)UINT32_MAX * sizeof(float), r->lex.diag)) return false;
    *TTFS_PUSH(&r->ir->arena, r->ir->maps) = map;
    char hex[65];
    ttfs_sha256_of(map.bytes, map.size, hex);
    if (map.size != r->floats * sizeof(float) || strcmp(hex, r->sha256) != 0)
        return ttfs_error(r->lex.diag, TTFS_AT_FILE(path), TTFS_TEXT_RANGE,
                          "the blob has another size or SHA-256 than %s says", r->lex.file);
    r->values = (const void *)map.bytes;
    return true;
}

static bool read_inline(Reader *r) {
    if (!ttfs_lex_expect(&r->lex, "data")) return false;
    float *values = TTFS_ARRAY(&r->ir->arena, float, r->floats);
    r->values = values;
    if (r->floats == 0) return ttfs_lex_eol(&r->lex);
    if (r->lex.kind != TTFS_TOK_EOL)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_SYNTAX, "the end of the line expected");
    return ttfs_lex_hex_bytes(&r->lex, (unsigned char *)values, r->floats * sizeof *values);
}

/* `output %id`, and more ids when the network has more outputs. */
static bool read_outputs(Reader *r) {
    TtfsIr *ir = r->ir;
    if (!ttfs_lex_expect(&r->lex, "output")) return false;
    do {
        TtfsTensor id;
        if (!read_id(r, &id)) return false;
        *TTFS_PUSH(&ir->arena, ir->outputs) = id;
    } while (ttfs_lex_is(&r->lex, "%"));
    ir->output = ir->outputs.at[0];
    if (ir->outputs.len == 1) ir->outputs.len = 0;
    return ttfs_lex_eol(&r->lex);
}

static bool read_all(Reader *r) {
    TtfsLex *l = &r->lex;
    if (!read_version(l) || !read_blob_line(r) || !start_tensors(r)) return false;
    if (!ttfs_lex_expect(l, "input") || !read_tensor(r, &r->ir->input) || !ttfs_lex_eol(l))
        return false;
    while (ttfs_lex_accept(l, "const"))
        if (!read_const(r)) return false;
    while (!ttfs_lex_is(l, "output"))
        if (!read_node(r)) return false;
    if (!read_outputs(r)) return false;
    if (!(r->blob ? map_blob(r) : read_inline(r))) return false;
    while (l->kind == TTFS_TOK_EOL) ttfs_lex_next(l);
    if (l->kind != TTFS_TOK_END) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "nothing more expected");
    for (uint32_t i = 0; i < r->ir->tensors.len; i++) {
        if (!r->given[i])
            return ttfs_error(l->diag, TTFS_AT_FILE(l->file), TTFS_TEXT_RANGE,
                              "tensor %%%u is not given", i + 1);
        if (r->place[i]) r->ir->tensors.at[i].data = r->values + (r->place[i] - 1);
        if (r->quanta[i]) r->ir->tensors.at[i].quantum = r->values + (r->quanta[i] - 1);
    }
    return true;
}

bool ttfs_ir_read(TtfsIr *ir, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *ir = (TtfsIr){0};
    Reader r = {.ir = ir, .text_size = n};
    ttfs_lex_init(&r.lex, file, text, n, diag);
    if (read_all(&r) && !r.lex.failed && ttfs_ir_check(ir, file, diag)) return true;
    ttfs_ir_free(ir);
    return false;
}
