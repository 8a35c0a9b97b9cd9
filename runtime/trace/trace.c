/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike traces: filling, comparing, printing. In: what engines report; out: counts, the first
 * difference, text. Invariant: a tick in the trace is TTFS_SILENT or inside its population's
 * window; what breaks that is counted as a fault, never stored.
 */
#include "trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint32_t trace_size(const TtfsPopulation *p) {
    return p->kind == TTFS_POP_READOUT ? 0 : ttfs_pop_size(p);
}

static bool hidden(const TtfsPopulation *p) {
    return p->kind == TTFS_POP_RELU || p->kind == TTFS_POP_POOL;
}

void ttfs_trace_init(TtfsTrace *t, const TtfsSpike *s, TtfsArena *a) {
    *t = (TtfsTrace){.spike = s, .first = TTFS_ARRAY(a, uint64_t, s->pops.len)};
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        t->first[i] = p->kind == TTFS_POP_READOUT ? t->readouts : t->neurons;
        t->neurons += trace_size(p);
        t->readouts += p->kind == TTFS_POP_READOUT ? ttfs_pop_size(p) : 0;
    }
    t->tick = TTFS_ARRAY(a, uint16_t, t->neurons);
    t->potential = TTFS_ARRAY(a, int32_t, t->readouts);
    ttfs_trace_clear(t);
}

void ttfs_trace_clear(TtfsTrace *t) {
    for (uint64_t i = 0; i < t->neurons; i++) t->tick[i] = TTFS_SILENT;
    memset(t->potential, 0, t->readouts * sizeof *t->potential);
    t->faults = 0;
    t->fault[0] = 0;
    t->cycles = t->latency_cycles = 0;
}

uint16_t *ttfs_trace_ticks(const TtfsTrace *t, TtfsPop p) {
    return t->tick + t->first[p.i - 1];
}

int32_t *ttfs_trace_potentials(const TtfsTrace *t, TtfsPop readout) {
    return t->potential + t->first[readout.i - 1];
}

void ttfs_trace_output(const TtfsTrace *t, const TtfsOutput *o, double *values) {
    for (uint32_t i = 0; i < o->pieces.len; i++) {
        const TtfsPiece *p = &o->pieces.at[i];
        const int32_t *potential = ttfs_trace_potentials(t, (TtfsPop){p->pop});
        double scale = ttfs_spike_pop(t->spike, (TtfsPop){p->pop})->scale;
        uint64_t n = ttfs_piece_size(p);
        for (uint64_t k = 0; k < n; k++) {
            uint32_t neuron, element;
            ttfs_piece_at(p, k, &neuron, &element);
            values[element] = potential[neuron] * scale;
        }
    }
}

/* As many as a counter of 16 bits holds, so that compilers count eight or more at once. */
static uint16_t some_at(const uint16_t *tick, uint32_t n, uint16_t at) {
    uint16_t count = 0;
    for (uint32_t i = 0; i < n; i++) count = (uint16_t)(count + (tick[i] == at));
    return count;
}

uint64_t ttfs_trace_at(const TtfsTrace *t, TtfsPop p, uint16_t at) {
    enum { SOME = 1 << 15 };
    const uint16_t *tick = ttfs_trace_ticks(t, p);
    uint32_t n = trace_size(ttfs_spike_pop(t->spike, p));
    uint64_t count = 0;
    for (uint32_t i = 0; i < n; i += SOME)
        count += some_at(tick + i, n - i < SOME ? n - i : SOME, at);
    return count;
}

uint64_t ttfs_trace_spikes(const TtfsTrace *t, TtfsPop p) {
    return trace_size(ttfs_spike_pop(t->spike, p)) - ttfs_trace_at(t, p, TTFS_SILENT);
}

uint64_t ttfs_trace_hidden_spikes(const TtfsTrace *t) {
    uint64_t spikes = 0;
    for (uint32_t i = 0; i < t->spike->pops.len; i++)
        if (hidden(&t->spike->pops.at[i])) spikes += ttfs_trace_spikes(t, (TtfsPop){i + 1});
    return spikes;
}

uint64_t ttfs_trace_hidden_neurons(const TtfsTrace *t) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->spike->pops.len; i++)
        if (hidden(&t->spike->pops.at[i])) n += ttfs_pop_size(&t->spike->pops.at[i]);
    return n;
}

uint32_t ttfs_trace_class(const TtfsTrace *t) {
    const TtfsSpike *s = t->spike;
    TtfsPiece whole = ttfs_piece_whole(s->readout.i, ttfs_pop_size(ttfs_spike_pop(s, s->readout)));
    const TtfsPiece *p = s->outputs.len ? s->outputs.at[0].pieces.at : &whole;
    uint32_t pieces = s->outputs.len ? s->outputs.at[0].pieces.len : 1, best = UINT32_MAX;
    double most = -INFINITY;
    for (uint32_t i = 0; i < pieces; i++, p++) {
        const int32_t *potential = ttfs_trace_potentials(t, (TtfsPop){p->pop});
        double scale = ttfs_spike_pop(s, (TtfsPop){p->pop})->scale;
        uint64_t n = ttfs_piece_size(p);
        for (uint64_t k = 0; k < n; k++) {
            uint32_t neuron, element;
            ttfs_piece_at(p, k, &neuron, &element);
            double v = potential[neuron] * scale;
            if (v < most || (v == most && element > best)) continue;
            most = v;
            best = element;
        }
    }
    return best;
}

void ttfs_trace_set_input(TtfsTrace *t, const uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(t->spike, t->spike->input);
    uint16_t *tick = ttfs_trace_ticks(t, t->spike->input);
    uint32_t n = ttfs_pop_size(in);
    for (uint32_t i = 0; i < n; i++)
        tick[i] = x[i] ? (uint16_t)(in->ticks - x[i]) : (uint16_t)TTFS_SILENT;
}

void ttfs_trace_fault(TtfsTrace *t, const char *fmt, ...) {
    va_list args;
    if (t->faults++) return;
    va_start(args, fmt);
    vsnprintf(t->fault, sizeof t->fault, fmt, args);
    va_end(args);
}

static void count_fault(TtfsTrace *t, TtfsPop p, uint32_t neuron, uint32_t tick, const char *why) {
    ttfs_trace_fault(t, "population %" PRIu32 ", neuron %" PRIu32 ", tick %" PRIu32 ": %s", p.i,
                     neuron, tick, why);
}

void ttfs_trace_add(TtfsTrace *t, TtfsPop p, uint32_t neuron, uint32_t tick) {
    const TtfsPopulation *pop = p.i >= 1 && p.i <= t->spike->pops.len ? ttfs_spike_pop(t->spike, p)
                                                                      : NULL;
    if (!pop || pop->kind == TTFS_POP_READOUT)
        count_fault(t, p, neuron, tick, "no population that spikes");
    else if (neuron >= ttfs_pop_size(pop))
        count_fault(t, p, neuron, tick, "the population has no such neuron");
    else if (tick >= pop->ticks)
        count_fault(t, p, neuron, tick, "outside the population's window");
    else if (ttfs_trace_ticks(t, p)[neuron] != TTFS_SILENT)
        count_fault(t, p, neuron, tick, "a second spike");
    else
        ttfs_trace_ticks(t, p)[neuron] = (uint16_t)tick;
}

static int64_t tick_or_silent(uint16_t tick) {
    return tick == TTFS_SILENT ? -1 : (int64_t)tick;
}

static void count_difference(uint64_t *count, TtfsDifference *first, TtfsDifference d) {
    if ((*count)++ == 0) *first = d;
}

uint64_t ttfs_trace_compare(const TtfsTrace *want, const TtfsTrace *got, TtfsDifference *first) {
    uint64_t count = 0;
    *first = (TtfsDifference){0};
    if (want->neurons != got->neurons || want->readouts != got->readouts ||
        want->spike->pops.len != got->spike->pops.len) {
        *first = (TtfsDifference){.want = (int64_t)want->neurons, .got = (int64_t)got->neurons};
        return 1;
    }
    for (uint32_t i = 0; i < want->spike->pops.len; i++) {
        TtfsPop p = {i + 1};
        const TtfsPopulation *pop = ttfs_spike_pop(want->spike, p);
        bool readout = pop->kind == TTFS_POP_READOUT;
        const uint16_t *a = ttfs_trace_ticks(want, p), *b = ttfs_trace_ticks(got, p);
        const int32_t *u = ttfs_trace_potentials(want, p), *v = ttfs_trace_potentials(got, p);
        for (uint32_t k = 0, n = ttfs_pop_size(pop); k < n; k++) {
            int64_t w = readout ? u[k] : tick_or_silent(a[k]);
            int64_t g = readout ? v[k] : tick_or_silent(b[k]);
            if (w != g) count_difference(&count, first, (TtfsDifference){readout, p, k, w, g});
        }
    }
    if (want->faults + got->faults && count == 0)
        *first = (TtfsDifference){.want = want->faults, .got = got->faults};
    return count + want->faults + got->faults;
}

/* The population's spikes by tick: a counting sort, so the order within a tick is by neuron. */
static void print_population(const TtfsTrace *t, TtfsPop p, TtfsBuf *out) {
    const TtfsPopulation *pop = ttfs_spike_pop(t->spike, p);
    const uint16_t *tick = ttfs_trace_ticks(t, p);
    uint32_t n = trace_size(pop), spikes = 0;
    TtfsArena scratch = {0};
    uint32_t *place = TTFS_ARRAY(&scratch, uint32_t, (size_t)pop->ticks + 1);
    uint32_t *order = TTFS_ARRAY(&scratch, uint32_t, n);
    for (uint32_t i = 0; i < n; i++)
        if (tick[i] != TTFS_SILENT) place[tick[i] + 1]++, spikes++;
    for (uint32_t k = 1; k <= pop->ticks; k++) place[k] += place[k - 1];
    for (uint32_t i = 0; i < n; i++)
        if (tick[i] != TTFS_SILENT) order[place[tick[i]]++] = i;
    for (uint32_t i = 0; i < spikes; i++) {
        ttfs_buf_puts(out, "spike ");
        ttfs_buf_quoted(out, pop->name);
        ttfs_buf_printf(out, " tick %d neuron %" PRIu32 "\n", tick[order[i]], order[i]);
    }
    ttfs_arena_free(&scratch);
}

static void print_readout(const TtfsTrace *t, TtfsPop p, TtfsBuf *out) {
    const TtfsPopulation *pop = ttfs_spike_pop(t->spike, p);
    for (uint32_t i = 0; i < ttfs_pop_size(pop); i++) {
        ttfs_buf_puts(out, "readout ");
        ttfs_buf_quoted(out, pop->name);
        ttfs_buf_printf(out, " neuron %" PRIu32 " potential %" PRId32 "\n", i,
                        ttfs_trace_potentials(t, p)[i]);
    }
}

void ttfs_trace_print(const TtfsTrace *t, TtfsBuf *out) {
    for (uint32_t i = 0; i < t->spike->pops.len; i++)
        if (t->spike->pops.at[i].kind != TTFS_POP_READOUT)
            print_population(t, (TtfsPop){i + 1}, out);
    for (uint32_t i = 0; i < t->spike->pops.len; i++)
        if (t->spike->pops.at[i].kind == TTFS_POP_READOUT) print_readout(t, (TtfsPop){i + 1}, out);
}
