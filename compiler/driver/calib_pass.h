/* SPDX-License-Identifier: Apache-2.0
 *
 * The float network over samples in memory, some at once, on threads.
 */
#ifndef TTFS_CALIB_PASS_H
#define TTFS_CALIB_PASS_H

#include "fast.h"
#include "ir_to_spike.h"

/* All, or those that are not held back where a fit is judged. */
typedef enum { TTFS_ALL_SAMPLES, TTFS_FITTED_SAMPLES } TtfsSamplesSeen;

/* Runs a canonical network on samples: worker w of up to `threads` tells `seen` with context[w]
 * of every node's values. False with a message where a stop is asked for, or memory is short. */
bool ttfs_calib_pass(const TtfsIr *ir, const TtfsFitSamples *samples, TtfsSamplesSeen which,
                     uint32_t threads, TtfsFastSeen *seen, void *const *context, TtfsDiag *diag);
/* What calibration on these samples gathers; `out` is to be freed, after an error too. MODEL_VALUE
 * as ttfs_calib_held. Nothing depends on the threads. */
bool ttfs_calib_of_samples(const TtfsIr *ir, const TtfsFitSamples *samples, const char *file,
                           TtfsCalib *out, TtfsDiag *diag);
/* What no float32 holds has no window: MODEL_VALUE at the first layer that gave such a value. */
bool ttfs_calib_held(const TtfsIr *ir, const TtfsCalib *calib, const char *file, TtfsDiag *diag);

#endif
