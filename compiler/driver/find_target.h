/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets: ticks and weight bits are found for an agreement or an accuracy that was asked for.
 */
#ifndef TTFS_FIND_TARGET_H
#define TTFS_FIND_TARGET_H

#include "pipeline.h"

/* Of a calibrated pipeline whose job has a target: finds the setting, puts it into the job's
 * options of ir_to_spike, and leaves what was tried in f->frontier. Where nothing meets the target
 * the nearest setting is taken, with the warning TARGET_MISSED. Without a target nothing happens.
 */
bool ttfs_target_find(TtfsPipeline *f, TtfsJob *job, TtfsDiag *diag);

#endif
