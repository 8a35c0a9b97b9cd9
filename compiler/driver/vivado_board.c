/* SPDX-License-Identifier: Apache-2.0
 *
 * The board top without its monitor, for which there are no pins, on the board's oscillator: a host
 * configures the chip over the UART or SPI. The script fails where the clock is not met.
 */
#include "vivado_board.h"

#include "board.h"

#include <inttypes.h>
#include <string.h>

bool ttfs_vivado_board_there(const TtfsDevice *d) {
    return d->vivado_pins != NULL;
}

static bool is_monitor(const char *port) {
    return strstr(port, " trace_") != NULL;
}

/* The pins, and a module that has no others. */
static void print_top(const TtfsChip *chip, uint32_t cycles, bool encoder, TtfsBuf *out) {
    ttfs_buf_puts(out, "// The board top without its monitor.\nmodule board (");
    for (uint32_t i = 0; ttfs_board_ports[i]; i++)
        if (!is_monitor(ttfs_board_ports[i]))
            ttfs_buf_printf(out, "%s\n    %s", i ? "," : "", ttfs_board_ports[i]);
    ttfs_buf_puts(out, "\n);\n    ttfs_board #(");
    ttfs_board_parameters(chip, cycles, encoder, "\n        .", "(", "),", out);
    out->len--; /* the last comma */
    ttfs_buf_puts(out, "\n    ) u_board (\n        .trace_flit_o()");
    for (uint32_t i = 0; ttfs_board_ports[i]; i++) {
        const char *name = strchr(ttfs_board_ports[i], ' ') + 1;
        ttfs_buf_printf(out, ",\n        .%s(%s)", name,
                        is_monitor(ttfs_board_ports[i]) ? "" : name);
    }
    ttfs_buf_puts(out, "\n    );\nendmodule\n");
}

static bool fill_pins(const TtfsTools *t, const TtfsSynthesis *s) {
    TtfsDevice d = s->device;
    TtfsBuf out = {0};
    uint32_t pins;
    d.flow.board = d.vivado_pins;
    bool ok = ttfs_board_pins(&d, 0, false, &out, &pins, t->arena, t->diag);
    ttfs_buf_printf(&out, "create_clock -name clk -period %.3f [get_ports clk_i]\n",
                    1000 / s->clock_mhz);
    if (ok) return ttfs_work_fill_buf(t, "board.xdc", &out);
    ttfs_buf_free(&out);
    return false;
}

static bool fill_project(const TtfsTools *t, const TtfsSynthesis *s) {
    TtfsBuf out = {0};
    ttfs_buf_printf(
        &out,
        "# vivado -mode batch -source board.tcl: the chip on a board, as board.bit beside this "
        "file.\nset here [file dirname [file normalize [info script]]]\n"
        "create_project -force board $here/vivado_board -part %s\n"
        "add_files [glob -directory [file normalize $here/../../rtl] ttfs_*.v]\n"
        "add_files [concat $here/board.v [glob -directory $here ttfs_*.v]]\n"
        "set_property include_dirs [list [file normalize $here/../../rtl]] [current_fileset]\n"
        "add_files -fileset constrs_1 $here/board.xdc\n"
        "set_property top board [current_fileset]\n"
        "synth_design -top board\nopt_design\nplace_design\nroute_design\n"
        "report_utilization -file $here/vivado_board/utilization.txt\n"
        "report_timing_summary -file $here/vivado_board/timing.txt\n"
        "if {[get_property SLACK [get_timing_paths]] < 0} {\n"
        "    error \"the clock of %g MHz is not met: see $here/vivado_board/timing.txt\"\n}\n"
        "write_bitstream -force $here/board.bit\n",
        s->device.vivado, s->clock_mhz);
    return ttfs_work_fill_buf(t, "board.tcl", &out);
}

bool ttfs_vivado_board(const TtfsTools *t, const TtfsChip *chip, const TtfsSynthesis *s,
                       bool encoder, TtfsFileSet *verilog) {
    TtfsBuf top = {0};
    print_top(chip, s->baud_cycles, encoder, &top);
    return ttfs_work_fill_buf(t, "board.v", &top) && fill_pins(t, s) && fill_project(t, s) &&
           ttfs_board_verilog(encoder, verilog, t->arena, t->diag);
}
