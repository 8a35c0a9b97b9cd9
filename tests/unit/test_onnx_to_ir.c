/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX import: every broken model of tests/reject/onnx gives the messages of its .err, every sound
 * one of tests/golden/ir the text beside it; truncated and damaged ones never crash; external data
 * outside the model's folder is read only behind links that are the user's own. With TTFS_UPDATE
 * set, .err and golden files are written instead of compared.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, symlink, lchown */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ir_to_ir.h"
#include "onnx_to_ir.h"
#include "relu.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REJECT TTFS_SOURCE_DIR "/tests/reject/onnx"
#define GOLDEN TTFS_SOURCE_DIR "/tests/golden/ir"

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool begins(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Names, without .onnx, of a folder's models that begin with `prefix`, sorted. */
static char **list_models(TtfsArena *a, const char *folder, const char *prefix, size_t *count) {
    char **names = TTFS_ARRAY(a, char *, 256);
    DIR *d = opendir(folder);
    assert_non_null(d);
    *count = 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        size_t n = strlen(e->d_name);
        if (n < 6 || strcmp(e->d_name + n - 5, ".onnx") != 0) continue;
        if (!begins(e->d_name, prefix)) continue;
        assert_true(*count < 256);
        names[(*count)++] = ttfs_arena_strndup(a, e->d_name, n - 5);
    }
    closedir(d);
    qsort(names, *count, sizeof *names, by_text);
    return names;
}

/* Compares with the file, or writes it. */
static void expect_file(const char *path, const char *text) {
    TtfsDiag diag = {0};
    TtfsFile file = {0};
    if (getenv("TTFS_UPDATE")) {
        assert_true(ttfs_file_write(path, text, strlen(text), &diag));
        return;
    }
    if (!ttfs_file_open(&file, path, 1 << 20, &diag)) fail_msg("no file %s", path);
    bool same = file.size == strlen(text) && memcmp(file.bytes, text, file.size) == 0;
    if (!same)
        fail_msg("%s differs; found:\n%s\nexpected:\n%.*s", path, text, (int)file.size,
                 (const char *)file.bytes);
    ttfs_file_close(&file);
}

/* The messages, one a line, with FILE in place of the path. */
static void messages(const TtfsDiag *diag, const char *path, TtfsBuf *out) {
    TtfsBuf all = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &all);
    const char *text = ttfs_buf_text(&all);
    for (const char *at; (at = strstr(text, path)) != NULL; text = at + strlen(path)) {
        ttfs_buf_bytes(out, text, (size_t)(at - text));
        ttfs_buf_puts(out, "FILE");
    }
    ttfs_buf_puts(out, text);
    ttfs_buf_free(&all);
}

/* Import, and with `form` canonical form; what was made is freed. */
static bool import(const char *path, bool form, TtfsDiag *diag) {
    TtfsIr ir, canonical;
    bool ok = ttfs_onnx_to_ir(path, &ir, diag);
    if (ok && form && (ok = ttfs_ir_canonical(&ir, &canonical, path, diag)))
        ttfs_ir_free(&canonical);
    ttfs_ir_free(&ir);
    return ok;
}

static void test_rejects(void **state) {
    (void)state;
    TtfsArena a = {0};
    size_t count;
    char **names = list_models(&a, REJECT, "", &count);
    for (size_t i = 0; i < count; i++) {
        TtfsDiag diag = {0};
        TtfsBuf text = {0};
        char *path = ttfs_arena_printf(&a, "%s/%s.onnx", REJECT, names[i]);
        bool ok = import(path, begins(names[i], "form_"), &diag);
        messages(&diag, path, &text);
        if (ok) fail_msg("%s was taken", names[i]);
        assert_true(diag.errors > 0);
        expect_file(ttfs_arena_printf(&a, "%s/%s.err", REJECT, names[i]), ttfs_buf_text(&text));
        ttfs_buf_free(&text);
        ttfs_diag_free(&diag);
    }
    assert_true(count > 40);
    ttfs_arena_free(&a);
}

static void test_obstacles_all_at_once(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    assert_false(import(REJECT "/op_then_attribute.onnx", false, &diag));
    assert_int_equal(diag.errors, 2);
    const TtfsMessage *m = diag.messages.at;
    assert_string_equal(m[0].node, "act1");
    assert_string_equal(m[0].op, "Gelu");
    assert_string_equal(m[1].node, "conv2");
    assert_true(*m[0].what && *m[0].advice);
    ttfs_diag_free(&diag);
}

static void expect_ir(TtfsArena *a, const TtfsIr *ir, const char *name, const char *form) {
    TtfsBuf text = {0};
    TtfsDiag diag = {0};
    assert_true(ttfs_ir_print(ir, NULL, &text, &diag));
    expect_file(ttfs_arena_printf(a, "%s/%s.%s.txt", GOLDEN, name, form), text.text);
    ttfs_buf_free(&text);
}

/* Both forms give the same logits on seeded inputs. */
static void expect_same_values(const TtfsIr *one, const TtfsIr *two) {
    TtfsRelu *r = ttfs_relu_open(one), *s = ttfs_relu_open(two);
    TtfsRng rng = ttfs_rng(7);
    float x[64];
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(one, one->input));
    uint64_t m = ttfs_ir_count(ttfs_ir_tensor(one, one->output));
    assert_true(n <= 64 && m == ttfs_ir_count(ttfs_ir_tensor(two, two->output)));
    for (int sample = 0; sample < 50; sample++) {
        for (uint64_t i = 0; i < n; i++) x[i] = (float)ttfs_rng_normal(&rng);
        const float *p = ttfs_relu_run(r, x), *q = ttfs_relu_run(s, x);
        for (uint64_t i = 0; i < m; i++) assert_float_equal(p[i], q[i], 1e-5);
    }
    ttfs_relu_close(r);
    ttfs_relu_close(s);
}

static void test_valid_models(void **state) {
    (void)state;
    TtfsArena a = {0};
    size_t count;
    char **names = list_models(&a, GOLDEN, "valid_", &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        TtfsDiag diag = {0};
        TtfsIr ir, tail, canonical;
        char *path = ttfs_arena_printf(&a, "%s/%s.onnx", GOLDEN, names[i]);
        assert_true(ttfs_onnx_to_ir(path, &ir, &diag));
        assert_true(ttfs_ir_drop_tail(&ir, &tail, path, &diag));
        assert_true(ttfs_ir_canonical(&ir, &canonical, path, &diag));
        expect_ir(&a, &ir, names[i], "imported");
        expect_ir(&a, &canonical, names[i], "canonical");
        expect_same_values(&tail, &canonical);
        ttfs_ir_free(&ir);
        ttfs_ir_free(&tail);
        ttfs_ir_free(&canonical);
        ttfs_diag_free(&diag);
    }
    ttfs_arena_free(&a);
}

/* Operators family by family: the imported form alone. */
static void test_import_models(void **state) {
    (void)state;
    TtfsArena a = {0};
    size_t count;
    char **names = list_models(&a, GOLDEN, "import_", &count);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        TtfsDiag diag = {0};
        TtfsIr ir, again;
        TtfsBuf text = {0}, second = {0};
        char *path = ttfs_arena_printf(&a, "%s/%s.onnx", GOLDEN, names[i]);
        assert_true(ttfs_onnx_to_ir(path, &ir, &diag));
        expect_ir(&a, &ir, names[i], "imported");
        assert_true(ttfs_ir_print(&ir, NULL, &text, &diag));
        assert_true(ttfs_ir_read(&again, names[i], text.text, text.len, &diag));
        assert_true(ttfs_ir_print(&again, NULL, &second, &diag));
        assert_string_equal(text.text, second.text);
        ttfs_ir_free(&ir);
        ttfs_ir_free(&again);
        ttfs_buf_free(&text);
        ttfs_buf_free(&second);
        ttfs_diag_free(&diag);
    }
    ttfs_arena_free(&a);
}

static void run_model(const char *name, const float *x, const float *want, uint64_t count) {
    TtfsDiag diag = {0};
    TtfsArena a = {0};
    TtfsIr ir;
    assert_true(ttfs_onnx_to_ir(ttfs_arena_printf(&a, "%s/%s.onnx", GOLDEN, name), &ir, &diag));
    assert_int_equal(ttfs_ir_count(ttfs_ir_tensor(&ir, ir.output)), count);
    TtfsRelu *r = ttfs_relu_open(&ir);
    const float *y = ttfs_relu_run(r, x);
    for (uint64_t i = 0; i < count; i++) assert_float_equal(y[i], want[i], 1e-6);
    ttfs_relu_close(r);
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

/* Values worked out by hand from the models of make.py. */
static void test_import_values(void **state) {
    (void)state;
    /* 4 values of 2 bytes each way: 0.5, -2, 3.25 eight times, 1, 0, 1 eighteen times, 1, 2, 3 */
    run_model("import_storage", (float[]){0, 100, -1},
              (float[]){4 + 18 + 1, -16 + 100 + 2, 26 + 18 - 1 + 3}, 3);
    /* Quantised to halves above -1.5; the pool of the integers has another scale: (q - 3) / 4. The
     * weights 0.25 and -1.5 on a grid of quarters in -3..3 are 0.25 and -0.75. Sum times weight,
     * on a grid of quarters in 0..7. */
    const float x[8] = {0.25f, 0.75f, -9, 1.0f, 2, 2, -1, 0};
    /* channel 0: halves 0, 1, -1.5, 1 (0.5 and 1.5 steps round to even), largest 1 -> 0.5 */
    const float sum[8] = {0.5f, 1.5f, -1.0f, 1.5f, 3, 3, 0, 1};
    float want[8];
    for (int i = 0; i < 8; i++) {
        float v = sum[i] * (i % 2 ? -0.75f : 0.25f), q = rintf(v * 4);
        want[i] = (q < 0 ? 0 : q > 7 ? 7 : q) / 4;
    }
    run_model("import_quant", x, want, 8);
    /* halves from -3 to 7 of them; quarters from -3 to 12 of them; times 0.5, -0.5, 0.5, -0.5 */
    run_model("import_vector", (float[]){0.3f, -9, 9, -0.5f}, (float[]){0.25f, 0.375f, 1.5f, 0.25f},
              4);
}

typedef struct {
    TtfsArena arena;
    char dir[64], *path; /* of the model, in a folder of its own */
} Outside;

/* A model in DIR/model whose weights are said to lie in `location`. */
static Outside model_with_data(const char *location) {
    TtfsDiag diag = {0};
    Outside o = {.dir = "/tmp/ttfs-external-XXXXXX"};
    TtfsFile model;
    assert_non_null(mkdtemp(o.dir));
    assert_true(ttfs_make_folders(ttfs_arena_printf(&o.arena, "%s/model", o.dir), &diag));
    assert_true(ttfs_make_folders(ttfs_arena_printf(&o.arena, "%s/store", o.dir), &diag));
    o.path = ttfs_arena_printf(&o.arena, "%s/model/net.onnx", o.dir);
    assert_true(ttfs_file_open(&model, REJECT "/tensor_external.onnx", 1 << 16, &diag));
    char *bytes = ttfs_arena_array(&o.arena, model.size, 1);
    memcpy(bytes, model.bytes, model.size);
    for (size_t i = 0; i + 10 <= model.size; i++) /* names of the same length */
        if (memcmp(bytes + i, "absent.bin", 10) == 0) memcpy(bytes + i, location, 10);
    assert_true(ttfs_file_write(o.path, bytes, model.size, &diag));
    ttfs_file_close(&model);
    const float weights[4] = {1, 2, 3, 4};
    assert_true(ttfs_file_write(ttfs_arena_printf(&o.arena, "%s/store/data", o.dir), weights,
                                sizeof weights, &diag));
    return o;
}

/* Whether it is imported, and how many messages that gives. */
static bool with_messages(Outside *o, uint32_t *count) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    bool ok = ttfs_onnx_to_ir(o->path, &ir, &diag);
    *count = diag.messages.len;
    if (ok) { /* in place, not copied */
        assert_int_equal(ir.maps.len, 1);
        assert_ptr_equal(ttfs_ir_tensor(&ir, ir.nodes.at[0].in[1])->data, ir.maps.at[0].bytes);
    } else {
        assert_int_equal(diag.messages.at[0].code, TTFS_ONNX_TENSOR);
    }
    ttfs_ir_free(&ir);
    ttfs_diag_free(&diag);
    return ok;
}

static void end_outside(Outside *o) {
    TtfsDiag diag = {0};
    assert_true(ttfs_remove_tree(o->dir, &diag));
    ttfs_arena_free(&o->arena);
}

/* Weights in a file that only a link in the model's folder leads to. */
static void test_external_link(void **state) {
    (void)state;
    uint32_t said;
    Outside o = model_with_data("absent.bin");
    char *data = ttfs_arena_printf(&o.arena, "%s/model/absent.bin", o.dir);
    assert_false(with_messages(&o, &said)); /* nothing is there */
    assert_int_equal(said, 1);
    assert_int_equal(symlink("../store/data", data), 0);
    assert_true(with_messages(&o, &said)); /* the user's own link to his own file, with a note */
    assert_int_equal(said, 1);
    char *blob = ttfs_arena_printf(&o.arena, "%s/store/blob", o.dir);
    assert_int_equal(rename(o.path, blob), 0);
    assert_int_equal(symlink("../store/blob", o.path), 0);
    assert_true(with_messages(&o, &said)); /* all links into one store, as model hubs make it */
    assert_int_equal(said, 0);
    assert_int_equal(unlink(data), 0);
    assert_int_equal(symlink("/etc/passwd", data), 0);
    if (geteuid() != 0) assert_false(with_messages(&o, &said)); /* somebody else's file */
    if (geteuid() == 0) {                                       /* somebody else's link */
        assert_int_equal(unlink(data), 0);
        assert_int_equal(unlink(o.path), 0);
        assert_int_equal(rename(blob, o.path), 0);
        assert_int_equal(symlink("../store/data", data), 0);
        assert_int_equal(lchown(data, 65534, 65534), 0);
        assert_false(with_messages(&o, &said));
    }
    assert_int_equal(said, 1);
    end_outside(&o);

    o = model_with_data("sub/absent"); /* a folder that leads out is no file beside the model */
    char *folder = ttfs_arena_printf(&o.arena, "%s/model/sub", o.dir);
    assert_int_equal(symlink("../store", folder), 0);
    assert_int_equal(symlink("data", ttfs_arena_printf(&o.arena, "%s/store/absent", o.dir)), 0);
    assert_false(with_messages(&o, &said));
    assert_int_equal(said, 1);
    end_outside(&o);
}

/* The same network packed by gzip, whole, cut off, and of a size that it only claims. */
static void test_gzip(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsFile whole;
    TtfsIr plain, packed;
    TtfsBuf one = {0}, two = {0};
    assert_true(ttfs_file_open(&whole, GOLDEN "/valid_mlp.onnx.gz", 1 << 16, &diag));
    assert_true(ttfs_onnx_to_ir(GOLDEN "/valid_mlp.onnx", &plain, &diag));
    assert_true(ttfs_onnx_to_ir(GOLDEN "/valid_mlp.onnx.gz", &packed, &diag));
    assert_true(ttfs_ir_print(&plain, NULL, &one, &diag) &&
                ttfs_ir_print(&packed, NULL, &two, &diag));
    assert_string_equal(one.text, two.text);
    ttfs_ir_free(&plain);
    ttfs_ir_free(&packed);
    unsigned char *copy = ttfs_arena_array(&a, whole.size, 1);
    for (int kind = 0; kind < 3; kind++) {
        memcpy(copy, whole.bytes, whole.size);
        if (kind == 0) copy[whole.size - 1] = 0x7f; /* 2 GB claimed */
        if (kind == 1) copy[whole.size - 4] ^= 1;   /* another size than comes out */
        if (kind == 2) memset(copy + 40, 0xff, 20); /* damaged */
        assert_false(ttfs_onnx_import_bytes("net.onnx.gz", copy, whole.size, &(TtfsOnnxOptions){0},
                                            &packed, &diag));
        assert_int_equal(diag.messages.at[kind].code, kind ? TTFS_ONNX_PARSE : TTFS_LIMIT);
    }
    assert_false(ttfs_onnx_import_bytes("net.onnx.gz", copy, whole.size / 2, &(TtfsOnnxOptions){0},
                                        &packed, &diag));
    ttfs_file_close(&whole);
    ttfs_buf_free(&one);
    ttfs_buf_free(&two);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

static void import_bytes(const char *path, const unsigned char *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    TtfsDiag diag = {0};
    bool ok = import(path, true, &diag);
    assert_true(ok == (diag.errors == 0));
    ttfs_diag_free(&diag);
}

static void damage(const char *path, const unsigned char *whole, size_t n, unsigned char *copy) {
    TtfsRng rng = ttfs_rng(n);
    for (size_t length = 0; length < n; length++) import_bytes(path, whole, length);
    for (int round = 0; round < 2000; round++) {
        memcpy(copy, whole, n);
        uint32_t flips = 1 + ttfs_rng_below(&rng, 4);
        for (uint32_t k = 0; k < flips; k++)
            copy[ttfs_rng_below(&rng, (uint32_t)n)] ^=
                (unsigned char)(1u << ttfs_rng_below(&rng, 8));
        import_bytes(path, copy, n);
    }
}

static void test_damaged_models(void **state) {
    (void)state;
    TtfsArena a = {0};
    size_t count;
    char **names = list_models(&a, GOLDEN, "valid_", &count);
    const char *tmp = getenv("TMPDIR"); /* a disk takes its time for a file that is cut so often */
    char *path = ttfs_arena_printf(&a, "%s/ttfs-onnx-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < count; i++) {
        TtfsDiag diag = {0};
        TtfsFile f;
        assert_true(ttfs_file_open(&f, ttfs_arena_printf(&a, "%s/%s.onnx", GOLDEN, names[i]),
                                   1 << 16, &diag));
        damage(path, f.bytes, f.size, ttfs_arena_array(&a, f.size, 1));
        ttfs_file_close(&f);
    }
    unlink(path);
    ttfs_arena_free(&a);
}

static void test_no_file(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr ir;
    assert_false(ttfs_onnx_to_ir(REJECT "/absent.onnx", &ir, &diag));
    assert_int_equal(diag.messages.at[0].code, TTFS_FILE_OPEN);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rejects),       cmocka_unit_test(test_obstacles_all_at_once),
        cmocka_unit_test(test_valid_models),  cmocka_unit_test(test_import_models),
        cmocka_unit_test(test_import_values), cmocka_unit_test(test_external_link),
        cmocka_unit_test(test_gzip),          cmocka_unit_test(test_damaged_models),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
