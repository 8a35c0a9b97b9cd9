/* SPDX-License-Identifier: Apache-2.0
 *
 * Second moments of what a layer reads, over calibration samples and positions. A channel's inputs
 * are those that it shares with all channels (of terms without groups), then its own. Private to
 * ir_to_spike.
 */
#ifndef TTFS_MOMENTS_H
#define TTFS_MOMENTS_H

#include "probe.h"

/* All in real units, about the mean. Inputs are as the layers before them are quantised. */
typedef struct {
    uint32_t shared, own, channels;
    uint64_t rows;     /* samples times positions that were looked at */
    float *h;          /* [shared][shared] */
    float *own_shared; /* [channels][own][shared] */
    float *own_own;    /* [channels][own][own] */
    float *cross;      /* [channels][shared + own]: with the float network's sum */
    double *mean;      /* [shared], then [channels][own] */
    double *mean_sum;  /* [channels] of the float network's sum, without bias */
    double *seconds;   /* [channels] second moments of that sum */
} TtfsMoments;

/* Why a layer has no moments; NULL: it has. */
const char *ttfs_moments_refuse(const TtfsNet *net, uint32_t layer);
/* Bytes that they take at most, while they are made and used; 0: it has none. */
uint64_t ttfs_moments_room(const TtfsNet *net, uint32_t layer);
/* The float sums of the layer are there, its sources' values too. Memory is `a`'s. */
void ttfs_moments_of(const TtfsProbe *p, uint32_t layer, const double *bias, uint32_t bias_count,
                     TtfsMoments *out, TtfsArena *a);

#endif
