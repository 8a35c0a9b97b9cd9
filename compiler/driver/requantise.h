/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled folder's network made into a spike graph again, in memory, with other ticks, weight
 * bits or percentile: from the calibration that the folder keeps, no sample is read.
 */
#ifndef TTFS_REQUANTISE_H
#define TTFS_REQUANTISE_H

#include "calib_file.h"
#include "ir_to_spike.h"
#include "out.h"

typedef struct {
    TtfsArena arena;
    const TtfsIr *canonical;
    const char *file;
    TtfsCalibration calibration;
    TtfsFitSamples fit;
    TtfsSpikeOptions options; /* as the folder was compiled; names fit */
} TtfsRequantiser;

/* `out` with its spike graph and its network's canonical form must outlive it. An error where the
 * folder keeps no calibration, or not the samples that its weights were fitted to, and where what
 * would come of its own options is not its graph. *r must stay where it is. To be closed after an
 * error too. */
bool ttfs_requantise_open(TtfsRequantiser *r, TtfsOut *out, const TtfsIr *canonical,
                          uint32_t threads, const TtfsProgress *progress, TtfsDiag *diag);
/* 0: as the folder was compiled. What the options say of single layers stays, and so do windows of
 * layers or of channels, these with their factors. */
bool ttfs_requantise(const TtfsRequantiser *r, uint32_t ticks, uint32_t weight_bits,
                     double percentile, TtfsSpike *out, TtfsDiag *diag);
void ttfs_requantise_close(TtfsRequantiser *r);

#endif
