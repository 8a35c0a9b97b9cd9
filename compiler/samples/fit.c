/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples beside a network's input. In: shapes and ranges; out: refusals and warnings. Two shapes
 * agree when one is a finer cut of the other (28x28, 784, 1x28x28): their elements then lie in the
 * same order. Axes of length 1 say nothing.
 */
#include "fit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define CLIPPED_SHARE 0.01 /* above it, it is said */
#define RANGE_SLACK   0.25 /* of the wider range: calibration need not have seen the extremes */

/* Axes longer than 1. */
static TtfsSampleShape squeezed(uint32_t rank, const uint64_t *dim) {
    TtfsSampleShape s = {0};
    for (uint32_t i = 0; i < rank; i++)
        if (dim[i] != 1) s.dim[s.rank++] = dim[i];
    return s;
}

/* True when every axis of `coarse` is a product of successive axes of `fine`. */
static bool refines(const TtfsSampleShape *fine, const TtfsSampleShape *coarse) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < coarse->rank; i++) {
        uint64_t product = 1;
        while (k < fine->rank && product < coarse->dim[i]) product *= fine->dim[k++];
        if (product != coarse->dim[i]) return false;
    }
    return k == fine->rank;
}

static bool agree(const TtfsSampleShape *a, const TtfsSampleShape *b) {
    return refines(a, b) || refines(b, a);
}

/* True when some order of the axes from `first` on agrees with `want`. */
static bool some_order_agrees(TtfsSampleShape *s, uint32_t first, const TtfsSampleShape *want) {
    if (first == s->rank) return agree(s, want);
    for (uint32_t i = first; i < s->rank; i++) {
        TtfsSampleShape t = *s;
        t.dim[first] = s->dim[i];
        t.dim[i] = s->dim[first];
        if (some_order_agrees(&t, first + 1, want)) return true;
    }
    return false;
}

static void print_shape(uint32_t rank, const uint64_t *dim, char text[192]) {
    size_t used = 0;
    snprintf(text, 192, "1");
    for (uint32_t i = 0; i < rank && used < 160; i++)
        used += (size_t)snprintf(text + used, 192 - used, "%s%" PRIu64, i ? "x" : "", dim[i]);
}

static void check_axes(const TtfsArray *a, const TtfsSampleShape *shape, TtfsDiag *diag) {
    TtfsSampleShape have = squeezed(a->rank - 1, a->dim + 1),
                    want = squeezed(shape->rank, shape->dim);
    char is[192], takes[192];
    if (agree(&have, &want)) return;
    print_shape(a->rank - 1, a->dim + 1, is);
    print_shape(shape->rank, shape->dim, takes);
    if (some_order_agrees(&have, 0, &want))
        ttfs_warn(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_LAYOUT,
                  "the samples are %s, the network takes %s: the same axes in another order, and "
                  "they are not exchanged",
                  is, takes);
    else
        ttfs_note(diag, TTFS_AT_FILE(a->file),
                  "the samples are %s, the network takes %s: their numbers are taken in order", is,
                  takes);
}

bool ttfs_samples_fit(const TtfsArray *a, const TtfsInputMap *map, const TtfsSampleShape *shape,
                      TtfsDiag *diag) {
    uint64_t want = 1;
    for (uint32_t i = 0; i < shape->rank; i++) want *= shape->dim[i];
    if (a->elements != want)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_SHAPE,
                          "samples of %" PRIu64 " elements, the network takes %" PRIu64,
                          a->elements, want);
    if (map->channels && want % map->channels)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_SHAPE,
                          "mean and std have %u channels, the input's %" PRIu64
                          " elements do not divide by that",
                          map->channels, want);
    if (a->samples == 0)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT, "no samples");
    check_axes(a, shape, diag);
    return true;
}

void ttfs_map_range(const TtfsInputMap *map, double *lo, double *hi) {
    *lo = map->channels ? INFINITY : (double)map->lo;
    *hi = map->channels ? -INFINITY : (double)map->hi;
    for (uint32_t i = 0; i < map->channels; i++) {
        *lo = fmin(*lo, (double)((0 - map->mean[i]) / map->deviation[i]));
        *hi = fmax(*hi, (double)((1 - map->mean[i]) / map->deviation[i]));
    }
}

void ttfs_samples_range(const TtfsArray *a, const TtfsInputMap *map, const TtfsSeenRange *seen,
                        TtfsDiag *diag) {
    double lo, hi;
    if (a->type != TTFS_U8 || !seen->known) return;
    ttfs_map_range(map, &lo, &hi);
    double slack = RANGE_SLACK * fmax(hi - lo, seen->hi - seen->lo);
    if (fabs(lo - seen->lo) <= slack && fabs(hi - seen->hi) <= slack) return;
    ttfs_warn(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_RANGE,
              "uint8 samples become %g to %g here, the calibration samples held %g to %g", lo, hi,
              seen->lo, seen->hi);
}

void ttfs_samples_clipped(const char *file, uint64_t clipped, uint64_t values, double lo, double hi,
                          TtfsDiag *diag) {
    double share = values ? (double)clipped / (double)values : 0;
    if (share <= CLIPPED_SHARE) return;
    ttfs_warn(diag, TTFS_AT_FILE(file), TTFS_SAMPLES_RANGE,
              "%.1f %% of all input values lie outside the encoder's range, %g to %g, and are "
              "clipped to it",
              100 * share, lo, hi);
}
