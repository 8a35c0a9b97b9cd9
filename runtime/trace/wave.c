/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces -> changes of signals. Signals are numbered in order of population: window, spikes, then
 * its neurons. The spikes of a sample are put in order of time by counting, so that a sample costs
 * its neurons and its ticks.
 */
#include "wave.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum { OWN = 2 /* signals of a population beside neurons */, WIDE = 32 };

static void put(const TtfsWaveSink *k, uint64_t signal, uint32_t bits, uint32_t value) {
    k->value(k->context, signal, bits, value);
}

uint64_t ttfs_wave_signals(const TtfsSpike *s) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) n += OWN + ttfs_pop_size(&s->pops.at[i]);
    return n;
}

const char *ttfs_wave_scope(const TtfsPopulation *p, uint32_t number, TtfsNames *taken,
                            TtfsArena *a) {
    char *name = ttfs_arena_strdup(a, p->name);
    bool changed = !*name;
    for (char *c = name; *c; c++) {
        if (isalnum((unsigned char)*c) || *c == '_') continue;
        *c = '_';
        changed = true;
    }
    return ttfs_names_take(taken,
                           changed ? ttfs_arena_printf(a, "%s_%" PRIu32, name, number) : name, a);
}

static void declare_population(const TtfsWaveSink *k, const TtfsPopulation *p, const char *scope,
                               uint64_t signal) {
    bool readout = p->kind == TTFS_POP_READOUT;
    k->scope(k->context, scope);
    if (!readout) k->declare(k->context, "window", 1, signal);
    if (!readout) k->declare(k->context, "spikes", WIDE, signal + 1);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) {
        char name[16];
        snprintf(name, sizeof name, "n%" PRIu32, i);
        k->declare(k->context, name, readout ? WIDE : 1, signal + OWN + i);
    }
    k->scope(k->context, NULL);
}

void ttfs_wave_declare(const TtfsSpike *s, const TtfsWaveSink *k) {
    uint64_t signal = 1;
    TtfsNames taken = {0};
    TtfsArena a = {0};
    k->scope(k->context, "ttfs");
    k->declare(k->context, "sample", WIDE, 0);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        declare_population(k, p, ttfs_wave_scope(p, i + 1, &taken, &a), signal);
        signal += OWN + ttfs_pop_size(p);
    }
    k->scope(k->context, NULL);
    ttfs_arena_free(&a);
}

static void zeros(const TtfsWaveSink *k, const TtfsPopulation *p, uint64_t signal) {
    bool readout = p->kind == TTFS_POP_READOUT;
    if (!readout) put(k, signal, 1, 0);
    if (!readout) put(k, signal + 1, WIDE, 0);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) put(k, signal + OWN + i, readout ? WIDE : 1, 0);
}

void ttfs_wave_zeros(const TtfsSpike *s, const TtfsWaveSink *k) {
    uint64_t signal = 1;
    put(k, 0, WIDE, 0);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        zeros(k, &s->pops.at[i], signal);
        signal += OWN + ttfs_pop_size(&s->pops.at[i]);
    }
}

/* One spike of a sample. */
typedef struct {
    uint64_t signal;
    uint32_t pop;
} Event;

/* A sample's spikes in order of time: those at time t are event[from[t]] .. event[from[t + 1] - 1].
 */
typedef struct {
    Event *event;
    uint32_t *from;
} Order;

static uint32_t time_of(const TtfsPopulation *p, uint16_t tick) {
    return p->start + tick;
}

static Order in_order(const TtfsTrace *t, TtfsArena *a) {
    const TtfsSpike *s = t->spike;
    Order o = {TTFS_ARRAY(a, Event, t->neurons), TTFS_ARRAY(a, uint32_t, s->latency + 3)};
    uint32_t *next = o.from + 1; /* counts go one behind, so that filling leaves the beginnings */
    uint64_t signal = 1;
    for (int fill = 0; fill < 2; fill++, signal = 1) {
        for (uint32_t i = 0; i < s->pops.len; i++) {
            const TtfsPopulation *p = &s->pops.at[i];
            uint32_t n = ttfs_pop_size(p);
            const uint16_t *tick = ttfs_trace_ticks(t, (TtfsPop){i + 1});
            for (uint32_t k = 0; p->kind != TTFS_POP_READOUT && k < n; k++) {
                if (tick[k] == TTFS_SILENT) continue;
                uint32_t *place = &next[time_of(p, tick[k])];
                if (fill)
                    o.event[(*place)++] = (Event){signal + OWN + k, i};
                else
                    place[1]++;
            }
            signal += OWN + n;
        }
        for (uint32_t k = 0; !fill && k <= s->latency; k++) next[k + 1] += next[k];
    }
    return o;
}

/* Windows that begin or end at a time, and the counts that begin anew with them. */
static void put_windows(const TtfsSpike *s, uint32_t time, const TtfsWaveSink *k) {
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        bool spikes = p->kind != TTFS_POP_READOUT;
        if (spikes && p->start == time) put(k, signal, 1, 1);
        if (spikes && p->start == time) put(k, signal + 1, WIDE, 0);
        if (spikes && p->start + p->ticks == time) put(k, signal, 1, 0);
        signal += OWN + ttfs_pop_size(p);
    }
}

static void put_counts(const TtfsSpike *s, const uint32_t *count, const uint32_t *before,
                       const TtfsWaveSink *k) {
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        if (count[i] != before[i]) put(k, signal + 1, WIDE, count[i]);
        signal += OWN + ttfs_pop_size(&s->pops.at[i]);
    }
}

static void put_readouts(const TtfsTrace *t, const TtfsWaveSink *k) {
    const TtfsSpike *s = t->spike;
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        uint32_t n = ttfs_pop_size(&s->pops.at[i]);
        for (uint32_t e = 0; s->pops.at[i].kind == TTFS_POP_READOUT && e < n; e++)
            put(k, signal + OWN + e, WIDE, (uint32_t)ttfs_trace_potentials(t, (TtfsPop){i + 1})[e]);
        signal += OWN + n;
    }
}

/* What changes at a time of the sample: wires fall that rose a tick ago, others rise. */
static void put_time(const TtfsTrace *t, const Order *o, uint32_t time, uint32_t *count,
                     uint32_t *before, const TtfsWaveSink *k) {
    const TtfsSpike *s = t->spike;
    uint32_t last = time ? o->from[time - 1] : 0, now = o->from[time], end = o->from[time + 1];
    put_windows(s, time, k);
    for (uint32_t e = last; e < now; e++) put(k, o->event[e].signal, 1, 0);
    for (uint32_t i = 0; i < s->pops.len; i++) before[i] = count[i];
    for (uint32_t e = now; e < end; e++) {
        put(k, o->event[e].signal, 1, 1);
        count[o->event[e].pop]++;
    }
    put_counts(s, count, before, k);
    if (time == s->latency) put_readouts(t, k);
}

void ttfs_wave_sample(const TtfsTrace *t, uint64_t i, const TtfsWaveSink *k) {
    const TtfsSpike *s = t->spike;
    TtfsArena a = {0};
    Order o = in_order(t, &a);
    uint32_t *count = TTFS_ARRAY(&a, uint32_t, s->pops.len);
    uint32_t *before = TTFS_ARRAY(&a, uint32_t, s->pops.len);
    for (uint32_t time = 0; time <= s->latency; time++) {
        k->time(k->context, i * ((uint64_t)s->latency + 1) + time);
        if (time == 0) put(k, 0, WIDE, (uint32_t)i);
        put_time(t, &o, time, count, before, k);
    }
    ttfs_arena_free(&a);
}
