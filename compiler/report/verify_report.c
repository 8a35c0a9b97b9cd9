/* SPDX-License-Identifier: Apache-2.0
 *
 * A verdict in some lines, the last of which says it.
 */
#include "verify_report.h"

void ttfs_verdict_text(const TtfsVerdict *v, TtfsBuf *out) {
    ttfs_buf_puts(out, "engines     ");
    for (uint32_t i = 0; i < v->n_engines; i++)
        ttfs_buf_printf(out, "%s%s", i ? ", " : "", v->engines[i]);
    ttfs_buf_printf(out, "\nsamples     %llu\n", (unsigned long long)v->samples);
    ttfs_buf_printf(out, "compared    %llu spikes, %llu readout potentials\n",
                    (unsigned long long)v->spikes, (unsigned long long)v->readouts);
    if (v->image_checked)
        ttfs_buf_printf(out, "image       %s\n",
                        *v->image ? v->image : "says the same as the spike graph");
    ttfs_buf_printf(out, "differences %llu", (unsigned long long)v->differences);
    if (v->differences != v->in_traces)
        ttfs_buf_printf(out, ", %llu of them in the traces", (unsigned long long)v->in_traces);
    ttfs_buf_puts(out, "\n");
    if (v->lanes.count)
        ttfs_buf_printf(out, "lane use    %.1f %%, as the cores counted\n",
                        100 * ttfs_lanes_use(&v->lanes));
    if (v->in_traces) ttfs_buf_printf(out, "first       %s\n", v->sentence);
    if (v->differences)
        ttfs_buf_puts(out, "NOT EQUAL\n");
    else
        ttfs_buf_puts(out, "EQUAL: every spike at the same tick, every potential the same\n");
}
