/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a view, in the two ways in which they are said. Names are those of ttfs_chip.v and
 * ttfs_core.v; GTKWave wants a vector's range with its name, of a vector of one bit its number.
 */
#include "chip_view.h"

#include "wave_view.h"

#include <inttypes.h>

#define TOP "ttfs.ttfs_top"
enum { MOST_CORES = 16, SLOT_BITS = 12 };

typedef enum { BIT, SLOT, ERRORS, FLIT } Kind;

typedef struct {
    const char *name; /* NULL: `title` begins a group */
    Kind kind;
    const char *title;
} Row;

/* Ports of ttfs_top. */
static const Row rows[] = {
    {NULL, BIT, "samples"},      {"clk_i", BIT, NULL},       {"rst_ni", BIT, NULL},
    {"start_i", BIT, NULL},      {"busy_o", BIT, NULL},      {"done_o", BIT, NULL},
    {"slot_valid_o", BIT, NULL}, {"slot_o", SLOT, NULL},     {"flags_o", ERRORS, NULL},
    {NULL, BIT, "input"},        {"in_valid_i", BIT, NULL},  {"in_ready_o", BIT, NULL},
    {"in_end_i", BIT, NULL},     {"in_flit_i", FLIT, NULL},  {NULL, BIT, "readouts"},
    {"out_valid_o", BIT, NULL},  {"out_ready_i", BIT, NULL}, {"out_flit_o", FLIT, NULL}};
enum { ROWS = sizeof rows / sizeof *rows };

/* Of a core: which of its engines are done in the slot. */
static const char *const engines[] = {"scan_done", "walk_done", "fire_done"};
enum { ENGINES = sizeof engines / sizeof *engines };

/* 0: no vector. */
static uint32_t bits_of(const TtfsChip *chip, Kind kind) {
    return kind == SLOT     ? SLOT_BITS
           : kind == ERRORS ? TTFS_ERROR_BITS
           : kind == FLIT   ? ttfs_chip_flit_bits(chip)
                            : 0;
}

typedef struct {
    void (*title)(TtfsBuf *out, const char *name);
    /* `path` behind TOP */
    void (*signal)(TtfsBuf *out, const char *path, uint32_t bits, bool decimal);
    TtfsBuf *out;
} Printer;

/* --- the two ways --- */

static void gtkwave_title(TtfsBuf *out, const char *name) {
    ttfs_buf_printf(out, "@200\n-%s\n", name);
}

/* Flags: binary (8) or hexadecimal (2) or decimal (4), numbers to the right (20). */
static void gtkwave_signal(TtfsBuf *out, const char *path, uint32_t bits, bool decimal) {
    ttfs_buf_printf(out, "@%s\n" TOP ".%s", bits <= 1 ? "28" : decimal ? "24" : "22", path);
    if (bits > 1) ttfs_buf_printf(out, "[%" PRIu32 ":0]", bits - 1);
    if (bits == 1) ttfs_buf_puts(out, "[0]");
    ttfs_buf_puts(out, "\n");
}

static void surfer_title(TtfsBuf *out, const char *name) {
    ttfs_buf_printf(out, "divider_add %s\n", name);
}

static void surfer_signal(TtfsBuf *out, const char *path, uint32_t bits, bool decimal) {
    (void)bits, (void)decimal;
    ttfs_buf_printf(out, "variable_add " TOP ".%s\n", path);
}

/* --- rows --- */

static void put_core(const TtfsChip *chip, uint32_t core, const Printer *p, TtfsArena *a) {
    const char *inside =
        ttfs_arena_printf(a, "u_chip.g_row[%" PRIu32 "].g_col[%" PRIu32 "].u_node.u_core",
                          core / chip->cores_x, core % chip->cores_x);
    p->title(p->out, ttfs_arena_printf(a, "core_%" PRIu32, core));
    for (int i = 0; i < ENGINES; i++)
        p->signal(p->out, ttfs_arena_printf(a, "%s.%s", inside, engines[i]), 0, false);
}

static void put_rows(const TtfsChip *chip, const Printer *p) {
    TtfsArena a = {0};
    uint32_t cores = ttfs_chip_cores(chip), flit = ttfs_chip_flit_bits(chip);
    for (int i = 0; i < ROWS; i++)
        if (rows[i].name)
            p->signal(p->out, rows[i].name, bits_of(chip, rows[i].kind), rows[i].kind == SLOT);
        else
            p->title(p->out, rows[i].title);
    p->title(p->out, "results");
    p->signal(p->out, "trace_valid_o", cores, false);
    p->signal(p->out, "trace_flit_o", cores * flit, false);
    for (uint32_t i = 0; i < cores && i < MOST_CORES; i++) put_core(chip, i, p, &a);
    ttfs_arena_free(&a);
}

void ttfs_chip_view(const TtfsChip *chip, const char *dump, TtfsBuf *out) {
    ttfs_wave_view_head(dump, "ports, slots, results and engines of the chip", out);
    put_rows(chip, &(Printer){gtkwave_title, gtkwave_signal, out});
}

void ttfs_chip_commands(const TtfsChip *chip, TtfsBuf *out) {
    ttfs_buf_puts(out, "# ttfs: ports, slots, results and engines of the chip\n");
    put_rows(chip, &(Printer){surfer_title, surfer_signal, out});
    ttfs_buf_puts(out, "zoom_fit\n");
}
