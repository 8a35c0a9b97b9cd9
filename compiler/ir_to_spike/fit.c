/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting a layer to moments. Method: for some grids a channel's integers go down by coordinate
 * descent a little; the best grids go on until nothing moves; the best is taken. Channels are
 * independent.
 */
#include "fit.h"

#include "descent.h"
#include "grid.h"
#include "parallel.h"

#include <math.h>

enum { GRIDS = 12, GO_ON = 2, FIRST_SWEEPS = 1, MOST_SWEEPS = 8 };

static const TtfsMoments *moments_of(const TtfsGridTask *l) {
    return l->fit->moments;
}

static uint32_t inputs_of(const TtfsMoments *m) {
    return m->shared + m->own;
}

/* A channel's problem and its memory. */
typedef struct {
    TtfsDescent d;
    float *w, *quantum, *low, *high, *q, *product, *best;
} Problem;

/* Where the weights of a term begin in the order of moments: the shared ones come first. */
static uint64_t place_of(const TtfsGridTask *l, uint32_t term) {
    bool own = l->term[term].own;
    uint64_t at = own ? moments_of(l)->shared : 0;
    for (uint32_t k = 0; k < term; k++) at += l->term[k].own == own ? l->term[k].row : 0;
    return at;
}

static void fill_weights(const TtfsGridTask *l, uint32_t channel, Problem *p) {
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        TtfsLevels levels = ttfs_grid_levels(l->bits, t->synapses);
        uint64_t at = place_of(l, k);
        for (uint64_t j = 0; j < t->row; j++) {
            p->w[at + j] = t->weights[channel * t->row + j];
            p->low[at + j] = (float)levels.low;
            p->high[at + j] = (float)levels.high;
        }
    }
}

static float trace_of(const TtfsMoments *m, uint32_t channel) {
    double sum = 0;
    for (uint32_t j = 0; j < m->shared; j++) sum += (double)m->h[(uint64_t)j * m->shared + j];
    const float *own = m->own_own + (uint64_t)channel * m->own * m->own;
    for (uint32_t e = 0; e < m->own; e++) sum += (double)own[(uint64_t)e * m->own + e];
    return (float)(sum / inputs_of(m));
}

static Problem problem_of(const TtfsGridTask *l, uint32_t channel, TtfsArena *a) {
    const TtfsMoments *m = moments_of(l);
    uint32_t n = inputs_of(m);
    Problem p = {.w = TTFS_ARRAY(a, float, n),
                 .quantum = TTFS_ARRAY(a, float, n),
                 .low = TTFS_ARRAY(a, float, n),
                 .high = TTFS_ARRAY(a, float, n),
                 .q = TTFS_ARRAY(a, float, n),
                 .product = TTFS_ARRAY(a, float, n),
                 .best = TTFS_ARRAY(a, float, n)};
    fill_weights(l, channel, &p);
    p.d = (TtfsDescent){.shared = m->shared,
                        .own = m->own,
                        .h = m->h,
                        .own_shared = m->own_shared + (uint64_t)channel * m->own * m->shared,
                        .own_own = m->own_own + (uint64_t)channel * m->own * m->own,
                        .target = l->fit->pull ? l->fit->pull + (uint64_t)channel * n : NULL,
                        .w = p.w,
                        .ridge = l->fit->way.ridge * trace_of(m, channel),
                        .quantum = p.quantum,
                        .low = p.low,
                        .high = p.high};
    return p;
}

static void set_quantum(const TtfsGridTask *l, double unit, Problem *p) {
    for (uint32_t k = 0; k < l->terms; k++) {
        uint64_t at = place_of(l, k);
        for (uint64_t j = 0; j < l->term[k].row; j++)
            p->quantum[at + j] = (float)(unit / l->term[k].in_scale);
    }
}

static double descend_at(const TtfsGridTask *l, double unit, uint32_t sweeps, Problem *p) {
    set_quantum(l, unit, p);
    ttfs_descent_start(&p->d, p->q);
    return ttfs_descend(&p->d, sweeps, p->q, p->product);
}

/* What the bias gains: the mean of the float network's sum, less that of the integers'. */
static double shift_of(const TtfsGridTask *l, uint32_t channel, const Problem *p) {
    const TtfsMoments *m = moments_of(l);
    const double *own = m->mean + m->shared + (uint64_t)channel * m->own;
    double sum = 0, real = 0, repair = (double)l->fit->way.repair;
    for (uint32_t j = 0; j < inputs_of(m); j++) {
        double mean = j < m->shared ? m->mean[j] : own[j - m->shared];
        sum += (double)p->q[j] * (double)p->quantum[j] * mean;
        real += (double)p->w[j] * mean;
    }
    double shift = repair * m->mean_sum[channel] + (1 - repair) * real - sum;
    return isfinite(shift) ? shift : 0;
}

static void write_integers(const TtfsGridTask *l, uint32_t channel, const Problem *p,
                           int16_t **weights) {
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        uint64_t at = place_of(l, k);
        for (uint64_t j = 0; j < t->row; j++)
            weights[k][channel * t->row + j] = (int16_t)p->q[at + j];
    }
}

/* The i-th of n numbers from low to high, in equal ratios. */
static double between(double low, double high, uint32_t i, uint32_t n) {
    return n < 2 ? low : low * pow(high / low, (double)i / (n - 1));
}

/* Ramps to try, without repetition; how many. */
static uint32_t ramps_of(const TtfsFitted *f, bool pow2, double *ramp) {
    uint32_t n = 0;
    if (pow2) {
        for (double r = f->least; r <= f->most && n < GRIDS; r *= 2) ramp[n++] = r;
        return n;
    }
    bool few = f->most - f->least < GRIDS;
    for (uint32_t i = 0; i < GRIDS; i++) {
        double r = few ? f->least + i : floor(between(f->least, f->most, i, GRIDS) + 0.5);
        if (r > f->most || (n && r == ramp[n - 1])) continue;
        ramp[n++] = r;
    }
    return n;
}

/* Marks those of n values that go on: the best few. */
static void choose_few(const double *value, uint32_t n, bool *chosen) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t better = 0;
        for (uint32_t j = 0; j < n; j++)
            better += value[j] < value[i] || (value[j] == value[i] && j < i);
        chosen[i] = better < GO_ON;
    }
}

typedef struct {
    const TtfsGridTask *l;
    double s_out, unit;
    int16_t **weights;
    TtfsFitted *fitted;
    double *value; /* [channels] of a readout */
    uint32_t sweeps;
    float *pull;
} Channels;

static bool fit_channel(void *context, uint32_t worker, uint64_t channel) {
    const Channels *c = context;
    TtfsFitted *f = &c->fitted[channel];
    TtfsArena a = {0};
    double ramp[GRIDS], value[GRIDS], least = INFINITY;
    bool go_on[GRIDS];
    (void)worker;
    if (f->most < 1) return true;
    Problem p = problem_of(c->l, (uint32_t)channel, &a);
    uint32_t n = ramps_of(f, c->l->pow2, ramp);
    for (uint32_t i = 0; i < n; i++)
        value[i] = descend_at(c->l, c->s_out / ramp[i], FIRST_SWEEPS, &p);
    choose_few(value, n, go_on);
    for (uint32_t i = 0; i < n; i++) {
        if (!go_on[i]) continue;
        double v = descend_at(c->l, c->s_out / ramp[i], MOST_SWEEPS, &p);
        if (!(v < least)) continue;
        least = v;
        f->ramp = (uint32_t)ramp[i];
        f->shift = shift_of(c->l, (uint32_t)channel, &p);
        write_integers(c->l, (uint32_t)channel, &p, c->weights);
    }
    ttfs_arena_free(&a);
    return true;
}

void ttfs_fit_relu(const TtfsGridTask *l, double s_out, int16_t **weights, TtfsFitted *fitted) {
    Channels c = {.l = l, .s_out = s_out, .weights = weights, .fitted = fitted};
    ttfs_parallel(l->fit->threads, 0, l->channels, fit_channel, &c);
}

/* One channel of a readout at a quantum that all share. */
static bool fit_unit(void *context, uint32_t worker, uint64_t channel) {
    const Channels *c = context;
    TtfsArena a = {0};
    Problem p = problem_of(c->l, (uint32_t)channel, &a);
    (void)worker;
    c->value[channel] = descend_at(c->l, c->unit, c->sweeps, &p);
    c->fitted[channel].shift = shift_of(c->l, (uint32_t)channel, &p);
    write_integers(c->l, (uint32_t)channel, &p, c->weights);
    ttfs_arena_free(&a);
    return true;
}

double ttfs_fit_readout(const TtfsGridTask *l, double coarsest, double finest, int16_t **weights,
                        TtfsFitted *fitted) {
    TtfsArena a = {0};
    Channels c = {.l = l,
                  .weights = weights,
                  .fitted = fitted,
                  .value = TTFS_ARRAY(&a, double, l->channels),
                  .sweeps = FIRST_SWEEPS};
    double best = coarsest, least = INFINITY;
    for (uint32_t i = 0; i <= GRIDS; i++) {
        c.unit = i < GRIDS ? between(coarsest, finest, i, GRIDS) : best;
        if (i == GRIDS) c.sweeps = MOST_SWEEPS;
        ttfs_parallel(l->fit->threads, 0, l->channels, fit_unit, &c);
        double sum = 0;
        for (uint32_t k = 0; k < l->channels; k++) sum += c.value[k];
        if (!(sum < least) || i == GRIDS) continue;
        least = sum;
        best = c.unit;
    }
    ttfs_arena_free(&a);
    return best;
}

static bool pull_channel(void *context, uint32_t worker, uint64_t channel) {
    const Channels *c = context;
    const TtfsMoments *m = moments_of(c->l);
    TtfsArena a = {0};
    Problem p = problem_of(c->l, (uint32_t)channel, &a);
    uint32_t n = inputs_of(m);
    float repair = c->l->fit->way.repair, *pull = c->pull + channel * n;
    (void)worker;
    ttfs_descent_product(&p.d, p.w, p.product);
    for (uint32_t j = 0; j < n; j++)
        pull[j] = repair * m->cross[channel * n + j] + (1 - repair) * p.product[j];
    ttfs_arena_free(&a);
    return true;
}

const float *ttfs_fit_pull(const TtfsGridTask *l, const TtfsMoments *m, TtfsFitWay way,
                           uint32_t threads, TtfsArena *a) {
    TtfsFit fit = {.moments = m, .way = way, .threads = threads};
    TtfsGridTask task = *l;
    task.fit = &fit;
    Channels c = {.l = &task, .pull = TTFS_ARRAY(a, float, l->channels *(uint64_t)inputs_of(m))};
    ttfs_parallel(threads, 0, l->channels, pull_channel, &c);
    return c.pull;
}
