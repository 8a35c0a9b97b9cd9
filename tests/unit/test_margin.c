/* SPDX-License-Identifier: Apache-2.0
 *
 * Margins of logits: what they are, how they are counted, what is told of them.
 */
#include "margin.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void of_logits(void **state) {
    (void)state;
    assert_true(ttfs_margin((double[]){-0.25}, 1) == 0.25);
    assert_true(ttfs_margin((double[]){1, 3, 2.5}, 3) == 0.5);
    assert_true(ttfs_margin((double[]){3, 1, 3}, 3) == 0);
    assert_true(ttfs_margin((double[]){-3, -1}, 2) == 2);
    assert_true(ttfs_margin((double[]){5, 2, 4}, 3) == 1);
}

static void counting(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsMargins one = {0}, two = {0}, none = {0};
    assert_int_equal(ttfs_margins_below(&one, 1), 0);
    ttfs_margins_add(&one, 0, &a);
    ttfs_margins_add(&one, 0.5, &a);
    ttfs_margins_add(&two, 0.25, &a);
    ttfs_margins_add(&two, 1e300, &a);
    ttfs_margins_add(&two, (double)NAN, &a);
    ttfs_margins_merge(&one, &two, &a);
    ttfs_margins_merge(&one, &none, &a);
    assert_int_equal(one.samples, 5);
    assert_int_equal(ttfs_margins_below(&one, 0), 0);
    assert_int_equal(ttfs_margins_below(&one, 1e-6), 1);
    assert_int_equal(ttfs_margins_below(&one, 0.25), 1); /* not what equals it */
    assert_int_equal(ttfs_margins_below(&one, 0.26), 2);
    assert_int_equal(ttfs_margins_below(&one, 0.75), 3);
    assert_int_equal(ttfs_margins_below(&one, 1e30), 3);
    ttfs_arena_free(&a);
}

static void relevant(void **state) {
    (void)state;
    assert_false(ttfs_margins_matter(0, 0));
    assert_false(ttfs_margins_matter(1, 2)); /* one sample is no share */
    assert_true(ttfs_margins_matter(2, 4));
    assert_false(ttfs_margins_matter(5, 100));
    assert_true(ttfs_margins_matter(6, 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_logits),
        cmocka_unit_test(counting),
        cmocka_unit_test(relevant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
