/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph on a chip, run by the rtl engine and by golden: whole traces equal, every slot within the
 * cycles that the plan proves. A chip is Verilated once and kept in the build folder. Include after
 * cmocka.h.
 */
#ifndef SIM_CASE_H
#define SIM_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip_spike.h"
#include "golden.h"
#include "plan_to_image.h"
#include "sim.h"
#include "spike_to_plan.h"
#include "write_verilog.h"

static const char *const wrapper = TTFS_SOURCE_DIR "/runtime/sim/sim_chip.cpp";

/* One graph on one chip. */
typedef struct {
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsImage image;
    TtfsDiag diag;
    TtfsArena arena;
    uint64_t *limit;
    const char *rtl;
    TtfsSimChip *code;
} Case;

static inline void print_faults(const TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    printf("%s", ttfs_buf_text(&out));
    ttfs_buf_free(&out);
}

static inline void close_case(Case *c) {
    ttfs_sim_chip_close(c->code);
    ttfs_spike_free(&c->spike);
    ttfs_plan_free(&c->plan);
    ttfs_image_free(&c->image);
    ttfs_diag_free(&c->diag);
    ttfs_arena_free(&c->arena);
}

/* A chip's Verilog, in a folder of its name; of the chip that was written last it is there. */
static inline const char *rtl_of(const TtfsChip *chip, Case *c) {
    static char last[64];
    const char *folder = ttfs_arena_printf(&c->arena, "test_sim_rtl/%s", chip->name);
    if (strcmp(chip->name, last) != 0) assert_true(write_verilog(chip, folder, &c->diag));
    snprintf(last, sizeof last, "%s", chip->name);
    return folder;
}

/* The graph of the case on a chip; false, with the reasons, when the chip refuses it. */
static inline bool place_case(Case *c, const TtfsChip *chip, TtfsSchedule schedule) {
    if (!ttfs_spike_to_plan(&c->spike, chip, schedule, "net", &c->plan, &c->diag)) return false;
    assert_true(ttfs_plan_to_image(&c->plan, &c->spike, &c->image, &c->diag));
    c->rtl = rtl_of(&c->plan.chip, c);
    c->limit = TTFS_ARRAY(&c->arena, uint64_t, c->image.slots);
    for (uint32_t i = 0; i < c->image.slots; i++)
        c->limit[i] = 2 * c->plan.slots.at[i].worst_cycles + 1000;
    return true;
}

/* The chip of the Verilog in a folder; NULL after an error. */
static inline TtfsSimChip *load(const char *folder, bool mesh, TtfsDiag *diag) {
    TtfsFileSet verilog = {0};
    assert_true(ttfs_file_set_read(&verilog, folder, ttfs_verilog_endings, false, diag));
    TtfsSimChip *chip = ttfs_sim_chip_open(&verilog, wrapper, mesh ? TTFS_SIM_MESH : TTFS_SIM_CORE,
                                           &(TtfsProgress){0}, diag);
    ttfs_file_set_free(&verilog);
    return chip;
}

static inline TtfsSim *start(Case *c) {
    if (!c->code) c->code = load(c->rtl, ttfs_chip_cores(&c->plan.chip) > 1, &c->diag);
    TtfsSim *sim = c->code ? ttfs_sim_open(c->code, &c->image, c->limit, &c->diag) : NULL;
    if (!sim) print_faults(&c->diag);
    assert_non_null(sim);
    return sim;
}

/* Inputs: silent, all at once, last tick, random ones. */
static inline void sample(const TtfsSpike *s, TtfsRng *r, uint32_t n, uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    random_input(s, r, x);
    for (uint32_t i = 0; n < 3 && i < ttfs_pop_size(in); i++)
        x[i] = n == 0 ? 0 : n == 1 ? (uint16_t)in->ticks : 1;
}

static uint64_t total_spikes;
static const TtfsProgress nobody;

static inline void check_bounds(const Case *c, const TtfsSim *sim, uint64_t seed) {
    const uint64_t *most = ttfs_sim_slot_cycles(sim);
    for (uint32_t i = 0; i < c->image.slots; i++)
        if (most[i] > c->plan.slots.at[i].worst_cycles)
            fail_msg("seed %u: slot %u took %llu cycles, the plan says %llu", (unsigned)seed, i,
                     (unsigned long long)most[i],
                     (unsigned long long)c->plan.slots.at[i].worst_cycles);
}

/* Traces of some samples, and room for them. */
static inline TtfsTrace *traces(Case *c, uint32_t samples) {
    TtfsTrace *t = TTFS_ARRAY(&c->arena, TtfsTrace, samples);
    for (uint32_t i = 0; i < samples; i++) ttfs_trace_init(&t[i], &c->spike, &c->arena);
    return t;
}

static inline void compare(const Case *c, const TtfsTrace *got, const uint16_t *x, uint64_t seed,
                           uint32_t samples) {
    TtfsArena a = {0};
    TtfsTrace want;
    TtfsDifference d;
    TtfsGolden *golden = ttfs_golden_open(&c->spike);
    ttfs_trace_init(&want, &c->spike, &a);
    for (uint32_t i = 0; i < samples; i++) {
        ttfs_golden_run(golden, x + i * ttfs_pop_size(ttfs_spike_pop(&c->spike, c->spike.input)),
                        &want);
        uint64_t n = ttfs_trace_compare(&want, &got[i], &d);
        if (n)
            fail_msg("seed %u sample %u: %llu differences, first population %u neuron %u: %lld, "
                     "not %lld %s",
                     (unsigned)seed, i, (unsigned long long)n, d.pop.i, d.neuron, (long long)d.got,
                     (long long)d.want, got[i].fault);
        total_spikes += ttfs_trace_hidden_spikes(&want);
    }
    ttfs_golden_close(golden);
    ttfs_arena_free(&a);
}

/* Samples of the graph, one behind the other. */
static inline uint16_t *inputs_of(Case *c, uint64_t seed, uint32_t samples) {
    TtfsRng rng = ttfs_rng(seed + 1000);
    uint32_t inputs = ttfs_pop_size(ttfs_spike_pop(&c->spike, c->spike.input));
    uint16_t *x = TTFS_ARRAY(&c->arena, uint16_t, (size_t)samples * inputs);
    for (uint32_t i = 0; i < samples; i++) sample(&c->spike, &rng, i, x + i * inputs);
    return x;
}

/* The traces of the chip, which are golden's. */
static inline const TtfsTrace *run_case(Case *c, const uint16_t *x, uint64_t seed,
                                        uint32_t samples) {
    TtfsSim *sim = start(c);
    TtfsTrace *got = traces(c, samples);
    if (!ttfs_sim_run(sim, samples, x, got, &nobody, &c->diag)) print_faults(&c->diag);
    assert_int_equal(c->diag.errors, 0);
    compare(c, got, x, seed, samples);
    check_bounds(c, sim, seed);
    ttfs_sim_close(sim);
    return got;
}

#endif
