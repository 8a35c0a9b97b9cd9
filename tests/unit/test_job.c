/* SPDX-License-Identifier: Apache-2.0
 *
 * What a compilation is told reaches its job, each number its own place: from the options, and with
 * weights alone from the manifest of the folder, where the options leave it open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "refill.h"
#include "shipped.h"

#define DIGITS TTFS_SOURCE_DIR "/examples/digits/"

static TtfsJob open_job(const TtfsCompileOptions *o, TtfsArena *a) {
    TtfsJob job;
    TtfsDiag diag = {0};
    if (!ttfs_job_open(&job, o, a, &diag)) fail_msg("%s", ttfs_diag_error(&diag)->what);
    return job;
}

/* Options of which no number is another's. */
static TtfsCompileOptions some_options(void) {
    static const TtfsLayerOptions layer[] = {{"fc1", 20, 5, -1}, {"fc2", 0, 0, 0.75}};
    TtfsCompileOptions o = ttfs_compile_defaults();
    o.model = DIGITS "digits_mlp.onnx", o.out = "job_out";
    o.calib = DIGITS "calib.npz", o.calib_count = 12, o.threads = 1, o.seed = 9;
    o.ticks = 30, o.weight_bits = 6, o.percentile = 0.875, o.ramps = "pow2";
    o.layers = layer, o.n_layers = 1;
    return o;
}

static void numbers(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsCompileOptions o = some_options();
    TtfsJob job = open_job(&o, &a);
    assert_ptr_equal(job.options, &o);
    assert_int_equal(job.spike.ticks, 30);
    assert_int_equal(job.spike.weight_bits, 6);
    assert_true(job.spike.percentile == 0.875);
    assert_ptr_equal(job.spike.layers, o.layers);
    assert_int_equal(job.spike.n_layers, 1);
    assert_true(job.spike.pow2);
    assert_int_equal(job.schedule, TTFS_SCHEDULE_AUTO);
    assert_string_equal(job.chip.name, "one");
    assert_false(job.writes_chip);
    ttfs_arena_free(&a);
}

/* The input's range: as given, else by mean and deviation of channels, else 0 to 1. */
static void ranges(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsCompileOptions o = some_options();
    TtfsJob job = open_job(&o, &a);
    assert_true(!job.range_given && job.spike.input_lo == 0 && job.spike.input_hi == 1);
    assert_true(job.map.lo == 0 && job.map.hi == 1 && job.map.channels == 0);
    o.channels = 2;
    o.mean[0] = 0.5f, o.deviation[0] = 0.25f, o.mean[1] = 0.25f, o.deviation[1] = 0.125f;
    job = open_job(&o, &a);
    assert_true(job.range_given && job.spike.input_lo == -2 && job.spike.input_hi == 6);
    assert_int_equal(job.map.channels, 2);
    for (int i = 0; i < 2; i++)
        assert_true(job.map.mean[i] == o.mean[i] && job.map.deviation[i] == o.deviation[i]);
    o.ranged = true, o.lo = -3, o.hi = 5;
    job = open_job(&o, &a);
    assert_true(job.range_given && job.spike.input_lo == -3 && job.spike.input_hi == 5);
    assert_true(job.map.lo == -3 && job.map.hi == 5 && job.map.channels == 0);
    ttfs_arena_free(&a);
}

static void chips_and_schedules(void **state) {
    (void)state;
    static const struct {
        const char *name;
        TtfsSchedule schedule;
    } of[] = {{"auto", TTFS_SCHEDULE_AUTO},
              {"latency", TTFS_SCHEDULE_LATENCY},
              {"overlap", TTFS_SCHEDULE_OVERLAP},
              {"pipeline", TTFS_SCHEDULE_PIPELINE}};
    TtfsArena a = {0};
    TtfsCompileOptions o = some_options();
    o.chip = "tiny";
    for (int i = 0; i < 4; i++) {
        o.schedule = of[i].name;
        TtfsJob job = open_job(&o, &a);
        assert_int_equal(job.schedule, of[i].schedule);
        assert_string_equal(job.chip.name, "tiny");
    }
    o.chip = NULL, o.fit = "up5k";
    TtfsJob job = open_job(&o, &a);
    assert_string_equal(job.device.name, "up5k");
    assert_true(job.writes_chip);
    ttfs_arena_free(&a);
}

/* What is shipped: where the user says, else beside the program, among the sources, as installed.
 */
static void shipped_files(void **state) {
    (void)state;
    TtfsArena a = {0};
    assert_int_equal(unsetenv("TTFS_DATA"), 0);
    assert_string_equal(ttfs_data_path(&a, "hw/chips/one.json"),
                        TTFS_SOURCE_DIR "/hw/chips/one.json");
    assert_string_equal(ttfs_data_path(&a, "no/such"), TTFS_DATA_DIR "/no/such");
    assert_int_equal(setenv("TTFS_DATA", "", 1), 0);
    assert_string_equal(ttfs_data_path(&a, "no/such"), TTFS_DATA_DIR "/no/such");
    assert_int_equal(setenv("TTFS_DATA", "/else", 1), 0);
    assert_string_equal(ttfs_data_path(&a, "hw/chips/one.json"), "/else/hw/chips/one.json");
    assert_int_equal(unsetenv("TTFS_DATA"), 0);
    ttfs_arena_free(&a);
}

static void compile(const TtfsCompileOptions *o) {
    TtfsMessages *m = ttfs_messages_new();
    TtfsResult *r = ttfs_compile(o, m);
    if (!r) fail_msg("%s", ttfs_messages_at(m, 0).what);
    ttfs_result_free(r);
    ttfs_messages_free(m);
}

static TtfsRefill open_refill(const TtfsCompileOptions *o) {
    TtfsRefill r;
    TtfsDiag diag = {0};
    if (!ttfs_refill_open(&r, o, &diag)) fail_msg("%s", ttfs_diag_error(&diag)->what);
    return r;
}

/* A file of words for each memory that the chip has, and none for another. */
static void every_memory_is_written(void) {
    TtfsArena a = {0};
    TtfsCompileOptions o = some_options();
    TtfsJob job = open_job(&o, &a);
    uint32_t has = 0;
    for (int m = 0; m < TTFS_MEMS; m++) {
        TtfsMemShape shape = ttfs_chip_memory(&job.chip, (TtfsMem)m);
        char *path = ttfs_arena_printf(&a, "job_out/image/core0_%s.hex", shape.name);
        assert_int_equal(ttfs_file_exists(path), shape.rows > 0);
        has += shape.rows > 0;
    }
    assert_true(has > 4 && has < TTFS_MEMS);
    ttfs_arena_free(&a);
}

/* What the folder was compiled with. */
static void from_the_folder(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsCompileOptions whole = some_options();
    whole.ranged = true, whole.lo = -0.5f, whole.hi = 1.5f, whole.schedule = "overlap";
    compile(&whole);
    every_memory_is_written();
    TtfsCompileOptions o = ttfs_weights_only_defaults("job_out");
    o.model = whole.model;
    TtfsRefill r = open_refill(&o);
    assert_string_equal(r.options.out, "job_out");
    assert_string_equal(r.options.schedule, "overlap");
    assert_string_equal(r.options.calib, whole.calib);
    assert_int_equal(r.options.calib_count, 12);
    assert_int_equal(r.options.ticks, 30);
    assert_int_equal(r.options.weight_bits, 6);
    assert_int_equal(r.options.seed, 9);
    assert_true(r.options.percentile == 0.875 && r.lo == -0.5f && r.hi == 1.5f);
    assert_string_equal(r.options.ramps, "pow2");
    assert_int_equal(r.options.n_layers, 1);
    const TtfsLayerOptions *l = r.options.layers;
    assert_string_equal(l->layer, "fc1");
    assert_true(l->ticks == 20 && l->weight_bits == 5 && l->percentile < 0);
    TtfsJob job;
    TtfsDiag diag = {0};
    assert_true(ttfs_refill_job(&r, &job, &a, &diag));
    assert_true(job.refill == &r && job.range_given && !job.writes_chip);
    assert_true(job.spike.input_lo == -0.5f && job.spike.input_hi == 1.5f);
    assert_true(job.map.lo == -0.5f && job.map.hi == 1.5f);
    assert_string_equal(job.chip.name, "one");
    ttfs_refill_close(&r);
    ttfs_arena_free(&a);
}

/* What the options say goes before. */
static void from_the_options(void **state) {
    (void)state;
    TtfsArena a = {0};
    static const TtfsLayerOptions layer = {"fc2", 11, 3, 0.625};
    TtfsCompileOptions o = ttfs_weights_only_defaults("job_out");
    o.model = DIGITS "digits_mlp.onnx", o.out = "job_other";
    o.calib = DIGITS "test.npz", o.calib_count = 40, o.ticks = 50, o.weight_bits = 7, o.seed = 2;
    o.percentile = 0.75, o.layers = &layer, o.n_layers = 1, o.ramps = "any";
    o.ranged = true, o.lo = -4, o.hi = 4;
    TtfsRefill r = open_refill(&o);
    assert_string_equal(r.options.out, "job_other");
    assert_string_equal(r.options.calib, o.calib);
    assert_int_equal(r.options.calib_count, 40);
    assert_int_equal(r.options.ticks, 50);
    assert_int_equal(r.options.weight_bits, 7);
    assert_int_equal(r.options.seed, 2);
    assert_true(r.options.percentile == 0.75);
    assert_string_equal(r.options.ramps, "any");
    assert_ptr_equal(r.options.layers, &layer);
    TtfsJob job;
    TtfsDiag diag = {0};
    assert_true(ttfs_refill_job(&r, &job, &a, &diag));
    assert_true(job.spike.input_lo == -4 && job.spike.input_hi == 4 && job.map.lo == -4);
    assert_false(job.spike.pow2);
    ttfs_refill_close(&r);
    ttfs_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(ranges),
        cmocka_unit_test(chips_and_schedules),
        cmocka_unit_test(shipped_files),
        cmocka_unit_test(from_the_folder),
        cmocka_unit_test(from_the_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
