/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise of the exact engine: deviates by Philox, key (seed, what is drawn), counter (trial, sample,
 * layer, neuron or channel). So a deviate depends on nothing else, and whoever names the same gets
 * the same.
 */
#include "exact_inside.h"

#include "philox.h"

#include <math.h>

double ttfs_exact_time_sd(const TtfsExact *e, uint32_t layer) {
    return e->options.time_noise * e->layer[e->options.input_unit ? 0 : layer].window;
}

void ttfs_exact_disturb(TtfsExact *e, uint32_t layer, uint64_t sample) {
    TtfsExactLayer *x = &e->layer[layer];
    uint32_t n = ttfs_net_size(&e->net->layers.at[layer]);
    const uint32_t key[2] = {e->options.seed, TTFS_DRAW_TIME};
    double sd = ttfs_exact_time_sd(e, layer), z[TTFS_NORMALS];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t counter[4] = {e->options.trial, (uint32_t)sample, layer, i};
        if (i % TTFS_NORMALS == 0) ttfs_philox_normals(key, counter, 3, TTFS_NORMALS, z);
        if (x->time[i] == INFINITY) continue;
        x->time[i] = fmin(fmax(x->time[i] + sd * z[i % TTFS_NORMALS], 0), x->window);
    }
}

void ttfs_exact_draw_slopes(TtfsExact *e, uint32_t layer) {
    const TtfsNetLayer *l = &e->net->layers.at[layer];
    TtfsExactLayer *x = &e->layer[layer];
    uint32_t n = ttfs_net_size(l), each = e->options.by_channel ? l->h * l->w : 1;
    const uint32_t key[2] = {e->options.seed, TTFS_DRAW_SLOPE};
    if (!(e->options.slope_noise > 0)) return;
    x->noise = TTFS_ARRAY(&e->arena, double, n);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t counter[4] = {e->options.trial, 0, layer, i / each};
        if (i % each == 0) ttfs_philox_normals(key, counter, 3, 1, &x->noise[i]);
        x->noise[i] = i % each ? x->noise[i - 1] : e->options.slope_noise * x->noise[i];
    }
}
