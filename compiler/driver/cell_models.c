/* SPDX-License-Identifier: Apache-2.0
 *
 * Yosys' models lie beside the program. Where one is a box, or slow, ours stands before Yosys'
 * text, in which that one gets another name.
 */
#include "cell_models.h"

#include "process.h"
#include "shipped.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_LIMIT = 16 << 20, MOST_BOXES = 8, MOST_CELLS = 256 };

static const struct {
    const char *yosys, *ours, *boxes[MOST_BOXES];
} families[TTFS_FAMILIES] = {
    [TTFS_FAMILY_ICE40] = {"../share/yosys/ice40/cells_sim.v",
                           "runtime/sim/sim_ice40.v",
                           {"SB_PLL40_CORE", "SB_PLL40_PAD", "SB_LUT4"}},
    [TTFS_FAMILY_ECP5] = {"../share/yosys/ecp5/cells_sim.v",
                          "runtime/sim/sim_ecp5.v",
                          {"DP16KD", "EHXPLLL", "LUT4", "PFUMX", "L6MUX21", "CCU2C"}},
};

static const char *text_of(const char *path, TtfsArena *a, TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, TEXT_LIMIT, diag)) return NULL;
    const char *text = ttfs_arena_strndup(a, (const char *)f.bytes, f.size);
    ttfs_file_close(&f);
    return text;
}

static const char *yosys_cells(TtfsFamily family, TtfsArena *a, TtfsDiag *diag) {
    const char *yosys = ttfs_process_path("yosys", a);
    const char *path = yosys ? ttfs_path_join(a, ttfs_path_dir(a, yosys), families[family].yosys)
                             : NULL;
    if (path && ttfs_file_exists(path)) return text_of(path, a, diag);
    ttfs_error_advice(diag, TTFS_AT_FILE(path ? path : "yosys"), TTFS_SYNTH_FLOW,
                      "install the package yosys; tools/setup.sh does",
                      "the models of the cells, which Yosys brings, are not there");
    return NULL;
}

static bool in_name(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Behind "module NAME" in a text, or NULL. */
static const char *behind_module(const char *text, const char *name, size_t n) {
    static const char word[] = "module ";
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        const char *found = at + sizeof word - 1;
        if (strncmp(found, name, n) == 0 && !in_name(found[n])) return found + n;
    }
    return NULL;
}

const char *ttfs_cell_models(TtfsFamily family, TtfsArena *a, TtfsDiag *diag) {
    const char *cells = yosys_cells(family, a, diag);
    const char *ours = cells ? text_of(ttfs_data_path(a, families[family].ours), a, diag) : NULL;
    if (!ours) return NULL;
    for (int i = 0; i < MOST_BOXES && families[family].boxes[i]; i++) {
        const char *box = families[family].boxes[i];
        const char *end = behind_module(cells, box, strlen(box));
        if (end) cells = ttfs_arena_printf(a, "%.*s_box%s", (int)(end - cells), cells, end);
    }
    return ttfs_arena_printf(a, "%s\n%s", ours, cells);
}

/* --- what is used --- */

typedef struct {
    const char *at;
    size_t n;
} Name;

/* The cell of a line of a netlist, "  CELL #(" or "  CELL name (". */
static Name cell_of(const char *line, size_t length) {
    Name name = {NULL, 0};
    if (length < 4 || strncmp(line, "  ", 2) != 0 || line[length - 1] != '(') return name;
    while (2 + name.n < length && in_name(line[2 + name.n])) name.n++;
    name.at = name.n && line[2 + name.n] == ' ' ? line + 2 : NULL;
    return name;
}

/* The cells of a netlist, each once; those beyond the room for them are left out. */
static uint32_t cells_of(const char *netlist, Name cell[MOST_CELLS]) {
    uint32_t count = 0;
    for (const char *line = netlist; *line && count < MOST_CELLS;) {
        size_t length = strcspn(line, "\n");
        Name name = cell_of(line, length);
        bool known = !name.at;
        for (uint32_t i = 0; !known && i < count; i++)
            known = cell[i].n == name.n && strncmp(cell[i].at, name.at, name.n) == 0;
        if (!known) cell[count++] = name;
        line += length + (line[length] == '\n');
    }
    return count;
}

/* Whether the line before a module says that it is a box. */
static bool is_box(const char *text, const char *module) {
    static const char word[] = "(* blackbox";
    const char *at = module;
    for (int lines = 0; at > text && lines < 2; at--) lines += at[-1] == '\n';
    at += at > text;
    return strncmp(at, word, sizeof word - 1) == 0;
}

static bool has_model(const char *models, Name name) {
    const char *end = behind_module(models, name.at, name.n);
    return end && !is_box(models, end);
}

bool ttfs_cell_models_check(const char *netlist, const char *models, const char *path, TtfsArena *a,
                            TtfsDiag *diag) {
    Name *cell = TTFS_ARRAY(a, Name, MOST_CELLS);
    TtfsBuf lacking = {0};
    uint32_t count = cells_of(netlist, cell);
    for (uint32_t i = 0; i < count; i++)
        if (!has_model(models, cell[i]) && !behind_module(netlist, cell[i].at, cell[i].n))
            ttfs_buf_printf(&lacking, "%s%.*s", lacking.len ? ", " : "", (int)cell[i].n,
                            cell[i].at);
    bool ok = lacking.len == 0 ||
              ttfs_error_advice(
                  diag, TTFS_AT_FILE(path), TTFS_SYNTH_FLOW, "report it with the version of yosys",
                  "there is no model to simulate these cells by: %s", ttfs_buf_text(&lacking));
    ttfs_buf_free(&lacking);
    return ok;
}
