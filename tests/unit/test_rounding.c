/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight grids beside plain searches: the quantum that just clips nothing, the nearest of all
 * levels, and which roundings are turned around for the sum's sake, one after the other. Weights
 * are multiples of 1/2048 quantum, so that all is exact and no two errors share a bucket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "base.h"
#include "grid.h"

enum { ROUNDS = 4000, MOST = 60, PARTS = 2048 };

typedef struct {
    uint32_t n, bits;
    int32_t low, high;
    double quantum;
    float w[MOST];
} Weights;

/* On and around the grid, in quanta between the two. No tie but where `ties`. */
static Weights some_weights(TtfsRng *r, int32_t below, int32_t above, bool ties) {
    Weights k = {.n = 1 + ttfs_rng_below(r, MOST), .bits = 2 + ttfs_rng_below(r, 5)};
    k.low = -(1 << (k.bits - 1)), k.high = -k.low - 1;
    k.quantum = ldexp(1, (int)ttfs_rng_below(r, 7) - 3);
    int32_t least = (k.low - below) * PARTS, span = (k.high + above) * PARTS - least + 1;
    int32_t step = ttfs_rng_below(r, 2) ? 1 : PARTS / 8;
    for (uint32_t i = 0; i < k.n; i++) {
        int32_t part = least + (int32_t)ttfs_rng_below(r, (uint32_t)span) / step * step;
        if (!ties && (part & (PARTS - 1)) == PARTS / 2) part++;
        k.w[i] = (float)(part * k.quantum / PARTS);
    }
    return k;
}

static double in_quanta(const Weights *k, uint32_t i) {
    return (double)k->w[i] / k->quantum;
}

/* The nearest level; of two the one further from 0. */
static int32_t nearest(const Weights *k, uint32_t i) {
    double v = in_quanta(k, i);
    int32_t best = k->low;
    for (int32_t q = k->low; q <= k->high; q++) {
        double off = fabs(q - v), least = fabs(best - v);
        if (off < least || (off == least && fabs((double)q) > fabs((double)best))) best = q;
    }
    return best;
}

static void levels(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    for (int round = 0; round < ROUNDS; round++) {
        Weights k = some_weights(&r, 2, 2, true);
        int16_t q[MOST];
        double error = 0;
        uint64_t clipped = 0;
        uint64_t got = ttfs_grid_round(k.w, k.n, k.quantum, ttfs_grid_levels(k.bits, 1), q);
        for (uint32_t i = 0; i < k.n; i++) {
            double v = in_quanta(&k, i), off = k.quantum * (v - nearest(&k, i));
            if (q[i] != nearest(&k, i)) fail_msg("%g becomes %d", v, q[i]);
            clipped += v < k.low - 0.5 || v >= k.high + 0.5;
            error += off * off;
        }
        assert_int_equal(got, clipped);
        assert_true(ttfs_grid_error(k.w, k.n, k.quantum, ttfs_grid_levels(k.bits, 1)) == error);
    }
}

/* As fine as it can be: with it nothing is beyond the ends, and something lies on one of them. */
static void quanta(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(2);
    for (int round = 0; round < ROUNDS; round++) {
        Weights k = some_weights(&r, 1, 1, true);
        double quantum = ttfs_grid_quantum(k.w, k.n, ttfs_grid_levels(k.bits, 1)), over = -1;
        bool any = false;
        for (uint32_t i = 0; i < k.n; i++) {
            any = any || k.w[i] != 0;
            over = fmax(over, (double)k.w[i] - k.high * quantum);
            over = fmax(over, k.low * quantum - (double)k.w[i]);
        }
        assert_true(any ? quantum > 0 && fabs(over) <= 1e-12 * quantum : quantum == 0);
    }
}

/* The rounding that went furthest in a direction and can be turned; MOST: none. Those that were
 * turned before, in their group, are beyond a tie: no further than the nearest to one. */
static uint32_t furthest(const Weights *k, uint32_t from, uint32_t n, double sign, const int16_t *q,
                         const bool *turned) {
    uint32_t best = MOST;
    double most = 0;
    for (uint32_t i = from; i < from + n; i++) {
        double v = in_quanta(k, i), back = q[i] - sign;
        double error = fmin((q[i] - v) * sign, 0.5 - 1.0 / PARTS);
        bool inside = v >= k->low && v <= k->high && back >= k->low && back <= k->high;
        if (inside && !turned[i] && error > most) best = i, most = error;
    }
    return best;
}

/* One after the other, until the errors add up to half a quantum at most. */
static void balance(const Weights *k, uint32_t from, uint32_t n, int16_t *q) {
    bool turned[MOST] = {false};
    double sum = 0;
    for (uint32_t i = from; i < from + n; i++) sum += q[i] - in_quanta(k, i);
    double sign = sum < 0 ? -1 : 1;
    for (sum *= sign; sum > 0.5; sum--) {
        uint32_t i = furthest(k, from, n, sign, q, turned);
        if (i == MOST) return;
        turned[i] = true;
        q[i] = (int16_t)(q[i] - (int)sign);
    }
}

static void balanced(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(3);
    uint64_t moved = 0, grouped = 0;
    for (int round = 0; round < ROUNDS; round++) {
        Weights k = some_weights(&r, round % 2, round % 2, false);
        int16_t plain[MOST], got[MOST], want[MOST];
        uint32_t group = round % 3 ? 1 + ttfs_rng_below(&r, 9) : 1;
        k.n -= k.n > group ? k.n % group : 0;
        if (k.n < group) group = 1;
        ttfs_grid_round(k.w, k.n, k.quantum, ttfs_grid_levels(k.bits, 1), plain);
        memcpy(got, plain, sizeof plain), memcpy(want, plain, sizeof plain);
        ttfs_grid_balance(k.w, k.n, group, k.quantum, ttfs_grid_levels(k.bits, 1), got);
        for (uint32_t i = 0; group > 1 && i < k.n; i += group) balance(&k, i, group, want);
        grouped += memcmp(want, plain, k.n * sizeof *want) != 0;
        balance(&k, 0, k.n, want);
        for (uint32_t i = 0; i < k.n; i++) {
            moved += want[i] != plain[i];
            if (got[i] != want[i])
                fail_msg("round %d: %u weights of %u bits, groups of %u: weight %u, %g, is %d, not "
                         "%d",
                         round, k.n, k.bits, group, i, in_quanta(&k, i), got[i], want[i]);
        }
    }
    assert_true(moved > ROUNDS && grouped > ROUNDS / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(quanta),
        cmocka_unit_test(balanced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
