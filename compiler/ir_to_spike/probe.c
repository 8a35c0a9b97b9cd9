/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples through the float network and through the quantised one. Method: blocks of samples are
 * independent and go to threads; squares are added up block by block, in order.
 */
#include "probe.h"

#include "parallel.h"

#include <math.h>
#include <string.h>

static const uint64_t MOST_BYTES = (uint64_t)256 << 20, MOST_WORK = (uint64_t)1 << 36;

static const TtfsNetLayer *layer_of(const TtfsProbe *p, uint32_t i) {
    return &p->net->layers.at[i];
}

static const TtfsTerm *term_of(const TtfsProbe *p, uint32_t layer, uint32_t k) {
    return &p->net->terms.at[layer_of(p, layer)->term_first + k];
}

/* Layers that read each, counted by term. */
static uint32_t *readers_of(const TtfsNet *net, TtfsArena *a) {
    uint32_t *readers = TTFS_ARRAY(a, uint32_t, net->layers.len);
    for (uint32_t i = 0; i < net->layers.len; i++)
        for (uint32_t k = 0; k < net->layers.at[i].terms; k++)
            readers[net->terms.at[net->layers.at[i].term_first + k].src]++;
    return readers;
}

/* The most neurons that are alive at once. */
static uint64_t peak_of(const TtfsNet *net) {
    TtfsArena a = {0};
    uint32_t *readers = readers_of(net, &a);
    uint64_t alive = 0, peak = 0;
    for (uint32_t i = 0; i < net->layers.len; i++) {
        alive += ttfs_net_size(&net->layers.at[i]);
        peak = alive > peak ? alive : peak;
        for (uint32_t k = 0; k < net->layers.at[i].terms; k++) {
            uint32_t src = net->terms.at[net->layers.at[i].term_first + k].src;
            if (--readers[src] == 0) alive -= ttfs_net_size(&net->layers.at[src]);
        }
    }
    ttfs_arena_free(&a);
    return peak;
}

/* Multiplications of a sample. */
static uint64_t work_of(const TtfsNet *net) {
    uint64_t work = 1;
    for (uint32_t i = 0; i < net->layers.len; i++)
        for (uint32_t k = 0; k < net->layers.at[i].terms; k++)
            work += ttfs_net_size(&net->layers.at[i]) *
                    net->terms.at[net->layers.at[i].term_first + k].row;
    return work;
}

uint64_t ttfs_probe_bytes(const TtfsNet *net) {
    return peak_of(net) * 2 * sizeof(float);
}

uint32_t ttfs_probe_room(const TtfsNet *net, uint32_t of) {
    uint64_t room = MOST_BYTES / ttfs_probe_bytes(net), most = MOST_WORK / work_of(net);
    if (most < room) room = most;
    uint32_t n = of < room ? of : (uint32_t)room;
    return n < TTFS_LEAST_FIT_SAMPLES ? 0 : n;
}

static uint32_t blocks_of(uint32_t samples) {
    return (samples + TTFS_LANES - 1) / TTFS_LANES;
}

void ttfs_probe_open(TtfsProbe *p, const TtfsNet *net, const TtfsFitSamples *samples,
                     uint32_t count, bool held_only) {
    *p = (TtfsProbe){.net = net, .threads = samples->threads, .held_only = held_only};
    p->held = count / TTFS_HELD_EVERY;
    p->samples = count - p->held;
    p->fit_blocks = blocks_of(p->samples);
    p->blocks = p->fit_blocks + blocks_of(p->held);
    p->layer = TTFS_ARRAY(&p->arena, TtfsProbeLayer, net->layers.len);
    uint32_t *readers = readers_of(net, &p->arena);
    for (uint32_t i = 0; i < net->layers.len; i++) p->layer[i].readers = readers[i];
}

void ttfs_probe_close(TtfsProbe *p) {
    for (uint32_t i = 0; p->layer && i < p->net->layers.len; i++)
        ttfs_arena_free(&p->layer[i].arena);
    ttfs_arena_free(&p->arena);
}

/* Values of a block of a layer. */
static float *block_at(const TtfsProbe *p, uint32_t layer, float *values, uint64_t block) {
    return values + block * ttfs_net_size(layer_of(p, layer)) * TTFS_LANES;
}

static float *room_for(TtfsProbe *p, uint32_t layer) {
    uint64_t n = (uint64_t)p->blocks * ttfs_net_size(layer_of(p, layer)) * TTFS_LANES;
    return TTFS_ARRAY(&p->layer[layer].arena, float, n);
}

static uint64_t first_block(const TtfsProbe *p) {
    return p->held_only ? p->fit_blocks : 0;
}

/* Lanes of a block that hold samples. */
static uint32_t lanes_of(const TtfsProbe *p, uint64_t block) {
    uint32_t first = (uint32_t)(block < p->fit_blocks ? block : block - p->fit_blocks) * TTFS_LANES;
    uint32_t left = (block < p->fit_blocks ? p->samples : p->held) - first;
    return left < TTFS_LANES ? left : TTFS_LANES;
}

/* Which sample of the probe's lies in a lane: the last of every five is held back. */
static uint32_t sample_at(const TtfsProbe *p, uint64_t block, uint32_t lane) {
    bool held = block >= p->fit_blocks;
    uint32_t i = (uint32_t)(held ? block - p->fit_blocks : block) * TTFS_LANES + lane;
    if (held) return i * TTFS_HELD_EVERY + TTFS_HELD_EVERY - 1;
    uint32_t at = i / (TTFS_HELD_EVERY - 1) * TTFS_HELD_EVERY + i % (TTFS_HELD_EVERY - 1);
    return at;
}

static float clamp_to(float v, float most) {
    v = v > 0 ? v : 0;
    return v < most ? v : most;
}

void ttfs_probe_input(TtfsProbe *p, const TtfsFitSamples *s, double offset, double scale,
                      uint32_t ticks) {
    TtfsProbeLayer *to = &p->layer[0];
    uint32_t size = ttfs_net_size(layer_of(p, 0)), count = p->samples + p->held;
    to->real = room_for(p, 0);
    to->spike = room_for(p, 0);
    to->scale = scale;
    to->ticks = ticks;
    for (uint64_t b = first_block(p); b < p->blocks; b++)
        for (uint32_t l = 0; l < lanes_of(p, b); l++) {
            uint64_t at = (uint64_t)sample_at(p, b, l) * s->count / count;
            const float *x = s->values + at * size;
            for (uint32_t i = 0; i < size; i++) {
                double v = (double)x[ttfs_net_sample_place(p->net, i)] - offset;
                uint64_t place = (b * size + i) * TTFS_LANES + l;
                to->real[place] = (float)v;
                to->spike[place] = clamp_to((float)floor(v / scale + 0.5), (float)ticks);
            }
        }
}

/* A loop over blocks. */
typedef struct {
    TtfsProbe *p;
    uint32_t layer;
    const double *bias;
    uint32_t bias_count;
    const TtfsProbeWay *way;
    float *const *weights; /* a term each, of the way */
    float *out;            /* of all blocks; NULL: only errors */
    double *error, *power; /* [blocks] */
} Loop;

static void fill_bias(const TtfsNetLayer *l, const double *bias, uint32_t count, float *sum) {
    uint32_t plane = l->h * l->w, size = ttfs_net_size(l);
    for (uint32_t i = 0; i < size; i++) {
        float b = (float)bias[count == size ? i : i / plane];
        for (uint32_t k = 0; k < TTFS_LANES; k++) sum[(uint64_t)i * TTFS_LANES + k] = b;
    }
}

static bool sum_block(void *context, uint32_t worker, uint64_t block) {
    Loop *o = context;
    TtfsProbe *p = o->p;
    TtfsArena a = {0};
    const TtfsNetLayer *to = layer_of(p, o->layer);
    float *sum = block_at(p, o->layer, o->out, block);
    (void)worker;
    fill_bias(to, o->bias, o->bias_count, sum);
    for (uint32_t k = 0; k < to->terms; k++) {
        const TtfsTerm *t = term_of(p, o->layer, k);
        ttfs_replay_sum(layer_of(p, t->src), to, t, t->weights,
                        block_at(p, t->src, p->layer[t->src].real, block), sum, &a);
    }
    ttfs_arena_free(&a);
    return true;
}

void ttfs_probe_sums(TtfsProbe *p, uint32_t layer, const double *bias, uint32_t bias_count) {
    p->layer[layer].real = room_for(p, layer);
    Loop o = {.p = p,
              .layer = layer,
              .bias = bias,
              .bias_count = bias_count,
              .out = p->layer[layer].real};
    ttfs_parallel(p->threads, first_block(p), p->blocks - first_block(p), sum_block, &o);
}

/* What the float layer makes of a sum. */
static float real_of(const TtfsNetLayer *l, float sum) {
    if (l->kind == TTFS_LAYER_READOUT) return sum;
    float v = sum > 0 ? sum : 0;
    if (l->top > 0 && v > (float)l->top) v = (float)l->top;
    if (l->quantum > 0) {
        double q = floor((double)v / l->quantum + 0.5);
        v = (float)((q < l->ticks ? q : l->ticks) * l->quantum);
    }
    return v;
}

/* Neurons fire: U becomes y, of one block. */
static void fire(const TtfsNetLayer *l, const TtfsProbeWay *w, float *u) {
    uint32_t plane = l->h * l->w;
    float most = (float)w->ticks;
    for (uint32_t i = 0; i < ttfs_net_size(l); i++) {
        float ramp = (float)w->ramp[i / plane], *v = u + (uint64_t)i * TTFS_LANES;
        for (uint32_t k = 0; k < TTFS_LANES; k++)
            v[k] = (float)(int32_t)clamp_to(v[k] / ramp, most);
    }
}

static void fill_int_bias(const TtfsNetLayer *l, const TtfsProbeWay *w, float *sum) {
    uint32_t plane = l->h * l->w, size = ttfs_net_size(l);
    for (uint32_t i = 0; i < size; i++) {
        float b = (float)w->bias[w->bias_count == size ? i : i / plane];
        for (uint32_t k = 0; k < TTFS_LANES; k++) sum[(uint64_t)i * TTFS_LANES + k] = b;
    }
}

/* Squared error of a block, and the square of what it should be. Of a readout, the mean of a
 * sample's error over its neurons does not count: it moves no class. */
static void measure(const Loop *o, uint64_t block, const float *y) {
    const TtfsNetLayer *l = layer_of(o->p, o->layer);
    const float *real = block_at(o->p, o->layer, o->p->layer[o->layer].real, block);
    uint32_t size = ttfs_net_size(l), lanes = lanes_of(o->p, block);
    float scale = (float)o->way->scale;
    bool readout = l->kind == TTFS_LAYER_READOUT && size > 1;
    for (uint32_t k = 0; k < lanes; k++) {
        double sum = 0, square = 0, all = 0, power = 0;
        for (uint32_t i = 0; i < size; i++) {
            float v = real_of(l, real[(uint64_t)i * TTFS_LANES + k]);
            double e = (double)(y[(uint64_t)i * TTFS_LANES + k] * scale - v);
            sum += e, square += e * e;
            all += (double)v, power += (double)v * (double)v;
        }
        o->error[block] += square - (readout ? sum * sum / size : 0);
        o->power[block] += power - (readout ? all * all / size : 0);
    }
}

static bool way_block(void *context, uint32_t worker, uint64_t block) {
    Loop *o = context;
    TtfsProbe *p = o->p;
    TtfsArena a = {0};
    const TtfsNetLayer *to = layer_of(p, o->layer);
    uint64_t n = (uint64_t)ttfs_net_size(to) * TTFS_LANES;
    float *y = o->out ? block_at(p, o->layer, o->out, block) : TTFS_ARRAY(&a, float, n);
    (void)worker;
    fill_int_bias(to, o->way, y);
    for (uint32_t k = 0; k < to->terms; k++) {
        const TtfsTerm *t = term_of(p, o->layer, k);
        ttfs_replay_sum(layer_of(p, t->src), to, t, o->weights[k],
                        block_at(p, t->src, p->layer[t->src].spike, block), y, &a);
    }
    if (to->kind == TTFS_LAYER_RELU) fire(to, o->way, y);
    if (block >= p->fit_blocks) measure(o, block, y);
    ttfs_arena_free(&a);
    return true;
}

/* Runs blocks from `first` on; the error on those that were held back. */
static double run(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way, uint64_t first, float *out,
                  double *power) {
    TtfsArena a = {0};
    const TtfsNetLayer *to = layer_of(p, layer);
    float **weights = TTFS_ARRAY(&a, float *, to->terms);
    for (uint32_t k = 0; k < to->terms; k++) {
        const TtfsTerm *t = term_of(p, layer, k);
        uint64_t n = t->row * ttfs_term_rows(to, t);
        weights[k] = TTFS_ARRAY(&a, float, n);
        for (uint64_t i = 0; i < n; i++) weights[k][i] = way->weights[k][i];
    }
    Loop o = {.p = p,
              .layer = layer,
              .way = way,
              .weights = weights,
              .out = out,
              .error = TTFS_ARRAY(&a, double, p->blocks),
              .power = TTFS_ARRAY(&a, double, p->blocks)};
    ttfs_parallel(p->threads, first, p->blocks - first, way_block, &o);
    double error = 0;
    for (uint32_t b = p->fit_blocks; b < p->blocks; b++) {
        error += o.error[b];
        *power += o.power[b];
    }
    ttfs_arena_free(&a);
    return error;
}

double ttfs_probe_try(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way) {
    double power = 0;
    return run(p, layer, way, p->fit_blocks, NULL, &power);
}

double ttfs_probe_noise(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way) {
    double power = 0, error = run(p, layer, way, p->fit_blocks, NULL, &power);
    return power > 0 ? error / power : error;
}

void ttfs_probe_take(TtfsProbe *p, uint32_t layer, const TtfsProbeWay *way) {
    const TtfsNetLayer *l = layer_of(p, layer);
    TtfsProbeLayer *to = &p->layer[layer];
    double power = 0;
    to->spike = room_for(p, layer);
    to->scale = way->scale;
    to->ticks = way->ticks;
    double error = run(p, layer, way, first_block(p), to->spike, &power);
    if (l->kind == TTFS_LAYER_READOUT) {
        p->error += power > 0 ? error / power : error;
        p->power += 1;
    }
    uint64_t n = (uint64_t)ttfs_net_size(l) * TTFS_LANES;
    for (uint64_t i = first_block(p) * n; i < p->blocks * n; i++)
        to->real[i] = real_of(l, to->real[i]);
}

static bool pool_block(void *context, uint32_t worker, uint64_t block) {
    Loop *o = context;
    TtfsProbe *p = o->p;
    TtfsArena a = {0};
    const TtfsNetLayer *to = layer_of(p, o->layer);
    const TtfsTerm *t = term_of(p, o->layer, 0);
    const TtfsProbeLayer *src = &p->layer[t->src];
    (void)worker;
    ttfs_replay_pool(layer_of(p, t->src), to, t, block_at(p, t->src, src->real, block),
                     block_at(p, o->layer, p->layer[o->layer].real, block), &a);
    ttfs_replay_pool(layer_of(p, t->src), to, t, block_at(p, t->src, src->spike, block),
                     block_at(p, o->layer, p->layer[o->layer].spike, block), &a);
    ttfs_arena_free(&a);
    return true;
}

void ttfs_probe_pool(TtfsProbe *p, uint32_t layer) {
    TtfsProbeLayer *to = &p->layer[layer];
    const TtfsProbeLayer *src = &p->layer[term_of(p, layer, 0)->src];
    to->real = room_for(p, layer);
    to->spike = room_for(p, layer);
    to->scale = src->scale;
    to->ticks = src->ticks;
    Loop o = {.p = p, .layer = layer};
    ttfs_parallel(p->threads, first_block(p), p->blocks - first_block(p), pool_block, &o);
}

void ttfs_probe_done(TtfsProbe *p, uint32_t layer) {
    const TtfsNetLayer *l = layer_of(p, layer);
    for (uint32_t k = 0; k < l->terms; k++) {
        TtfsProbeLayer *src = &p->layer[term_of(p, layer, k)->src];
        if (--src->readers > 0) continue;
        ttfs_arena_free(&src->arena);
        src->real = src->spike = NULL;
    }
}

double ttfs_probe_error(const TtfsProbe *p) {
    return p->power > 0 ? p->error / p->power : 0;
}
