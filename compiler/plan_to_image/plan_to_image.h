/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan + spike graph -> image: programs, numbers, buffers and routes of every core, and the
 * directory.
 */
#ifndef TTFS_PLAN_TO_IMAGE_H
#define TTFS_PLAN_TO_IMAGE_H

#include "image.h"
#include "plan.h"

bool ttfs_plan_to_image(const TtfsPlan *p, const TtfsSpike *s, TtfsImage *out, TtfsDiag *diag);

#endif
