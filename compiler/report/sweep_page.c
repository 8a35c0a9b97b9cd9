/* SPDX-License-Identifier: Apache-2.0
 *
 * Panels of a sweep as inline SVG. In: its document; out: HTML. The x axis goes by factors where
 * the list does, or spans two decades or more; a neutral 0 then lies a decade before the least
 * value.
 */
#include "sweep_page.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 420, HEIGHT = 220, LEFT = 52, TOP = 14, RIGHT = 12, BOTTOM = 34 };

/* Points [first, first + n) of one axis. */
typedef struct {
    const TtfsSweepDoc *d;
    uint32_t first, n;
    bool log;
    double least, x0, x1, y0, y1; /* least: positive value */
} Panel;

static double value(const Panel *p, uint32_t i) {
    const TtfsPoint *at = &p->d->points.at[p->first + i];
    return at->value[at->axis];
}

static double place(const Panel *p, double v) {
    if (!p->log) return v;
    return v > 0 ? log10(v) : log10(p->least) - 1;
}

static double across(const Panel *p, uint32_t i) {
    double share = p->x1 > p->x0 ? (place(p, value(p, i)) - p->x0) / (p->x1 - p->x0) : 0.5;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double down(const Panel *p, double y) {
    return TOP + (p->y1 - y) / (p->y1 - p->y0) * (HEIGHT - TOP - BOTTOM);
}

static void find_scale(Panel *p) {
    double most = 0, least = INFINITY, below = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        double v = value(p, i);
        below = fmin(below, v);
        if (v > 0) least = fmin(least, v), most = fmax(most, v);
    }
    p->least = least;
    p->log = below == 0 && most > 0 && (p->d->points.at[p->first].log || most / least >= 100);
    p->x0 = INFINITY;
    p->x1 = -INFINITY;
    for (uint32_t i = 0; i < p->n; i++) {
        p->x0 = fmin(p->x0, place(p, value(p, i)));
        p->x1 = fmax(p->x1, place(p, value(p, i)));
    }
}

static void find_range(Panel *p) {
    p->y0 = p->y1 = 1;
    for (uint32_t i = 0; i < p->n; i++)
        for (int f = TTFS_SWEEP_ACCURACY; f <= TTFS_SWEEP_AGREEMENT; f++) {
            TtfsSweepSummary s = ttfs_sweep_summary(p->d, p->first + i, (TtfsSweepFigure)f);
            if (s.n) p->y0 = fmin(p->y0, s.least);
        }
    p->y0 = fmax(0, floor(p->y0 * 20 - 1e-9) / 20);
}

static void band(TtfsBuf *b, const Panel *p, TtfsSweepFigure f, const char *colour) {
    ttfs_buf_puts(b, "<polygon points=\"");
    for (uint32_t k = 0; k < 2 * p->n; k++) {
        uint32_t i = k < p->n ? k : 2 * p->n - 1 - k;
        TtfsSweepSummary s = ttfs_sweep_summary(p->d, p->first + i, f);
        if (s.n)
            ttfs_buf_printf(b, "%.1f,%.1f ", across(p, i), down(p, k < p->n ? s.most : s.least));
    }
    ttfs_buf_printf(b, "\" fill=\"%s\" opacity=\".18\"/>", colour);
}

static void line(TtfsBuf *b, const Panel *p, TtfsSweepFigure f, const char *colour,
                 const char *dash) {
    ttfs_buf_puts(b, "<polyline points=\"");
    for (uint32_t i = 0; i < p->n; i++) {
        TtfsSweepSummary s = ttfs_sweep_summary(p->d, p->first + i, f);
        if (s.n) ttfs_buf_printf(b, "%.1f,%.1f ", across(p, i), down(p, s.mean));
    }
    ttfs_buf_printf(b, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"%s/>", colour, dash);
}

static void marks(TtfsBuf *b, const Panel *p, TtfsSweepFigure f, const char *colour) {
    TtfsAxis axis = p->d->points.at[p->first].axis;
    for (uint32_t i = 0; i < p->n; i++) {
        TtfsSweepSummary s = ttfs_sweep_summary(p->d, p->first + i, f);
        bool neutral = value(p, i) == ttfs_axis_neutral(axis);
        if (s.n == 0) continue;
        ttfs_buf_printf(b,
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\"><title>%.6g: %.2f %% "
                        "(%.2f to %.2f)%s</title></circle>",
                        across(p, i), down(p, s.mean), neutral ? "4.5" : "2", colour, value(p, i),
                        100 * s.mean, 100 * s.least, 100 * s.most, neutral ? ", neutral" : "");
    }
}

static void frame(TtfsBuf *b, const Panel *p) {
    for (int i = 0; i <= 2; i++) {
        double y = p->y0 + (p->y1 - p->y0) * i / 2, at = down(p, y);
        ttfs_buf_printf(b,
                        "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"currentColor\" "
                        "opacity=\".2\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g %%"
                        "</text>",
                        LEFT, at, WIDTH - RIGHT, at, LEFT - 5, at + 4, 100 * y);
    }
    for (uint32_t i = 0; i<p->n; i += p->n> 1 ? p->n - 1 : 1)
        ttfs_buf_printf(b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%.6g</text>", across(p, i),
                        HEIGHT - BOTTOM + 16, i ? "end" : "start", value(p, i));
    ttfs_buf_printf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s%s</text>", WIDTH / 2,
                    HEIGHT - 4, ttfs_axis_name(p->d->points.at[p->first].axis),
                    p->log ? " (by factors)" : "");
}

static void panel(TtfsBuf *b, Panel *p) {
    static const char *const colour[] = {"#0969da", "#8250df"};
    static const char *const dash[] = {"", " stroke-dasharray=\"5 3\""};
    find_scale(p);
    find_range(p);
    if (p->y0 == p->y1) p->y0 = 0;
    ttfs_buf_printf(b,
                    "<svg class=\"sweep\" width=\"%d\" height=\"%d\" role=\"img\" font-size=\"11\" "
                    "fill=\"currentColor\">",
                    WIDTH, HEIGHT);
    frame(b, p);
    for (int f = TTFS_SWEEP_ACCURACY; f <= TTFS_SWEEP_AGREEMENT; f++) {
        band(b, p, (TtfsSweepFigure)f, colour[f]);
        line(b, p, (TtfsSweepFigure)f, colour[f], dash[f]);
        marks(b, p, (TtfsSweepFigure)f, colour[f]);
    }
    ttfs_buf_puts(b, "</svg> ");
}

static bool is_grid(const TtfsSweepDoc *d) {
    for (uint32_t i = 0; i < d->points.len; i++)
        for (uint32_t a = 0; a < TTFS_AXES; a++)
            if (a != d->points.at[i].axis &&
                d->points.at[i].value[a] != ttfs_axis_neutral((TtfsAxis)a))
                return true;
    return false;
}

static void panels(TtfsBuf *b, const TtfsSweepDoc *d) {
    bool chip = strcmp(d->engine, ttfs_sweep_engines[TTFS_SWEEP_JIT]) == 0;
    const char *what = chip ? "Integers of the chip" : d->model[0] == 'a' ? "Model a" : "Model b";
    ttfs_buf_printf(b,
                    "<p class=\"key\">%s, %" PRIu64 " samples, %" PRIu32 " trials; accuracy "
                    "(line) and agreement with relu (dashed), bands from the least to the largest "
                    "of the trials, neutral points large.</p><div class=\"wide\">",
                    what, d->samples, d->trials);
    for (uint32_t i = 0; i < d->points.len;) {
        Panel p = {.d = d, .first = i};
        while (i < d->points.len && d->points.at[i].axis == d->points.at[p.first].axis) i++;
        p.n = i - p.first;
        panel(b, &p);
    }
    ttfs_buf_puts(b, "</div>");
}

void ttfs_sweep_page(TtfsBuf *b, const char *path) {
    TtfsSweepDoc d = {0};
    TtfsDiag quiet = {0};
    ttfs_buf_puts(b, "<h2>Robustness</h2>");
    if (!ttfs_file_exists(path))
        ttfs_buf_puts(b, "<p>Nothing was swept yet: <code>ttfs sweep OUT --input X</code> says "
                         "what noise does.</p>");
    else if (!ttfs_sweep_doc_load(&d, path, &quiet))
        ttfs_buf_puts(b, "<p class=\"bad\">report/sweep.json cannot be read: run the sweep again."
                         "</p>");
    else if (is_grid(&d))
        ttfs_buf_printf(b, "<p>A grid of %" PRIu32 " points: see report/sweep.json.</p>",
                        d.points.len);
    else
        panels(b, &d);
    ttfs_sweep_doc_free(&d);
    ttfs_diag_free(&quiet);
}
