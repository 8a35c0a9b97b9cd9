/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads a test of the ONNX backend suite (model.onnx, test_data_set_0/input_N.pb, output_N.pb) and
 * packs variants of its model. The messages are changed in memory for a variant and put back.
 */
#include "node_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool open_part(const char *folder, const char *file, TtfsFile *f, TtfsArena *a) {
    TtfsDiag diag = {0};
    bool ok = ttfs_file_open(f, ttfs_path_join(a, folder, file), 1u << 30, &diag);
    ttfs_diag_free(&diag);
    return ok;
}

static bool is_float(int32_t type) {
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
}

/* IEEE 754 binary16. */
static double half(uint16_t h) {
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double v = exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31) v = fraction ? (double)NAN : (double)INFINITY;
    return h >> 15 ? -v : v;
}

/* One element of raw data; sizes and kinds of the types that the suite uses. */
static bool element(int32_t type, const unsigned char *raw, uint64_t i, double *v, size_t *size) {
#define TAKE(T)                                                                                    \
    {                                                                                              \
        T t;                                                                                       \
        *size = sizeof t;                                                                          \
        if (raw) memcpy(&t, raw + i * sizeof t, sizeof t), *v = (double)t;                         \
        return true;                                                                               \
    }
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) TAKE(float)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE) TAKE(double)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64) TAKE(int64_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32) TAKE(int32_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT16) TAKE(int16_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8) TAKE(int8_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64) TAKE(uint64_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32) TAKE(uint32_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT16) TAKE(uint16_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8) TAKE(uint8_t)
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL) TAKE(uint8_t)
#undef TAKE
    if (type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) return false;
    uint16_t h = 0;
    *size = sizeof h;
    if (raw) memcpy(&h, raw + i * sizeof h, sizeof h), *v = half(h);
    return true;
}

/* The suite stores raw data, or typed data of its older tests. */
static bool take_value(NodeValue *v, const Onnx__TensorProto *t, TtfsArena *a) {
    size_t size = 0;
    double unused = 0;
    v->rank = (uint32_t)t->n_dims;
    v->count = 1;
    if (t->n_dims > NODE_RANK || !element(t->data_type, NULL, 0, &unused, &size)) return false;
    for (uint32_t i = 0; i < v->rank; i++) {
        if (t->dims[i] < 0 || t->dims[i] > 1 << 24 || v->count > 1 << 24) return false;
        v->count *= v->dim[i] = (uint32_t)t->dims[i];
    }
    v->is_float = is_float(t->data_type);
    if (t->has_raw_data && t->raw_data.len != v->count * size) return false;
    v->v = TTFS_ARRAY(a, double, v->count);
    for (uint64_t i = 0; i < v->count; i++) {
        if (t->has_raw_data)
            element(t->data_type, t->raw_data.data, i, &v->v[i], &size);
        else if (i < t->n_float_data)
            v->v[i] = (double)t->float_data[i];
        else if (i < t->n_double_data)
            v->v[i] = t->double_data[i];
        else if (i < t->n_int64_data)
            v->v[i] = (double)t->int64_data[i];
        else if (i < t->n_int32_data)
            v->v[i] = (double)t->int32_data[i];
        else
            return false;
    }
    return true;
}

static bool load_value(NodeValue *v, const char *folder, const char *kind, uint32_t k,
                       TtfsArena *a) {
    TtfsFile f;
    if (!open_part(folder, ttfs_arena_printf(a, "test_data_set_0/%s_%u.pb", kind, k), &f, a))
        return false;
    v->proto = onnx__tensor_proto__unpack(NULL, f.size, f.bytes);
    ttfs_file_close(&f);
    return v->proto && take_value(v, v->proto, a);
}

static bool has_initialiser(const Onnx__GraphProto *g, const char *name) {
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name && strcmp(g->initializer[i]->name, name) == 0) return true;
    return false;
}

/* The suite stores bfloat16 as the bits of uint16. */
static void mend_bfloat16(NodeValue *v, const Onnx__ValueInfoProto *info) {
    const Onnx__TypeProto *type = info->type;
    bool tensor = type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    if (!tensor || type->tensor_type->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16) return;
    for (uint64_t i = 0; i < v->count; i++) {
        uint32_t bits = (uint32_t)v->v[i] << 16;
        float f;
        memcpy(&f, &bits, sizeof f);
        v->v[i] = (double)f;
    }
    v->is_float = true;
    v->proto->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

static void drop_attribute(Onnx__NodeProto *n, const char *name) {
    for (size_t k = 0; k < n->n_attribute; k++) {
        if (strcmp(n->attribute[k]->name, name) != 0) continue;
        onnx__attribute_proto__free_unpacked(n->attribute[k], NULL);
        n->attribute[k--] = n->attribute[--n->n_attribute];
    }
}

static bool has_attribute(const Onnx__NodeProto *n, const char *name) {
    for (size_t k = 0; k < n->n_attribute; k++)
        if (strcmp(n->attribute[k]->name, name) == 0) return true;
    return false;
}

/* A slope a channel: [C] before operator set 7, [C, 1, ..] from then on. */
static void mend_slope(Onnx__GraphProto *g, const Onnx__NodeProto *n, uint32_t rank) {
    for (size_t i = 0; i < g->n_initializer; i++) {
        Onnx__TensorProto *t = g->initializer[i];
        if (strcmp(t->name, n->input[1]) != 0 || t->n_dims != 1 || rank < 2) continue;
        int64_t *dims = malloc((rank - 1) * sizeof *dims);
        if (!dims) return;
        for (uint32_t k = 0; k + 1 < rank; k++) dims[k] = k ? 1 : t->dims[0];
        free(t->dims);
        t->dims = dims;
        t->n_dims = rank - 1;
    }
}

/* Models of operator sets before 7 written as of set 7: broadcasting is numpy's from then on, and
 * inference needs no attribute. What else changed the importer refuses. */
static void raise_opset(NodeCase *c) {
    Onnx__ModelProto *m = c->model;
    if (m->n_opset_import != 1 || m->opset_import[0]->version >= 7) return;
    for (size_t i = 0; i < m->graph->n_node; i++) {
        Onnx__NodeProto *n = m->graph->node[i];
        if (!has_attribute(n, "axis")) drop_attribute(n, "broadcast");
        drop_attribute(n, "is_test");
        if (strcmp(n->op_type, "PRelu") == 0) mend_slope(m->graph, n, c->inputs[0].rank);
    }
    m->opset_import[0]->version = 7;
}

static const char *load_values(NodeCase *c, const char *folder, TtfsArena *a) {
    const Onnx__GraphProto *g = c->model->graph;
    if (g->n_input > NODE_MOST || g->n_output > NODE_MOST) return "too many inputs or outputs";
    for (size_t i = 0; i < g->n_input; i++) {
        if (has_initialiser(g, g->input[i]->name)) continue;
        c->input_name[c->n_inputs] = g->input[i]->name;
        if (!load_value(&c->inputs[c->n_inputs], folder, "input", c->n_inputs, a))
            return "an input is no tensor of numbers";
        mend_bfloat16(&c->inputs[c->n_inputs++], g->input[i]);
    }
    for (size_t i = 0; i < g->n_output; i++) {
        if (!load_value(&c->outputs[i], folder, "output", (uint32_t)i, a))
            return "an output is no tensor of numbers";
        mend_bfloat16(&c->outputs[c->n_outputs++], g->output[i]);
    }
    return NULL;
}

const char *ttfs_node_case_load(NodeCase *c, const char *folder, const char *name,
                                bool (*claimed)(const char *), TtfsArena *a) {
    TtfsFile f;
    const char *path = ttfs_path_join(a, folder, name);
    *c = (NodeCase){.name = ttfs_arena_strdup(a, name), .op = ""};
    if (!open_part(path, "model.onnx", &f, a)) return "";
    c->model = onnx__model_proto__unpack(NULL, f.size, f.bytes);
    ttfs_file_close(&f);
    if (!c->model || !c->model->graph || c->model->graph->n_node == 0) return "";
    for (size_t i = 0; i < c->model->graph->n_node; i++)
        if (!claimed(c->model->graph->node[i]->op_type)) return "";
    c->op = ttfs_arena_strdup(a, c->model->graph->node[0]->op_type);
    const char *why = load_values(c, path, a);
    raise_opset(c);
    return why;
}

void ttfs_node_case_free(NodeCase *c) {
    for (uint32_t i = 0; i < NODE_MOST; i++) {
        if (c->inputs[i].proto) onnx__tensor_proto__free_unpacked(c->inputs[i].proto, NULL);
        if (c->outputs[i].proto) onnx__tensor_proto__free_unpacked(c->outputs[i].proto, NULL);
    }
    if (c->model) onnx__model_proto__free_unpacked(c->model, NULL);
    *c = (NodeCase){0};
}

float *ttfs_node_floats(const NodeValue *v, TtfsArena *a) {
    float *f = TTFS_ARRAY(a, float, v->count);
    for (uint64_t i = 0; i < v->count; i++) f[i] = (float)v->v[i];
    return f;
}

/* Everything below builds messages in an arena; strings are shared. */

static Onnx__NodeProto *new_node(TtfsArena *a, const char *op, const char *in0, const char *in1,
                                 const char *out) {
    Onnx__NodeProto *n = TTFS_NEW(a, Onnx__NodeProto);
    onnx__node_proto__init(n);
    n->input = TTFS_ARRAY(a, char *, 2);
    n->output = TTFS_ARRAY(a, char *, 1);
    n->op_type = ttfs_arena_strdup(a, op);
    n->input[n->n_input++] = ttfs_arena_strdup(a, in0);
    if (in1) n->input[n->n_input++] = ttfs_arena_strdup(a, in1);
    n->output[n->n_output++] = ttfs_arena_strdup(a, out);
    return n;
}

static Onnx__AttributeProto **to_float(TtfsArena *a) {
    Onnx__AttributeProto **list = TTFS_ARRAY(a, Onnx__AttributeProto *, 1);
    list[0] = TTFS_NEW(a, Onnx__AttributeProto);
    onnx__attribute_proto__init(list[0]);
    list[0]->name = ttfs_arena_strdup(a, "to");
    list[0]->has_i = true;
    list[0]->i = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    return list;
}

static Onnx__ValueInfoProto *new_value(TtfsArena *a, const char *name) {
    Onnx__ValueInfoProto *v = TTFS_NEW(a, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(v);
    v->name = ttfs_arena_strdup(a, name);
    v->type = TTFS_NEW(a, Onnx__TypeProto);
    onnx__type_proto__init(v->type);
    v->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    v->type->tensor_type = TTFS_NEW(a, Onnx__TypeProto__Tensor);
    onnx__type_proto__tensor__init(v->type->tensor_type);
    v->type->tensor_type->has_elem_type = true;
    v->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    v->type->tensor_type->shape = TTFS_NEW(a, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(v->type->tensor_type->shape);
    return v;
}

/* Outputs become Cast(output) + zero. */
static void fold_outputs(Onnx__GraphProto *g, TtfsArena *a) {
    Onnx__NodeProto **nodes = TTFS_ARRAY(a, Onnx__NodeProto *, g->n_node + 2 * g->n_output);
    Onnx__ValueInfoProto **outputs = TTFS_ARRAY(a, Onnx__ValueInfoProto *, g->n_output);
    memcpy(nodes, g->node, g->n_node * sizeof *nodes);
    for (size_t i = 0; i < g->n_output; i++) {
        const char *cast = ttfs_arena_printf(a, "ttfs_cast_%zu", i);
        const char *sum = ttfs_arena_printf(a, "ttfs_sum_%zu", i);
        Onnx__NodeProto *n = new_node(a, "Cast", g->output[i]->name, NULL, cast);
        n->attribute = to_float(a);
        n->n_attribute = 1;
        nodes[g->n_node++] = n;
        nodes[g->n_node++] = new_node(a, "Add", cast, "ttfs_zero", sum);
        outputs[i] = new_value(a, sum);
    }
    g->node = nodes;
    g->output = outputs;
}

unsigned char *ttfs_node_case_model(NodeCase *c, uint32_t active, TtfsArena *a, size_t *size) {
    Onnx__GraphProto *g = c->model->graph, kept = *g;
    g->initializer = TTFS_ARRAY(a, Onnx__TensorProto *, g->n_initializer + c->n_inputs);
    g->input = TTFS_ARRAY(a, Onnx__ValueInfoProto *, g->n_input + 1);
    for (size_t i = 0; i < kept.n_initializer; i++) g->initializer[i] = kept.initializer[i];
    for (size_t i = 0; i < kept.n_input; i++) g->input[i] = kept.input[i];
    char *names[NODE_MOST];
    for (uint32_t i = 0; i < c->n_inputs; i++) {
        names[i] = c->inputs[i].proto->name;
        if (i == active) continue;
        c->inputs[i].proto->name = ttfs_arena_strdup(a, c->input_name[i]);
        g->initializer[g->n_initializer++] = c->inputs[i].proto;
    }
    if (active == c->n_inputs) {
        g->input[g->n_input++] = new_value(a, "ttfs_zero");
        fold_outputs(g, a);
    }
    *size = onnx__model_proto__get_packed_size(c->model);
    unsigned char *bytes = ttfs_arena_array(a, *size, 1);
    onnx__model_proto__pack(c->model, bytes);
    for (uint32_t i = 0; i < c->n_inputs; i++) c->inputs[i].proto->name = names[i];
    *g = kept;
    return bytes;
}
