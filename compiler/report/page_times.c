/* SPDX-License-Identifier: Apache-2.0
 *
 * When the spikes of a population fall, and how many neurons are silent or saturated (they fire in
 * their window's first tick: the value is the window's end or beyond).
 */
#include "page_inside.h"

#include "watch.h"

#include <string.h>

static void histogram(TtfsBuf *b, const cJSON *list) {
    double count[TTFS_WATCH_BINS];
    int n = 0;
    const cJSON *e;
    if (cJSON_GetArraySize(list) > TTFS_WATCH_BINS) return;
    cJSON_ArrayForEach(e, list) count[n++] = cJSON_IsNumber(e) ? e->valuedouble : 0;
    ttfs_html_histogram(b, count, n, "spikes by tick");
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
    ttfs_buf_puts(b, "<p class=\"key\">Spikes of ");
    ttfs_html_samples(b, ttfs_page_number(p->run, "histogram_samples"));
    ttfs_buf_puts(b,
                  " by tick of the window: its start, where the largest values are, on the left. "
                  "Shares, of neurons that are ");
    ttfs_html_word(b, "silent", "silent");
    ttfs_buf_puts(b, " or ");
    ttfs_html_word(b, "saturated", "saturated");
    ttfs_buf_puts(b, ", are those of ");
    ttfs_html_samples(b, ttfs_page_number(p->run, "samples"));
    ttfs_buf_puts(b, ".</p><div class=\"tiles\">");
    cJSON_ArrayForEach(e, list) if (n++ < TTFS_WATCH_POPS) tile(b, e, input);
    ttfs_buf_puts(b, "</div>");
    table(b, list);
}
