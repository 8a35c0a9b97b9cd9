/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of ttfs synth --liberty in lines.
 */
#include "asic_report.h"

#include <inttypes.h>

static void tell_macros(const TtfsAsic *r, TtfsBuf *out) {
    for (uint32_t i = 0; i < r->srams.kinds.len; i++) {
        const TtfsSram *m = &r->srams.kinds.at[i];
        ttfs_buf_printf(out, "%-20s%" PRIu32 " of %" PRIu32 " x %" PRIu32 " bits, %s\n",
                        i ? "" : "memories", m->count, m->words, m->bits,
                        m->two_ports ? "a read and a write port" : "one port");
    }
}

void ttfs_asic_text(const TtfsAsic *r, TtfsBuf *out) {
    ttfs_buf_printf(out, "%s\n", r->library.name ? r->library.name : "");
    ttfs_buf_printf(out, "%-20s%" PRIu64 ", %.0f of area, macros not counted\n", "cells", r->cells,
                    r->area);
    ttfs_buf_printf(out, "%-20s%" PRIu64 "\n%-20s%" PRIu64 "\n", "flip-flops", r->ffs, "buffers",
                    r->buffers);
    tell_macros(r, out);
    ttfs_buf_printf(out, "%-20s%.1f MHz at most, %s %.1f MHz; memories stated to take %.2f ns\n",
                    "clock", r->fmax_mhz, r->meets_clock ? "meets" : "does not meet", r->clock_mhz,
                    r->sram_ns);
    if (r->from_srams.known && r->to_srams.known)
        ttfs_buf_printf(out, "%-20s%.2f ns from a memory, %.2f ns to one\n", "left of a cycle",
                        r->from_srams.slack, r->to_srams.slack);
    if (r->hold.known)
        ttfs_buf_printf(out, "%-20s%.2f ns on the worst path%s\n", "hold", r->hold.slack,
                        r->hold.slack < 0 ? ": missing, for place and route to mend" : "");
    ttfs_buf_printf(out, "%-20s%.1f us expected at %.1f MHz, without the host's transfers\n",
                    "a sample", r->core_us, r->clock_mhz);
    ttfs_buf_printf(out, "written: %s\n", r->folder);
}
