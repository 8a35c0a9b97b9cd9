/* SPDX-License-Identifier: Apache-2.0
 *
 * What families of FPGAs differ in on the way from Yosys to a bitstream.
 */
#ifndef TTFS_SYNTH_FLOW_H
#define TTFS_SYNTH_FLOW_H

#include "synth.h"
#include "synth_tools.h"

enum { TTFS_FLOW_TOOLS = 2 };

typedef struct {
    const char *pins, *bitstream; /* files */
    const char *cells;            /* what nextpnr's report calls logic cells */
    const char *placed;           /* how the file ends that place and route make */
    const char *timing;           /* log of a second timing analysis; NULL: there is none */
    const char *const *kept;      /* files that OUT keeps; NULL ends them */
    /* Place and route of a device at the clock that is claimed, by a seed. Makes
     * board`tag`.`placed` and report`tag`.json. */
    TtfsTool (*place)(const TtfsSynthesis *s, uint32_t seed, const char *tag, TtfsArena *a);
    /* Fills in the tools behind it; how many. */
    size_t (*tools)(const TtfsSynthesis *s, TtfsTool at[TTFS_FLOW_TOOLS]);
    /* Counts n cells of a type that Yosys made. */
    void (*count)(TtfsSynthesis *s, const char *type, uint64_t n);
} TtfsSynthFlow;

extern const TtfsSynthFlow ttfs_flow_ice40, ttfs_flow_ecp5;

#endif
