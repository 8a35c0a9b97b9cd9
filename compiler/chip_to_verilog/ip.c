/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of OUT/ip, put together.
 */
#include "ip.h"

#include "chip_to_verilog.h"
#include "file.h"

/* Vivado was not at hand: the script is of its documented commands and was not run in it. */
static const char package[] =
    "# SPDX-License-Identifier: Apache-2.0\n"
    "# vivado -mode batch -source package.tcl [-tclargs FOLDER PART]: packages ttfs_axi, beside "
    "this file, as an\n"
    "# IP into FOLDER (default ttfs_ip where Vivado is started) by way of a project in memory.\n"
    "set here [file dirname [file normalize [info script]]]\n"
    "set to [file normalize [expr {$argc > 0 ? [lindex $argv 0] : \"ttfs_ip\"}]]\n"
    "create_project -in_memory -part [expr {$argc > 1 ? [lindex $argv 1] : "
    "\"xc7z020clg400-1\"}]\n"
    "set rtl [file normalize $here/../rtl]\n"
    "add_files [glob -directory $rtl ttfs_*.v ttfs_*.vh]\n"
    "foreach name {ttfs_axi.v ttfs_axil.v ttfs_axis.v ttfs_regs.v ttfs_registers.vh} {add_files "
    "$here/$name}\n"
    "set_property file_type {Verilog Header} [get_files *.vh]\n"
    "set_property top ttfs_axi [current_fileset]\n"
    "update_compile_order -fileset sources_1\n"
    "ipx::package_project -root_dir $to -vendor ttfs -library ttfs -taxonomy /UserIP "
    "-import_files -set_current true\n"
    "set core [ipx::current_core]\n"
    "set_property name ttfs_axi $core\n"
    "set_property display_name {ttfs: time-to-first-spike networks} $core\n"
    "foreach bus {s_axi s_axis m_axis} {ipx::associate_bus_interfaces -busif $bus -clock aclk "
    "$core}\n"
    "ipx::create_xgui_files $core\n"
    "ipx::update_checksums $core\n"
    "ipx::check_integrity $core\n"
    "ipx::save_core $core\n";

static bool read_all(const char *data, TtfsFileSet *out, TtfsArena *a, TtfsDiag *diag) {
    const char *hw = ttfs_path_join(a, data, "hw");
    return ttfs_file_set_read(out, ttfs_path_join(a, data, "rtl/wrap"), ttfs_verilog_endings, true,
                              diag) &&
           ttfs_file_set_read_file(out, hw, "ttfs_registers.h", true, diag) &&
           ttfs_file_set_read_file(out, hw, "ttfs_registers.rdl", true, diag);
}

static void add(TtfsFileSet *out, const char *name, TtfsBuf *text) {
    ttfs_file_set_add(out, name, ttfs_buf_text(text), text->len);
    ttfs_buf_free(text);
}

bool ttfs_chip_to_ip(const TtfsChip *chip, const TtfsFileSet *verilog, const char *data,
                     TtfsFileSet *out, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsBuf text = {0};
    bool ok = read_all(data, out, &a, diag);
    for (int ip = 0; ok && ip < TTFS_IPS; ip++) {
        ttfs_ip_top((TtfsIp)ip, chip, &text);
        add(out, ttfs_arena_printf(&a, "%s.v", ttfs_ip_name((TtfsIp)ip)), &text);
    }
    for (int ip = 0; ok && ip < TTFS_IPS; ip++) {
        ttfs_ip_xact((TtfsIp)ip, chip, verilog, out, &text);
        add(out, ttfs_arena_printf(&a, "%s.xml", ttfs_ip_name((TtfsIp)ip)), &text);
    }
    if (ok) ttfs_file_set_add(out, "package.tcl", package, sizeof package - 1);
    ttfs_arena_free(&a);
    return ok;
}
