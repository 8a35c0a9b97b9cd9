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
        if (t->pop.i != pop.i || t->more || channel - t->ch_first >= t->channels ||
            row - t->oy_first >= t->oy_count || col - t->ox_first >= t->ox_count)
            continue;
        *core = t->core;
        *slot = t->slot;
        return true;
    }
    return false;
}

/* The first buffer of a core from population id `pop` on, or where it would be. */
static uint32_t first_buffer(const TtfsPlan *p, uint32_t core, uint32_t pop) {
    uint32_t low = 0, high = p->buffers.len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const TtfsBuffer *b = &p->buffers.at[middle];
        if (b->core < core || (b->core == core && b->pop.i < pop))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const TtfsBuffer *ttfs_plan_buffer(const TtfsPlan *p, uint32_t core, TtfsPop pop,
                                   uint32_t *number) {
    uint32_t i = first_buffer(p, core, pop.i);
    if (i == p->buffers.len) return NULL;
    const TtfsBuffer *b = &p->buffers.at[i];
    if (b->core != core || b->pop.i != pop.i) return NULL;
    if (number) *number = i - first_buffer(p, core, 0);
    return b;
}

TtfsWhen ttfs_plan_when(const TtfsPlan *p, TtfsPop pop) {
    return pop.i - 1 < p->when.len ? p->when.at[pop.i - 1] : (TtfsWhen){0};
}

bool ttfs_plan_input_flow(const TtfsPlan *p, const TtfsSpike *s, uint32_t *flow) {
    for (uint32_t i = 0; i < p->flows.len; i++) {
        if (p->flows.at[i].pop.i != s->input.i) continue;
        *flow = i;
        return true;
    }
    return false;
}

uint32_t ttfs_plan_copies(const TtfsPlan *p, uint32_t late) {
    return late + 1 + p->early;
}

uint32_t ttfs_plan_latest(const TtfsPlan *p) {
    return (1u << TTFS_PLAN_BANKS) - ttfs_plan_copies(p, 0);
}

uint32_t ttfs_plan_turns(const TtfsPlan *p, const TtfsSpike *s) {
    uint32_t last = 0;
    for (uint32_t i = 1; i <= s->pops.len; i++) {
        uint32_t stage = ttfs_plan_when(p, (TtfsPop){i}).stage;
        if (ttfs_spike_pop(s, (TtfsPop){i})->kind == TTFS_POP_READOUT && stage > last) last = stage;
    }
    return 1 + last;
}

uint64_t ttfs_plan_latency(const TtfsPlan *p, const TtfsSpike *s, uint64_t cycles) {
    return (ttfs_plan_turns(p, s) + (uint64_t)p->early) * cycles;
}
