/* SPDX-License-Identifier: Apache-2.0
 *
 * Image -> spike graph: the lift. Decodes weights, thresholds, ramps and geometry from the bits;
 * every word that a core reads is accounted for and agrees with the directory, so a graph equal to
 * the original proves the image.
 */
#ifndef TTFS_IMAGE_TO_SPIKE_H
#define TTFS_IMAGE_TO_SPIKE_H

#include "image.h"
#include "spike.h"

bool ttfs_image_to_spike(const TtfsImage *img, const char *file, TtfsSpike *out, TtfsDiag *diag);

#endif
