/* SPDX-License-Identifier: Apache-2.0
 *
 * One weight of a term of a layer, for tests that look at neurons one by one.
 */
#ifndef TERM_WEIGHT_H
#define TERM_WEIGHT_H

#include "net.h"

/* The weight of output neuron (ch, y, x) for the source neuron `j` of those the term sees, 0 where
 * it has none; *q is its place in the weights, UINT64_MAX: none. */
static inline double term_weight(const TtfsNetLayer *l, const TtfsTerm *t, uint32_t ch, uint32_t y,
                                 uint32_t x, uint32_t j, uint64_t *q) {
    *q = UINT64_MAX;
    if (t->dense) *q = ((uint64_t)(ch * l->h + y) * l->w + x) * t->row + j;
    if (t->dense) return (double)t->weights[*q];
    uint32_t ins = t->in[0] / t->group, in = j / t->in[2] / t->in[1];
    int64_t dy = (int64_t)(j / t->in[2] % t->in[1]) - ttfs_term_tap(t, 0, y, 0);
    int64_t dx = (int64_t)(j % t->in[2]) - ttfs_term_tap(t, 1, x, 0);
    if (in / ins != ch / (l->c / t->group) || dy < 0 || dx < 0 || dy % t->dilation[0] ||
        dx % t->dilation[1] || dy / t->dilation[0] >= t->kernel[0] ||
        dx / t->dilation[1] >= t->kernel[1])
        return 0;
    *q = ch * t->row + (uint64_t)(in % ins) * t->kernel[0] * t->kernel[1] +
         (uint64_t)(dy / t->dilation[0]) * t->kernel[1] + (uint64_t)(dx / t->dilation[1]);
    return (double)t->weights[*q];
}

#endif
