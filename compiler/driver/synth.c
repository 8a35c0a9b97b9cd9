/* SPDX-License-Identifier: Apache-2.0
 *
 * From Yosys to a bitstream: what all families have in common (what they differ in: flow_*.c). In:
 * the Verilog of a compiled folder, which must be what ttfs writes for its chip, and the shipped
 * board top with its pins; out: OUT/fpga/NAME with bitstream, netlist, constraints, logs and
 * figures. All is made in a private folder, by a fixed seed; what is kept appears at once. The
 * bitstream is of the chip, not of the network: a host configures it (rtl/README.md, "The board
 * top").
 */
#include "synth.h"

#include "asked.h"
#include "board.h"
#include "board_clock.h"
#include "boot.h"
#include "json_tree.h"
#include "out.h"
#include "out_folder.h"
#include "parallel.h"
#include "shipped.h"
#include "synth_flow.h"
#include "synth_place.h"
#include "synth_work.h"
#include "vivado.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const TtfsSynthOptions *options;
    const TtfsSynthFlow *flow;
    TtfsOut out;
    TtfsTools tools;
    TtfsSynthesis *result;
    TtfsArena *arena;
    TtfsDiag *diag;
} Synth;

static const TtfsChip *chip_of(const Synth *s) {
    return &s->out.plan.chip;
}

/* --- what is asked --- */

static bool check_seeds(const TtfsSynthOptions *o, TtfsDiag *diag) {
    if (o->seeds && o->estimate)
        return ttfs_error(diag, TTFS_AT_FILE("--seeds"), TTFS_OPTION_VALUE,
                          "are of place and route, which --estimate leaves out");
    if (o->threads && !o->seeds)
        return ttfs_error(diag, TTFS_AT_FILE("--threads"), TTFS_OPTION_VALUE,
                          "places by several seeds at a time: it goes with --seeds");
    return (!o->seeds || ttfs_asked_within("--seeds", o->seeds, 1, TTFS_MOST_SEEDS, diag)) &&
           (!o->threads || ttfs_asked_within("--threads", o->threads, 1, TTFS_MOST_THREADS, diag));
}

/* What is of a chip is not passed over. */
static bool check_asked(const TtfsSynthOptions *o, TtfsDiag *diag) {
    if ((o->encoder || o->boot) && o->estimate)
        return ttfs_error(diag, TTFS_AT_FILE(o->boot ? "--boot" : "--encoder"), TTFS_OPTION_VALUE,
                          "is not in the estimate");
    if (!check_seeds(o, diag)) return false;
    const char *other = o->lef ? "--lef" : o->sdc ? "--sdc" : o->sram_ns > 0 ? "--sram-ns" : NULL;
    return !other || ttfs_error(diag, TTFS_AT_FILE(other), TTFS_OPTION_VALUE,
                                "is for a chip, with --liberty, and not for an FPGA");
}

static bool open_device(Synth *s) {
    const TtfsSynthOptions *o = s->options;
    uint32_t k = 0;
    if (!ttfs_asked_folder(o->folder, s->diag) || !check_asked(o, s->diag) ||
        !ttfs_asked_for("--device", o->device,
                        "a device is needed: --device hx8k, or another one that --help names",
                        s->diag) ||
        !ttfs_asked_word("--device", o->device, ttfs_device_names, &k, s->diag))
        return false;
    s->result->device = ttfs_device(k);
    s->flow = s->result->device.family == TTFS_FAMILY_ECP5 ? &ttfs_flow_ecp5 : &ttfs_flow_ice40;
    if (o->boot && !ttfs_boot_there(&s->result->device))
        return ttfs_error(s->diag, TTFS_AT_FILE("--boot"), TTFS_OPTION_VALUE,
                          "is for up5k and hx8k, whose boards' flash the chip can read");
    if (o->seeds && s->result->device.vivado)
        return ttfs_error(s->diag, TTFS_AT_FILE("--seeds"), TTFS_OPTION_VALUE,
                          "are of nextpnr, which does not place %s", s->result->device.name);
    return ttfs_board_clock(o->clock_mhz, s->result, s->diag);
}

static bool refuse_chip(const Synth *s, const char *what) {
    return ttfs_error_advice(
        s->diag, TTFS_AT_FILE(s->options->folder), TTFS_DEVICE_FIT,
        ttfs_arena_printf(s->arena, "compile it again with --fit %s", s->result->device.name), "%s",
        what);
}

/* --- what is known before --- */

static bool check_kind(const Synth *s) {
    if (ttfs_chip_cores(chip_of(s)) > 1)
        return refuse_chip(s, "the chip has several cores, one is expected");
    if (chip_of(s)->stream)
        return refuse_chip(s, "the chip streams weights, the board top has no memory for them");
    return true;
}

static void estimate(const Synth *s) {
    TtfsSynthesis *r = s->result;
    TtfsSize size = ttfs_size_on_board(chip_of(s), &r->device);
    r->luts = size.luts;
    r->ffs = size.ffs;
    r->ram = size.ram[0] + size.ram[1];
    r->fmax_mhz = ttfs_clock_on_board(chip_of(s), &r->device);
    r->estimated = true;
}

/* Tools need minutes to find out. */
static bool check_memories(const Synth *s) {
    const TtfsDevice *d = &s->result->device;
    TtfsSize size = ttfs_size_of(chip_of(s), d);
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++)
        if (size.ram[i] > d->ram[i].count)
            return refuse_chip(s, ttfs_arena_printf(s->arena,
                                                    "the chip's memories take %" PRIu64
                                                    " %s, of which %s has %" PRIu32,
                                                    size.ram[i], d->ram[i].name, d->name,
                                                    d->ram[i].count));
    return true;
}

/* --- what the tools are given --- */

/* The Verilog with the board top beside it. */
static bool fill_verilog(const Synth *s) {
    TtfsFileSet board = {0};
    const char *rtl = ttfs_path_join(s->arena, s->tools.work, "rtl");
    bool ok = ttfs_board_verilog(s->options->encoder, &board, s->arena, s->diag) &&
              ttfs_file_set_fill(&s->out.verilog, rtl, s->diag) &&
              ttfs_file_set_fill(&board, rtl, s->diag);
    ttfs_file_set_free(&board);
    return ok;
}

/* Bits that nobody uses are left out of memories: Yosys does so when it knows that zeros are
 * written. */
static void print_packing(TtfsBuf *out) {
    ttfs_buf_puts(out, "hierarchy -top ttfs_board\nproc\nflatten\n"
                       "opt_expr -fine -mux_undef c:*u_buffers* c:*u_rows* %u c:*u_cols* %u "
                       "w:*u_buffers* %u w:*u_rows* %u w:*u_cols* %u\nopt_clean\n");
}

/* A word of activations in two memories, the one of its lowest bits for SPRAM. */
static void print_split(uint32_t bits, TtfsBuf *out) {
    if (bits)
        ttfs_buf_printf(out,
                        "techmap -D LOW=%" PRIu32 " -map split_words.v "
                        "t:$mem_v2 c:*u_store.u_words* %%i\n",
                        bits);
}

/* Logic is mapped in three rounds, each from what the one before left: 2 to 4 % fewer LUTs. */
static const char rounds[] = "scratchpad -copy abc9.script.flow3 abc9.script\n";

/* Yosys puts a memory into SPRAM when it is told to, between two of its steps: the weights, when
 * there are too few small blocks, and of activations what room is left for. */
static void print_mapping(const Synth *s, TtfsBuf *out) {
    const char *command = s->result->device.flow.yosys;
    TtfsSize size = ttfs_size_of(chip_of(s), &s->result->device);
    ttfs_buf_puts(out, rounds);
    if (!size.ram[1]) {
        ttfs_buf_printf(out, "%s -top ttfs_board -json board.json\n", command);
        return;
    }
    if (size.split) print_packing(out);
    ttfs_buf_printf(out, "%s -top ttfs_board -spram -run begin:map_ram\n", command);
    print_split(size.split, out);
    ttfs_buf_printf(out,
                    "setattr -set ram_style \"huge\" t:$mem_v2 c:*u_weights* %%i%s\n"
                    "%s -top ttfs_board -spram -json board.json -run map_ram:\n",
                    size.split ? " t:$mem_v2 c:*u_store.u_words*low %i %u" : "", command);
}

/* The board top behind a PLL takes its name. */
static void print_pll(const Synth *s, TtfsBuf *script) {
    if (!(s->result->pll.mhz > 0)) return;
    ttfs_buf_puts(script, "rename ttfs_board ttfs_board_inside\nread_verilog <<EOT\n");
    ttfs_board_pll(s->result, ttfs_chip_flit_bits(chip_of(s)), s->options->boot, script);
    ttfs_buf_puts(script, "EOT\n");
}

/* What print_split names. */
static bool fill_split(const Synth *s) {
    TtfsFileSet map = {0};
    if (!ttfs_size_of(chip_of(s), &s->result->device).split) return true;
    bool ok = ttfs_file_set_read_file(&map, ttfs_data_path(s->arena, "hw"), "split_words.v", true,
                                      s->diag) &&
              ttfs_file_set_fill(&map, s->tools.work, s->diag);
    ttfs_file_set_free(&map);
    return ok;
}

static bool fill_script(const Synth *s) {
    TtfsBuf text = {0};
    uint32_t flit = ttfs_chip_flit_bits(chip_of(s));
    ttfs_buf_printf(&text, "read_verilog -DSYNTHESIS%s -Irtl rtl/ttfs_*.v\nchparam",
                    s->options->boot ? " -DTTFS_BOOT" : "");
    ttfs_board_parameters(chip_of(s), s->result->baud_cycles, s->options->encoder, " -set ", " ",
                          "", &text);
    ttfs_buf_puts(&text, " ttfs_board\n");
    print_pll(s, &text);
    if (!ttfs_device_monitor(&s->result->device, flit))
        ttfs_buf_puts(&text, "hierarchy -top ttfs_board\nproc\n"
                             "delete -port ttfs_board/w:trace_valid_o ttfs_board/w:trace_flit_o\n");
    print_mapping(s, &text);
    ttfs_buf_puts(&text, "tee -q -o stat.json stat -json\nsplitnets\n"
                         "write_verilog -noattr netlist.v\n");
    return ttfs_work_fill_buf(&s->tools, "synth.ys", &text);
}

static bool fill_pins(const Synth *s) {
    TtfsBuf out = {0};
    bool ok = ttfs_board_pins(&s->result->device, ttfs_chip_flit_bits(chip_of(s)), s->options->boot,
                              &out, &s->result->pins, s->arena, s->diag) &&
              ttfs_work_fill(&s->tools, s->flow->pins, ttfs_buf_text(&out), out.len);
    ttfs_buf_free(&out);
    return ok;
}

/* --- the tools --- */

static bool search(const Synth *s) {
    uint32_t threads = s->options->threads ? s->options->threads : ttfs_cores();
    return ttfs_place_seeds(&s->tools, s->flow, s->options->seeds, threads, s->result);
}

static bool run_tools(const Synth *s) {
    TtfsTool tools[2 + TTFS_FLOW_TOOLS] = {
        {"synthesis (yosys)", "yosys", "yosys.log", {"yosys", "-q", "synth.ys"}}};
    tools[1] = s->flow->place(s->result, 1, "", s->arena);
    size_t n = 2 + s->flow->tools(s->result, tools + 2);
    for (size_t i = 0; i < n; i++) /* the first needs minutes */
        if (!ttfs_tool_there(&s->tools, &tools[i])) return false;
    for (size_t i = 0; i < n; i++)
        if (i == 1 && s->options->seeds ? !search(s) : !ttfs_tool_run(&s->tools, &tools[i]))
            return false;
    for (size_t i = 0; i < n; i++) ttfs_tool_forget(&s->tools, &tools[i]);
    return true;
}

/* --- what they say --- */

/* Cells by type, of the design that was made flat. */
static bool read_cells(const Synth *s) {
    TtfsJsonTree *t = ttfs_place_json(&s->tools, "stat.json");
    const cJSON *design = t ? cJSON_GetObjectItemCaseSensitive(t->root, "design") : NULL, *cell;
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(design, "num_cells_by_type"))
        s->flow->count(s->result, cell->string,
                       cell->valuedouble > 0 ? (uint64_t)cell->valuedouble : 0);
    ttfs_undo(t);
    return s->result->luts > 0 || (t && ttfs_work_unread(&s->tools, "stat.json"));
}

/* The second analysis, of the bitstream's wires: the slower one counts. */
static bool read_timing(const Synth *s) {
    static const char key[] = "Total path delay: ";
    if (!s->flow->timing) return true;
    const char *text = ttfs_tool_text(&s->tools, s->flow->timing);
    const char *at = text ? strstr(text, key) : NULL;
    double ns = at ? strtod(at + sizeof key - 1, NULL) : 0;
    if (!(ns > 0)) return text && ttfs_work_unread(&s->tools, s->flow->timing);
    if (1000 / ns < s->result->fmax_mhz) s->result->fmax_mhz = 1000 / ns;
    return true;
}

/* --- what is kept --- */

static const char *place_of(const Synth *s) {
    return ttfs_arena_printf(s->arena, "fpga/%s", s->result->device.name);
}

/* The document that is kept names the file beside it, wherever OUT lies. */
static bool fill_result(const Synth *s) {
    TtfsBuf text = {0};
    s->result->meets_clock = s->result->fmax_mhz >= s->result->clock_mhz;
    s->result->bitstream = s->flow->bitstream;
    ttfs_synth_json(s->result, &text);
    bool ok = ttfs_work_fill_buf(&s->tools, "synth.json", &text);
    const char *folder = ttfs_path_join(s->arena, s->out.folder, place_of(s));
    s->result->bitstream = ttfs_path_join(s->arena, folder, s->flow->bitstream);
    return ok;
}

/* With it a file for the flash. */
static bool keep(const Synth *s) {
    TtfsFileSet network = {0};
    const TtfsWorkSet set = {"", &network};
    TtfsBuf words = {0};
    if (s->options->boot) {
        ttfs_boot_network(&s->out.image, &words);
        ttfs_file_set_add(&network, "network.bin", ttfs_buf_text(&words), words.len);
    }
    bool ok = ttfs_work_keep(&s->tools, place_of(s), s->flow->kept, &set, s->options->boot);
    ttfs_buf_free(&words);
    ttfs_file_set_free(&network);
    return ok;
}

static bool work(void *context) {
    Synth *s = context;
    return fill_verilog(s) && fill_split(s) && fill_script(s) && fill_pins(s) && run_tools(s) &&
           read_cells(s) && ttfs_place_read(&s->tools, s->flow, "report.json", s->result) &&
           read_timing(s) && fill_result(s) && keep(s);
}

static bool make(Synth *s) {
    s->tools = (TtfsTools){
        NULL, s->out.folder, s->result->device.name, s->options->progress, s->arena, s->diag, NULL};
    return ttfs_work_run(&s->tools, "ttfs-synth", work, s);
}

/* Whether there can be a result: said before the tools run. */
static bool check_target(const Synth *s) {
    return ttfs_out_folder_check(s->out.folder, place_of(s), s->arena, s->diag);
}

static bool open_out(Synth *s) {
    int parts = TTFS_OUT_PLAN;
    if (!s->options->estimate) parts |= TTFS_OUT_IMAGE | TTFS_OUT_RTL | TTFS_OUT_SYNTH_RTL;
    if (!ttfs_out_open(&s->out, s->options->folder, parts, s->diag)) return false;
    s->result->core_us = (double)s->out.plan.expected_cycles / s->result->clock_mhz;
    return s->options->estimate || s->out.has_image; /* else its reader said why */
}

bool ttfs_synth(const TtfsSynthOptions *o, TtfsSynthesis *result, TtfsArena *a, TtfsDiag *diag) {
    Synth s = {.options = o, .result = result, .arena = a, .diag = diag};
    *result = (TtfsSynthesis){0};
    bool ok = open_device(&s) && open_out(&s) && check_kind(&s);
    if (ok && o->estimate)
        estimate(&s);
    else if (ok && result->device.vivado)
        ok = ttfs_vivado(o, &s.out, result, a, diag);
    else
        ok = ok && check_memories(&s) && check_target(&s) && make(&s);
    ttfs_out_close(&s.out);
    return ok;
}
