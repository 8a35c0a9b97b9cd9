/* SPDX-License-Identifier: Apache-2.0
 *
 * The rate of a part of a population. In: what calibration saw, how often places of each band are
 * meant, or a rectangle of them; out: the mean of what the regions of the grid have, each as often
 * as its places are meant. Integers only. Cost: the regions.
 */
#include "spike.h"

enum { ALL = 1000000, WHOLE = 1 << 16 };

static uint32_t band_start(uint32_t size, uint32_t bands, uint32_t i) {
    return (uint32_t)((uint64_t)size * i / bands);
}

uint32_t ttfs_rates_row(const TtfsPopulation *p, uint32_t band) {
    return band_start(p->h, p->rates.rows, band);
}

uint32_t ttfs_rates_col(const TtfsPopulation *p, uint32_t band) {
    return band_start(p->w, p->rates.cols, band);
}

/* Counts as shares of WHOLE, rounded down; their sum. */
static uint64_t share_out(const uint64_t *n, uint32_t bands, uint64_t *share) {
    uint64_t all = 0, sum = 0;
    for (uint32_t i = 0; i < bands; i++) all += n[i];
    for (uint32_t i = 0; all && i < bands; i++)
        if (n[i]) sum += share[i] = n[i] * WHOLE / all;
    return sum;
}

uint32_t ttfs_pop_rate_of(const TtfsPopulation *p, const TtfsPlaces *n) {
    const TtfsRates *r = &p->rates;
    TtfsPlaces share = {{0}, {0}};
    uint64_t places = share_out(n->row, r->rows, share.row);
    places *= share_out(n->col, r->cols, share.col);
    if (!places) return p->rate_ppm;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->rows; i++)
        for (uint32_t k = 0; share.row[i] && k < r->cols; k++)
            sum += share.row[i] * share.col[k] * r->part[i * r->cols + k];
    uint64_t part = sum / (places / WHOLE); /* in 1 / WHOLE / TTFS_RATE_ONE */
    uint64_t rate = (part * p->rate_ppm / WHOLE + TTFS_RATE_ONE / 2) / TTFS_RATE_ONE;
    return rate < ALL ? (uint32_t)rate : ALL;
}

/* Places of a span that lie in each band of an axis. */
static void count_places(int64_t at, uint64_t count, uint32_t size, uint32_t bands, uint64_t *n) {
    int64_t from = at > 0 ? at : 0, to = at + (int64_t)count;
    if (to > (int64_t)size) to = size;
    for (uint32_t i = from < to ? (uint32_t)((uint64_t)from * bands / size) : bands; i < bands;
         i++) {
        int64_t end = band_start(size, bands, i + 1); /* the first band may end before `from` */
        if (end > to) end = to;
        if (end > from) n[i] = (uint64_t)(end - from), from = end;
        if (from == to) return;
    }
}

uint32_t ttfs_pop_rate(const TtfsPopulation *p, int64_t y, uint64_t rows, int64_t x,
                       uint64_t cols) {
    TtfsPlaces n = {{0}, {0}};
    count_places(y, rows, p->h, p->rates.rows, n.row);
    count_places(x, cols, p->w, p->rates.cols, n.col);
    return ttfs_pop_rate_of(p, &n);
}
