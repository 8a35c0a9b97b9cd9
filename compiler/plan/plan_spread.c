/* SPDX-License-Identifier: Apache-2.0
 *
 * Deviations and the expected maximum. In: the deviations of rates that calibration saw, of a whole
 * population and of its regions; out: what a core's cycles vary by, apart from what all cores do
 * alike, and the mean of the largest. All of a population varies together, each region on its own
 * on top; populations of a pipeline are at work on different samples, so they vary independently.
 * The maximum is the integral of the distribution's complement, by steps of a part of the largest
 * deviation; the normal distribution by Abramowitz, Stegun 26.2.18 (error below 0.00025 of one
 * core's probability, so the maximum of 128 equal cores is 0.025 deviations too large, of 1,024
 * 0.09). Integers only. Cost: steps times cores.
 */
#include "plan_spread.h"

enum {
    MOST_MOVED = 1 << 24,               /* cycles */
    MOST_SQUARE = 16 * TTFS_SPREAD_ONE, /* four times what it is in the mean */
    Z_ONE = 256,                        /* a deviation */
    Z_MOST = 4 * Z_ONE,
    Z_STEP = Z_ONE / 4,
    P_BITS = 16 /* of a probability */
};

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* A population's rates: the square that regions share, and what each has on top, so that the whole
 * varies by `vary` and a region by `vary_part`. */
static TtfsVary vary_of_rates(const TtfsRates *r) {
    uint64_t n = (uint64_t)r->rows * r->cols, whole = (uint64_t)r->vary * r->vary;
    uint64_t part = (uint64_t)r->vary_part * r->vary_part;
    if (!n) return (TtfsVary){0};
    if (part < whole) part = whole;
    uint64_t shared = n > 1 && n * whole > part ? (n * whole - part) / (n - 1) : 0;
    if (n == 1) shared = whole;
    return (TtfsVary){.shared = least(shared, MOST_SQUARE),
                      .own = least(part - shared, MOST_SQUARE)};
}

TtfsVary ttfs_vary_of(const TtfsSpike *s, TtfsPop pop) {
    const TtfsPopulation *p = ttfs_spike_pop(s, pop);
    TtfsVary sum = {0};
    uint64_t all = 0;
    for (uint32_t k = 0; k < p->conn_count; k++) {
        const TtfsConnection *c = &s->conns.at[p->conn_first + k];
        TtfsVary v = vary_of_rates(&ttfs_spike_pop(s, c->src)->rates);
        uint64_t fan = ttfs_conn_fan(s, c);
        sum.shared += v.shared * fan;
        sum.own += v.own * fan;
        all += fan;
    }
    return all ? (TtfsVary){.shared = sum.shared / all, .own = sum.own / all} : sum;
}

/* Regions along an axis. */
static uint64_t regions_along(uint64_t places, uint32_t size, uint32_t bands) {
    uint64_t n = size ? least(places, size) * bands * TTFS_SPREAD_REGION / size : 0;
    return n > TTFS_SPREAD_REGION ? n : TTFS_SPREAD_REGION;
}

uint64_t ttfs_vary_regions(const TtfsSpike *s, TtfsPop pop, uint64_t rows, uint64_t cols) {
    const TtfsPopulation *p = ttfs_spike_pop(s, pop);
    if (!p->conn_count) return TTFS_SPREAD_REGION;
    const TtfsConnection *c = &s->conns.at[p->conn_first];
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src);
    bool dense = c->kind == TTFS_CONN_DENSE;
    uint64_t h = regions_along(dense ? src->h : rows * c->stride[0], src->h, src->rates.rows);
    uint64_t w = regions_along(dense ? src->w : cols * c->stride[1], src->w, src->rates.cols);
    return h * w / TTFS_SPREAD_REGION;
}

/* n * n * square, in cycles. */
static uint64_t scaled(uint64_t n, uint64_t square) {
    n = least(n, MOST_MOVED);
    return n * n / TTFS_SPREAD_ONE * square + n * n % TTFS_SPREAD_ONE * square / TTFS_SPREAD_ONE;
}

static uint64_t apart(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

void ttfs_vary_even(TtfsVary *v, uint64_t even) {
    v->even = even;
    v->base = scaled(even, v->shared);
}

int64_t ttfs_vary_square(const TtfsVary *v, const TtfsMoved *m) {
    uint64_t regions = m->regions > TTFS_SPREAD_REGION ? m->regions : TTFS_SPREAD_REGION;
    uint64_t own = scaled(m->moved, v->own * TTFS_SPREAD_REGION / regions);
    return (int64_t)(scaled(apart(m->moved, v->even), v->shared) + own) - (int64_t)v->base;
}

uint64_t ttfs_spread_root(uint64_t n) {
    uint64_t root = 0, bit = UINT64_C(1) << 62;
    while (bit > n) bit >>= 2;
    for (; bit; bit >>= 2) {
        uint64_t with = root + bit;
        root >>= 1;
        if (n < with) continue;
        n -= with;
        root += bit;
    }
    return root;
}

/* The chance that a normal variable lies above its mean by more than z (in Z_ONEs of a deviation):
 * 1 / 2 / (1 + a z + b z^2 + c z^3 + d z^4)^4. */
static uint64_t chance_above(uint64_t z) {
    static const uint64_t factor[] = {12901, 7549, 23, 1280}; /* of 2^P_BITS */
    uint64_t sum = UINT64_C(1) << P_BITS, power = Z_ONE;
    for (int i = 0; i < 4; i++) {
        power = power * z / Z_ONE;
        sum += factor[i] * power / Z_ONE;
    }
    uint64_t square = (UINT64_C(1) << 2 * P_BITS) / (sum * sum >> P_BITS);
    return square * square >> (P_BITS + 1);
}

/* The chance that it is not above `x`, of 2^P_BITS. */
static uint64_t chance_below(const TtfsSpread *s, int64_t x) {
    int64_t off = x - (int64_t)s->mean;
    uint64_t all = UINT64_C(1) << P_BITS, away = (uint64_t)(off < 0 ? -off : off);
    if (away * Z_ONE >= s->deviation * Z_MOST) return off < 0 ? 0 : all;
    uint64_t tail = chance_above(away * Z_ONE / s->deviation);
    return off < 0 ? tail : all - tail;
}

static uint64_t chance_all_below(const TtfsSpread *at, uint32_t n, int64_t x) {
    uint64_t all = UINT64_C(1) << P_BITS;
    for (uint32_t i = 0; i < n && all; i++) all = all * chance_below(&at[i], x) >> P_BITS;
    return all;
}

uint64_t ttfs_spread_highest(const TtfsSpread *at, uint32_t n) {
    uint64_t mean = 0, deviation = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (at[i].mean > mean) mean = at[i].mean;
        if (at[i].deviation > deviation) deviation = at[i].deviation;
    }
    int64_t step = (int64_t)(deviation * Z_STEP / Z_ONE), sum = 0;
    const int64_t one = INT64_C(1) << P_BITS;
    if (step < 1) return mean;
    for (int64_t z = Z_STEP / 2; z < Z_MOST; z += Z_STEP) {
        int64_t off = (int64_t)deviation * z / Z_ONE;
        sum += one - (int64_t)chance_all_below(at, n, (int64_t)mean + off);
        sum -= (int64_t)chance_all_below(at, n, (int64_t)mean - off);
    }
    return sum > 0 ? mean + (uint64_t)(sum * step) / (uint64_t)one : mean;
}
