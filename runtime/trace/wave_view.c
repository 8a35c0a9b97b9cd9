/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a view: flags of what follows ("@24"), then names of signals, or "-" and a remark.
 */
#include "wave_view.h"

#include <inttypes.h>

enum { MOST_VALUES = 64 /* of a readout */ };

/* Flags: numbers to the right (20), decimal (4), binary (8), signed (400), a remark (200). */
static void put_population(const TtfsPopulation *p, const char *name, TtfsBuf *out) {
    ttfs_buf_printf(out, "@200\n-%s\n", name);
    if (p->kind != TTFS_POP_READOUT)
        ttfs_buf_printf(out, "@28\nttfs.%s.window\n@24\nttfs.%s.spikes\n", name, name);
    else
        ttfs_buf_puts(out, "@420\n");
    uint32_t n = ttfs_pop_size(p) < MOST_VALUES ? ttfs_pop_size(p) : MOST_VALUES;
    for (uint32_t i = 0; p->kind == TTFS_POP_READOUT && i < n; i++)
        ttfs_buf_printf(out, "ttfs.%s.n%" PRIu32 "\n", name, i);
}

/* A line of the view has no escapes: a name that would end it is left out, and the user names the
 * dump beside the view. */
static void put_dump(const char *dump, TtfsBuf *out) {
    for (const char *c = dump; *c; c++)
        if (*c == '"' || *c == '\n' || *c == '\r') return;
    ttfs_buf_printf(out, "[dumpfile] \"%s\"\n", dump);
}

void ttfs_wave_view(const TtfsSpike *s, const char *dump, TtfsBuf *out) {
    ttfs_buf_puts(out,
                  "[*]\n[*] ttfs: windows, counts of spikes, readouts; a unit is a tick\n[*]\n");
    put_dump(dump, out);
    ttfs_buf_puts(out, "[timestart] 0\n[sst_expanded] 1\n@24\nttfs.sample\n");
    TtfsNames taken = {0};
    TtfsArena a = {0};
    for (uint32_t i = 0; i < s->pops.len; i++)
        put_population(&s->pops.at[i], ttfs_wave_scope(&s->pops.at[i], i + 1, &taken, &a), out);
    ttfs_arena_free(&a);
}
