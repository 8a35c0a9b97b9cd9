/* SPDX-License-Identifier: Apache-2.0
 *
 * ECP5: nextpnr-ecp5, and ecppack of Project Trellis. The clock is what nextpnr's timing analysis
 * finds: there is no second one. Neither tool is in Debian 12; tools/ecp5.sh fetches both.
 */
#include "synth_flow.h"

#include <inttypes.h>
#include <string.h>

static const char *const kept[] = {"board.lpf",   "synth.ys",   "board.bit",
                                   "netlist.v",   "yosys.log",  "nextpnr.log",
                                   "ecppack.log", "synth.json", NULL};

/* A carry cell is two LUTs, a distributed memory of 16 words of 4 bits the four that it is read by
 * (two more write it, which nextpnr counts among the logic cells). */
enum { CARRY_LUTS = 2, MEMORY_LUTS = 4 };

static TtfsTool place(const TtfsSynthesis *s, uint32_t seed, const char *tag, TtfsArena *a) {
    const TtfsDeviceFlow *flow = &s->device.flow;
    return (TtfsTool){.stage = "place and route (nextpnr-ecp5)",
                      .package = "nextpnr-ecp5",
                      .log = ttfs_arena_printf(a, "nextpnr%s.log", tag),
                      .argv = {"nextpnr-ecp5", flow->nextpnr, "--package", flow->package, "--speed",
                               flow->timing, "--json", "board.json", "--lpf", "board.lpf",
                               "--textcfg", ttfs_arena_printf(a, "board%s.config", tag), "--report",
                               ttfs_arena_printf(a, "report%s.json", tag), "--seed",
                               ttfs_arena_printf(a, "%" PRIu32, seed), "--freq",
                               ttfs_arena_printf(a, "%g", s->clock_mhz), "--timing-allow-fail"}};
}

static size_t tools(const TtfsSynthesis *s, TtfsTool at[TTFS_FLOW_TOOLS]) {
    (void)s;
    at[0] = (TtfsTool){.stage = "bitstream (ecppack)",
                       .package = "fpga-trellis",
                       .log = "ecppack.log",
                       .argv = {"ecppack", "--compress", "board.config", "board.bit"}};
    return 1;
}

static void count(TtfsSynthesis *s, const char *type, uint64_t n) {
    if (strcmp(type, "LUT4") == 0) s->luts += n;
    if (strcmp(type, "CCU2C") == 0) s->luts += n * CARRY_LUTS;
    if (strcmp(type, "TRELLIS_DPR16X4") == 0) s->luts += n * MEMORY_LUTS;
    if (strcmp(type, "TRELLIS_FF") == 0) s->ffs += n;
    if (strcmp(type, "DP16KD") == 0 || strcmp(type, "PDPW16KD") == 0) s->ram += n;
    if (strncmp(type, "MULT18X18", 9) == 0) s->dsps += n;
}

const TtfsSynthFlow ttfs_flow_ecp5 = {"board.lpf", "board.bit", "TRELLIS_COMB", "config", NULL,
                                      kept,        place,       tools,          count};
