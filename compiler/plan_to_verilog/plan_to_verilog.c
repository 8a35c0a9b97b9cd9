/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> Verilog. In: the chip's parameters and the folder of hand-written modules; out: a folder
 * with ttfs_top.v (parameters and ports, no behaviour), byte-for-byte copies of the modules and a
 * file list. The text depends on the chip alone: two networks on one chip share a simulation.
 */
#include "plan_to_verilog.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 16 * 1024 * 1024 };

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

typedef struct {
    const char *name;
    uint32_t value;
} Parameter;

enum { PARAMETERS = 14 };

static void list_parameters(const TtfsChip *c, Parameter p[PARAMETERS]) {
    Parameter all[PARAMETERS] = {
        {"CORES", c->cores},
        {"LANES", c->lanes},
        {"WEIGHT_BITS", c->weight_bits},
        {"SLOPE_BITS", c->slope_bits},
        {"ACC_BITS", c->acc_bits},
        {"TICK_BITS", c->tick_bits},
        {"C_BITS", c->c_bits},
        {"Y_BITS", c->y_bits},
        {"X_BITS", c->x_bits},
        {"SLOTS", c->slots},
        {"WEIGHT_ROWS", c->weight_rows},
        {"LIST_WORDS", c->list_words},
        {"LOG_WORDS", c->log_words},
        {"SEEN_WORDS", c->seen_words},
    };
    memcpy(p, all, sizeof all);
}

static void print_top(const TtfsChip *chip, TtfsBuf *out) {
    Parameter p[PARAMETERS];
    list_parameters(chip, p);
    ttfs_buf_puts(out, "// SPDX-License-Identifier: Apache-2.0\n//\n"
                       "// A chip: parameters and ports, made by ttfs. What they mean is said in "
                       "ttfs_chip.v.\n\n"
                       "`default_nettype none\n\nmodule ttfs_top #(\n");
    for (int i = 0; i < PARAMETERS; i++)
        ttfs_buf_printf(out, "    parameter %-11s = %u,\n", p[i].name, p[i].value);
    ttfs_buf_puts(out, "    parameter PRELOAD     = 0,\n    parameter INIT_PREFIX = \"\"\n) (\n");
    for (int i = 0; i < PORTS; i++)
        ttfs_buf_printf(out, "    %s wire %s%s%s%s\n", ports[i].direction, ports[i].width,
                        *ports[i].width ? " " : "", ports[i].name, i + 1 < PORTS ? "," : "");
    ttfs_buf_puts(out, ");\n    ttfs_chip #(\n");
    for (int i = 0; i < PARAMETERS; i++)
        ttfs_buf_printf(out, "        .%s(%s),\n", p[i].name, p[i].name);
    ttfs_buf_puts(
        out, "        .PRELOAD(PRELOAD),\n        .INIT_PREFIX(INIT_PREFIX)\n    ) u_chip (\n");
    for (int i = 0; i < PORTS; i++)
        ttfs_buf_printf(out, "        .%s(%s)%s\n", ports[i].name, ports[i].name,
                        i + 1 < PORTS ? "," : "");
    ttfs_buf_puts(out, "    );\nendmodule\n\n`default_nettype wire\n");
}

static bool is_verilog(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (strcmp(dot, ".v") == 0 || strcmp(dot, ".vh") == 0);
}

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

typedef struct {
    TtfsArena arena;
    TTFS_VEC(const char *) at;
} Names;

static bool list_modules(const char *folder, Names *names, TtfsDiag *diag) {
    DIR *dir = opendir(folder);
    if (!dir) return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_FILE_OPEN, "%s", strerror(errno));
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (is_verilog(e->d_name))
            *TTFS_PUSH(&names->arena, names->at) = ttfs_arena_strdup(&names->arena, e->d_name);
    closedir(dir);
    if (names->at.len == 0)
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_FILE_OPEN, "no Verilog in the folder");
    qsort(names->at.at, names->at.len, sizeof *names->at.at, by_name);
    return true;
}

static bool copy(TtfsArena *a, const char *from, const char *to, const char *name, TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, ttfs_path_join(a, from, name), FILE_LIMIT, diag)) return false;
    bool ok = ttfs_file_write(ttfs_path_join(a, to, name), f.bytes, f.size, diag);
    ttfs_file_close(&f);
    return ok;
}

static bool write_text(TtfsArena *a, const char *folder, const char *name, TtfsBuf *text,
                       TtfsDiag *diag) {
    bool ok = ttfs_file_write(ttfs_path_join(a, folder, name), text->text, text->len, diag);
    ttfs_buf_free(text);
    return ok;
}

bool ttfs_plan_to_verilog(const TtfsPlan *p, const char *rtl_folder, const char *folder,
                          TtfsDiag *diag) {
    Names names = {{0}, {0}};
    TtfsBuf top = {0}, list = {0};
    bool ok = ttfs_chip_check(&p->chip, NULL, diag) && ttfs_make_folders(folder, diag) &&
              list_modules(rtl_folder, &names, diag);
    for (uint32_t i = 0; ok && i < names.at.len; i++) {
        const char *name = names.at.at[i];
        ok = copy(&names.arena, rtl_folder, folder, name, diag);
        if (strrchr(name, '.')[2] == 0) ttfs_buf_printf(&list, "%s\n", name);
    }
    if (ok) {
        print_top(&p->chip, &top);
        ttfs_buf_puts(&list, "ttfs_top.v\n");
        ok = write_text(&names.arena, folder, "ttfs_top.v", &top, diag) &&
             write_text(&names.arena, folder, "filelist.f", &list, diag);
    }
    ttfs_buf_free(&list);
    ttfs_arena_free(&names.arena);
    return ok;
}
