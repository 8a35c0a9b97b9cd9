/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of a compiled folder in real units: a population is made from a layer, in order.
 */
#include "tops.h"

bool ttfs_out_tops(const TtfsOut *o, const TtfsNet *net, TtfsExactTops *tops, TtfsArena *a,
                   TtfsDiag *diag) {
    const TtfsSpike *s = &o->spike;
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    bool same = s->pops.len == net->layers.len;
    *tops = ttfs_exact_tops(net, in->offset, in->offset + in->scale * in->ticks, a);
    for (uint32_t i = 0; same && i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        same = ttfs_pop_size(p) == ttfs_net_size(&net->layers.at[i]);
        tops->top[i] = p->scale * p->ticks + p->offset;
    }
    return same || ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                              "its forms have different layers");
}
