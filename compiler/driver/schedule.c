/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan's tasks, added up by population. A core may compute some of it in several slots, and
 * counts once.
 */
#include "schedule.h"

#include <stdlib.h>

TtfsSchedule ttfs_schedule_of(const TtfsPlan *p, const TtfsSpike *s) {
    uint32_t turns = ttfs_plan_turns(p, s);
    if (turns == 1) return TTFS_SCHEDULE_LATENCY;
    return p->slots.len == 1 || turns > 2 ? TTFS_SCHEDULE_PIPELINE : TTFS_SCHEDULE_OVERLAP;
}

static int ascending(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Pairs of a population and a core, each once. */
static void count_cores(const TtfsPlan *p, TtfsPlaced *placed, TtfsArena *a) {
    uint32_t n = p->tasks.len;
    uint64_t *pair = TTFS_ARRAY(a, uint64_t, n);
    for (uint32_t i = 0; i < n; i++)
        pair[i] = (uint64_t)p->tasks.at[i].pop.i << 32 | p->tasks.at[i].core;
    qsort(pair, n, sizeof *pair, ascending);
    for (uint32_t i = 0; i < n; i++)
        if (!i || pair[i] != pair[i - 1]) placed[(pair[i] >> 32) - 1].cores++;
}

TtfsPlaced *ttfs_placed(const TtfsPlan *p, const TtfsSpike *s, TtfsArena *a) {
    TtfsPlaced *placed = TTFS_ARRAY(a, TtfsPlaced, s->pops.len);
    for (uint32_t i = 0; i < s->pops.len; i++) placed[i].when = ttfs_plan_when(p, (TtfsPop){i + 1});
    for (uint32_t i = 0; i < p->tasks.len; i++) placed[p->tasks.at[i].pop.i - 1].tasks++;
    count_cores(p, placed, a);
    return placed;
}
