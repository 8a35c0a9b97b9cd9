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

/* One tap over positions first..end-1; the source's row of lanes under each, or NULL. */
typedef struct {
    const TtfsNetLayer *to;
    const TtfsTerm *term;
    uint32_t ky, kx, y, x;
} Tap;

static bool inside(const Tap *t, size_t *place) {
    int64_t sy = ttfs_term_tap(t->term, 0, t->y, t->ky),
            sx = ttfs_term_tap(t->term, 1, t->x, t->kx);
    *place = (size_t)(sy * t->term->in[2] + sx);
    return sy >= 0 && sy < t->term->in[1] && sx >= 0 && sx < t->term->in[2];
}

static Tap tap_at(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t k, uint32_t position) {
    return (Tap){
        to, term, k / term->kernel[1], k % term->kernel[1], position / to->w, position % to->w};
}

static void next(Tap *t) {
    if (++t->x < t->to->w) return;
    t->x = 0;
    t->y++;
}

/* Neuron of the first channel that a group reads. */
static size_t base_of(const TtfsTerm *term, uint32_t group) {
    return term->first + (size_t)group * (term->in[0] / term->group) * term->in[1] * term->in[2];
}

void ttfs_tune_patches(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group, uint32_t first,
                       uint32_t end, uint32_t lanes, const float *x, float *room) {
    uint32_t taps = term->kernel[0] * term->kernel[1], channels = term->in[0] / term->group;
    size_t plane = (size_t)term->in[1] * term->in[2];
    x += base_of(term, group) * lanes;
    for (uint32_t c = 0; c < channels; c++, x += plane * lanes)
        for (uint32_t k = 0; k < taps; k++) {
            Tap t = tap_at(to, term, k, first);
            for (uint32_t p = first; p < end; p++, room += lanes, next(&t)) {
                size_t place;
                if (inside(&t, &place))
                    memcpy(room, x + place * lanes, lanes * sizeof *x);
                else
                    memset(room, 0, lanes * sizeof *x);
            }
        }
}

void ttfs_tune_patches_back(const TtfsNetLayer *to, const TtfsTerm *term, uint32_t group,
                            uint32_t first, uint32_t end, uint32_t lanes, const float *room,
                            float *x) {
    uint32_t taps = term->kernel[0] * term->kernel[1], channels = term->in[0] / term->group;
    size_t plane = (size_t)term->in[1] * term->in[2];
    x += base_of(term, group) * lanes;
    for (uint32_t c = 0; c < channels; c++, x += plane * lanes)
        for (uint32_t k = 0; k < taps; k++) {
            Tap t = tap_at(to, term, k, first);
            for (uint32_t p = first; p < end; p++, room += lanes, next(&t)) {
                size_t place;
                if (!inside(&t, &place)) continue;
                for (uint32_t i = 0; i < lanes; i++) x[place * lanes + i] += room[i];
            }
        }
}
