/* SPDX-License-Identifier: Apache-2.0
 *
 * What few samples say of a share: intervals, and errors that are laid on every sample.
 */
#include "frontier.h"
#include "odds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool near(double a, double b) {
    return fabs(a - b) < 5e-5;
}

/* Wilson's interval; values by R's binom.confint(method = "wilson"). */
static void intervals(void **state) {
    (void)state;
    TtfsInterval none = ttfs_wilson(0, 0), all = ttfs_wilson(200, 200), zero = ttfs_wilson(0, 200);
    TtfsInterval half = ttfs_wilson(50, 100), one = ttfs_wilson(199, 200);
    assert_true(none.low == 0 && none.high == 1);
    assert_true(near(all.low, 0.98115) && all.high == 1);
    assert_true(zero.low == 0 && near(zero.high, 0.01885));
    assert_true(near(half.low, 0.40383) && near(half.high, 0.59617));
    assert_true(near(one.low, 0.97222) && near(one.high, 0.99912));
}

/* Clopper and Pearson's ends, one-sided; values by binomial sums in exact whole numbers. */
static void exact_ends(void **state) {
    (void)state;
    assert_true(near(ttfs_share_most(0, 100, 0.05), 1 - pow(0.05, 0.01)));
    assert_true(near(ttfs_share_most(0, 200, 0.05), 0.014867));
    assert_true(near(ttfs_share_most(0, 3000, 0.05), 3.0 / 3000));
    assert_true(near(ttfs_share_most(1, 100, 0.05), 0.046560));
    assert_true(near(ttfs_share_most(5, 100, 0.05), 0.102253));
    assert_true(near(ttfs_share_most(99, 100, 0.05), 0.999487));
    assert_true(near(ttfs_share_most(3, 100, 0.025), 0.085176));
    assert_true(near(ttfs_share_least(3, 100, 0.025), 0.006230));
    assert_true(near(ttfs_share_least(100, 100, 0.05), pow(0.05, 0.01)));
    assert_true(ttfs_share_most(0, 0, 0.05) == 1 && ttfs_share_least(0, 0, 0.05) == 0);
    assert_true(ttfs_share_most(7, 7, 0.05) == 1 && ttfs_share_least(0, 7, 0.05) == 0);
}

/* A target is met by what the samples for proof show, not by what the choice was made on. */
static void proof(void **state) {
    (void)state;
    TtfsSetting s = {.tried = {.same = 100}, .meets = true};
    TtfsFrontier f = {.target = {.loss = 0.03}, .held = 200, .proof = 100, .points = {&s, 1, 1}};
    assert_true(near(ttfs_setting_proof(&f, &s), 0.029513) && ttfs_frontier_met(&f));
    f.target.loss = 0.0295;
    assert_false(ttfs_frontier_met(&f));
    f.target.loss = 0.05, s.tried.lost = 1;
    assert_true(ttfs_frontier_met(&f));
    s.tried.lost = 2;
    assert_false(ttfs_frontier_met(&f));
    s.tried.lost = 0, s.meets = false;
    assert_false(ttfs_frontier_met(&f));
    /* right ones lost less wrong ones mended, each at half the chance */
    f.target.labelled = true, s.tried.lost = 3, s.tried.won = 3;
    assert_true(near(ttfs_setting_proof(&f, &s), 0.085176 - 0.006230));
}

/* So many samples that lose nothing prove a target, of agreement or of a drop; one less does not.
 */
static void enough(void **state) {
    (void)state;
    TtfsSetting s = {.meets = true};
    for (int labelled = 0; labelled < 2; labelled++)
        for (double loss = 0.001; loss < 1; loss *= 2) {
            TtfsFrontier f = {.target = {.labelled = labelled, .loss = loss}, .points = {&s, 1, 1}};
            f.proof = (uint64_t)ttfs_target_enough(&f.target);
            assert_true(ttfs_frontier_met(&f));
            f.proof--;
            assert_false(ttfs_frontier_met(&f));
        }
}

static void classes(void **state) {
    (void)state;
    assert_int_equal(ttfs_logits_class((float[]){-0.5f}, 1), 0);
    assert_int_equal(ttfs_logits_class((float[]){0.5f}, 1), 1);
    assert_int_equal(ttfs_logits_class((float[]){1, 3, 3}, 3), 1);
}

/* Four samples, two errors: the second turns the two samples whose margin is below 2. */
static const float logits[] = {5, 0, 0, 5, 1, 0, 0, 1};
static const float errors[] = {0, 0, -1, 1, 1, -1};

static void changes(void **state) {
    (void)state;
    TtfsLogits l = {.logits = logits, .samples = 4, .classes = 2};
    TtfsOdds none = ttfs_odds(&l, errors, 1), some = ttfs_odds(&l, errors, 3);
    assert_true(none.loss == 0 && none.bound == 0);
    /* error 1 turns sample 2, error 2 sample 3: two of twelve */
    assert_true(near(some.loss, 2.0 / 12));
    /* samples: 0, 0, 1/3, 1/3: variance 1/36, over 3; errors: 0, 1/4, 1/4: 1/72, over 2 */
    assert_true(near(some.bound, 2.0 / 12 + 1.644854 * sqrt(1.0 / 108 + 1.0 / 144)));
}

/* What was wrong may become right. */
static void drops(void **state) {
    (void)state;
    TtfsLogits l = {
        .logits = logits, .labels = (uint32_t[]){0, 1, 1, 1}, .samples = 4, .classes = 2};
    assert_true(near(ttfs_odds(&l, errors + 2, 1).loss, -0.25)); /* sample 2 is won */
    assert_true(near(ttfs_odds(&l, errors + 4, 1).loss, 0.25));  /* sample 3 is lost */
    assert_true(near(ttfs_odds(&l, errors, 3).loss, 0));
}

static void one_logit(void **state) {
    (void)state;
    TtfsLogits l = {.logits = (float[]){0.5f, -0.5f}, .samples = 2, .classes = 1};
    assert_true(near(ttfs_odds(&l, (float[]){-1, 0}, 2).loss, 0.25));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals), cmocka_unit_test(exact_ends), cmocka_unit_test(proof),
        cmocka_unit_test(enough),    cmocka_unit_test(classes),    cmocka_unit_test(changes),
        cmocka_unit_test(drops),     cmocka_unit_test(one_logit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
