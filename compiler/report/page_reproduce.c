/* SPDX-License-Identifier: Apache-2.0
 *
 * How to make the folder again: the command with the options of the manifest, the files' hashes,
 * the version.
 */
#include "page_inside.h"

#include <string.h>

/* A word of a shell: in single quotes where it is not plain. */
static void word(TtfsBuf *b, const char *s) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:,+-";
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

/* What the command line cannot say in these words. */
static void beyond(TtfsBuf *b, const cJSON *options) {
    const cJSON *range = cJSON_GetObjectItem(options, "input_range"), *e;
    if (cJSON_GetArraySize(cJSON_GetObjectItem(options, "layers")) > 0)
        ttfs_buf_puts(b, "<p>Some layers have options of their own: <code>options.layers</code> of "
                         "the manifest, for a file of <code>--config</code>.</p>");
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
    text(b, options, "schedule", "--schedule");
    text(b, cJSON_GetObjectItem(m, "chip"), "name", "--chip");
    ttfs_buf_puts(b, "</pre>");
    beyond(b, options);
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>what</th><th>file</th><th>SHA-256</th>"
                     "</tr>");
    file(b, "model", model);
    file(b, "calibration", calib);
    ttfs_buf_puts(b, "</table></div><p class=\"key\">ttfs ");
    ttfs_html(b, ttfs_page_text(m, "ttfs"));
    ttfs_buf_puts(b, "; the chip stands whole in manifest.json.</p>");
}
