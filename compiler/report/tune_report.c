/* SPDX-License-Identifier: Apache-2.0
 *
 * A training as a table of its epochs.
 */
#include "tune_report.h"

#include <inttypes.h>
#include <math.h>

static void line(const TtfsTuned *t, uint32_t i, TtfsBuf *out) {
    const TtfsTuneEpoch *e = &t->report.epochs.at[i];
    ttfs_buf_printf(out, "%5" PRIu32 "  ", i);
    if (i == 0)
        ttfs_buf_printf(out, "%8s", "-");
    else
        ttfs_buf_printf(out, "%8.4f", e->loss);
    ttfs_buf_printf(out, "  %8.4f  %6.2f %%  %6.2f %%  %6.3f%s\n", e->validation, 100 * e->accuracy,
                    100 * e->agreement, e->spikes, i == t->report.best ? "  kept" : "");
}

static void trial(const TtfsTuneTrial *e, TtfsBuf *out) {
    ttfs_buf_name(out, e->layer, 20);
    ttfs_buf_printf(out, "  %5" PRIu32 "  %7" PRIu32 "  ", e->ticks, e->latency);
    if (isnan(e->accuracy))
        ttfs_buf_printf(out, "%8s  %6s", "-", "-");
    else
        ttfs_buf_printf(out, "%6.2f %%  %6.3f", 100 * e->accuracy, e->spikes);
    ttfs_buf_puts(out, e->kept ? "  kept\n" : e->fits ? "\n" : "  does not fit the chip\n");
}

static void trials(const TtfsTuned *t, TtfsBuf *out) {
    if (t->trials.len)
        ttfs_buf_printf(out, "%-20s  %5s  %7s  %8s  %6s\n", "layer", "ticks", "latency", "right",
                        "spikes");
    for (uint32_t i = 0; i < t->trials.len; i++) trial(&t->trials.at[i], out);
}

static void teachers(const TtfsTuned *t, TtfsBuf *text) {
    if (t->labelled) ttfs_buf_puts(text, t->taught ? "labels and " : "labels\n");
    if (!t->taught) return;
    ttfs_buf_shown(text, t->teacher ? t->teacher : "the float network");
    ttfs_buf_puts(text, t->labelled ? " teach\n" : " teaches\n");
}

void ttfs_tuned_text(const TtfsTuned *t, const char *out, TtfsBuf *text) {
    const TtfsTuneReport *r = &t->report;
    uint32_t least, most;
    ttfs_tuned_bits(t, &least, &most);
    ttfs_buf_printf(text, "%" PRIu32 " ticks, ", t->ticks);
    if (least < most) ttfs_buf_printf(text, "%" PRIu32 " to ", least);
    ttfs_buf_printf(
        text, "%" PRIu32 " weight bits, %" PRIu64 " samples trained with, %" PRIu64 " held back, ",
        most, r->trained, r->held);
    teachers(t, text);
    ttfs_buf_printf(text, "%5s  %8s  %8s  %8s  %8s  %6s\n", "epoch", "loss", "held", "right",
                    "agrees", "spikes");
    for (uint32_t i = 0; i < r->epochs.len; i++) line(t, i, text);
    trials(t, text);
    ttfs_buf_printf(text, "written: %s, %s/model.onnx (%.1f s)\n", out, out, t->seconds);
}
