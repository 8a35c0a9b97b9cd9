/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX model file -> IR: unpack, bind names, sort, walk the nodes that the output depends on,
 * finish. Every obstacle is reported in one go: behind an obstacle values are unknown, and a node
 * that reads one still has its operator and its attributes examined, but not its shapes.
 */
#include "onnx_import.h"

#include <string.h>

enum { OLDEST_OPSET = 7, NEWEST_OPSET = 24 };

static const char *text(const char *s) {
    return s ? s : "";
}

static bool read_opset(OnnxImport *im, const Onnx__ModelProto *model) {
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const char *domain = text(model->opset_import[i]->domain);
        if (*domain == 0 || strcmp(domain, "ai.onnx") == 0)
            im->opset = model->opset_import[i]->version;
    }
    if (im->opset >= OLDEST_OPSET && im->opset <= NEWEST_OPSET) return true;
    return ttfs_onnx_fault(im, "", "", TTFS_ONNX_GRAPH, "export the model with opset 18 or near it",
                           "opset %lld, %d to %d expected", (long long)im->opset, OLDEST_OPSET,
                           NEWEST_OPSET);
}

/* One dimension of the input; the first is the batch, but of a vector of known size, which is a
 * sample. 0 after a fault. */
static uint32_t input_dim(OnnxImport *im, const char *name, size_t i,
                          const Onnx__TensorShapeProto *shape) {
    const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
    bool known = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    int64_t v = known ? d->dim_value : 0;
    if (i == 0 && (v == 0 || v == -1 || v == 1)) return 1;
    if (i == 0 && shape->n_dim > 1 && !im->options.keep_batch) {
        ttfs_onnx_fault(im, name, "", TTFS_ONNX_SHAPE,
                        "export the model with a free first dimension, or one of 1",
                        "a fixed batch of %lld, one sample expected", (long long)v);
        return 0;
    }
    if (v >= 1 && v <= INT32_MAX) return (uint32_t)v;
    ttfs_onnx_fault(im, name, "", v > INT32_MAX ? TTFS_LIMIT : TTFS_ONNX_SHAPE, NULL,
                    "dimension %zu of the input is %s", i,
                    known ? v < 1 ? "zero or negative" : "too large" : "not fixed");
    return 0;
}

static bool input_shape(OnnxImport *im, const OnnxValue *v, TtfsTensorInfo *t) {
    const Onnx__TypeProto *type = v->input->type;
    bool tensor = type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    const Onnx__TypeProto__Tensor *tt = tensor ? type->tensor_type : NULL;
    if (!tt || !tt->shape)
        return ttfs_onnx_fault(im, v->name, "", TTFS_ONNX_SHAPE, NULL, "the input has no shape");
    if (!ttfs_onnx_is_float(tt->elem_type))
        return ttfs_onnx_fault(im, v->name, "", TTFS_ONNX_SHAPE, "export the model with float32",
                               "the input is of type %s, float32 expected",
                               ttfs_onnx_type_name(tt->elem_type));
    if (tt->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        ttfs_note(im->diag, TTFS_AT_NODE(im->path, v->name),
                  "the input of type %s is read as float32", ttfs_onnx_type_name(tt->elem_type));
    bool short_rank = tt->shape->n_dim < 1 && !im->options.keep_batch;
    if (short_rank || tt->shape->n_dim > TTFS_MAX_RANK)
        return ttfs_onnx_fault(im, v->name, "", TTFS_ONNX_SHAPE, NULL,
                               "the input has %zu dimensions, the batch and up to %d more expected",
                               tt->shape->n_dim, TTFS_MAX_RANK - 1);
    t->rank = (uint32_t)tt->shape->n_dim;
    for (size_t i = 0; i < tt->shape->n_dim; i++)
        if ((t->dim[i] = input_dim(im, v->name, i, tt->shape)) == 0) return false;
    if (ttfs_ir_count(t)) return true;
    return ttfs_onnx_fault(im, v->name, "", TTFS_LIMIT, NULL,
                           "the input has more than 2^31 - 1 elements");
}

/* Inputs with an initialiser are constants; exactly one other is expected. */
static void bind_input(OnnxImport *im) {
    uint32_t found = 0;
    for (size_t i = 0; i < im->graph->n_input; i++) {
        OnnxValue *v = ttfs_onnx_find(im, text(im->graph->input[i]->name));
        if (v->init || v->kind != ONNX_PENDING) continue;
        TtfsTensorInfo t = {.name = ttfs_arena_strdup(&im->ir->arena, v->name)};
        v->kind = ONNX_UNKNOWN;
        if (++found > 1)
            ttfs_onnx_fault(im, v->name, "", TTFS_ONNX_GRAPH, "export a network with one input",
                            "a second input");
        if (!input_shape(im, v, &t)) continue;
        v->kind = ONNX_TENSOR;
        v->tensor = ttfs_ir_add_tensor(im->ir, &t);
        if (found == 1) im->ir->input = v->tensor;
    }
    if (found == 0) ttfs_onnx_fault(im, "", "", TTFS_ONNX_GRAPH, NULL, "the graph has no input");
}

/* Loads an initialiser at its first use; a damaged one is reported once and then unknown. */
static void settle_input(OnnxImport *im, OnnxNode *n, uint32_t i) {
    OnnxValue *v = n->in[i];
    const char *name = text(n->proto->input[i]);
    if (!v) {
        if (!*name) return;
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "it reads '%s', which nothing makes",
                           name);
        n->unknown = true;
        return;
    }
    bool names = v->init && v->init->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    if (names && n->op && n->op->handle == ttfs_onnx_pick_features) return; /* not looked at */
    if (v->kind == ONNX_PENDING && v->init)
        v->kind = ttfs_onnx_tensor(im, v->name, v->init, &v->c) ? ONNX_CONST : ONNX_UNKNOWN;
    if (v->kind == ONNX_SECOND)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, NULL,
                           "it reads '%s', a secondary output of '%s', which is not supported",
                           v->name, im->nodes[v->maker - 1].name);
    if (v->kind != ONNX_CONST && v->kind != ONNX_TENSOR) n->unknown = true;
}

static void walk_node(OnnxImport *im, OnnxNode *n) {
    uint32_t before = im->diag->errors;
    const char *domain = text(n->proto->domain);
    n->op = ttfs_onnx_op(domain, n->type);
    for (uint32_t i = 0; i < n->n_in; i++) settle_input(im, n, i);
    if (!n->op) {
        ttfs_onnx_unsupported(im, n);
    } else if (n->n_in < n->op->least || n->n_in > n->op->most) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "%u inputs, %u to %u expected", n->n_in,
                           n->op->least, n->op->most);
    } else {
        bool missing = false;
        for (uint32_t i = 0; i < n->op->least; i++)
            if (!n->in[i] && !*text(n->proto->input[i])) missing = true;
        ttfs_onnx_attr_names(im, n);
        if (missing)
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_GRAPH, NULL, "a required input is left out");
        else
            n->op->handle(im, n);
    }
    bool done = !n->unknown && im->diag->errors == before; /* what is left has no form here */
    for (uint32_t i = 0; i < n->n_out; i++)
        if (n->out[i] && n->out[i]->kind == ONNX_PENDING)
            n->out[i]->kind = done ? ONNX_SECOND : ONNX_UNKNOWN;
}

/* What stands in the way of an output, NULL: nothing, or an obstacle that was reported. */
static const char *output_fault(const OnnxValue *v) {
    if (!v || v->kind == ONNX_PENDING) return v && v->init ? "is a constant" : "is made by no node";
    if (v->kind == ONNX_CONST) return "is a constant";
    if (v->kind == ONNX_SECOND) return "is a secondary output of its node, which is not supported";
    return v->kind == ONNX_TENSOR && v->maker == 0 ? "is the input" : NULL;
}

/* All outputs; the first is the network's. Others that are constants are left out with a note. */
static void bind_outputs(OnnxImport *im) {
    const Onnx__GraphProto *g = im->graph;
    if (g->n_output == 0)
        ttfs_onnx_fault(im, "", "", TTFS_ONNX_GRAPH, NULL, "the graph has no output");
    for (size_t i = 0; i < g->n_output; i++) {
        const char *name = text(g->output[i]->name);
        const OnnxValue *v = ttfs_onnx_find(im, name);
        const char *wrong = output_fault(v);
        if (wrong && i && v && v->kind == ONNX_CONST)
            ttfs_note(im->diag, TTFS_AT_NODE(im->path, name),
                      "the output is a constant and is left out");
        else if (wrong)
            ttfs_onnx_fault(im, name, "", TTFS_ONNX_GRAPH, NULL, "the output '%s' %s", name, wrong);
        else if (v->kind == ONNX_TENSOR)
            *TTFS_PUSH(&im->ir->arena, im->ir->outputs) = v->tensor;
    }
    if (im->ir->outputs.len) im->ir->output = im->ir->outputs.at[0];
    if (im->ir->outputs.len == 1) im->ir->outputs.len = 0;
}

static void note_unused(OnnxImport *im) {
    uint32_t unused = im->n_nodes - im->n_order;
    if (unused)
        ttfs_note(im->diag, TTFS_AT_FILE(im->path),
                  "%u node(s) that no output depends on were left out", unused);
}

static void import_graph(OnnxImport *im) {
    if (!ttfs_onnx_bind(im) || !ttfs_onnx_sort(im)) return;
    bind_input(im);
    for (uint32_t i = 0; i < im->n_order; i++) {
        OnnxNode *n = &im->nodes[im->order[i]];
        walk_node(im, n);
        if (!ttfs_budget_check(im->options.budget, TTFS_AT_OP(im->path, n->name, n->type),
                               im->diag))
            return;
    }
    bind_outputs(im);
    note_unused(im);
}

static bool import_model(const char *path, const TtfsOnnxOptions *options,
                         const Onnx__ModelProto *model, size_t file_size, TtfsIr *out,
                         TtfsDiag *diag) {
    OnnxImport im = {.path = path,
                     .options = *options,
                     .ir = out,
                     .diag = diag,
                     .graph = model->graph,
                     .scratch.budget = options->budget};
    uint64_t raised = options->budget ? options->budget->raised : 1;
    im.fold_budget = (file_size * 2 + (1 << 20)) * raised;
    im.most_activations = ONNX_MOST_ACTIVATIONS * raised;
    uint32_t before = diag->errors;
    if (!model->graph)
        ttfs_error(diag, TTFS_AT_FILE(path), TTFS_ONNX_PARSE, "the file holds no graph");
    else if (read_opset(&im, model))
        import_graph(&im);
    ttfs_arena_free(&im.scratch);
    if (diag->errors != before && !options->keep_refused) out->output.i = 0;
    if (!out->output.i) return false;
    ttfs_onnx_prune(out);
    TtfsDiag own = {0}; /* of a network that was refused, faults of the rest follow from that */
    bool refused = diag->errors != before;
    if (!ttfs_ir_check(out, path, refused ? &own : diag)) out->output.i = 0;
    ttfs_diag_free(&own);
    return diag->errors == before;
}

bool ttfs_onnx_import_bytes(const char *path, const void *bytes, size_t n,
                            const TtfsOnnxOptions *options, TtfsIr *out, TtfsDiag *diag) {
    if (options->budget) *options->budget = ttfs_budget(n, options->memory);
    *out = (TtfsIr){.arena.budget = options->budget};
    TtfsFile file = {.bytes = bytes, .size = n};
    TtfsArena unpacked = {0};
    Onnx__ModelProto **model = NULL;
    if (!ttfs_onnx_is_gzip(&file) || ttfs_onnx_gunzip(path, &file, &unpacked, &file, diag))
        model = ttfs_onnx_unpack(path, &file, diag);
    bool ok = model && import_model(path, options, *model, file.size, out, diag);
    ttfs_onnx_release(model);
    ttfs_arena_free(&unpacked);
    if (!ok && !out->output.i) ttfs_ir_free(out);
    return ok;
}

bool ttfs_onnx_import(const char *path, const TtfsOnnxOptions *options, TtfsIr *out,
                      TtfsDiag *diag) {
    TtfsFile file;
    *out = (TtfsIr){0};
    if (!ttfs_file_open(&file, path, UINT32_MAX, diag)) return false;
    bool ok = ttfs_onnx_import_bytes(path, file.bytes, file.size, options, out, diag);
    ttfs_file_close(&file);
    return ok;
}

bool ttfs_onnx_to_ir(const char *path, TtfsIr *out, TtfsDiag *diag) {
    return ttfs_onnx_import(path, &(TtfsOnnxOptions){0}, out, diag);
}
