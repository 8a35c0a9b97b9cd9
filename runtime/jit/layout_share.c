/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in memory: one behind the other, or in a workspace that populations share. There a
 * population lives from its own routine to the last routine that reads it, a readout to the end;
 * two that live at the same time do not overlap. First fit in order of population over those that
 * live, kept in order of place.
 */
#include "layout.h"

#include <string.h>

uint64_t ttfs_layout_take(uint64_t *at, uint64_t bytes) {
    uint64_t offset = *at;
    *at = (offset + bytes + 63) / 64 * 64;
    return offset;
}

typedef struct {
    uint64_t from, end;
    uint32_t last; /* population whose routine is the last to read it */
} Life;

typedef struct {
    Life *at; /* in order of place */
    uint32_t n;
} Living;

static void bury(Living *l, uint32_t now) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i].last >= now) l->at[kept++] = l->at[i];
    l->n = kept;
}

/* The lowest place where `bytes` fit. */
static uint64_t settle(Living *l, uint64_t bytes, uint32_t last) {
    uint64_t from = 0;
    uint32_t i = 0;
    while (i < l->n && l->at[i].from - from < bytes) from = l->at[i++].end;
    memmove(l->at + i + 1, l->at + i, (l->n++ - i) * sizeof *l->at);
    l->at[i] = (Life){from, from + bytes, last};
    return from;
}

uint64_t ttfs_layout_share(TtfsProgram *p) {
    const TtfsSpike *s = p->spike;
    uint32_t n = s->pops.len, *last = TTFS_ARRAY(p->arena, uint32_t, n);
    Living living = {.at = TTFS_ARRAY(p->arena, Life, n)};
    uint64_t most = 0;
    for (uint32_t i = 0; i < n; i++) last[i] = i;
    for (uint32_t k = 0; k < s->conns.len; k++) {
        const TtfsConnection *c = &s->conns.at[k];
        if (last[c->src.i - 1] < c->dst.i - 1) last[c->src.i - 1] = c->dst.i - 1;
    }
    for (uint32_t i = 0; i < n; i++)
        if (s->pops.at[i].kind == TTFS_POP_READOUT) last[i] = n;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bytes = 0;
        ttfs_layout_take(&bytes, p->store[i].bytes);
        bury(&living, i);
        p->store[i].base = settle(&living, bytes, last[i]);
        if (p->store[i].base + bytes > most) most = p->store[i].base + bytes;
    }
    return most;
}
