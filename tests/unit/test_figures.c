/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures that documents hold, by the definition of each: energy of a sample, errors of outputs
 * over samples, how often they name the right class.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "json.h"
#include "judge.h"
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

static TtfsLabels labels(const TtfsArray *a, TtfsLabelsKind kind) {
    return (TtfsLabels){.kind = kind, .array = a};
}

/* Three samples of one output: a vector by its largest value, the first of equal ones; a logit by
 * its sign, 0 is class 0. Classes are counted against labels and relu, and there are errors of what
 * names no class, or a class by one number alone. */
static void classes(void **state) {
    (void)state;
    static const unsigned char right[] = {2, 0, 1}, sign[] = {1, 0, 0};
    static const double got[3][3] = {{-3, -2, -1}, {4, 4, 1}, {0, -1, -0.5}},
                        want[3][3] = {{-3, -2, -1}, {3, 5, 1}, {1, 0, 0}};
    static const double logit[] = {0.5, 0, -1}, other[] = {1, 0.25, -2};
    for (int by_sign = 0; by_sign < 2; by_sign++) {
        TtfsArena a = {0};
        TtfsArray array = {.type = TTFS_U8, .samples = 3, .elements = 1};
        array.data = by_sign ? sign : right;
        TtfsLabels l = labels(&array, TTFS_LABELS_CLASSES);
        TtfsOutput o = {.name = "y", .rank = 2, .dim = {1, by_sign ? 1 : 3}};
        TtfsJudge j;
        TtfsTally t = {0};
        ttfs_judge_open(&j, &o, 1, &l, 3, true, true, &a);
        assert_int_equal(j.meaning, by_sign ? TTFS_BY_SIGN : TTFS_BY_CLASS);
        assert_int_equal(j.widest, by_sign ? 1 : 3);
        assert_true((j.relu.at != NULL) == by_sign && !j.truth.at);
        assert_true(ttfs_judge_knows_accuracy(&j) && ttfs_judge_knows_agreement(&j));
        for (uint64_t i = 0; i < 3; i++)
            ttfs_judge_output(&j, &t, i, 0, by_sign ? &logit[i] : got[i],
                              by_sign ? &other[i] : want[i]);
        assert_int_equal(t.right, by_sign ? 3 : 2);
        assert_int_equal(t.agree, 2);
        if (by_sign) expect(ttfs_output_errors_whole(&j.relu, 0), 3, 1, 1.75, -2, 1);
        ttfs_arena_free(&a);
    }
}

/* Two outputs, one that labels give as values, a map: errors and no class. */
static void no_classes(void **state) {
    (void)state;
    static const signed char truth[] = {1, 2, 3, -4};
    static const double got[] = {1, 4, 2, -3}, want[] = {0, 4, 2, -3};
    TtfsArray array = {.type = TTFS_I8, .samples = 2, .elements = 2};
    array.data = (const unsigned char *)truth;
    const TtfsOutput o[] = {{.name = "a", .rank = 2, .dim = {1, 2}},
                            {.name = "b", .rank = 3, .dim = {1, 2, 2}}};
    for (int i = 0; i < 3; i++) { /* values, two outputs, a map */
        TtfsArena a = {0};
        TtfsLabels l = labels(&array, i ? TTFS_LABELS_NONE : TTFS_LABELS_VALUES);
        TtfsJudge j;
        TtfsTally t = {0};
        ttfs_judge_open(&j, i == 2 ? &o[1] : o, i == 1 ? 2 : 1, &l, 2, i != 1, true, &a);
        assert_int_equal(j.meaning, TTFS_BY_ERROR);
        assert_int_equal(j.widest, i ? 4 : 2);
        assert_false(ttfs_judge_knows_accuracy(&j) || ttfs_judge_knows_agreement(&j));
        ttfs_judge_output(&j, &t, 1, 0, got, want);
        assert_true(t.right == 0 && t.agree == 0);
        expect(ttfs_output_errors_whole(&j.relu, 0), i == 2 ? 4 : 2, 1, 1, i == 2 ? -3 : 0, 4);
        assert_int_equal(j.truth.at != NULL, i == 0);
        if (i == 0) expect(ttfs_output_errors_whole(&j.truth, 0), 2, 8, 10, -4, 3);
        ttfs_arena_free(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy),  cmocka_unit_test(errors_of_outputs), cmocka_unit_test(scales),
        cmocka_unit_test(classes), cmocka_unit_test(no_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
