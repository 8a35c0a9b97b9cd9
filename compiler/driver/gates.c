/* SPDX-License-Identifier: Apache-2.0
 *
 * A netlist is code as the Verilog of OUT/rtl is (out_rtl.c), and so is what a bitstream becomes:
 * taken is what this user's ttfs has made, or what the user vouches for. The pins of a bitstream
 * are named by the shipped constraints, not by those in the folder. What comes out is one file: a
 * host that speaks to the board top over its link (sim_host.v) and has the ports of the chip, the
 * board top, the cells.
 */
#include "gates.h"

#include "bits.h"
#include "cell_models.h"
#include "device.h"
#include "made_here.h"
#include "shipped.h"

#include <string.h>

enum { TEXT_LIMIT = 16 << 20 };

static const struct {
    const char *file, *engine;
} gates[] = {{"netlist.v", "netlist"}, {"board.bin", "bitstream"}, {"netlist.v", "asic"}};

/* Of a chip: netlist, cells, memories. */
static const char *const asic_files[] = {"netlist.v", "cells.v", "macros.v"};

typedef struct {
    TtfsOut *out;
    TtfsGates which;
    bool trusted;
    TtfsDevice device;
    TtfsTools tools;
    TtfsFileSet made; /* the one file that synth wrote */
    TtfsArena *arena;
    TtfsDiag *diag;
} Gates;

/* --- what synth wrote --- */

static const char *folder_of(const Gates *g, const char *device) {
    return ttfs_out_path(g->out, ttfs_arena_printf(g->arena, "fpga/%s", device));
}

static bool is_there(const Gates *g, const TtfsDevice *d, const char *file) {
    return ttfs_file_exists(ttfs_path_join(g->arena, folder_of(g, d->name), file));
}

static bool has_monitor(const Gates *g, const TtfsDevice *d) {
    return ttfs_device_monitor(d, ttfs_chip_flit_bits(&g->out->image.chip));
}

/* Bits are turned back by icestorm, which knows no SPRAM: of the device without it, whose board has
 * a monitor for spikes. */
static bool can_be_read(const Gates *g, const TtfsDevice *d) {
    return g->which != TTFS_GATES_BITSTREAM ||
           (d->family == TTFS_FAMILY_ICE40 && has_monitor(g, d));
}

/* Whether the chip, by its estimate, has room on a device. */
static bool has_room(const Gates *g, const TtfsDevice *d) {
    TtfsSize size = ttfs_size_on_board(&g->out->image.chip, d);
    bool room = size.luts <= d->luts && size.ffs <= d->ffs;
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++) room = room && size.ram[i] <= d->ram[i].count;
    return room;
}

/* How well a device does where there is no file: the chip has room on it; was made for it. */
static int suits(const Gates *g, const TtfsDevice *d) {
    return 1 + 2 * has_room(g, d) + (strcmp(g->out->image.chip.name, d->name) == 0);
}

/* The first device of these that synth made the file for; if none, the first of those that suit
 * best. */
static TtfsDevice find_device(const Gates *g) {
    TtfsDevice found = {0};
    int best = 0;
    for (uint32_t i = 0; ttfs_flow_names[i]; i++) {
        TtfsDevice d = ttfs_flow_device(i);
        if (!can_be_read(g, &d)) continue;
        if (is_there(g, &d, gates[g->which].file)) return d;
        int fit = suits(g, &d);
        if (fit > best) found = d, best = fit;
    }
    return found;
}

/* A bitstream of ECP5, where there is no other. */
static bool tell_other_bits(const Gates *g) {
    for (uint32_t i = 0; g->which == TTFS_GATES_BITSTREAM && ttfs_flow_names[i]; i++) {
        TtfsDevice d = ttfs_flow_device(i);
        if (d.family != TTFS_FAMILY_ECP5 || !is_there(g, &d, "board.bit")) continue;
        ttfs_error_advice(
            g->diag, TTFS_AT_FILE(folder_of(g, d.name)), TTFS_OUT_FOLDER,
            "engine netlist simulates the cells that Yosys made",
            "a bitstream of ECP5 cannot be turned back into Verilog, one of iCE40 can");
        return true;
    }
    return false;
}

/* A bitstream of a board without a monitor, which is that with SPRAM. */
static bool tell_no_monitor(const Gates *g) {
    for (uint32_t i = 0; g->which == TTFS_GATES_BITSTREAM && ttfs_flow_names[i]; i++) {
        TtfsDevice d = ttfs_flow_device(i);
        if (has_monitor(g, &d) || !is_there(g, &d, gates[g->which].file)) continue;
        ttfs_error_advice(g->diag, TTFS_AT_FILE(folder_of(g, d.name)), TTFS_OUT_FOLDER,
                          "engine netlist simulates the cells that Yosys made",
                          "icebox_vlog knows no SPRAM, and this board has no monitor of spikes: "
                          "engine bitstream is for hx8k");
        return true;
    }
    return false;
}

/* What makes the file; of a chip that fits no board the way there. */
static const char *how_to_make(const Gates *g) {
    const TtfsChip *chip = &g->out->image.chip;
    const char *device = g->device.name, *folder = g->out->folder;
    if (g->which == TTFS_GATES_ASIC)
        return ttfs_arena_printf(g->arena, "run 'ttfs synth %s --liberty FILE' first", folder);
    if (ttfs_chip_cores(chip) == 1 && !chip->stream && has_room(g, &g->device))
        return ttfs_arena_printf(g->arena, "run 'ttfs synth %s --device %s' first", folder, device);
    return ttfs_arena_printf(g->arena,
                             "the chip fits no board: compile the network with --fit %s, then run "
                             "ttfs synth",
                             device);
}

static bool tell_absent(const Gates *g, const char *path) {
    return ttfs_error_advice(g->diag, TTFS_AT_FILE(path), TTFS_OUT_FOLDER, how_to_make(g),
                             "ttfs synth has not made this file, which engine %s reads",
                             gates[g->which].engine);
}

/* Reads a file that synth made into g->made, which is empty. */
static bool read_made(Gates *g, const char *folder, const char *file) {
    const char *path = ttfs_path_join(g->arena, folder, file);
    if (!ttfs_file_exists(path))
        return !tell_other_bits(g) && !tell_no_monitor(g) && tell_absent(g, path);
    if (!ttfs_file_set_read_file(&g->made, folder, file, g->trusted, g->diag)) return false;
    const TtfsSetFile *f = g->made.files.at;
    return g->trusted || ttfs_made_here(f->bytes, f->size, g->diag) ||
           ttfs_error_advice(g->diag, TTFS_AT_FILE(path), TTFS_RTL_CHANGED,
                             "run ttfs synth again; or give --trust-rtl to run it, which is to "
                             "run code of whoever wrote it",
                             "not a file that ttfs synth made here");
}

static const char *board_of(Gates *g) {
    const TtfsSetFile *f = g->made.files.at;
    uint32_t flit = ttfs_chip_flit_bits(&g->out->image.chip);
    return g->which == TTFS_GATES_NETLIST
               ? ttfs_arena_strndup(g->arena, f->bytes, f->size)
               : ttfs_bits_verilog(&g->tools, &g->device, f->bytes, f->size, flit);
}

/* --- what stands around it --- */

static const char *text_of(const Gates *g, const char *path) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, TEXT_LIMIT, g->diag)) return NULL;
    const char *text = ttfs_arena_strndup(g->arena, (const char *)f.bytes, f.size);
    ttfs_file_close(&f);
    return text;
}

static bool add_top(const Gates *g, const char *board, TtfsFileSet *verilog) {
    const char *host = text_of(g, ttfs_data_path(g->arena, "runtime/sim/sim_host.v"));
    const char *cells = host ? ttfs_cell_models(g->device.family, g->arena, g->diag) : NULL;
    const char *where =
        ttfs_path_join(g->arena, folder_of(g, g->device.name), gates[g->which].file);
    if (!cells || (g->which == TTFS_GATES_NETLIST &&
                   !ttfs_cell_models_check(board, cells, where, g->arena, g->diag)))
        return false;
    const char *top = ttfs_arena_printf(g->arena,
                                        "`define TTFS_FLIT %u\n%s`define "
                                        "NO_ICE40_DEFAULT_ASSIGNMENTS\n`define NO_INCLUDES\n"
                                        "%s\n%s\n%s",
                                        ttfs_chip_flit_bits(&g->out->image.chip),
                                        has_monitor(g, &g->device) ? "" : "`define TTFS_TRACED\n",
                                        host, board, cells);
    ttfs_file_set_add(verilog, "ttfs_top.v", top, strlen(top));
    return true;
}

/* The chip has its ports itself. */
static bool add_asic(Gates *g, TtfsFileSet *verilog) {
    const char *folder = ttfs_out_path(g->out, "asic");
    TtfsBuf top = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof asic_files / sizeof *asic_files; i++) {
        ok = read_made(g, folder, asic_files[i]);
        if (ok) ttfs_buf_bytes(&top, g->made.files.at->bytes, g->made.files.at->size);
        ttfs_file_set_free(&g->made);
        g->made = (TtfsFileSet){0};
    }
    if (ok) ttfs_file_set_add(verilog, "ttfs_top.v", ttfs_buf_text(&top), top.len);
    ttfs_buf_free(&top);
    return ok;
}

static bool add_board(Gates *g, TtfsFileSet *verilog) {
    bool made = read_made(g, folder_of(g, g->device.name), gates[g->which].file);
    const char *board = made ? board_of(g) : NULL;
    return board && add_top(g, board, verilog);
}

bool ttfs_gates_read(TtfsOut *o, TtfsGates which, bool trusted, const TtfsProgress *progress,
                     TtfsFileSet *verilog, bool *traced, TtfsDiag *diag) {
    TtfsArena a = {0};
    Gates g = {.out = o, .which = which, .trusted = trusted, .arena = &a, .diag = diag};
    g.device = find_device(&g);
    *traced = which == TTFS_GATES_NETLIST && !has_monitor(&g, &g.device);
    g.tools = (TtfsTools){NULL, o->folder, g.device.name, *progress, &a, diag, NULL};
    bool ok = which == TTFS_GATES_ASIC ? add_asic(&g, verilog) : add_board(&g, verilog);
    ttfs_file_set_free(&g.made);
    ttfs_arena_free(&a);
    return ok;
}
