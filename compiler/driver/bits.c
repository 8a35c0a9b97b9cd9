/* SPDX-License-Identifier: Apache-2.0
 *
 * iceunpack and icebox_vlog, in a private folder. icebox_vlog knows pins without options and
 * without indices, and declares its ports twice, which Verilator does not take: so it gets a list
 * of pins of its own (trace_flit_o[3] is trace_flit_o_3), its module's ports are declared behind
 * their list, and a module around it has the board top's ports.
 */
#include "bits.h"

#include "board.h"
#include "synth_work.h"

#include <string.h>

/* --- what the tools are given --- */

/* A name as icebox_vlog takes it: a[3] is a_3. */
static const char *plain(const TtfsTools *t, const char *name, size_t n) {
    char *s = ttfs_arena_strndup(t->arena, name, n), *at = strchr(s, '[');
    if (at) at[0] = '_', at[strcspn(at, "]")] = 0;
    return s;
}

/* "set_io [-pullup yes] NAME PIN": the last two words. */
static void add_pin(const TtfsTools *t, const char *line, size_t n, TtfsBuf *out) {
    const char *word[2] = {NULL, NULL};
    size_t length[2] = {0, 0};
    for (const char *at = line, *end = line + n; at < end; at += strcspn(at, " \n") + 1) {
        word[0] = word[1], length[0] = length[1];
        word[1] = at, length[1] = strcspn(at, " \n");
    }
    if (word[0])
        ttfs_buf_printf(out, "set_io %s %.*s\n", plain(t, word[0], length[0]), (int)length[1],
                        word[1]);
}

static bool fill_pins(const TtfsTools *t, const TtfsDevice *d, uint32_t flit) {
    TtfsBuf board = {0}, own = {0};
    uint32_t pins;
    bool ok = ttfs_board_pins(d, flit, false, &board, &pins, t->arena, t->diag);
    for (const char *at = ttfs_buf_text(&board); ok && *at; at += *at == '\n') {
        size_t n = strcspn(at, "\n");
        if (strncmp(at, "set_io ", 7) == 0) add_pin(t, at, n, &own);
        at += n;
    }
    ok = ok && ttfs_work_fill(t, "pins.pcf", ttfs_buf_text(&own), own.len);
    ttfs_buf_free(&board);
    ttfs_buf_free(&own);
    return ok;
}

/* --- what comes back --- */

static const char *unpack(const TtfsTools *t) {
    static const TtfsTool tools[] = {
        {"bits (iceunpack)",
         "fpga-icestorm",
         "iceunpack.log",
         {"iceunpack", "board.bin", "board.asc"}},
        {"bits as Verilog (icebox_vlog)",
         "fpga-icestorm",
         "icebox_vlog.log",
         {"icebox_vlog", "-s", "-n", "ttfs_bits", "-p", "pins.pcf", "board.asc"}}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (!ttfs_tool_run(t, &tools[i])) return NULL;
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) ttfs_tool_forget(t, &tools[i]);
    return ttfs_tool_text(t, "icebox_vlog.log");
}

/* The module with its ports, "input a, output b", declared behind their list. */
static const char *with_ports(const TtfsTools *t, const char *text) {
    static const char head[] = "module ttfs_bits (";
    const char *at = strstr(text, head), *end = at ? strstr(at, ");") : NULL;
    if (!end) {
        ttfs_error_advice(t->diag, TTFS_AT_FILE("icebox_vlog"), TTFS_SYNTH_FLOW,
                          "report it with the version of fpga-icestorm",
                          "what it writes is not what ttfs reads");
        return NULL;
    }
    TtfsBuf list = {0}, kinds = {0};
    for (at += sizeof head - 1; at < end; at += strspn(at, ", ")) {
        size_t kind = strcspn(at, " "), n = strcspn(at, ",)");
        const char *comma = list.len ? ", " : "";
        if (kind >= n) break;
        ttfs_buf_printf(&list, "%s%.*s", comma, (int)(n - kind - 1), at + kind + 1);
        ttfs_buf_printf(&kinds, "%.*s;\n", (int)n, at);
        at += n;
    }
    text = ttfs_arena_printf(t->arena, "%s%s);\n%s%s", head, ttfs_buf_text(&list),
                             ttfs_buf_text(&kinds), end + 2);
    ttfs_buf_free(&list);
    ttfs_buf_free(&kinds);
    return text;
}

/* The board top's ports around it. */
static const char *with_board(const TtfsTools *t, const char *text, uint32_t flit) {
    TtfsBuf out = {0};
    ttfs_buf_printf(&out, "%s\nmodule ttfs_board (\n", text);
    for (int i = 0; ttfs_board_ports[i]; i++)
        ttfs_buf_printf(&out, "    %s,\n", ttfs_board_ports[i]);
    ttfs_buf_printf(&out, "    output [%u:0] trace_flit_o\n);\n    ttfs_bits u_bits (\n", flit - 1);
    for (int i = 0; ttfs_board_ports[i]; i++) {
        const char *name = strchr(ttfs_board_ports[i], ' ') + 1;
        ttfs_buf_printf(&out, "        .%s(%s),\n", name, name);
    }
    for (uint32_t i = 0; i < flit; i++)
        ttfs_buf_printf(&out, "        .trace_flit_o_%u(trace_flit_o[%u])%s\n", i, i,
                        i + 1 < flit ? "," : "");
    ttfs_buf_printf(&out, "    );\nendmodule\n");
    text = ttfs_arena_strdup(t->arena, ttfs_buf_text(&out));
    ttfs_buf_free(&out);
    return text;
}

typedef struct {
    const TtfsTools *tools;
    const TtfsDevice *device;
    const void *bits;
    size_t n;
    uint32_t flit;
    const char *text; /* what comes of them */
} Bits;

static bool work(void *context) {
    Bits *b = context;
    const TtfsTools *t = b->tools;
    if (fill_pins(t, b->device, b->flit) && ttfs_work_fill(t, "board.bin", b->bits, b->n))
        b->text = unpack(t);
    if (b->text) b->text = with_ports(t, b->text);
    if (b->text) b->text = with_board(t, b->text, b->flit);
    return b->text != NULL;
}

const char *ttfs_bits_verilog(TtfsTools *t, const TtfsDevice *d, const void *bits, size_t n,
                              uint32_t flit) {
    Bits b = {t, d, bits, n, flit, NULL};
    return ttfs_work_run(t, "ttfs-bits", work, &b) ? b.text : NULL;
}
