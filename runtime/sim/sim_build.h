/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the rtl engine: Verilog to a shared object.
 */
#ifndef TTFS_SIM_BUILD_H
#define TTFS_SIM_BUILD_H

#include "base.h"
#include "file_set.h"
#include "sim.h"

typedef struct {
    const TtfsFileSet *verilog;
    const char *wrapper; /* sim_chip.cpp; sim_verilated.cpp, sim_abi.h lie beside it */
    TtfsSimKind kind;
    bool waves; /* its signals are watched: sim_waves.cpp, which lies there too, is around it */
    const char *work; /* a folder of this build's own */
    TtfsArena *a;
    TtfsDiag *diag;
} TtfsSimBuild;

/* The hash of all that the shared object depends on. */
bool ttfs_sim_key(const TtfsSimBuild *b, char key[65]);
/* Makes WORK/chip.so; false with WORK/build.log, which says why, and no error in diag. */
bool ttfs_sim_build(const TtfsSimBuild *b);

#endif
