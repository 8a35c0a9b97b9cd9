/* SPDX-License-Identifier: Apache-2.0
 *
 * Images do what their networks do: random graphs of all kinds, on random chips, by the solver's
 * plans and by random ones, are run by an interpreter of images (run_image.h) and give, sample
 * after sample, the spikes and sums of golden, and no error that the chip would flag.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "plan_to_image.h"
#include "random_plan.h"
#include "run_image.h"
#include "spike_to_plan.h"

/* A few samples, one after the other: what one leaves behind must not be seen by the next. */
static void same_as_golden(const TtfsSpike *s, const TtfsImage *img, TtfsRng *r, uint64_t seed) {
    TtfsArena a = {0};
    RunImage run;
    TtfsGolden *g = ttfs_golden_open(s);
    TtfsTrace want, got;
    TtfsDifference first;
    uint16_t *x = TTFS_ARRAY(&a, uint16_t, ttfs_pop_size(ttfs_spike_pop(s, s->input)));
    ttfs_trace_init(&want, s, &a);
    ttfs_trace_init(&got, s, &a);
    run_open(&run, img);
    for (int sample = 0; sample < 4; sample++) {
        random_input(s, r, x);
        ttfs_golden_run(g, x, &want);
        run_sample(&run, x, &got);
        if (run.faults) fail_msg("seed %u sample %d: %s", (unsigned)seed, sample, run.fault);
        if (ttfs_trace_compare(&want, &got, &first))
            fail_msg("seed %u sample %d: population %u neuron %u is %d, not %d %s", (unsigned)seed,
                     sample, first.pop.i, first.neuron, (int)first.got, (int)first.want,
                     want.faults ? want.fault : got.fault);
    }
    run_close(&run);
    ttfs_golden_close(g);
    ttfs_arena_free(&a);
}

/* One graph on one chip; false when the chip does not hold it. */
static bool try_graph(const TtfsSpike *s, TtfsRng *r, uint64_t seed) {
    TtfsChip chip = random_chip(r);
    TtfsPlan p;
    TtfsImage img = {0};
    TtfsDiag diag = {0};
    bool solved = ttfs_rng_below(r, 2) == 0;
    bool made = solved ? ttfs_spike_to_plan(s, &chip, "net", &p, &diag)
                       : random_plan(&p, s, &chip, r, &diag);
    if (made) {
        made = ttfs_plan_to_image(&p, s, &img, &diag);
        if (!made) fail_msg("seed %u: %s", (unsigned)seed, diag.messages.at[0].what);
        same_as_golden(s, &img, r, seed);
    }
    ttfs_image_free(&img);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    return made;
}

static void random_graphs(void **state) {
    (void)state;
    const char *many = getenv("TTFS_TEST_GRAPHS");
    uint32_t made = 0, all = many ? (uint32_t)strtoul(many, NULL, 10) : 400;
    for (uint64_t seed = 0; seed < all; seed++) {
        TtfsRng rng = ttfs_rng(seed + 1000);
        TtfsSpike s;
        random_spike(&s, seed);
        made += try_graph(&s, &rng, seed);
        ttfs_spike_free(&s);
    }
    print_message("%u of %u graphs\n", made, all);
    assert_true(made > all / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
