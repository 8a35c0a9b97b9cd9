/* SPDX-License-Identifier: Apache-2.0
 *
 * What commands say to people: differences of two texts by the names of their lines, what a check
 * found, how far outputs are off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "judge_report.h"
#include "text_diff.h"
#include "verify_report.h"

/* The differences as lines: "place N: -old +new; ..." */
static void expect_diff(const char *before, const char *after, const char *want) {
    TtfsArena a = {0};
    TtfsTextDiff d;
    TtfsBuf found = {0};
    uint64_t sum = 0;
    ttfs_text_diff(&d, before, after, &a);
    for (uint32_t i = 0; i < d.at.len; i++) {
        const TtfsDiffPlace *p = &d.at.at[i];
        ttfs_buf_printf(&found, "%s%s %u:", i ? "; " : "", p->where, (unsigned)p->differences);
        for (uint32_t k = 0; k < p->kept; k++) {
            if (p->line[k].before) ttfs_buf_printf(&found, " -%s", p->line[k].before);
            if (p->line[k].after) ttfs_buf_printf(&found, " +%s", p->line[k].after);
        }
        sum += p->differences;
    }
    assert_string_equal(ttfs_buf_text(&found), want);
    assert_int_equal(d.differences, sum);
    assert_int_equal(d.places, d.at.len);
    ttfs_buf_free(&found);
    ttfs_arena_free(&a);
}

static void lines_of_a_name(void **state) {
    (void)state;
    const char *old = "image 1\nchip one\ncore 0\nprogram 3\nrow 0 ab\nrow 9 cd\nrow 10 "
                      "ef\nweights 2\nrow 0 1 2\n"
                      "core 1\nprogram 1\nrow 0 aa\nend\n";
    expect_diff(old, old, "");
    expect_diff("", "", "");
    expect_diff(old,
                "image 1\nchip one\ncore 0\nprogram 2\nrow 0 ab\nrow 10 ef\nweights 2\nrow 0 1 2\n"
                "core 1\nprogram 1\nrow 0 aa\nend\n",
                "core 0 program 2: -program 3 +program 2 -row 9 cd");
    expect_diff(old,
                "image 1\nchip one\ncore 0\nprogram 3\nrow 0 ab\nrow 9 cd\nrow 10 ee\nweights "
                "2\nrow 0 1 2\n"
                "core 1\nprogram 2\nrow 0 aa\nrow 7 bb\nend\n",
                "core 0 program 1: -row 10 ef +row 10 ee; core 1 program 2: -program 1 +program 2 "
                "+row 7 bb");
}

/* A list that only one text has is all different, wherever it stands. */
static void lists_of_one_text(void **state) {
    (void)state;
    const char *two = "tasks 1\ntask 0 x\nflows 2\nflow 0 a\nflow 1 b\n",
               *one = "flows 2\nflow 0 a\nflow 1 b\n";
    expect_diff(two, one, "tasks 2: -tasks 1 -task 0 x");
    expect_diff(one, two, "tasks 2: +tasks 1 +task 0 x");
    expect_diff(two, "tasks 1\ntask 0 x\n", "flows 3: -flows 2 -flow 0 a -flow 1 b");
    expect_diff("tasks 1\ntask 0 x\n", two, "flows 3: +flows 2 +flow 0 a +flow 1 b");
    /* `from` has the number of another line and belongs to the one above it */
    expect_diff("pops 2\npop 0 x\nfrom 7 y\npop 1 z\n", "pops 2\npop 0 x\nfrom 9 y\npop 1 z\n",
                "pops 1: -from 7 y +from 9 y");
}

/* All are counted, few are kept. */
static void many_lines(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsBuf text[2] = {{0}, {0}};
    TtfsTextDiff d;
    for (uint32_t p = 0; p < TTFS_DIFF_PLACES + 2; p++) {
        for (int side = 0; side < 2; side++) ttfs_buf_printf(&text[side], "core %u\n", p);
        for (uint32_t i = 0; i < TTFS_DIFF_LINES + 3; i++)
            for (int side = 0; side < 2; side++)
                ttfs_buf_printf(&text[side], "row %u %d\n", i, i == 1 ? 0 : side);
    }
    ttfs_text_diff(&d, ttfs_buf_text(&text[0]), ttfs_buf_text(&text[1]), &a);
    assert_int_equal(d.places, TTFS_DIFF_PLACES + 2);
    assert_int_equal(d.at.len, TTFS_DIFF_PLACES);
    assert_int_equal(d.differences, (TTFS_DIFF_PLACES + 2) * (TTFS_DIFF_LINES + 2));
    assert_int_equal(d.at.at[3].differences, TTFS_DIFF_LINES + 2);
    assert_int_equal(d.at.at[3].kept, TTFS_DIFF_LINES);
    assert_string_equal(d.at.at[3].where, "core 3");
    assert_string_equal(d.at.at[3].line[1].after, "row 2 1");
    ttfs_buf_free(&text[0]);
    ttfs_buf_free(&text[1]);
    ttfs_arena_free(&a);
}

static void verdicts(void **state) {
    (void)state;
    TtfsVerdict v = {
        .engines = {"golden", "rtl"}, .n_engines = 2, .samples = 3, .spikes = 20, .readouts = 6};
    TtfsBuf b = {0};
    ttfs_verdict_text(&v, &b);
    assert_string_equal(ttfs_buf_text(&b),
                        "engines     golden, rtl\nsamples     3\n"
                        "compared    20 spikes, 6 readout potentials\ndifferences 0\n"
                        "EQUAL: every spike at the same tick, every potential the same\n");
    ttfs_buf_free(&b);
    v.image_checked = true, v.differences = 5, v.in_traces = 4;
    snprintf(v.image, sizeof v.image, "weights differ");
    snprintf(v.sentence, sizeof v.sentence, "here");
    ttfs_verdict_text(&v, &b);
    assert_string_equal(ttfs_buf_text(&b),
                        "engines     golden, rtl\nsamples     3\n"
                        "compared    20 spikes, 6 readout potentials\nimage       weights differ\n"
                        "differences 5, 4 of them in the traces\nfirst       here\nNOT EQUAL\n");
    ttfs_buf_free(&b);
}

/* Errors are parts of the range of what the output should be: 0 to 4 here, off by 1 and by 0.5. */
static void errors_of_outputs(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsOutput output = {.name = "y", .rank = 2, .dim = {1, 3}};
    TtfsJudge j = {.meaning = TTFS_BY_ERROR, .output = &output, .outputs = 1};
    TtfsBuf b = {0};
    ttfs_output_errors_open(&j.relu, &output, 1, 1, &a);
    static const double want[] = {0, 4, 2}, got[] = {1, 4, 1.5};
    for (int i = 0; i < 3; i++) ttfs_output_errors_add_one(&j.relu, 0, 0, want[i], got[i]);
    ttfs_judge_text(&j, &(TtfsTally){0}, 1, false, &b);
    assert_string_equal(ttfs_buf_text(&b),
                        "judged by           errors: the outputs name no class\n"
                        "output y            largest error 0.25, mean 0.125 (relative to its "
                        "range, 0 to 4)\n");
    ttfs_buf_free(&b);
    ttfs_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_a_name),   cmocka_unit_test(lists_of_one_text),
        cmocka_unit_test(many_lines),        cmocka_unit_test(verdicts),
        cmocka_unit_test(errors_of_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
