/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of spikes and the class that is read early. Sixteen neurons at a time; where none of them
 * has a spike, nothing is drawn.
 */
#include "faulty.h"

#include "philox.h"

#include <math.h>

enum { LANES = TTFS_NORMALS };

/* The neurons in hand: `n` from `first` on, of one population and sample. */
typedef struct {
    uint32_t seed, counter[4]; /* of the first neuron */
    uint32_t n, ticks;
    uint16_t *x;
} Some;

static bool any(const Some *s) {
    uint32_t all = 0;
    for (uint32_t i = 0; i < s->n; i++) all |= s->x[i];
    return all != 0;
}

/* Silences each with a probability; `every`: the same in all samples. */
static void silence(const Some *s, TtfsDraw draw, double probability, bool every) {
    const uint32_t key[2] = {s->seed, draw};
    const uint32_t counter[4] = {s->counter[0], every ? 0 : s->counter[1], s->counter[2],
                                 s->counter[3]};
    uint32_t word[4][LANES];
    double below = probability * 4294967296.0;
    ttfs_philox_words(key, counter, 3, s->n, word);
    for (uint32_t i = 0; i < s->n; i++)
        if (word[0][i] < below) s->x[i] = 0;
}

/* x = T - k: a tick later is one less. */
static uint16_t moved(uint16_t x, double by, uint32_t ticks) {
    double v = x - floor(by + 0.5);
    return (uint16_t)(v < 1 ? 1 : v > ticks ? ticks : v);
}

static void jitter(const Some *s, double sd) {
    const uint32_t key[2] = {s->seed, TTFS_DRAW_JITTER};
    double z[LANES];
    ttfs_philox_normals(key, s->counter, 3, s->n, z);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->x[i]) s->x[i] = moved(s->x[i], sd * z[i], s->ticks);
}

static void disturb(const TtfsSpikeFaults *f, const Some *s, bool ramps) {
    if (f->stuck > 0 && ramps && any(s)) silence(s, TTFS_DRAW_STUCK, f->stuck, true);
    if (f->drop > 0 && any(s)) silence(s, TTFS_DRAW_DROP, f->drop, false);
    if (f->jitter > 0 && any(s)) jitter(s, f->jitter);
}

bool ttfs_faulty_spikes(const TtfsSpike *s, const TtfsSpikeFaults *f, uint32_t sample, uint32_t pop,
                        uint16_t *x) {
    const TtfsPopulation *p = &s->pops.at[pop];
    uint32_t n = ttfs_pop_size(p);
    bool ramps = p->kind == TTFS_POP_RELU, input = p->kind == TTFS_POP_INPUT;
    if (!ramps && !input) return false;
    if (!(f->jitter > 0 || f->drop > 0 || (ramps && f->stuck > 0))) return false;
    for (uint32_t i = 0; i < n; i += LANES) {
        const Some some = {
            f->seed, {f->trial, sample, pop, i}, n - i < LANES ? n - i : LANES, p->ticks, x + i};
        disturb(f, &some, ramps);
    }
    return true;
}

/* Pieces of the last window that is read: where it ends, and the longest that ends there. */
static void find_last(const TtfsSpike *s, const bool *read, uint64_t *end, uint32_t *ticks) {
    *end = *ticks = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        uint64_t at = (uint64_t)p->start + p->ticks;
        if (!read[i] || at < *end) continue;
        if (at > *end || p->ticks > *ticks) *ticks = p->ticks;
        *end = at;
    }
}

static void find_readers(const TtfsSpike *s, TtfsEarly *e) {
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        const TtfsPopulation *dst = ttfs_spike_pop(s, c->dst);
        if (e->layer || e->late[c->src.i - 1] == 0 || dst->kind == TTFS_POP_READOUT) continue;
        e->layer = ttfs_spike_pop(s, c->src)->name;
        e->reader = dst->name;
    }
}

TtfsEarly ttfs_faulty_early(const TtfsSpike *s, double share, TtfsArena *a) {
    TtfsEarly e = {.late = TTFS_ARRAY(a, uint32_t, s->pops.len)};
    bool *read = TTFS_ARRAY(a, bool, s->pops.len);
    uint64_t end;
    uint32_t ticks;
    for (uint32_t i = 0; i < s->conns.len; i++)
        if (ttfs_spike_pop(s, s->conns.at[i].dst)->kind == TTFS_POP_READOUT)
            read[s->conns.at[i].src.i - 1] = true;
    find_last(s, read, &end, &ticks);
    e.at = end - ticks + (uint64_t)floor(share * ticks + 0.5);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        uint64_t own = (uint64_t)p->start + p->ticks;
        if (read[i] && own > e.at) e.late[i] = (uint32_t)(own - e.at);
    }
    find_readers(s, &e);
    return e;
}
