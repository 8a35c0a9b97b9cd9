/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs synth made of a chip, as Verilog that a simulator runs in place of the chip's own.
 */
#ifndef TTFS_GATES_H
#define TTFS_GATES_H

#include "file_set.h"
#include "out.h"
#include "progress.h"

typedef enum {
    TTFS_GATES_NETLIST,   /* the cells that Yosys made */
    TTFS_GATES_BITSTREAM, /* what the packed bits say: icebox_vlog of icestorm */
    TTFS_GATES_ASIC,      /* the cells of a chip's liberty, with models of cells and macros */
    TTFS_GATES
} TtfsGates;

/* Adds `ttfs_top.v` to *verilog: a host with the chip's ports, the board top as OUT/fpga holds it,
 * and the models of the family's cells, which Yosys brings; of a chip what OUT/asic holds. The
 * image of `o` is there. `traced`: its board has no monitor for such flits, so the chip must give
 * spikes to the host (register TRACE). Refused with OUT_FOLDER: synth has not run; with
 * RTL_CHANGED: this user's ttfs has not made the file, unless `trusted`; with SYNTH_FLOW: a tool is
 * missing. */
bool ttfs_gates_read(TtfsOut *o, TtfsGates which, bool trusted, const TtfsProgress *progress,
                     TtfsFileSet *verilog, bool *traced, TtfsDiag *diag);

#endif
