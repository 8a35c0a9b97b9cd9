/* SPDX-License-Identifier: Apache-2.0
 *
 * Terms shared out. In: a net, how many terms each of its terms is to be; out: the net with so many
 * of each, one after the other, each with an equal part of the weights. What a layer sums stays the
 * same.
 */
#include "net.h"

/* Weights of a term, divided. */
static const float *part_of(TtfsArena *a, const float *w, uint64_t n, uint32_t times) {
    float *part = TTFS_ARRAY(a, float, n);
    for (uint64_t i = 0; i < n; i++) part[i] = w[i] / (float)times;
    return part;
}

void ttfs_net_share(TtfsNet *n, const uint32_t *times) {
    TtfsNet shared = *n;
    shared.terms.at = NULL;
    shared.terms.len = shared.terms.cap = 0;
    for (uint32_t i = 0; i < n->layers.len; i++) {
        TtfsNetLayer *l = &n->layers.at[i];
        uint32_t first = shared.terms.len;
        for (uint32_t k = l->term_first; k < l->term_first + l->terms; k++) {
            TtfsTerm t = n->terms.at[k];
            if (times[k] > 1)
                t.weights =
                    part_of(&shared.arena, t.weights, ttfs_term_rows(l, &t) * t.row, times[k]);
            for (uint32_t j = 0; j < times[k]; j++) *TTFS_PUSH(&shared.arena, shared.terms) = t;
        }
        l->term_first = first;
        l->terms = shared.terms.len - first;
    }
    *n = shared;
}
