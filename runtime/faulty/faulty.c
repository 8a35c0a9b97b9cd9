/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of spikes and the class that is read early. Sixteen neurons that have a spike at a time;
 * nothing is drawn for the others.
 */
#include "faulty.h"

#include "philox.h"

#include <math.h>

enum { LANES = TTFS_NORMALS };

/* Neurons of one population and sample that have a spike: `n` of them are in hand. */
typedef struct {
    uint32_t seed, counter[3]; /* of all of them, but for the neuron */
    uint32_t n, ticks, neuron[LANES];
    uint16_t *x;
} Some;

/* Silences each with a probability; `every`: the same in all samples. */
static void silence(const Some *s, TtfsDraw draw, double probability, bool every) {
    const uint32_t key[2] = {s->seed, draw};
    const uint32_t counter[3] = {s->counter[0], every ? 0 : s->counter[1], s->counter[2]};
    uint32_t word[4][LANES];
    double below = probability * 4294967296.0;
    ttfs_philox_words_at(key, counter, s->neuron, s->n, word);
    for (uint32_t i = 0; i < s->n; i++)
        if (word[0][i] < below) s->x[s->neuron[i]] = 0;
}

/* x = T - k: a tick later is one less. */
static uint16_t moved(uint16_t x, double by, uint32_t ticks) {
    double v = x - floor(by + 0.5);
    return (uint16_t)(v < 1 ? 1 : v > ticks ? ticks : v);
}

static void jitter(const Some *s, double sd) {
    const uint32_t key[2] = {s->seed, TTFS_DRAW_JITTER};
    double z[LANES];
    ttfs_philox_normals_at(key, s->counter, s->neuron, s->n, z);
    for (uint32_t i = 0; i < s->n; i++) {
        uint16_t *x = &s->x[s->neuron[i]];
        if (*x) *x = moved(*x, sd * z[i], s->ticks);
    }
}

static void disturb(const TtfsSpikeFaults *f, Some *s, bool ramps) {
    if (f->stuck > 0 && ramps) silence(s, TTFS_DRAW_STUCK, f->stuck, true);
    if (f->drop > 0) silence(s, TTFS_DRAW_DROP, f->drop, false);
    if (f->jitter > 0) jitter(s, f->jitter);
    s->n = 0;
}

bool ttfs_faulty_spikes(const TtfsSpike *s, const TtfsSpikeFaults *f, uint32_t sample, uint32_t pop,
                        uint16_t *x) {
    const TtfsPopulation *p = &s->pops.at[pop];
    uint32_t n = ttfs_pop_size(p);
    bool ramps = p->kind == TTFS_POP_RELU, input = p->kind == TTFS_POP_INPUT;
    if (!ramps && !input) return false;
    if (!(f->jitter > 0 || f->drop > 0 || (ramps && f->stuck > 0))) return false;
    Some some = {.seed = f->seed, .counter = {f->trial, sample, pop}, .ticks = p->ticks, .x = x};
    for (uint32_t i = 0; i < n; i++) {
        if (x[i] == 0) continue;
        some.neuron[some.n++] = i;
        if (some.n == LANES) disturb(f, &some, ramps);
    }
    if (some.n) disturb(f, &some, ramps);
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
