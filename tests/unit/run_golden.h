/* SPDX-License-Identifier: Apache-2.0
 *
 * Random samples by golden and by the interpreter of images: the same spikes and sums, sample by
 * sample, and no error that the chip would flag. Include after random_plan.h, whose graphs they are
 * of.
 */
#ifndef RUN_GOLDEN_H
#define RUN_GOLDEN_H

#include "golden.h"
#include "run_image.h"

enum { RUN_MOST = 8 };

static inline bool run_compare(const RunImage *run, const TtfsTrace *want, const TtfsTrace *got,
                               uint32_t n, char *why, size_t size) {
    TtfsDifference first;
    snprintf(why, size, "%s", run->fault);
    if (run->faults) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (ttfs_trace_compare(&want[i], &got[i], &first) == 0) continue;
        snprintf(why, size, "sample %u: population %u neuron %u is %d, not %d %s", i, first.pop.i,
                 first.neuron, (int)first.got, (int)first.want,
                 want[i].faults ? want[i].fault : got[i].fault);
        return false;
    }
    return true;
}

/* Two rows of n samples (at most RUN_MOST); what one leaves behind must not be seen by the next.
 * False: they differ, in words. */
static inline bool run_as_golden(const TtfsSpike *s, const TtfsImage *img, TtfsRng *r, uint32_t n,
                                 char *why, size_t size) {
    TtfsArena a = {0};
    RunImage run;
    TtfsGolden *g = ttfs_golden_open(s);
    TtfsTrace want[RUN_MOST], got[RUN_MOST];
    uint32_t neurons = ttfs_pop_size(ttfs_spike_pop(s, s->input));
    uint16_t *x = TTFS_ARRAY(&a, uint16_t, (size_t)n * neurons);
    bool same = true;
    for (uint32_t i = 0; i < n; i++) {
        ttfs_trace_init(&want[i], s, &a);
        ttfs_trace_init(&got[i], s, &a);
    }
    run_open(&run, img);
    for (uint32_t row = 0; same && row < 2; row++) {
        for (uint32_t i = 0; i < n; i++) {
            random_input(s, r, x + (size_t)i * neurons);
            ttfs_golden_run(g, x + (size_t)i * neurons, &want[i]);
        }
        run_samples(&run, x, n, got);
        same = run_compare(&run, want, got, n, why, size);
    }
    run_close(&run);
    ttfs_golden_close(g);
    ttfs_arena_free(&a);
    return same;
}

#endif
