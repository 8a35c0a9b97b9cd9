/* SPDX-License-Identifier: Apache-2.0
 *
 * The first samples of a run: the input as a picture, the spikes population by population, the
 * values of the outputs. In: the run's document (watch_report.c); out: a picker that needs no
 * script, and a pane a sample. Time runs from left to right over the whole latency; a population's
 * window is shaded, its neurons go from top to bottom.
 */
#include "page_inside.h"

#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS = 5 };

typedef struct {
    const TtfsPage *page;
    const cJSON *shown, *grids;
    uint32_t width, height, channels;
} Samples;

/* --- the input --- */

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: it is no picture of that size. */
static bool read_pixels(const Samples *s, const cJSON *sample, uint8_t *pixel) {
    const char *hex = ttfs_page_text(sample, "pixels");
    size_t n = (size_t)s->width * s->height * s->channels;
    if (n == 0 || strlen(hex) != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        pixel[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static void picture(TtfsBuf *b, const Samples *s, const cJSON *sample) {
    uint8_t pixel[3 * TTFS_WATCH_SIDE * TTFS_WATCH_SIDE];
    char alt[64];
    if (!read_pixels(s, sample, pixel)) return;
    snprintf(alt, sizeof alt, "input of sample %.0f", ttfs_page_number(sample, "sample"));
    ttfs_html_picture(b, pixel, s->width, s->height, s->channels, alt);
}

/* --- the spikes --- */

static int cell(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : 0;
}

/* How dark, 0 to LEVELS; a single spike of a cell that can have only one is as dark as can be. */
static int level(char c, double peak) {
    double most = fmin(fmax(peak, 1), 35), share = cell(c) / most;
    return share > 1 ? LEVELS : (int)ceil(share * LEVELS);
}

/* Of one darkness: runs of cells along the rows. */
static void cells(TtfsBuf *b, const char *at, uint32_t rows, uint32_t cols, double peak, int dark) {
    bool any = false;
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0, n; x < cols; x += n) {
            for (n = 0; x + n < cols && level(at[y * cols + x + n], peak) == dark;) n++;
            if (n == 0) {
                n = 1;
                continue;
            }
            if (!any) ttfs_buf_printf(b, "<path opacity=\"%.1f\" d=\"", (double)dark / LEVELS);
            any = true;
            ttfs_buf_printf(b, "M%u %u.5h%u", x, y, n);
        }
    if (any) ttfs_buf_puts(b, "\"/>");
}

static void raster(TtfsBuf *b, const TtfsPopulation *p, uint32_t latency, uint32_t rows,
                   uint32_t cols, const cJSON *r) {
    double all = latency ? latency : 1, x = 100 * p->start / all, width = 100 * p->ticks / all;
    const char *at = ttfs_page_text(r, "cells");
    uint32_t height = rows < 6 ? 12 : rows + rows / 2;
    ttfs_buf_printf(b,
                    "<svg height=\"%u\" role=\"img\" aria-label=\"%.0f spikes in ticks %u to %u\">"
                    "<rect class=\"window\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/><svg "
                    "x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\" viewBox=\"0 0 %u %u\" "
                    "preserveAspectRatio=\"none\">",
                    height, ttfs_page_number(r, "spikes"), p->start, p->start + p->ticks, x, width,
                    x, width, cols, rows);
    for (int dark = 1; dark <= LEVELS; dark++)
        cells(b, at, rows, cols, ttfs_page_number(r, "peak"), dark);
    ttfs_buf_puts(b, "</svg></svg>");
}

static const TtfsPopulation *population(const TtfsSpike *s, const char *name) {
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].ticks && strcmp(s->pops.at[i].name, name) == 0) return &s->pops.at[i];
    return NULL;
}

static void strip(TtfsBuf *b, const Samples *s, const cJSON *grid, const cJSON *r) {
    const TtfsSpike *spike = &s->page->out->spike;
    const TtfsPopulation *p = population(spike, ttfs_page_text(grid, "population"));
    double rows = ttfs_page_number(grid, "rows"), cols = ttfs_page_number(grid, "columns");
    if (!p || !(rows >= 1 && rows <= TTFS_WATCH_ROWS && cols >= 1 && cols <= TTFS_WATCH_BINS))
        return;
    if (strlen(ttfs_page_text(r, "cells")) != (size_t)rows * (size_t)cols) return;
    ttfs_buf_puts(b, "<div class=\"strip\"><div>");
    ttfs_html_cut(b, p->name, 40);
    ttfs_buf_puts(b, " <span class=\"key\">");
    ttfs_html_count(b, ttfs_page_number(r, "spikes"));
    ttfs_buf_puts(b, " of ");
    ttfs_html_count(b, ttfs_pop_size(p));
    ttfs_buf_puts(b, " spike</span></div>");
    raster(b, p, spike->latency, (uint32_t)rows, (uint32_t)cols, r);
    ttfs_buf_puts(b, "</div>");
}

static void strips(TtfsBuf *b, const Samples *s, const cJSON *sample) {
    const cJSON *grid = s->grids ? s->grids->child : NULL, *r;
    uint32_t n = 0;
    ttfs_buf_puts(b, "<div>");
    cJSON_ArrayForEach(r, cJSON_GetObjectItem(sample, "rasters")) {
        if (!grid || n++ == TTFS_WATCH_POPS) break;
        strip(b, s, grid, r);
        grid = grid->next;
    }
    ttfs_buf_printf(b,
                    "<div class=\"strip\"><div class=\"key\">tick</div><svg height=\"16\" "
                    "role=\"img\" aria-label=\"ticks 0 to %u\"><text x=\"0\" y=\"12\">0</text>"
                    "<text x=\"50%%\" y=\"12\" text-anchor=\"middle\">%u</text><text x=\"100%%\" "
                    "y=\"12\" text-anchor=\"end\">%u</text></svg></div></div>",
                    s->page->out->spike.latency, s->page->out->spike.latency / 2,
                    s->page->out->spike.latency);
}

/* --- the outputs --- */

typedef struct {
    double lo, hi;
} Range;

static void widen(Range *r, const cJSON *e, const char *key) {
    double v = ttfs_page_number(e, key);
    if (v < r->lo) r->lo = v;
    if (v > r->hi) r->hi = v;
}

static double across(const Range *r, double v) {
    return 100 * (v - r->lo) / (r->hi > r->lo ? r->hi - r->lo : 1);
}

static void value(TtfsBuf *b, const Range *r, const cJSON *e, const cJSON *sample) {
    double v = ttfs_page_number(e, "value"), zero = across(r, 0), at = across(r, v);
    bool named = ttfs_page_has_number(sample, "class") &&
                 ttfs_page_number(sample, "class") == ttfs_page_number(e, "element");
    ttfs_buf_printf(b,
                    "<tr><td>%s%.0f%s</td><td><svg role=\"img\" aria-label=\"%.4g\"><rect "
                    "class=\"chip\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>",
                    named ? "<b>" : "", ttfs_page_number(e, "element"), named ? "</b>" : "", v,
                    fmin(zero, at), fabs(at - zero));
    if (ttfs_page_has_number(e, "relu"))
        ttfs_buf_printf(
            b, "<line class=\"relu\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>",
            across(r, ttfs_page_number(e, "relu")), across(r, ttfs_page_number(e, "relu")));
    ttfs_buf_printf(b, "</svg></td><td>%.4g</td>", v);
    if (ttfs_page_has_number(e, "relu"))
        ttfs_buf_printf(b, "<td>%.4g</td>", ttfs_page_number(e, "relu"));
    ttfs_buf_puts(b, "</tr>");
}

static void values(TtfsBuf *b, const cJSON *sample) {
    const cJSON *list = cJSON_GetObjectItem(sample, "outputs"), *e;
    Range r = {0, 0};
    cJSON_ArrayForEach(e, list) {
        widen(&r, e, "value");
        widen(&r, e, "relu");
    }
    ttfs_buf_puts(b, "<div class=\"wide\"><table class=\"values\"><tr><th>output</th><th></th>"
                     "<th>chip</th>");
    if (list && ttfs_page_has_number(list->child, "relu")) ttfs_buf_puts(b, "<th>relu</th>");
    ttfs_buf_puts(b, "</tr>");
    cJSON_ArrayForEach(e, list) value(b, &r, e, sample);
    ttfs_buf_puts(b, "</table></div>");
}

static void class_of(TtfsBuf *b, const cJSON *sample, const char *key, const char *what) {
    if (ttfs_page_has_number(sample, key))
        ttfs_buf_printf(b, "%s <b>%.0f</b>. ", what, ttfs_page_number(sample, key));
}

static void pane(TtfsBuf *b, const Samples *s, const cJSON *sample) {
    ttfs_buf_puts(b, "<div class=\"pane\">");
    strips(b, s, sample);
    ttfs_buf_puts(b, "<div><figure>");
    picture(b, s, sample);
    ttfs_buf_printf(b, "<figcaption>Sample %.0f. ", ttfs_page_number(sample, "sample"));
    class_of(b, sample, "class", "The chip says");
    class_of(b, sample, "relu_class", "Relu says");
    class_of(b, sample, "label", "The label is");
    ttfs_buf_puts(b, "</figcaption></figure>");
    values(b, sample);
    ttfs_buf_puts(b, "</div></div>");
}

/* --- all --- */

static void choice(TtfsBuf *b, const Samples *s, const cJSON *sample, uint32_t i) {
    ttfs_buf_printf(b, "<input type=\"radio\" name=\"sample\" id=\"s%u\"%s/><label for=\"s%u\">", i,
                    i ? "" : " checked=\"checked\"", i);
    picture(b, s, sample);
    ttfs_buf_printf(b, "%.0f</label>", ttfs_page_number(sample, "sample"));
}

static void picker(TtfsBuf *b, const Samples *s) {
    const cJSON *e;
    uint32_t n = 0;
    ttfs_buf_puts(b, "<div class=\"picker\" role=\"radiogroup\" aria-label=\"sample\">");
    cJSON_ArrayForEach(e, s->shown) if (n < TTFS_WATCH_SHOWN) choice(b, s, e, n++);
    ttfs_buf_puts(b, "<div class=\"panes\">");
    n = 0;
    cJSON_ArrayForEach(e, s->shown) if (n++ < TTFS_WATCH_SHOWN) pane(b, s, e);
    ttfs_buf_puts(b, "</div></div>");
}

static uint32_t side(const cJSON *list, int i, uint32_t most) {
    const cJSON *v = cJSON_GetArrayItem(list, i);
    double n = cJSON_IsNumber(v) ? v->valuedouble : 0;
    return n >= 1 && n <= most ? (uint32_t)n : 0;
}

void ttfs_page_samples(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *size = cJSON_GetObjectItem(p->run, "picture");
    Samples s = {.page = p,
                 .shown = cJSON_GetObjectItem(p->run, "shown"),
                 .grids = cJSON_GetObjectItem(p->run, "grids"),
                 .channels = side(size, 0, 3),
                 .height = side(size, 1, TTFS_WATCH_SIDE),
                 .width = side(size, 2, TTFS_WATCH_SIDE)};
    ttfs_buf_puts(b, "<h2>Samples</h2>");
    if (cJSON_GetArraySize(s.shown) == 0) {
        ttfs_buf_puts(b, "<p>Nothing ran yet: <code>ttfs run OUT --input X</code> brings the "
                         "spikes of its first samples.</p>");
        return;
    }
    ttfs_buf_puts(b, "<p class=\"key\">The input as the chip gets it; spikes population by "
                     "population, windows shaded, neurons from top to bottom, many of them to a "
                     "row; the largest outputs (bars: chip, lines: relu). Arrow keys choose.");
    if (p->out->spike.pops.len > TTFS_WATCH_POPS)
        ttfs_buf_printf(b, " The first %d of %u populations.", TTFS_WATCH_POPS,
                        p->out->spike.pops.len);
    ttfs_buf_puts(b, "</p>");
    picker(b, &s);
}
