/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden engine (docs/semantics.md). In: a checked spike graph and the integers of a sample;
 * out: its whole trace. Population after population: take the sources' spikes tick by tick into
 * slopes and the slopes into potentials, then ramp every neuron tick by tick until it fires.
 * Invariant: int32 holds every slope, potential and ramp, which ttfs_spike_check proved.
 * Cost: spikes * fan-out + ticks * neurons.
 */
#include "golden.h"

#include <stdlib.h>
#include <string.h>

/* The spikes of one population in order of tick. */
typedef struct {
    uint32_t *first; /* ticks + 1 places in `neuron`: those of tick k are first[k]..first[k+1]-1 */
    uint32_t *neuron;
} Events;

struct TtfsGolden {
    TtfsArena arena;
    const TtfsSpike *spike;
    Events *events;      /* per population */
    int32_t **potential; /* per population; NULL unless it integrates */
    int32_t *slope;      /* of the population in hand */
    TtfsGoldenDisturb *disturb;
    void *context; /* its */
};

TtfsGolden *ttfs_golden_open(const TtfsSpike *s) {
    TtfsArena arena = {0};
    TtfsGolden *g = TTFS_NEW(&arena, TtfsGolden);
    uint32_t most = 0;
    g->spike = s;
    g->events = TTFS_ARRAY(&arena, Events, s->pops.len);
    g->potential = TTFS_ARRAY(&arena, int32_t *, s->pops.len);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        uint32_t n = ttfs_pop_size(p);
        if (n > most) most = n;
        if (p->kind != TTFS_POP_READOUT) {
            g->events[i].first = TTFS_ARRAY(&arena, uint32_t, (size_t)p->ticks + 1);
            g->events[i].neuron = TTFS_ARRAY(&arena, uint32_t, n);
        }
        if (p->bias) g->potential[i] = TTFS_ARRAY(&arena, int32_t, n);
    }
    g->slope = TTFS_ARRAY(&arena, int32_t, most);
    g->arena = arena;
    return g;
}

void ttfs_golden_close(TtfsGolden *g) {
    if (!g) return;
    TtfsArena arena = g->arena; /* holds *g itself */
    ttfs_arena_free(&arena);
}

void ttfs_golden_disturb(TtfsGolden *g, TtfsGoldenDisturb *disturb, void *context) {
    g->disturb = disturb;
    g->context = context;
}

const int32_t *ttfs_golden_potentials(const TtfsGolden *g, TtfsPop p) {
    return g->potential[p.i - 1];
}

/* Counting sort of a population's spikes by tick; neurons keep their order within a tick. */
static void sort_events(Events *e, const uint16_t *tick, uint32_t neurons, uint32_t ticks) {
    for (uint32_t k = 0; k <= ticks; k++) e->first[k] = 0;
    for (uint32_t i = 0; i < neurons; i++)
        if (tick[i] != TTFS_SILENT) e->first[tick[i]]++;
    uint32_t sum = 0;
    for (uint32_t k = 0; k <= ticks; k++) e->first[k] = sum += e->first[k];
    for (uint32_t i = neurons; i-- > 0;)
        if (tick[i] != TTFS_SILENT) e->neuron[--e->first[tick[i]]] = i;
}

/* slope += w for a spike of neuron j of the `fan_in` that the connection sees: every target has a
 * weight for it. */
static void dense_event(const TtfsConnection *c, uint32_t fan_in, const TtfsPopulation *dst,
                        uint32_t j, int32_t *slope) {
    uint32_t n = ttfs_pop_size(dst);
    for (uint32_t i = 0; i < n; i++) slope[i] += c->weights[(size_t)i * fan_in + j];
}

/* The position whose tap k lies on source coordinate x: o * stride + k * dilation - pad = x. False
 * when there is none. */
static bool position_of(int64_t x, uint32_t k, const TtfsConnection *c, int axis, uint32_t count,
                        uint32_t *o) {
    int64_t at = x + c->pad[axis] - (int64_t)k * c->dilation[axis], stride = c->stride[axis];
    if (at < 0 || at % stride != 0 || at / stride >= count) return false;
    *o = (uint32_t)(at / stride);
    return true;
}

/* slope += w for a spike of neuron j of those that the connection sees: the kernel's taps around
 * it, all channels of its group. */
static void conv_event(const TtfsConnection *c, const TtfsPopulation *src,
                       const TtfsPopulation *dst, uint32_t j, int32_t *slope) {
    uint32_t x = j % src->w, y = j / src->w % src->h, ch = j / src->w / src->h, oy, ox;
    uint32_t ins = c->src_channels / c->group, outs = dst->c / c->group, first = ch / ins * outs;
    size_t taps = (size_t)c->kernel[0] * c->kernel[1], plane = (size_t)dst->h * dst->w;
    for (uint32_t ky = 0; ky < c->kernel[0]; ky++) {
        if (!position_of(y, ky, c, 0, dst->h, &oy)) continue;
        for (uint32_t kx = 0; kx < c->kernel[1]; kx++) {
            if (!position_of(x, kx, c, 1, dst->w, &ox)) continue;
            const int16_t *w = c->weights + ch % ins * taps + ky * c->kernel[1] + kx;
            int32_t *to = slope + (size_t)oy * dst->w + ox;
            for (uint32_t i = first; i < first + outs; i++) to[i * plane] += w[i * ins * taps];
        }
    }
}

/* Spike j of what the connection sees adds its weights to the slopes. */
static void add_event(const TtfsConnection *c, const TtfsPopulation *src, const TtfsPopulation *dst,
                      uint32_t j, uint32_t fan_in, int32_t *slope) {
    switch (c->kind) {
    case TTFS_CONN_DENSE:
        dense_event(c, fan_in, dst, j, slope);
        break;
    case TTFS_CONN_CONV:
        conv_event(c, src, dst, j, slope);
        break;
    case TTFS_CONN_POOL:
    case TTFS_CONN_MINPOOL:
        break; /* adds nothing: pool_all passes a spike on */
    }
}

/* The source window: at every tick the spikes of that tick, then V += slope. */
static void integrate(TtfsGolden *g, const TtfsConnection *c, int32_t *v) {
    const TtfsPopulation *src = ttfs_spike_pop(g->spike, c->src);
    const TtfsPopulation *dst = ttfs_spike_pop(g->spike, c->dst);
    const Events *e = &g->events[c->src.i - 1];
    uint32_t n = ttfs_pop_size(dst), fan_in = ttfs_conn_fan(g->spike, c);
    uint32_t seen = ttfs_conn_first(g->spike, c);
    int32_t *slope = g->slope;
    for (uint32_t i = 0; i < n; i++) slope[i] = 0;
    for (uint32_t k = 0; k < src->ticks; k++) {
        for (uint32_t i = e->first[k]; i < e->first[k + 1]; i++) {
            uint32_t j = e->neuron[i];
            if (j < seen || j - seen >= fan_in) continue;
            add_event(c, src, dst, j - seen, fan_in, slope);
        }
        for (uint32_t i = 0; i < n; i++) v[i] += slope[i];
    }
}

/* V = c, then one source window after the other. */
static void integrate_all(TtfsGolden *g, const TtfsPopulation *p, int32_t *v) {
    uint32_t n = ttfs_pop_size(p);
    for (uint32_t i = 0; i < n; i++) v[i] = ttfs_pop_bias(p, i);
    for (uint32_t i = 0; i < p->conn_count; i++)
        integrate(g, &g->spike->conns.at[p->conn_first + i], v);
}

/* The own window of one neuron: U grows by R a tick and fires when it reaches R * T. */
static uint16_t fire(int32_t u, int32_t ramp, uint32_t ticks) {
    int32_t threshold = ramp * (int32_t)ticks;
    for (uint32_t k = 0; k < ticks; k++) {
        if (u >= threshold) return (uint16_t)k;
        u += ramp;
    }
    return TTFS_SILENT;
}

static void fire_all(const TtfsPopulation *p, const int32_t *v, uint16_t *tick) {
    uint32_t n = ttfs_pop_size(p), plane = p->h * p->w;
    for (uint32_t i = 0; i < n; i++) tick[i] = fire(v[i], p->ramp[i / plane], p->ticks);
}

/* The earliest spike of one patch, or for a min pool the latest, which is silence when a neuron is
 * silent; taps in the padding do not count. */
static uint16_t pool(const TtfsConnection *c, const TtfsPopulation *src, const uint16_t *tick,
                     uint32_t ch, uint32_t oy, uint32_t ox) {
    uint16_t earliest = TTFS_SILENT, latest = 0;
    bool any = false;
    for (uint32_t ky = 0; ky < c->kernel[0]; ky++) {
        for (uint32_t kx = 0; kx < c->kernel[1]; kx++) {
            int64_t y = (int64_t)oy * c->stride[0] + (int64_t)ky * c->dilation[0] - c->pad[0];
            int64_t x = (int64_t)ox * c->stride[1] + (int64_t)kx * c->dilation[1] - c->pad[1];
            if (y < 0 || y >= src->h || x < 0 || x >= src->w) continue;
            uint16_t k = tick[((size_t)ch * src->h + (size_t)y) * src->w + (size_t)x];
            any = true; /* TTFS_SILENT is above every tick */
            if (k < earliest) earliest = k;
            if (k > latest) latest = k;
        }
    }
    return c->kind == TTFS_CONN_POOL || !any ? earliest : latest;
}

static void pool_all(const TtfsConnection *c, const TtfsPopulation *src, const TtfsPopulation *dst,
                     const uint16_t *from, uint16_t *to) {
    for (uint32_t ch = 0; ch < dst->c; ch++)
        for (uint32_t oy = 0; oy < dst->h; oy++)
            for (uint32_t ox = 0; ox < dst->w; ox++)
                *to++ = pool(c, src, from, c->src_ch_first + ch, oy, ox);
}

static void run_population(TtfsGolden *g, uint32_t i, TtfsTrace *out) {
    const TtfsSpike *s = g->spike;
    const TtfsPopulation *p = &s->pops.at[i];
    const TtfsConnection *c = p->conn_count ? &s->conns.at[p->conn_first] : NULL;
    uint16_t *tick = ttfs_trace_ticks(out, (TtfsPop){i + 1});
    uint32_t n = ttfs_pop_size(p);
    switch (p->kind) {
    case TTFS_POP_INPUT:
        break; /* its spikes are the sample */
    case TTFS_POP_POOL:
        pool_all(c, ttfs_spike_pop(s, c->src), p, ttfs_trace_ticks(out, c->src), tick);
        break;
    case TTFS_POP_RELU:
        integrate_all(g, p, g->potential[i]);
        fire_all(p, g->potential[i], tick);
        break;
    case TTFS_POP_READOUT:
        integrate_all(g, p, g->potential[i]);
        memcpy(ttfs_trace_potentials(out, (TtfsPop){i + 1}), g->potential[i],
               n * sizeof *g->potential[i]);
        return;
    }
    if (g->disturb) g->disturb(g->context, (TtfsPop){i + 1}, tick);
    sort_events(&g->events[i], tick, n, p->ticks);
}

void ttfs_golden_run(TtfsGolden *g, const uint16_t *x, TtfsTrace *out) {
    ttfs_trace_clear(out);
    ttfs_trace_set_input(out, x);
    for (uint32_t i = 0; i < g->spike->pops.len; i++) run_population(g, i, out);
}
