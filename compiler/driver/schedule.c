/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan's tasks, added up by population. Tasks are in order of slot and core, so a population's
 * tasks on one core follow one another.
 */
#include "schedule.h"

TtfsSchedule ttfs_schedule_of(const TtfsPlan *p, const TtfsSpike *s) {
    if (ttfs_plan_turns(p, s) == 1) return TTFS_SCHEDULE_LATENCY;
    return p->slots.len == 1 ? TTFS_SCHEDULE_PIPELINE : TTFS_SCHEDULE_OVERLAP;
}

TtfsPlaced *ttfs_placed(const TtfsPlan *p, const TtfsSpike *s, TtfsArena *a) {
    TtfsPlaced *placed = TTFS_ARRAY(a, TtfsPlaced, s->pops.len);
    uint32_t *next_core = TTFS_ARRAY(a, uint32_t, s->pops.len); /* after the last that was seen */
    for (uint32_t i = 0; i < s->pops.len; i++) placed[i].when = ttfs_plan_when(p, (TtfsPop){i + 1});
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        TtfsPlaced *q = &placed[t->pop.i - 1];
        q->tasks++;
        q->cores += next_core[t->pop.i - 1] != t->core + 1;
        next_core[t->pop.i - 1] = t->core + 1;
    }
    return placed;
}
