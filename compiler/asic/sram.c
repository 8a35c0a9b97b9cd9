/* SPDX-License-Identifier: Apache-2.0
 *
 * A macro has the ports of the wrapper whose place it takes, so a wrapper is a choice by WORDS and
 * WIDTH. Its liberty has one number for every delay: what a memory compiler says of a corner takes
 * its place.
 */
#include "sram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    bool address, data, out; /* how wide: that of an address, of a word; else one bit */
} Port;

static const Port one[] = {{"clk_i", 0, 0, 0},  {"en_i", 0, 0, 0},    {"we_i", 0, 0, 0},
                           {"addr_i", 1, 0, 0}, {"wdata_i", 0, 1, 0}, {"rdata_o", 0, 1, 1},
                           {NULL, 0, 0, 0}};
static const Port two[] = {{"clk_i", 0, 0, 0},   {"re_i", 0, 0, 0}, {"raddr_i", 1, 0, 0},
                           {"rdata_o", 0, 1, 1}, {"we_i", 0, 0, 0}, {"waddr_i", 1, 0, 0},
                           {"wdata_i", 0, 1, 0}, {NULL, 0, 0, 0}};

static const Port *ports_of(bool two_ports) {
    return two_ports ? two : one;
}

static uint32_t address_bits(uint32_t words) {
    uint32_t n = 1;
    while (n < 31 && (1u << n) < words) n++;
    return n;
}

static uint32_t bits_of(const TtfsSram *m, const Port *p) {
    return p->address ? address_bits(m->words) : p->data ? m->bits : 1;
}

/* --- which there are --- */

/* "32" or, in binary, "32'0101": a parameter of an RTLIL dump. */
static uint32_t value_of(const char *s) {
    char *end;
    unsigned long v = strtoul(s, &end, 10);
    if (*end == '\'') v = strtoul(end + 1, NULL, 2);
    return v <= UINT32_MAX ? (uint32_t)v : 0;
}

static int by_name(const void *x, const void *y) {
    return strcmp(((const TtfsSram *)x)->name, ((const TtfsSram *)y)->name);
}

static void add(TtfsSrams *s, TtfsSram m, TtfsArena *a) {
    if ((uint64_t)m.words * m.bits <= TTFS_SRAM_BITS) return;
    m.name = ttfs_arena_printf(a, "ttfs_%s_%" PRIu32 "x%" PRIu32, m.two_ports ? "sram" : "ram",
                               m.words, m.bits);
    for (uint32_t i = 0; i < s->kinds.len; i++)
        if (strcmp(s->kinds.at[i].name, m.name) == 0) return;
    *TTFS_PUSH(a, s->kinds) = m;
}

/* The value of a line `parameter [signed] \KEY value`, 0: it is another. */
static uint32_t parameter(const char *line, const char *key) {
    const char *at = strchr(line, '\\');
    size_t n = strlen(key);
    if (!at || strncmp(at + 1, key, n) != 0 || at[n + 1] != ' ') return 0;
    return value_of(at + n + 2);
}

bool ttfs_srams_read(TtfsSrams *s, const char *text, TtfsArena *a) {
    TtfsSram m = {0};
    bool inside = false, ok = true;
    for (const char *at = text, *end; *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        const char *line = ttfs_arena_strndup(a, at, (size_t)(end - at));
        line += strspn(line, " ");
        if (strncmp(line, "cell \\ttfs_", 11) == 0) {
            m = (TtfsSram){.two_ports = strncmp(line + 11, "sram ", 5) == 0};
            inside = true;
        } else if (inside && strncmp(line, "parameter ", 10) == 0) {
            uint32_t words = parameter(line, "WORDS"), bits = parameter(line, "WIDTH");
            if (words) m.words = words;
            if (bits) m.bits = bits;
        } else if (inside && strcmp(line, "end") == 0) {
            inside = false;
            ok = ok && m.words && m.bits;
            add(s, m, a);
        }
    }
    if (s->kinds.len) qsort(s->kinds.at, s->kinds.len, sizeof *s->kinds.at, by_name);
    return ok;
}

bool ttfs_srams_count(TtfsSrams *s, const char *type, uint64_t n) {
    for (uint32_t i = 0; i < s->kinds.len; i++)
        if (strcmp(s->kinds.at[i].name, type) == 0) {
            s->kinds.at[i].count = (uint32_t)n;
            return true;
        }
    return false;
}

/* --- Verilog --- */

static void head(const char *what, TtfsBuf *out) {
    ttfs_buf_printf(
        out, "// SPDX-License-Identifier: Apache-2.0\n//\n// %s\n\n`default_nettype none\n\n",
        what);
}

/* The ports between brackets: of a macro with its widths, of a wrapper (m NULL) by parameters. */
static void print_ports(const TtfsSram *m, bool two_ports, TtfsBuf *out) {
    const Port *p = ports_of(two_ports);
    for (; p->name; p++) {
        ttfs_buf_printf(out, "    %s wire ", p->out ? "output" : "input ");
        if (m && bits_of(m, p) > 1)
            ttfs_buf_printf(out, "[%" PRIu32 ":0] ", bits_of(m, p) - 1);
        else if (!m && (p->address || p->data))
            ttfs_buf_printf(out, "[%s-1:0] ", p->address ? "ADDR_BITS" : "WIDTH");
        ttfs_buf_printf(out, "%s%s\n", p->name, p[1].name ? "," : "");
    }
}

static void print_use(const TtfsSram *m, TtfsBuf *out) {
    const Port *p = ports_of(m->two_ports);
    ttfs_buf_printf(out,
                    "        if (WORDS == %" PRIu32 " && WIDTH == %" PRIu32 ") begin : g_%" PRIu32
                    "x%" PRIu32 "\n            %s u_macro (\n",
                    m->words, m->bits, m->words, m->bits, m->name);
    for (; p->name; p++)
        ttfs_buf_printf(out, "                .%s(%s)%s\n", p->name, p->name, p[1].name ? "," : "");
    ttfs_buf_puts(out, "            );\n        end\n");
}

/* What a memory does, words and bits as they are named. */
static void print_body(bool two_ports, const char *words, const char *bits, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "    reg [%s-1:0] mem [0:%s-1];\n    reg [%s-1:0] rdata_q;\n"
                    "    assign rdata_o = rdata_q;\n    always @(posedge clk_i) begin\n",
                    bits, words, bits);
    if (two_ports)
        ttfs_buf_printf(out,
                        "        if (we_i) mem[waddr_i] <= wdata_i;\n        if (re_i) rdata_q <= "
                        "we_i && waddr_i == raddr_i ? {%s{1'bx}} : mem[raddr_i];\n",
                        bits);
    else
        ttfs_buf_printf(out,
                        "        if (en_i && we_i) mem[addr_i] <= wdata_i;\n        if (en_i) "
                        "rdata_q <= we_i ? {%s{1'bx}} : mem[addr_i];\n",
                        bits);
    ttfs_buf_puts(out, "    end\n");
}

void ttfs_srams_wrapper(const TtfsSrams *s, bool two_ports, TtfsBuf *out) {
    const char *more = "";
    head(
        two_ports
            ? "ttfs_sram of this chip's macros, in the place of rtl/ttfs_sram.v: made by ttfs "
              "synth."
            : "ttfs_ram of this chip's macros, in the place of rtl/ttfs_ram.v: made by ttfs synth.",
        out);
    ttfs_buf_printf(out,
                    "module %s #(\n    parameter WIDTH     = 16,\n    parameter WORDS     = 256,\n"
                    "    parameter PRELOAD   = 0,\n    parameter INIT      = \"\",\n%s"
                    "    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1\n) (\n",
                    two_ports ? "ttfs_sram" : "ttfs_ram",
                    two_ports ? ""
                              : "    parameter FILE_BITS = WIDTH,\n    parameter FILE_LSB  = 0,\n");
    print_ports(NULL, two_ports, out);
    ttfs_buf_puts(out, ");\n    generate\n");
    for (uint32_t i = 0; i < s->kinds.len; i++)
        if (s->kinds.at[i].two_ports == two_ports) print_use(&s->kinds.at[i], out);
    ttfs_buf_puts(out, "        if (!(");
    for (uint32_t i = 0; i < s->kinds.len; i++) {
        if (s->kinds.at[i].two_ports != two_ports) continue;
        ttfs_buf_printf(out, "%s(WORDS == %" PRIu32 " && WIDTH == %" PRIu32 ")", more,
                        s->kinds.at[i].words, s->kinds.at[i].bits);
        more = " || ";
    }
    ttfs_buf_printf(out, "%s)) begin : g_registers\n", *more ? "" : "0");
    print_body(two_ports, "WORDS", "WIDTH", out);
    ttfs_buf_puts(out, "        end\n    endgenerate\nendmodule\n\n`default_nettype wire\n");
}

void ttfs_srams_models(const TtfsSrams *s, TtfsBuf *out) {
    head("Memories that a foundry's macros take the place of: a module each, to be filled with an\n"
         "// instance of the macro. What stands here is what it must do: made by ttfs synth.",
         out);
    for (uint32_t i = 0; i < s->kinds.len; i++) {
        const TtfsSram *m = &s->kinds.at[i];
        char words[16], bits[16];
        snprintf(words, sizeof words, "%" PRIu32, m->words);
        snprintf(bits, sizeof bits, "%" PRIu32, m->bits);
        ttfs_buf_printf(out, "module %s (\n", m->name);
        print_ports(m, m->two_ports, out);
        ttfs_buf_puts(out, ");\n`ifndef SYNTHESIS\n");
        print_body(m->two_ports, words, bits, out);
        ttfs_buf_puts(out, "`endif\nendmodule\n\n");
    }
    ttfs_buf_puts(out, "`default_nettype wire\n");
}

/* --- liberty --- */

static void print_times(const char *type, const char *first, const char *second, double v,
                        TtfsBuf *out) {
    ttfs_buf_printf(
        out,
        "      timing () {\n        related_pin : \"clk_i\";\n        timing_type : %s;\n"
        "        %s (scalar) { values (\"%.3f\"); }\n"
        "        %s (scalar) { values (\"%.3f\"); }\n",
        type, first, v, second, v);
}

static void print_pin(const TtfsSram *m, const Port *p, const TtfsSramTimes *t, TtfsBuf *out) {
    uint32_t n = bits_of(m, p);
    ttfs_buf_printf(out, "    %s (%s) {\n", n > 1 ? "bus" : "pin", p->name);
    if (n > 1) ttfs_buf_printf(out, "      bus_type : bits_%" PRIu32 ";\n", n);
    ttfs_buf_printf(out, "      direction : %s;\n", p->out ? "output" : "input");
    if (p->out) {
        print_times("rising_edge", "cell_rise", "cell_fall", t->access, out);
        ttfs_buf_puts(out, "        rise_transition (scalar) { values (\"0.200\"); }\n"
                           "        fall_transition (scalar) { values (\"0.200\"); }\n      }\n");
    } else if (p == ports_of(m->two_ports)) {
        ttfs_buf_puts(out, "      clock : true;\n      capacitance : 0.050;\n");
    } else {
        ttfs_buf_puts(out, "      capacitance : 0.020;\n");
        print_times("setup_rising", "rise_constraint", "fall_constraint", t->setup, out);
        ttfs_buf_puts(out, "      }\n");
        print_times("hold_rising", "rise_constraint", "fall_constraint", 0, out);
        ttfs_buf_puts(out, "      }\n");
    }
    ttfs_buf_puts(out, "    }\n");
}

static void print_type(uint32_t bits, TtfsBuf *out) {
    if (bits > 1)
        ttfs_buf_printf(out,
                        "  type (bits_%" PRIu32
                        ") {\n    base_type : array;\n    data_type : bit;\n"
                        "    bit_width : %" PRIu32 ";\n    bit_from : %" PRIu32
                        ";\n    bit_to : 0;\n    downto : true;\n  }\n",
                        bits, bits, bits - 1);
}

void ttfs_sram_liberty(const TtfsSram *m, const TtfsSramTimes *t, TtfsBuf *out) {
    const char *edges[] = {"input_threshold_pct_rise", "input_threshold_pct_fall",
                           "output_threshold_pct_rise", "output_threshold_pct_fall"};
    uint32_t address = address_bits(m->words);
    ttfs_buf_printf(out,
                    "/* %s: %" PRIu32 " words of %" PRIu32
                    " bits, %s. Times are stated by ttfs synth, not "
                    "measured. */\nlibrary (%s) {\n  delay_model : table_lookup;\n"
                    "  time_unit : \"1ns\";\n  voltage_unit : \"1V\";\n  current_unit : \"1uA\";\n"
                    "  pulling_resistance_unit : \"1kohm\";\n  capacitive_load_unit (1, pf);\n"
                    "  nom_process : 1;\n  nom_voltage : %g;\n  nom_temperature : 25;\n",
                    m->name, m->words, m->bits,
                    m->two_ports ? "a read and a write port" : "one port", m->name, t->volt);
    for (int i = 0; i < 4; i++) ttfs_buf_printf(out, "  %s : 50;\n", edges[i]);
    ttfs_buf_puts(out,
                  "  slew_lower_threshold_pct_rise : 20;\n  slew_lower_threshold_pct_fall : 20;\n"
                  "  slew_upper_threshold_pct_rise : 80;\n  slew_upper_threshold_pct_fall : 80;\n");
    print_type(address, out);
    if (m->bits != address) print_type(m->bits, out);
    ttfs_buf_printf(out,
                    "  cell (%s) {\n    area : 0;\n    dont_use : true;\n    dont_touch : true;\n",
                    m->name);
    for (const Port *p = ports_of(m->two_ports); p->name; p++) print_pin(m, p, t, out);
    ttfs_buf_puts(out, "  }\n}\n");
}
