/* SPDX-License-Identifier: Apache-2.0
 *
 * Patches of a term as the columns of a matrix. In: values [neuron][lane]; out: [row][position]
 * [lane], zeros where a tap lies in the padding. A matrix, and a kernel of one tap, are read where
 * they lie.
 */
#include "tune_inside.h"

#include <string.h>

bool ttfs_tune_in_place(const TtfsTerm *term) {
    return term->dense ||
           (term->kernel[0] == 1 && term->kernel[1] == 1 && term->stride[0] == 1 &&
            term->stride[1] == 1 && !(term->pad[0] | term->pad[1] | term->pad[2] | term->pad[3]));
}

uint32_t ttfs_tune_tile(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t lanes) {
    uint64_t fit = TTFS_TUNE_TILE / (term->row * lanes);
    uint32_t plane = term->dense ? 1 : to->h * to->w;
    return fit < 1 ? 1 : fit < plane ? (uint32_t)fit : plane;
}

/* One tap over positions side by side in a row of the output, `n` of them: `skip` in the padding,
 * then `inside` whose sources begin at `place`, `apart` neurons from one to the next, the rest in
 * the padding again. */
typedef struct {
    uint32_t n, skip, inside;
    size_t place, apart;
} Run;

/* The least x whose tap lies at `from` or beyond it. */
static uint32_t reaching(const TtfsTerm *t, uint32_t kx, int64_t from) {
    int64_t short_of = from - ttfs_term_tap(t, 1, 0, kx);
    return short_of <= 0 ? 0 : (uint32_t)((short_of + t->stride[1] - 1) / t->stride[1]);
}

static uint32_t within(uint32_t v, uint32_t least, uint32_t most) {
    return v < least ? least : v > most ? most : v;
}

/* From position `at` on, not beyond `end`. */
static Run run_at(const TtfsNetLayer *to, const TtfsTerm *t, uint32_t k, uint32_t at,
                  uint32_t end) {
    uint32_t y = at / to->w, x = at % to->w, kx = k % t->kernel[1];
    Run r = {.n = to->w - x < end - at ? to->w - x : end - at, .apart = t->stride[1]};
    int64_t sy = ttfs_term_tap(t, 0, y, k / t->kernel[1]);
    uint32_t begin = within(reaching(t, kx, 0), x, x + r.n);
    uint32_t stop = within(reaching(t, kx, t->in[2]), begin, x + r.n);
    r.skip = begin - x;
    r.inside = sy >= 0 && sy < t->in[1] ? stop - begin : 0;
    if (r.inside) r.place = (size_t)(sy * t->in[2] + ttfs_term_tap(t, 1, begin, kx));
    return r;
}

/* Neuron of the first channel that a group reads. */
static size_t base_of(const TtfsTerm *term, uint32_t group) {
    return term->first + (size_t)group * (term->in[0] / term->group) * term->in[1] * term->in[2];
}

/* Floats that lie side by side in the source. */
static uint32_t side_of(const Run *r, uint32_t lanes) {
    return r->apart == 1 ? r->inside * lanes : lanes;
}

/* The lanes of a run from x to room. */
static void gather(const Run *r, uint32_t lanes, const float *x, float *room) {
    uint32_t after = r->n - r->skip - r->inside, side = side_of(r, lanes);
    memset(room, 0, (size_t)r->skip * lanes * sizeof *room);
    room += (size_t)r->skip * lanes;
    x += r->place * lanes;
    for (uint32_t at = 0; at < r->inside * lanes; at += side, room += side, x += r->apart * lanes)
        memcpy(room, x, side * sizeof *room);
    memset(room, 0, (size_t)after * lanes * sizeof *room);
}

/* Added, from room to x. */
static void scatter(const Run *r, uint32_t lanes, const float *room, float *x) {
    uint32_t side = side_of(r, lanes);
    room += (size_t)r->skip * lanes;
    x += r->place * lanes;
    for (uint32_t at = 0; at < r->inside * lanes; at += side, x += r->apart * lanes)
        for (uint32_t i = 0; i < side; i++) x[i] += room[at + i];
}

void ttfs_tune_patches(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group, uint32_t first,
                       uint32_t end, uint32_t lanes, const float *x, float *room) {
    uint32_t taps = term->kernel[0] * term->kernel[1], channels = term->in[0] / term->group;
    size_t plane = (size_t)term->in[1] * term->in[2];
    x += base_of(term, group) * lanes;
    for (uint32_t c = 0; c < channels; c++, x += plane * lanes)
        for (uint32_t k = 0; k < taps; k++)
            for (uint32_t p = first; p < end;) {
                Run r = run_at(to, term, k, p, end);
                gather(&r, lanes, x, room);
                room += (size_t)r.n * lanes;
                p += r.n;
            }
}

void ttfs_tune_patches_back(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group,
                            uint32_t first, uint32_t end, uint32_t lanes, const float *room,
                            float *x) {
    uint32_t taps = term->kernel[0] * term->kernel[1], channels = term->in[0] / term->group;
    size_t plane = (size_t)term->in[1] * term->in[2];
    x += base_of(term, group) * lanes;
    for (uint32_t c = 0; c < channels; c++, x += plane * lanes)
        for (uint32_t k = 0; k < taps; k++)
            for (uint32_t p = first; p < end;) {
                Run r = run_at(to, term, k, p, end);
                scatter(&r, lanes, room, x);
                room += (size_t)r.n * lanes;
                p += r.n;
            }
}
