/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of hw/pll.h in the words of each family's cell, and what of them concerns the board
 * top: how many cycles a bit of its UART has.
 */
#include "board_clock.h"

#include "asked.h"
#include "board.h"
#include "boot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const double baud_mhz = 1;        /* of the board's UART */
static const double most_baud_off = .02; /* a frame of ten bits is read in its middle */

static double baud_off(const TtfsSynthesis *s) {
    return fabs(s->clock_mhz / baud_mhz / s->baud_cycles - 1);
}

static bool refuse_clock(double asked, const TtfsSynthesis *s, TtfsDiag *diag) {
    TtfsPllRange r = ttfs_pll_range(&s->device);
    const char *name = s->device.name;
    if (!(r.most > 0))
        return ttfs_error(diag, TTFS_AT_FILE("--clock"), TTFS_OPTION_VALUE,
                          "is for a bitstream; none is made for %s", name);
    return ttfs_error(
        diag, TTFS_AT_FILE("--clock"), TTFS_OPTION_VALUE,
        "%g MHz, expected %g to %g, which the PLL of %s makes, or the %g of its board", asked,
        r.least, r.most, name, s->device.clock_mhz);
}

static bool check_baud(const TtfsSynthesis *s, TtfsDiag *diag) {
    return baud_off(s) <= most_baud_off ||
           ttfs_error_advice(diag, TTFS_AT_FILE("--clock"), TTFS_OPTION_VALUE,
                             "ask for a clock nearer to a whole number of MHz",
                             "of %g MHz the board's UART would be %.1f %% off its %g Mbaud",
                             s->clock_mhz, 100 * baud_off(s), baud_mhz);
}

bool ttfs_board_clock(double asked, TtfsSynthesis *s, TtfsDiag *diag) {
    s->clock_mhz = s->device.clock_mhz;
    s->pll = (TtfsPll){0};
    if (asked != 0 && !ttfs_asked_within("--clock", asked, 0.001, 100000, diag)) return false;
    if (asked != 0 && asked != s->clock_mhz) {
        TtfsPllRange r = ttfs_pll_range(&s->device);
        if (asked > r.most || !ttfs_pll(&s->device, asked, &s->pll))
            return refuse_clock(asked, s, diag);
        s->clock_mhz = s->pll.mhz;
    }
    s->baud_cycles = (uint32_t)lround(s->clock_mhz / baud_mhz);
    return !s->device.flow.yosys || check_baud(s, diag);
}

/* --- cells --- */

/* The setting of the loop's filter, by the detector's frequency (as icepll has it). */
static uint32_t filter_range(double mhz) {
    static const double below[] = {17, 26, 44, 66, 101};
    uint32_t n = 0;
    while (n < sizeof below / sizeof *below && mhz >= below[n]) n++;
    return n + 1;
}

static uint32_t log2_of(uint32_t power) {
    uint32_t n = 0;
    while (power > 1) power /= 2, n++;
    return n;
}

static void print_ice40(const TtfsSynthesis *s, TtfsBuf *out) {
    const TtfsPll *p = &s->pll;
    ttfs_buf_printf(out,
                    "    %s #(\n"
                    "        .FEEDBACK_PATH(\"SIMPLE\"),\n"
                    "        .DIVR(4'd%" PRIu32 "),\n        .DIVF(7'd%" PRIu32
                    "),\n        .DIVQ(3'd%" PRIu32 "),\n        .FILTER_RANGE(3'd%" PRIu32 ")\n"
                    "    ) u_pll (\n"
                    "        .%s(clk_i),\n"
                    "        .PLLOUTGLOBAL(clk),\n"
                    "        .LOCK(locked),\n"
                    "        .RESETB(1'b1),\n"
                    "        .BYPASS(1'b0)\n"
                    "    );\n",
                    s->device.flow.pll, p->reference - 1, p->feedback - 1, log2_of(p->output),
                    filter_range(p->detector_mhz), s->device.flow.pll_input);
}

/* The phase is that of the input, which nobody asks for; the currents are Lattice's. */
static void print_ecp5(const TtfsSynthesis *s, TtfsBuf *out) {
    const TtfsPll *p = &s->pll;
    ttfs_buf_printf(out,
                    "    (* ICP_CURRENT=\"12\", LPF_RESISTOR=\"8\", MFG_ENABLE_FILTEROPAMP=\"1\", "
                    "MFG_GMCREF_SEL=\"2\" *)\n"
                    "    %s #(\n"
                    "        .FEEDBK_PATH(\"CLKOP\"),\n"
                    "        .CLKI_DIV(%" PRIu32 "),\n        .CLKFB_DIV(%" PRIu32
                    "),\n        .CLKOP_DIV(%" PRIu32 "),\n        .CLKOP_CPHASE(%" PRIu32 ")\n"
                    "    ) u_pll (\n"
                    "        .%s(clk_i),\n"
                    "        .CLKFB(clk),\n"
                    "        .CLKOP(clk),\n"
                    "        .LOCK(locked),\n"
                    "        .RST(1'b0),\n"
                    "        .STDBY(1'b0),\n"
                    "        .PHASESEL0(1'b0),\n"
                    "        .PHASESEL1(1'b0),\n"
                    "        .PHASEDIR(1'b1),\n"
                    "        .PHASESTEP(1'b1),\n"
                    "        .PHASELOADREG(1'b1),\n"
                    "        .PLLWAKESYNC(1'b0),\n"
                    "        .ENCLKOP(1'b0)\n"
                    "    );\n",
                    s->device.flow.pll, p->reference, p->feedback, p->output, p->output - 1,
                    s->device.flow.pll_input);
}

/* All ports of the board top but the last. */
static const char *port_of(uint32_t i, bool boot) {
    uint32_t n = 0;
    while (ttfs_board_ports[n]) n++;
    return i < n ? ttfs_board_ports[i] : boot ? ttfs_boot_ports[i - n] : NULL;
}

static void print_ports(uint32_t flit, bool boot, TtfsBuf *out) {
    const char *port;
    ttfs_buf_puts(out, "module ttfs_board (\n");
    for (uint32_t i = 0; (port = port_of(i, boot)); i++) ttfs_buf_printf(out, "    %s,\n", port);
    ttfs_buf_printf(out, "    output [%" PRIu32 ":0] trace_flit_o\n);\n", flit - 1);
}

static void print_inside(bool boot, TtfsBuf *out) {
    const char *port;
    ttfs_buf_puts(out, "    ttfs_board_inside u_board (\n");
    for (uint32_t i = 0; (port = port_of(i, boot)); i++) {
        const char *name = strchr(port, ' ') + 1;
        const char *wire = strcmp(name, "clk_i") == 0    ? "clk"
                           : strcmp(name, "rst_ni") == 0 ? "rst_ni && locked"
                                                         : name;
        ttfs_buf_printf(out, "        .%s(%s),\n", name, wire);
    }
    ttfs_buf_puts(out, "        .trace_flit_o(trace_flit_o)\n    );\nendmodule\n");
}

void ttfs_board_pll(const TtfsSynthesis *s, uint32_t flit, bool boot, TtfsBuf *out) {
    ttfs_buf_printf(out, "// %g MHz of the board's %g, made by ttfs synth --clock.\n", s->clock_mhz,
                    s->device.clock_mhz);
    print_ports(flit, boot, out);
    ttfs_buf_puts(out, "    wire clk, locked;\n\n");
    if (s->device.family == TTFS_FAMILY_ECP5)
        print_ecp5(s, out);
    else
        print_ice40(s, out);
    ttfs_buf_puts(out, "\n");
    print_inside(boot, out);
}
