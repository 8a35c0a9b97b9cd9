/* SPDX-License-Identifier: Apache-2.0
 *
 * In: a probe whose samples have reached the layer; out: moments. Method: rows, one a sample and
 * position, spread over all that there are, are gathered as columns of int16 (of windows beyond
 * 1023 ticks the upper ten bits); products are summed in integers, so that the order does not
 * matter, those with float sums in one order.
 */
#include "moments.h"

#include "parallel.h"

#include <math.h>

enum { MOST_SHARED = 2400, MOST_OWN = 32, MOST_ROWS = 1 << 14, STRIP = 256, MOST_VALUE = 1023 };
static const uint64_t MOST_BYTES = (uint64_t)128 << 20;

static const TtfsTerm *term_of(const TtfsNet *net, uint32_t layer, uint32_t k) {
    return &net->terms.at[net->layers.at[layer].term_first + k];
}

/* Inputs of a channel. */
typedef struct {
    uint64_t channels, shared, own;
} Size;

static Size size_of(const TtfsNet *net, uint32_t layer) {
    Size s = {.channels = net->layers.at[layer].c};
    for (uint32_t k = 0; k < net->layers.at[layer].terms; k++) {
        const TtfsTerm *t = term_of(net, layer, k);
        *(t->group > 1 ? &s.own : &s.shared) += t->row;
    }
    return s;
}

/* Bytes of moments, with a target (fit.h); the inputs of a channel are bounded before. */
static uint64_t made_of(Size s) {
    return (s.shared * s.shared + s.channels * (s.own + 2) * (s.shared + s.own)) * sizeof(float);
}

/* Bytes of a row. */
static uint64_t row_of(Size s) {
    return (s.shared + s.channels * s.own) * sizeof(int16_t) + s.channels * sizeof(float);
}

const char *ttfs_moments_refuse(const TtfsNet *net, uint32_t layer) {
    const TtfsNetLayer *l = &net->layers.at[layer];
    Size s = size_of(net, layer);
    for (uint32_t k = 0; k < l->terms; k++)
        if (term_of(net, layer, k)->dense && l->h * l->w > 1)
            return "a matrix has several neurons a channel";
    if (s.shared > MOST_SHARED) return "a channel reads more than 2400 inputs";
    if (s.own > MOST_OWN) return "a group has more than 32 inputs";
    bool large = made_of(s) > MOST_BYTES || row_of(s) * STRIP > MOST_BYTES;
    return large ? "its second moments take too much memory" : NULL;
}

uint64_t ttfs_moments_room(const TtfsNet *net, uint32_t layer) {
    if (ttfs_moments_refuse(net, layer)) return 0;
    Size s = size_of(net, layer);
    uint64_t rows = row_of(s) * MOST_ROWS;
    return made_of(s) + (rows < MOST_BYTES ? rows : MOST_BYTES);
}

/* Columns of rows: of shared inputs, then of each channel's own; then the float sums. */
typedef struct {
    const TtfsProbe *p;
    uint32_t layer;
    const double *bias;
    uint32_t bias_count;
    TtfsMoments *m;
    uint64_t rows, padded; /* to whole strips, with zeros */
    uint64_t step;         /* from row to row, in all samples times positions */
    int16_t *column;       /* [shared + channels * own][padded] */
    float *sum;            /* [channels][padded] */
    double *unit;          /* [shared + own] real value of one integer of a column */
} Rows;

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* A step that visits all of n once, far apart. */
static uint64_t step_over(uint64_t n) {
    uint64_t step = (uint64_t)((double)n * 0.6180339887) + 1;
    while (gcd(step, n) != 1) step++;
    return step;
}

static uint64_t columns_of(const TtfsMoments *m) {
    return m->shared + (uint64_t)m->channels * m->own;
}

static double shrink(const TtfsProbeLayer *src) {
    return src->ticks > MOST_VALUE ? (double)MOST_VALUE / src->ticks : 1;
}

/* Values of a patch into their columns. */
static void gather_patch(const Rows *r, uint64_t row, const TtfsTerm *t, const float *x,
                         const uint32_t *neuron, float factor, int16_t *column) {
    for (uint64_t j = 0; j < t->row; j++) {
        float v = neuron[j] == TTFS_NO_NEURON ? 0 : x[(uint64_t)neuron[j] * TTFS_LANES] * factor;
        column[j * r->padded + row] = (int16_t)(v + 0.5f);
    }
}

/* One term of a row: shared, or once for each channel. */
static void gather_term(const Rows *r, uint64_t row, const TtfsTerm *t, const float *x, uint32_t at,
                        uint64_t first, uint32_t *neuron) {
    const TtfsNetLayer *to = &r->p->net->layers.at[r->layer], *src = &r->p->net->layers.at[t->src];
    float factor = (float)shrink(&r->p->layer[t->src]);
    uint32_t each = t->group > 1 ? to->c / t->group : 0;
    for (uint32_t c = 0; c < (each ? to->c : 1); c++) {
        uint64_t column = each ? r->m->shared + c * (uint64_t)r->m->own + first : first;
        if (!each || c % each == 0)
            ttfs_replay_patch(src, to, t, each ? c / each : 0, at / to->w, at % to->w, neuron);
        gather_patch(r, row, t, x, neuron, factor, r->column + column * r->padded);
    }
}

static void gather_sums(const Rows *r, uint64_t row, uint64_t block, uint32_t lane, uint32_t at) {
    const TtfsNetLayer *l = &r->p->net->layers.at[r->layer];
    uint32_t plane = l->h * l->w;
    const float *real = r->p->layer[r->layer].real + block * ttfs_net_size(l) * TTFS_LANES + lane;
    for (uint32_t c = 0; c < l->c; c++) {
        uint64_t i = (uint64_t)c * plane + at;
        double b = r->bias[r->bias_count == ttfs_net_size(l) ? i : c];
        r->sum[c * r->padded + row] = (float)((double)real[i * TTFS_LANES] - b);
    }
}

static void gather_row(const Rows *r, uint64_t row, uint32_t *neuron) {
    const TtfsNet *net = r->p->net;
    const TtfsNetLayer *l = &net->layers.at[r->layer];
    uint64_t plane = (uint64_t)l->h * l->w, all = r->p->samples * plane;
    uint64_t at = (row * r->step) % all, sample = at / plane, first[2] = {0, 0};
    uint64_t block = sample / TTFS_LANES;
    uint32_t lane = (uint32_t)(sample % TTFS_LANES), place = (uint32_t)(at % plane);
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsTerm *t = term_of(net, r->layer, k);
        uint64_t size = ttfs_net_size(&net->layers.at[t->src]);
        const float *x = r->p->layer[t->src].spike + block * size * TTFS_LANES + lane;
        gather_term(r, row, t, x, place, first[t->group > 1], neuron);
        first[t->group > 1] += t->row;
    }
    gather_sums(r, row, block, lane, place);
}

static bool gather_strip(void *context, uint32_t worker, uint64_t strip) {
    Rows *r = context;
    TtfsArena a = {0};
    uint32_t *neuron = TTFS_ARRAY(&a, uint32_t, r->m->shared + r->m->own);
    uint64_t end = (strip + 1) * STRIP < r->rows ? (strip + 1) * STRIP : r->rows;
    (void)worker;
    for (uint64_t row = strip * STRIP; row < end; row++) gather_row(r, row, neuron);
    ttfs_arena_free(&a);
    return true;
}

/* Products of a strip of two columns, at most 2^28. */
static int32_t dot(const int16_t *restrict a, const int16_t *restrict b) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < STRIP; i++) sum += (int32_t)a[i] * b[i];
    return sum;
}

static int64_t product(const Rows *r, uint64_t a, uint64_t b) {
    int64_t sum = 0;
    for (uint64_t s = 0; s < r->padded; s += STRIP)
        sum += dot(r->column + a * r->padded + s, r->column + b * r->padded + s);
    return sum;
}

static const double *unit_at(const Rows *r, uint64_t column) {
    if (column < r->m->shared) return &r->unit[column];
    return &r->unit[r->m->shared + (column - r->m->shared) % r->m->own];
}

/* Covariance of two columns from the sum of their products. */
static float covariance(const Rows *r, uint64_t a, uint64_t b, int64_t sum) {
    double mean = (double)sum / (double)r->rows * *unit_at(r, a) * *unit_at(r, b);
    return (float)(mean - r->m->mean[a] * r->m->mean[b]);
}

static bool mean_column(void *context, uint32_t worker, uint64_t column) {
    Rows *r = context;
    const int16_t *x = r->column + column * r->padded;
    int64_t sum = 0;
    (void)worker;
    for (uint64_t i = 0; i < r->padded; i++) sum += x[i];
    r->m->mean[column] = (double)sum / (double)r->rows * *unit_at(r, column);
    return true;
}

enum { TILE = 8 }; /* columns at once, which stay in the cache while the others pass by */

/* A tile's columns with all from them on. */
static bool shared_tile(void *context, uint32_t worker, uint64_t tile) {
    Rows *r = context;
    TtfsArena a = {0};
    uint32_t n = r->m->shared, first = (uint32_t)tile * TILE;
    uint32_t end = first + TILE < n ? first + TILE : n;
    int64_t *sum = TTFS_ARRAY(&a, int64_t, (uint64_t)TILE * n);
    (void)worker;
    for (uint64_t s = 0; s < r->padded; s += STRIP)
        for (uint32_t j = first; j < n; j++) {
            const int16_t *y = r->column + j * r->padded + s;
            for (uint32_t i = first; i < end && i <= j; i++)
                sum[(uint64_t)(i - first) * n + j] += dot(r->column + i * r->padded + s, y);
        }
    for (uint32_t i = first; i < end; i++)
        for (uint32_t j = i; j < n; j++) {
            float v = covariance(r, i, j, sum[(uint64_t)(i - first) * n + j]);
            r->m->h[(uint64_t)i * n + j] = r->m->h[(uint64_t)j * n + i] = v;
        }
    ttfs_arena_free(&a);
    return true;
}

/* Mean of a column times float sums, in eight partial sums. */
static double mean_with(const Rows *r, const int16_t *restrict x, const float *restrict y) {
    enum { PARTS = 8 };
    double all = 0;
    for (uint64_t s = 0; s < r->padded; s += STRIP) {
        float sum[PARTS] = {0};
        for (uint32_t i = 0; i < STRIP; i += PARTS)
            for (uint32_t k = 0; k < PARTS; k++) sum[k] += (float)x[s + i + k] * y[s + i + k];
        for (uint32_t k = 0; k < PARTS; k++) all += (double)sum[k];
    }
    return all / (double)r->rows;
}

static void sums_of(const Rows *r, uint32_t channel) {
    const float *y = r->sum + channel * r->padded;
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < r->rows; i++) {
        sum += (double)y[i];
        square += (double)y[i] * (double)y[i];
    }
    r->m->mean_sum[channel] = sum / (double)r->rows;
    r->m->seconds[channel] = square / (double)r->rows;
}

/* What a channel has for itself. */
static bool channel_moments(void *context, uint32_t worker, uint64_t channel) {
    Rows *r = context;
    TtfsMoments *m = r->m;
    uint64_t first = m->shared + channel * m->own;
    float *cross = m->cross + channel * (m->shared + m->own);
    (void)worker;
    sums_of(r, (uint32_t)channel);
    for (uint64_t j = 0; j < m->shared + m->own; j++) {
        uint64_t column = j < m->shared ? j : first + j - m->shared;
        double mean = mean_with(r, r->column + column * r->padded, r->sum + channel * r->padded);
        cross[j] = (float)(mean * *unit_at(r, column) - m->mean[column] * m->mean_sum[channel]);
    }
    for (uint64_t e = 0; e < m->own; e++) {
        for (uint64_t j = 0; j < m->shared; j++)
            m->own_shared[(channel * m->own + e) * m->shared + j] =
                covariance(r, first + e, j, product(r, first + e, j));
        for (uint64_t j = 0; j < m->own; j++)
            m->own_own[(channel * m->own + e) * m->own + j] =
                covariance(r, first + e, first + j, product(r, first + e, first + j));
    }
    return true;
}

static void set_units(const Rows *r) {
    const TtfsNet *net = r->p->net;
    uint64_t at[2] = {0, r->m->shared};
    for (uint32_t k = 0; k < net->layers.at[r->layer].terms; k++) {
        const TtfsTerm *t = term_of(net, r->layer, k);
        const TtfsProbeLayer *src = &r->p->layer[t->src];
        for (uint64_t j = 0; j < t->row; j++)
            r->unit[at[t->group > 1]++] = src->scale / shrink(src);
    }
}

static void allocate(TtfsMoments *m, TtfsArena *a) {
    uint64_t own = (uint64_t)m->channels * m->own;
    m->h = TTFS_ARRAY(a, float, (uint64_t)m->shared * m->shared);
    m->own_shared = TTFS_ARRAY(a, float, own * m->shared);
    m->own_own = TTFS_ARRAY(a, float, own * m->own);
    m->cross = TTFS_ARRAY(a, float, m->channels *(uint64_t)(m->shared + m->own));
    m->mean = TTFS_ARRAY(a, double, m->shared + own);
    m->mean_sum = TTFS_ARRAY(a, double, m->channels);
    m->seconds = TTFS_ARRAY(a, double, m->channels);
}

/* As many rows as there are, and as fit. */
static uint64_t rows_of(const Rows *r) {
    const TtfsNetLayer *l = &r->p->net->layers.at[r->layer];
    uint64_t all = (uint64_t)r->p->samples * l->h * l->w;
    uint64_t room = MOST_BYTES / row_of(size_of(r->p->net, r->layer)) / STRIP * STRIP;
    uint64_t most = room < MOST_ROWS ? room : MOST_ROWS;
    return all < most ? all : most;
}

void ttfs_moments_of(const TtfsProbe *p, uint32_t layer, const double *bias, uint32_t bias_count,
                     TtfsMoments *m, TtfsArena *a) {
    const TtfsNetLayer *l = &p->net->layers.at[layer];
    TtfsArena scratch = {0};
    Size s = size_of(p->net, layer);
    *m = (TtfsMoments){.channels = l->c, .shared = (uint32_t)s.shared, .own = (uint32_t)s.own};
    Rows r = {.p = p, .layer = layer, .bias = bias, .bias_count = bias_count, .m = m};
    r.rows = m->rows = rows_of(&r);
    r.padded = (r.rows + STRIP - 1) / STRIP * STRIP;
    r.step = step_over((uint64_t)p->samples * l->h * l->w);
    r.column = TTFS_ARRAY(&scratch, int16_t, columns_of(m) * r.padded);
    r.sum = TTFS_ARRAY(&scratch, float, l->c *r.padded);
    r.unit = TTFS_ARRAY(&scratch, double, m->shared + m->own);
    allocate(m, a);
    set_units(&r);
    ttfs_parallel(p->threads, 0, r.padded / STRIP, gather_strip, &r);
    ttfs_parallel(p->threads, 0, columns_of(m), mean_column, &r);
    ttfs_parallel(p->threads, 0, (m->shared + TILE - 1) / TILE, shared_tile, &r);
    ttfs_parallel(p->threads, 0, m->channels, channel_moments, &r);
    ttfs_arena_free(&scratch);
}
