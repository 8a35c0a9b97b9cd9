/* SPDX-License-Identifier: Apache-2.0
 *
 * A Vivado project of a compiled folder's chip, for 7 series.
 */
#ifndef TTFS_VIVADO_H
#define TTFS_VIVADO_H

#include "out.h"
#include "synth.h"

/* Writes OUT/fpga/DEVICE, whole or not at all: the project's script, constraints, the memories'
 * contents, what Yosys maps the chip to. `out` holds Verilog and image; fills in *s, whose device
 * and clock are set. Texts lie in the arena. */
bool ttfs_vivado(const TtfsSynthOptions *o, TtfsOut *out, TtfsSynthesis *s, TtfsArena *a,
                 TtfsDiag *diag);

#endif
