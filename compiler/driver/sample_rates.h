/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates of single samples: what a mesh, whose cores differ from sample to sample, is balanced and
 * timed with (compiler/plan/plan_scenes.h).
 */
#ifndef TTFS_SAMPLE_RATES_H
#define TTFS_SAMPLE_RATES_H

#include "ir_to_spike.h"

/* Gives populations whose rates are known by regions those of some of the samples too. None where
 * there are fewer than two samples, or running them would take too long. */
void ttfs_sample_rates(TtfsSpike *s, const TtfsFitSamples *samples);

#endif
