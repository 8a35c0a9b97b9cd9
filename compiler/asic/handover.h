/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts of a hand-over to a chip team: what Yosys and OpenSTA are given, constraints, and
 * configurations of LibreLane and OpenROAD-flow-scripts, whose keys are those of their references.
 */
#ifndef TTFS_HANDOVER_H
#define TTFS_HANDOVER_H

#include "cells.h"
#include "file_set.h"
#include "sram.h"

enum {
    TTFS_HANDOVER_MHZ = 100,   /* without constraints of the user's own */
    TTFS_HANDOVER_FILL = 40,   /* percent of the core's area that cells may take at first */
    TTFS_HANDOVER_HALO = 20,   /* micrometres around a macro */
    TTFS_HANDOVER_LOAD_FF = 30 /* femtofarads at an output */
};

typedef struct {
    const TtfsCells *cells;
    const TtfsCell *buffer; /* drives inputs */
    const TtfsSrams *srams;
    const TtfsFileSet *rtl; /* all Verilog but the macros' models */
    double period_ns;
} TtfsHandover;

/* Yosys: lists the memories of rtl/ in memories.txt. */
void ttfs_handover_find(TtfsBuf *out);
/* Yosys: netlist.v, cells.v (models of the cells, from cells.lib), stat.json; abc.constr is what
 * ABC sizes and buffers by. */
void ttfs_handover_synth(const TtfsHandover *h, TtfsBuf *out);
void ttfs_handover_abc(const TtfsHandover *h, TtfsBuf *out);
/* OpenSTA: what is printed behind these words is read. */
#define TTFS_STA_PERIOD "ttfs period "
#define TTFS_STA_SETUP  "ttfs setup\n"
#define TTFS_STA_HOLD   "ttfs hold\n"
#define TTFS_STA_FROM   "ttfs from memories\n"
#define TTFS_STA_TO     "ttfs to memories\n"
void ttfs_handover_sta(const TtfsHandover *h, TtfsBuf *out);
/* One clock, clk_i; in the units of the library. */
void ttfs_handover_sdc(const TtfsHandover *h, TtfsBuf *out);
/* LibreLane's config.json; OpenROAD-flow-scripts' config.mk. */
void ttfs_handover_librelane(const TtfsHandover *h, TtfsBuf *out);
void ttfs_handover_orfs(const TtfsHandover *h, TtfsBuf *out);

#endif
