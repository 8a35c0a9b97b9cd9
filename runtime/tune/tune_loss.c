/* SPDX-License-Identifier: Apache-2.0
 *
 * The loss of a chunk: cross entropy of the logits (potentials times their unit) with the classes,
 * or, without classes, the divergence from the float network's logits at temperature 2 (Hinton et
 * al. 2015, arXiv 1503.02531), times the temperature's square. The gradient is by potentials, of
 * the mean over the batch.
 */
#include "tune_inside.h"

#include <math.h>

static const double TEMPERATURE = 2;

/* exp(z / temperature) over their sum; the logarithm of the largest's. */
static void softmax(const double *z, uint32_t n, double temperature, double *p) {
    double top = z[0], sum = 0;
    for (uint32_t i = 1; i < n; i++) top = fmax(top, z[i]);
    for (uint32_t i = 0; i < n; i++) sum += p[i] = exp((z[i] - top) / temperature);
    for (uint32_t i = 0; i < n; i++) p[i] /= sum;
}

static uint32_t largest(const double *z, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (z[i] > z[best]) best = i;
    return best;
}

/* Logarithm of a share, bounded where it vanishes. */
static double log_of(double p) {
    return log(p < 1e-30 ? 1e-30 : p);
}

/* Of one sample: the loss and its gradient by logits; none of a class that the network has not. */
static double by_class(const double *z, uint32_t n, uint32_t class, double *g) {
    for (uint32_t i = 0; i < n; i++) g[i] = 0;
    if (class >= n) return 0;
    softmax(z, n, 1, g);
    double loss = -log_of(g[class]);
    g[class] -= 1;
    return loss;
}

static double by_teacher(const double *z, const double *want, uint32_t n, double *p, double *g) {
    double loss = 0;
    softmax(z, n, TEMPERATURE, g);
    softmax(want, n, TEMPERATURE, p);
    for (uint32_t i = 0; i < n; i++) {
        loss += p[i] * (log_of(p[i]) - log_of(g[i]));
        g[i] = TEMPERATURE * (g[i] - p[i]);
    }
    return TEMPERATURE * TEMPERATURE * loss;
}

typedef struct {
    double *z, *want, *p, *g;
} Room;

static void one_sample(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                       TtfsTuneChunk *c, uint32_t lane, const Room *r) {
    const TtfsTuneState *l = &t->layer[t->readout];
    uint32_t n = l->size, lanes = c->lanes, class;
    const float *u = w->potential[t->readout];
    float *to = w->gradient[t->readout];
    uint64_t sample = c->sample[lane];
    for (uint32_t i = 0; i < n; i++) r->z[i] = (double)u[(size_t)i * lanes + lane] * l->unit[0];
    for (uint32_t i = 0; !s->classes && i < n; i++) r->want[i] = (double)s->logits[sample * n + i];
    class = s->classes ? s->classes[sample] : largest(r->want, n);
    c->right += largest(r->z, n) == class;
    c->loss += s->classes ? by_class(r->z, n, class, r->g)
                          : by_teacher(r->z, r->want, n, r->p, r->g);
    for (uint32_t i = 0; i < n; i++)
        to[(size_t)i * lanes + lane] = (float)(r->g[i] * l->unit[0] / c->batch);
}

void ttfs_tune_loss(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                    TtfsTuneChunk *c) {
    uint32_t n = t->layer[t->readout].size;
    Room r = {w->room, w->room + n, w->room + 2 * n, w->room + 3 * n};
    for (size_t i = 0; i < (size_t)n * c->lanes; i++) w->gradient[t->readout][i] = 0;
    for (uint32_t lane = 0; lane < c->count; lane++) one_sample(t, s, w, c, lane, &r);
}
