/* SPDX-License-Identifier: Apache-2.0
 *
 * The list memory of every core, slot by slot. Checked: a core seals exactly what it listened to in
 * the slot before, and only what it will read; a sealed list overlaps no list that is still to be
 * read; a slice reads its source where it was sealed; band and patch lie at the lowest free place
 * of their slot, from word 1 up (0 in the descriptor means none), the band first. The last rule
 * leaves no freedom that an image could hide.
 */
#include "plan_check.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    TtfsPop pop; /* 0: scratch of this slot */
    uint64_t base, end;
    uint32_t last; /* last slot that reads it */
} Live;

typedef struct {
    PlanCheck *c;
    uint32_t core;
    uint32_t *last_use; /* by population id: last slot on this core that reads it; 0 = none */
    Live *live;
    uint32_t live_count;
    uint64_t list_top, log_top, seen_top;
} Core;

static const Live *clash(const Core *k, uint64_t base, uint64_t end) {
    for (uint32_t i = 0; i < k->live_count; i++)
        if (base < k->live[i].end && k->live[i].base < end) return &k->live[i];
    return NULL;
}

static void add(Core *k, TtfsPop pop, uint64_t base, uint64_t size, uint32_t last) {
    k->live[k->live_count++] = (Live){pop, base, base + size, last};
    if (base + size > k->list_top) k->list_top = base + size;
}

static void drop_dead(Core *k, uint32_t slot) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->live_count; i++)
        if (k->live[i].pop.i && k->live[i].last >= slot) k->live[n++] = k->live[i];
    k->live_count = n;
}

static void check_seal(Core *k, uint32_t slot) {
    PlanCheck *c = k->c;
    const TtfsCoreSlot *at = ttfs_plan_at(c->plan, k->core, slot);
    bool heard = slot > 0 && ttfs_plan_at(c->plan, k->core, slot - 1)->listen;
    if (heard != (at->seal.i != 0) || (heard && at->seal.i != c->plan->slots.at[slot - 1].pop.i)) {
        ttfs_plan_fault(c, at->seal.i <= c->spike->pops.len ? at->seal : (TtfsPop){0},
                        "core %u slot %u seals population %u but did not listen to it before",
                        k->core, slot, at->seal.i);
        return;
    }
    if (!heard) return;
    const TtfsPopulation *pop = ttfs_spike_pop(c->spike, at->seal);
    uint64_t size = ttfs_list_words(ttfs_pop_size(pop), pop->ticks);
    const Live *other = clash(k, at->seal_base, at->seal_base + size);
    if (other)
        ttfs_plan_fault(c, at->seal, "core %u slot %u: its list overlaps that of population %u",
                        k->core, slot, other->pop.i);
    if (k->last_use[at->seal.i] < slot)
        ttfs_plan_fault(c, at->seal, "core %u seals a list that no slice reads", k->core);
    add(k, at->seal, at->seal_base, size, k->last_use[at->seal.i]);
    if (ttfs_pop_size(pop) > k->log_top) k->log_top = ttfs_pop_size(pop);
}

/* The lowest place from word 1 up where `size` words are free. */
static uint64_t lowest_free(const Core *k, uint64_t size) {
    uint64_t base = 1;
    for (const Live *l; (l = clash(k, base, base + size)) != NULL;) base = l->end;
    return base;
}

static void check_scratch(Core *k, const TtfsSlice *s, const char *what, bool used, uint32_t base,
                          uint64_t events, uint32_t ticks) {
    uint64_t size = ttfs_copy_words(events, ticks), want = used ? lowest_free(k, size) : 0;
    if (base != want)
        ttfs_plan_fault(k->c, s->pop, "core %u slot %u: the %s is at %u, %" PRIu64 " expected",
                        k->core, s->slot, what, base, want);
    if (used) add(k, (TtfsPop){0}, want, size, s->slot);
}

static void check_source(Core *k, const TtfsSlice *s) {
    PlanCheck *c = k->c;
    TtfsGeometry g;
    ttfs_plan_geometry(c->spike, s->pop, &g);
    const Live *src = NULL;
    for (uint32_t i = 0; i < k->live_count; i++)
        if (k->live[i].pop.i == g.conn->src.i) src = &k->live[i];
    if (!src || src->base != s->src_base)
        ttfs_plan_fault(c, s->pop, "core %u slot %u: the source's list is not at %u", k->core,
                        s->slot, s->src_base);
    check_scratch(k, s, "band", s->band, s->band_base, ttfs_geometry_band_events(&g), g.src->ticks);
    check_scratch(k, s, "patch", s->patch, s->patch_base, ttfs_geometry_patch_events(&g),
                  g.src->ticks);
    uint64_t outputs = g.pool ? (uint64_t)s->channels * g.row_c : 0;
    if (outputs > k->seen_top) k->seen_top = outputs;
}

static void check_used(Core *k, const char *what, uint64_t top, uint32_t said, uint32_t have) {
    if (top > have || top != said)
        ttfs_plan_fault(k->c, (TtfsPop){0},
                        "core %u uses %" PRIu64 " %s words; the plan says %u, the chip has %u",
                        k->core, top, what, said, have);
}

static void check_core(Core *k) {
    PlanCheck *c = k->c;
    const TtfsPlan *p = c->plan;
    uint32_t n = p->slots.len;
    for (uint32_t i = 0; i < p->slices.len; i++) {
        const TtfsSlice *s = &p->slices.at[i];
        uint32_t src = c->spike->conns.at[ttfs_spike_pop(c->spike, s->pop)->conn_first].src.i;
        if (s->core == k->core && s->slot > k->last_use[src]) k->last_use[src] = s->slot;
    }
    for (uint32_t slot = 0; slot < n; slot++) {
        drop_dead(k, slot);
        check_seal(k, slot);
        uint32_t slice = ttfs_plan_at(p, k->core, slot)->slice;
        if (slice) check_source(k, &p->slices.at[slice - 1]);
    }
    if (ttfs_plan_at(p, k->core, n - 1)->listen)
        ttfs_plan_fault(c, p->slots.at[n - 1].pop, "core %u listens in the last slot", k->core);
    check_used(k, "list", k->list_top, p->list_words_used[k->core], p->chip.list_words);
    check_used(k, "log", k->log_top, p->log_words_used[k->core], p->chip.log_words);
    check_used(k, "seen", k->seen_top, p->seen_words_used[k->core], p->chip.seen_words);
}

void ttfs_plan_check_lists(PlanCheck *c) {
    uint32_t n = c->spike->pops.len;
    for (uint32_t core = 0; core < c->plan->chip.cores; core++) {
        TtfsMark mark = ttfs_arena_mark(&c->scratch);
        Core k = {.c = c, .core = core};
        k.last_use = TTFS_ARRAY(&c->scratch, uint32_t, (size_t)n + 1);
        k.live = TTFS_ARRAY(&c->scratch, Live, (size_t)n + 2);
        check_core(&k);
        ttfs_arena_release(&c->scratch, mark);
    }
}
