/* SPDX-License-Identifier: Apache-2.0
 *
 * The list memory as the descriptors use it, core by core and slot by slot: what was listened to is
 * sealed in the next slot and read later, no list is overwritten while it will still be read, every
 * slice reads its source where it was sealed, and copies lie at the lowest free place of their
 * slot, from word 1 up, the band first. Base 0 means no copy, so a flag and its base cannot differ.
 */
#include "lift.h"

#include <inttypes.h>

typedef struct {
    uint32_t pop; /* 0: a copy, gone after its slot */
    uint64_t base, end;
    uint32_t last;
} Live;

typedef struct {
    Lift *l;
    uint32_t core;
    uint32_t *last_use; /* by population id */
    Live *live;
    uint32_t live_count;
} Core;

static const Live *clash(const Core *k, uint64_t base, uint64_t end) {
    for (uint32_t i = 0; i < k->live_count; i++)
        if (base < k->live[i].end && k->live[i].base < end) return &k->live[i];
    return NULL;
}

static void add(Core *k, uint32_t pop, uint64_t base, uint64_t size, uint32_t last, uint32_t slot) {
    if (base + size > k->l->img->chip.list_words)
        ttfs_lift_fault(k->l, pop,
                        "core %u slot %u: %" PRIu64 " words from %" PRIu64
                        " end behind the list memory",
                        k->core, slot, size, base);
    k->live[k->live_count++] = (Live){pop, base, base + size, last};
}

static void check_seal(Core *k, uint32_t slot) {
    const TtfsDescriptor *d = ttfs_lift_desc(k->l, k->core, slot);
    bool heard = slot && ttfs_lift_desc(k->l, k->core, slot - 1)->listen;
    if (heard != (d->seal != 0)) {
        ttfs_lift_fault(k->l, 0, "core %u slot %u: SEAL is %d, LISTEN of the slot before is %d",
                        k->core, slot, d->seal, heard);
        return;
    }
    if (!heard) return;
    uint32_t pop = k->l->img->slot_pop[slot - 1];
    const TtfsImagePop *p = &k->l->img->pops.at[pop - 1];
    uint64_t n = (uint64_t)p->c * p->h * p->w, size = n + p->ticks - 1;
    uint64_t base = (uint64_t)d->seal_base;
    if (n > k->l->img->chip.log_words)
        ttfs_lift_fault(k->l, pop, "core %u: %" PRIu64 " spikes overflow the log", k->core, n);
    if (k->last_use[pop] < slot || clash(k, base, base + size))
        ttfs_lift_fault(k->l, pop,
                        "core %u slot %u: its list at %" PRIu64 " is not read, or overlaps another",
                        k->core, slot, base);
    add(k, pop, base, size, k->last_use[pop], slot);
}

static void check_copy(Core *k, uint32_t slot, const char *what, bool used, int32_t base,
                       uint64_t size) {
    uint64_t want = used ? 1 : 0;
    for (const Live *c; used && (c = clash(k, want, want + size)) != NULL;) want = c->end;
    if ((uint64_t)base != want)
        ttfs_lift_fault(k->l, k->l->img->slot_pop[slot],
                        "core %u slot %u: %s base %d, %" PRIu64 " expected", k->core, slot, what,
                        base, want);
    if (used) add(k, 0, want, size, slot, slot);
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static void check_slice(Core *k, uint32_t slot) {
    const TtfsDescriptor *d = ttfs_lift_desc(k->l, k->core, slot);
    uint32_t pop = k->l->img->slot_pop[slot], src = k->l->img->pops.at[pop - 1].src;
    const TtfsImagePop *p = &k->l->img->pops.at[src - 1];
    const Live *list = NULL;
    for (uint32_t i = 0; i < k->live_count; i++)
        if (k->live[i].pop == src) list = &k->live[i];
    if (!list || list->base != (uint64_t)d->src_base)
        ttfs_lift_fault(k->l, pop, "core %u slot %u: no list of the source at %d", k->core, slot,
                        d->src_base);
    if (d->op == 2) {
        uint64_t outputs = (uint64_t)d->channels * (uint64_t)d->row_c;
        if (outputs > k->l->img->chip.seen_words)
            ttfs_lift_fault(k->l, pop, "core %u: %" PRIu64 " outputs overflow the seen memory",
                            k->core, outputs);
        return;
    }
    uint64_t rows = least((uint64_t)d->kh, p->h), cols = least((uint64_t)d->kw, p->w);
    check_copy(k, slot, "band", d->band, d->band_base, p->c * rows * p->w + p->ticks);
    check_copy(k, slot, "patch", d->patch, d->patch_base, p->c * rows * cols + p->ticks);
}

static void check_core(Core *k) {
    Lift *l = k->l;
    for (uint32_t slot = 1; slot < l->img->slots; slot++)
        if (ttfs_lift_desc(l, k->core, slot)->op)
            k->last_use[l->img->pops.at[l->img->slot_pop[slot] - 1].src] = slot;
    for (uint32_t slot = 0; slot < l->img->slots; slot++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < k->live_count; i++)
            if (k->live[i].pop && k->live[i].last >= slot) k->live[n++] = k->live[i];
        k->live_count = n;
        check_seal(k, slot);
        if (ttfs_lift_desc(l, k->core, slot)->op) check_slice(k, slot);
    }
    if (ttfs_lift_desc(l, k->core, l->img->slots - 1)->listen)
        ttfs_lift_fault(l, 0, "core %u listens in the last slot", k->core);
}

void ttfs_lift_lists(Lift *l) {
    for (uint32_t core = 0; core < l->img->chip.cores; core++) {
        TtfsMark mark = ttfs_arena_mark(&l->scratch);
        Core k = {.l = l, .core = core};
        k.last_use = TTFS_ARRAY(&l->scratch, uint32_t, (size_t)l->img->pops.len + 1);
        k.live = TTFS_ARRAY(&l->scratch, Live, (size_t)l->img->slots + 3);
        check_core(&k);
        ttfs_arena_release(&l->scratch, mark);
    }
}
