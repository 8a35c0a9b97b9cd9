/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> Verilog. In: the chip's parameters and the folder of hand-written modules; out: a set of
 * files, ttfs_top.v (parameters and ports, no behaviour), byte-for-byte copies of the modules and a
 * file list. The text depends on the chip alone: two networks on one chip share a simulation.
 */
#include "chip_to_verilog.h"

#include <string.h>

const char *const ttfs_verilog_endings[] = {".v", ".vh", NULL};

typedef struct {
    const char *direction, *name, *width; /* width: Verilog, "" for one bit */
} Port;

static const Port ports[] = {
    {"input ", "clk_i", ""},
    {"input ", "rst_ni", ""},
    {"input ", "cfg_valid_i", ""},
    {"output", "cfg_ready_o", ""},
    {"input ", "cfg_addr_i", "[31:0]"},
    {"input ", "cfg_data_i", "[31:0]"},
    {"input ", "start_i", ""},
    {"output", "busy_o", ""},
    {"output", "done_o", ""},
    {"input ", "in_valid_i", ""},
    {"output", "in_ready_o", ""},
    {"input ", "in_end_i", ""},
    {"input ", "in_tick_i", "[TICK_BITS-1:0]"},
    {"input ", "in_id_i", "[C_BITS+Y_BITS+X_BITS-1:0]"},
    {"output", "slot_valid_o", ""},
    {"output", "slot_o", "[$clog2(SLOTS)-1:0]"},
    {"output", "trace_valid_o", "[CORES-1:0]"},
    {"output", "trace_tick_o", "[CORES*TICK_BITS-1:0]"},
    {"output", "trace_id_o", "[CORES*(C_BITS+Y_BITS+X_BITS)-1:0]"},
    {"output", "ro_valid_o", ""},
    {"input ", "ro_ready_i", ""},
    {"output", "ro_id_o", "[C_BITS+Y_BITS+X_BITS-1:0]"},
    {"output", "ro_value_o", "[ACC_BITS-1:0]"},
};
enum { PORTS = sizeof ports / sizeof *ports };

static void print_top(const TtfsChip *chip, TtfsBuf *out) {
    const TtfsKey *k = ttfs_chip_keys.at;
    ttfs_buf_puts(out, "// SPDX-License-Identifier: Apache-2.0\n//\n"
                       "// A chip: parameters and ports, made by ttfs. What they mean is said in "
                       "ttfs_chip.v.\n\n"
                       "`default_nettype none\n\nmodule ttfs_top #(\n");
    for (size_t i = 0; i < ttfs_chip_keys.len; i++)
        if (*k[i].verilog)
            ttfs_buf_printf(out, "    parameter %-11s = %.0f,\n", k[i].verilog,
                            ttfs_key_get(&k[i], chip));
    ttfs_buf_puts(out, "    parameter PRELOAD     = 0,\n    parameter INIT_PREFIX = \"\"\n) (\n");
    for (int i = 0; i < PORTS; i++)
        ttfs_buf_printf(out, "    %s wire %s%s%s%s\n", ports[i].direction, ports[i].width,
                        *ports[i].width ? " " : "", ports[i].name, i + 1 < PORTS ? "," : "");
    ttfs_buf_puts(out, ");\n    ttfs_chip #(\n");
    for (size_t i = 0; i < ttfs_chip_keys.len; i++)
        if (*k[i].verilog) ttfs_buf_printf(out, "        .%s(%s),\n", k[i].verilog, k[i].verilog);
    ttfs_buf_puts(
        out, "        .PRELOAD(PRELOAD),\n        .INIT_PREFIX(INIT_PREFIX)\n    ) u_chip (\n");
    for (int i = 0; i < PORTS; i++)
        ttfs_buf_printf(out, "        .%s(%s)%s\n", ports[i].name, ports[i].name,
                        i + 1 < PORTS ? "," : "");
    ttfs_buf_puts(out, "    );\nendmodule\n\n`default_nettype wire\n");
}

bool ttfs_chip_to_verilog(const TtfsChip *chip, const char *rtl_folder, TtfsFileSet *out,
                          TtfsDiag *diag) {
    if (!ttfs_chip_check(chip, NULL, diag) ||
        !ttfs_file_set_read(out, rtl_folder, ttfs_verilog_endings, true, diag))
        return false;
    if (out->files.len == 0)
        return ttfs_error(diag, TTFS_AT_FILE(rtl_folder), TTFS_FILE_OPEN,
                          "no Verilog in the folder");
    TtfsBuf top = {0};
    print_top(chip, &top);
    ttfs_file_set_add(out, "ttfs_top.v", top.text, top.len);
    ttfs_buf_free(&top);
    return true;
}

void ttfs_verilog_list(TtfsFileSet *verilog) {
    TtfsBuf list = {0};
    for (uint32_t i = 0; i < verilog->files.len; i++) { /* headers are found by their users */
        const char *name = verilog->files.at[i].name;
        if (strrchr(name, '.')[2] == 0 && strcmp(name, "ttfs_top.v") != 0)
            ttfs_buf_printf(&list, "%s\n", name);
    }
    ttfs_buf_puts(&list, "ttfs_top.v\n");
    ttfs_file_set_add(verilog, "filelist.f", list.text, list.len);
    ttfs_buf_free(&list);
}
