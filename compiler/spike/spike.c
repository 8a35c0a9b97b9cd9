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

TtfsLoc ttfs_pop_at(const TtfsPopulation *p, const char *file) {
    return p->of ? TTFS_AT_OP(file, p->of, p->part) : TTFS_AT_NODE(file, p->name);
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

uint64_t ttfs_patch_count(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
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

uint64_t ttfs_conn_synapses(const TtfsSpike *s, const TtfsConnection *c) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src), *dst = ttfs_spike_pop(s, c->dst);
    switch (c->kind) {
    case TTFS_CONN_DENSE:
        return c->weight_count;
    case TTFS_CONN_CONV:
        return inside_taps(dst->h, src->h, c, 0) * inside_taps(dst->w, src->w, c, 1) *
               (c->src_channels / c->group) * dst->c;
    case TTFS_CONN_POOL:
    case TTFS_CONN_MINPOOL:
        return 0;
    }
    return 0;
}

uint64_t ttfs_spike_synapses(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) n += ttfs_conn_synapses(s, &s->conns.at[i]);
    return n;
}

uint64_t ttfs_spike_parameters(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) n += ttfs_pop_parameters(s, &s->pops.at[i]);
    return n;
}

uint64_t ttfs_pop_parameters(const TtfsSpike *s, const TtfsPopulation *p) {
    uint64_t n = p->bias_count;
    for (uint32_t i = 0; i < p->conn_count; i++) {
        const TtfsConnection *c = &s->conns.at[p->conn_first + i];
        n += c->shared ? 0 : c->weight_count;
    }
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

/* Encodes n values that lie `stride` apart; returns how many were clipped. Half up: the value below
 * u = v + 1/2, so u itself tells what is outside. NaN is silent. */
static uint32_t encode_row(const TtfsPopulation *in, const float *values, size_t stride, uint32_t n,
                           uint16_t *x) {
    double top = in->ticks, offset = in->offset, scale = in->scale;
    uint32_t clipped = 0;
    for (uint32_t i = 0; i < n; i++) {
        double u = ((double)values[i * stride] - offset) / scale + 0.5;
        bool inside = u >= 0 && u < top + 1;
        clipped += !inside;
        u = inside ? u : u > top ? top : 0;
        x[i] = (uint16_t)(int32_t)u;
    }
    return clipped;
}

uint32_t ttfs_spike_encode(const TtfsSpike *s, const float *values, uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    if (s->order[0] == 0 && s->order[1] == 1)
        return encode_row(in, values, 1, ttfs_pop_size(in), x);
    const uint32_t own[3] = {in->c, in->h, in->w};
    uint32_t dim[3], clipped = 0;
    for (int a = 0; a < 3; a++) dim[s->order[a]] = own[a];
    const size_t after[3] = {(size_t)dim[1] * dim[2], dim[2], 1};
    size_t row = after[s->order[1]], column = after[s->order[2]];
    for (uint32_t c = 0; c < in->c; c++)
        for (uint32_t y = 0; y < in->h; y++, x += in->w)
            clipped += encode_row(in, values + c * after[s->order[0]] + y * row, column, in->w, x);
    return clipped;
}
