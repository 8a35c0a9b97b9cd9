/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow for a chip: Yosys lists the memories, ttfs writes macros for them and scripts, Yosys
 * maps the rest to the liberty's cells, OpenSTA times it with a liberty of every macro. In: the
 * Verilog of a compiled folder, which must be what ttfs writes for its chip, and the user's
 * liberty, LEF and SDC; out: OUT/asic. All is made in a private folder, where the user's files are
 * copies with names of ours: no path of theirs gets into a script.
 */
#include "asic.h"

#include "asked.h"
#include "handover.h"
#include "json_tree.h"
#include "out.h"
#include "out_folder.h"
#include "synth_work.h"

#include <stdlib.h>
#include <string.h>

enum { LIBRARY_LIMIT = 256 << 20, SDC_LIMIT = 1 << 20 };

static const char place[] = "asic";
static const double sram_ns = 2.5;

/* What is kept of what lies in the private folder, beside rtl and macros. */
static const char *const kept[] = {
    "netlist.v",  "cells.v",   "macros.v",  "ttfs.sdc",    "synth.ys",  "abc.constr", "sta.tcl",
    "timing.log", "yosys.log", "config.mk", "config.json", "asic.json", "README.md",  NULL};

typedef struct {
    const TtfsSynthOptions *options;
    TtfsOut out;
    TtfsTools tools;
    TtfsFileSet rtl, macros; /* Verilog with wrappers of macros; the macros' liberties */
    TtfsHandover h;
    TtfsAsic *result;
    TtfsArena *arena;
    TtfsDiag *diag;
} Asic;

/* --- what is asked --- */

/* A copy of a file of the user's; *text is it, in the arena. */
static bool take(const Asic *s, const char *path, const char *name, size_t limit, const char **text,
                 size_t *n) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, limit, s->diag)) return false;
    *n = f.size;
    *text = ttfs_arena_strndup(s->arena, (const char *)f.bytes, f.size);
    bool ok = ttfs_work_fill(&s->tools, name, *text, *n);
    ttfs_file_close(&f);
    return ok;
}

static bool take_library(Asic *s) {
    const TtfsSynthOptions *o = s->options;
    const char *text;
    size_t n;
    TtfsCells *c = &s->result->library;
    if (!take(s, o->liberty, "cells.lib", LIBRARY_LIMIT, &text, &n) ||
        !ttfs_cells_liberty(c, o->liberty, text, n, s->arena, s->diag))
        return false;
    if (o->lef && (!take(s, o->lef, "cells.lef", LIBRARY_LIMIT, &text, &n) ||
                   !ttfs_cells_lef(c, o->lef, text, n, s->arena, s->diag)))
        return false;
    s->h.buffer = ttfs_cells_buffer(c);
    return s->h.buffer ||
           ttfs_error(s->diag, TTFS_AT_FILE(o->liberty), TTFS_CELL_LIBRARY,
                      "no cell is a buffer with a name of letters, digits and _; one is "
                      "needed to drive inputs");
}

/* The period of the user's clock, for what ABC aims at; OpenSTA says what it is in the end. */
static void find_period(Asic *s, const char *text) {
    static const char key[] = "-period";
    const char *clock = strstr(text, "create_clock"), *at = clock ? strstr(clock, key) : NULL;
    double ns = at ? strtod(at + sizeof key - 1, NULL) * s->result->library.time_ns : 0;
    if (ns > 0.001 && ns < 1e6) s->h.period_ns = ns;
}

static bool take_constraints(Asic *s) {
    const char *text;
    size_t n;
    TtfsBuf own = {0};
    if (s->options->sdc) {
        if (!take(s, s->options->sdc, "ttfs.sdc", SDC_LIMIT, &text, &n)) return false;
        find_period(s, text);
        return true;
    }
    ttfs_handover_sdc(&s->h, &own);
    return ttfs_work_fill_buf(&s->tools, "ttfs.sdc", &own);
}

/* --- what the tools are given --- */

static void replace(const Asic *s, TtfsFileSet *set, const char *name, bool two_ports) {
    TtfsBuf text = {0};
    ttfs_srams_wrapper(&s->result->srams, two_ports, &text);
    ttfs_file_set_add(set, name, ttfs_buf_text(&text), text.len);
    ttfs_buf_free(&text);
}

/* The Verilog with macros in the place of memories. */
static void make_rtl(Asic *s) {
    for (uint32_t i = 0; i < s->out.verilog.files.len; i++) {
        const TtfsSetFile *f = &s->out.verilog.files.at[i];
        if (strcmp(f->name, "ttfs_ram.v") == 0)
            replace(s, &s->rtl, f->name, false);
        else if (strcmp(f->name, "ttfs_sram.v") == 0)
            replace(s, &s->rtl, f->name, true);
        else if (strcmp(f->name, "filelist.f") != 0)
            ttfs_file_set_add(&s->rtl, f->name, f->bytes, f->size);
    }
}

static void make_liberties(Asic *s) {
    double access = s->result->sram_ns;
    TtfsSramTimes t = {access, access / 5, s->result->library.volt};
    for (uint32_t i = 0; i < s->result->srams.kinds.len; i++) {
        const TtfsSram *m = &s->result->srams.kinds.at[i];
        TtfsBuf text = {0};
        ttfs_sram_liberty(m, &t, &text);
        ttfs_file_set_add(&s->macros, ttfs_arena_printf(s->arena, "%s.lib", m->name),
                          ttfs_buf_text(&text), text.len);
        ttfs_buf_free(&text);
    }
}

static bool fill_models(const Asic *s) {
    TtfsBuf text = {0};
    ttfs_srams_models(&s->result->srams, &text);
    return ttfs_work_fill_buf(&s->tools, "macros.v", &text);
}

static bool fill_texts(const Asic *s) {
    static const struct {
        const char *name;
        void (*print)(const TtfsHandover *, TtfsBuf *);
    } texts[] = {{"abc.constr", ttfs_handover_abc},
                 {"synth.ys", ttfs_handover_synth},
                 {"sta.tcl", ttfs_handover_sta},
                 {"config.mk", ttfs_handover_orfs}};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof texts / sizeof *texts; i++) {
        TtfsBuf text = {0};
        texts[i].print(&s->h, &text);
        ok = ttfs_work_fill_buf(&s->tools, texts[i].name, &text);
    }
    return ok;
}

static const char *work_rtl(const Asic *s) {
    return ttfs_path_join(s->arena, s->tools.work, "rtl");
}

static bool fill_inputs(Asic *s) {
    make_rtl(s);
    make_liberties(s);
    return ttfs_remove_tree(work_rtl(s), s->diag) &&
           ttfs_file_set_fill(&s->rtl, work_rtl(s), s->diag) &&
           ttfs_file_set_fill(&s->macros, ttfs_path_join(s->arena, s->tools.work, "macros"),
                              s->diag) &&
           fill_models(s) && fill_texts(s);
}

/* --- the tools --- */

static bool find_memories(Asic *s) {
    static const TtfsTool tool = {
        "memories (yosys)", "yosys", "find.log", {"yosys", "-q", "find.ys"}};
    TtfsBuf script = {0};
    ttfs_handover_find(&script);
    if (!ttfs_file_set_fill(&s->out.verilog, work_rtl(s), s->diag) ||
        !ttfs_work_fill_buf(&s->tools, "find.ys", &script) || !ttfs_tool_run(&s->tools, &tool))
        return false;
    const char *text = ttfs_tool_text(&s->tools, "memories.txt");
    return text && (ttfs_srams_read(&s->result->srams, text, s->arena) ||
                    ttfs_work_unread(&s->tools, "memories.txt"));
}

static bool run_tools(const Asic *s) {
    static const TtfsTool tools[] = {
        {"synthesis (yosys)", "yosys", "yosys.log", {"yosys", "-q", "synth.ys"}},
        {"timing (sta)", "opensta", "timing.log", {"sta", "-exit", "-no_splash", "sta.tcl"}}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (!ttfs_tool_run(&s->tools, &tools[i])) return false;
    return true;
}

/* --- what they say --- */

static bool add_used(TtfsAsic *r, const TtfsCell *cell, uint64_t n, TtfsArena *a) {
    *TTFS_PUSH(a, r->used) = (TtfsAsicCells){cell, n};
    r->cells += n;
    r->area += cell->area * (double)n;
    if (cell->ff) r->ffs += n, r->ff_area += cell->area * (double)n;
    if (cell->in) r->buffers += n;
    return !cell->latch;
}

static bool count_cell(const Asic *s, const char *type, double count) {
    uint64_t n = count > 0 ? (uint64_t)count : 0;
    const TtfsCell *cell = ttfs_cells_find(&s->result->library, type);
    if (strcmp(type, "$scopeinfo") == 0) return true; /* a note of newer versions of Yosys */
    if (cell)
        return add_used(s->result, cell, n, s->arena) ||
               ttfs_error(s->diag, TTFS_AT_FILE(s->options->liberty), TTFS_SYNTH_FLOW,
                          "the netlist has latches (%s), the Verilog has none", type);
    return ttfs_srams_count(&s->result->srams, type, n) ||
           ttfs_error(s->diag, TTFS_AT_FILE(s->options->liberty), TTFS_CELL_LIBRARY,
                      "Yosys found no cell for %s", type);
}

static int by_name(const void *x, const void *y) {
    return strcmp(((const TtfsAsicCells *)x)->cell->name, ((const TtfsAsicCells *)y)->cell->name);
}

static bool read_cells(const Asic *s) {
    const char *text = ttfs_tool_text(&s->tools, "stat.json");
    TtfsJsonTree *t = text ? ttfs_json_parse(text, strlen(text), NULL) : NULL;
    if (!t) return text && ttfs_work_unread(&s->tools, "stat.json");
    const cJSON *design = cJSON_GetObjectItemCaseSensitive(t->root, "design"), *cell;
    bool ok = true;
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(design, "num_cells_by_type"))
        ok = ok && count_cell(s, cell->string, cell->valuedouble);
    ttfs_undo(t);
    TtfsAsic *r = s->result;
    if (ok && !r->used.len) return ttfs_work_unread(&s->tools, "stat.json");
    if (ok) qsort(r->used.at, r->used.len, sizeof *r->used.at, by_name);
    return ok;
}

/* The slack of the first path that is reported behind `words`. */
static TtfsAsicSlack slack_behind(const char *text, const char *words, double unit) {
    const char *at = strstr(text, words), *end = at ? strstr(at + strlen(words), "ttfs ") : NULL;
    at = at ? strstr(at, " slack (") : NULL;
    if (!at || !end || at > end) return (TtfsAsicSlack){0};
    while (at > text && at[-1] != '\n') at--;
    return (TtfsAsicSlack){strtod(at, NULL) * unit, true};
}

static bool read_timing(const Asic *s) {
    TtfsAsic *r = s->result;
    double unit = r->library.time_ns;
    const char *text = ttfs_tool_text(&s->tools, "timing.log");
    const char *at = text ? strstr(text, TTFS_STA_PERIOD) : NULL;
    if (!at) return text && ttfs_work_unread(&s->tools, "timing.log");
    r->period_ns = strtod(at + strlen(TTFS_STA_PERIOD), NULL) * unit;
    r->setup = slack_behind(text, TTFS_STA_SETUP, unit);
    r->hold = slack_behind(text, TTFS_STA_HOLD, unit);
    r->from_srams = slack_behind(text, TTFS_STA_FROM, unit);
    r->to_srams = slack_behind(text, TTFS_STA_TO, unit);
    if (!(r->period_ns > 0) || !r->setup.known || r->setup.slack >= r->period_ns)
        return ttfs_work_unread(&s->tools, "timing.log");
    r->clock_mhz = 1000 / r->period_ns;
    r->fmax_mhz = 1000 / (r->period_ns - r->setup.slack);
    r->meets_clock = r->setup.slack >= 0;
    r->core_us = (double)s->out.plan.expected_cycles / r->clock_mhz;
    return true;
}

/* --- what is kept --- */

static bool keep(const Asic *s) {
    const TtfsWorkSet sets[] = {{"rtl", &s->rtl}, {"macros", &s->macros}};
    return ttfs_work_keep(&s->tools, place, kept, sets, 2);
}

/* The documents that are kept name what lies beside them; the clock is as OpenSTA understood it. */
static bool fill_result(Asic *s) {
    TtfsBuf json = {0}, note = {0}, flow = {0};
    s->h.period_ns = s->result->period_ns;
    ttfs_handover_librelane(&s->h, &flow);
    ttfs_asic_json(s->result, "asic", &json);
    ttfs_asic_note(s->result, s->options->sdc != NULL, &note);
    bool ok = ttfs_work_fill_buf(&s->tools, "asic.json", &json);
    ok = ttfs_work_fill_buf(&s->tools, "config.json", &flow) && ok;
    return ttfs_work_fill_buf(&s->tools, "README.md", &note) && ok;
}

static bool work(void *context) {
    Asic *s = context;
    return take_library(s) && find_memories(s) && take_constraints(s) && fill_inputs(s) &&
           run_tools(s) && read_cells(s) && read_timing(s) && fill_result(s) && keep(s);
}

static bool make(Asic *s) {
    s->tools =
        (TtfsTools){NULL, s->out.folder, "failed", s->options->progress, s->arena, s->diag, place};
    return ttfs_work_run(&s->tools, "ttfs-synth", work, s);
}

static bool check_asked(const TtfsSynthOptions *o, TtfsDiag *diag) {
    const char *other = o->device           ? "--device"
                        : o->estimate       ? "--estimate"
                        : o->clock_mhz != 0 ? "--clock"
                        : o->encoder        ? "--encoder"
                        : o->boot           ? "--boot"
                        : o->seeds          ? "--seeds"
                        : o->threads        ? "--threads"
                                            : NULL;
    if (!ttfs_asked_folder(o->folder, diag)) return false;
    if (other)
        return ttfs_error(diag, TTFS_AT_FILE("--liberty"), TTFS_OPTION_VALUE,
                          "%s is of an FPGA, --liberty of a chip: give one of them", other);
    return o->sram_ns == 0 || ttfs_asked_within("--sram-ns", o->sram_ns, 0.01, 1000, diag);
}

static bool open_out(Asic *s) {
    int parts = TTFS_OUT_PLAN | TTFS_OUT_IMAGE | TTFS_OUT_RTL | TTFS_OUT_SYNTH_RTL;
    return ttfs_out_open(&s->out, s->options->folder, parts, s->diag) && s->out.has_image;
}

bool ttfs_asic(const TtfsSynthOptions *o, TtfsAsic *result, TtfsArena *a, TtfsDiag *diag) {
    Asic s = {.options = o, .result = result, .arena = a, .diag = diag};
    *result = (TtfsAsic){.sram_ns = o->sram_ns > 0 ? o->sram_ns : sram_ns};
    s.h = (TtfsHandover){.cells = &result->library,
                         .srams = &result->srams,
                         .rtl = &s.rtl,
                         .period_ns = 1000.0 / TTFS_HANDOVER_MHZ};
    bool ok = check_asked(o, diag) && open_out(&s) &&
              ttfs_out_folder_check(s.out.folder, place, a, diag) && make(&s);
    if (ok) result->folder = ttfs_path_join(a, ttfs_arena_strdup(a, s.out.folder), place);
    ttfs_file_set_free(&s.rtl);
    ttfs_file_set_free(&s.macros);
    ttfs_out_close(&s.out);
    return ok;
}
