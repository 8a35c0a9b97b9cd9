/* SPDX-License-Identifier: Apache-2.0
 *
 * The theorem behind `ttfs tune` (Stanojevic et al., arXiv 2306.08744): where the slope at the
 * threshold is constant (B1: J = W, threshold = window - b), training spike times by gradient
 * descent is training the ReLU network: the same path, step for step, in float64. With the
 * parameters of the first paper (arXiv 2212.12522, a constant slope alpha beside the weights') the
 * network begins as the same function and parts from it, since a step of J is another step of W.
 *
 * Spikes are found by events, in order of time; gradients are those of spike times, by the
 * implicit function of the threshold.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base.h"

enum { LAYERS = 3, WIDEST = 12, BATCH = 16, STEPS = 100 };
static const uint32_t size[LAYERS + 1] = {8, 12, 10, 3};
static const double RATE = 0.1;

/* ReLU: weights and biases. Spiking: J and the threshold's shift D (B1: b), windows. */
typedef struct {
    double w[LAYERS][WIDEST][WIDEST], b[LAYERS][WIDEST];
} Weights;

typedef struct {
    double x[LAYERS][WIDEST]; /* of the ReLU network values, else spike times */
    double logit[WIDEST];
} Sample;

/* The ends of the windows: layer l fires in [end[l - 1], end[l]]; layer 0 is the input. */
typedef double Windows[LAYERS];

/* --- the ReLU network --- */

static void relu_forward(const Weights *n, Sample *s) {
    for (uint32_t l = 0; l < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            double y = n->b[l][i];
            for (uint32_t j = 0; j < size[l]; j++) y += n->w[l][i][j] * s->x[l][j];
            if (l + 1 < LAYERS)
                s->x[l + 1][i] = y > 0 ? y : 0;
            else
                s->logit[i] = y;
        }
}

static void relu_backward(const Weights *n, const Sample *s, const double *by_logit, Weights *g) {
    double up[WIDEST], down[WIDEST];
    memcpy(up, by_logit, sizeof up);
    for (uint32_t l = LAYERS; l-- > 0;) {
        memset(down, 0, sizeof down);
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            double d = l + 1 == LAYERS || s->x[l + 1][i] > 0 ? up[i] : 0;
            g->b[l][i] += d;
            for (uint32_t j = 0; j < size[l]; j++) {
                g->w[l][i][j] += d * s->x[l][j];
                down[j] += d * n->w[l][i][j];
            }
        }
        memcpy(up, down, sizeof up);
    }
}

/* --- spikes --- */

typedef struct {
    double t;
    uint32_t j;
} Event;

static int earlier(const void *a, const void *b) {
    const Event *x = a, *y = b;
    return x->t < y->t ? -1 : x->t > y->t ? 1 : (int)x->j - (int)y->j;
}

/* The potential at `until` of weights `w` on spikes `t`, each of which adds to the slope; `slope`
 * is the own one, from `from` on. */
static double integrate(const double *w, const double *t, uint32_t n, double slope, double from,
                        double until) {
    Event e[WIDEST];
    double v = 0, now = from;
    for (uint32_t j = 0; j < n; j++) e[j] = (Event){t[j], j};
    qsort(e, n, sizeof *e, earlier);
    for (uint32_t k = 0; k < n && e[k].t < until; k++) {
        v += slope * (e[k].t - now);
        slope += w[e[k].j];
        now = e[k].t;
    }
    return v + slope * (until - now);
}

static double sum_of(const double *w, uint32_t n) {
    double sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += w[j];
    return sum;
}

/* When a neuron fires: with slope 1 in its own window (B1), or with all slopes that there are, and
 * at the window's end at the latest. */
static double fires(const Weights *n, const Sample *s, const Windows end, uint32_t l, uint32_t i,
                    bool b1) {
    const double *w = n->w[l][i];
    double last = l ? end[l - 1] : 0, start = end[l], stop = end[l + 1];
    double v = integrate(w, s->x[l], size[l], b1 ? 0 : 1, last, start);
    double slope = b1 ? 1 : 1 + sum_of(w, size[l]);
    double threshold = b1 ? stop - start - n->b[l][i] : n->b[l][i];
    double t = start + (threshold - v) / slope;
    return t < stop ? t : stop;
}

static void spike_forward(const Weights *n, Sample *s, const Windows end, bool b1) {
    for (uint32_t l = 0; l + 1 < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++) s->x[l + 1][i] = fires(n, s, end, l, i, b1);
    const uint32_t l = LAYERS - 1;
    for (uint32_t i = 0; i < size[LAYERS]; i++)
        s->logit[i] = n->b[l][i] + integrate(n->w[l][i], s->x[l], size[l], 0, end[l - 1], end[l]);
}

/* dt/dJ = (t_j - t) / slope, dt/dthreshold = 1 / slope, dt/dt_j = J / slope; t is replaced by the
 * window's start where the slope is switched there (B1). */
static void spike_backward(const Weights *n, const Sample *s, const Windows end, bool b1,
                           const double *by_logit, Weights *g) {
    double up[WIDEST], down[WIDEST];
    memcpy(up, by_logit, sizeof up);
    for (uint32_t l = LAYERS; l-- > 0;) {
        bool readout = l + 1 == LAYERS;
        memset(down, 0, sizeof down);
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            double t = readout ? 0 : s->x[l + 1][i];
            double slope = readout ? -1 : b1 ? 1 : 1 + sum_of(n->w[l][i], size[l]);
            double d = readout || t < end[l + 1] ? up[i] / slope : 0;
            double at = readout || b1 ? end[l] : t;
            g->b[l][i] += readout || b1 ? -d : d; /* a threshold falls with b */
            for (uint32_t j = 0; j < size[l]; j++) {
                g->w[l][i][j] += d * (s->x[l][j] - at);
                down[j] += d * n->w[l][i][j];
            }
        }
        memcpy(up, down, sizeof up);
    }
}

/* --- training --- */

typedef struct {
    double x[STEPS][BATCH][WIDEST];
    uint32_t class[STEPS][BATCH];
} Data;

static double cross_entropy(const double *logit, uint32_t class, double *g) {
    double top = logit[0], sum = 0;
    for (uint32_t i = 1; i < size[LAYERS]; i++) top = fmax(top, logit[i]);
    for (uint32_t i = 0; i < size[LAYERS]; i++) sum += g[i] = exp(logit[i] - top);
    for (uint32_t i = 0; i < size[LAYERS]; i++) g[i] /= sum * BATCH;
    double loss = -log(g[class] * BATCH);
    g[class] -= 1.0 / BATCH;
    return loss;
}

typedef enum { RELU, B1, ALPHA1 } Model;

/* One step on a batch; its loss. */
static double step(Weights *n, const Data *d, uint32_t at, const Windows end, Model model) {
    static Weights g;
    double loss = 0, by_logit[WIDEST];
    memset(&g, 0, sizeof g);
    for (uint32_t k = 0; k < BATCH; k++) {
        Sample s;
        for (uint32_t j = 0; j < size[0]; j++)
            s.x[0][j] = model == RELU ? d->x[at][k][j] : end[0] - d->x[at][k][j];
        if (model == RELU)
            relu_forward(n, &s);
        else
            spike_forward(n, &s, end, model == B1);
        loss += cross_entropy(s.logit, d->class[at][k], by_logit) / BATCH;
        if (model == RELU)
            relu_backward(n, &s, by_logit, &g);
        else
            spike_backward(n, &s, end, model == B1, by_logit, &g);
    }
    for (uint32_t l = 0; l < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            n->b[l][i] -= RATE * g.b[l][i];
            for (uint32_t j = 0; j < size[l]; j++) n->w[l][i][j] -= RATE * g.w[l][i][j];
        }
    return loss;
}

static void draw(Weights *n, Data *d) {
    TtfsRng r = ttfs_rng(11);
    memset(n, 0, sizeof *n);
    for (uint32_t l = 0; l < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++)
            for (uint32_t j = 0; j < size[l]; j++)
                n->w[l][i][j] = ttfs_rng_normal(&r) * sqrt(1.0 / size[l]);
    for (uint32_t l = 0; l < LAYERS; l++) /* sums below 1, which alpha needs */
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            double sum = sum_of(n->w[l][i], size[l]);
            for (uint32_t j = 0; sum > 0.3 && j < size[l]; j++)
                n->w[l][i][j] -= (sum - 0.3) / size[l];
        }
    for (uint32_t s = 0; s < STEPS; s++)
        for (uint32_t k = 0; k < BATCH; k++) {
            for (uint32_t j = 0; j < size[0]; j++) d->x[s][k][j] = ttfs_rng_f64(&r);
            d->class[s][k] = d->x[s][k][0] > d->x[s][k][1] ? 0 : d->x[s][k][2] > 0.5 ? 1 : 2;
        }
}

/* Windows wide enough for all that training comes to. */
static const Windows ends = {1, 9, 17};

/* J = W / (1 - S), and the threshold at which the neuron fires at stop - y. */
static void to_alpha(const Weights *from, Weights *to) {
    *to = *from;
    for (uint32_t l = 0; l + 1 < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            double last = l ? ends[l - 1] : 0, slope = 1 / (1 - sum_of(from->w[l][i], size[l]));
            for (uint32_t j = 0; j < size[l]; j++) to->w[l][i][j] = from->w[l][i][j] * slope;
            to->b[l][i] = ends[l] - last + slope * (ends[l + 1] - ends[l] - from->b[l][i]);
        }
}

static double furthest(const Weights *a, const Weights *b) {
    double most = 0;
    for (uint32_t l = 0; l < LAYERS; l++)
        for (uint32_t i = 0; i < size[l + 1]; i++) {
            most = fmax(most, fabs(a->b[l][i] - b->b[l][i]));
            for (uint32_t j = 0; j < size[l]; j++)
                most = fmax(most, fabs(a->w[l][i][j] - b->w[l][i][j]));
        }
    return most;
}

static void test_same_path(void **state) {
    static Data d;
    static Weights relu, spiking, alpha;
    double worst = 0, apart = 0, first = 0, loss[3] = {0};
    (void)state;
    draw(&relu, &d);
    spiking = relu;
    to_alpha(&relu, &alpha);
    for (uint32_t s = 0; s < STEPS; s++) {
        loss[0] = step(&relu, &d, s, ends, RELU);
        loss[1] = step(&spiking, &d, s, ends, B1);
        loss[2] = step(&alpha, &d, s, ends, ALPHA1);
        worst = fmax(worst, fabs(loss[0] - loss[1]));
        if (s == 0) first = fabs(loss[0] - loss[2]);
        apart = fmax(apart, fabs(loss[0] - loss[2]));
        if (getenv("TTFS_TEST_LOSSES")) /* for tools/make_theorem.py */
            print_message("step %u: relu %.17g b1 %.17g alpha1 %.17g\n", s + 1, loss[0], loss[1],
                          loss[2]);
    }
    assert_true(worst < 1e-12);
    assert_true(furthest(&relu, &spiking) < 1e-9);
    assert_true(loss[0] < 0.95); /* it learns */
    assert_true(first < 1e-9);   /* the same function to begin with */
    assert_true(apart > 1e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
