/* SPDX-License-Identifier: Apache-2.0
 *
 * How to make the folder again: the command with the options of the manifest, the files' hashes,
 * the version.
 */
#include "page_inside.h"

#include "shipped.h"

#include <string.h>

/* A word of a shell: in single quotes where it is not plain, and no option where it is a file's
 * name that looks like one. */
static void word(TtfsBuf *b, const char *s) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:,+-";
    if (*s == '-') ttfs_buf_puts(b, "./");
    if (*s && strspn(s, plain) == strlen(s)) {
        ttfs_html(b, s);
        return;
    }
    ttfs_buf_puts(b, "&#39;");
    for (const char *c = s; *c; c++) {
        size_t n = strcspn(c, "'");
        TtfsArena a = {0};
        ttfs_html(b, ttfs_arena_strndup(&a, c, n));
        ttfs_arena_free(&a);
        c += n;
        if (!*c) break;
        ttfs_buf_puts(b, "&#39;\\&#39;&#39;");
    }
    ttfs_buf_puts(b, "&#39;");
}

static void number(TtfsBuf *b, const cJSON *options, const char *key, const char *option) {
    if (ttfs_page_has_number(options, key))
        ttfs_buf_printf(b, " %s %.10g", option, ttfs_page_number(options, key));
}

static void text(TtfsBuf *b, const cJSON *j, const char *key, const char *option) {
    if (!*ttfs_page_text(j, key)) return;
    ttfs_buf_printf(b, " %s ", option);
    word(b, ttfs_page_text(j, key));
}

/* A chip file that came with ttfs has that name and says what this folder's chip is. */
static bool comes_with_ttfs(const TtfsPage *p, const char *name) {
    TtfsArena a = {0};
    TtfsDiag quiet = {0};
    TtfsBuf shipped = {0}, here = {0};
    TtfsChip chip;
    bool ok = !strpbrk(name, "/.") && ttfs_chip_load(&chip, name, &a, &quiet);
    if (ok && p->out->has_plan) {
        ttfs_chip_print(&chip, &shipped);
        ttfs_chip_print(&p->out->plan.chip, &here);
        ok = strcmp(ttfs_buf_text(&shipped), ttfs_buf_text(&here)) == 0;
    }
    ttfs_buf_free(&shipped);
    ttfs_buf_free(&here);
    ttfs_diag_free(&quiet);
    ttfs_arena_free(&a);
    return ok;
}

/* Of a model that does not say it. */
static void input_shape(TtfsBuf *b, const cJSON *options) {
    const cJSON *shape = cJSON_GetObjectItem(options, "input_shape"), *e;
    if (cJSON_GetArraySize(shape) == 0) return;
    ttfs_buf_puts(b, " --input-shape ");
    cJSON_ArrayForEach(e, shape) ttfs_buf_printf(b, "%s%.0f", e == shape->child ? "" : ",",
                                                 cJSON_IsNumber(e) ? e->valuedouble : 0);
}

/* Where bytes map onto it: else the samples or a mean and a deviation gave it. */
static void input_range(TtfsBuf *b, const cJSON *options) {
    const cJSON *range = cJSON_GetObjectItem(options, "input_range");
    const cJSON *map = cJSON_GetObjectItem(options, "uint8");
    const cJSON *lo = cJSON_GetArrayItem(range, 0), *hi = cJSON_GetArrayItem(range, 1);
    if (!cJSON_IsNumber(lo) || !cJSON_IsNumber(hi) || !ttfs_page_has_number(map, "lo") ||
        lo->valuedouble != ttfs_page_number(map, "lo") ||
        hi->valuedouble != ttfs_page_number(map, "hi"))
        return;
    ttfs_buf_printf(b, " --input-range %.9g:%.9g", lo->valuedouble, hi->valuedouble);
}

/* What the command line cannot say in these words. */
static void beyond(TtfsBuf *b, const cJSON *options, const cJSON *calib) {
    const cJSON *range = cJSON_GetObjectItem(options, "input_range"), *e;
    if (strcmp(ttfs_page_text(calib, "file"), "memory") == 0)
        ttfs_buf_puts(b, "<p>The calibration samples were a program's: <code>memory</code> is the "
                         "<code>.npy</code> file that numpy saves of them.</p>");
    if (cJSON_GetArraySize(cJSON_GetObjectItem(options, "layers")) > 0)
        ttfs_buf_puts(b, "<p>Some layers have options of their own: <code>options.layers</code> of "
                         "the manifest, for a file of <code>--config</code>.</p>");
    if (cJSON_GetObjectItem(cJSON_GetObjectItem(options, "uint8"), "mean"))
        ttfs_buf_puts(b, "<p>Samples of bytes have a mean and a deviation: <code>options.uint8"
                         "</code> of the manifest, for a file of <code>--config</code>.</p>");
    if (cJSON_GetArraySize(range) != 2) return;
    ttfs_buf_puts(b, "<p class=\"key\">Input range");
    cJSON_ArrayForEach(e, range) if (cJSON_IsNumber(e)) ttfs_buf_printf(b, " %.9g", e->valuedouble);
    ttfs_buf_puts(b, ".</p>");
}

static void file(TtfsBuf *b, const char *what, const cJSON *j) {
    if (!*ttfs_page_text(j, "sha256")) return;
    ttfs_buf_printf(b, "<tr><td>%s</td><td>", what);
    ttfs_html(b, ttfs_page_text(j, "file"));
    ttfs_buf_puts(b, "</td><td><code>");
    ttfs_html(b, ttfs_page_text(j, "sha256"));
    ttfs_buf_puts(b, "</code></td></tr>");
}

void ttfs_page_reproduce(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *m = p->manifest, *options = cJSON_GetObjectItem(m, "options");
    const cJSON *model = cJSON_GetObjectItem(m, "model"), *calib = cJSON_GetObjectItem(m, "calib");
    const char *name = ttfs_page_text(cJSON_GetObjectItem(m, "chip"), "name");
    bool ours = comes_with_ttfs(p, name);
    ttfs_buf_puts(b, "<h2>Reproduce</h2><pre id=\"command\">ttfs compile ");
    word(b, ttfs_page_text(model, "file"));
    ttfs_buf_puts(b, " -o OUT");
    text(b, calib, "file", "--calib");
    if (calib) number(b, m, "calib_count", "--calib-count");
    number(b, options, "ticks", "--ticks");
    number(b, options, "weight_bits", "--weight-bits");
    number(b, options, "percentile", "--percentile");
    number(b, options, "seed", "--seed");
    text(b, options, "quantiser", "--quantiser");
    text(b, options, "ramps", "--ramps");
    text(b, options, "schedule", "--schedule");
    input_range(b, options);
    input_shape(b, options);
    if (cJSON_IsTrue(cJSON_GetObjectItem(options, "ip_xact"))) ttfs_buf_puts(b, " --ip-xact");
    if (*name) ttfs_buf_puts(b, " --chip ");
    if (*name) word(b, ours ? name : "chip.json");
    ttfs_buf_puts(b, "</pre>");
    if (*name && !ours)
        ttfs_buf_puts(b, "<p>The chip did not come with ttfs: <code>chip.json</code> is what "
                         "<code>chip</code> of manifest.json holds.</p>");
    beyond(b, options, calib);
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>what</th><th>file</th><th>SHA-256</th>"
                     "</tr>");
    file(b, "model", model);
    file(b, "calibration", calib);
    ttfs_buf_puts(b, "</table></div><p class=\"key\">ttfs ");
    ttfs_html(b, ttfs_page_text(m, "ttfs"));
    ttfs_buf_puts(b, "; the chip stands whole in manifest.json.</p>");
}
