/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the rtl engine: the cache of Verilated chips.
 */
#ifndef TTFS_SIM_BUILD_H
#define TTFS_SIM_BUILD_H

#include "base.h"

/* The shared object of the Verilog in `rtl_folder` with this wrapper, built when the cache does not
 * hold it. The path lies in `a`; NULL after an error. */
const char *ttfs_sim_build(const char *rtl_folder, const char *wrapper, TtfsArena *a,
                           TtfsDiag *diag);

#endif
