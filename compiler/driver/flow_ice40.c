/* SPDX-License-Identifier: Apache-2.0
 *
 * iCE40: nextpnr-ice40, and icepack and icetime of icestorm.
 */
#include "synth_flow.h"

#include <inttypes.h>
#include <string.h>

static const char *const kept[] = {"board.pcf",  "synth.ys",    "board.bin",   "netlist.v",
                                   "yosys.log",  "nextpnr.log", "icepack.log", "icetime.log",
                                   "synth.json", NULL};

static TtfsTool place(const TtfsSynthesis *s, uint32_t seed, const char *tag, TtfsArena *a) {
    const TtfsDeviceFlow *flow = &s->device.flow;
    return (TtfsTool){.stage = "place and route (nextpnr-ice40)",
                      .package = "nextpnr-ice40",
                      .log = ttfs_arena_printf(a, "nextpnr%s.log", tag),
                      .argv = {"nextpnr-ice40", flow->nextpnr, "--package", flow->package, "--json",
                               "board.json", "--pcf", "board.pcf", "--asc",
                               ttfs_arena_printf(a, "board%s.asc", tag), "--report",
                               ttfs_arena_printf(a, "report%s.json", tag), "--seed",
                               ttfs_arena_printf(a, "%" PRIu32, seed), "--freq",
                               ttfs_arena_printf(a, "%g", s->clock_mhz), "--timing-allow-fail"}};
}

static size_t tools(const TtfsSynthesis *s, TtfsTool at[TTFS_FLOW_TOOLS]) {
    const TtfsDeviceFlow *flow = &s->device.flow;
    at[0] = (TtfsTool){.stage = "bitstream (icepack)",
                       .package = "fpga-icestorm",
                       .log = "icepack.log",
                       .argv = {"icepack", "board.asc", "board.bin"}};
    at[1] = (TtfsTool){.stage = "timing (icetime)",
                       .package = "fpga-icestorm",
                       .log = "icetime.log",
                       .argv = {"icetime", "-d", flow->timing, "-P", flow->package, "-p",
                                "board.pcf", "-t", "board.asc"}};
    return 2;
}

static void count(TtfsSynthesis *s, const char *type, uint64_t n) {
    if (strcmp(type, "SB_LUT4") == 0) s->luts += n;
    if (strncmp(type, "SB_DFF", 6) == 0) s->ffs += n;
    if (strncmp(type, "SB_RAM40", 8) == 0 || strncmp(type, "SB_SPRAM", 8) == 0) s->ram += n;
    if (strcmp(type, "SB_MAC16") == 0) s->dsps += n;
}

const TtfsSynthFlow ttfs_flow_ice40 = {
    "board.pcf", "board.bin", "ICESTORM_LC", "asc", "icetime.log", kept, place, tools, count};
