/* SPDX-License-Identifier: Apache-2.0
 *
 * The library on arrays in memory: samples, labels and calibration samples are read where they lie,
 * a run keeps values and spikes, and all of it is what the same from files gives. A call that is
 * told to stop ends with the error STOPPED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "ttfs.h"

#define DIGITS TTFS_SOURCE_DIR "/examples/digits/"

enum { SAMPLES = 40, PIXELS = 64 };

/* The first digits, from the file. */
static void read_digits(float *x, unsigned char *y) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsArray array;
    const TtfsWanted want = {.name = "x"}, label = {.name = "y"};
    const TtfsInputMap map = {.hi = 1};
    assert_true(ttfs_array_open(&array, DIGITS "test.npz", &want, &a, &diag));
    for (uint64_t i = 0; i < SAMPLES; i++)
        assert_true(ttfs_array_sample(&array, &map, i, x + i * PIXELS, &diag));
    ttfs_array_close(&array);
    assert_true(ttfs_array_open(&array, DIGITS "test.npz", &label, &a, &diag));
    for (uint64_t i = 0; i < SAMPLES; i++) y[i] = (unsigned char)ttfs_array_value(&array, i);
    ttfs_array_close(&array);
    ttfs_arena_free(&a);
}

static TtfsValues digits(const float *x) {
    return (TtfsValues){
        .name = "digits.npy", .type = "float32", .rank = 3, .dim = {SAMPLES, 8, 8}, .data = x};
}

static TtfsCompileOptions compile_options(const char *out) {
    TtfsCompileOptions c = ttfs_compile_defaults();
    c.model = DIGITS "digits_mlp.onnx", c.out = out, c.ticks = 63, c.threads = 1;
    return c;
}

static void compile(const TtfsCompileOptions *c) {
    TtfsMessages *m = ttfs_messages_new();
    TtfsResult *r = ttfs_compile(c, m);
    if (!r) fail_msg("%s", ttfs_messages_text(m, TTFS_SAYS_ERROR, false));
    ttfs_result_free(r);
    ttfs_messages_free(m);
}

static char *text_of(const char *path) {
    TtfsFile f;
    TtfsDiag diag = {0};
    assert_true(ttfs_file_open(&f, path, 1 << 24, &diag));
    char *text = malloc(f.size + 1);
    assert_non_null(text);
    memcpy(text, f.bytes, f.size);
    text[f.size] = 0;
    ttfs_file_close(&f);
    return text;
}

static void same_file(const char *a, const char *b) {
    char *left = text_of(a), *right = text_of(b);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

static void read_where_it_lies(void **state) {
    (void)state;
    static const float x[6] = {0, 1, 2, 3, 4, 5};
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsArray array;
    TtfsValues v = {.type = "float32", .rank = 2, .dim = {3, 2}, .data = x};
    assert_true(ttfs_array_of(&array, &v, &a, &diag));
    assert_ptr_equal(array.data, x);
    assert_true(array.samples == 3 && array.elements == 2 && ttfs_array_value(&array, 5) == 5);
    assert_string_equal(array.file, "memory");
    ttfs_array_close(&array);
    ttfs_arena_free(&a);
}

/* One thing is wrong with the samples; the words of the error. */
static void refused(TtfsValues v, const char *code, const char *words) {
    TtfsMessages *m = ttfs_messages_new();
    TtfsRunOptions o = ttfs_run_defaults();
    o.session.folder = "memory_out", o.session.input_values = &v, o.session.threads = 1;
    assert_null(ttfs_run_samples(&o, m));
    assert_int_equal(ttfs_messages_errors_of(m, code), 1);
    const char *text = ttfs_messages_text(m, TTFS_SAYS_ERROR, false);
    if (!strstr(text, words)) fail_msg("no '%s' in %s", words, text);
    ttfs_messages_free(m);
}

static void bad_arrays(void **state) {
    (void)state;
    float x[PIXELS] = {0};
    const TtfsValues one = {.type = "float32", .rank = 2, .dim = {1, PIXELS}, .data = x};
    TtfsCompileOptions c = compile_options("memory_out");
    TtfsValues v = one;
    compile(&c);
    refused((v.type = "complex64", v), "SAMPLES_FORMAT", "'complex64' is no type");
    refused((v.type = NULL, v), "SAMPLES_FORMAT", "memory: '' is no type");
    v = one;
    refused((v.name = "mine", v.rank = 9, v), "SAMPLES_FORMAT", "mine: more than 8 axes");
    v = one;
    refused((v.rank = 0, v), "SAMPLES_FORMAT", "a single number");
    v = one;
    refused((v.data = NULL, v), "SAMPLES_FORMAT", "no data");
    v = one;
    refused((v.dim[0] = UINT64_MAX, v), "SAMPLES_FORMAT", "absurdly large");
    v = one;
    refused((v.dim[1] = 63, v), "SAMPLES_SHAPE", "memory");
    v = one;
    refused((x[3] = (float)(1.0 / (double)x[0]), v), "SAMPLES_VALUE", "not finite");
}

/* Calibration samples from memory give the bytes of those from a file of numpy's. */
static void calibration(void **state) {
    (void)state;
    float x[SAMPLES * PIXELS];
    unsigned char y[SAMPLES];
    read_digits(x, y);
    TtfsValues v = digits(x);
    TtfsCompileOptions c = compile_options("memory_calib");
    c.calib_values = &v;
    compile(&c);
    TtfsBuf npy = {0};
    TtfsDiag diag = {0};
    ttfs_npy_header(&v, &npy);
    ttfs_buf_bytes(&npy, (const char *)x, sizeof x);
    assert_int_equal(npy.len, 128 + sizeof x);
    assert_true(ttfs_file_write("digits.npy", ttfs_buf_text(&npy), npy.len, &diag));
    ttfs_buf_free(&npy);
    c.calib_values = NULL, c.calib = "digits.npy", c.out = "memory_file";
    compile(&c);
    static const char *const files[] = {"manifest.json", "forms/spike.txt", "report/messages.json"};
    for (int i = 0; i < 3; i++) {
        char a[64], b[64];
        snprintf(a, sizeof a, "memory_calib/%s", files[i]);
        snprintf(b, sizeof b, "memory_file/%s", files[i]);
        same_file(a, b);
    }
}

/* A calibration from memory without the name of a file is kept and taken all the same. */
static void calibration_without_file(void **state) {
    (void)state;
    float x[SAMPLES * PIXELS];
    unsigned char y[SAMPLES];
    read_digits(x, y);
    TtfsValues v = digits(x);
    v.name = "samples/";
    TtfsCompileOptions c = compile_options("memory_unnamed");
    c.calib_values = &v;
    compile(&c);
    c.calib_values = NULL, c.calib = "memory_unnamed", c.out = "memory_kept";
    compile(&c);
    same_file("memory_unnamed/manifest.json", "memory_kept/manifest.json");
}

/* The spikes of a population as the trace tells them, counted; the ticks' sum. */
static uint64_t sum_of(const char *trace, const char *population, uint64_t *ticks) {
    char name[64];
    uint64_t n = 0;
    unsigned neuron, tick;
    for (const char *at = trace; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (sscanf(at, "spike \"%63[^\"]\" tick %u neuron %u", name, &tick, &neuron) == 3 &&
            strcmp(name, population) == 0)
            n++, *ticks += tick;
    return n;
}

static void check_spikes(const TtfsResult *r, const char *trace) {
    for (size_t i = 1; i < ttfs_result_arrays(r); i++) {
        TtfsValues v = ttfs_result_array(r, i);
        const int32_t *tick = v.data;
        uint64_t n = 0, sum = 0, told = 0, neurons = v.dim[0] * v.dim[1] * v.dim[2] * v.dim[3];
        for (uint64_t k = 0; k < neurons; k++)
            if (tick[k] >= 0) n++, sum += (uint64_t)tick[k];
        assert_int_equal(sum_of(trace, v.name, &told), n);
        assert_int_equal(told, sum);
        assert_true(n > 0);
    }
}

/* A run on files and one on memory: the same outputs, and spikes as in the trace's text. */
static void run_keeps(void **state) {
    (void)state;
    float x[SAMPLES * PIXELS];
    unsigned char y[SAMPLES];
    read_digits(x, y);
    TtfsMessages *m = ttfs_messages_new();
    TtfsValues v = digits(x);
    TtfsValues label = {.type = "uint8", .rank = 1, .dim = {SAMPLES}, .data = y};
    TtfsRunOptions o = ttfs_run_defaults();
    o.session.folder = "memory_out", o.session.threads = 2, o.session.count = SAMPLES;
    o.session.input = DIGITS "test.npz", o.outputs = "memory.npy", o.trace = "memory.txt";
    o.engine = "golden";
    TtfsResult *files = ttfs_run_samples(&o, m);
    assert_non_null(files);
    assert_int_equal(ttfs_result_arrays(files), 0);
    o.session.input = o.outputs = o.trace = NULL;
    o.session.input_values = &v, o.session.label_values = &label;
    o.keep_outputs = o.keep_spikes = true;
    TtfsResult *kept = ttfs_run_samples(&o, m);
    assert_non_null(kept);
    assert_true(ttfs_result_figures(kept).accuracy == ttfs_result_figures(files).accuracy);
    assert_int_equal(ttfs_result_arrays(kept), 1 + 2);
    TtfsValues out = ttfs_result_array(kept, 0);
    assert_true(out.rank == 2 && out.dim[0] == SAMPLES && out.dim[1] == 10);
    assert_string_equal(out.type, "float32");
    char *npy = text_of("memory.npy"), *trace = text_of("memory.txt");
    assert_memory_equal(npy + 128, out.data, SAMPLES * 10 * sizeof(float));
    assert_string_equal(ttfs_result_array(kept, 1).name, "input");
    check_spikes(kept, trace);
    free(npy);
    free(trace);
    ttfs_result_free(files);
    ttfs_result_free(kept);
    o.engine = "relu";
    assert_null(ttfs_run_samples(&o, m));
    assert_int_equal(ttfs_messages_errors_of(m, "OPTION_VALUE"), 1);
    ttfs_messages_free(m);
}

static volatile int stop;

static void stop_soon(void *context, const char *what, uint64_t done, uint64_t of) {
    uint64_t *last = context;
    assert_true(done <= of && what != NULL);
    *last = done;
    if (done >= 16) stop = 1;
}

static void stopped(TtfsResult *r, TtfsMessages *m, const char *what) {
    if (r) fail_msg("%s went on", what);
    assert_true(ttfs_messages_errors_of(m, "STOPPED") >= 1);
    assert_int_equal(ttfs_messages_errors(m), ttfs_messages_errors_of(m, "STOPPED"));
    ttfs_messages_clear(m);
}

static void stops(void **state) {
    (void)state;
    uint64_t last = 0;
    TtfsMessages *m = ttfs_messages_new();
    TtfsProgress soon = {.tell = stop_soon, .context = &last, .stop = &stop};
    TtfsCompileOptions c = compile_options("memory_stopped");
    c.calib = DIGITS "calib.npz", c.progress = soon;
    stop = 0;
    stopped(ttfs_compile(&c, m), m, "compile");
    assert_int_equal(last, 16);
    assert_false(ttfs_is_folder("memory_stopped"));
    static const char *const engines[] = {"relu", "golden", "exact"};
    for (int i = 0; i < 3; i++) {
        TtfsRunOptions o = ttfs_run_defaults();
        o.session.folder = "memory_out", o.session.input = DIGITS "test.npz";
        o.session.threads = 1, o.session.progress = soon, o.engine = engines[i];
        stop = 0, last = 0;
        stopped(ttfs_run_samples(&o, m), m, engines[i]);
        if (last >= 200) fail_msg("%s went on until %d", engines[i], (int)last);
    }
    /* Told after the last sample, before the exact engine. */
    TtfsRunOptions o = ttfs_run_defaults();
    o.session.folder = "memory_out", o.session.input = DIGITS "test.npz", o.session.count = 16;
    o.session.threads = 1, o.session.progress = soon, o.engine = "golden", o.layers = true;
    stop = 0;
    stopped(ttfs_run_samples(&o, m), m, "layers");
    TtfsVerifyOptions v = ttfs_verify_defaults();
    v.session.folder = "memory_out", v.session.input = DIGITS "test.npz", v.session.threads = 2;
    v.session.progress = soon, v.engines = "golden,golden";
    stop = 0;
    stopped(ttfs_verify_samples(&v, m), m, "verify");
    ttfs_messages_free(m);
}

static void stop_fit(void *context, const char *what, uint64_t done, uint64_t of) {
    uint64_t *last = context;
    if (strcmp(what, "layers fitted") != 0) return;
    assert_true(done < of); /* it goes no further */
    *last = done;
    stop = done == 1;
}

/* Between two layers; the plain weights, which are there, are no result then. */
static void a_fit_stops(void **state) {
    (void)state;
    uint64_t last = 0;
    TtfsMessages *m = ttfs_messages_new();
    TtfsCompileOptions c = compile_options("memory_stopped");
    c.calib = DIGITS "calib.npz", c.quantiser = "fitted";
    c.progress = (TtfsProgress){.tell = stop_fit, .context = &last, .stop = &stop};
    stop = 0;
    stopped(ttfs_compile(&c, m), m, "fit");
    assert_int_equal(last, 1);
    assert_false(ttfs_is_folder("memory_stopped"));
    ttfs_messages_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_where_it_lies), cmocka_unit_test(bad_arrays),
        cmocka_unit_test(calibration),        cmocka_unit_test(calibration_without_file),
        cmocka_unit_test(run_keeps),          cmocka_unit_test(stops),
        cmocka_unit_test(a_fit_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
