/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task reads and which weights it needs for it. In: a checked graph that fits the chip, a
 * task inside its population; out: places, elements, weights, segments. Invariant: everything is
 * said in places of the source, so padding, dilation, channel slices and groups are no special
 * cases behind this file. Passes and cuts are plan_cut.c's.
 */
#include "plan_geometry.h"

uint32_t ttfs_plan_earliest(const TtfsPlan *p, const TtfsSpike *s, TtfsPop pop) {
    const TtfsPopulation *q = ttfs_spike_pop(s, pop);
    uint32_t slot = 0, stage = ttfs_plan_when(p, pop).stage;
    for (uint32_t k = 0; k < q->conn_count; k++) {
        TtfsWhen from = ttfs_plan_when(p, s->conns.at[q->conn_first + k].src);
        if (from.stage == stage && from.slot >= slot) slot = from.slot + 1;
    }
    return slot;
}

bool ttfs_pop_is_pooled(const TtfsSpike *s, TtfsPop p) {
    return ttfs_spike_pop(s, p)->kind == TTFS_POP_POOL;
}

/* A kernel's taps along one axis that position `at` keeps. */
typedef struct {
    uint32_t first, count;
} Taps;

/* A min pool sees no padding: those inside the source; where none is, one outside, which is silent
 * as the result is. All others read zeros there, which change nothing. */
static Taps taps_of(const TtfsSpike *s, const TtfsConnection *c, int axis, uint32_t at) {
    const TtfsPopulation *src = ttfs_spike_pop(s, c->src);
    int64_t size = axis ? src->w : src->h, dilation = c->dilation[axis];
    int64_t start = (int64_t)at * c->stride[axis] - c->pad[axis];
    if (c->kind != TTFS_CONN_MINPOOL) return (Taps){0, c->kernel[axis]};
    int64_t first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    int64_t end = start < size ? (size - 1 - start) / dilation + 1 : 0;
    if (end > (int64_t)c->kernel[axis]) end = c->kernel[axis];
    return end > first ? (Taps){(uint32_t)first, (uint32_t)(end - first)} : (Taps){0, 1};
}

uint32_t ttfs_plan_alike(const TtfsSpike *s, TtfsPop p, int axis, uint32_t first) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p);
    const TtfsConnection *c = &s->conns.at[pop->conn_first];
    uint32_t size = axis ? pop->w : pop->h, end = first + 1;
    if (!pop->conn_count || c->kind != TTFS_CONN_MINPOOL) return size - first;
    Taps want = taps_of(s, c, axis, first);
    for (; end < size; end++) {
        Taps t = taps_of(s, c, axis, end);
        if (t.first != want.first || t.count != want.count) break;
    }
    return end - first;
}

static void reach_all(const TtfsPopulation *src, TtfsReach *r) {
    r->kh = src->h;
    r->kw = src->w;
    r->dy = r->dx = r->sy = r->sx = 1;
}

static int32_t place(const TtfsConnection *c, int axis, uint32_t at, uint32_t tap) {
    return (int32_t)((int64_t)at * c->stride[axis] - c->pad[axis] +
                     (int64_t)tap * c->dilation[axis]);
}

static void reach_patch(const TtfsSpike *s, const TtfsTask *t, TtfsReach *r) {
    const TtfsConnection *c = r->conn;
    Taps y = taps_of(s, c, 0, t->oy_first), x = taps_of(s, c, 1, t->ox_first);
    r->kh = y.count;
    r->kw = x.count;
    r->dy = c->dilation[0];
    r->dx = c->dilation[1];
    r->sy = c->stride[0];
    r->sx = c->stride[1];
    r->y_first = place(c, 0, t->oy_first, y.first);
    r->x_first = place(c, 1, t->ox_first, x.first);
}

/* The source's channels: a pool's are the task's own, those of groups all that their groups see. */
static void reach_channels(const TtfsSpike *s, const TtfsTask *t, TtfsReach *r) {
    const TtfsConnection *c = r->conn;
    uint32_t group = ttfs_conn_is_pool(c) ? ttfs_spike_pop(s, c->dst)->c : c->group;
    uint32_t ins = c->src_channels / group, outs = ttfs_spike_pop(s, c->dst)->c / group;
    uint32_t first = t->ch_first / outs, last = (t->ch_first + t->channels - 1) / outs;
    r->ch_first = c->src_ch_first + first * ins;
    r->channels = (last + 1 - first) * ins;
}

TtfsReach ttfs_task_reach(const TtfsSpike *s, const TtfsTask *t, uint32_t k) {
    const TtfsConnection *c = &s->conns.at[ttfs_spike_pop(s, t->pop)->conn_first + k];
    TtfsReach r = {.conn = c, .src = c->src, .rows = t->oy_count, .cols = t->ox_count};
    if (c->kind == TTFS_CONN_DENSE)
        reach_all(ttfs_spike_pop(s, c->src), &r);
    else
        reach_patch(s, t, &r);
    reach_channels(s, t, &r);
    return r;
}

uint64_t ttfs_reach_elements(const TtfsReach *r) {
    return (uint64_t)r->kh * r->kw * r->channels;
}

uint64_t ttfs_task_elements(const TtfsSpike *s, const TtfsTask *t) {
    uint64_t n = 0;
    if (ttfs_pop_is_pooled(s, t->pop)) return 0;
    for (uint32_t k = 0; k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
        TtfsReach r = ttfs_task_reach(s, t, k);
        n += ttfs_reach_elements(&r);
    }
    return n;
}

uint32_t ttfs_reach_extent(const TtfsReach *r, int axis) {
    if (axis) return (r->cols - 1) * r->sx + (r->kw - 1) * r->dx + 1;
    return (r->rows - 1) * r->sy + (r->kh - 1) * r->dy + 1;
}

uint64_t ttfs_reach_places(const TtfsReach *r, int axis, uint32_t first, uint32_t end) {
    uint32_t positions = axis ? r->cols : r->rows, k = axis ? r->kw : r->kh;
    int64_t stride = axis ? r->sx : r->sy, step = axis ? r->dx : r->dy, n = 0;
    int64_t at = (axis ? r->x_first : r->y_first) - (int64_t)first, size = (int64_t)end - first;
    for (uint32_t i = 0; i < positions; i++, at += stride) {
        int64_t from = at < 0 ? (-at + step - 1) / step : 0;
        int64_t to = at < size ? (size - 1 - at) / step + 1 : 0;
        if (to > (int64_t)k) to = k;
        if (to > from) n += to - from;
    }
    return (uint64_t)n;
}

uint32_t ttfs_reach_rate(const TtfsSpike *s, const TtfsReach *r) {
    const TtfsPopulation *src = ttfs_spike_pop(s, r->src);
    TtfsPlaces n = {{0}, {0}};
    for (uint32_t i = 0; i < src->rates.rows; i++)
        n.row[i] = ttfs_reach_places(r, 0, ttfs_rates_row(src, i), ttfs_rates_row(src, i + 1));
    for (uint32_t i = 0; i < src->rates.cols; i++)
        n.col[i] = ttfs_reach_places(r, 1, ttfs_rates_col(src, i), ttfs_rates_col(src, i + 1));
    return ttfs_pop_rate_of(src, &n);
}

uint32_t ttfs_task_rate(const TtfsSpike *s, const TtfsTask *t) {
    return ttfs_pop_rate(ttfs_spike_pop(s, t->pop), t->oy_first, t->oy_count, t->ox_first,
                         t->ox_count);
}

static int32_t dense_weight(const TtfsSpike *s, const TtfsConnection *k, uint32_t neuron,
                            uint32_t ky, uint32_t kx, uint32_t c) {
    const TtfsPopulation *src = ttfs_spike_pop(s, k->src);
    uint64_t fan = (uint64_t)k->src_channels * src->h * src->w;
    return k->weights[neuron * fan + ((uint64_t)c * src->h + ky) * src->w + kx];
}

int32_t ttfs_reach_weight(const TtfsSpike *s, const TtfsReach *r, uint32_t channel, uint32_t y,
                          uint32_t x, uint32_t ky, uint32_t kx, uint32_t c) {
    const TtfsConnection *k = r->conn;
    const TtfsPopulation *dst = ttfs_spike_pop(s, k->dst);
    uint32_t seen = c - k->src_ch_first; /* of those that the connection sees */
    if (k->kind == TTFS_CONN_DENSE)
        return dense_weight(s, k, (channel * dst->h + y) * dst->w + x, ky, kx, seen);
    uint32_t ins = k->src_channels / k->group, outs = dst->c / k->group;
    if (seen / ins != channel / outs) return 0;
    uint64_t row = (uint64_t)channel * ins + seen % ins;
    return k->weights[(row * k->kernel[0] + ky) * k->kernel[1] + kx];
}

/* Places that follow one another in the buffer make one run. */
static void join_runs(TtfsSegment *g) {
    if (g->nx > 1 && g->run_step == g->length) {
        g->length *= g->nx;
        g->nx = 1;
        g->run_step = 0;
    }
    if (g->nx == 1 && g->ny > 1 && g->row_step == g->length) {
        g->length *= g->ny;
        g->ny = 1;
        g->row_step = 0;
    }
}

TtfsSegment ttfs_reach_segment(const TtfsPlan *plan, const TtfsReach *r, const TtfsBuffer *b) {
    uint32_t reader = ttfs_plan_when(plan, r->conn->dst).stage;
    int64_t line = (int64_t)b->cols * b->pitch;
    int64_t base = b->base + (r->y_first - (int64_t)b->y_first) * line +
                   (r->x_first - (int64_t)b->x_first) * b->pitch + r->ch_first - b->ch_first;
    TtfsSegment g = {
        .base = (int32_t)base,
        .banks = (int32_t)b->banks,
        .delay = (int32_t)(reader - ttfs_plan_when(plan, r->src).stage),
        .length = (int32_t)r->channels,
        .nx = (int32_t)r->kw,
        .ny = (int32_t)r->kh,
        .run_step = r->kw > 1 ? (int32_t)(r->dx * (int64_t)b->pitch) : 0,
        .row_step = r->kh > 1 ? (int32_t)(r->dy * line) : 0,
        .col_stride = r->cols > 1 ? (int32_t)(r->sx * (int64_t)b->pitch) : 0,
        .row_stride = r->rows > 1 ? (int32_t)(r->sy * line) : 0,
    };
    if (!ttfs_conn_is_pool(r->conn)) join_runs(&g);
    return g;
}
