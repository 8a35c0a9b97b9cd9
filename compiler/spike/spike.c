/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph: look-ups, sizes and the encoder of samples. In: a graph; out: counts, and the
 * integers of one sample. Counts are taken from the geometry, never by walking synapses.
 */
#include "spike.h"

#include <math.h>

void ttfs_spike_free(TtfsSpike *s) {
    ttfs_arena_free(&s->arena);
    *s = (TtfsSpike){0};
}

TtfsPopulation *ttfs_spike_pop(const TtfsSpike *s, TtfsPop p) {
    return &s->pops.at[p.i - 1];
}

uint32_t ttfs_pop_size(const TtfsPopulation *p) {
    return p->c * p->h * p->w;
}

int32_t ttfs_pop_bias(const TtfsPopulation *p, uint32_t neuron) {
    return p->bias[p->bias_count == p->c ? neuron / (p->h * p->w) : neuron];
}

bool ttfs_conn_is_pool(const TtfsConnection *c) {
    return c->kind == TTFS_CONN_POOL || c->kind == TTFS_CONN_MINPOOL;
}

uint32_t ttfs_conn_first(const TtfsSpike *s, const TtfsConnection *c) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src);
    return c->src_ch_first * src->h * src->w;
}

uint32_t ttfs_conn_fan(const TtfsSpike *s, const TtfsConnection *c) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src);
    return c->src_channels * src->h * src->w;
}

uint64_t ttfs_window_count(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
                           uint32_t pad_before, uint32_t pad_after) {
    if (kernel == 0 || stride == 0 || dilation == 0) return 0;
    uint64_t room = (uint64_t)in + pad_before + pad_after;
    uint64_t extent = ((uint64_t)kernel - 1) * dilation + 1;
    return extent > room ? 0 : (room - extent) / stride + 1;
}

uint64_t ttfs_spike_neurons(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) n += ttfs_pop_size(&s->pops.at[i]);
    return n;
}

/* Pairs (position, tap) along one axis whose tap lies inside the source. */
static uint64_t inside_taps(uint32_t out, uint32_t in, const TtfsConnection *c, int axis) {
    int64_t kernel = c->kernel[axis], dilation = c->dilation[axis], pairs = 0;
    for (uint32_t o = 0; o < out; o++) {
        int64_t at = (int64_t)o * c->stride[axis] - c->pad[axis];
        int64_t first = at < 0 ? (-at + dilation - 1) / dilation : 0;
        int64_t end = at < (int64_t)in ? ((int64_t)in - 1 - at) / dilation + 1 : 0;
        if (end > kernel) end = kernel;
        if (end > first) pairs += end - first;
    }
    return (uint64_t)pairs;
}

uint64_t ttfs_spike_synapses(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        if (c->kind == TTFS_CONN_DENSE) n += c->weight_count;
        if (c->kind != TTFS_CONN_CONV) continue;
        const TtfsPopulation *src = ttfs_spike_pop(s, c->src), *dst = ttfs_spike_pop(s, c->dst);
        n += inside_taps(dst->h, src->h, c, 0) * inside_taps(dst->w, src->w, c, 1) *
             (c->src_channels / c->group) * dst->c;
    }
    return n;
}

uint64_t ttfs_spike_parameters(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->conns.len; i++)
        n += s->conns.at[i].shared ? 0 : s->conns.at[i].weight_count;
    for (uint32_t i = 0; i < s->pops.len; i++) n += s->pops.at[i].bias_count;
    return n;
}

uint32_t ttfs_spike_outputs(const TtfsSpike *s) {
    uint32_t n = s->outputs.len;
    for (uint32_t i = 0; s->outputs.len == 0 && i < s->pops.len; i++)
        n += s->pops.at[i].kind == TTFS_POP_READOUT;
    return n;
}

TtfsOutput ttfs_spike_output(const TtfsSpike *s, uint32_t i, TtfsArena *a) {
    if (s->outputs.len) return s->outputs.at[i];
    uint32_t pop = s->readout.i;
    for (; i > 0; i--) {
        pop++;
        while (s->pops.at[pop - 1].kind != TTFS_POP_READOUT) pop++;
    }
    const TtfsPopulation *p = &s->pops.at[pop - 1];
    TtfsOutput o = {.name = p->name, .rank = 4, .dim = {1, p->c, p->h, p->w}};
    if (p->h * p->w == 1) o.rank = 2;
    *TTFS_PUSH(a, o.pieces) = ttfs_piece_whole(pop, ttfs_pop_size(p));
    return o;
}

/* Where a sample holds the value of neuron i of the input. */
static size_t sample_place(const TtfsSpike *s, const TtfsPopulation *in, uint32_t i) {
    uint32_t dim[3] = {1, 1, 1}, at[3] = {0, 0, 0};
    const uint32_t own[3] = {in->c, in->h, in->w};
    const uint32_t place[3] = {i / in->w / in->h, i / in->w % in->h, i % in->w};
    for (int a = 0; a < 3; a++) {
        dim[s->order[a]] = own[a];
        at[s->order[a]] = place[a];
    }
    return ((size_t)at[0] * dim[1] + at[1]) * dim[2] + at[2];
}

uint32_t ttfs_spike_encode(const TtfsSpike *s, const float *values, uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    uint32_t clipped = 0, n = ttfs_pop_size(in);
    double top = in->ticks;
    for (uint32_t i = 0; i < n; i++) {
        double v = floor((values[sample_place(s, in, i)] - in->offset) / in->scale + 0.5);
        if (!(v >= 0 && v <= top)) {
            clipped++;
            v = v > top ? top : 0; /* NaN is silent */
        }
        x[i] = (uint16_t)v;
    }
    return clipped;
}
