/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole trainings: the same integers for any number of threads; what is learned, what is frozen,
 * what a stop leaves, what diverges.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tune_case.h"

enum { SAMPLES = 60 };

/* Samples of two classes, of which the network can tell something. */
typedef struct {
    Case c;
    uint16_t x[SAMPLES][64];
    uint32_t class[SAMPLES];
    TtfsTuneReport report;
    uint32_t stop_at; /* samples */
    volatile int stop;
} Training;

static bool give(void *context, uint64_t sample, uint32_t turn, uint16_t *x, TtfsDiag *diag) {
    Training *t = context;
    (void)diag, (void)turn;
    memcpy(x, t->x[sample], ttfs_pop_size(&t->c.start.spike.pops.at[0]) * sizeof *x);
    return true;
}

static void watch(void *context, const char *what, uint64_t done, uint64_t of) {
    Training *t = context;
    (void)what, (void)of;
    if (t->stop_at && done >= t->stop_at) t->stop = 1;
}

static void open_training(Training *t, uint64_t seed) {
    TtfsRng r = ttfs_rng(9);
    assert_true(open_case(&t->c, seed, false) && said(&t->c));
    uint32_t n = ttfs_pop_size(&t->c.start.spike.pops.at[0]);
    assert_true(n <= 64 && n > 1);
    t->stop = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        for (uint32_t k = 0; k < n; k++)
            t->x[i][k] = (uint16_t)ttfs_rng_below(&r, t->c.start.layer[0].ticks + 1);
        t->class[i] = t->x[i][0] > t->x[i][n - 1];
    }
}

static void train(Training *t, TtfsTuneSettings o) {
    TtfsDiag diag = {0};
    const TtfsTuneSamples samples = {
        .encode = give, .context = t, .count = SAMPLES, .classes = t->class};
    o.batch = 20, o.validate = 0.2, o.seed = 4;
    if (o.rate == 0) o.rate = 0.01;
    if (o.pace == 0) o.pace = 10;
    o.progress = (TtfsProgress){watch, t, &t->stop};
    assert_true(ttfs_tune(&t->c.start.net, t->c.start.offset, t->c.start.layer, &samples, &o, "net",
                          &t->report, &diag));
    ttfs_diag_free(&diag);
}

static void close_training(Training *t) {
    ttfs_arena_free(&t->report.arena);
    close_case(&t->c);
}

static bool same_layer(const Training *a, const Training *b, uint32_t i) {
    const TtfsNet *n = &a->c.start.net;
    const TtfsTuneLayer *x = &a->c.start.layer[i], *y = &b->c.start.layer[i];
    const TtfsNetLayer *l = &n->layers.at[i];
    bool same = x->scale == y->scale;
    if (!x->weights) return same;
    if (x->biases) same &= memcmp(x->bias, y->bias, x->biases * sizeof *x->bias) == 0;
    if (x->ramp) same &= memcmp(x->ramp, y->ramp, l->c * sizeof *x->ramp) == 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = &n->terms.at[l->term_first + k];
        size_t bytes = ttfs_term_rows(l, t) * t->row * sizeof **x->weights;
        if (x->weights[k]) same &= memcmp(x->weights[k], y->weights[k], bytes) == 0;
    }
    return same;
}

static void expect_same_layers(const Training *a, const Training *b) {
    for (uint32_t i = 1; i < a->c.start.net.layers.len; i++) assert_true(same_layer(a, b, i));
}

/* Of a network that learns; with all that is drawn. */
static const TtfsTuneSettings noisy = {.epochs = 6,
                                       .threads = 1,
                                       .sparsity = 0.01,
                                       .time_noise = 0.02,
                                       .drop = 0.02,
                                       .weight_noise = 0.02};

static void test_threads(void **state) {
    Training one, three;
    TtfsTuneSettings o = noisy;
    (void)state;
    one.stop_at = three.stop_at = 0;
    open_training(&one, training_seed(1));
    train(&one, o);
    open_training(&three, training_seed(1));
    o.threads = 3;
    train(&three, o);
    assert_int_equal(one.report.epochs.len, 7);
    for (uint32_t i = 0; i < 7; i++)
        assert_true(one.report.epochs.at[i].validation == three.report.epochs.at[i].validation);
    expect_same_layers(&one, &three);
    close_training(&one);
    close_training(&three);
}

static void test_learns(void **state) {
    Training t;
    (void)state;
    t.stop_at = 0;
    open_training(&t, training_seed(1));
    train(&t, (TtfsTuneSettings){.epochs = 40, .threads = 2});
    const TtfsTuneEpoch *e = t.report.epochs.at;
    assert_true(e[40].loss < 0.7 * e[1].loss);
    assert_true(e[t.report.best].accuracy >= e[0].accuracy);
    close_training(&t);
}

/* How far windows move in an epoch of three steps, in logarithms: the furthest. */
static double furthest(double pace) {
    Training t;
    double from[64], most = 0;
    t.stop_at = 0;
    open_training(&t, training_seed(1));
    uint32_t n = t.c.start.net.layers.len;
    for (uint32_t i = 0; i < n; i++) from[i] = t.c.start.layer[i].scale;
    train(&t, (TtfsTuneSettings){.epochs = 1, .threads = 1, .pace = pace});
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, fabs(log(t.c.start.layer[i].scale / from[i])));
    close_training(&t);
    return most;
}

/* By the rate, or by so many times it. */
static void test_pace(void **state) {
    (void)state;
    double slow = furthest(1), fast = furthest(10);
    assert_true(slow > 0.005 && slow < 0.03 && fast > 0.05 && fast < 0.3);
}

/* The integers of a layer that is frozen are those of before; others move. */
static void test_frozen(void **state) {
    uint32_t kept = 0, moved = 0;
    (void)state;
    for (uint64_t seed = training_seed(1); seed <= 60; seed = training_seed(seed + 1)) {
        Training before, after;
        bool frozen[64] = {0};
        before.stop_at = after.stop_at = 0;
        open_training(&before, seed);
        train(&before, (TtfsTuneSettings){.threads = 1});
        open_training(&after, seed);
        uint32_t n = before.c.start.net.layers.len, still = n - 1;
        assert_true(n <= 64);
        while (still > 1 && (!before.c.start.layer[still].weights || still % 3 == seed % 3))
            still--;
        frozen[still] = true;
        train(&after,
              (TtfsTuneSettings){.epochs = 3, .threads = 1, .rate = 0.03, .frozen = frozen});
        if (after.report.best) {
            assert_true(same_layer(&before, &after, still));
            for (uint32_t i = 1; i < n; i++) moved += i != still && !same_layer(&before, &after, i);
            kept += before.c.start.layer[still].weights != NULL;
        }
        close_training(&before);
        close_training(&after);
    }
    assert_true(kept >= 3 && moved >= kept);
}

/* A stop leaves the best of the epochs that were done, as if the others had never been asked for.
 */
static void test_stop(void **state) {
    Training stopped, whole;
    (void)state;
    stopped.stop_at = 48 * 3 + 20; /* in the fourth epoch */
    whole.stop_at = 0;
    open_training(&stopped, training_seed(1));
    train(&stopped, noisy);
    open_training(&whole, training_seed(1));
    train(&whole, noisy);
    assert_true(stopped.report.stopped && !whole.report.stopped);
    assert_int_equal(stopped.report.epochs.len, 4);
    assert_true(stopped.report.best <= 3);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(stopped.report.epochs.at[i].validation == whole.report.epochs.at[i].validation);
    if (whole.report.best <= 3) expect_same_layers(&stopped, &whole);
    close_training(&stopped);
    close_training(&whole);
}

/* Takes some of what it is offered. */
typedef struct {
    uint32_t asked, refuse; /* every n-th is refused; 1: all are */
    uint32_t refused;
} Taker;

static bool taken(void *context, const TtfsTuneLayer *layer) {
    Taker *t = context;
    assert_true(layer[0].scale > 0);
    bool ok = ++t->asked % t->refuse != 0;
    t->refused += !ok;
    return ok;
}

static double score(const TtfsTuneEpoch *e) {
    return e->accuracy - 1e-6 * e->validation - noisy.sparsity * e->spikes;
}

/* What a score may be less by and as good: the error of the share, of 1 more of either kind. */
static double error_of(const Training *t, double share) {
    double n = (double)t->report.held, right = n * share + 1, wrong = n * (1 - share) + 1;
    return sqrt(right * wrong / (n + 2)) / (n + 2);
}

/* The epoch that is to be kept of those that a run found: the last of those that are as good as the
 * best that is taken, every n-th being refused; the beginning is none of them. */
static uint32_t best_taken(const Training *whole, uint32_t refuse) {
    uint32_t best = 0, asked = 0, wide = 0;
    double most = 0, least = 0;
    const TtfsTuneEpoch *e = whole->report.epochs.at;
    for (uint32_t i = 1; i < whole->report.epochs.len; i++) {
        double is = score(&e[i]);
        if (best && !(is > least)) continue;
        if (++asked % refuse) {
            if (!best || is > most) most = is, least = is - error_of(whole, e[i].accuracy);
            best = i;
        } else if (!wide || is > score(&e[wide])) {
            wide = i;
        }
    }
    return best ? best : wide;
}

/* The best epoch that is accepted is kept; where none is the best of all. */
static void test_accepts(void **state) {
    Training whole, some;
    TtfsTuneSettings o = noisy;
    (void)state;
    o.epochs = 12;
    whole.stop_at = some.stop_at = 0;
    open_training(&whole, training_seed(1));
    train(&whole, o);
    for (uint32_t refuse = 1; refuse < 4; refuse++) {
        Taker taker = {.refuse = refuse};
        o.accept = taken, o.context = &taker;
        open_training(&some, training_seed(1));
        train(&some, o);
        assert_true(taker.asked >= refuse);
        assert_int_equal(some.report.refused, taker.refused);
        assert_int_equal(some.report.best, best_taken(&whole, refuse));
        assert_int_equal(some.report.misfit, refuse == 1);
        if (refuse == 1 && some.report.best == whole.report.best) expect_same_layers(&some, &whole);
        close_training(&some);
    }
    close_training(&whole);
}

/* A rate that ruins: with classes the best of the epochs is kept all the same; the beginning, which
 * may know the classes of those held back by heart, is no epoch. A later one is kept that is as
 * good but for what chance does. */
static void test_ruins(void **state) {
    uint32_t seen = 0, late = 0;
    (void)state;
    for (uint64_t seed = training_seed(1); seed <= 60; seed = training_seed(seed + 1)) {
        Training t;
        t.stop_at = 0;
        open_training(&t, seed);
        train(&t, (TtfsTuneSettings){.epochs = 6, .threads = 1, .rate = 0.2, .sparsity = 0.01});
        const TtfsTuneEpoch *e = t.report.epochs.at;
        if (t.report.epochs.len == 7 && t.report.best) {
            seen += score(&e[t.report.best]) < score(&e[0]);
            for (uint32_t i = 1; i < t.report.best; i++)
                late += score(&e[i]) > score(&e[t.report.best]);
            assert_int_equal(t.report.best, best_taken(&t, UINT32_MAX));
        }
        close_training(&t);
    }
    assert_true(seen >= 1 && late >= 1);
}

/* Noise that no training survives: what was before it is given. */
static void test_diverges(void **state) {
    Training t;
    (void)state;
    t.stop_at = 0;
    open_training(&t, training_seed(1));
    train(&t, (TtfsTuneSettings){.epochs = 3, .threads = 1, .weight_noise = 1e40});
    assert_true(t.report.diverged);
    assert_int_equal(t.report.epochs.len, 1);
    assert_int_equal(t.report.best, 0);
    close_training(&t);
}

/* A rate that moves nothing: every look finds the same, its noise is the same too. */
static void test_looks(void **state) {
    Training t;
    TtfsTuneSettings o = noisy;
    (void)state;
    t.stop_at = 0;
    o.rate = 1e-30, o.epochs = 2, o.weight_noise = 0.2;
    open_training(&t, training_seed(1));
    train(&t, o);
    for (uint32_t i = 1; i < 3; i++)
        assert_true(t.report.epochs.at[i].validation == t.report.epochs.at[0].validation);
    close_training(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), cmocka_unit_test(test_learns),
        cmocka_unit_test(test_frozen),  cmocka_unit_test(test_stop),
        cmocka_unit_test(test_accepts), cmocka_unit_test(test_diverges),
        cmocka_unit_test(test_looks),   cmocka_unit_test(test_ruins),
        cmocka_unit_test(test_pace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
