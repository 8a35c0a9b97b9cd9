/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures that documents hold, by the definition of each: energy of a sample, errors of outputs
 * over samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "json.h"
#include "output_error.h"
#include "report_json.h"

/* Eight inputs, four neurons that see them all, a sum of those. */
static void three_populations(TtfsSpike *s) {
    static const TtfsPopulation pop[] = {
        {.kind = TTFS_POP_INPUT, .c = 8, .h = 1, .w = 1, .ticks = 10, .rate_ppm = 500000},
        {.kind = TTFS_POP_RELU, .c = 4, .h = 1, .w = 1, .ticks = 30, .rate_ppm = 750000},
        {.kind = TTFS_POP_READOUT, .c = 3, .h = 1, .w = 1},
    };
    *s = (TtfsSpike){0};
    for (int i = 0; i < 3; i++) *TTFS_PUSH(&s->arena, s->pops) = pop[i];
    for (uint32_t i = 1; i < 3; i++) {
        TtfsConnection k = {.kind = TTFS_CONN_DENSE, .src = {i}, .dst = {i + 1}};
        k.weight_count = pop[i - 1].c * pop[i].c;
        k.weights = TTFS_ARRAY(&s->arena, int16_t, k.weight_count);
        *TTFS_PUSH(&s->arena, s->conns) = k;
    }
}

/* 8 * 4 / 2 + 4 * 3 * 3 / 4 events, 4 * 30 ticks, 8 / 2 + 4 * 3 / 4 spikes. */
static void energy(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p = {.chip = {.energy_event_pj = 1000, .energy_tick_pj = 20, .energy_spike_pj = 300}};
    TtfsBuf b = {0};
    TtfsJson j = {.out = &b};
    three_populations(&s);
    ttfs_json_energy(&j, &p, &s);
    const char *numbers = strstr(ttfs_buf_text(&b), "\"synaptic_events\"");
    assert_non_null(numbers);
    assert_string_equal(numbers,
                        "\"synaptic_events\":\t25,\n\t\"neuron_ticks\":\t120,\n\t\"spikes\":\t7,\n"
                        "\t\"nanojoule_per_sample\":\t29.5\n}\n");
    ttfs_buf_free(&b);
    ttfs_spike_free(&s);
}

static void expect(TtfsOutputError e, uint64_t n, double most, double sum, double lo, double hi) {
    assert_int_equal(e.n, n);
    assert_true(e.most == most && e.sum == sum);
    if (n) assert_true(e.lo == lo && e.hi == hi);
}

/* Two of three outputs of two of three samples, wants on both sides of 0. */
static void errors_of_outputs(void **state) {
    (void)state;
    static const struct {
        uint64_t sample;
        uint32_t output;
        double want, got;
    } of[] = {{0, 0, -2, -1}, {0, 0, -5, -5.5}, {2, 0, -1, -1},   {0, 1, 3, 7},
              {2, 1, 3, 3.5}, {2, 0, -3, -1},   {2, 0, -4, -4.25}};
    TtfsArena a = {0};
    TtfsOutputErrors e;
    ttfs_output_errors_open(&e, NULL, 3, 3, &a);
    expect(ttfs_output_errors_whole(&e, 0), 0, 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        ttfs_output_errors_add_one(&e, of[i].sample, of[i].output, of[i].want, of[i].got);
    expect(ttfs_output_errors_whole(&e, 0), 5, 2, 3.75, -5, -1);
    expect(ttfs_output_errors_whole(&e, 1), 2, 4, 4.5, 3, 3);
    ttfs_arena_free(&a);
}

static void scales(void **state) {
    (void)state;
    assert_true(ttfs_output_error_scale(&(TtfsOutputError){.lo = -2, .hi = 5}) == 7);
    assert_true(ttfs_output_error_scale(&(TtfsOutputError){.lo = -3, .hi = -3}) == 3);
    assert_true(ttfs_output_error_scale(&(TtfsOutputError){.lo = 0.5, .hi = 0.5}) == 0.5);
    assert_true(ttfs_output_error_scale(&(TtfsOutputError){.lo = 0, .hi = 0}) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy),
        cmocka_unit_test(errors_of_outputs),
        cmocka_unit_test(scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
