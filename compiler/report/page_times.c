/* SPDX-License-Identifier: Apache-2.0
 *
 * When the spikes of a population fall, and how many neurons are silent or saturated (they fire in
 * their window's first tick: the value is the window's end or beyond).
 */
#include "page_inside.h"

#include "watch.h"

#include <math.h>
#include <string.h>

static double most_of(const cJSON *list) {
    const cJSON *e;
    double most = 0;
    cJSON_ArrayForEach(e, list) if (cJSON_IsNumber(e)) most = fmax(most, e->valuedouble);
    return most;
}

/* Bars of a list of counts, in a box of its size. */
static void histogram(TtfsBuf *b, const cJSON *list) {
    int n = cJSON_GetArraySize(list), i = 0;
    double most = most_of(list);
    const cJSON *e;
    if (n > TTFS_WATCH_BINS) return;
    ttfs_buf_printf(b,
                    "<svg viewBox=\"0 0 %d 100\" preserveAspectRatio=\"none\" role=\"img\" "
                    "aria-label=\"spikes by tick, at most %.0f in a bar\"><path d=\"",
                    n ? n : 1, most);
    cJSON_ArrayForEach(e, list) {
        double height = most > 0 && cJSON_IsNumber(e) ? 100 * e->valuedouble / most : 0;
        if (height > 0) ttfs_buf_printf(b, "M%d 100v-%.1fh.9v%.1fz", i, height, height);
        i++;
    }
    ttfs_buf_puts(b, "\"/></svg>");
}

static void tile(TtfsBuf *b, const cJSON *e, const char *input) {
    double saturated = 100 * ttfs_page_number(e, "saturated_share");
    ttfs_buf_puts(b, "<figure>");
    histogram(b, cJSON_GetObjectItem(e, "histogram"));
    ttfs_buf_puts(b, "<figcaption><b>");
    ttfs_html_cut(b, ttfs_page_text(e, "population"), 60);
    ttfs_buf_printf(b,
                    "</b><br/>%.1f %% silent, <span class=\"%s\">%.2f %% saturated</span>, "
                    "T %.0f</figcaption></figure>",
                    100 * ttfs_page_number(e, "silent_share"),
                    saturated > 5 && strcmp(ttfs_page_text(e, "population"), input) != 0 ? "bad"
                                                                                         : "",
                    saturated, ttfs_page_number(e, "ticks"));
}

static void table(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    ttfs_buf_puts(b, "<details><summary>as a table</summary><div class=\"wide\"><table><tr><th>"
                     "population</th><th>neurons</th><th>spikes a sample</th><th>silent</th><th>"
                     "saturated</th></tr>");
    cJSON_ArrayForEach(e, list) {
        ttfs_buf_puts(b, "<tr><td>");
        ttfs_html(b, ttfs_page_text(e, "population"));
        ttfs_buf_printf(b, "</td><td>%.0f</td><td>%.1f</td><td>%.2f %%</td><td>%.3f %%</td></tr>",
                        ttfs_page_number(e, "neurons"), ttfs_page_number(e, "spikes_per_sample"),
                        100 * ttfs_page_number(e, "silent_share"),
                        100 * ttfs_page_number(e, "saturated_share"));
    }
    ttfs_buf_puts(b, "</table></div></details>");
}

void ttfs_page_times(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *list = cJSON_GetObjectItem(p->run, "populations"), *e;
    const char *input = ttfs_spike_pop(&p->out->spike, p->out->spike.input)->name;
    int n = 0;
    ttfs_buf_puts(b, "<h2>Spike times</h2>");
    if (cJSON_GetArraySize(list) == 0) {
        ttfs_buf_puts(b, "<p>Nothing ran yet: <code>ttfs run OUT --input X</code> counts when "
                         "neurons spike.</p>");
        return;
    }
    ttfs_buf_printf(b,
                    "<p class=\"key\">Spikes of %.0f samples by tick of the window: its start, "
                    "where the largest values are, on the left. Shares are those of all %.0f "
                    "samples.</p><div class=\"tiles\">",
                    ttfs_page_number(p->run, "histogram_samples"),
                    ttfs_page_number(p->run, "samples"));
    cJSON_ArrayForEach(e, list) if (n++ < TTFS_WATCH_POPS) tile(b, e, input);
    ttfs_buf_puts(b, "</div>");
    table(b, list);
}
