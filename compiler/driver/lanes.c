/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of cores: from the engine to a share and a document.
 */
#include "lanes.h"

void ttfs_lanes_take(TtfsLanes *l, const TtfsEngine *e, const TtfsChip *chip, uint64_t samples,
                     TtfsArena *a) {
    uint32_t cores = ttfs_chip_cores(chip);
    uint64_t *count = TTFS_ARRAY(a, uint64_t, (uint64_t)cores * TTFS_COUNTS);
    if (!ttfs_engine_counts(e, count, cores)) return;
    l->count = count;
    l->cores = cores;
    l->samples = samples;
}

void ttfs_lanes_add(TtfsLanes *l, const TtfsTrace *t) {
    l->cycles += t->cycles;
    l->timed += t->cycles != 0;
}

double ttfs_lanes_use(const TtfsLanes *l) {
    double events = 0;
    if (!l->count || l->cycles == 0) return 0;
    for (uint32_t c = 0; c < l->cores; c++)
        events += (double)l->count[c * TTFS_COUNTS + TTFS_COUNT_EVENTS];
    double a_sample = (double)l->cycles / (double)l->timed;
    return events / ((double)l->samples * l->cores * a_sample);
}

void ttfs_lanes_json(const TtfsLanes *l, TtfsJson *j) {
    static const char *const names[TTFS_COUNTS] = {"lane_cycles", "events", "stalled_cycles",
                                                   "flits"};
    if (!l->count) return;
    ttfs_json_number(j, "lane_use", ttfs_lanes_use(l));
    ttfs_json_array(j, "cores");
    for (uint32_t c = 0; c < l->cores; c++) {
        ttfs_json_object(j, NULL);
        ttfs_json_number(j, "core", c);
        for (uint32_t i = 0; i < TTFS_COUNTS; i++)
            ttfs_json_number(j, names[i], (double)l->count[c * TTFS_COUNTS + i]);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}
