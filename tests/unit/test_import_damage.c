/* SPDX-License-Identifier: Apache-2.0
 *
 * Damaged models: every node of every model of tests/golden/ir and tests/reject/onnx is changed in
 * one way after another (its attributes' kinds and values, its inputs, its type), as no exporter
 * writes it but a script may. What comes out is a network that passes its check, or nothing and
 * messages that name the model; an attribute of another kind is refused at its node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "onnx.pb-c.h"
#include "onnx_to_ir.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef Onnx__NodeProto Node;
typedef Onnx__AttributeProto Attribute;

typedef struct {
    const char *path;
    Onnx__ModelProto *model;
    bool sound; /* the model is, as it lies there */
    uint32_t taken, refused;
} Damage;

/* Imports the model as it is now; `node`: an error must name it. */
static void judge(Damage *d, const char *node) {
    size_t size = onnx__model_proto__get_packed_size(d->model);
    uint8_t *bytes = malloc(size + 1);
    TtfsDiag diag = {0};
    TtfsIr ir = {0};
    bool named = false;
    onnx__model_proto__pack(d->model, bytes);
    bool ok = ttfs_onnx_import_bytes(d->path, bytes, size, &(TtfsOnnxOptions){0}, &ir, &diag);
    if (ok)
        assert_true(ttfs_ir_check(&ir, d->path, &diag));
    else
        assert_true(diag.errors > 0 && !ir.nodes.at);
    for (uint32_t i = 0; i < diag.messages.len; i++) {
        const TtfsMessage *m = &diag.messages.at[i];
        bool error = m->severity == TTFS_ERROR;
        assert_true(!error || strncmp(m->where, d->path, strlen(d->path)) == 0);
        named = named || (error && node && m->node && strcmp(m->node, node) == 0);
    }
    if (node && !named) fail_msg("%s: no error at %s", d->path, node);
    ok ? d->taken++ : d->refused++;
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
    free(bytes);
}

static const int64_t numbers[] = {-1, 0, 1, 2, 3, 7, INT64_MAX, INT64_MIN};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* Another kind of value than it has, then none. */
static void other_kinds(Damage *d, const Node *n, Attribute *a) {
    Attribute kept = *a, none = ONNX__ATTRIBUTE_PROTO__INIT;
    int64_t list[3] = {1, 1, 1};
    float reals[2] = {0.5f, NAN};
    bool numbers_only = kept.has_i || kept.n_ints;
    none.name = a->name;
    for (int kind = 0; kind < 6; kind++) {
        *a = none;
        if (kind == 0) a->has_f = true, a->f = 1.5f;
        if (kind == 1) a->has_s = true, a->s = (ProtobufCBinaryData){1, (uint8_t *)(uintptr_t) "?"};
        if (kind == 2) a->has_i = true, a->i = 1;
        if (kind == 3) a->ints = list, a->n_ints = 3;
        if (kind == 4) a->floats = reals, a->n_floats = 2;
        judge(d, d->sound && numbers_only && kind == 1 && n->name && *n->name ? n->name : NULL);
    }
    *a = kept;
}

/* Other values of the kind that it has. */
static void other_values(Damage *d, Attribute *a) {
    Attribute kept = *a;
    for (int k = 0; k < NUMBERS && a->has_i; k++) a->i = numbers[k], judge(d, NULL);
    *a = kept;
    for (size_t i = 0; i < a->n_ints; i++) {
        int64_t was = a->ints[i];
        for (int k = 0; k < NUMBERS; k++) a->ints[i] = numbers[k], judge(d, NULL);
        a->ints[i] = was;
    }
    if (a->n_ints) a->n_ints--, judge(d, NULL);
    *a = kept;
    static const float reals[] = {0, -1, 1e-20f, 3e38f, NAN, INFINITY};
    for (size_t k = 0; k < sizeof reals / sizeof *reals && a->has_f; k++)
        a->f = reals[k], judge(d, NULL);
    *a = kept;
    if (a->has_s) a->s.len = 0, judge(d, NULL);
    *a = kept;
}

static void attributes(Damage *d, Node *n) {
    for (size_t i = 0; i < n->n_attribute; i++) {
        other_kinds(d, n, n->attribute[i]);
        other_values(d, n->attribute[i]);
        char *name = n->attribute[i]->name;
        n->attribute[i]->name = (char *)(uintptr_t) "unheard_of";
        judge(d, NULL);
        n->attribute[i]->name = name;
        Attribute *last = n->attribute[n->n_attribute - 1], *kept = n->attribute[i];
        n->attribute[i] = last, n->n_attribute--; /* without it */
        judge(d, NULL);
        n->attribute[i] = kept, n->n_attribute++;
    }
}

/* Each input left out, unknown, or another value of the model; one more, one less. */
static void inputs(Damage *d, Node *n) {
    Onnx__GraphProto *g = d->model->graph;
    for (size_t i = 0; i < n->n_input; i++) {
        char *kept = n->input[i];
        n->input[i] = (char *)(uintptr_t) "";
        judge(d, NULL);
        n->input[i] = (char *)(uintptr_t) "nowhere";
        judge(d, NULL);
        n->input[i] = g->n_input ? g->input[0]->name : kept;
        judge(d, NULL);
        for (size_t k = 0; k < g->n_initializer; k++) {
            n->input[i] = g->initializer[k]->name;
            judge(d, NULL);
        }
        n->input[i] = kept;
    }
    if (!n->n_input) return;
    n->n_input--;
    judge(d, NULL);
    n->n_input++;
    char **more = malloc((n->n_input + 1) * sizeof *more), **kept = n->input;
    memcpy(more, kept, n->n_input * sizeof *more);
    more[n->n_input] = kept[0];
    n->input = more, n->n_input++;
    judge(d, NULL);
    n->input = kept, n->n_input--;
    free(more);
}

typedef struct {
    const char *domain, *type, *attributes; /* names between blanks */
} Operator;

static const Operator operators[] = {
#define ONNX_OP(type, least, most, attributes, handler)    {"", #type, attributes},
#define ONNX_ML_OP(type, least, most, attributes, handler) {"ai.onnx.ml", #type, attributes},
#define QONNX_OP(type, least, most, attributes, handler)                                           \
    {"qonnx.custom_op.general", #type, attributes},
#include "onnx_ops.def"
#undef ONNX_OP
#undef ONNX_ML_OP
#undef QONNX_OP
};
enum { OPERATORS = sizeof operators / sizeof *operators };

static void other_types(Damage *d, Node *n) {
    char *type = n->op_type, *domain = n->domain;
    for (size_t i = 0; i < OPERATORS; i++) {
        n->op_type = (char *)(uintptr_t)operators[i].type;
        n->domain = (char *)(uintptr_t)operators[i].domain;
        judge(d, NULL);
    }
    n->op_type = type, n->domain = domain;
}

/* One attribute more, of every kind, by each of the names that the operator knows. */
static void one_attribute(Damage *d, Node *n, const char *name) {
    Attribute a = ONNX__ATTRIBUTE_PROTO__INIT, **kept = n->attribute;
    Attribute **more = malloc((n->n_attribute + 1) * sizeof *more);
    if (n->n_attribute) memcpy(more, kept, n->n_attribute * sizeof *more);
    more[n->n_attribute] = &a;
    n->attribute = more, n->n_attribute++;
    a.name = (char *)(uintptr_t)name;
    other_kinds(d, n, &a);
    a.has_i = true;
    other_values(d, &a);
    int64_t list[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    a.has_i = false, a.ints = list;
    for (a.n_ints = 1; a.n_ints <= 8; a.n_ints++) judge(d, NULL);
    a.n_ints = 2;
    other_values(d, &a);
    n->attribute = kept, n->n_attribute--;
    free(more);
}

static void more_attributes(Damage *d, Node *n) {
    const char *domain = n->domain ? n->domain : "", *type = n->op_type ? n->op_type : "";
    for (size_t i = 0; i < OPERATORS; i++) {
        if (strcmp(operators[i].type, type) != 0) continue;
        if (strcmp(operators[i].domain, domain) != 0) continue;
        TtfsArena a = {0};
        char *names = ttfs_arena_strdup(&a, operators[i].attributes);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
            one_attribute(d, n, name);
        ttfs_arena_free(&a);
    }
}

static void outputs(Damage *d, Node *n) {
    if (!n->n_output) return;
    char *kept = n->output[0];
    n->output[0] = (char *)(uintptr_t) "";
    judge(d, NULL);
    n->output[0] = kept;
    n->n_output--;
    judge(d, NULL);
    n->n_output++;
}

/* Constants of another type or shape than their bytes. */
static void constants(Damage *d, Onnx__TensorProto *t) {
    int32_t type = t->data_type;
    for (int32_t k = 0; k <= 21; k++) t->data_type = k, judge(d, NULL);
    t->data_type = type;
    for (size_t i = 0; i < t->n_dims; i++) {
        int64_t was = t->dims[i];
        for (int k = 0; k < NUMBERS; k++) t->dims[i] = numbers[k], judge(d, NULL);
        t->dims[i] = was;
    }
    if (t->n_dims) t->n_dims--, judge(d, NULL), t->n_dims++;
}

/* The model's own input, of other dimensions. */
static void model_input(Damage *d, Onnx__ValueInfoProto *v) {
    Onnx__TypeProto__Tensor *t = v->type ? v->type->tensor_type : NULL;
    if (!t || !t->shape) return;
    for (size_t i = 0; i < t->shape->n_dim; i++) {
        Onnx__TensorShapeProto__Dimension *dim = t->shape->dim[i], kept = *dim;
        if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) continue;
        for (int k = 0; k < NUMBERS; k++) dim->dim_value = numbers[k], judge(d, NULL);
        *dim = kept;
    }
    int32_t type = t->elem_type;
    for (int32_t k = 0; k <= 17; k++) t->elem_type = k, judge(d, NULL);
    t->elem_type = type;
}

static void operator_sets(Damage *d) {
    for (size_t i = 0; i < d->model->n_opset_import; i++) {
        int64_t kept = d->model->opset_import[i]->version;
        for (int64_t version = 1; version <= 26; version++)
            d->model->opset_import[i]->version = version, judge(d, NULL);
        d->model->opset_import[i]->version = kept;
    }
}

/* Lists and numbers that no node expects, by the names e0, e1, ... */
enum { EXTRA = 9 };
static void add_constants(Onnx__GraphProto *g, Onnx__TensorProto *t) {
    static float reals[] = {2, NAN, -1, 0};
    static int64_t whole[] = {2, -7, (int64_t)1 << 40, 0, 1, 1, 1, 1};
    static int64_t shape[EXTRA][2] = {{1}, {3}, {1}, {3}, {0}, {7}, {2, 2}, {1}, {1}};
    static const char *const names[] = {"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"};
    size_t n = g->n_initializer;
    Onnx__TensorProto **all = malloc((n + EXTRA) * sizeof(Onnx__TensorProto *));
    if (n) memcpy(all, g->initializer, n * sizeof *all);
    for (size_t i = 0; i < EXTRA; i++) {
        Onnx__TensorProto one = ONNX__TENSOR_PROTO__INIT;
        bool real = i < 2 || i == 6;
        one.name = (char *)(uintptr_t)names[i];
        one.has_data_type = true;
        one.data_type = real ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
                             : ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
        one.dims = shape[i], one.n_dims = i == 6 ? 2 : i == 0 || i == 7 ? 0 : 1;
        size_t count = i == 6 ? 4 : one.n_dims ? (size_t)shape[i][0] : 1;
        if (real) one.float_data = reals, one.n_float_data = count;
        if (!real) one.int64_data = whole + (i == 8 ? 3 : i == 5 ? 1 : 0), one.n_int64_data = count;
        t[i] = one;
        all[n + i] = &t[i];
    }
    g->initializer = all, g->n_initializer += EXTRA;
}

static void damage_model(Damage *d) {
    Onnx__GraphProto *g = d->model->graph;
    Onnx__TensorProto extra[EXTRA], **own = g ? g->initializer : NULL;
    if (!g) return;
    for (size_t i = 0; i < g->n_initializer; i++) constants(d, g->initializer[i]);
    for (size_t i = 0; i < g->n_input; i++) model_input(d, g->input[i]);
    operator_sets(d);
    add_constants(g, extra);
    for (size_t i = 0; i < g->n_node; i++) {
        attributes(d, g->node[i]);
        more_attributes(d, g->node[i]);
        inputs(d, g->node[i]);
        outputs(d, g->node[i]);
        other_types(d, g->node[i]);
    }
    free(g->initializer);
    g->initializer = own, g->n_initializer -= EXTRA;
}

static void damage_folder(Damage *d, const char *folder) {
    TtfsArena a = {0};
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t n = strlen(e->d_name);
        TtfsDiag diag = {0};
        TtfsFile file;
        if (n < 6 || strcmp(e->d_name + n - 5, ".onnx") != 0) continue;
        d->path = ttfs_path_join(&a, folder, e->d_name);
        assert_true(ttfs_file_open(&file, d->path, 1 << 20, &diag));
        d->model = file.size < 2000 ? onnx__model_proto__unpack(NULL, file.size, file.bytes) : NULL;
        if (d->model) damage_model(d);
        if (d->model) onnx__model_proto__free_unpacked(d->model, NULL);
        ttfs_file_close(&file);
    }
    closedir(dir);
    ttfs_arena_free(&a);
}

static void sound_models(void **state) {
    (void)state;
    Damage d = {.sound = true};
    damage_folder(&d, TTFS_SOURCE_DIR "/tests/golden/ir");
    assert_true(d.taken > 1000 && d.refused > 1000);
}

static void refused_models(void **state) {
    (void)state;
    Damage d = {0};
    damage_folder(&d, TTFS_SOURCE_DIR "/tests/reject/onnx");
    assert_true(d.refused > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_models),
        cmocka_unit_test(refused_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
