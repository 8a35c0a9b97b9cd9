/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's storage and look-ups.
 */
#include "plan.h"

void ttfs_plan_free(TtfsPlan *p) {
    ttfs_arena_free(&p->arena);
    *p = (TtfsPlan){0};
}

bool ttfs_plan_find(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop, uint32_t neuron,
                    uint32_t *core, uint32_t *slot) {
    const TtfsPopulation *pp = ttfs_spike_pop(s, pop);
    uint32_t channel = neuron / (pp->h * pp->w), row = neuron / pp->w % pp->h, col = neuron % pp->w;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->pop.i != pop.i || channel - t->ch_first >= t->channels ||
            row - t->oy_first >= t->oy_count || col - t->ox_first >= t->ox_count)
            continue;
        *core = t->core;
        *slot = t->slot;
        return true;
    }
    return false;
}

/* The first buffer of a core, or where it would be. */
static uint32_t first_buffer(const TtfsPlan *p, uint32_t core) {
    uint32_t low = 0, high = p->buffers.len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->buffers.at[middle].core < core)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const TtfsBuffer *ttfs_plan_buffer(const TtfsPlan *p, uint32_t core, TtfsPop pop,
                                   uint32_t *number) {
    uint32_t first = first_buffer(p, core);
    for (uint32_t i = first; i < p->buffers.len && p->buffers.at[i].core == core; i++) {
        if (p->buffers.at[i].pop.i != pop.i) continue;
        if (number) *number = i - first;
        return &p->buffers.at[i];
    }
    return NULL;
}

bool ttfs_plan_flow(const TtfsPlan *p, TtfsPop pop, uint32_t core, uint32_t *flow) {
    for (uint32_t i = 0; i < p->flows.len; i++) {
        if (p->flows.at[i].pop.i != pop.i || p->flows.at[i].core != core) continue;
        *flow = i;
        return true;
    }
    return false;
}
