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

static const char *const types[] = {
#define ONNX_OP(type, least, most, attributes, handler) #type,
#include "onnx_ops.def"
#undef ONNX_OP
};

static void other_types(Damage *d, Node *n) {
    char *kept = n->op_type;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        n->op_type = (char *)(uintptr_t)types[i];
        judge(d, NULL);
    }
    n->op_type = kept;
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

static void damage_model(Damage *d) {
    Onnx__GraphProto *g = d->model->graph;
    for (size_t i = 0; g && i < g->n_node; i++) {
        attributes(d, g->node[i]);
        inputs(d, g->node[i]);
        other_types(d, g->node[i]);
    }
    for (size_t i = 0; g && i < g->n_initializer; i++) constants(d, g->initializer[i]);
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
