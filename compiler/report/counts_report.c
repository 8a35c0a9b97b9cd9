/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts in some lines.
 */
#include "counts_report.h"

#include <inttypes.h>
#include <math.h>

static void share(const TtfsCountsDoc *d, const char *what, TtfsCount part, TtfsBuf *out) {
    double v = ttfs_counts_share(d, part);
    if (!isnan(v)) ttfs_buf_printf(out, "%-19s %.2f %%\n", what, 100 * v);
}

void ttfs_counts_text(const TtfsCountsDoc *d, TtfsBuf *out) {
    double spikes = ttfs_counts_share(d, TTFS_COUNT_SPIKES);
    uint64_t differences = d->count[TTFS_COUNT_DIFFERENCES] + (*d->image != 0);
    ttfs_buf_printf(out, "engine %s, %" PRIu64 " samples\n", d->engine, d->samples);
    share(d, "accuracy", TTFS_COUNT_RIGHT, out);
    share(d, "agreement with relu", TTFS_COUNT_AGREE, out);
    if (!isnan(spikes)) ttfs_buf_printf(out, "spikes per neuron   %.3f (hidden)\n", spikes);
    if (!d->compared) return;
    ttfs_buf_printf(out, "compared            %" PRIu64 " spikes, %" PRIu64 " readout potentials\n",
                    d->count[TTFS_COUNT_SPIKES], d->count[TTFS_COUNT_READOUTS]);
    ttfs_buf_printf(out, "differences         %" PRIu64 "\n", differences);
    if (*d->image) ttfs_buf_printf(out, "image               %s\n", d->image);
    if (*d->first) ttfs_buf_printf(out, "first               %s\n", d->first);
    ttfs_buf_puts(out, differences
                           ? "NOT EQUAL\n"
                           : "EQUAL: every spike at the same tick, every potential the same\n");
}
