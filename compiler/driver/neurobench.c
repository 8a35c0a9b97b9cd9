/* SPDX-License-Identifier: Apache-2.0
 *
 * NeuroBench's complexity metrics. In: a spike graph, traces; out: counts. What a spike causes is
 * known beforehand: a table of how many synapses with a weight lead away from each neuron.
 */
#include "neurobench.h"

static void add_footprint(TtfsNeurobench *n, const TtfsSpike *s) {
    enum { WORD = 4 };
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        n->footprint += WORD * (uint64_t)p->bias_count + (p->ramp ? WORD * (uint64_t)p->c : 0);
        if (p->kind == TTFS_POP_RELU) n->activations += (uint64_t)ttfs_pop_size(p) * p->ticks;
    }
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        n->dense += ttfs_conn_synapses(s, c) * ttfs_spike_pop(s, c->src)->ticks;
        if (c->shared || !c->weights) continue;
        n->footprint += (c->weight_count * c->weight_bits + 7) / 8;
        n->weights += c->weight_count;
        for (uint64_t k = 0; k < c->weight_count; k++) n->zeros += c->weights[k] == 0;
    }
}

static void dense_fan(const TtfsSpike *s, const TtfsConnection *c, uint32_t *fan) {
    uint32_t n = ttfs_conn_fan(s, c), outputs = ttfs_pop_size(ttfs_spike_pop(s, c->dst));
    const int16_t *w = c->weights;
    for (uint32_t o = 0; o < outputs; o++, w += n)
        for (uint32_t i = 0; i < n; i++) fan[i] += w[i] != 0;
}

/* Where tap `k` of a position lies along an axis of the source; outside where it is padding. */
static int64_t place(const TtfsConnection *c, int axis, uint32_t position, uint32_t k) {
    return (int64_t)position * c->stride[axis] - c->pad[axis] + (int64_t)k * c->dilation[axis];
}

/* One tap of one channel of the source, which `weights` weights lead away from. */
static void tap_fan(const TtfsSpike *s, const TtfsConnection *c, uint32_t tap, uint32_t weights,
                    uint32_t *map) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src), *dst = ttfs_spike_pop(s, c->dst);
    uint32_t ky = tap / c->kernel[1], kx = tap % c->kernel[1];
    for (uint32_t oy = 0; weights && oy < dst->h; oy++) {
        int64_t y = place(c, 0, oy, ky);
        if (y < 0 || y >= src->h) continue;
        for (uint32_t ox = 0; ox < dst->w; ox++) {
            int64_t x = place(c, 1, ox, kx);
            if (x >= 0 && x < src->w) map[y * src->w + x] += weights;
        }
    }
}

static void conv_fan(const TtfsSpike *s, const TtfsConnection *c, uint32_t *fan) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src), *dst = ttfs_spike_pop(s, c->dst);
    uint32_t taps = c->kernel[0] * c->kernel[1], each = c->src_channels / c->group;
    uint32_t outputs = dst->c / c->group; /* channels of a group */
    for (uint32_t i = 0; i < c->src_channels; i++)
        for (uint32_t t = 0; t < taps; t++) {
            uint32_t weights = 0;
            for (uint32_t o = i / each * outputs; o < (i / each + 1) * outputs; o++)
                weights += c->weights[((uint64_t)o * each + i % each) * taps + t] != 0;
            tap_fan(s, c, t, weights, fan + (uint64_t)i * src->h * src->w);
        }
}

/* Numbers, some of `n`, whose sum has 32 bits whichever they are. */
static uint32_t countable(const uint32_t *fan, uint32_t n) {
    uint32_t most = 1;
    for (uint32_t k = 0; k < n; k++)
        if (fan[k] > most) most = fan[k];
    return UINT32_MAX / most;
}

void ttfs_neurobench_open(TtfsNeurobench *n, const TtfsSpike *s, TtfsArena *a) {
    *n = (TtfsNeurobench){.fan = TTFS_ARRAY(a, uint32_t *, s->pops.len),
                          .some = TTFS_ARRAY(a, uint32_t, s->pops.len)};
    add_footprint(n, s);
    for (uint32_t i = 0; i < s->pops.len; i++)
        n->fan[i] = TTFS_ARRAY(a, uint32_t, ttfs_pop_size(&s->pops.at[i]));
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        uint32_t *fan = n->fan[c->src.i - 1] + ttfs_conn_first(s, c);
        if (c->kind == TTFS_CONN_DENSE) dense_fan(s, c, fan);
        if (c->kind == TTFS_CONN_CONV) conv_fan(s, c, fan);
    }
    for (uint32_t i = 0; i < s->pops.len; i++)
        n->some[i] = countable(n->fan[i], ttfs_pop_size(&s->pops.at[i]));
}

/* The synapses that spikes pass: without a branch, as about every other neuron spikes. */
static uint32_t count_passed(const uint16_t *restrict tick, const uint32_t *restrict fan,
                             uint32_t neurons) {
    uint32_t sum = 0;
    for (uint32_t k = 0; k < neurons; k++) sum += fan[k] & (0u - (tick[k] != TTFS_SILENT));
    return sum;
}

static uint64_t all_passed(const uint16_t *tick, const uint32_t *fan, uint32_t neurons,
                           uint32_t some) {
    uint64_t sum = 0;
    for (uint32_t left; neurons; neurons = left) {
        uint32_t now = neurons < some ? neurons : some;
        left = neurons - now;
        sum += count_passed(tick + left, fan + left, now);
    }
    return sum;
}

void ttfs_neurobench_add(const TtfsNeurobench *n, TtfsActivity *a, const TtfsTrace *t) {
    for (uint32_t i = 0; i < t->spike->pops.len; i++) {
        const TtfsPopulation *p = &t->spike->pops.at[i];
        TtfsPop pop = {i + 1};
        if (p->kind == TTFS_POP_READOUT) continue;
        a->operations +=
            all_passed(ttfs_trace_ticks(t, pop), n->fan[i], ttfs_pop_size(p), n->some[i]);
        if (p->kind == TTFS_POP_RELU) a->active += ttfs_trace_spikes(t, pop);
    }
}

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

void ttfs_neurobench_json(const TtfsNeurobench *n, const TtfsActivity *a, uint64_t samples,
                          TtfsJson *j) {
    static const char *const keys[] = {"footprint", "connection_sparsity", "activation_sparsity",
                                       "synaptic_operations"};
    for (uint32_t i = 0; !n && i < sizeof keys / sizeof *keys; i++) ttfs_json_null(j, keys[i]);
    if (!n) return;
    ttfs_json_number(j, keys[0], (double)n->footprint);
    ttfs_json_number(j, keys[1], share(n->zeros, n->weights));
    ttfs_json_number(j, keys[2], 1 - share(a->active, n->activations * samples));
    ttfs_json_object(j, keys[3]);
    ttfs_json_number(j, "Effective_MACs", 0);
    ttfs_json_number(j, "Effective_ACs", share(a->operations, samples));
    ttfs_json_number(j, "Dense", (double)n->dense);
    ttfs_json_end(j);
}
