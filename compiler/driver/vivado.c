/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip as a block of a design (out of context): its ports are for the inside of an FPGA, so it
 * gets no pins; where there is a board, a second project has the board top (vivado_board.c). Yosys
 * says what it takes; Vivado, which is not run here, places and routes it. In: the Verilog of
 * OUT/rtl, which the script names where it lies, and the image's files for $readmemh, with which
 * the chip is preloaded.
 */
#include "vivado.h"

#include "json_tree.h"
#include "out_folder.h"
#include "synth_work.h"
#include "vivado_board.h"

#include <inttypes.h>
#include <string.h>

static const char *const kept[] = {"project.tcl", "ttfs.xdc",   "synth.ys",
                                   "yosys.log",   "synth.json", "board.tcl",
                                   "board.xdc",   "board.v",    NULL};
static const char *const kept_alone[] = {"project.tcl", "ttfs.xdc",   "synth.ys",
                                         "yosys.log",   "synth.json", NULL};
static const char *const hex_ending[] = {".hex", NULL};

typedef struct {
    const TtfsSynthOptions *options;
    TtfsOut *out;
    TtfsTools tools;
    TtfsSynthesis *result;
    TtfsFileSet memories, board; /* board: the board top, where there is a board */
    TtfsArena *arena;
    TtfsDiag *diag;
} Vivado;

static bool fill(const Vivado *s, const char *name, const char *text) {
    return ttfs_work_fill(&s->tools, name, text, strlen(text));
}

/* --- what the tools are given --- */

static bool fill_script(const Vivado *s) {
    return fill(s, "synth.ys",
                "read_verilog -DSYNTHESIS -Irtl rtl/ttfs_*.v\n"
                "synth_xilinx -flatten -family xc7 -top ttfs_top -noiopad -noclkbuf\n"
                "tee -q -o stat.json stat -json\n");
}

static bool fill_constraints(const Vivado *s) {
    double ns = 1000 / s->result->clock_mhz;
    return fill(s, "ttfs.xdc",
                ttfs_arena_printf(
                    s->arena,
                    "# ttfs_top inside a design: one clock, rst_ni synchronous to it, no pins.\n"
                    "create_clock -name clk -period %.3f [get_ports clk_i]\n"
                    "set_input_delay -clock clk %.3f [get_ports -filter {DIRECTION == IN && NAME "
                    "!= clk_i}]\n"
                    "set_output_delay -clock clk %.3f [get_ports -filter {DIRECTION == OUT}]\n",
                    ns, ns / 5, ns / 5));
}

static bool fill_project(const Vivado *s) {
    return fill(
        s, "project.tcl",
        ttfs_arena_printf(
            s->arena,
            "# vivado -mode batch -source project.tcl: a project of ttfs_top beside this file, out "
            "of context.\nset here [file dirname [file normalize [info script]]]\n"
            "create_project -force ttfs $here/vivado -part %s\n"
            "add_files [glob -directory [file normalize $here/../../rtl] ttfs_*.v]\n"
            "set_property include_dirs [list [file normalize $here/../../rtl]] [current_fileset]\n"
            "add_files [glob -directory $here core*.hex]\n"
            "set_property file_type {Memory Initialization Files} [get_files *.hex]\n"
            "add_files -fileset constrs_1 $here/ttfs.xdc\n"
            "set_property top ttfs_top [current_fileset]\n"
            "set_property generic \"PRELOAD=1 INIT_PREFIX=\\\"$here/\\\"\" [current_fileset]\n"
            "synth_design -top ttfs_top -mode out_of_context\n"
            "opt_design\nplace_design\nroute_design\n"
            "report_utilization -file $here/vivado/utilization.txt\n"
            "report_timing_summary -file $here/vivado/timing.txt\n"
            "write_checkpoint -force $here/vivado/ttfs_top.dcp\n",
            s->result->device.vivado));
}

/* --- what Yosys says --- */

/* LUTs that a cell takes: one of logic, or memory made of LUTs. */
static uint64_t luts_of(const char *type) {
    static const struct {
        const char *begin;
        uint64_t luts;
    } kinds[] = {{"LUT", 1},      {"SRL", 1},      {"RAM32M", 4},    {"RAM64M", 4},
                 {"RAM32X1S", 1}, {"RAM64X1S", 1}, {"RAM128X1S", 2}, {"RAM256X1S", 4},
                 {"RAM32X1D", 2}, {"RAM64X1D", 2}, {"RAM128X1D", 4}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(type, kinds[i].begin, strlen(kinds[i].begin)) == 0) return kinds[i].luts;
    return 0;
}

static void count_cell(TtfsSynthesis *r, const cJSON *cell) {
    uint64_t n = cell->valuedouble > 0 ? (uint64_t)cell->valuedouble : 0;
    r->luts += n * luts_of(cell->string);
    if (strncmp(cell->string, "FD", 2) == 0) r->ffs += n;
    if (strncmp(cell->string, "RAMB18", 6) == 0) r->ram += n;
    if (strncmp(cell->string, "RAMB36", 6) == 0) r->ram += 2 * n;
    if (strncmp(cell->string, "DSP48", 5) == 0) r->dsps += n;
}

static bool read_cells(const Vivado *s) {
    const char *text = ttfs_tool_text(&s->tools, "stat.json");
    TtfsJsonTree *t = text ? ttfs_json_parse(text, strlen(text), NULL) : NULL;
    const cJSON *design = t ? cJSON_GetObjectItemCaseSensitive(t->root, "design") : NULL, *cell;
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(design, "num_cells_by_type"))
        count_cell(s->result, cell);
    ttfs_undo(t);
    return s->result->luts > 0 || (text && ttfs_work_unread(&s->tools, "stat.json"));
}

/* What Yosys counts is more than an estimate: nobody places it. */
static bool check_fit(const Vivado *s) {
    const TtfsSynthesis *r = s->result;
    const TtfsDevice *d = &r->device;
    return (r->luts <= d->luts && r->ffs <= d->ffs && r->ram <= d->ram[0].count) ||
           ttfs_error_advice(s->diag, TTFS_AT_FILE(s->out->folder), TTFS_DEVICE_FIT,
                             ttfs_arena_printf(s->arena, "compile it again with --fit %s", d->name),
                             "the chip takes %" PRIu64 " LUTs, %" PRIu64 " flip-flops and %" PRIu64
                             " %s, %s has %" PRIu32 ", %" PRIu32 " and %" PRIu32,
                             r->luts, r->ffs, r->ram, d->ram[0].name, d->name, d->luts, d->ffs,
                             d->ram[0].count);
}

/* --- what is kept --- */

static const char *place_of(const Vivado *s) {
    return ttfs_arena_printf(s->arena, "fpga/%s", s->result->device.name);
}

static bool keep(const Vivado *s) {
    const TtfsWorkSet sets[] = {{"", &s->memories}, {"", &s->board}};
    bool board = ttfs_vivado_board_there(&s->result->device);
    return ttfs_work_keep(&s->tools, place_of(s), board ? kept : kept_alone, sets, 1 + board);
}

static bool fill_result(const Vivado *s) {
    TtfsBuf text = {0};
    s->result->project = "project.tcl";
    ttfs_synth_json(s->result, &text);
    bool ok = ttfs_work_fill_buf(&s->tools, "synth.json", &text);
    const char *folder = ttfs_path_join(s->arena, s->out->folder, place_of(s));
    s->result->project = ttfs_path_join(s->arena, folder, "project.tcl");
    return ok;
}

static bool fill_board(Vivado *s) {
    return !ttfs_vivado_board_there(&s->result->device) ||
           ttfs_vivado_board(&s->tools, &s->out->image.chip, s->result, s->options->encoder,
                             &s->board);
}

static bool work(void *context) {
    Vivado *s = context;
    static const TtfsTool yosys = {
        "synthesis (yosys)", "yosys", "yosys.log", {"yosys", "-q", "synth.ys"}};
    const char *rtl = ttfs_path_join(s->arena, s->tools.work, "rtl");
    if (!ttfs_file_set_read(&s->memories, ttfs_out_path(s->out, "image"), hex_ending, false,
                            s->diag) ||
        !ttfs_file_set_fill(&s->out->verilog, rtl, s->diag) || !fill_script(s) ||
        !fill_constraints(s) || !fill_project(s) || !fill_board(s) ||
        !ttfs_tool_run(&s->tools, &yosys))
        return false;
    ttfs_tool_forget(&s->tools, &yosys);
    return read_cells(s) && check_fit(s) && fill_result(s) && keep(s);
}

bool ttfs_vivado(const TtfsSynthOptions *o, TtfsOut *out, TtfsSynthesis *result, TtfsArena *a,
                 TtfsDiag *diag) {
    Vivado s = {.options = o, .out = out, .result = result, .arena = a, .diag = diag};
    if (o->encoder && !ttfs_vivado_board_there(&result->device))
        return ttfs_error(diag, TTFS_AT_FILE("--encoder"), TTFS_OPTION_VALUE,
                          "is beside the board top, and %s has no board", result->device.name);
    s.tools = (TtfsTools){NULL, out->folder, result->device.name, o->progress, a, diag, NULL};
    bool ok = ttfs_out_folder_check(out->folder, place_of(&s), a, diag) &&
              ttfs_work_run(&s.tools, "ttfs-synth", work, &s);
    ttfs_file_set_free(&s.memories);
    ttfs_file_set_free(&s.board);
    return ok;
}
