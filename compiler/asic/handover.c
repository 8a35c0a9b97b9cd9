/* SPDX-License-Identifier: Apache-2.0
 *
 * Scripts name files beside them alone. Two things that OpenSTA of 2019 and ABC want: nets of one
 * bit each (splitnets), since assignments of concatenations are not read; a driving cell and a load
 * (abc -constr), since without them nothing is buffered.
 */
#include "handover.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

/* --- Yosys --- */

void ttfs_handover_find(TtfsBuf *out) {
    ttfs_buf_puts(out, "read_verilog -defer -DSYNTHESIS -Irtl rtl/ttfs_*.v\n"
                       "delete $abstract\\ttfs_ram $abstract\\ttfs_sram\n"
                       "read_verilog -lib -DSYNTHESIS -Irtl rtl/ttfs_ram.v rtl/ttfs_sram.v\n"
                       "hierarchy -check -top ttfs_top\n"
                       "tee -q -o memories.txt dump t:ttfs_ram t:ttfs_sram\n");
}

void ttfs_handover_abc(const TtfsHandover *h, TtfsBuf *out) {
    ttfs_buf_printf(out, "set_driving_cell %s\nset_load %d [all_outputs]\n", h->buffer->name,
                    TTFS_HANDOVER_LOAD_FF);
}

void ttfs_handover_synth(const TtfsHandover *h, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "read_liberty cells.lib\nproc\nopt_clean\nwrite_verilog -noattr cells.v\n"
                    "design -reset\nread_verilog -lib -DSYNTHESIS macros.v\n"
                    "read_verilog -defer -DSYNTHESIS -Irtl rtl/ttfs_*.v\n"
                    "hierarchy -check -top ttfs_top\nsynth -flatten -top ttfs_top\n"
                    "dfflibmap -liberty cells.lib\n"
                    "abc -liberty cells.lib -constr abc.constr -D %.0f\n"
                    "setundef -zero\nsplitnets\nopt_clean -purge\n"
                    "tee -q -o stat.json stat -json\n"
                    "write_verilog -noattr -noexpr -nohex netlist.v\n",
                    h->period_ns * 1000);
}

/* --- OpenSTA --- */

void ttfs_handover_sta(const TtfsHandover *h, TtfsBuf *out) {
    ttfs_buf_puts(out, "read_liberty cells.lib\n");
    for (uint32_t i = 0; i < h->srams->kinds.len; i++)
        ttfs_buf_printf(out, "read_liberty macros/%s.lib\n", h->srams->kinds.at[i].name);
    ttfs_buf_puts(out,
                  "read_verilog netlist.v\nlink_design ttfs_top\nread_sdc ttfs.sdc\n"
                  "puts \"" TTFS_STA_PERIOD "[get_property [lindex [get_clocks *] 0] period]\"\n"
                  "puts \"ttfs setup\"\n"
                  "report_checks -path_delay max -fields {slew cap} -digits 4\n"
                  "puts \"ttfs hold\"\nreport_checks -path_delay min -digits 4\n");
    if (h->srams->kinds.len)
        ttfs_buf_puts(out, "puts \"ttfs from memories\"\n"
                           "report_checks -from [get_pins {*u_macro/clk_i}] -digits 4\n"
                           "puts \"ttfs to memories\"\n"
                           "report_checks -to [get_pins {*u_macro/*_i*}] -digits 4\n");
    ttfs_buf_puts(out, "puts \"ttfs end\"\nreport_tns\n");
}

void ttfs_handover_sdc(const TtfsHandover *h, TtfsBuf *out) {
    double unit = h->cells->time_ns, period = h->period_ns / unit;
    double load = TTFS_HANDOVER_LOAD_FF / 1000.0 / h->cells->cap_pf;
    ttfs_buf_printf(out,
                    "# ttfs_top, in the units of the library %s (%g ns, %g pF). One clock, clk_i, "
                    "rising edges\n"
                    "# alone (clock gates of a mesh take its middle). Reset is rst_ni, low, "
                    "synchronous: an input\n"
                    "# like the others. Nothing is false or takes several cycles.\n"
                    "create_clock -name clk -period %.4f [get_ports clk_i]\n"
                    "set_clock_uncertainty %.4f [get_clocks clk]\n"
                    "set_input_delay %.4f -clock clk [all_inputs]\n"
                    "set_output_delay %.4f -clock clk [all_outputs]\n"
                    "set_driving_cell -lib_cell %s [all_inputs]\nset_load %.4f [all_outputs]\n",
                    h->cells->name ? h->cells->name : "", unit, h->cells->cap_pf, period,
                    period / 50, period / 5, period / 5, h->buffer->name, load);
}

/* --- place and route --- */

static bool is_module(const char *name) {
    size_t n = strlen(name);
    return n > 2 && strcmp(name + n - 2, ".v") == 0;
}

static void librelane_files(const TtfsHandover *h, TtfsJson *j) {
    char name[300];
    ttfs_json_array(j, "VERILOG_FILES");
    for (uint32_t i = 0; i < h->rtl->files.len; i++) {
        if (!is_module(h->rtl->files.at[i].name)) continue;
        snprintf(name, sizeof name, "dir::rtl/%s", h->rtl->files.at[i].name);
        ttfs_json_string(j, NULL, name);
    }
    ttfs_json_end(j);
    ttfs_json_array(j, "EXTRA_LIBS");
    for (uint32_t i = 0; i < h->srams->kinds.len; i++) {
        snprintf(name, sizeof name, "dir::macros/%s.lib", h->srams->kinds.at[i].name);
        ttfs_json_string(j, NULL, name);
    }
    ttfs_json_end(j);
}

static void one_of(TtfsJson *j, const char *key, const char *value) {
    ttfs_json_array(j, key);
    ttfs_json_string(j, NULL, value);
    ttfs_json_end(j);
}

void ttfs_handover_librelane(const TtfsHandover *h, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "DESIGN_NAME", "ttfs_top");
    librelane_files(h, j);
    one_of(j, "VERILOG_INCLUDE_DIRS", "dir::rtl");
    one_of(j, "VERILOG_DEFINES", "SYNTHESIS");
    one_of(j, "EXTRA_VERILOG_MODELS", "dir::macros.v");
    ttfs_json_string(j, "CLOCK_PORT", "clk_i");
    ttfs_json_number(j, "CLOCK_PERIOD", h->period_ns);
    ttfs_json_string(j, "PNR_SDC_FILE", "dir::ttfs.sdc");
    ttfs_json_string(j, "SIGNOFF_SDC_FILE", "dir::ttfs.sdc");
    ttfs_json_number(j, "FP_CORE_UTIL", TTFS_HANDOVER_FILL);
    ttfs_json_number(j, "PL_TARGET_DENSITY_PCT", TTFS_HANDOVER_FILL + 10);
    ttfs_json_number(j, "FP_MACRO_HORIZONTAL_HALO", TTFS_HANDOVER_HALO);
    ttfs_json_number(j, "FP_MACRO_VERTICAL_HALO", TTFS_HANDOVER_HALO);
    ttfs_json_end(j);
}

void ttfs_handover_orfs(const TtfsHandover *h, TtfsBuf *out) {
    ttfs_buf_puts(
        out, "# OpenROAD-flow-scripts. PLATFORM and the macros' LEF and GDS are the foundry's:\n"
             "# set PLATFORM, ADDITIONAL_LEFS and ADDITIONAL_GDS before this file is read.\n"
             "export ASIC_DIR := $(dir $(lastword $(MAKEFILE_LIST)))\n\n"
             "export DESIGN_NAME = ttfs_top\nexport VERILOG_FILES =");
    for (uint32_t i = 0; i < h->rtl->files.len; i++)
        if (is_module(h->rtl->files.at[i].name))
            ttfs_buf_printf(out, " \\\n    $(ASIC_DIR)rtl/%s", h->rtl->files.at[i].name);
    ttfs_buf_puts(out, "\nexport VERILOG_INCLUDE_DIRS = $(ASIC_DIR)rtl\n"
                       "export SDC_FILE = $(ASIC_DIR)ttfs.sdc\nexport ADDITIONAL_LIBS =");
    for (uint32_t i = 0; i < h->srams->kinds.len; i++)
        ttfs_buf_printf(out, " \\\n    $(ASIC_DIR)macros/%s.lib", h->srams->kinds.at[i].name);
    ttfs_buf_printf(out,
                    "\nexport ABC_DRIVER_CELL = %s\nexport ABC_LOAD_IN_FF = %d\n"
                    "export CORE_UTILIZATION = %d\nexport PLACE_DENSITY = %.2f\n"
                    "export MACRO_PLACE_HALO = %d %d\n",
                    h->buffer->name, TTFS_HANDOVER_LOAD_FF, TTFS_HANDOVER_FILL,
                    (TTFS_HANDOVER_FILL + 10) / 100.0, TTFS_HANDOVER_HALO, TTFS_HANDOVER_HALO);
}
