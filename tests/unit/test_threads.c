/* SPDX-License-Identifier: Apache-2.0
 *
 * The library called by several threads at once, each with objects of its own and threads below it:
 * they compile, run and verify one network with one cache of code, and come to the same. Under the
 * thread sanitizer (tools/threads.sh) nothing that they share may be a race.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "ttfs.h"

#define DIGITS TTFS_SOURCE_DIR "/examples/digits/"
enum { CALLERS = 3, ENGINES = 3 };

static char folder[] = "/tmp/ttfs-threads-XXXXXX";

typedef struct {
    int number;
    char out[64];
    uint64_t spikes, differences;
    double accuracy[ENGINES];
    size_t errors;
} Caller;

static void compile(Caller *c, TtfsMessages *m) {
    TtfsCompileOptions o = ttfs_compile_defaults();
    o.model = DIGITS "digits_mlp.onnx", o.calib = DIGITS "calib.npz", o.out = c->out;
    o.calib_count = 20, o.ticks = 15, o.threads = 2, o.stop_after = "image";
    ttfs_result_free(ttfs_check_model(&o, m));
    ttfs_result_free(ttfs_compile(&o, m));
    ttfs_result_free(ttfs_describe(c->out, 0, m));
    ttfs_result_free(ttfs_write_page(c->out, m));
}

static void run(Caller *c, TtfsMessages *m) {
    static const char *const engines[ENGINES] = {"jit", "golden", "exact"};
    TtfsRunOptions o = ttfs_run_defaults();
    o.session.folder = c->out, o.session.input = DIGITS "test.npz";
    o.session.count = 20, o.session.threads = 2;
    for (int e = 0; e < ENGINES; e++) {
        o.engine = engines[e];
        o.layers = e == 0;
        TtfsResult *r = ttfs_run_samples(&o, m);
        if (r) c->accuracy[e] = ttfs_result_figures(r).accuracy;
        ttfs_result_free(r);
    }
}

static void verify(Caller *c, TtfsMessages *m) {
    TtfsVerifyOptions o = ttfs_verify_defaults();
    o.session.folder = c->out, o.session.input = DIGITS "test.npz";
    o.session.count = 20, o.session.threads = 2, o.engines = "golden,jit";
    TtfsResult *r = ttfs_verify_samples(&o, m);
    if (r) c->spikes = ttfs_result_figures(r).spikes;
    if (r) c->differences = ttfs_result_figures(r).differences;
    ttfs_result_free(r);
}

static void *call(void *context) {
    Caller *c = context;
    TtfsMessages *m = ttfs_messages_new();
    snprintf(c->out, sizeof c->out, "%s/out%d", folder, c->number);
    compile(c, m);
    run(c, m);
    verify(c, m);
    c->errors = ttfs_messages_errors(m);
    ttfs_messages_free(m);
    return NULL;
}

static void callers_come_to_the_same(void **state) {
    (void)state;
    pthread_t thread[CALLERS];
    Caller c[CALLERS] = {{0}};
    for (int i = 0; i < CALLERS; i++) {
        c[i].number = i;
        assert_int_equal(pthread_create(&thread[i], NULL, call, &c[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(c[i].errors, 0);
        assert_int_equal(c[i].differences, 0);
        assert_true(c[i].spikes > 0 && c[i].spikes == c[0].spikes);
        for (int e = 0; e < ENGINES; e++)
            assert_true(c[i].accuracy[e] > 0.8 && c[i].accuracy[e] == c[0].accuracy[e]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(callers_come_to_the_same)};
    if (!mkdtemp(folder) || setenv("TTFS_CACHE", folder, 1) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ttfs_remove_path(folder);
    return failed;
}
