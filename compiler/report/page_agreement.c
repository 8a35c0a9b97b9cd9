/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run with --layers left: what windows, ticks and weights do, layer by layer.
 */
#include "page_inside.h"

static void share_cell(TtfsBuf *b, const cJSON *j, const char *key) {
    if (ttfs_page_has_number(j, key))
        ttfs_buf_printf(b, "<td>%.2f %%</td>", 100 * ttfs_page_number(j, key));
    else
        ttfs_buf_puts(b, "<td></td>");
}

static void parts(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>switched on</th><th>agreement</th>"
                     "<th>accuracy</th><th>output error</th><th>moved by</th><th>share</th></tr>");
    cJSON_ArrayForEach(e, list) {
        ttfs_buf_puts(b, "<tr><td>");
        ttfs_html(b, ttfs_page_text(e, "part"));
        ttfs_buf_puts(b, "</td>");
        share_cell(b, e, "agreement");
        share_cell(b, e, "accuracy");
        ttfs_buf_printf(b, "<td>%.4g</td><td>%.4g</td><td>%.0f %% ",
                        ttfs_page_number(e, "mean_error"), ttfs_page_number(e, "mean_moved"),
                        100 * ttfs_page_number(e, "share"));
        ttfs_html_bar(b, ttfs_page_number(e, "share"), "#bf8700");
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

static void agreeing_layer(TtfsBuf *b, const cJSON *e) {
    bool spikes = ttfs_page_has_number(e, "step");
    ttfs_buf_puts(b, "<tr><td>");
    ttfs_html(b, ttfs_page_text(e, "layer"));
    ttfs_buf_printf(b, "</td><td>%.1e</td><td>%.4g</td><td>%.4g</td>",
                    ttfs_page_number(e, "exact_max_error"), ttfs_page_number(e, "mean_error"),
                    ttfs_page_number(e, "max_error"));
    if (spikes)
        ttfs_buf_printf(
            b,
            "<td class=\"%s\">%.2f</td><td>%.3f %%</td><td>%.1f %%</td><td>%.1f %%</td>"
            "<td>%.1f</td><td>%.0f</td></tr>",
            ttfs_page_number(e, "mean_steps") > 1 ? "bad" : "", ttfs_page_number(e, "mean_steps"),
            100 * ttfs_page_number(e, "saturated_share"), 100 * ttfs_page_number(e, "silent_share"),
            100 * ttfs_page_number(e, "relu_silent_share"),
            ttfs_page_number(e, "spikes_per_sample"), ttfs_page_number(e, "samples_that_part"));
    else
        ttfs_buf_puts(b, "<td></td><td></td><td></td><td></td><td></td><td></td></tr>");
}

static void worst_samples(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>worst samples</th><th>error</th>"
                     "<th>relu's class</th><th>class</th><th>parts at</th></tr>");
    cJSON_ArrayForEach(e, list) {
        bool named = ttfs_page_has_number(e, "class");
        ttfs_buf_printf(b, "<tr><td>%.0f</td><td>%.4g</td>", ttfs_page_number(e, "sample"),
                        ttfs_page_number(e, "error"));
        if (named)
            ttfs_buf_printf(b, "<td>%.0f</td><td>%.0f</td><td>", ttfs_page_number(e, "relu_class"),
                            ttfs_page_number(e, "class"));
        else
            ttfs_buf_puts(b, "<td></td><td></td><td>");
        ttfs_html(b, ttfs_page_text(e, "layer"));
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

void ttfs_page_agreement(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *j = p->agreement, *e;
    ttfs_buf_puts(b, "<h2>Agreement</h2>");
    if (!j) {
        ttfs_buf_puts(b, "<p>Not looked at yet: <code>ttfs run OUT --input X --layers</code> holds "
                         "every layer against the float network.</p>");
        return;
    }
    ttfs_buf_puts(b, "<p>");
    ttfs_html_samples(b, ttfs_page_number(j, "samples"));
    ttfs_buf_printf(b, ": relu, exact (the first %.0f), ", ttfs_page_number(j, "exact_samples"));
    ttfs_html(b, ttfs_page_text(j, "engine"));
    ttfs_buf_puts(b, *ttfs_page_text(j, "first_layer") ? ". They part at <b>"
                                                       : ". They part nowhere<b>");
    ttfs_html(b, ttfs_page_text(j, "first_layer"));
    ttfs_buf_puts(b, "</b>: a layer parts where its active values are off by more than one step of "
                     "its own in the mean.</p>");
    ttfs_page_funnel(b, p);
    parts(b, cJSON_GetObjectItem(j, "parts"));
    ttfs_buf_puts(b,
                  "<div class=\"wide\"><table><tr><th>layer</th><th>exact</th><th>mean error"
                  "</th><th>largest</th><th>steps</th><th>saturated</th><th>silent</th>"
                  "<th>silent in relu</th><th>spikes a sample</th><th>samples that part</th></tr>");
    cJSON_ArrayForEach(e, cJSON_GetObjectItem(j, "layers")) agreeing_layer(b, e);
    ttfs_buf_puts(b, "</table></div>");
    worst_samples(b, cJSON_GetObjectItem(j, "worst"));
}
