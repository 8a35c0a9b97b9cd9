/* SPDX-License-Identifier: Apache-2.0
 *
 * The rtl engine: the chip's Verilog under Verilator. The Verilated chip is built once per content
 * of the Verilog (and simulator version) into a shared object and kept in a cache; networks are
 * loaded over the configuration port, so the next network on the same chip starts at once.
 */
#ifndef TTFS_SIM_H
#define TTFS_SIM_H

#include "image.h"
#include "trace.h"

typedef struct TtfsSim TtfsSim;

/* Opens a simulation of the Verilog in `rtl_folder` (a compiled OUT/rtl) configured with `img` over
 * the configuration port. `wrapper` is the path of sim_chip.cpp. Cache folder: $TTFS_CACHE, else
 * $XDG_CACHE_HOME/ttfs, else $HOME/.cache/ttfs; safe under concurrent use. `slot_limit`: per slot,
 * cycles after which the run is given up (img->slots of them). `img` must outlive the simulation.
 */
TtfsSim *ttfs_sim_open(const TtfsImage *img, const char *rtl_folder, const char *wrapper,
                       const uint64_t *slot_limit, TtfsDiag *diag);
void ttfs_sim_close(TtfsSim *sim);
/* Runs one sample: `x` the input's integers. Fills *out (for the spike graph whose ids the image
 * holds) and its cycles; false when the chip hung. */
bool ttfs_sim_run(TtfsSim *sim, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag);
/* Most cycles any sample took in each slot so far (img->slots of them). */
const uint64_t *ttfs_sim_slot_cycles(const TtfsSim *sim);

#endif
