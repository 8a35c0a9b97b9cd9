/* SPDX-License-Identifier: Apache-2.0
 *
 * The loss of a chunk: cross entropy of the logits (potentials times their unit) with the classes,
 * the divergence from a teacher's logits at temperature 2 (Hinton et al. 2015, arXiv 1503.02531)
 * times the temperature's square, or the sum of both; and what activations are off by from those
 * of a teacher with the same layers (Romero et al. 2015, arXiv 1412.6550), squared. The gradient is
 * by potentials or values, of the mean over the batch.
 */
#include "tune_inside.h"

#include <math.h>
#include <string.h>

static const double TEMPERATURE = 2;
/* What activations count against logits. */
static const double IMITATION = 0.1;

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

/* Of one sample, [outputs] each: logits, the teacher's, shares of both, the gradient by logits. */
typedef struct {
    double *z, *want, *q, *p, *g;
} Room;

/* The loss; its gradient is added. None of a class that the network has not. */
static double by_class(const Room *r, uint32_t n, uint32_t class) {
    if (class >= n) return 0;
    softmax(r->z, n, 1, r->q);
    for (uint32_t i = 0; i < n; i++) r->g[i] += i == class ? r->q[i] - 1 : r->q[i];
    return -log_of(r->q[class]);
}

static double by_teacher(const Room *r, uint32_t n) {
    double loss = 0;
    softmax(r->z, n, TEMPERATURE, r->q);
    softmax(r->want, n, TEMPERATURE, r->p);
    for (uint32_t i = 0; i < n; i++) {
        loss += r->p[i] * (log_of(r->p[i]) - log_of(r->q[i]));
        r->g[i] += TEMPERATURE * (r->q[i] - r->p[i]);
    }
    return TEMPERATURE * TEMPERATURE * loss;
}

/* What the teacher says of a lane: of samples that move what it was just shown. */
static double wanted(const TtfsTune *t, const TtfsTuneSamples *s, const TtfsTuneWork *w,
                     const TtfsTuneChunk *c, uint32_t lane, uint32_t i) {
    uint32_t n = t->layer[t->readout].size;
    const float *shown = w->taught ? w->taught[t->readout] : NULL;
    if (shown) return (double)shown[(size_t)i * c->lanes + lane];
    return s->logits ? (double)s->logits[(uint64_t)c->sample[lane] * n + i] : 0;
}

static void one_sample(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                       TtfsTuneChunk *c, uint32_t lane, const Room *r) {
    const TtfsTuneState *l = &t->layer[t->readout];
    uint32_t n = l->size, lanes = c->lanes, class;
    const float *u = w->potential[t->readout];
    float *to = w->gradient[t->readout];
    uint32_t sample = c->sample[lane];
    for (uint32_t i = 0; i < n; i++) {
        r->z[i] = (double)u[(size_t)i * lanes + lane] * l->unit[0];
        r->want[i] = wanted(t, s, w, c, lane, i);
        r->g[i] = 0;
    }
    class = s->classes ? s->classes[sample] : largest(r->want, n);
    uint32_t said = largest(r->z, n);
    c->right += said == class;
    c->alike += s->like && said == s->like[sample];
    double loss = s->classes ? by_class(r, n, class) : 0;
    if (s->logits) loss += by_teacher(r, n);
    c->loss += loss;
    for (uint32_t i = 0; i < n; i++)
        to[(size_t)i * lanes + lane] = (float)(r->g[i] * l->unit[0] / c->batch);
}

void ttfs_tune_loss(const TtfsTune *t, const TtfsTuneSamples *s, TtfsTuneWork *w,
                    TtfsTuneChunk *c) {
    uint32_t n = t->layer[t->readout].size;
    Room r = {w->room, w->room + n, w->room + 2 * n, w->room + 3 * n, w->room + 4 * n};
    for (size_t i = 0; i < (size_t)n * c->lanes; i++) w->gradient[t->readout][i] = 0;
    for (uint32_t lane = 0; lane < c->count; lane++) one_sample(t, s, w, c, lane, &r);
}

/* A lane: squares of what its values are off by, and of the teacher's. */
static void add_squares(const float *y, const float *want, double scale, uint32_t lanes,
                        double *error, double *square) {
    for (uint32_t k = 0; k < lanes; k++) {
        double a = (double)want[k], e = (double)y[k] * scale - a;
        error[k] += e * e;
        square[k] += a * a;
    }
}

void ttfs_tune_imitate(const TtfsTune *t, uint32_t layer, TtfsTuneWork *w, TtfsTuneChunk *c) {
    const TtfsTuneState *l = &t->layer[layer];
    const float *y = w->value[layer], *want = w->taught[layer];
    double *error = w->lane, *by = w->lane + c->lanes;
    double quantum = l->window_from / l->ticks;
    double least = l->size * quantum * quantum / 12; /* what rounding is off by in the mean */
    size_t n = (size_t)l->size * c->lanes;
    memset(w->lane, 0, 2 * c->lanes * sizeof *w->lane);
    for (size_t i = 0; i < n; i += c->lanes)
        add_squares(y + i, want + i, l->scale, c->lanes, error, by);
    for (uint32_t k = 0; k < c->lanes; k++) {
        by[k] = k < c->count ? IMITATION / (by[k] + least) / t->relus : 0;
        c->loss += by[k] * error[k];
        by[k] *= 2 * l->scale / c->batch;
    }
    for (size_t i = 0; c->gradient && i < n; i += c->lanes)
        for (uint32_t k = 0; k < c->lanes; k++)
            w->gradient[layer][i + k] +=
                (float)(by[k] * ((double)y[i + k] * l->scale - (double)want[i + k]));
}
