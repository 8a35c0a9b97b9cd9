/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of populations that cores keep: what a task reads, unions of that, and their size in a
 * memory.
 */
#include "plan_reads.h"

TtfsRead ttfs_plan_reads(const TtfsPlan *p, const TtfsSpike *s, const TtfsTask *t, uint32_t k) {
    TtfsReach r = ttfs_task_reach(s, t, k);
    uint32_t stage = ttfs_plan_when(p, t->pop).stage, source = ttfs_plan_when(p, r.src).stage;
    return (TtfsRead){.core = t->core,
                      .pop = r.src.i,
                      .pooled = ttfs_conn_is_pool(r.conn),
                      .pool_first = r.ch_first,
                      .copies = ttfs_plan_copies(p, stage > source ? stage - source : 0),
                      .first = {r.ch_first, r.y_first, r.x_first},
                      .end = {(int64_t)r.ch_first + r.channels,
                              (int64_t)r.y_first + ttfs_reach_extent(&r, 0),
                              (int64_t)r.x_first + ttfs_reach_extent(&r, 1)}};
}

void ttfs_read_unite(TtfsRead *u, const TtfsRead *r) {
    for (int a = 0; a < 3; a++) {
        if (r->first[a] < u->first[a]) u->first[a] = r->first[a];
        if (r->end[a] > u->end[a]) u->end[a] = r->end[a];
    }
    if (r->pooled && (!u->pooled || r->pool_first < u->pool_first)) u->pool_first = r->pool_first;
    u->pooled = u->pooled || r->pooled;
    if (r->copies > u->copies) u->copies = r->copies;
}

static uint64_t words(uint64_t elements) {
    return (elements + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
}

uint32_t ttfs_read_pitch(const TtfsRead *r) {
    uint32_t channels = (uint32_t)(r->end[0] - r->first[0]);
    return r->pooled ? (uint32_t)words(channels) * TTFS_WORD_ELEMENTS : channels;
}

uint32_t ttfs_read_before(const TtfsRead *r) {
    return r->pooled ? ((uint32_t)r->first[0] - r->pool_first) % TTFS_WORD_ELEMENTS : 0;
}

uint64_t ttfs_read_words(const TtfsRead *r) {
    uint64_t places = (uint64_t)((r->end[1] - r->first[1]) * (r->end[2] - r->first[2]));
    return words(ttfs_read_before(r) + places * ttfs_read_pitch(r));
}

/* As many as there can be, if it needs more. */
uint32_t ttfs_read_banks(const TtfsRead *r) {
    uint32_t banks = 0;
    while (banks < TTFS_PLAN_BANKS && r->copies > 1u << banks) banks++;
    return banks;
}

/* Of the places first .. end - 1 of an axis those inside. */
static uint64_t inside(int64_t first, int64_t end, uint32_t size) {
    if (first < 0) first = 0;
    if (end > (int64_t)size) end = size;
    return end > first ? (uint64_t)(end - first) : 0;
}

uint64_t ttfs_read_neurons(const TtfsSpike *s, const TtfsRead *r) {
    const TtfsPopulation *p = ttfs_spike_pop(s, (TtfsPop){r->pop});
    return inside(r->first[1], r->end[1], p->h) * inside(r->first[2], r->end[2], p->w) *
           (uint64_t)(r->end[0] - r->first[0]);
}

uint32_t ttfs_read_rate(const TtfsSpike *s, const TtfsRead *r) {
    return ttfs_pop_rate(ttfs_spike_pop(s, (TtfsPop){r->pop}), r->first[1],
                         (uint64_t)(r->end[1] - r->first[1]), r->first[2],
                         (uint64_t)(r->end[2] - r->first[2]));
}
