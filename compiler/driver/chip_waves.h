/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of `run --signals`: what all signals of the chip's Verilog do, as a value change dump
 * that is written while the chip runs and appears under its name when it is whole, with views for
 * GTKWave and Surfer beside it.
 */
#ifndef TTFS_CHIP_WAVES_H
#define TTFS_CHIP_WAVES_H

#include "base.h"
#include "chip.h"
#include "sim_waves.h"

typedef struct {
    TtfsFileWriter out;
    bool open;
    const char *path;
    const TtfsChip *chip;
    TtfsSimWaves waves; /* what the engine is given */
} TtfsChipWaves;

/* Whether that can be asked for: of an engine that runs the chip's Verilog, on all samples, as a
 * .vcd whose views are no other's (`trace`, NULL: there is none); NULL path: nothing is asked. */
bool ttfs_chip_waves_check(const char *path, bool rtl, const char *shard, const char *trace,
                           TtfsDiag *diag);
/* `chip` outlives `w`, which keeps its place until it is closed. */
bool ttfs_chip_waves_open(TtfsChipWaves *w, const char *path, const TtfsChip *chip, TtfsDiag *diag);
/* False when something could not be written, and then the file is dropped. */
bool ttfs_chip_waves_go_on(TtfsChipWaves *w, TtfsDiag *diag);
bool ttfs_chip_waves_end(TtfsChipWaves *w, TtfsDiag *diag);
/* Nothing appears when it did not end. */
void ttfs_chip_waves_close(TtfsChipWaves *w);

#endif
