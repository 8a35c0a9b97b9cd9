/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy of a sample: what happens, times what the chip says of it.
 */
#include "energy.h"

#include <math.h>

/* Spikes that meet a synapse, with the rates of calibration. */
static double expected_events(const TtfsSpike *s) {
    double events = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *k = &s->conns.at[i];
        events += (double)ttfs_conn_synapses(s, k) * (ttfs_spike_pop(s, k->src)->rate_ppm * 1e-6);
    }
    return events;
}

TtfsEnergy ttfs_energy(const TtfsSpike *s, const TtfsChip *chip) {
    TtfsEnergy e = {.events = expected_events(s)};
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *q = &s->pops.at[i];
        e.spikes += ttfs_pop_size(q) * (q->rate_ppm * 1e-6);
        if (q->kind == TTFS_POP_RELU) e.ticks += (double)ttfs_pop_size(q) * q->ticks;
    }
    double pj = e.events * chip->energy_event_pj + e.ticks * chip->energy_tick_pj +
                e.spikes * chip->energy_spike_pj;
    e.nanojoules = floor(pj) * 1e-3;
    return e;
}
