/* SPDX-License-Identifier: Apache-2.0
 *
 * Interval bounds of one channel. In: a checked graph; out: what slope and potential can reach at
 * any tick for any input.
 *
 * Why they hold at every intermediate tick: a source neuron that fires at tick k of a window of T
 * has, at tick t >= k, been added to the slope once and to the potential t - k + 1 times, a number
 * in 1..T; before k it counts 0 times. So its share of the slope is 0 or w, its share of the
 * potential is w * n with n in 0..T, and both lie between the values for min(0, w) and max(0, w).
 * Sums over any set of sources, in any order within a tick and of connections, add up these
 * intervals. A tap that falls into padding counts 0 times, which the intervals include.
 */
#include "spike.h"

/* The least and largest bias of a channel's neurons. */
static void bias_range(const TtfsPopulation *p, uint32_t channel, TtfsBounds *b) {
    uint32_t each = p->bias_count / p->c;
    const int32_t *bias = p->bias + (size_t)channel * each;
    b->potential_min = b->potential_max = bias[0];
    for (uint32_t i = 1; i < each; i++) {
        if (bias[i] < b->potential_min) b->potential_min = bias[i];
        if (bias[i] > b->potential_max) b->potential_max = bias[i];
    }
}

void ttfs_row_bounds(const int16_t *w, uint64_t n, int64_t *below, int64_t *above) {
    int64_t low = 0, high = 0;
    for (uint64_t j = 0; j < n; j++) {
        if (w[j] < 0)
            low += w[j];
        else
            high += w[j];
    }
    if (low < *below) *below = low;
    if (high > *above) *above = high;
}

TtfsBounds ttfs_spike_bounds(const TtfsSpike *s, TtfsPop p, uint32_t channel) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p);
    TtfsBounds b = {0};
    bias_range(pop, channel, &b);
    for (uint32_t i = 0; i < pop->conn_count; i++) {
        const TtfsConnection *c = &s->conns.at[pop->conn_first + i];
        uint32_t rows = c->kind == TTFS_CONN_DENSE ? pop->h * pop->w : 1; /* of the channel */
        uint64_t row = c->weight_count / pop->c / rows;
        const int16_t *w = c->weights + row * rows * channel;
        int64_t ticks = ttfs_spike_pop(s, c->src)->ticks, below = 0, above = 0;
        for (uint32_t r = 0; r < rows; r++, w += row) ttfs_row_bounds(w, row, &below, &above);
        if (below < b.slope_min) b.slope_min = below;
        if (above > b.slope_max) b.slope_max = above;
        b.all_min += below;
        b.all_max += above;
        b.sum_min += below * ticks;
        b.sum_max += above * ticks;
    }
    b.potential_min += b.sum_min;
    b.potential_max += b.sum_max;
    return b;
}
