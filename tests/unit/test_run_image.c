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

#include "ir_to_spike.h"
#include "plan_to_image.h"
#include "random_canonical.h"
#include "random_plan.h"
#include "run_golden.h"
#include "share.h"
#include "spike_to_plan.h"

/* How many images had what must not be missing among them. */
typedef struct {
    uint32_t images, meshes, passes, groups, classes, pools, min_pools, parts, late, banks;
    uint32_t crowded, split, dropped, streamed, schedules[TTFS_SCHEDULES];
} Seen;

static void see(Seen *seen, const TtfsSpike *s, const TtfsPlan *p) {
    uint32_t passes = 0, groups = 0, classes = 0, pools = 0, parts = 0, dropped = 0, min_pools = 0;
    uint32_t banks = 0, late = 0, split = 0, streamed = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        passes += t->passes > 1;
        groups += t->groups > 1;
        classes += t->edge[0] + t->edge[1] + t->edge[2] + t->edge[3] > 0;
        pools += t->groups == 0;
        streamed += t->streamed;
    }
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        dropped += p->buffers.at[i].channels == 0;
        late += p->buffers.at[i].banks == 1;
        banks += p->buffers.at[i].banks > 1;
        parts += p->buffers.at[i].channels &&
                 p->buffers.at[i].channels < ttfs_spike_pop(s, p->buffers.at[i].pop)->c;
    }
    for (uint32_t i = 1; i < p->flows.len; i++)
        split += p->flows.at[i].pop.i == p->flows.at[i - 1].pop.i &&
                 p->flows.at[i].core == p->flows.at[i - 1].core;
    for (uint32_t i = 0; i < s->conns.len; i++)
        min_pools += s->conns.at[i].kind == TTFS_CONN_MINPOOL;
    seen->images++;
    seen->meshes += ttfs_chip_cores(&p->chip) > 1;
    seen->passes += passes > 0;
    seen->groups += groups > 0;
    seen->classes += classes > 0;
    seen->pools += pools > 0;
    seen->min_pools += min_pools > 0;
    seen->parts += parts > 0;
    seen->dropped += dropped > 0;
    seen->late += late > 0;
    seen->banks += banks > 0;
    seen->split += split > 0;
    seen->streamed += streamed > 0;
    seen->crowded += p->slots.len < s->pops.len - 1;
}

/* All of it, in one in a hundred images at least. */
static void saw_all(const Seen *seen, uint32_t tried) {
    const uint32_t n[] = {seen->meshes, seen->passes,    seen->groups, seen->classes,
                          seen->pools,  seen->min_pools, seen->parts,  seen->late,
                          seen->banks,  seen->crowded,   seen->split,  seen->streamed};
    const uint32_t *by = seen->schedules;
    print_message(
        "%u of %u on chips; meshes %u, passes %u, groups %u, classes %u, pools %u, min "
        "pools %u, parts %u, two copies %u, more %u, fewer slots than layers %u, several "
        "flows of a core %u, streamed %u, dropped %u; latency %u, overlap %u, pipeline %u\n",
        seen->images, tried, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10],
        n[11], seen->dropped, by[TTFS_SCHEDULE_LATENCY], by[TTFS_SCHEDULE_OVERLAP],
        by[TTFS_SCHEDULE_PIPELINE]);
    assert_true(seen->images > tried / 2);
    for (int i = 0; i < 12; i++) assert_true(n[i] > seen->images / 100);
    for (int i = 0; i < TTFS_SCHEDULES; i++) assert_true(by[i] > seen->images / 50);
}

/* One graph on one chip, if that holds it, by a random plan or any schedule. */
static void try_graph(const TtfsSpike *s, TtfsRng *r, uint64_t seed, Seen *seen) {
    TtfsChip chip = random_chip(r);
    TtfsPlan p;
    TtfsImage img = {0};
    TtfsDiag diag = {0};
    char why[300];
    uint32_t schedule = ttfs_rng_below(r, 2 * TTFS_SCHEDULES); /* above: a random plan */
    if (schedule < TTFS_SCHEDULES
            ? ttfs_spike_to_plan(s, &chip, (TtfsSchedule)schedule, "net", &p, &diag)
            : random_plan(&p, s, &chip, r, &diag)) {
        see(seen, s, &p);
        if (schedule < TTFS_SCHEDULES) seen->schedules[schedule]++;
        if (!ttfs_plan_to_image(&p, s, &img, &diag))
            fail_msg("seed %u: %s", (unsigned)seed, diag.messages.at[0].what);
        if (!run_as_golden(s, &img, r, 4, why, sizeof why))
            fail_msg("seed %u: %s", (unsigned)seed, why);
    }
    ttfs_image_free(&img);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
}

static void random_graphs(void **state) {
    (void)state;
    Seen seen = {0};
    for (uint64_t seed = 0; seed < graphs(A_SHARE(400)); seed++) {
        TtfsRng rng = ttfs_rng(seed + 1000);
        TtfsSpike s;
        random_spike(&s, seed);
        try_graph(&s, &rng, seed, &seen);
        ttfs_spike_free(&s);
    }
    saw_all(&seen, graphs(A_SHARE(400)));
}

static void random_networks(void **state) {
    (void)state;
    Seen seen = {0};
    for (uint64_t seed = 0; seed < graphs(150); seed++) {
        TtfsRng rng = ttfs_rng(seed + 2000);
        TtfsSpike s;
        TtfsQuantReport report = {0};
        TtfsDiag diag = {0};
        Canon k;
        random_canonical(&k, seed);
        TtfsSpikeOptions o = {.ticks = random_ticks(&rng), .weight_bits = 8, .percentile = 1};
        o.pow2 = seed % 3 == 0;
        o.input_lo = k.lo;
        o.input_hi = k.hi;
        if (ttfs_ir_to_spike(&k.ir, NULL, &o, "net", &s, &report, &diag))
            try_graph(&s, &rng, seed, &seen);
        ttfs_spike_free(&s);
        ttfs_arena_free(&report.arena);
        ttfs_diag_free(&diag);
        canon_free(&k);
    }
    saw_all(&seen, graphs(150));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(random_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
