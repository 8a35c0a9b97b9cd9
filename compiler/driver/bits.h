/* SPDX-License-Identifier: Apache-2.0
 *
 * A bitstream of iCE40 turned back into Verilog by icestorm.
 */
#ifndef TTFS_BITS_H
#define TTFS_BITS_H

#include "device.h"
#include "synth_tools.h"

#include <stdint.h>

/* Verilog of module ttfs_board, in the arena, from the bits alone: look-up tables, flip-flops and
 * block RAMs as they are set, wires as they are switched. The shipped constraints of the device
 * name the pins; a chip's flits have `flit` bits. Tools work in a private folder; t->work is set
 * meanwhile. NULL after an error. */
const char *ttfs_bits_verilog(TtfsTools *t, const TtfsDevice *d, const void *bits, size_t n,
                              uint32_t flit);

#endif
