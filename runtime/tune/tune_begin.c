/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning of a training. In: the integers to begin with; out: parameters that round to
 * these, so that the network before the first step is the one that was compiled. A weight is its
 * integer times its grid, not the network's real weight: of those many lie where a small step turns
 * what the quantiser had fitted. A bias, whose grid is fine, stays as near to the real one as its
 * integer allows.
 */
#include "tune_inside.h"

#include <math.h>

/* Half of a quantum, less what rounding of float32 may take. */
static const double CELL = 0.49;
/* At its ends a weight lies so far inside the grid: outside it has no gradient. */
static const float END = 0.01f;

static void move_row(const TtfsTuneState *l, const int16_t *q, float step, uint64_t n, float *w) {
    for (uint64_t i = 0; i < n; i++) w[i] = fminf(fmaxf(q[i], l->low + END), l->high - END) * step;
}

static void move_weights(const TtfsTune *t, const TtfsTuneState *l, const TtfsTuneLayer *start) {
    for (uint32_t k = 0; k < l->net->terms; k++) {
        const TtfsTuneTerm *term = &l->term[k];
        uint64_t row = term->term->row;
        for (uint32_t i = 0; i < term->rows; i++) {
            uint32_t channel = term->rows == l->net->c ? i : i / l->plane;
            move_row(l, start->weights[k] + i * row, term->step[channel], row,
                     t->value + term->at + i * row);
        }
    }
}

/* The bias that a neuron begins with, in units of its channel, the half quantum taken off. */
static double wanted(const TtfsTuneState *l, const TtfsTuneLayer *start, uint32_t neuron) {
    double half = l->ticks ? floor((double)l->ramp[neuron / l->plane] / 2) : 0;
    return start->bias[neuron / (l->size / start->biases)] - half;
}

/* What is to be added to a neuron's real bias, in units of its channel, to make it round so. */
static double off_by(const TtfsTune *t, const TtfsTuneState *l, const TtfsTuneLayer *start,
                     uint32_t neuron) {
    uint32_t own = l->size / l->biases;
    double v = (double)t->value[l->bias_at + neuron / own] / l->unit[neuron / l->plane];
    double want = wanted(l, start, neuron);
    if (l->shifted) v += ttfs_tune_offset(t, l, neuron);
    return fmin(fmax(v, want - CELL), want + CELL) - v;
}

/* Biases that one of a channel cannot give at all positions get what they lack. */
static void move_biases(TtfsTune *t, TtfsTuneState *l, const TtfsTuneLayer *start, TtfsArena *a) {
    uint32_t each = l->size / l->bias_count;
    for (uint32_t i = 0; i < l->bias_count; i++) {
        double unit = l->unit[i * each / l->plane], off = off_by(t, l, start, i * each) * unit;
        if (off == 0) continue;
        if (l->bias_count == l->biases) {
            t->value[l->bias_at + i] = (float)((double)t->value[l->bias_at + i] + off);
            continue;
        }
        if (!l->fix) l->fix = TTFS_ARRAY(a, double, l->bias_count);
        l->fix[i] = off;
    }
}

static bool same_ramps(const TtfsTuneState *l, const TtfsTuneLayer *start) {
    for (uint32_t i = 0; l->ticks && i < l->net->c; i++)
        if ((int32_t)l->ramp[i] != start->ramp[i]) return false;
    return true;
}

void ttfs_tune_begin(TtfsTune *t, const TtfsTuneLayer *start, TtfsArena *a) {
    uint32_t inexact = 0;
    ttfs_tune_snap(t, false);
    for (uint32_t i = 1; i < t->layers; i++)
        if (t->layer[i].term && start[i].weights) move_weights(t, &t->layer[i], &start[i]);
    ttfs_tune_snap(t, false);
    for (uint32_t i = 1; i < t->layers; i++) {
        if (!t->layer[i].term || !start[i].weights) continue;
        move_biases(t, &t->layer[i], &start[i], a);
        if (!same_ramps(&t->layer[i], &start[i])) inexact = i;
    }
    ttfs_tune_snap(t, false);
    if (inexact) t->inexact = inexact;
}
