/* SPDX-License-Identifier: Apache-2.0
 *
 * Widths of layers for a mean: what is chosen by hand in small cases; in random ones that it keeps
 * to the memory, leaves nothing that would still fit and help, is no worse than one width
 * everywhere, and touches no layer that is fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "find_widths.h"
#include "rng.h"

enum { ROUNDS = 2000, LAYERS = 6 };

static void add(TtfsWidths *w, uint64_t weights, uint32_t bits, const double *noise) {
    TtfsLayerWidths l = {.name = "layer", .weights = weights, .bits = bits};
    for (uint32_t b = 2; b <= bits; b++) l.noise[b] = noise[b - 2];
    *TTFS_PUSH(&w->arena, w->at) = l;
}

static void by_hand(void **state) {
    (void)state;
    static const double steep[] = {1, 0.25, 0.0625}, flat[] = {0.01, 0.0025, 0.0006};
    static const double wall[] = {(double)INFINITY, (double)INFINITY, 0.1};
    static const bool none[2] = {false, false}, second[2] = {false, true};
    uint32_t bits[2];
    TtfsWidths w = {0};
    add(&w, 100, 4, steep);
    add(&w, 100, 4, flat);
    assert_true(ttfs_widths_choose(&w, 3, none, bits)); /* all that is left goes to the first */
    assert_true(bits[0] == 4 && bits[1] == 2);
    assert_true(ttfs_widths_choose(&w, 4, none, bits));
    assert_true(bits[0] == 4 && bits[1] == 4);
    assert_true(ttfs_widths_choose(&w, 2.49, none, bits)); /* half a bit is none */
    assert_true(bits[0] == 2 && bits[1] == 2);
    assert_true(ttfs_widths_choose(&w, 3, second, bits)); /* the second has its 4 */
    assert_true(bits[0] == 2 && bits[1] == 4);
    assert_false(ttfs_widths_choose(&w, 2.5, second, bits));
    w.at.at[0].weights = 10000; /* a bit of it is more than what is left */
    assert_true(ttfs_widths_choose(&w, 2.5, none, bits));
    assert_true(bits[0] == 2 && bits[1] == 4);
    ttfs_arena_free(&w.arena);
    w = (TtfsWidths){0};
    add(&w, 100, 4, wall); /* refused below 4 bits */
    add(&w, 100, 4, flat);
    assert_true(ttfs_widths_choose(&w, 3, none, bits));
    assert_true(bits[0] == 4 && bits[1] == 2);
    assert_false(ttfs_widths_choose(&w, 2.9, none, bits));
    ttfs_arena_free(&w.arena);
}

/* Falling noise, at times rising by a bit. */
static void draw(TtfsRng *r, TtfsWidths *w, bool *fixed) {
    for (uint32_t i = 0; i < LAYERS; i++) {
        double noise[15], at = ttfs_rng_f64(r);
        uint32_t bits = 2 + (uint32_t)ttfs_rng_below(r, 7);
        for (uint32_t b = 2; b <= bits; b++, at *= 0.1 + ttfs_rng_f64(r)) noise[b - 2] = at;
        add(w, 1 + ttfs_rng_below(r, 1000), bits, noise);
        fixed[i] = ttfs_rng_below(r, 5) == 0;
    }
}

static void at_random(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    uint32_t refused = 0, raised = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsWidths w = {0};
        bool fixed[LAYERS];
        uint32_t bits[LAYERS];
        draw(&r, &w, fixed);
        double mean = 2 + 4 * ttfs_rng_f64(&r), left = 0, least = 0, noise = 0, one = 0;
        bool ok = ttfs_widths_choose(&w, mean, fixed, bits), all_fit = true;
        for (uint32_t i = 0; i < LAYERS; i++) {
            const TtfsLayerWidths *l = &w.at.at[i];
            least += (double)l->weights * (mean - (fixed[i] ? l->bits : 2));
            left += (double)l->weights * (mean - bits[i]);
            uint32_t width = fixed[i] || mean > l->bits ? l->bits : (uint32_t)mean;
            all_fit = all_fit && (!fixed[i] || l->bits <= mean);
            one += l->noise[width];
            if (ok) noise += l->noise[bits[i]];
        }
        if (all_fit) assert_true(ok && noise <= one);
        assert_true(ok == (least >= 0));
        refused += !ok;
        for (uint32_t i = 0; ok && i < LAYERS; i++) {
            const TtfsLayerWidths *l = &w.at.at[i];
            assert_true(left >= -1e-9 && bits[i] >= 2 && bits[i] <= l->bits);
            if (fixed[i]) assert_int_equal(bits[i], l->bits);
            raised += !fixed[i] && bits[i] > 2;
            for (uint32_t b = bits[i] + 1; !fixed[i] && b <= l->bits; b++)
                assert_true((double)l->weights * (b - bits[i]) > left - 1e-9 ||
                            l->noise[b] >= l->noise[bits[i]]);
        }
        ttfs_arena_free(&w.arena);
    }
    assert_true(refused > ROUNDS / 50 && raised > ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(at_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
