/* SPDX-License-Identifier: Apache-2.0
 *
 * The training that the folder came from, as a table of its epochs. In: report/tune.json.
 */
#include "page_inside.h"

enum { MOST = 1000 };

static void row(TtfsBuf *b, const cJSON *e, double epoch, bool kept) {
    ttfs_buf_printf(b, "<tr><td>%.0f%s</td>", epoch, kept ? " <b>kept</b>" : "");
    ttfs_buf_printf(b, "<td>%.4g</td><td>%.4g</td><td>%.4g %%</td><td>%.3g</td></tr>",
                    ttfs_page_number(e, "loss"), ttfs_page_number(e, "validation_loss"),
                    100 * ttfs_page_number(e, "validation"),
                    ttfs_page_number(e, "spikes_per_neuron"));
}

static void epochs(TtfsBuf *b, const TtfsPage *p, const cJSON *list) {
    double epoch = 0, best = ttfs_page_number(p->tune, "best_epoch");
    const cJSON *e;
    ttfs_buf_printf(b,
                    "<p>Trained with %.10g samples; %.10g were held back, of which %.4g %% were ",
                    ttfs_page_number(p->tune, "trained"), ttfs_page_number(p->tune, "held_back"),
                    100 * ttfs_page_number(p->tune, "accuracy_before"));
    ttfs_buf_printf(b, "right before and %.4g %% are after. The teacher: ",
                    100 * ttfs_page_number(p->tune, "accuracy_after"));
    ttfs_html_cut(b, ttfs_page_text(p->tune, "teacher"), 64);
    ttfs_buf_puts(b,
                  ".</p><details><summary>the epochs</summary><div class=\"wide\"><table><tr><th>"
                  "epoch</th><th>loss</th><th>loss held back</th><th>right held back</th><th>"
                  "spikes a neuron</th></tr>");
    cJSON_ArrayForEach(e, list) {
        epoch++;
        row(b, e, epoch, epoch == best);
    }
    ttfs_buf_puts(b, "</table></div></details>");
}

void ttfs_page_tune(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *list = cJSON_GetObjectItem(p->tune, "epochs");
    int n = cJSON_GetArraySize(list);
    ttfs_buf_puts(b, "<h2>Training</h2>");
    if (n == 0)
        ttfs_buf_puts(b, "<p>Not trained on its grids: <code>ttfs tune OUT -o OUT2 --train X"
                         "</code> does that.</p>");
    else if (n > MOST)
        ttfs_buf_printf(b, "<p>%d epochs: see report/tune.json.</p>", n);
    else
        epochs(b, p, list);
}
