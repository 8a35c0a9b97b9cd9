/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings that a target had tried: cost against loss as points, and as a table. In:
 * report/frontier.json.
 */
#include "page_inside.h"

#include <math.h>

enum { WIDTH = 480, HEIGHT = 240, EDGE = 46, MOST = 1000 };

typedef struct {
    double x0, x1, y0, y1;
} Box;

static bool is_point(const cJSON *e) {
    return ttfs_page_has_number(e, "cost") && ttfs_page_has_number(e, "loss");
}

static Box box_of(const cJSON *points) {
    Box b = {INFINITY, -INFINITY, 0, 0};
    const cJSON *e;
    cJSON_ArrayForEach(e, points) {
        if (!is_point(e)) continue;
        b.x0 = fmin(b.x0, ttfs_page_number(e, "cost"));
        b.x1 = fmax(b.x1, ttfs_page_number(e, "cost"));
        b.y0 = fmin(b.y0, ttfs_page_number(e, "loss"));
        b.y1 = fmax(b.y1, ttfs_page_number(e, "loss"));
    }
    if (b.x1 <= b.x0) b.x1 = b.x0 + 1;
    if (b.y1 <= b.y0) b.y1 = b.y0 + 1;
    return b;
}

static void point(TtfsBuf *b, const Box *box, const cJSON *e) {
    double cost = ttfs_page_number(e, "cost"), loss = ttfs_page_number(e, "loss");
    bool chosen = cJSON_IsTrue(cJSON_GetObjectItem(e, "chosen"));
    bool best = cJSON_IsTrue(cJSON_GetObjectItem(e, "frontier"));
    ttfs_buf_printf(b,
                    "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>%.0f ticks, %.0f "
                    "bits: loss %.2f %%, cost %.6g</title></circle>",
                    chosen ? "chosen"
                    : best ? "best"
                           : "",
                    EDGE + (cost - box->x0) / (box->x1 - box->x0) * (WIDTH - 2 * EDGE),
                    HEIGHT - EDGE - (loss - box->y0) / (box->y1 - box->y0) * (HEIGHT - 2 * EDGE),
                    chosen ? 6 : 3, ttfs_page_number(e, "ticks"),
                    ttfs_page_number(e, "weight_bits"), 100 * loss, cost);
}

static void picture(TtfsBuf *b, const cJSON *points) {
    Box box = box_of(points);
    const cJSON *e;
    ttfs_buf_printf(b,
                    "<div class=\"wide\"><svg class=\"frontier\" width=\"%d\" height=\"%d\" "
                    "font-size=\"11\" role=\"img\" aria-label=\"loss over cost: the table says the "
                    "same\"><text x=\"4\" y=\"14\">loss, %.2f to %.2f %%</text><text x=\"%d\" "
                    "y=\"%d\" text-anchor=\"end\">cost, %.4g to %.4g</text>",
                    WIDTH, HEIGHT, 100 * box.y0, 100 * box.y1, WIDTH - 4, HEIGHT - 8, box.x0,
                    box.x1);
    cJSON_ArrayForEach(e, points) if (is_point(e)) point(b, &box, e);
    ttfs_buf_puts(b, "</svg></div>");
}

static void row(TtfsBuf *b, const cJSON *e) {
    bool chosen = cJSON_IsTrue(cJSON_GetObjectItem(e, "chosen"));
    ttfs_buf_printf(b, "<tr><td>%.0f%s</td><td>%.0f</td>", ttfs_page_number(e, "ticks"),
                    chosen ? " <b>chosen</b>" : "", ttfs_page_number(e, "weight_bits"));
    if (is_point(e))
        ttfs_buf_printf(b, "<td>%.2f %%</td><td>%.6g</td><td>%s</td></tr>",
                        100 * ttfs_page_number(e, "loss"), ttfs_page_number(e, "cost"),
                        cJSON_IsTrue(cJSON_GetObjectItem(e, "meets")) ? "yes" : "no");
    else
        ttfs_buf_puts(b, "<td></td><td></td><td>refused</td></tr>");
}

static void tried(TtfsBuf *b, const cJSON *points) {
    const cJSON *e;
    ttfs_buf_puts(b, "<p class=\"key\">Settings that were tried for the target; filled: nothing "
                     "as cheap lost less; large: the chosen one.</p>");
    picture(b, points);
    ttfs_buf_puts(b, "<details><summary>as a table</summary><div class=\"wide\"><table><tr><th>"
                     "ticks</th><th>weight bits</th><th>loss</th><th>cost</th><th>meets the target"
                     "</th></tr>");
    cJSON_ArrayForEach(e, points) row(b, e);
    ttfs_buf_puts(b, "</table></div></details>");
}

void ttfs_page_frontier(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *points = cJSON_GetObjectItem(p->frontier, "points");
    int n = cJSON_GetArraySize(points);
    ttfs_buf_puts(b, "<h2>Frontier</h2>");
    if (n == 0)
        ttfs_buf_puts(b, "<p>No settings were tried: <code>ttfs compile MODEL -o OUT --calib X "
                         "--target-agreement P</code> looks for those that meet a target.</p>");
    else if (n > MOST)
        ttfs_buf_printf(b, "<p>%d settings were tried: see report/frontier.json.</p>", n);
    else
        tried(b, points);
}
