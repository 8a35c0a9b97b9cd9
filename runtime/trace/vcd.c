/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces -> value change dump. In: a graph, its traces; out: text. Signals are numbered in order of
 * population: window, spikes, then its neurons. The spikes of a sample are put in order of time by
 * counting, so that a sample costs its neurons and its ticks.
 */
#include "vcd.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum { LEAST = '!', LETTERS = '~' - '!' + 1, OWN = 2 /* signals of a population beside neurons */ };

/* A signal's short name. */
static void put_id(TtfsBuf *out, uint64_t signal) {
    do {
        ttfs_buf_printf(out, "%c", (char)(LEAST + signal % LETTERS));
        signal /= LETTERS;
    } while (signal);
}

static void put_bit(TtfsBuf *out, int bit, uint64_t signal) {
    ttfs_buf_printf(out, "%d", bit);
    put_id(out, signal);
    ttfs_buf_puts(out, "\n");
}

static void put_number(TtfsBuf *out, uint32_t value, uint64_t signal) {
    ttfs_buf_puts(out, "b");
    int bit = 31;
    while (bit > 0 && !(value >> bit & 1)) bit--;
    for (; bit >= 0; bit--) ttfs_buf_puts(out, value >> bit & 1 ? "1" : "0");
    ttfs_buf_puts(out, " ");
    put_id(out, signal);
    ttfs_buf_puts(out, "\n");
}

static void declare(TtfsBuf *out, const char *kind, const char *name, uint64_t signal) {
    ttfs_buf_printf(out, "$var %s ", kind);
    put_id(out, signal);
    ttfs_buf_printf(out, " %s $end\n", name);
}

/* The population's name in letters that viewers take; with its number where that changed it. */
static void put_scope(TtfsBuf *out, const TtfsPopulation *p, uint32_t number) {
    bool changed = false;
    ttfs_buf_puts(out, "$scope module ");
    for (const char *c = p->name; *c; c++) {
        bool plain = isalnum((unsigned char)*c) || *c == '_';
        ttfs_buf_printf(out, "%c", plain ? *c : '_');
        changed |= !plain;
    }
    if (changed || !*p->name) ttfs_buf_printf(out, "_%" PRIu32, number);
    ttfs_buf_puts(out, " $end\n");
}

static void declare_population(TtfsBuf *out, const TtfsPopulation *p, uint32_t number,
                               uint64_t signal) {
    bool readout = p->kind == TTFS_POP_READOUT;
    put_scope(out, p, number);
    if (!readout) declare(out, "wire 1", "window", signal);
    if (!readout) declare(out, "integer 32", "spikes", signal + 1);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) {
        char name[16];
        snprintf(name, sizeof name, "n%" PRIu32, i);
        declare(out, readout ? "integer 32" : "wire 1", name, signal + OWN + i);
    }
    ttfs_buf_puts(out, "$upscope $end\n");
}

static void put_zeros(TtfsBuf *out, const TtfsPopulation *p, uint64_t signal) {
    bool readout = p->kind == TTFS_POP_READOUT;
    if (!readout) put_bit(out, 0, signal);
    if (!readout) put_number(out, 0, signal + 1);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++)
        if (readout)
            put_number(out, 0, signal + OWN + i);
        else
            put_bit(out, 0, signal + OWN + i);
}

void ttfs_vcd_begin(const TtfsSpike *s, TtfsBuf *out) {
    uint64_t signal = 1;
    ttfs_buf_puts(out, "$comment ttfs: a unit of time is a tick $end\n$timescale 1 ns $end\n"
                       "$scope module ttfs $end\n");
    declare(out, "integer 32", "sample", 0);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        declare_population(out, &s->pops.at[i], i + 1, signal);
        signal += OWN + ttfs_pop_size(&s->pops.at[i]);
    }
    ttfs_buf_puts(out, "$upscope $end\n$enddefinitions $end\n$dumpvars\n");
    put_number(out, 0, 0);
    signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        put_zeros(out, &s->pops.at[i], signal);
        signal += OWN + ttfs_pop_size(&s->pops.at[i]);
    }
    ttfs_buf_puts(out, "$end\n");
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
static void put_windows(const TtfsSpike *s, uint32_t time, TtfsBuf *out) {
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        bool spikes = p->kind != TTFS_POP_READOUT;
        if (spikes && p->start == time) put_bit(out, 1, signal);
        if (spikes && p->start == time) put_number(out, 0, signal + 1);
        if (spikes && p->start + p->ticks == time) put_bit(out, 0, signal);
        signal += OWN + ttfs_pop_size(p);
    }
}

static void put_counts(const TtfsSpike *s, const uint32_t *count, const uint32_t *before,
                       TtfsBuf *out) {
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        if (count[i] != before[i]) put_number(out, count[i], signal + 1);
        signal += OWN + ttfs_pop_size(&s->pops.at[i]);
    }
}

static void put_readouts(const TtfsTrace *t, TtfsBuf *out) {
    const TtfsSpike *s = t->spike;
    uint64_t signal = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        uint32_t n = ttfs_pop_size(&s->pops.at[i]);
        for (uint32_t k = 0; s->pops.at[i].kind == TTFS_POP_READOUT && k < n; k++)
            put_number(out, (uint32_t)ttfs_trace_potentials(t, (TtfsPop){i + 1})[k],
                       signal + OWN + k);
        signal += OWN + n;
    }
}

/* What changes at a time of the sample: wires fall that rose a tick ago, others rise. */
static void put_time(const TtfsTrace *t, const Order *o, uint32_t time, uint32_t *count,
                     uint32_t *before, TtfsBuf *out) {
    const TtfsSpike *s = t->spike;
    uint32_t last = time ? o->from[time - 1] : 0, now = o->from[time], end = o->from[time + 1];
    put_windows(s, time, out);
    for (uint32_t k = last; k < now; k++) put_bit(out, 0, o->event[k].signal);
    for (uint32_t i = 0; i < s->pops.len; i++) before[i] = count[i];
    for (uint32_t k = now; k < end; k++) {
        put_bit(out, 1, o->event[k].signal);
        count[o->event[k].pop]++;
    }
    put_counts(s, count, before, out);
    if (time == s->latency) put_readouts(t, out);
}

void ttfs_vcd_sample(const TtfsTrace *t, uint64_t i, TtfsBuf *out) {
    const TtfsSpike *s = t->spike;
    TtfsArena a = {0};
    Order o = in_order(t, &a);
    uint32_t *count = TTFS_ARRAY(&a, uint32_t, s->pops.len);
    uint32_t *before = TTFS_ARRAY(&a, uint32_t, s->pops.len);
    for (uint32_t time = 0; time <= s->latency; time++) {
        ttfs_buf_printf(out, "#%" PRIu64 "\n", i * ((uint64_t)s->latency + 1) + time);
        if (time == 0) put_number(out, (uint32_t)i, 0);
        put_time(t, &o, time, count, before, out);
    }
    ttfs_arena_free(&a);
}
