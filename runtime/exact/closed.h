/* SPDX-License-Identifier: Apache-2.0
 *
 * The closed form of an exact engine: what its neurons send, without looking for crossings. So a
 * network of noisy spikes is the ReLU network with bounds and noise between its layers. With y the
 * sum that a neuron rectifies, e what is added to its own slope of 1, B its window's length, S the
 * sum of its weights, L the time from the start of its first source's window to the end of its own
 * (all rescaled in model a as the engine does):
 *
 *     model b   x = clamp((y + e B) / (1 + e), 0, B)
 *     model a   x = clamp((y + e (1 - S) L) / (1 + e (1 - S)), 0, B)
 *
 * In its own window a neuron's potential rises by a straight line; the first is where the line of
 * slope 1 + e that is y - B below the threshold at the window's start meets it, the second the
 * difference of the threshold's equations with e and without. Where the slope is not above 0 the
 * neuron fires at the window's start or, in model b, not at all, in model a at its end. A spike
 * that comes later by d then sends clamp(x - d, 0, B): in model a every neuron has one, in model b
 * those with x > 0.
 */
#ifndef TTFS_CLOSED_H
#define TTFS_CLOSED_H

#include "exact.h"

/* A layer's rule in real units, above its least value. */
typedef struct {
    uint32_t c, plane; /* neuron i is of channel i / plane */
    double least;      /* the input's least value, 0 of other layers */
    double *most;      /* [c]: values end here, at the window's start or the network's bound */
    double *window;    /* [c]: what the window holds */
    double *shift;     /* [neuron]: x = (y + shift) * factor; NULL: x = y */
    double *factor;    /* [neuron] */
    double *sd;        /* [c]: of a spike's time */
    bool all;          /* neurons at 0 have a spike too */
    bool rule;         /* the input and rectifiers; pools have no spikes of their own */
} TtfsClosedLayer;

typedef struct TtfsClosed TtfsClosed;

/* `e` must outlive it. */
TtfsClosed *ttfs_closed_open(const TtfsExact *e);
void ttfs_closed_close(TtfsClosed *c);
const TtfsClosedLayer *ttfs_closed_layer(const TtfsClosed *c, uint32_t layer);
/* Runs one sample in float64 with the engine's noise of that sample; what the layers send, until
 * the next run. */
void ttfs_closed_run(TtfsClosed *c, const float *input, uint64_t sample);
const double *ttfs_closed_values(const TtfsClosed *c, uint32_t layer);
/* What is not there yet of the values that readouts read when a class is read after `share` of the
 * last window: x' = max(0, x - late), above the least value; model b: the spikes that have come add
 * their weights times the time since; of model a the same. */
typedef struct {
    double **late;          /* [layers]: [c] in real units; NULL: all of it is there */
    double at;              /* when it is read, in units of time */
    uint32_t layer, reader; /* a layer with late values that others than readouts read, and the
                               first of those; reader 0: none, as it must be */
} TtfsClosedEarly;
TtfsClosedEarly ttfs_closed_early(const TtfsExact *e, double share, TtfsArena *a);

#endif
