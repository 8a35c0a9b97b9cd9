/* SPDX-License-Identifier: Apache-2.0
 *
 * The rtl engine: the chip's Verilog under Verilator. The Verilated chip is built once per content
 * of the Verilog (and simulator version) into a shared object and kept in a cache; networks are
 * loaded over the configuration port, so the next network on the same chip starts at once. The
 * Verilog becomes code that runs with the rights of this process: whoever passes it in vouches for
 * it.
 */
#ifndef TTFS_SIM_H
#define TTFS_SIM_H

#include "file_set.h"
#include "image.h"
#include "progress.h"
#include "sim_waves.h"
#include "trace.h"

typedef struct TtfsSimChip TtfsSimChip;
typedef struct TtfsSim TtfsSim;

/* How a chip is built: one core; several, whose code is shared; a netlist. */
typedef enum { TTFS_SIM_CORE, TTFS_SIM_MESH, TTFS_SIM_GATES } TtfsSimKind;

/* The chip of this Verilog (ttfs_top.v and its modules), built or from the cache (cache_folder.h,
 * part `sim`); safe under concurrent use. `wrapper` is the path of sim_chip.cpp. `progress` is told
 * of a build. */
TtfsSimChip *ttfs_sim_chip_open(const TtfsFileSet *verilog, const char *wrapper, TtfsSimKind kind,
                                const TtfsProgress *progress, TtfsDiag *diag);
/* The same, built apart, of a chip whose signals can be watched. */
TtfsSimChip *ttfs_sim_chip_watched(const TtfsFileSet *verilog, const char *wrapper,
                                   TtfsSimKind kind, const TtfsProgress *progress, TtfsDiag *diag);
void ttfs_sim_chip_close(TtfsSimChip *chip);

/* Turns from a sample's start to its last result; the image was checked. */
uint32_t ttfs_sim_turns(const TtfsImage *img);
/* Starts a simulation of the chip, configured with `img` over the configuration port. `slot_limit`:
 * per slot, cycles after which the run is given up (img->slots of them). `chip` and `img` must
 * outlive the simulation; a chip serves any number of simulations, in threads of their own. */
TtfsSim *ttfs_sim_open(const TtfsSimChip *chip, const TtfsImage *img, const uint64_t *slot_limit,
                       TtfsDiag *diag);
void ttfs_sim_close(TtfsSim *sim);
/* From now on the chip, which is one core, gives its spikes to the host (register TRACE of
 * docs/core.md), as sums: for Verilog whose trace port says nothing. */
void ttfs_sim_take_trace(TtfsSim *sim);
/* Of a chip that can be watched: every change of its signals from now on goes to `waves` as the
 * text of a value change dump; NULL: no more. */
void ttfs_sim_watch(TtfsSim *sim, const TtfsSimWaves *waves);
/* Runs n samples one after the other, out of reset: what they take depends on them alone. A turn a
 * sample, then turns in which the first ones enter again, until the last one's results are there:
 * from the first one's last turn on the chip is full, and those turns are the samples' cycles,
 * where turns begin early from the end of the turn ahead. x: [n][the input's integers]. Fills
 * out[n] (for the spike graph whose ids the image holds) and their cycles. That the chip hung or
 * told of an error is a fault of the samples that were in it; false when it does not even take a
 * word. Tells of samples whose results are there. */
bool ttfs_sim_run(TtfsSim *sim, uint64_t n, const uint16_t *x, TtfsTrace *out,
                  const TtfsProgress *progress, TtfsDiag *diag);
/* Most cycles any turn took in each slot so far (img->slots of them). */
const uint64_t *ttfs_sim_slot_cycles(const TtfsSim *sim);
/* What the cores counted in the turns of a full chip, in all runs so far, core after core
 * TTFS_COUNTS of them; NULL when the chip has no counters. */
const uint64_t *ttfs_sim_counts(const TtfsSim *sim);

#endif
