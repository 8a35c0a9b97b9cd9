/* SPDX-License-Identifier: Apache-2.0
 *
 * The agreement funnel: of all samples, those that still agree with relu as one part after the
 * other is switched on; and the error of each layer in steps of its grid. In: what a run with
 * --layers left, and the last verdict with the Verilog.
 */
#include "page_inside.h"

#include <math.h>
#include <string.h>

enum { STAGE = 104, TALL = 90, MIDDLE = 72, BAR = 14, MOST_LAYERS = 256, LAYER_TALL = 60 };

typedef struct {
    const char *name, *under; /* of it: a line of text */
    double share;             /* of the samples */
} Stage;

enum { MOST_STAGES = 6 };

/* The Verilog has the agreement of what it is equal to; before it was verified nothing is said. */
static Stage rtl_of(const TtfsPage *p, double share) {
    bool equal = cJSON_IsTrue(cJSON_GetObjectItem(p->counted, "equal"));
    return (Stage){"rtl", equal ? "same spikes" : "not equal", equal ? share : 0};
}

static int stages(const TtfsPage *p, Stage *s) {
    static const char *const parts[] = {"windows", "ticks", "weights"};
    static const char *const names[] = {"windows", "ticks", "weights: chip"};
    const cJSON *list = cJSON_GetObjectItem(p->agreement, "parts");
    int n = 0;
    s[n++] = (Stage){"relu", "floats", 1};
    s[n++] = (Stage){"exact", "continuous time", 1};
    for (int i = 0; i < 3; i++) {
        const cJSON *e = ttfs_page_named(list, "part", parts[i]);
        double share = ttfs_page_number(e, "agreement");
        if (!ttfs_page_has_number(e, "agreement") || !(share >= 0 && share <= 1)) return 0;
        s[n++] = (Stage){names[i], "", share};
    }
    if (p->counted) s[n] = rtl_of(p, s[n - 1].share);
    return p->counted ? n + 1 : n;
}

/* Where the picture's narrowest place begins: a little below the least share. */
static double floor_of(const Stage *s, int n) {
    double least = 0.999;
    for (int i = 0; i < n; i++) least = fmin(least, s[i].share);
    return fmax(0, least - (1 - least) / 2);
}

static double height_of(double share, double least) {
    return 8 + (TALL - 8) * fmax(0, share - least) / (1 - least);
}

static void draw(TtfsBuf *b, const Stage *s, const Stage *next, int i, double least) {
    double x = STAGE * (i + 0.5), h = height_of(s->share, least) / 2;
    ttfs_buf_printf(b, "<rect class=\"stage\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                    x - BAR, MIDDLE - h, 2 * BAR, 2 * h);
    if (next) {
        double end = x + STAGE - BAR, to = height_of(next->share, least) / 2;
        ttfs_buf_printf(b, "<path d=\"M%.1f %.1fL%.1f %.1fV%.1fL%.1f %.1fz\"/>", x + BAR,
                        MIDDLE - h, end, MIDDLE - to, MIDDLE + to, x + BAR, MIDDLE + h);
    }
    ttfs_buf_printf(b,
                    "<text x=\"%.1f\" y=\"14\">%s</text><text x=\"%.1f\" y=\"136\">%.2f %%</text>",
                    x, s->name, x, 100 * s->share);
}

/* How many samples part with that part, or what is said under it. */
static void under(TtfsBuf *b, const Stage *s, const Stage *before, int i, double samples) {
    double lost = before ? round((before->share - s->share) * samples) : 0;
    ttfs_buf_printf(b, "<text class=\"quiet\" x=\"%.1f\" y=\"152\">", STAGE * (i + 0.5));
    if (*s->under)
        ttfs_buf_puts(b, s->under);
    else if (lost == 0)
        ttfs_buf_puts(b, "none lost");
    else
        ttfs_buf_printf(b, "%.0f %s", fabs(lost), lost > 0 ? "lost" : "won back");
    ttfs_buf_puts(b, "</text>");
}

static void funnel(TtfsBuf *b, const TtfsPage *p) {
    Stage s[MOST_STAGES];
    double samples = ttfs_page_number(p->agreement, "samples");
    int n = stages(p, s);
    if (n == 0 || !(samples > 0 && samples < 1e15)) return;
    double least = floor_of(s, n);
    ttfs_buf_printf(
        b,
        "<figure class=\"wide\"><svg class=\"funnel\" viewBox=\"0 0 %d 160\" width=\"%d\" "
        "font-size=\"12\" text-anchor=\"middle\" role=\"img\" aria-label=\"samples that "
        "agree with relu:",
        STAGE * n, STAGE * n);
    for (int i = 0; i < n; i++) ttfs_buf_printf(b, " %s %.2f %%,", s[i].name, 100 * s[i].share);
    ttfs_buf_puts(b, " the tables below say the same\">");
    for (int i = 0; i < n; i++) {
        draw(b, &s[i], i + 1 < n ? &s[i + 1] : NULL, i, least);
        under(b, &s[i], i ? &s[i - 1] : NULL, i, samples);
    }
    ttfs_buf_printf(b,
                    "</svg><figcaption class=\"key\">Samples that agree with relu, of %.0f, as one "
                    "part after the other is switched on; heights from %.2f to 100 %%. exact is "
                    "relu in theory, not measured here",
                    samples, 100 * least);
    if (p->counted) {
        ttfs_buf_puts(b, "; rtl is what it was verified to be, on ");
        ttfs_html_samples(b, ttfs_page_number(p->counted, "samples"));
    }
    ttfs_buf_puts(b, ".</figcaption></figure>");
}

/* --- layers --- */

static double most_steps(const cJSON *list) {
    const cJSON *e;
    double most = 1.2;
    cJSON_ArrayForEach(e, list) most = fmax(most, fmin(1e6, ttfs_page_number(e, "mean_steps")));
    return most;
}

/* `each`: pixels of a layer. */
static void layer(TtfsBuf *b, const cJSON *e, int i, int each, double most, const char *first) {
    double steps = fmin(1e6, fmax(0, ttfs_page_number(e, "mean_steps")));
    double h = LAYER_TALL * steps / most;
    bool parts = *first && strcmp(first, ttfs_page_text(e, "layer")) == 0;
    ttfs_buf_printf(b,
                    "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"><title>",
                    parts       ? "first"
                    : steps > 1 ? "over"
                                : "",
                    each * i, LAYER_TALL - h, each - 3, h);
    ttfs_html_cut(b, ttfs_page_text(e, "layer"), 60);
    ttfs_buf_printf(b, ": %.2f steps%s</title></rect>", steps,
                    parts ? ", the first layer that parts" : "");
}

static void layer_errors(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *list = cJSON_GetObjectItem(p->agreement, "layers"), *e;
    double most = most_steps(list);
    int n = 0, all = 0;
    cJSON_ArrayForEach(e, list) all += ttfs_page_has_number(e, "mean_steps");
    if (all == 0) return;
    int shown = all < MOST_LAYERS ? all : MOST_LAYERS;
    int each = shown < 16 ? 40 : shown < 64 ? 640 / shown : 10;
    ttfs_buf_printf(b,
                    "<figure class=\"wide\"><svg class=\"layers\" width=\"%d\" height=\"%d\" "
                    "role=\"img\" aria-label=\"error of %d layers in steps: the table below says "
                    "the same\"><path d=\"M0 %.1fh%d\"/>",
                    each * shown, LAYER_TALL, shown, LAYER_TALL - LAYER_TALL / most, each * shown);
    cJSON_ArrayForEach(e, list) if (n < shown && ttfs_page_has_number(e, "mean_steps"))
        layer(b, e, n++, each, most, ttfs_page_text(p->agreement, "first_layer"));
    ttfs_buf_printf(b, "</svg><figcaption class=\"key\">Mean error of the active values, a bar a "
                       "layer in the order of the table below, in ");
    ttfs_html_word(b, "steps", "steps");
    ttfs_buf_puts(b, "; the line is one step.</figcaption></figure>");
}

void ttfs_page_funnel(TtfsBuf *b, const TtfsPage *p) {
    funnel(b, p);
    layer_errors(b, p);
}
