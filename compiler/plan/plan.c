/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's storage and look-ups.
 */
#include "plan.h"

void ttfs_plan_free(TtfsPlan *p) {
    ttfs_arena_free(&p->arena);
    *p = (TtfsPlan){0};
}

TtfsCoreSlot *ttfs_plan_at(const TtfsPlan *p, uint32_t core, uint32_t slot) {
    return &p->at[(size_t)core * p->slots.len + slot];
}

bool ttfs_plan_find(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop, uint32_t neuron,
                    uint32_t *core, uint32_t *slot) {
    const TtfsPopulation *pp = ttfs_spike_pop(s, pop);
    uint32_t channel = neuron / (pp->h * pp->w), row = neuron / pp->w % pp->h;
    for (uint32_t i = 0; i < p->slices.len; i++) {
        const TtfsSlice *sl = &p->slices.at[i];
        if (sl->pop.i != pop.i || channel - sl->ch_first >= sl->channels ||
            row - sl->oy_first >= sl->oy_count)
            continue;
        *core = sl->core;
        *slot = sl->slot;
        return true;
    }
    return false;
}
