/* SPDX-License-Identifier: Apache-2.0
 *
 * From a compiled folder to a bitstream.
 */
#ifndef TTFS_SYNTH_H
#define TTFS_SYNTH_H

#include "base.h"
#include "device.h"
#include "pll.h"
#include "ttfs.h"

/* What the tools report, or what was estimated. */
typedef struct {
    TtfsDevice device;
    uint64_t luts, ffs, ram, dsps;
    uint64_t cells;   /* logic cells (a LUT, a flip-flop, a carry) after packing; 0: not known */
    double clock_mhz; /* that is claimed */
    TtfsPll pll;      /* that makes it of the board's oscillator; mhz 0: it is the oscillator's */
    uint32_t baud_cycles;   /* of a bit of the board's UART */
    double fmax_mhz;        /* by static timing analysis, or estimated; 0: not known */
    double core_us;         /* of a sample at that clock, as the plan expects */
    uint32_t seeds, seed;   /* that were tried, and the one that was kept; 0: none was asked for */
    const double *seed_mhz; /* of each, by nextpnr; 0: it failed */
    uint32_t pins;          /* of the board top; 0: estimated */
    const char *bitstream;  /* path; NULL: there is none */
    const char *project;    /* path of Vivado's script; NULL: there is none */
    bool estimated, meets_clock;
} TtfsSynthesis;

/* Texts lie in the arena. Without `o->estimate` writes OUT/fpga/DEVICE, whole or not at all. A
 * clock that is not met is no error here. */
bool ttfs_synth(const TtfsSynthOptions *o, TtfsSynthesis *s, TtfsArena *a, TtfsDiag *diag);
/* The document, as it is also kept in the folder. */
void ttfs_synth_json(const TtfsSynthesis *s, TtfsBuf *out);

#endif
