/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> Verilog. In: the chip's parameters and the folder of hand-written modules; out: a set of
 * files, ttfs_top.v (parameters and ports, no behaviour), byte-for-byte copies of the modules and a
 * file list. The text depends on the chip alone: two networks on one chip share a simulation.
 */
#include "chip_to_verilog.h"

#include <string.h>

const char *const ttfs_verilog_endings[] = {".v", ".vh", NULL};

/* How wide a port is. */
typedef enum { BIT, BURST, WORD, FLIT, SLOT, ERRORS, CORES, FLITS } Width;

typedef struct {
    const char *direction, *name;
    Width width;
} Port;

static const Port ports[] = {
    {"input ", "clk_i", BIT},           {"input ", "rst_ni", BIT},
    {"input ", "cfg_valid_i", BIT},     {"output", "cfg_ready_o", BIT},
    {"input ", "cfg_write_i", BIT},     {"input ", "cfg_addr_i", WORD},
    {"input ", "cfg_data_i", WORD},     {"output", "cfg_rvalid_o", BIT},
    {"output", "cfg_rdata_o", WORD},    {"input ", "start_i", BIT},
    {"output", "busy_o", BIT},          {"output", "done_o", BIT},
    {"input ", "in_valid_i", BIT},      {"output", "in_ready_o", BIT},
    {"input ", "in_end_i", BIT},        {"input ", "in_flit_i", FLIT},
    {"output", "mem_req_valid_o", BIT}, {"input ", "mem_req_ready_i", BIT},
    {"output", "mem_req_addr_o", WORD}, {"output", "mem_req_words_o", BURST},
    {"input ", "mem_valid_i", BIT},     {"output", "mem_ready_o", BIT},
    {"input ", "mem_data_i", WORD},     {"output", "out_valid_o", BIT},
    {"input ", "out_ready_i", BIT},     {"output", "out_flit_o", FLIT},
    {"output", "slot_valid_o", BIT},    {"output", "slot_o", SLOT},
    {"output", "flags_o", ERRORS},      {"output", "trace_valid_o", CORES},
    {"output", "trace_flit_o", FLITS},
};
enum { PORTS = sizeof ports / sizeof *ports };

static uint32_t bits_of(const TtfsChip *chip, Width width) {
    switch (width) {
    case BIT:
        return 1;
    case BURST:
        return 7;
    case WORD:
        return 32;
    case FLIT:
        return ttfs_chip_flit_bits(chip);
    case SLOT:
        return 12;
    case ERRORS:
        return TTFS_ERROR_BITS;
    case CORES:
        return ttfs_chip_cores(chip);
    case FLITS:
        return ttfs_chip_cores(chip) * ttfs_chip_flit_bits(chip);
    }
    return 0;
}

static void print_port(const TtfsChip *chip, const Port *p, TtfsBuf *out) {
    ttfs_buf_printf(out, "    %s wire ", p->direction);
    if (p->width != BIT) ttfs_buf_printf(out, "[%u:0] ", bits_of(chip, p->width) - 1);
    ttfs_buf_puts(out, p->name);
}

static void print_top(const TtfsChip *chip, TtfsBuf *out) {
    const TtfsKey *k = ttfs_chip_keys.at;
    ttfs_buf_puts(out, "// SPDX-License-Identifier: Apache-2.0\n//\n"
                       "// A chip: parameters and ports, made by ttfs. What they mean is said in "
                       "ttfs_chip.v.\n\n"
                       "`default_nettype none\n\nmodule ttfs_top #(\n");
    ttfs_buf_puts(out, "    parameter PRELOAD     = 0,\n    parameter INIT_PREFIX = \"\"\n) (\n");
    for (int i = 0; i < PORTS; i++) {
        print_port(chip, &ports[i], out);
        ttfs_buf_puts(out, i + 1 < PORTS ? ",\n" : "\n");
    }
    ttfs_buf_puts(out, ");\n    ttfs_chip #(\n");
    for (size_t i = 0; i < ttfs_chip_keys.len; i++)
        if (*k[i].verilog)
            ttfs_buf_printf(out, "        .%s(%.0f),\n", k[i].verilog, ttfs_key_get(&k[i], chip));
    ttfs_buf_printf(out, "        .CHIP_HASH(32'h%08x),\n", ttfs_chip_hash(chip));
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
