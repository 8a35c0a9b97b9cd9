/* SPDX-License-Identifier: Apache-2.0
 *
 * A chunk from its samples to its gradients.
 */
#include "tune_inside.h"

#include <string.h>

/* Samples held back do not move. */
static uint32_t turn_of(const TtfsTuneChunk *c) {
    return c->gradient ? c->turn : TTFS_TUNE_STILL;
}

static bool encode(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w, TtfsTuneChunk *c) {
    uint32_t n = t->layer[0].size;
    float *to = w->value[0];
    memset(to, 0, (size_t)n * c->lanes * sizeof *to);
    for (uint32_t k = 0; k < c->count; k++) {
        if (!s->encode(s->context, c->sample[k], turn_of(c), w->x, &c->diag)) return false;
        for (uint32_t i = 0; i < n; i++) to[(size_t)i * c->lanes + k] = w->x[i];
    }
    return true;
}

static bool is_relu(const TtfsTune *t, uint32_t layer) {
    return t->net->layers.at[layer].kind == TTFS_LAYER_RELU;
}

/* Spikes of the chunk's samples. */
static uint64_t count_spikes(const TtfsTune *t, uint32_t layer, const TtfsTuneWork *w,
                             const TtfsTuneChunk *c) {
    uint64_t spikes = 0;
    for (uint32_t i = 0; i < t->layer[layer].size; i++)
        for (uint32_t k = 0; k < c->count; k++)
            spikes += w->value[layer][(size_t)i * c->lanes + k] > 0;
    return spikes;
}

static void forward(const TtfsTune *t, TtfsTuneWork *w, TtfsTuneChunk *c) {
    ttfs_tune_disturb(t, 0, w, c);
    for (uint32_t i = 1; i < t->layers; i++) {
        if (t->layer[i].term)
            ttfs_tune_forward(t, i, w, c->lanes);
        else
            ttfs_tune_pool(t, i, w, c->lanes);
        if (!is_relu(t, i)) continue;
        c->spikes += count_spikes(t, i, w, c);
        ttfs_tune_disturb(t, i, w, c);
    }
}

/* The term of the loss that counts spikes: its gradient goes to the sum of every neuron that
 * spikes. */
static void add_sparsity(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w,
                         const TtfsTuneChunk *c) {
    const TtfsTuneState *l = &t->layer[layer];
    float by = (float)(t->options->sparsity * l->scale / l->size / t->relus / c->batch);
    if (!(t->options->sparsity > 0)) return;
    for (uint32_t i = 0; i < l->size; i++)
        for (uint32_t k = 0; k < c->count; k++) {
            size_t at = (size_t)i * c->lanes + k;
            if (w->value[layer][at] > 0) w->gradient[layer][at] += by;
        }
}

static void backward(const TtfsTune *t, TtfsTuneWork *w, TtfsTuneChunk *c) {
    for (uint32_t i = t->layers - 1; i > 0; i--) {
        if (is_relu(t, i)) add_sparsity(t, i, w, c);
        if (t->layer[i].term)
            ttfs_tune_backward(t, i, w, c);
        else if (!t->net->layers.at[i].of_input)
            ttfs_tune_pool_back(t, i, w, c->lanes);
    }
}

/* What the values of layers differ by from the teacher's. */
static void imitate(const TtfsTune *t, TtfsTuneWork *w, TtfsTuneChunk *c) {
    for (uint32_t i = 1; w->taught && i < t->layers; i++)
        if (is_relu(t, i) && w->taught[i]) ttfs_tune_imitate(t, i, w, c);
}

bool ttfs_tune_chunk(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                     TtfsTuneChunk *c) {
    c->loss = 0;
    c->right = c->alike = c->spikes = 0;
    if (c->gradient) memset(c->gradient, 0, t->parameters * sizeof *c->gradient);
    if (c->count == 0) return true;
    if (!encode(t, s, w, c)) return false;
    if (w->taught && !s->teach(s->context, w->member, c->sample, c->count, turn_of(c), c->lanes,
                               w->taught, &c->diag))
        return false;
    forward(t, w, c);
    for (uint32_t i = 1; c->gradient && i < t->layers; i++)
        memset(w->gradient[i], 0, (size_t)t->layer[i].size * c->lanes * sizeof(float));
    ttfs_tune_loss(t, s, w, c);
    imitate(t, w, c);
    if (c->gradient) backward(t, w, c);
    return true;
}
