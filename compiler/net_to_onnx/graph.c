/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes, initialisers and the file around them (onnx.proto: field numbers of ModelProto,
 * GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto).
 */
#include "graph.h"

#include "wire.h"

enum { OPSET = 13, IR_VERSION = 7, FLOAT = 1, INT64 = 7 };
static const char qonnx[] = "qonnx.custom_op.general";

const char *ttfs_onnx_out_name(TtfsOnnxOut *g, const char *wanted) {
    return ttfs_names_take(&g->names, wanted, &g->arena);
}

static const char *put_constant(TtfsOnnxOut *g, const char *wanted, uint64_t type, uint32_t rank,
                                const uint32_t *dim, const void *bytes, size_t n) {
    const char *name = ttfs_onnx_out_name(g, wanted);
    TtfsBuf t = {0};
    for (uint32_t i = 0; i < rank; i++) ttfs_wire_number(&t, 1, dim[i]);
    ttfs_wire_number(&t, 2, type);
    ttfs_wire_text(&t, 8, name);
    ttfs_wire_bytes(&t, 9, bytes, n);
    ttfs_wire_message(&g->constants, 5, &t);
    return name;
}

const char *ttfs_onnx_out_floats(TtfsOnnxOut *g, const char *name, uint32_t rank,
                                 const uint32_t *dim, const float *v) {
    size_t n = 1;
    for (uint32_t i = 0; i < rank; i++) n *= dim[i];
    return put_constant(g, name, FLOAT, rank, dim, v, n * sizeof *v);
}

const char *ttfs_onnx_out_longs(TtfsOnnxOut *g, const char *name, uint32_t n, const int64_t *v) {
    return put_constant(g, name, INT64, 1, &n, v, n * sizeof *v);
}

static void put_attribute(TtfsBuf *node, const TtfsOnnxAttr *a) {
    enum { INT = 2, STRING = 3, INTS = 7 };
    TtfsBuf t = {0};
    ttfs_wire_text(&t, 1, a->name);
    if (a->text)
        ttfs_wire_text(&t, 4, a->text);
    else if (a->n == 0)
        ttfs_wire_number(&t, 3, (uint64_t)a->v[0]);
    for (uint32_t i = 0; !a->text && i < a->n; i++) ttfs_wire_number(&t, 8, (uint64_t)a->v[i]);
    ttfs_wire_number(&t, 20, a->text ? STRING : a->n ? INTS : INT);
    ttfs_wire_message(node, 5, &t);
}

const char *ttfs_onnx_out_node(TtfsOnnxOut *g, const char *domain, const char *type,
                               const char *name, const char *const *in, const TtfsOnnxAttr *attr) {
    const char *out = ttfs_onnx_out_name(g, name);
    TtfsBuf node = {0};
    for (; *in; in++) ttfs_wire_text(&node, 1, *in);
    ttfs_wire_text(&node, 2, out);
    ttfs_wire_text(&node, 3, name);
    ttfs_wire_text(&node, 4, type);
    for (; attr && attr->name; attr++) put_attribute(&node, attr);
    if (*domain) ttfs_wire_text(&node, 7, domain);
    ttfs_wire_message(&g->nodes, 1, &node);
    return out;
}

static void put_dimension(TtfsBuf *shape, const char *symbol, uint32_t size) {
    TtfsBuf d = {0};
    if (symbol)
        ttfs_wire_text(&d, 2, symbol);
    else
        ttfs_wire_number(&d, 1, size);
    ttfs_wire_message(shape, 1, &d);
}

static void put_value(TtfsBuf *graph, uint32_t field, const char *name, uint32_t rank,
                      const uint32_t *dim) {
    TtfsBuf shape = {0}, tensor = {0}, type = {0}, value = {0};
    put_dimension(&shape, "batch", 0);
    for (uint32_t i = 0; i < rank; i++) put_dimension(&shape, NULL, dim[i]);
    ttfs_wire_number(&tensor, 1, FLOAT);
    ttfs_wire_message(&tensor, 2, &shape);
    ttfs_wire_message(&type, 1, &tensor);
    ttfs_wire_text(&value, 1, name);
    ttfs_wire_message(&value, 2, &type);
    ttfs_wire_message(graph, field, &value);
}

static void put_opset(TtfsBuf *out, const char *domain, uint64_t version) {
    TtfsBuf o = {0};
    if (*domain) ttfs_wire_text(&o, 1, domain);
    ttfs_wire_number(&o, 2, version);
    ttfs_wire_message(out, 8, &o);
}

void ttfs_onnx_out_model(TtfsOnnxOut *g, const char *input, uint32_t in_rank,
                         const uint32_t *in_dim, const char *output, uint32_t out_rank,
                         const uint32_t *out_dim, TtfsBuf *out) {
    TtfsBuf graph = {0};
    ttfs_buf_bytes(&graph, ttfs_buf_text(&g->nodes), g->nodes.len);
    ttfs_wire_text(&graph, 2, "tuned");
    ttfs_buf_bytes(&graph, ttfs_buf_text(&g->constants), g->constants.len);
    put_value(&graph, 11, input, in_rank, in_dim);
    put_value(&graph, 12, output, out_rank, out_dim);
    ttfs_wire_number(out, 1, IR_VERSION);
    ttfs_wire_text(out, 2, "ttfs");
    ttfs_wire_text(out, 3, TTFS_VERSION);
    ttfs_wire_message(out, 7, &graph);
    put_opset(out, "", OPSET);
    put_opset(out, qonnx, 1);
    ttfs_buf_free(&g->nodes);
    ttfs_buf_free(&g->constants);
    ttfs_arena_free(&g->arena);
}
