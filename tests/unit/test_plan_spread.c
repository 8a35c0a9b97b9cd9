/* SPDX-License-Identifier: Apache-2.0
 *
 * Expected maxima against what is known of order statistics of normal variables, against Clark's
 * formula for two, and against drawn ones; deviations of populations against those of their rates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "plan_spread.h"
#include "random_spike.h"

static void of_equals(void **state) {
    (void)state;
    static const struct {
        uint32_t n;
        double mean; /* of the largest, in deviations (Teichroew 1956) */
    } known[] = {{1, 0},        {2, 0.56419},  {4, 1.02938},  {10, 1.53875},
                 {20, 1.86748}, {50, 2.24907}, {100, 2.50759}};
    TtfsSpread at[100];
    for (int i = 0; i < 100; i++) at[i] = (TtfsSpread){50000, 4000};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double got = ((double)ttfs_spread_highest(at, known[i].n) - 50000) / 4000;
        assert_true(fabs(got - known[i].mean) < 0.03);
    }
}

/* Clark 1961. */
static double highest_of_two(TtfsSpread a, TtfsSpread b) {
    double s = hypot((double)a.deviation, (double)b.deviation);
    double z = ((double)a.mean - (double)b.mean) / s, below = 0.5 * erfc(-z / sqrt(2));
    double density = exp(-z * z / 2) / sqrt(2 * acos(-1));
    return (double)a.mean * below + (double)b.mean * (1 - below) + s * density;
}

static void of_two(void **state) {
    (void)state;
    for (uint64_t a = 8000; a <= 12000; a += 500)
        for (uint64_t deviation = 100; deviation <= 3000; deviation += 700) {
            TtfsSpread two[] = {{a, 1000}, {10000, deviation}};
            double want = highest_of_two(two[0], two[1]);
            assert_true(fabs((double)ttfs_spread_highest(two, 2) - want) < 40);
        }
}

/* What never varies, nothing, and what lies far below. */
static void of_the_sure(void **state) {
    (void)state;
    TtfsSpread at[] = {{700, 0}, {900, 0}, {100, 20}};
    assert_int_equal(ttfs_spread_highest(at, 0), 0);
    assert_int_equal(ttfs_spread_highest(at, 1), 700);
    assert_int_equal(ttfs_spread_highest(at, 2), 900);
    assert_int_equal(ttfs_spread_highest(at, 3), 900);
    TtfsSpread sure[] = {{10000, 1000}, {10000, 0}}; /* max(0, a normal one) */
    assert_in_range(ttfs_spread_highest(sure, 2), 10000 + 379, 10000 + 419);
}

static void roots(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(3);
    for (int i = 0; i < 1000; i++) {
        uint64_t n = ttfs_rng_below(&r, UINT32_MAX);
        assert_int_equal(ttfs_spread_root(n * n), n);
        assert_int_equal(ttfs_spread_root(n * n + 2 * n), n);
    }
    assert_int_equal(ttfs_spread_root(UINT64_MAX), UINT32_MAX);
}

/* A population of 8 x 8 places that reads one like it. */
static TtfsPop reader(TtfsSpike *s, uint32_t bands, uint32_t vary, uint32_t vary_part) {
    TtfsPopulation p = {.kind = TTFS_POP_INPUT, .c = 2, .h = 8, .w = 8, .ticks = 15};
    TtfsConnection c = {
        .kind = TTFS_CONN_CONV, .kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}};
    *s = (TtfsSpike){0};
    p.rates = (TtfsRates){.rows = bands, .cols = bands, .vary = vary, .vary_part = vary_part};
    c.src = s->input = add_pop(s, p);
    p.kind = TTFS_POP_RELU;
    c.dst = add_pop(s, p);
    c.src_channels = 2;
    c.group = 1;
    add_conn(s, c);
    return c.dst;
}

static bool close_to(uint64_t got, double want) {
    return fabs((double)got - want) <= want / 100 + 2;
}

/* The whole varies by the one, a region by the other. */
static void whole_and_regions(void **state) {
    (void)state;
    static const uint32_t bands[] = {1, 2, 4, 8};
    for (int i = 0; i < 4; i++) {
        TtfsSpike s;
        TtfsPop pop = reader(&s, bands[i], 120, i ? 220 : 120);
        TtfsVary v = ttfs_vary_of(&s, pop);
        double n = bands[i] * bands[i], part = i ? 220 : 120;
        assert_true(close_to(v.shared + v.own, part * part));
        assert_true(close_to((uint64_t)((double)v.shared + (double)v.own / n), 120 * 120));
        ttfs_spike_free(&s);
    }
    TtfsSpike s; /* regions that vary less than the whole share all of it; unknown ones nothing */
    TtfsVary v = ttfs_vary_of(&s, reader(&s, 4, 300, 100));
    assert_int_equal(v.shared, 90000);
    assert_int_equal(v.own, 0);
    ttfs_spike_free(&s);
    v = ttfs_vary_of(&s, reader(&s, 0, 300, 300));
    assert_int_equal(v.shared + v.own, 0);
    ttfs_spike_free(&s);
}

static void regions_of_places(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPop pop = reader(&s, 4, 120, 250);
    assert_int_equal(ttfs_vary_regions(&s, pop, 1, 1), TTFS_SPREAD_REGION);
    assert_int_equal(ttfs_vary_regions(&s, pop, 4, 4), 4 * TTFS_SPREAD_REGION);
    assert_int_equal(ttfs_vary_regions(&s, pop, 3, 8), 6 * TTFS_SPREAD_REGION);
    assert_int_equal(ttfs_vary_regions(&s, pop, 99, 99), 16 * TTFS_SPREAD_REGION);
    s.conns.at[0].kind = TTFS_CONN_DENSE;
    assert_int_equal(ttfs_vary_regions(&s, pop, 1, 1), 16 * TTFS_SPREAD_REGION);
    ttfs_spike_free(&s);
}

/* A core differs by what it has more or less of a population than the others, and by its regions.
 */
static void squares(void **state) {
    (void)state;
    TtfsVary v = {.shared = 40000, .own = 90000}; /* 20 %, 30 % */
    TtfsMoved none = {0, 0}, mean = {1000, 4 * TTFS_SPREAD_REGION}, two = {3000, 0};
    ttfs_vary_even(&v, 1000);
    assert_int_equal(v.base, 200 * 200);
    assert_int_equal(ttfs_vary_square(&v, &none), 0);
    assert_int_equal(ttfs_vary_square(&v, &mean) + 200 * 200, 300 * 300 / 4);
    assert_int_equal(ttfs_vary_square(&v, &two) + 200 * 200, 400 * 400 + 900 * 900);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_equals),
                                       cmocka_unit_test(of_two),
                                       cmocka_unit_test(of_the_sure),
                                       cmocka_unit_test(roots),
                                       cmocka_unit_test(whole_and_regions),
                                       cmocka_unit_test(regions_of_places),
                                       cmocka_unit_test(squares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
