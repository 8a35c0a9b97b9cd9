/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks and buffers of a population. Method: they are counted, then laid out.
 */
#include "plan_index.h"

/* The population of thing i: things lie `size` bytes apart, each with its population first. */
static uint32_t pop_of(const void *things, size_t size, uint32_t i) {
    return ((const TtfsPop *)(const void *)((const char *)things + size * i))->i;
}

static TtfsPlanIndex index_of(const void *things, size_t size, uint32_t n, uint32_t pops,
                              TtfsArena *a) {
    TtfsPlanIndex x = {TTFS_ARRAY(a, uint32_t, n), TTFS_ARRAY(a, uint32_t, (size_t)pops + 3)};
    uint32_t *next = x.first + 1; /* where the next of a population goes; then its end */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t pop = pop_of(things, size, i);
        if (pop >= 1 && pop <= pops) next[pop + 1]++;
    }
    for (uint32_t pop = 1; pop <= pops; pop++) next[pop + 1] += next[pop];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t pop = pop_of(things, size, i);
        if (pop >= 1 && pop <= pops) x.at[next[pop]++] = i;
    }
    return x;
}

TtfsPlanIndex ttfs_plan_index_tasks(const TtfsPlan *p, uint32_t pops, TtfsArena *a) {
    return index_of(p->tasks.at, sizeof *p->tasks.at, p->tasks.len, pops, a);
}

TtfsPlanIndex ttfs_plan_index_buffers(const TtfsPlan *p, uint32_t pops, TtfsArena *a) {
    return index_of(p->buffers.at, sizeof *p->buffers.at, p->buffers.len, pops, a);
}

uint32_t ttfs_plan_first_task(const TtfsPlan *p, uint32_t slot) {
    uint32_t low = 0, high = p->tasks.len;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (p->tasks.at[mid].slot < slot)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Do places first .. + n lie at some of at .. + m? */
static bool overlap(int64_t first, uint32_t n, int64_t at, uint32_t m) {
    return first < at + m && at < first + n;
}

bool ttfs_plan_meets(const TtfsTask *t, const TtfsBuffer *b) {
    return overlap(t->oy_first, t->oy_count, b->y_first, b->rows) &&
           overlap(t->ox_first, t->ox_count, b->x_first, b->cols) &&
           overlap(t->ch_first, t->channels, b->ch_first, b->channels);
}
