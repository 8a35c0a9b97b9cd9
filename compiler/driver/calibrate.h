/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration: what every tensor of the canonical network holds on the job's samples.
 */
#ifndef TTFS_CALIBRATE_H
#define TTFS_CALIBRATE_H

#include "pipeline.h"

/* The shape of one sample as the model takes it. */
TtfsSampleShape ttfs_pipeline_sample(const TtfsPipeline *f);
/* Fills the pipeline's calib, map and number of samples; without samples an empty calib. Sets the
 * job's input range where neither the job nor the model says it. */
bool ttfs_calibrate(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag);
/* The samples that weights were fitted to, as far as the folder keeps them: 16 MiB. */
TtfsKeptSamples ttfs_kept_samples(const TtfsPipeline *f);
/* How many of n calibration samples of so many elements are held back for the target: the last
 * fifth, as far as memory for them and their outputs is bounded; without a target 0. */
uint64_t ttfs_held_back(const TtfsPipeline *f, const TtfsJob *job, uint64_t n, uint64_t elements);

#endif
