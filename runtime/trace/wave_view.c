/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of GTKWave's view: flags of what follows ("@24"), then names of signals, or "-" and a
 * remark. Surfer's are commands, of which only plain ones are used: none that counts rows or
 * names a format (an integer is a signed number to Surfer as it is). Surfer reads all of them
 * before the waveforms, ends a line at '#', parts it at ';' and takes one word for a divider: names
 * here are letters, digits and '_'.
 */
#include "wave_view.h"

#include <inttypes.h>

enum { MOST_VALUES = 64 /* of a readout */ };

static uint32_t shown(const TtfsPopulation *p) {
    return ttfs_pop_size(p) < MOST_VALUES ? ttfs_pop_size(p) : MOST_VALUES;
}

/* Flags: numbers to the right (20), decimal (4), binary (8), signed (400), a remark (200). */
static void put_population(const TtfsPopulation *p, const char *name, TtfsBuf *out) {
    ttfs_buf_printf(out, "@200\n-%s\n", name);
    if (p->kind != TTFS_POP_READOUT)
        ttfs_buf_printf(out, "@28\nttfs.%s.window\n@24\nttfs.%s.spikes\n", name, name);
    else
        ttfs_buf_puts(out, "@420\n");
    for (uint32_t i = 0; p->kind == TTFS_POP_READOUT && i < shown(p); i++)
        ttfs_buf_printf(out, "ttfs.%s.n%" PRIu32 "\n", name, i);
}

/* A line of the view has no escapes: a name that would end it is left out, and the user names the
 * dump beside the view. */
static void put_dump(const char *dump, TtfsBuf *out) {
    for (const char *c = dump; *c; c++)
        if (*c == '"' || *c == '\n' || *c == '\r') return;
    ttfs_buf_printf(out, "[dumpfile] \"%s\"\n", dump);
}

void ttfs_wave_view_head(const char *dump, const char *about, TtfsBuf *out) {
    ttfs_buf_printf(out, "[*]\n[*] ttfs: %s\n[*]\n", about);
    put_dump(dump, out);
    ttfs_buf_puts(out, "[timestart] 0\n[sst_expanded] 1\n");
}

void ttfs_wave_view(const TtfsSpike *s, const char *dump, TtfsBuf *out) {
    ttfs_wave_view_head(dump, "windows, counts of spikes, readouts; a unit is a tick", out);
    ttfs_buf_puts(out, "@24\nttfs.sample\n");
    TtfsNames taken = {0};
    TtfsArena a = {0};
    for (uint32_t i = 0; i < s->pops.len; i++)
        put_population(&s->pops.at[i], ttfs_wave_scope(&s->pops.at[i], i + 1, &taken, &a), out);
    ttfs_arena_free(&a);
}

static void add_population(const TtfsPopulation *p, const char *name, TtfsBuf *out) {
    ttfs_buf_printf(out, "divider_add %s\n", name);
    if (p->kind != TTFS_POP_READOUT)
        ttfs_buf_printf(out, "variable_add ttfs.%s.window\nvariable_add ttfs.%s.spikes\n", name,
                        name);
    for (uint32_t i = 0; p->kind == TTFS_POP_READOUT && i < shown(p); i++)
        ttfs_buf_printf(out, "variable_add ttfs.%s.n%" PRIu32 "\n", name, i);
}

void ttfs_wave_commands(const TtfsSpike *s, TtfsBuf *out) {
    TtfsNames taken = {0};
    TtfsArena a = {0};
    ttfs_buf_puts(out, "# ttfs: windows, counts of spikes, readouts; a unit is a tick\n"
                       "variable_add ttfs.sample\n");
    for (uint32_t i = 0; i < s->pops.len; i++)
        add_population(&s->pops.at[i], ttfs_wave_scope(&s->pops.at[i], i + 1, &taken, &a), out);
    ttfs_buf_puts(out, "zoom_fit\n");
    ttfs_arena_free(&a);
}
