/* SPDX-License-Identifier: Apache-2.0
 *
 * What families of FPGAs differ in on the way from Yosys to a bitstream.
 */
#ifndef TTFS_SYNTH_FLOW_H
#define TTFS_SYNTH_FLOW_H

#include "synth.h"
#include "synth_tools.h"

enum { TTFS_FLOW_TOOLS = 3 };

typedef struct {
    const char *pins, *bitstream; /* files */
    const char *cells;            /* what nextpnr's report calls logic cells */
    const char *timing;           /* log of a second timing analysis; NULL: there is none */
    const char *const *kept;      /* files that OUT keeps; NULL ends them */
    /* Fills in the tools behind Yosys, of a device at the clock that is claimed; how many. */
    size_t (*tools)(const TtfsSynthesis *s, TtfsTool at[TTFS_FLOW_TOOLS], TtfsArena *a);
    /* Counts n cells of a type that Yosys made. */
    void (*count)(TtfsSynthesis *s, const char *type, uint64_t n);
} TtfsSynthFlow;

extern const TtfsSynthFlow ttfs_flow_ice40, ttfs_flow_ecp5;

#endif
