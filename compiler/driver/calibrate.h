/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration: what every tensor of the canonical network holds on the job's samples.
 */
#ifndef TTFS_CALIBRATE_H
#define TTFS_CALIBRATE_H

#include "flow.h"

/* The shape of one sample as the model takes it. */
TtfsSampleShape ttfs_flow_sample(const TtfsFlow *f);
/* Fills the flow's calib, map and number of samples; without samples an empty calib. Sets the job's
 * input range where neither the job nor the model says it. */
bool ttfs_calibrate(TtfsFlow *f, TtfsJob *job, TtfsDiag *diag);

#endif
