/* SPDX-License-Identifier: Apache-2.0
 *
 * A sweep as a table: the mean of the trials, accuracy and agreement with their range.
 */
#include "sweep_report.h"

#include <inttypes.h>

static void figure(const TtfsSweepDoc *d, uint32_t point, TtfsSweepFigure f, TtfsBuf *out) {
    TtfsSweepSummary s = ttfs_sweep_summary(d, point, f);
    if (s.n == 0)
        ttfs_buf_printf(out, "  %22s", "-");
    else
        ttfs_buf_printf(out, "  %6.2f (%6.2f..%6.2f)", 100 * s.mean, 100 * s.least, 100 * s.most);
}

static void line(const TtfsSweepDoc *d, uint32_t p, TtfsBuf *out) {
    const TtfsPoint *at = &d->points.at[p];
    uint32_t layer;
    double share;
    ttfs_buf_printf(out, "%-12s %10.6g", ttfs_axis_name(at->axis), at->value[at->axis]);
    figure(d, p, TTFS_SWEEP_ACCURACY, out);
    figure(d, p, TTFS_SWEEP_AGREEMENT, out);
    ttfs_buf_printf(out, "  %6.3f  %9.4f", ttfs_sweep_summary(d, p, TTFS_SWEEP_SPIKES).mean,
                    ttfs_sweep_summary(d, p, TTFS_SWEEP_SATURATED).mean);
    if (ttfs_sweep_worst(d, p, &layer, &share) && share > 0) {
        ttfs_buf_printf(out, "  %.3g at ", share);
        ttfs_buf_name(out, d->layer[layer].name, 24);
    }
    ttfs_buf_puts(out, "\n");
}

void ttfs_sweep_text(const TtfsSweepDoc *d, TtfsBuf *out) {
    ttfs_buf_printf(out, "engine %s, model %s, %" PRIu64 " samples, %" PRIu32 " trials\n",
                    d->engine, d->model, d->samples, d->trials);
    ttfs_buf_printf(out, "%-12s %10s  %22s  %22s  %6s  %9s  %s\n", "axis", "value",
                    "accuracy % (range)", "agreement % (range)", "spikes", "saturated",
                    "mean error, share of the window");
    for (uint32_t p = 0; p < d->points.len; p++) line(d, p, out);
}
