/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the integers of a lowered small network are from the real one. Include after cmocka.h.
 */
#ifndef LOWERED_ERROR_H
#define LOWERED_ERROR_H

#include <math.h>

#include "golden.h"
#include "small_net.h"

/* Largest error of the decoded readout over some samples, relative to the largest logit. */
static inline double worst_error(Net *n, int samples) {
    TtfsRelu *r = ttfs_relu_open(&n->ir);
    TtfsGolden *g = ttfs_golden_open(&n->spike);
    TtfsTrace t;
    float x[256];
    uint16_t k[256];
    double worst = 0, largest = 0;
    ttfs_trace_init(&t, &n->spike, &n->spike.arena);
    for (int i = 0; i < samples; i++) {
        sample(n, x);
        const float *want = ttfs_relu_run(r, x);
        ttfs_spike_encode(&n->spike, x, k);
        ttfs_golden_run(g, k, &t);
        double scale = ttfs_spike_pop(&n->spike, n->spike.readout)->scale;
        for (uint32_t c = 0; c < t.readouts; c++) {
            worst = fmax(worst, fabs(t.potential[c] * scale - (double)want[c]));
            largest = fmax(largest, fabs((double)want[c]));
        }
    }
    ttfs_relu_close(r);
    ttfs_golden_close(g);
    return worst / largest;
}

#endif
