/* SPDX-License-Identifier: Apache-2.0
 *
 * Bits of potentials, slopes and ramps. A list holds the spikes of all sources, so S takes every
 * partial sum of all their weights; V ends as sum of w * y, and the bias is added behind it
 * (docs/core.md).
 */
#include "plan_widths.h"

static uint32_t bits_for(int64_t lo, int64_t hi) {
    uint32_t bits = 1;
    while (bits < 63 && (lo < -(INT64_C(1) << (bits - 1)) || hi >= INT64_C(1) << (bits - 1)))
        bits++;
    return bits;
}

static void raise_need(TtfsNeed *n, uint32_t channel, uint32_t bits) {
    if (bits > n->bits) *n = (TtfsNeed){channel, bits};
}

TtfsWidths ttfs_plan_widths(const TtfsSpike *s, TtfsPop id) {
    const TtfsPopulation *p = ttfs_spike_pop(s, id);
    TtfsWidths w = {0};
    if (!p->bias) return w;
    for (uint32_t k = p->conn_first; k < p->conn_first + p->conn_count; k++)
        if (s->conns.at[k].weight_bits > w.weight) w.weight = s->conns.at[k].weight_bits;
    for (uint32_t ch = 0; ch < p->c; ch++) {
        TtfsBounds b = ttfs_spike_bounds(s, id, ch);
        raise_need(&w.acc, ch, bits_for(b.potential_min, b.potential_max));
        raise_need(&w.acc, ch, bits_for(b.sum_min, b.sum_max));
        raise_need(&w.slope, ch, bits_for(b.all_min, b.all_max));
        if (p->ramp) raise_need(&w.ramp, ch, bits_for(0, p->ramp[ch]) - 1);
    }
    return w;
}
