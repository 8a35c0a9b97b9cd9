/* SPDX-License-Identifier: Apache-2.0
 *
 * Layout: from a checked graph and a target to stores, routines, terms and offsets. A population is
 * kept in bytes when its window and the weights that read it allow it and the processor gains by
 * it. A store has the halo that its convolutions and max pools reach into. Linear in the graph.
 */
#include "layout.h"

static bool in_words(const TtfsProgram *p, const TtfsPopulation *pop) {
    return pop->ticks > 255 || (p->target->words_by_two && !p->target->bytes_by_four);
}

/* Sizes of values. Weights beyond a byte ask for words at their source; a pool and its source have
 * the same. */
static void choose_sizes(TtfsProgram *p) {
    const TtfsSpike *s = p->spike;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *pop = &s->pops.at[i];
        p->store[i].elt = pop->kind == TTFS_POP_READOUT ? 4 : in_words(p, pop) ? 2 : 1;
    }
    for (uint32_t k = 0; k < s->conns.len; k++)
        if (s->conns.at[k].weight_bits > 8) p->store[s->conns.at[k].src.i - 1].elt = 2;
    for (uint32_t back = s->conns.len; back-- > 0;) { /* to the sources, then from them */
        const TtfsConnection *c = &s->conns.at[back];
        if (ttfs_conn_is_pool(c) && p->store[c->dst.i - 1].elt == 2) p->store[c->src.i - 1].elt = 2;
    }
    for (uint32_t k = 0; k < s->conns.len; k++) {
        const TtfsConnection *c = &s->conns.at[k];
        if (ttfs_conn_is_pool(c)) p->store[c->dst.i - 1].elt = p->store[c->src.i - 1].elt;
    }
}

/* Widens the halo of a source to what a patch reaches along one axis. */
static void reach(uint32_t *before, uint32_t *after, const TtfsConnection *c, int axis, uint32_t in,
                  uint32_t out) {
    int64_t last = (int64_t)(out - 1) * c->stride[axis] +
                   (int64_t)(c->kernel[axis] - 1) * c->dilation[axis] - c->pad[axis];
    if (c->pad[axis] > *before) *before = c->pad[axis];
    if (last - (int64_t)in + 1 > (int64_t)*after) *after = (uint32_t)(last - (int64_t)in + 1);
}

static void place_stores(TtfsProgram *p) {
    const TtfsSpike *s = p->spike;
    uint64_t at = 0;
    for (uint32_t k = 0; k < s->conns.len; k++) {
        const TtfsConnection *c = &s->conns.at[k];
        const TtfsPopulation *src = ttfs_spike_pop(s, c->src), *dst = ttfs_spike_pop(s, c->dst);
        uint32_t *pad = p->store[c->src.i - 1].pad;
        if (c->kind != TTFS_CONN_CONV && c->kind != TTFS_CONN_POOL) continue;
        reach(&pad[0], &pad[2], c, 0, src->h, dst->h);
        reach(&pad[1], &pad[3], c, 1, src->w, dst->w);
    }
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *pop = &s->pops.at[i];
        TtfsStore *t = &p->store[i];
        t->pixel = (uint64_t)pop->c * t->elt;
        t->row = t->pixel * (pop->w + t->pad[1] + t->pad[3]);
        t->bytes = t->row * (pop->h + t->pad[0] + t->pad[2]) + TTFS_SLACK;
        t->base = ttfs_layout_take(&at, t->bytes);
    }
    p->sample_bytes = p->shared ? ttfs_layout_share(p) : at;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        TtfsStore *t = &p->store[i];
        t->origin = t->base + t->pad[0] * t->row + t->pad[1] * t->pixel;
    }
}

static void push_routine(TtfsProgram *p, const TtfsRoutine *s) {
    TtfsRoutine *to = TTFS_PUSH(p->arena, p->routines);
    *to = *s;
    to->symbol = ttfs_arena_printf(p->arena, "routine_%u", p->routines.len - 1);
}

static TtfsRoutineKind routine_kind(const TtfsPopulation *p) {
    switch (p->kind) {
    case TTFS_POP_INPUT:
        return TTFS_ROUTINE_INPUT;
    case TTFS_POP_POOL:
        return TTFS_ROUTINE_POOL;
    case TTFS_POP_RELU:
    case TTFS_POP_READOUT:
        return TTFS_ROUTINE_LINEAR;
    }
    return TTFS_ROUTINE_LINEAR;
}

static void add_routine(TtfsProgram *p, uint32_t pop, int path) {
    const TtfsPopulation *at = &p->spike->pops.at[pop];
    TtfsRoutine s = {.pop = pop, .kernel = "", .why = "", .units = at->h};
    s.kind = routine_kind(at);
    if (s.kind == TTFS_ROUTINE_LINEAR) ttfs_layout_linear(p, &s, path);
    if (s.events) {
        TtfsRoutine list = s;
        list.kind = TTFS_ROUTINE_EVENTS;
        list.units = 1;
        list.macs = 0;
        push_routine(p, &list);
    }
    TtfsRoutine fused;
    if (s.kind == TTFS_ROUTINE_POOL && ttfs_layout_fuse(p, pop, &fused)) {
        push_routine(p, &fused);
        s.run = TTFS_RUN_TICKS;
    }
    push_routine(p, &s);
}

void ttfs_program_of(TtfsProgram *p, const TtfsSpike *s, const TtfsTarget *t, int path, bool share,
                     TtfsArena *a) {
    *p = (TtfsProgram){.arena = a, .spike = s, .target = t, .shared = share};
    p->store = TTFS_ARRAY(a, TtfsStore, s->pops.len);
    choose_sizes(p);
    place_stores(p);
    for (uint32_t i = 0; i < s->pops.len; i++) add_routine(p, i, path);
    add_routine(p, s->input.i - 1, path); /* the input again, from reals */
    p->const_bytes += TTFS_SLACK;
    /* Samples a multiple of 4096 bytes apart would share the few places of a cache's set. */
    p->sample_bytes += p->sample_bytes % 128 == 0 ? 64 : 0;
}
