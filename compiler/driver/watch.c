/* SPDX-License-Identifier: Apache-2.0
 *
 * Rasters, pictures and counts of a run. In: traces, the input's integers, values of outputs; out:
 * numbers that a page shows, of bounded size. Means and counts only, nothing is sampled by chance.
 */
#include "watch.h"

#include <stdlib.h>

/* --- sizes --- */

static uint32_t least(uint64_t a, uint64_t b) {
    return (uint32_t)(a < b ? a : b);
}

static uint64_t set_grid(TtfsWatch *w, uint32_t rows, uint32_t cols) {
    uint64_t cells = 0;
    for (uint32_t i = 0; i < w->pops; i++) {
        const TtfsPopulation *p = &w->spike->pops.at[i];
        if (p->ticks == 0) continue;
        w->grid[i] = (TtfsGrid){least(ttfs_pop_size(p), rows), least(p->ticks, cols)};
        cells += (uint64_t)w->grid[i].rows * w->grid[i].cols;
    }
    return cells;
}

/* The finest grid that the cells are enough for. */
static void choose_grid(TtfsWatch *w) {
    uint32_t rows = TTFS_WATCH_ROWS, cols = TTFS_WATCH_BINS;
    while (set_grid(w, rows, cols) > TTFS_WATCH_CELLS && rows + cols > 2) {
        if (rows >= cols)
            rows = (rows + 1) / 2;
        else
            cols = (cols + 1) / 2;
    }
}

static uint32_t square_root(uint64_t n) {
    uint32_t s = 0;
    while ((uint64_t)(s + 1) * (s + 1) <= n) s++;
    return s;
}

/* The map that the input's neurons are drawn as: a vector of a square number is a square, of three
 * squares these one after the other, any other a line. */
typedef struct {
    uint32_t c, h, w;
} Map;

static Map map_of(const TtfsPopulation *p) {
    if (p->h > 1 || p->w > 1) return (Map){p->c, p->h, p->w};
    uint32_t one = square_root(p->c), three = square_root(p->c / 3);
    if (one > 3 && one * one == p->c) return (Map){1, one, one};
    if (three > 3 && 3 * three * three == p->c) return (Map){3, three, three};
    return (Map){1, 1, p->c};
}

static void choose_picture(TtfsWatch *w) {
    Map m = map_of(ttfs_spike_pop(w->spike, w->spike->input));
    w->channels = m.c == 3 ? 3 : 1;
    w->height = least(m.h, TTFS_WATCH_SIDE);
    w->width = least(m.w, TTFS_WATCH_SIDE);
}

static uint32_t classes_of(const TtfsJudge *j) {
    if (j->meaning == TTFS_BY_SIGN) return 2;
    uint64_t n = j->meaning == TTFS_BY_CLASS ? ttfs_output_count(&j->output[0]) : 0;
    return n <= TTFS_WATCH_CLASSES ? (uint32_t)n : 0;
}

static void open_sample(TtfsWatch *w, TtfsWatched *s, TtfsArena *a) {
    s->pixel = TTFS_ARRAY(a, uint8_t, (uint64_t)w->channels * w->height * w->width);
    s->raster = TTFS_ARRAY(a, TtfsRaster, w->pops);
    for (uint32_t i = 0; i < w->pops; i++)
        s->raster[i].cell =
            TTFS_ARRAY(a, uint32_t, (uint64_t)w->grid[i].rows * w->grid[i].cols + 1);
}

TtfsWatch *ttfs_watch_open(const TtfsSpike *s, const TtfsJudge *judge, uint64_t samples,
                           uint32_t threads, TtfsArena *a) {
    TtfsWatch *w = TTFS_NEW(a, TtfsWatch);
    *w = (TtfsWatch){.spike = s,
                     .judge = judge,
                     .pops = least(s->pops.len, TTFS_WATCH_POPS),
                     .shown = least(samples, TTFS_WATCH_SHOWN),
                     .ticked = least(samples, TTFS_WATCH_TICKED),
                     .classes = classes_of(judge),
                     .threads = threads};
    w->grid = TTFS_ARRAY(a, TtfsGrid, w->pops);
    choose_grid(w);
    choose_picture(w);
    for (uint32_t i = 0; i < w->shown; i++) open_sample(w, &w->sample[i], a);
    w->ticks = TTFS_ARRAY(a, uint64_t *, threads);
    w->confused = TTFS_ARRAY(a, uint64_t *, threads);
    for (uint32_t i = 0; i < threads; i++) {
        w->ticks[i] = TTFS_ARRAY(a, uint64_t, w->pops * TTFS_WATCH_BINS);
        w->confused[i] = TTFS_ARRAY(a, uint64_t, TTFS_CONFUSIONS * w->classes * w->classes + 1);
    }
    return w;
}

/* --- spikes --- */

static void count_ticks(const TtfsWatch *w, uint32_t pop, const uint16_t *tick, uint64_t *to) {
    const TtfsPopulation *p = &w->spike->pops.at[pop];
    uint32_t n = ttfs_pop_size(p), bins = least(p->ticks, TTFS_WATCH_BINS);
    for (uint32_t i = 0; i < n; i++)
        if (tick[i] != TTFS_SILENT) to[(uint64_t)tick[i] * bins / p->ticks]++;
}

static void draw_raster(const TtfsWatch *w, uint32_t pop, const uint16_t *tick, TtfsRaster *to) {
    const TtfsPopulation *p = &w->spike->pops.at[pop];
    const TtfsGrid *g = &w->grid[pop];
    uint64_t n = ttfs_pop_size(p);
    for (uint64_t i = 0; i < n; i++) {
        if (tick[i] == TTFS_SILENT) continue;
        to->cell[i * g->rows / n * g->cols + (uint64_t)tick[i] * g->cols / p->ticks]++;
        to->spikes++;
    }
}

/* --- pictures --- */

/* Some of the input's neurons: those of a pixel. */
typedef struct {
    uint64_t sum, n;
} Mean;

static void add_block(Mean *m, const uint16_t *plane, const Map *map, const uint32_t y[2],
                      const uint32_t x[2]) {
    for (uint32_t i = y[0]; i < y[1]; i++)
        for (uint32_t k = x[0]; k < x[1]; k++) {
            m->sum += plane[(uint64_t)i * map->w + k];
            m->n++;
        }
}

/* The neurons' rows (columns) that become number i of `of`. */
static void span(uint32_t span[2], uint32_t i, uint32_t of, uint32_t all) {
    span[0] = (uint32_t)((uint64_t)i * all / of);
    span[1] = (uint32_t)((uint64_t)(i + 1) * all / of);
}

/* Of one channel's map, or of the mean of all. */
static uint8_t pixel(const TtfsWatch *w, const Map *map, const uint16_t *values, uint32_t channel,
                     uint32_t at) {
    uint32_t y[2], x[2], ticks = ttfs_spike_pop(w->spike, w->spike->input)->ticks;
    Mean m = {0};
    span(y, at / w->width, w->height, map->h);
    span(x, at % w->width, w->width, map->w);
    uint32_t first = w->channels == 3 ? channel : 0, behind = w->channels == 3 ? first + 1 : map->c;
    for (uint32_t c = first; c < behind; c++)
        add_block(&m, values + (uint64_t)c * map->h * map->w, map, y, x);
    return (uint8_t)((510 * m.sum + m.n * ticks) / (2 * m.n * ticks));
}

static void draw_picture(const TtfsWatch *w, const uint16_t *x, uint8_t *to) {
    Map map = map_of(ttfs_spike_pop(w->spike, w->spike->input));
    uint32_t plane = w->width * w->height;
    for (uint32_t c = 0; c < w->channels; c++)
        for (uint32_t i = 0; i < plane; i++) to[c * plane + i] = pixel(w, &map, x, c, i);
}

void ttfs_watch_spikes(TtfsWatch *w, uint32_t thread, uint64_t sample, const TtfsTrace *t,
                       const uint16_t *x) {
    if (sample >= w->ticked) return;
    for (uint32_t i = 0; i < w->pops; i++) {
        if (w->spike->pops.at[i].ticks == 0) continue;
        const uint16_t *tick = ttfs_trace_ticks(t, (TtfsPop){i + 1});
        count_ticks(w, i, tick, w->ticks[thread] + (uint64_t)i * TTFS_WATCH_BINS);
        if (sample < w->shown) draw_raster(w, i, tick, &w->sample[sample].raster[i]);
    }
    if (sample < w->shown) draw_picture(w, x, w->sample[sample].pixel);
}

/* --- outputs --- */

static int by_element(const void *a, const void *b) {
    const TtfsWatchedValue *x = a, *y = b;
    return x->element < y->element ? -1 : x->element > y->element;
}

/* Keeps the largest values; of equal ones the earlier. */
static void keep_values(TtfsWatched *s, uint64_t n, const double *got, const double *want) {
    s->values = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t at = s->values;
        while (at > 0 && got[i] > s->value[at - 1].got) at--;
        if (at == TTFS_WATCH_VALUES) continue;
        if (s->values < TTFS_WATCH_VALUES) s->values++;
        for (uint32_t k = s->values - 1; k > at; k--) s->value[k] = s->value[k - 1];
        s->value[at] = (TtfsWatchedValue){i, got[i], want ? want[i] : 0};
    }
    qsort(s->value, s->values, sizeof *s->value, by_element);
}

static void confuse(TtfsWatch *w, uint32_t thread, TtfsConfusion which, uint32_t row,
                    uint32_t col) {
    uint64_t *m = w->confused[thread] + (uint64_t)which * w->classes * w->classes;
    if (row < w->classes && col < w->classes) m[(uint64_t)row * w->classes + col]++;
}

void ttfs_watch_output(TtfsWatch *w, uint32_t thread, uint64_t sample, const double *got,
                       const double *want) {
    const TtfsJudge *j = w->judge;
    TtfsWatched *s = sample < w->shown ? &w->sample[sample] : NULL;
    if (s) keep_values(s, ttfs_output_count(&j->output[0]), got, want);
    if (j->meaning == TTFS_BY_ERROR) return;
    bool labelled = ttfs_judge_knows_accuracy(j);
    uint32_t class = ttfs_judge_class(j, got), relu = want ? ttfs_judge_class(j, want) : 0;
    uint32_t label = labelled ? ttfs_labels_class(j->labels, sample) : 0;
    if (s) s->got = class, s->want = relu, s->label = label;
    if (labelled) confuse(w, thread, TTFS_CONFUSED_CHIP, label, class);
    if (labelled && want) confuse(w, thread, TTFS_CONFUSED_RELU, label, relu);
    if (want) confuse(w, thread, TTFS_CONFUSED_APART, relu, class);
}

void ttfs_watch_end(TtfsWatch *w) {
    uint64_t cells = (uint64_t)TTFS_CONFUSIONS * w->classes * w->classes;
    for (uint32_t i = 1; i < w->threads; i++) {
        for (uint64_t k = 0; k < (uint64_t)w->pops * TTFS_WATCH_BINS; k++)
            w->ticks[0][k] += w->ticks[i][k];
        for (uint64_t k = 0; k < cells; k++) w->confused[0][k] += w->confused[i][k];
    }
}
