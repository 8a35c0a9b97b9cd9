/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding by coordinate descent beside all the integers there are: of small random problems with
 * correlated inputs the value is that of the integers it gives, no single change of one weight
 * makes it less, and it is close to the least of all, which nearest rounding is not. Moments,
 * fitted layers and the choice between them on networks whose inputs hang together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "descent.h"
#include "moments.h"
#include "small_net.h"

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 6, SHARED = 4, OWN = INPUTS - SHARED, FACTORS = 2, ROUNDS = 300, LEVELS = 4 };

/* A channel of INPUTS inputs that a few factors move together. */
typedef struct {
    double h[INPUTS][INPUTS];
    float shared[SHARED * SHARED], own_shared[OWN * SHARED], own[OWN * OWN];
    float target[INPUTS], w[INPUTS], quantum[INPUTS], low[INPUTS], high[INPUTS];
    TtfsDescent d;
} Problem;

static void draw_moments(Problem *p, TtfsRng *r) {
    double by[FACTORS][INPUTS];
    for (int f = 0; f < FACTORS; f++)
        for (int i = 0; i < INPUTS; i++) by[f][i] = ttfs_rng_normal(r);
    for (int i = 0; i < INPUTS; i++)
        for (int j = 0; j < INPUTS; j++) {
            p->h[i][j] = i == j ? 0.05 : 0;
            for (int f = 0; f < FACTORS; f++) p->h[i][j] += by[f][i] * by[f][j];
        }
    for (int i = 0; i < INPUTS; i++)
        for (int j = 0; j < INPUTS; j++) {
            float v = (float)p->h[i][j];
            if (i < SHARED && j < SHARED) p->shared[i * SHARED + j] = v;
            if (i >= SHARED && j < SHARED) p->own_shared[(i - SHARED) * SHARED + j] = v;
            if (i >= SHARED && j >= SHARED) p->own[(i - SHARED) * OWN + j - SHARED] = v;
        }
}

static void draw(Problem *p, TtfsRng *r, float ridge) {
    draw_moments(p, r);
    for (int i = 0; i < INPUTS; i++) {
        p->w[i] = (float)ttfs_rng_normal(r);
        p->quantum[i] = 0.7f;
        p->low[i] = -2, p->high[i] = 1;
    }
    for (int i = 0; i < INPUTS; i++) {
        double sum = 0;
        for (int j = 0; j < INPUTS; j++) sum += p->h[i][j] * (double)p->w[j];
        p->target[i] = (float)sum;
    }
    p->d = (TtfsDescent){.shared = SHARED,
                         .own = OWN,
                         .h = p->shared,
                         .own_shared = p->own_shared,
                         .own_own = p->own,
                         .target = p->target,
                         .w = p->w,
                         .ridge = ridge,
                         .quantum = p->quantum,
                         .low = p->low,
                         .high = p->high};
}

/* J as its definition says. */
static double value_of(const Problem *p, const float *q) {
    double value = 0;
    for (int i = 0; i < INPUTS; i++) {
        double v = (double)(q[i] * p->quantum[i]), off = v - (double)p->w[i];
        for (int j = 0; j < INPUTS; j++) value += v * p->h[i][j] * (double)(q[j] * p->quantum[j]);
        value += (double)p->d.ridge * off * off - 2 * v * (double)p->target[i];
    }
    return value;
}

static double least_of(const Problem *p) {
    double least = INFINITY;
    float q[INPUTS];
    for (int code = 0; code < 1 << (2 * INPUTS); code++) {
        for (int i = 0; i < INPUTS; i++) q[i] = (float)((code >> (2 * i)) % LEVELS - 2);
        least = fmin(least, value_of(p, q));
    }
    return least;
}

/* What the moments make of the weights as they are: the bottom that no integers reach. */
static double bottom_of(const Problem *p) {
    double sum = 0;
    for (int i = 0; i < INPUTS; i++) sum -= (double)p->target[i] * (double)p->w[i];
    return sum;
}

static void no_step_is_better(const Problem *p, float *q, double value) {
    for (int i = 0; i < INPUTS; i++) {
        float kept = q[i];
        for (q[i] = p->low[i]; q[i] <= p->high[i]; q[i]++)
            assert_true(value_of(p, q) >= value - 1e-4 * (1 + fabs(value)));
        q[i] = kept;
    }
}

static void descent(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(3);
    double nearest = 0, found = 0, least = 0;
    for (int i = 0; i < ROUNDS; i++) {
        Problem p;
        float q[INPUTS], product[INPUTS];
        draw(&p, &r, i % 3 == 0 ? 0.5f : 0);
        ttfs_descent_start(&p.d, q);
        for (int k = 0; k < INPUTS; k++) {
            double level = floor((double)p.w[k] / 0.7 + 0.5);
            assert_float_equal((double)q[k], fmax(-2, fmin(1, level)), 0);
        }
        double start = value_of(&p, q), value = ttfs_descend(&p.d, 20, q, product);
        assert_true(fabs(value - value_of(&p, q)) < 1e-3 * (1 + fabs(value)));
        assert_true(value <= start + 1e-4 * (1 + fabs(start)));
        no_step_is_better(&p, q, value_of(&p, q));
        nearest += start - bottom_of(&p), found += value - bottom_of(&p);
        least += least_of(&p) - bottom_of(&p);
    }
    assert_true(found >= least);
    assert_true(found < 1.5 * least);   /* close to the best there is ... */
    assert_true(nearest > 1.5 * found); /* ... which the nearest integers are not */
}

/* An input that never varies: nothing tells its levels apart, and it keeps the nearest. */
static void constant_input(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(4);
    Problem p;
    float q[INPUTS], product[INPUTS];
    draw(&p, &r, 0);
    for (int j = 0; j < SHARED; j++) p.shared[j] = p.shared[j * SHARED] = 0;
    for (int e = 0; e < OWN; e++) p.own_shared[e * SHARED] = 0;
    p.w[0] = 0.72f;
    ttfs_descent_start(&p.d, q);
    assert_float_equal((double)q[0], 1, 0);
    ttfs_descend(&p.d, 20, q, product);
    assert_float_equal((double)q[0], 1, 0);
}

/* A depthwise convolution of 4 x 8 taps has moments as long as they take little memory. */
static void memory_of_moments(void **state) {
    (void)state;
    static const struct {
        uint32_t channels;
        bool has;
    } look[] = {{3000, true}, {24000, false}, {100000, false}, {UINT32_MAX, false}};
    for (size_t i = 0; i < sizeof look / sizeof *look; i++) {
        TtfsNet net = {0};
        uint32_t c = look[i].channels;
        *TTFS_PUSH(&net.arena, net.layers) = (TtfsNetLayer){.c = c, .h = 4, .w = 8};
        *TTFS_PUSH(&net.arena, net.layers) = (TtfsNetLayer){.c = c, .h = 1, .w = 1, .terms = 1};
        *TTFS_PUSH(&net.arena, net.terms) = (TtfsTerm){.group = c, .row = 32};
        assert_int_equal(ttfs_moments_refuse(&net, 1) == NULL, look[i].has);
        assert_int_equal(ttfs_moments_room(&net, 1) > 0, look[i].has);
        assert_true(ttfs_moments_room(&net, 1) <= UINT64_C(256) << 20);
        ttfs_arena_free(&net.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(descent), cmocka_unit_test(constant_input),
                                       cmocka_unit_test(memory_of_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
