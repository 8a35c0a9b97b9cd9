/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong while a network is trained for it: spikes that are late by a normal number times
 * the window (clamped to it, as `ttfs sweep` has it), spikes that are lost, weights times one plus
 * a normal number. A number is a function of the seed, the batch, the sample's place in it, layer
 * and neuron.
 */
#include "tune_inside.h"

#include "philox.h"

#include <math.h>

static void delay(const TtfsTune *t, const uint32_t counter[4], float *y, uint32_t lanes,
                  uint32_t ticks) {
    const uint32_t key[2] = {t->options->seed, TTFS_DRAW_TIME};
    double normal[TTFS_NORMALS], most = ticks;
    ttfs_philox_normals(key, counter, 3, lanes, normal);
    for (uint32_t i = 0; i < lanes; i++)
        if (y[i] > 0)
            y[i] = (float)fmin(fmax((double)y[i] - normal[i] * t->options->time_noise * most, 0),
                               most);
}

static void lose(const TtfsTune *t, const uint32_t counter[4], float *y, uint32_t lanes) {
    const uint32_t key[2] = {t->options->seed, TTFS_DRAW_DROP};
    uint32_t word[4][TTFS_NORMALS];
    ttfs_philox_words(key, counter, 3, lanes, word);
    for (uint32_t i = 0; i < lanes; i++)
        if ((double)word[0][i] < t->options->drop * 4294967296.0) y[i] = 0;
}

void ttfs_tune_disturb(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, const TtfsTuneChunk *c) {
    const TtfsTuneState *l = &t->layer[layer];
    if (!c->noisy || !(t->options->time_noise > 0 || t->options->drop > 0)) return;
    for (uint32_t i = 0; i < l->size; i++)
        for (uint32_t k = 0; k < c->lanes; k += TTFS_NORMALS) {
            uint32_t left = c->lanes - k, n = left < TTFS_NORMALS ? left : TTFS_NORMALS;
            const uint32_t counter[4] = {c->turn, layer, i, c->first + k};
            float *y = w->value[layer] + (size_t)i * c->lanes + k;
            if (t->options->time_noise > 0) delay(t, counter, y, n, l->ticks);
            if (t->options->drop > 0) lose(t, counter, y, n);
        }
}

void ttfs_tune_disturb_weights(const TtfsTune *t, uint32_t layer, uint32_t term) {
    const TtfsTuneTerm *k = &t->layer[layer].term[term];
    const uint32_t key[2] = {t->options->seed, TTFS_DRAW_WEIGHT};
    uint64_t n = k->rows * k->term->row;
    for (uint64_t i = 0; i < n; i += TTFS_NORMALS) {
        uint32_t some = n - i < TTFS_NORMALS ? (uint32_t)(n - i) : TTFS_NORMALS;
        double normal[TTFS_NORMALS];
        const uint32_t counter[4] = {t->turn, layer, term, (uint32_t)i};
        ttfs_philox_normals(key, counter, 3, some, normal);
        for (uint32_t j = 0; j < some; j++)
            k->weights[i + j] *= (float)(1 + t->options->weight_noise * normal[j]);
    }
}
