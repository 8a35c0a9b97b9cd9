/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of the library from both sides of their bounds, before any file is opened: the least and
 * most that may be asked for is no fault of an option, one beyond is, and all bad ones are said at
 * once. Calls, those that fail too, leave nothing behind: no memory, no open or mapped file.
 * Figures are those of the documents; progress is told in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <float.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "ttfs.h"

#define DIGITS TTFS_SOURCE_DIR "/examples/digits/"

enum { LONGEST = 63 }; /* letters of a name in emitted code */

/* Ends a call on a file that is not there: so many errors of options, named so; with none there is
 * the error of the file, and no result. */
static void asked(TtfsResult *r, TtfsMessages *m, size_t faults, const char *name) {
    assert_null(r);
    if (ttfs_messages_errors_of(m, "OPTION_VALUE") != faults || ttfs_messages_count(m) == 0)
        fail_msg("%zu faults of options, expected %zu of %s",
                 ttfs_messages_errors_of(m, "OPTION_VALUE"), faults, name);
    if (faults == 0) assert_int_equal(ttfs_messages_errors(m), 1);
    if (faults == 1) assert_string_equal(ttfs_messages_at(m, 0).where, name);
    ttfs_messages_free(m);
}

#define COMPILE(faults, name, change)                                                              \
    do {                                                                                           \
        TtfsCompileOptions o = ttfs_compile_defaults();                                            \
        TtfsMessages *m = ttfs_messages_new();                                                     \
        o.model = "absent.onnx", o.out = "nothing";                                                \
        change;                                                                                    \
        asked(ttfs_compile(&o, m), m, faults, name);                                               \
    } while (0)

/* From least to most, and what lies just outside. */
#define BOUNDS(CALL, name, field, below, least, most, above)                                       \
    do {                                                                                           \
        CALL(1, name, o.field = below);                                                            \
        CALL(0, name, o.field = least);                                                            \
        CALL(0, name, o.field = most);                                                             \
        CALL(1, name, o.field = above);                                                            \
    } while (0)

static void compile_options(void **state) {
    (void)state;
    COMPILE(0, "", (void)0);
    COMPILE(1, "model", o.model = NULL);
    COMPILE(1, "model", o.model = "");
    COMPILE(1, "--output", o.out = NULL);
    BOUNDS(COMPILE, "--ticks", ticks, 0, 1, 65535, 65536);
    BOUNDS(COMPILE, "--weight-bits", weight_bits, 1, 2, 16, 17);
    BOUNDS(COMPILE, "--percentile", percentile, 0.4999, 0.5, 1, 1.0001);
    BOUNDS(COMPILE, "--calib-count", calib_count, 0, 1, 1u << 30, (1u << 30) + 1);
    BOUNDS(COMPILE, "--threads", threads, 0, 1, 64, 65);
    COMPILE(1, "--percentile", o.percentile = (double)NAN);
    COMPILE(1, "--target-agreement", (o.calib = "x", o.target_agreement = 0.99));
    COMPILE(1, "--target-agreement", (o.calib = "x", o.target_agreement = 100.01));
    COMPILE(1, "--target-agreement", (o.calib = "x", o.target_agreement = (double)NAN));
    COMPILE(1, "--target-agreement", o.target_agreement = 99);
    COMPILE(0, "", (o.calib = "x", o.target_agreement = 99));
    COMPILE(1, "--max-drop", (o.calib = "x", o.max_drop = (double)NAN));
    COMPILE(1, "--max-drop", (o.calib = "x", o.max_drop = 101));
    COMPILE(1, "--max-drop", (o.calib = "x", o.max_drop = 0, o.target_agreement = 99));
    COMPILE(0, "", (o.calib = o.calib_labels = "x", o.max_drop = 0));
    COMPILE(1, "--calib-labels", (o.calib = o.calib_labels = "x", o.target_agreement = 99));
    COMPILE(1, "--optimise", o.optimise = "spikes");
    COMPILE(1, "--optimise", (o.calib = "x", o.target_agreement = 99, o.optimise = "area"));
    COMPILE(5, "", (o.ticks = o.weight_bits = o.calib_count = o.threads = 0, o.percentile = 7));
    COMPILE(1, "--ramps", o.ramps = "steep");
    COMPILE(0, "", o.mean_bits = 2);
    COMPILE(0, "", (o.weight_bits = 4, o.mean_bits = 4));
    COMPILE(1, "--mean-bits", (o.weight_bits = 4, o.mean_bits = 4.001));
    COMPILE(1, "--mean-bits", o.mean_bits = 1.999);
    COMPILE(1, "--mean-bits", o.mean_bits = (double)NAN);
    COMPILE(1, "--mean-bits", (o.calib = "x", o.target_agreement = 99, o.mean_bits = 3));
    COMPILE(1, "--stop-after", o.stop_after = "supper");
    COMPILE(1, "--dump", o.dump = "supper");
    COMPILE(0, "", o.dump = o.stop_after = "ir");
    COMPILE(0, "", (o.dump = "ir", o.stop_after = "spike"));
    COMPILE(1, "--dump", (o.dump = "spike", o.stop_after = "canonical"));
    COMPILE(0, "", o.dump = "image");
}

static void input_options(void **state) {
    (void)state;
    COMPILE(0, "", (o.ranged = true, o.lo = -1, o.hi = 1));
    COMPILE(0, "", (o.lo = 1, o.hi = -1)); /* not asked for */
    COMPILE(1, "--input-range", (o.ranged = true, o.lo = 1, o.hi = 1));
    COMPILE(1, "--input-range", (o.ranged = true, o.lo = 1, o.hi = -1));
    COMPILE(1, "--input-range", (o.ranged = true, o.lo = 0, o.hi = INFINITY));
    COMPILE(1, "--input-range", (o.ranged = true, o.lo = NAN, o.hi = 1));
    COMPILE(1, "--input-range", (o.ranged = true, o.lo = -FLT_MAX, o.hi = FLT_MAX));
    for (uint32_t n = 1; n <= 16; n += 15) {
        COMPILE(0, "", o.channels = n; for (uint32_t i = 0; i < n; i++) o.deviation[i] = 1);
        COMPILE(1, "std", o.channels = n; for (uint32_t i = 0; i + 1 < n; i++) o.deviation[i] = 1);
    }
    COMPILE(1, "std", (o.channels = 1, o.deviation[0] = -1));
    COMPILE(1, "std", (o.channels = 1, o.deviation[0] = NAN));
    COMPILE(1, "channels", o.channels = 17);
}

#define RUN(faults, name, change)                                                                  \
    do {                                                                                           \
        TtfsRunOptions o = ttfs_run_defaults();                                                    \
        TtfsMessages *m = ttfs_messages_new();                                                     \
        o.session.folder = "absent", o.session.input = "absent.npy";                               \
        change;                                                                                    \
        asked(ttfs_run_samples(&o, m), m, faults, name);                                           \
    } while (0)
#define EXACT(faults, name, change) RUN(faults, name, (o.engine = "exact", change))
#define VERIFY(faults, name, change)                                                               \
    do {                                                                                           \
        TtfsVerifyOptions o = ttfs_verify_defaults();                                              \
        TtfsMessages *m = ttfs_messages_new();                                                     \
        o.session.folder = "absent", o.session.input = "absent.npy";                               \
        change;                                                                                    \
        asked(ttfs_verify_samples(&o, m), m, faults, name);                                        \
    } while (0)

static void run_options(void **state) {
    (void)state;
    RUN(0, "", (void)0);
    RUN(1, "folder", o.session.folder = NULL);
    RUN(1, "--input", o.session.input = NULL);
    RUN(1, "--engine", o.engine = "steam");
    RUN(1, "--jit-path", o.session.jit_path = "detour");
    RUN(0, "", o.session.jit_path = "events");
    BOUNDS(RUN, "--count", session.count, 0, 1, UINT32_MAX, 0);
    BOUNDS(RUN, "--threads", session.threads, 0, 1, 64, 65);
    EXACT(1, "--model", o.model = "c");
    EXACT(1, "--trace", o.trace = "t.txt");
    EXACT(1, "--layers", o.layers = true);
    RUN(1, "--layers", (o.layers = true, o.engine = "relu"));
    RUN(1, "--layers", (o.layers = true, o.classes_only = true));
    RUN(0, "", o.layers = true);
    BOUNDS(EXACT, "--margin", margin, -1, -0.999, 1e6, 1e6 + 1);
    EXACT(1, "--unit", o.unit = "second");
    EXACT(1, "--windows", o.windows = "wide");
    EXACT(1, "--slope-noise-per", o.slope_per = "layer");
    BOUNDS(EXACT, "--time-noise", time_noise, -0.001, 0, 1, 1.001);
    BOUNDS(EXACT, "--slope-noise", slope_noise, -0.001, 0, 1, 1.001);
    EXACT(1, "--margin", o.margin = (double)NAN);
    VERIFY(0, "", (void)0);
    VERIFY(1, "--engines", o.engines = "golden");
    VERIFY(1, "--engines", o.engines = "golden,steam");
    VERIFY(1, "--fault", o.fault = "sneeze:1");
    BOUNDS(VERIFY, "--count", session.count, 0, 1, UINT32_MAX, 0);
    BOUNDS(VERIFY, "--threads", session.threads, 0, 1, 64, 65);
}

static void convert_options(void **state) {
    (void)state;
    static const TtfsConvertOptions bad[] = {{"absent", "x"}, {NULL, "x"}, {"absent", NULL}};
    static const char *const named[] = {"", "folder", "-o"};
    for (uint32_t i = 0; i < 3; i++) {
        TtfsMessages *m = ttfs_messages_new();
        asked(ttfs_convert(&bad[i], m), m, i > 0, named[i]);
    }
}

#define EMIT(faults, name_of, change)                                                              \
    do {                                                                                           \
        TtfsEmitOptions o = {.folder = "absent", .file = "absent.o"};                              \
        TtfsMessages *m = ttfs_messages_new();                                                     \
        change;                                                                                    \
        asked(ttfs_emit_code(&o, m), m, faults, name_of);                                          \
    } while (0)

static void emit_options(void **state) {
    (void)state;
    static const char *const good[] = {"a", "_", "a9", "net_1", "Z"};
    static const char *const bad[] = {"", "9a", "a-b", "a b", "\xc3\xa4"};
    char long_name[200];
    EMIT(0, "", (void)0);
    EMIT(1, "folder", o.folder = NULL);
    EMIT(1, "-o", o.file = "");
    EMIT(1, "--format", o.format = "elf");
    EMIT(0, "", o.format = "header");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) EMIT(0, "", o.name = good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EMIT(1, "--name", o.name = bad[i]);
    memset(long_name, 'n', sizeof long_name);
    long_name[LONGEST] = 0;
    EMIT(0, "", o.name = long_name);
    long_name[LONGEST] = 'n', long_name[LONGEST + 1] = 0;
    EMIT(1, "--name", o.name = long_name);
}

#define SYNTH(faults, name_of, change)                                                             \
    do {                                                                                           \
        TtfsSynthOptions o = {.folder = "absent", .device = "hx8k"};                               \
        TtfsMessages *m = ttfs_messages_new();                                                     \
        change;                                                                                    \
        asked(ttfs_synthesise(&o, m), m, faults, name_of);                                         \
    } while (0)

static void synth_options(void **state) {
    (void)state;
    SYNTH(0, "", (void)0);
    SYNTH(1, "folder", o.folder = "");
    SYNTH(1, "--device", o.device = NULL);
    SYNTH(1, "--device", o.device = "hx8");
    SYNTH(0, "", o.device = "ecp5-25k");
    SYNTH(0, "", o.device = "zynq-7020");
    SYNTH(1, "--liberty", o.liberty = "absent.lib");
    SYNTH(0, "", (o.device = NULL, o.liberty = "absent.lib"));
    SYNTH(1, "--sram-ns", (o.device = NULL, o.liberty = "absent.lib", o.sram_ns = -1));
    SYNTH(0, "", (o.device = "zynq-7020", o.estimate = true));
}

/* Ends a call that has to succeed or to fail. */
static void done(TtfsResult *r, bool good, TtfsMessages *m, const char *what) {
    if ((r != NULL) != good)
        fail_msg("%s: %s", what,
                 ttfs_messages_count(m) ? ttfs_messages_at(m, 0).what : "no message");
    if (r) assert_true(*ttfs_result_text(r) || *ttfs_result_json(r) || *ttfs_result_form(r));
    ttfs_result_free(r);
    ttfs_messages_clear(m);
}

/* Everything up to a spike graph and what is done with it, on one thread, without LLVM, whose own
 * memory grows. */
static void use(TtfsMessages *m, const char *model, bool good) {
    TtfsCompileOptions c = ttfs_compile_defaults();
    c.model = model, c.out = "lib_out", c.calib = DIGITS "calib.npz", c.threads = 1;
    c.calib_count = 20, c.dump = "image";
    done(ttfs_check_model(&c, m), true, m, "check");
    done(ttfs_compile(&c, m), good, m, "compile");
    done(ttfs_describe(model, 0, m), good, m, "describe a model");
    c.chip = "tiny", c.ticks = 60000, c.out = "lib_other";
    done(ttfs_compile(&c, m), false, m, "compile for a chip that is too small");
    const char *folder = good ? "lib_out" : "lib_other";
    TtfsRunOptions r = ttfs_run_defaults();
    r.session.folder = folder, r.session.input = DIGITS "test.npz", r.session.count = 5;
    r.session.threads = 1, r.session.keep_code = false;
    static const char *const engines[] = {"relu", "golden", "exact"};
    for (int i = 0; i < 3; i++) {
        r.engine = engines[i];
        r.outputs = "lib_values.npy", r.trace = i < 2 ? "lib_trace.txt" : NULL;
        done(ttfs_run_samples(&r, m), good, m, engines[i]);
    }
    TtfsVerifyOptions v = ttfs_verify_defaults();
    v.session = r.session, v.engines = "golden,golden";
    done(ttfs_verify_samples(&v, m), good, m, "verify");
    v.fault = "spike:3";
    done(ttfs_verify_samples(&v, m), good, m, "verify with a fault");
    v.fault = "weight:99999999";
    done(ttfs_verify_samples(&v, m), false, m, "verify with a fault that is nowhere");
    done(ttfs_describe(folder, 0, m), good, m, "describe a folder");
    done(ttfs_write_page(folder, m), good, m, "page");
    static const char *const forms[] = {"ir", "spike", "plan", "image"};
    for (int i = 0; i < 4; i++) done(ttfs_dump_form(folder, forms[i], m), good, m, forms[i]);
    static const char *const files[] = {"lib_out/forms/ir.txt", "lib_out/forms/spike.txt",
                                        "lib_out/forms/plan.txt", "lib_out/image/chip.img"};
    for (int i = 0; i < 4; i++) done(ttfs_dump_form(files[i], NULL, m), true, m, files[i]);
    done(ttfs_dump_form(files[0], "image", m), false, m, "a form that is another");
}

static bool engines_fail;

bool __real_ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out,
                            TtfsDiag *diag);
bool __wrap_ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out,
                            TtfsDiag *diag);
bool __wrap_ttfs_engine_run(TtfsEngine *e, uint64_t n, const uint16_t *x, TtfsTraces *out,
                            TtfsDiag *diag) {
    return engines_fail ? ttfs_error(diag, TTFS_AT_FILE(e->name), TTFS_SIM_RUN, "it stands still")
                        : __real_ttfs_engine_run(e, n, x, out, diag);
}

/* An engine that fails is no result, and its error is the only one. */
static void failing_engines(void **state) {
    (void)state;
    TtfsMessages *m = ttfs_messages_new();
    TtfsCompileOptions c = ttfs_compile_defaults();
    c.model = DIGITS "digits_mlp.onnx", c.out = "lib_told", c.stop_after = "spike";
    c.ranged = true, c.lo = 0, c.hi = 1;
    done(ttfs_compile(&c, m), true, m, "compile");
    TtfsRunOptions r = ttfs_run_defaults();
    r.session.folder = "lib_told", r.session.input = DIGITS "test.npz", r.session.count = 5;
    TtfsVerifyOptions v = ttfs_verify_defaults();
    v.session = r.session, r.engine = "golden", v.engines = "golden,golden";
    for (int i = 0; i < 2; i++) {
        engines_fail = true;
        assert_null(i ? ttfs_verify_samples(&v, m) : ttfs_run_samples(&r, m));
        engines_fail = false;
        assert_int_equal(ttfs_messages_errors(m), 1);
        assert_string_equal(ttfs_messages_at(m, 0).what, "it stands still");
        ttfs_messages_clear(m);
    }
    ttfs_messages_free(m);
}

/* A folder in the place of the calibration samples is none. */
static void use_weights_only(TtfsMessages *m) {
    TtfsCompileOptions w = ttfs_weights_only_defaults("lib_out");
    w.threads = 1, w.model = DIGITS "digits_mlp.onnx", w.out = "lib_weights";
    done(ttfs_compile(&w, m), true, m, "compile weights only");
    mkdir("lib_nowhere", 0777);
    mkdir("lib_nowhere/calib.npz", 0777);
    assert_int_equal(access("lib_nowhere/calib.npz", F_OK), 0);
    w.model = "lib_nowhere/net.onnx";
    done(ttfs_compile(&w, m), false, m, "compile weights only without samples");
}

/* The steps for convolutions, and for the model's own grids. */
static void use_others(TtfsMessages *m) {
    TtfsCompileOptions c = ttfs_compile_defaults();
    c.model = DIGITS "digits_cnn_qdq.onnx", c.out = "lib_more", c.threads = 1;
    done(ttfs_compile(&c, m), true, m, "compile a quantised model");
    c.model = DIGITS "digits_cnn.onnx", c.calib = DIGITS "calib.npz", c.calib_count = 5;
    done(ttfs_compile(&c, m), true, m, "compile convolutions");
    c.model = DIGITS "digits_mlp.onnx", c.fit = "up5k", c.ticks = 60000;
    done(ttfs_compile(&c, m), false, m, "compile for a device that is too small");
}

/* A number of a document. */
static double told(const TtfsResult *r, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(ttfs_result_json(r), quoted);
    if (!at) fail_msg("no %s in %s", key, ttfs_result_json(r));
    return strtod(at + strlen(quoted), NULL);
}

/* What a result says in numbers is what its document says. */
static void figures(void **state) {
    (void)state;
    TtfsMessages *m = ttfs_messages_new();
    use(m, DIGITS "digits_mlp.onnx", true);
    TtfsRunOptions r = ttfs_run_defaults();
    r.session.folder = "lib_out", r.session.input = DIGITS "test.npz", r.session.count = 200;
    static const char *const engines[] = {"golden", "exact"};
    for (int i = 0; i < 2; i++) {
        r.engine = engines[i];
        TtfsResult *run = ttfs_run_samples(&r, m);
        TtfsFigures f = ttfs_result_figures(run);
        assert_int_equal(f.samples, 200);
        assert_true(fabs(f.accuracy - told(run, "accuracy")) < 1e-9 && f.accuracy > 0.5);
        assert_true(fabs(f.agreement - told(run, "agreement")) < 1e-9 && f.agreement > 0.5);
        assert_true(f.spikes_per_neuron > 0.1 && f.spikes_per_neuron <= 1);
        if (i == 0) assert_true(fabs(f.spikes_per_neuron - told(run, "spikes_per_neuron")) < 1e-9);
        assert_true(isnan(f.cycles) && f.samples_per_second > 0);
        assert_int_equal(f.latency_ticks, i ? 0 : 2 * 255);
        ttfs_result_free(run);
    }
    r.engine = "relu";
    TtfsResult *run = ttfs_run_samples(&r, m);
    assert_true(isnan(ttfs_result_figures(run).spikes_per_neuron));
    ttfs_result_free(run);
    TtfsVerifyOptions v = ttfs_verify_defaults();
    v.session = r.session, v.engines = "golden,golden,golden", v.fault = "spike:3";
    TtfsResult *verdict = ttfs_verify_samples(&v, m);
    TtfsFigures f = ttfs_result_figures(verdict);
    assert_false(ttfs_result_passed(verdict));
    assert_int_equal(f.samples, 200);
    assert_int_equal(f.readouts, 200 * 10);
    assert_int_equal(f.differences, 2);
    assert_true(f.spikes > 200 && (double)f.spikes == told(verdict, "spikes"));
    ttfs_result_free(verdict);
    ttfs_messages_free(m);
}

typedef struct {
    uint64_t done, of;
    int calls, falls;
} Told;

static void tell(void *context, const char *what, uint64_t done, uint64_t of) {
    Told *t = context;
    assert_string_equal(what, "samples");
    t->falls += t->calls && (done < t->done || of != t->of || done > of);
    *t = (Told){done, of, t->calls + 1, t->falls};
}

/* Progress begins at 0, never falls and ends with all, however many engines share the work. */
static void progress(void **state) {
    (void)state;
    static const char *const engines[] = {"golden,golden", "golden,golden,golden", "golden,jit"};
    TtfsMessages *m = ttfs_messages_new();
    use(m, DIGITS "digits_mlp.onnx", true);
    for (int i = 0; i < 3; i++) {
        Told t = {0};
        TtfsVerifyOptions v = ttfs_verify_defaults();
        v.session.folder = "lib_out", v.session.input = DIGITS "test.npz", v.session.count = 200;
        v.session.progress = (TtfsProgress){.tell = tell, .context = &t}, v.engines = engines[i];
        done(ttfs_verify_samples(&v, m), true, m, engines[i]);
        assert_int_equal(t.falls, 0);
        assert_true(t.calls > 2 && t.of == 200);
        if (t.done != 200) fail_msg("%s: told of %d samples", engines[i], (int)t.done);
    }
    ttfs_messages_free(m);
}

typedef struct {
    int left; /* tellings of work done until it stops */
    volatile int stop;
} Stopper;

static void stop_later(void *context, const char *what, uint64_t done, uint64_t of) {
    Stopper *s = context;
    (void)what;
    if (done > 0 && done < of && --s->left == 0) s->stop = 1;
}

/* Also amid the points and between trials, of either engine: it ends there, with one error. */
static void sweep_stops_midway(void **state) {
    (void)state;
    static const char *const vary[] = {"time-noise=0.02,0.05", "drop=0.1,0.5"};
    TtfsMessages *m = ttfs_messages_new();
    use(m, DIGITS "digits_mlp.onnx", true);
    for (int i = 0; i < 2; i++) {
        bool stopped = true;
        for (int at = 1; stopped; at++) {
            Stopper s = {.left = at};
            TtfsSweepOptions o = ttfs_sweep_defaults();
            o.session.folder = "lib_out", o.session.input = DIGITS "test.npz";
            o.session.count = 20, o.session.threads = 1, o.vary = &vary[i], o.n_vary = 1;
            o.trials = 3, o.out = "lib_midway.json";
            o.session.progress = (TtfsProgress){stop_later, &s, &s.stop};
            TtfsResult *r = ttfs_sweep_samples(&o, m);
            stopped = s.stop;
            if (!stopped) assert_true(at > 2);
            if (!r != stopped || ttfs_messages_errors_of(m, "STOPPED") != stopped)
                fail_msg("%s, stopped %d: at %d", vary[i], stopped, at);
            ttfs_result_free(r);
            ttfs_messages_clear(m);
            unlink(o.out);
        }
    }
    ttfs_messages_free(m);
}

/* A sweep that is stopped is no result, leaves no file and says so. */
static void sweep_stops(void **state) {
    (void)state;
    static const char *const vary[] = {"margin=-0.5,0"};
    static const volatile int stopped = 1;
    TtfsMessages *m = ttfs_messages_new();
    use(m, DIGITS "digits_mlp.onnx", true);
    TtfsSweepOptions o = ttfs_sweep_defaults();
    o.session.folder = "lib_out", o.session.input = DIGITS "test.npz", o.session.count = 40;
    o.vary = vary, o.n_vary = 1, o.out = "lib_sweep.json";
    unlink(o.out); /* of a run that died */
    for (int i = 0; i < 2; i++) {
        o.session.progress = (TtfsProgress){.stop = i ? NULL : &stopped};
        done(ttfs_sweep_samples(&o, m), i == 1, m, "sweep");
        assert_int_equal(access(o.out, F_OK) == 0, i == 1);
    }
    unlink(o.out);
    ttfs_messages_free(m);
}

/* Of a task of this process: it works. One that was waited for may still be listed, on its way out
 * (PF_EXITING of its flags, proc(5)). */
static bool works(const char *task) {
    enum { EXITING = 4 };
    char path[300], line[1024] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/stat", task);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    char *end = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    unsigned flags = EXITING;
    bool read = end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1;
    fclose(f);
    return read && !(flags & EXITING);
}

static int threads_now(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += *e->d_name != '.' && works(e->d_name);
    closedir(d);
    assert_true(n > 0);
    return n;
}

static int most_threads;

static void tell_and_count(void *context, const char *what, uint64_t done, uint64_t of) {
    int n = threads_now();
    tell(context, what, done, of);
    most_threads = n > most_threads ? n : most_threads;
}

/* Times and integers, a few points and trials: progress goes from 0 to all, and no more threads are
 * there than those of two programs and those that share the samples, however many points. */
static void sweeps_are_told(void **state) {
    (void)state;
    static const char *const vary[] = {"time-noise=0.02,0.05", "weight-bits=2,3,4,5,6,7"};
    TtfsMessages *m = ttfs_messages_new();
    use(m, DIGITS "digits_mlp.onnx", true);
    int threads = most_threads = threads_now();
    for (int i = 0; i < 2; i++) {
        Told t = {0};
        TtfsSweepOptions o = ttfs_sweep_defaults();
        o.session.folder = "lib_out", o.session.input = DIGITS "test.npz", o.session.count = 20;
        o.session.threads = 1 + (uint32_t)i, o.vary = &vary[i], o.n_vary = 1, o.trials = 3;
        o.session.progress = (TtfsProgress){.tell = tell_and_count, .context = &t};
        o.out = "lib_sweep.json";
        done(ttfs_sweep_samples(&o, m), true, m, vary[i]);
        assert_int_equal(t.falls, 0);
        assert_int_equal(t.of, i ? 6 * 20 : 2 * 3 * 20);
        if (t.done != t.of) fail_msg("%s: %d of %d", vary[i], (int)t.done, (int)t.of);
        assert_int_equal(threads_now(), threads);
        unlink(o.out);
    }
    if (most_threads > threads + 3) fail_msg("%d threads, then %d", threads, most_threads);
    ttfs_messages_free(m);
}

static void tell_calibration(void *context, const char *what, uint64_t done, uint64_t of) {
    Told *t = context;
    assert_string_equal(what, "calibration samples");
    t->falls += t->calls && done <= t->done;
    *t = (Told){done, of, t->calls + 1, t->falls};
}

/* One thread tells of every sixteen samples. */
static void calibration_is_told(void **state) {
    (void)state;
    TtfsMessages *m = ttfs_messages_new();
    Told t = {0};
    TtfsCompileOptions c = ttfs_compile_defaults();
    c.model = DIGITS "digits_mlp.onnx", c.out = "lib_told", c.stop_after = "spike";
    c.calib = DIGITS "calib.npz", c.calib_count = 20, c.threads = 1;
    c.progress = (TtfsProgress){.tell = tell_calibration, .context = &t};
    done(ttfs_compile(&c, m), true, m, "compile");
    assert_int_equal(t.falls, 0);
    assert_int_equal(t.calls, 3);
    assert_int_equal(t.done, 20);
    assert_int_equal(t.of, 20);
    ttfs_messages_free(m);
}

static int open_files(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

/* Maps of the test's own files. */
static int mapped_files(void) {
    char line[8192];
    int n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        n += strstr(line, "lib_out") || strstr(line, DIGITS) || strstr(line, "/hw/chips/");
    fclose(f);
    return n;
}

static void calls_leave_nothing(void **state) {
    (void)state;
    size_t before = 0;
    int files = open_files();
    FILE *bad = fopen("lib_bad.onnx", "wb");
    assert_true(bad && fwrite("\xff\xff\xff", 1, 3, bad) == 3 && fclose(bad) == 0);
    for (int i = 0; i < 4; i++) {
        TtfsMessages *m = ttfs_messages_new();
        use(m, DIGITS "digits_mlp.onnx", true);
        use_weights_only(m);
        use_others(m);
        use(m, "lib_bad.onnx", false);
        assert_null(ttfs_describe("absent.onnx", 0, m)); /* its message stays */
        ttfs_messages_free(m);
        size_t now = mallinfo2().uordblks;
        if (i > 1 && now != before) fail_msg("%zu bytes in use, then %zu", before, now);
        before = now;
        assert_int_equal(open_files(), files);
        assert_int_equal(mapped_files(), 0);
    }
    ttfs_messages_free(NULL);
}

int main(int argc, char **argv) {
    (void)argc;
    /* Blocks that glibc keeps for a thread count as used: it is asked to keep none. */
    if (!getenv("GLIBC_TUNABLES") &&
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1) == 0)
        execv("/proc/self/exe", argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile_options),
        cmocka_unit_test(input_options),
        cmocka_unit_test(run_options),
        cmocka_unit_test(emit_options),
        cmocka_unit_test(convert_options),
        cmocka_unit_test(synth_options),
        cmocka_unit_test(figures),
        cmocka_unit_test(failing_engines),
        cmocka_unit_test(progress),
        cmocka_unit_test(calibration_is_told),
        cmocka_unit_test(calls_leave_nothing),
        cmocka_unit_test(sweep_stops),
        cmocka_unit_test(sweep_stops_midway),
        cmocka_unit_test(sweeps_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
