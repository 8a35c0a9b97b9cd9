/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole line on random networks: imported form, canonical form, calibration, spike graph, plan,
 * image, Verilog. The Verilog's traces equal golden's; what does not fit the chip, and what one
 * without pools and classes does not have, is refused by the plan, with the layer and the reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "golden.h"
#include "ir_to_ir.h"
#include "ir_to_spike.h"
#include "plan_to_image.h"
#include "random_net.h"
#include "relu.h"
#include "sim.h"
#include "spike_to_plan.h"
#include "write_verilog.h"

enum { NETWORKS = 100, SEEDS = 4000, CALIBRATION = 20, SAMPLES = 3 };

typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsIr ir, canonical;
    TtfsCalib calib;
    TtfsSpike spike;
    TtfsQuantReport quant;
    TtfsPlan plan;
    TtfsImage image;
    TtfsRng rng;
    float *real;
} Line;

static uint32_t ran, refused_kind, refused_fit;
static uint64_t spikes;
static TtfsSimChip *code;

static void close_line(Line *l) {
    ttfs_image_free(&l->image);
    ttfs_plan_free(&l->plan);
    ttfs_arena_free(&l->quant.arena);
    ttfs_spike_free(&l->spike);
    ttfs_calib_free(&l->calib);
    ttfs_ir_free(&l->canonical);
    ttfs_ir_free(&l->ir);
    ttfs_diag_free(&l->diag);
    ttfs_arena_free(&l->arena);
}

static void random_sample(Line *l) {
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(&l->canonical, l->canonical.input));
    for (uint64_t i = 0; i < n; i++) l->real[i] = (float)(2 * ttfs_rng_f64(&l->rng) - 1);
}

static void calibrate(Line *l) {
    const TtfsIr *ir = &l->canonical;
    TtfsRelu *relu = ttfs_relu_open(ir);
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    l->real = TTFS_ARRAY(&l->arena, float, n);
    ttfs_calib_init(&l->calib, ir);
    for (int k = 0; k < CALIBRATION; k++) {
        random_sample(l);
        ttfs_relu_run(relu, l->real);
        ttfs_calib_add(&l->calib, ir->input, l->real, n);
        for (uint32_t i = 0; i < ir->nodes.len; i++) {
            TtfsTensor t = ir->nodes.at[i].out;
            ttfs_calib_add(&l->calib, t, ttfs_relu_values(relu, t),
                           ttfs_ir_count(ttfs_ir_tensor(ir, t)));
        }
    }
    ttfs_relu_close(relu);
}

/* Every reason must be one of the chip's limits, never a fault of a form. */
static void count_refusal(const TtfsDiag *diag, uint64_t seed) {
    bool kind = false;
    for (uint32_t i = 0; i < diag->messages.len; i++) {
        const TtfsMessage *m = &diag->messages.at[i];
        if (m->severity != TTFS_ERROR) continue;
        if (m->code != TTFS_PLAN_KIND && m->code != TTFS_PLAN_FIT && m->code != TTFS_PLAN_WIDTH)
            fail_msg("seed %u: %s: %s", (unsigned)seed, m->where, m->what);
        assert_true(strlen(m->where) > 4 && strlen(m->what) > 10 && strlen(m->advice) > 10);
        kind |= m->code == TTFS_PLAN_KIND;
    }
    refused_kind += kind;
    refused_fit += !kind;
}

static void try_without_pools(const Line *l, TtfsChip chip, uint64_t seed) {
    TtfsPlan plan;
    TtfsDiag diag = {0};
    chip.pool = chip.classes = false;
    if (!ttfs_spike_to_plan(&l->spike, &chip, TTFS_SCHEDULE_AUTO, "net", &plan, &diag))
        count_refusal(&diag, seed);
    ttfs_plan_free(&plan);
    ttfs_diag_free(&diag);
}

/* The chip that all networks are on. */
static TtfsSimChip *open_chip(const TtfsChip *chip, TtfsDiag *diag) {
    const char *rtl = "test_line_rtl";
    TtfsFileSet verilog = {0};
    assert_true(write_verilog(chip, rtl, diag));
    assert_true(ttfs_file_set_read(&verilog, rtl, ttfs_verilog_endings, false, diag));
    TtfsSimChip *made = ttfs_sim_chip_open(&verilog, TTFS_SOURCE_DIR "/runtime/sim/sim_chip.cpp",
                                           TTFS_SIM_MESH, &(TtfsProgress){0}, diag);
    ttfs_file_set_free(&verilog);
    assert_non_null(made);
    return made;
}

static void run_rtl(Line *l, uint64_t seed) {
    uint64_t *limit = TTFS_ARRAY(&l->arena, uint64_t, l->image.slots);
    for (uint32_t i = 0; i < l->image.slots; i++)
        limit[i] = 2 * l->plan.slots.at[i].worst_cycles + 1000;
    if (!code) code = open_chip(&l->plan.chip, &l->diag);
    TtfsSim *sim = ttfs_sim_open(code, &l->image, limit, &l->diag);
    assert_non_null(sim);
    TtfsGolden *golden = ttfs_golden_open(&l->spike);
    TtfsTrace want, got[SAMPLES];
    TtfsDifference d;
    uint32_t inputs = ttfs_pop_size(ttfs_spike_pop(&l->spike, l->spike.input));
    uint16_t *x = TTFS_ARRAY(&l->arena, uint16_t, (size_t)SAMPLES * inputs);
    ttfs_trace_init(&want, &l->spike, &l->arena);
    for (uint32_t k = 0; k < SAMPLES; k++) {
        ttfs_trace_init(&got[k], &l->spike, &l->arena);
        random_sample(l);
        ttfs_spike_encode(&l->spike, l->real, x + k * inputs);
    }
    assert_true(ttfs_sim_run(sim, SAMPLES, x, got, &(TtfsProgress){0}, &l->diag));
    for (uint32_t k = 0; k < SAMPLES; k++) {
        ttfs_golden_run(golden, x + k * inputs, &want);
        uint64_t n = ttfs_trace_compare(&want, &got[k], &d);
        if (n)
            fail_msg("seed %u: %llu differences %s", (unsigned)seed, (unsigned long long)n,
                     got[k].fault);
        spikes += ttfs_trace_hidden_spikes(&want);
    }
    const uint64_t *most = ttfs_sim_slot_cycles(sim);
    for (uint32_t i = 0; i < l->image.slots; i++)
        assert_true(most[i] <= l->plan.slots.at[i].worst_cycles);
    ttfs_golden_close(golden);
    ttfs_sim_close(sim);
}

static void one_network(const TtfsChip *chip, uint64_t seed) {
    Line l = {.rng = ttfs_rng(seed)};
    TtfsSpikeOptions o = {.ticks = 15 + (uint32_t)(seed % 3) * 16,
                          .weight_bits = 4 + (uint32_t)(seed % 5),
                          .percentile = 0.999,
                          .input_lo = -1,
                          .input_hi = 1};
    l.ir = random_net(&l.arena, seed,
                      (RandomNetOptions){.layers = 3 + (uint32_t)(seed % 6), .simple = seed % 2});
    bool ok = ttfs_ir_canonical(&l.ir, &l.canonical, "net", &l.diag);
    if (!ok) {
        close_line(&l);
        return;
    }
    calibrate(&l);
    if (!ttfs_ir_to_spike(&l.canonical, &l.calib, &o, "net", &l.spike, &l.quant, &l.diag)) {
        for (uint32_t i = 0; i < l.diag.messages.len; i++)
            if (l.diag.messages.at[i].severity == TTFS_ERROR)
                assert_int_equal(l.diag.messages.at[i].code, TTFS_QUANT_RANGE);
    } else if (!ttfs_spike_to_plan(&l.spike, chip, (TtfsSchedule)(seed % TTFS_SCHEDULES), "net",
                                   &l.plan, &l.diag)) {
        count_refusal(&l.diag, seed);
    } else {
        assert_true(ttfs_plan_check(&l.plan, &l.spike, "net", &l.diag));
        assert_true(ttfs_plan_to_image(&l.plan, &l.spike, &l.image, &l.diag));
        run_rtl(&l, seed);
        try_without_pools(&l, *chip, seed);
        ran++;
    }
    close_line(&l);
}

static void random_networks_on_the_chip(void **state) {
    (void)state;
    TtfsChip chip = small_chip(2, 16, 8); /* of test_sim too: it is built once */
    chip.name = "line";
    for (uint64_t seed = 0; seed < SEEDS && ran < NETWORKS; seed++) one_network(&chip, seed);
    printf("%u networks on the chip, %llu hidden spikes, 0 differences; refused: %u by kind, %u by "
           "size\n",
           ran, (unsigned long long)spikes, refused_kind, refused_fit);
    ttfs_sim_chip_close(code);
    assert_int_equal(ran, NETWORKS);
    assert_true(refused_kind > 0 && refused_fit > 0);
    assert_true(spikes > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_networks_on_the_chip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
