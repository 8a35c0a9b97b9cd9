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
#define LEAST_PART    0.25 /* of the range that calibration saw: less is another one */

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

/* The least and the largest byte of the first `samples`; of all where they do not lie together. */
static void bytes_of(const TtfsArray *a, uint64_t samples, unsigned char range[2]) {
    const unsigned char *bytes = a->data + (a->fortran ? 0 : a->first * a->elements);
    uint64_t n = (a->fortran ? a->dim[0] : samples) * a->elements;
    unsigned char least = 255, most = 0;
    for (uint64_t i = 0; i < n; i++) {
        least = bytes[i] < least ? bytes[i] : least;
        most = bytes[i] > most ? bytes[i] : most;
    }
    range[0] = least;
    range[1] = most;
}

/* The real values that bytes of that range become. */
static void map_range(const TtfsInputMap *map, const unsigned char range[2], double real[2]) {
    for (int k = 0; k < 2; k++) {
        double v = range[k] / 255.0;
        real[k] = (double)map->lo + v * ((double)map->hi - (double)map->lo);
        for (uint32_t i = 0; i < map->channels; i++) {
            double other = (v - (double)map->mean[i]) / (double)map->deviation[i];
            real[k] = i == 0 ? other : k ? fmax(real[k], other) : fmin(real[k], other);
        }
    }
}

static bool near(const double is[2], const TtfsSeenRange *seen) {
    double slack = RANGE_SLACK * fmax(is[1] - is[0], seen->hi - seen->lo);
    return fabs(is[0] - seen->lo) <= slack && fabs(is[1] - seen->hi) <= slack;
}

/* What the samples become is what calibration saw; or they are a few of such a kind, which do not
 * show all of their range. */
void ttfs_samples_range(const TtfsArray *a, uint64_t samples, const TtfsInputMap *map,
                        const TtfsSeenRange *seen, TtfsDiag *diag) {
    static const unsigned char all[] = {0, 255};
    unsigned char range[2];
    double is[2], may[2];
    if (a->type != TTFS_U8 || !seen->known) return;
    bytes_of(a, samples, range);
    map_range(map, range, is);
    map_range(map, all, may);
    bool large = is[1] - is[0] >= LEAST_PART * (seen->hi - seen->lo);
    if (near(is, seen) || (near(may, seen) && large)) return;
    ttfs_warn(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_RANGE,
              "uint8 samples become %g to %g here, the calibration samples held %g to %g", is[0],
              is[1], seen->lo, seen->hi);
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
