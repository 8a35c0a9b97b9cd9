/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the elements of a task's lists lie, held against where the directory's geometry says that
 * they must: the neurons of each source's patch, place by place and channel by channel, for every
 * position; what lies outside the source is an element that nobody writes. Cost: elements times
 * positions, up to the first difference.
 */
#include "lift.h"

#include <inttypes.h>

/* What a task reads of one source: first place, places, channels. */
typedef struct {
    const TtfsImageConn *conn;
    const TtfsImagePop *src;
    uint32_t kh, kw, dy, dx, sy, sx;
    int64_t y, x;
    uint32_t ch_first, channels, per_group; /* source channels a group of the connection */
} Reach;

static Reach reach_of(const LiftTask *t, uint32_t k) {
    const TtfsImageConn *c = &t->k->l->img->conns.at[t->dst->conn_first + k];
    const TtfsImagePop *src = ttfs_lift_pop(t->k->l, c->src);
    if (c->kind == TTFS_CONN_DENSE)
        return (Reach){c,
                       src,
                       src->h,
                       src->w,
                       1,
                       1,
                       1,
                       1,
                       0,
                       0,
                       c->src_ch_first,
                       c->src_channels,
                       c->src_channels};
    uint32_t outs = t->dst->c / c->group, ins = c->src_channels / c->group;
    uint32_t first = (uint32_t)t->fire.c / outs;
    uint32_t last = (uint32_t)(t->fire.c + t->fire.channels - 1) / outs;
    return (Reach){c,
                   src,
                   c->kernel[0],
                   c->kernel[1],
                   c->dilation[0],
                   c->dilation[1],
                   c->stride[0],
                   c->stride[1],
                   (int64_t)t->fire.y * c->stride[0] - c->pad[0],
                   (int64_t)t->fire.x * c->stride[1] - c->pad[1],
                   c->src_ch_first + first * ins,
                   (last - first + 1) * ins,
                   ins};
}

static void put_places(const Reach *r, uint32_t k, LiftPlace *at) {
    bool dense = r->conn->kind == TTFS_CONN_DENSE;
    for (uint32_t ky = 0; ky < r->kh; ky++)
        for (uint32_t kx = 0; kx < r->kw; kx++)
            for (uint32_t i = 0; i < r->channels; i++) {
                uint32_t c = r->ch_first + i, seen = c - r->conn->src_ch_first;
                *at++ = (LiftPlace){
                    .y = r->y + (int64_t)ky * r->dy,
                    .x = r->x + (int64_t)kx * r->dx,
                    .conn = k,
                    .c = c,
                    .group = seen / r->per_group,
                    .tap = ((dense ? seen : seen % r->per_group) * r->kh + ky) * r->kw + kx};
            }
}

bool ttfs_lift_places(const LiftTask *t, LiftLists *lists) {
    Lift *l = t->k->l;
    uint64_t n = 0, rows = ttfs_lift_memory(t->k, TTFS_MEM_WEIGHTS)->rows;
    for (uint32_t i = 0; i < t->k->blocks.len; i++) rows += t->k->blocks.at[i].rows;
    uint32_t at = 0;
    for (uint32_t k = 0; k < t->dst->conn_count; k++) {
        Reach r = reach_of(t, k);
        n += (uint64_t)r.kh * r.kw * r.channels;
    }
    if (n > rows)
        return ttfs_lift_fault(l, t->pop,
                               "core %u has %" PRIu64 " weight rows, %" PRIu64 " elements need one "
                               "each",
                               t->k->core, rows, n);
    uint64_t positions = (uint64_t)t->fire.rows * (uint64_t)t->fire.cols;
    if (!ttfs_lift_work(l, t->pop, n * (positions + t->groups * l->img->chip.lanes + 16)))
        return false;
    lists->elements = (uint32_t)n;
    lists->place = TTFS_ARRAY(&l->scratch, LiftPlace, n);
    lists->address = TTFS_ARRAY(&l->scratch, int64_t, n);
    lists->row = TTFS_ARRAY(&l->scratch, uint32_t, n);
    for (uint32_t k = 0; k < t->dst->conn_count; k++) {
        Reach r = reach_of(t, k);
        put_places(&r, k, lists->place + at);
        at += r.kh * r.kw * r.channels;
    }
    return true;
}

/* The segment reads the copy that was written for the task's sample: it is as late as the task is.
 * Where nothing of the source comes, all is padding, with as many copies as the first segment says.
 */
static bool check_turn(const LiftTask *t, const TtfsImageConn *c, const TtfsSegment *s) {
    const TtfsImage *img = t->k->l->img;
    unsigned char *known = &t->k->banks[c->src - 1];
    if (*known == 0) *known = (unsigned char)(s->banks + 1);
    uint32_t banks = *known, late = t->dst->stage - ttfs_lift_pop(t->k->l, c->src)->stage;
    if (late + img->early >= 1u << (banks - 1))
        return ttfs_lift_fault(t->k->l, t->pop,
                               "core %u slot %u: it reads population %u %u turns late, of which "
                               "%u copies are kept, %u expected at least",
                               t->k->core, t->slot, c->src, late, 1u << (banks - 1),
                               late + 1 + img->early);
    return ((uint32_t)s->banks == banks - 1 && (uint32_t)s->delay == late) ||
           ttfs_lift_fault(t->k->l, t->pop,
                           "core %u slot %u: a segment of population %u with banks %d, delay %d; "
                           "%u, %u expected",
                           t->k->core, t->slot, c->src, s->banks, s->delay, banks - 1, late);
}

bool ttfs_lift_segment(const LiftTask *t, LiftLists *lists, const TtfsSegment *s, uint32_t row) {
    uint32_t left = lists->elements - lists->filled;
    uint64_t runs = (uint64_t)s->ny * (uint64_t)s->nx;
    if (runs > left || runs * (uint64_t)s->length > left || runs * (uint64_t)s->length == 0)
        return ttfs_lift_fault(
            t->k->l, t->pop,
            "core %u slot %u: a segment of %d x %d runs of %d elements, %u expected "
            "at most",
            t->k->core, t->slot, s->ny, s->nx, s->length, left);
    const LiftPlace *first = &lists->place[lists->filled],
                    *end = first + runs * (uint64_t)s->length;
    if (first->conn != end[-1].conn)
        return ttfs_lift_fault(t->k->l, t->pop, "core %u slot %u: a segment of %u sources",
                               t->k->core, t->slot, end[-1].conn - first->conn + 1);
    if (!check_turn(t, &t->k->l->img->conns.at[t->dst->conn_first + first->conn], s)) return false;
    for (int64_t i = 0; i < s->ny; i++)
        for (int64_t j = 0; j < s->nx; j++)
            for (int64_t e = 0; e < s->length; e++) {
                lists->address[lists->filled] = s->base + i * s->row_step + j * s->run_step + e;
                lists->row[lists->filled++] = row++;
            }
    return true;
}

/* The neuron + 1 of a source at a place; 0 outside of it. */
static uint32_t neuron_at(const Lift *l, uint32_t src, uint32_t c, int64_t y, int64_t x) {
    const TtfsImagePop *p = ttfs_lift_pop(l, src);
    if (y < 0 || y >= p->h || x < 0 || x >= p->w) return 0;
    return l->first[src - 1] + (c * p->h + (uint32_t)y) * p->w + (uint32_t)x + 1;
}

static bool check_element(const LiftTask *t, uint32_t src, uint32_t c, int64_t y, int64_t x,
                          int64_t address) {
    Lift *l = t->k->l;
    uint32_t want = neuron_at(l, src, c, y, x);
    if (address < 0 || address >= ttfs_chip_elements(&l->img->chip))
        return ttfs_lift_fault(l, t->pop, "core %u slot %u: element %" PRId64 " is not there",
                               t->k->core, t->slot, address);
    if (t->k->owner[address] == want)
        return want || ttfs_lift_own(t->k, src, (uint64_t)address, t->k->banks[src - 1] - 1u, 0);
    return ttfs_lift_fault(
        l, t->pop,
        "core %u slot %u: element %" PRId64 " is %s, population %u channel %u row "
        "%" PRId64 " column %" PRId64 "%s expected",
        t->k->core, t->slot, address, t->k->owner[address] ? "another neuron" : "nobody's", src, c,
        y, x, want ? "" : ", padding,");
}

static bool check_position(const LiftTask *t, const LiftLists *lists, int64_t r, int64_t q) {
    const TtfsImageConn *conns = &t->k->l->img->conns.at[t->dst->conn_first];
    bool many = t->fire.rows > 1 || t->fire.cols > 1;
    for (uint32_t e = 0; e < lists->elements; e++) {
        const LiftPlace *p = &lists->place[e];
        const TtfsImageConn *c = &conns[p->conn];
        bool dense = c->kind == TTFS_CONN_DENSE;
        int64_t y = p->y + (dense ? 0 : r * c->stride[0]),
                x = p->x + (dense ? 0 : q * c->stride[1]);
        int64_t at = lists->address[e];
        if (many) at += r * lists->row_stride[p->conn] + q * lists->col_stride[p->conn];
        if (!check_element(t, c->src, p->c, y, x, at)) return false;
    }
    return true;
}

bool ttfs_lift_elements(const LiftTask *t, const LiftLists *lists) {
    bool many = t->fire.rows > 1 || t->fire.cols > 1;
    for (uint32_t k = 0; many && k < t->dst->conn_count; k++)
        if (t->k->l->img->conns.at[t->dst->conn_first + k].kind == TTFS_CONN_DENSE)
            return ttfs_lift_fault(t->k->l, t->pop,
                                   "core %u slot %u: %d x %d positions of a dense connection",
                                   t->k->core, t->slot, t->fire.rows, t->fire.cols);
    for (int64_t r = 0; r < t->fire.rows; r++)
        for (int64_t q = 0; q < t->fire.cols; q++)
            if (!check_position(t, lists, r, q)) return false;
    return true;
}

/* The places of a kernel that a pool has at one position. */
typedef struct {
    int64_t first, count;
} Window;

/* A min pool has those inside the source, for what lies outside would be the smallest; or, when all
 * lie outside, the first, which is silent as the result is. */
static Window window_of(const TtfsImageConn *c, const TtfsImagePop *src, int axis, int64_t at) {
    int64_t size = axis ? src->w : src->h, start = at * c->stride[axis] - c->pad[axis];
    Window w = {0, 0};
    if (c->kind == TTFS_CONN_POOL) return (Window){0, c->kernel[axis]};
    for (uint32_t k = 0; k < c->kernel[axis]; k++) {
        int64_t place = start + (int64_t)k * c->dilation[axis];
        if (place < 0 || place >= size) continue;
        if (w.count++ == 0) w.first = k;
    }
    return w.count ? w : (Window){0, 1};
}

/* The record has the places of one axis that all of its positions have. */
static bool check_window(const LiftTask *t, int axis, int64_t n, int64_t first, int64_t positions,
                         int64_t *skipped) {
    const TtfsImageConn *c = &t->k->l->img->conns.at[t->dst->conn_first];
    const TtfsImagePop *src = ttfs_lift_pop(t->k->l, c->src);
    Window want = window_of(c, src, axis, first);
    *skipped = want.first;
    if (!ttfs_lift_work(t->k->l, t->pop, (uint64_t)positions * c->kernel[axis])) return false;
    for (int64_t r = 0; r < positions; r++) {
        Window w = window_of(c, src, axis, first + r);
        if (w.first != want.first || w.count != n)
            return ttfs_lift_fault(t->k->l, t->pop,
                                   "core %u slot %u: a pool over %" PRId64 " %s, %" PRId64
                                   " from %" PRId64 " on expected at position %" PRId64,
                                   t->k->core, t->slot, n, axis ? "columns" : "rows", w.count,
                                   w.first, r);
    }
    return true;
}

/* Words of 16 channels: everything lies at multiples of that. */
static bool check_words(const LiftTask *t, const TtfsSegment *s) {
    const int32_t at[] = {s->base, s->run_step, s->row_step, s->col_stride, s->row_stride};
    for (int i = 0; i < 5; i++)
        if (at[i] % TTFS_WORD_ELEMENTS)
            return ttfs_lift_fault(t->k->l, t->pop,
                                   "core %u slot %u: a pool has a step of %d elements, no words",
                                   t->k->core, t->slot, at[i]);
    return s->length == t->fire.channels ||
           ttfs_lift_fault(t->k->l, t->pop, "core %u slot %u: a pool of %d channels, %d expected",
                           t->k->core, t->slot, s->length, t->fire.channels);
}

static bool check_pooled(const LiftTask *t, const TtfsSegment *s, int64_t r, int64_t q,
                         const int64_t skipped[2]) {
    const TtfsImageConn *c = &t->k->l->img->conns.at[t->dst->conn_first];
    for (int64_t i = 0; i < s->ny; i++)
        for (int64_t j = 0; j < s->nx; j++) {
            int64_t y = (t->fire.y + r) * c->stride[0] - c->pad[0] +
                        (i + skipped[0]) * c->dilation[0];
            int64_t x = (t->fire.x + q) * c->stride[1] - c->pad[1] +
                        (j + skipped[1]) * c->dilation[1];
            int64_t at = s->base + r * s->row_stride + q * s->col_stride + i * s->row_step +
                         j * s->run_step;
            for (int32_t n = 0; n < s->length; n++)
                if (!check_element(t, c->src, c->src_ch_first + (uint32_t)(t->fire.c + n), y, x,
                                   at + n))
                    return false;
        }
    return true;
}

bool ttfs_lift_pool(const LiftTask *t, const TtfsSegment *s) {
    uint64_t positions = (uint64_t)t->fire.rows * (uint64_t)t->fire.cols;
    uint64_t patch = (uint64_t)s->ny * (uint64_t)s->nx * (uint64_t)s->length;
    int64_t skipped[2];
    const TtfsImageConn *c = &t->k->l->img->conns.at[t->dst->conn_first];
    if (!check_words(t, s) || !check_turn(t, c, s) ||
        !ttfs_lift_work(t->k->l, t->pop, positions * patch) ||
        !check_window(t, 0, s->ny, t->fire.y, t->fire.rows, &skipped[0]) ||
        !check_window(t, 1, s->nx, t->fire.x, t->fire.cols, &skipped[1]))
        return false;
    for (int64_t r = 0; r < t->fire.rows; r++)
        for (int64_t q = 0; q < t->fire.cols; q++)
            if (!check_pooled(t, s, r, q, skipped)) return false;
    return true;
}
