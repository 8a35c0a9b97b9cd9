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

#endif
