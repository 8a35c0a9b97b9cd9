/* SPDX-License-Identifier: Apache-2.0
 *
 * The documents of OUT/asic: figures as JSON, and the note to whoever takes the chip over.
 */
#include "asic.h"
#include "handover.h"
#include "json.h"

#include <inttypes.h>

/* --- JSON --- */

static void slack(TtfsJson *j, const char *key, TtfsAsicSlack s) {
    if (s.known)
        ttfs_json_number(j, key, s.slack);
    else
        ttfs_json_null(j, key);
}

static void area_table(const TtfsAsic *r, TtfsJson *j) {
    ttfs_json_array(j, "area_table");
    for (uint32_t i = 0; i < r->used.len; i++) {
        const TtfsAsicCells *c = &r->used.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "cell", c->cell->name);
        ttfs_json_number(j, "count", (double)c->count);
        ttfs_json_number(j, "area", c->cell->area * (double)c->count);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void macros(const TtfsAsic *r, TtfsJson *j) {
    ttfs_json_array(j, "macros");
    for (uint32_t i = 0; i < r->srams.kinds.len; i++) {
        const TtfsSram *m = &r->srams.kinds.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "name", m->name);
        ttfs_json_number(j, "words", m->words);
        ttfs_json_number(j, "bits", m->bits);
        ttfs_json_string(j, "ports", m->two_ports ? "a read, a write" : "one");
        ttfs_json_number(j, "count", m->count);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static uint32_t macro_count(const TtfsAsic *r) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->srams.kinds.len; i++) n += r->srams.kinds.at[i].count;
    return n;
}

static uint64_t macro_bits(const TtfsAsic *r) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->srams.kinds.len; i++) {
        const TtfsSram *m = &r->srams.kinds.at[i];
        n += (uint64_t)m->words * m->bits * m->count;
    }
    return n;
}

void ttfs_asic_json(const TtfsAsic *r, const char *folder, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "device", "asic");
    ttfs_json_string(j, "library", r->library.name ? r->library.name : "");
    ttfs_json_bool(j, "estimated", false);
    ttfs_json_null(j, "lut");
    ttfs_json_null(j, "dsp");
    ttfs_json_null(j, "bitstream");
    ttfs_json_number(j, "cells", (double)r->cells);
    ttfs_json_number(j, "ff", (double)r->ffs);
    ttfs_json_number(j, "buffers", (double)r->buffers);
    ttfs_json_number(j, "ram", macro_count(r));
    ttfs_json_number(j, "ram_bits", (double)macro_bits(r));
    ttfs_json_number(j, "area", r->area);
    ttfs_json_number(j, "ff_area", r->ff_area);
    ttfs_json_number(j, "sram_ns", r->sram_ns);
    ttfs_json_number(j, "clock_mhz", r->clock_mhz);
    ttfs_json_number(j, "fmax_mhz", r->fmax_mhz);
    ttfs_json_bool(j, "meets_clock", r->meets_clock);
    slack(j, "setup_slack_ns", r->setup);
    slack(j, "hold_slack_ns", r->hold);
    slack(j, "from_memories_slack_ns", r->from_srams);
    slack(j, "to_memories_slack_ns", r->to_srams);
    ttfs_json_number(j, "core_us", r->core_us);
    ttfs_json_string(j, "folder", folder);
    macros(r, j);
    area_table(r, j);
    ttfs_json_end(j);
}

/* --- the note --- */

static void note_slack(const char *what, TtfsAsicSlack s, TtfsBuf *out) {
    if (s.known) ttfs_buf_printf(out, "| %s | %.3f ns |\n", what, s.slack);
}

static void note_timing(const TtfsAsic *r, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "## Timing\n\nOpenSTA, clock of %.1f MHz, wires without resistance and "
                    "capacitance, an ideal clock, one corner (that of the\nliberty). Macros are "
                    "stated to take %.2f ns from the clock to the data and to want inputs %.2f ns "
                    "before it\n(`--sram-ns`); nobody has measured that. The chip %s the clock: "
                    "%.1f MHz at most.\n\n| slack of the worst path | |\n| --- | --- |\n",
                    r->clock_mhz, r->sram_ns, r->sram_ns / 5,
                    r->meets_clock ? "meets" : "does not meet", r->fmax_mhz);
    note_slack("setup", r->setup, out);
    note_slack("hold", r->hold, out);
    note_slack("setup, from a memory", r->from_srams, out);
    note_slack("setup, to a memory", r->to_srams, out);
    ttfs_buf_puts(out, "\nThe paths stand in `timing.log`.\n\n");
}

static void note_memories(const TtfsAsic *r, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "## Memories\n\n%" PRIu32 " macros, %" PRIu64
                    " bits. Each is a module of `macros.v`, to be filled with an instance of the "
                    "foundry's macro;\nwhat it must do stands there. Data come a cycle after the "
                    "address and hold. What is read in the cycle of a write\n(one port), or of the "
                    "word being written (two), is not used. Memories of at most %d bits are "
                    "flip-flops.\n`macros/*.lib` are stand-ins for the memory compiler's "
                    "liberties; LEF and GDS are the foundry's.\n\n| module | words | bits | ports "
                    "| count |\n| --- | --- | --- | --- | --- |\n",
                    macro_count(r), macro_bits(r), TTFS_SRAM_BITS);
    for (uint32_t i = 0; i < r->srams.kinds.len; i++) {
        const TtfsSram *m = &r->srams.kinds.at[i];
        ttfs_buf_printf(out, "| `%s` | %" PRIu32 " | %" PRIu32 " | %s | %" PRIu32 " |\n", m->name,
                        m->words, m->bits, m->two_ports ? "a read, a write" : "one", m->count);
    }
}

static void note_area(const TtfsAsic *r, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "\n## Area\n\nIn the liberty's unit (square micrometres, in most), macros not "
                    "counted.\n\n| cell | count | area |\n| --- | --- | --- |\n");
    for (uint32_t i = 0; i < r->used.len; i++) {
        const TtfsAsicCells *c = &r->used.at[i];
        ttfs_buf_printf(out, "| `%s` | %" PRIu64 " | %.0f |\n", c->cell->name, c->count,
                        c->cell->area * (double)c->count);
    }
    ttfs_buf_printf(out, "| all | %" PRIu64 " | %.0f |\n", r->cells, r->area);
    ttfs_buf_printf(out, "\nOf these %" PRIu64 " flip-flops (%.0f) and %" PRIu64 " buffers.\n",
                    r->ffs, r->ff_area, r->buffers);
    if (r->library.site)
        ttfs_buf_printf(out, "Rows: site `%s`, %g x %g micrometres.\n", r->library.site,
                        r->library.site_width, r->library.site_height);
}

void ttfs_asic_note(const TtfsAsic *r, bool own_sdc, TtfsBuf *out) {
    ttfs_buf_printf(
        out,
        "# ttfs_top, handed over\n\nMade by `ttfs synth --liberty`, library `%s`. What the chip "
        "does and how it is driven: docs/core.md of ttfs.\n`ttfs synth` and `ttfs compile` replace "
        "this "
        "folder whole: what is filled in or changed belongs into a copy.\n\n"
        "| file | |\n| --- | --- |\n"
        "| `netlist.v` | the mapped netlist, ports as `rtl/ttfs_top.v` |\n"
        "| `rtl/` | the Verilog it was made of; `ttfs_ram.v` and `ttfs_sram.v` choose macros |\n"
        "| `macros.v`, `macros/*.lib` | the memories: ports and behaviour, stated times |\n"
        "| `cells.v` | what the cells do, from the liberty, for `ttfs verify --engines "
        "golden,asic` |\n"
        "| `ttfs.sdc` | constraints%s |\n"
        "| `synth.ys`, `abc.constr`, `sta.tcl` | what Yosys and OpenSTA ran; `cells.lib` there is "
        "the liberty |\n"
        "| `config.json`, `config.mk` | LibreLane; OpenROAD-flow-scripts. Neither was run here: "
        "they want a PDK |\n"
        "| `timing.log`, `yosys.log`, `asic.json` | what was found |\n\n"
        "## Clock and reset\n\nOne clock, `clk_i`; every flip-flop and macro takes its rising edge "
        "(the clock gates of a mesh, `ttfs_clock_gate`, its\nfalling one). No clock is made "
        "inside. "
        "`rst_ni` is low and synchronous: held low for one cycle of a running clock it sets\nall "
        "that decides what happens; data paths and memories are not reset, and nothing reads them "
        "before they are\nwritten. Nothing crosses clocks: whoever drives the ports does it from "
        "`clk_i`, `rst_ni` included.\n\n",
        r->library.name ? r->library.name : "",
        own_sdc ? " (the user's)" : ": one clock, a fifth of it for ports");
    note_timing(r, out);
    note_memories(r, out);
    note_area(r, out);
}
