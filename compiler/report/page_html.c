/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML of texts, numbers, bars and pictures. Pictures are PNGs of stored blocks (RFC 1951, 2083),
 * so that their bytes depend on no library's version.
 */
#include "page_inside.h"

#include "hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void escape(TtfsBuf *b, const char *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *e = s[i] == '<'    ? "&lt;"
                        : s[i] == '>'  ? "&gt;"
                        : s[i] == '&'  ? "&amp;"
                        : s[i] == '"'  ? "&quot;"
                        : s[i] == '\'' ? "&#39;"
                                       : NULL;
        if (e)
            ttfs_buf_puts(b, e);
        else
            ttfs_buf_bytes(b, &s[i], 1);
    }
}

void ttfs_html(TtfsBuf *b, const char *text) {
    ttfs_html_cut(b, text, SIZE_MAX);
}

void ttfs_html_cut(TtfsBuf *b, const char *text, size_t most) {
    TtfsBuf shown = {0};
    ttfs_buf_shown(&shown, text);
    size_t n = shown.len < most ? shown.len : most;
    while (n < shown.len && n > 0 && ((unsigned char)shown.text[n] & 0xc0) == 0x80) n--;
    escape(b, ttfs_buf_text(&shown), n);
    if (n < shown.len) ttfs_buf_puts(b, "...");
    ttfs_buf_free(&shown);
}

void ttfs_html_bar(TtfsBuf *b, double share, const char *colour) {
    ttfs_buf_printf(b,
                    "<svg width=\"100\" height=\"10\" role=\"img\" aria-label=\"%.1f %%\"><rect "
                    "width=\"100\" height=\"10\" fill=\"currentColor\" opacity=\".15\"/><rect "
                    "width=\"%.1f\" height=\"10\" fill=\"%s\"/></svg>",
                    100 * share, 100 * share, colour);
}

void ttfs_html_count(TtfsBuf *b, double n) {
    char digits[64];
    if (!(fabs(n) < 1e18)) n = 0;
    int len = snprintf(digits, sizeof digits, "%.0f", n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-') ttfs_buf_puts(b, ",");
        ttfs_buf_bytes(b, &digits[i], 1);
    }
}

void ttfs_html_samples(TtfsBuf *b, double n) {
    ttfs_html_count(b, n);
    ttfs_buf_puts(b, n == 1 ? " sample" : " samples");
}

void ttfs_html_histogram(TtfsBuf *b, const double *count, int n, const char *what) {
    double most = 0;
    for (int i = 0; i < n; i++) most = fmax(most, count[i]);
    ttfs_buf_printf(b,
                    "<svg viewBox=\"0 0 %d 100\" preserveAspectRatio=\"none\" role=\"img\" "
                    "aria-label=\"%s, at most %.0f in a bar\"><path d=\"",
                    n ? n : 1, what, most);
    for (int i = 0; i < n; i++) {
        double height = most > 0 ? 100 * count[i] / most : 0;
        if (height > 0) ttfs_buf_printf(b, "M%d 100v-%.1fh.9v%.1fz", i, height, height);
    }
    ttfs_buf_puts(b, "\"/></svg>");
}

/* --- pictures --- */

static void big(TtfsBuf *b, uint32_t v) {
    const unsigned char bytes[] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                   (unsigned char)(v >> 8), (unsigned char)v};
    ttfs_buf_bytes(b, bytes, 4);
}

static void chunk(TtfsBuf *b, const char *type, const TtfsBuf *body) {
    size_t at = b->len + 4;
    big(b, (uint32_t)body->len);
    ttfs_buf_bytes(b, type, 4);
    ttfs_buf_bytes(b, ttfs_buf_text(body), body->len);
    big(b, ttfs_crc32(0, b->text + at, b->len - at));
}

static uint32_t adler32(const TtfsBuf *b) {
    uint32_t low = 1, high = 0;
    for (size_t i = 0; i < b->len; i++) {
        low = (low + (unsigned char)b->text[i]) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

static void stored(TtfsBuf *out, const TtfsBuf *raw) {
    ttfs_buf_bytes(out, "\x78\x01", 2);
    for (size_t at = 0; at < raw->len;) {
        size_t n = raw->len - at < 65535 ? raw->len - at : 65535;
        const unsigned char head[] = {at + n == raw->len, (unsigned char)n, (unsigned char)(n >> 8),
                                      (unsigned char)~n, (unsigned char)(~n >> 8)};
        ttfs_buf_bytes(out, head, 5);
        ttfs_buf_bytes(out, raw->text + at, n);
        at += n;
    }
    big(out, adler32(raw));
}

/* Rows, each behind a 0: no filter. */
static void rows(TtfsBuf *raw, const uint8_t *pixel, uint32_t width, uint32_t height,
                 uint32_t channels) {
    for (uint32_t y = 0; y < height; y++) {
        ttfs_buf_bytes(raw, "", 1);
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < channels; c++)
                ttfs_buf_bytes(raw, &pixel[((uint64_t)c * height + y) * width + x], 1);
    }
}

static void png(TtfsBuf *b, const uint8_t *pixel, uint32_t width, uint32_t height,
                uint32_t channels) {
    TtfsBuf head = {0}, raw = {0}, data = {0}, end = {0};
    big(&head, width);
    big(&head, height);
    ttfs_buf_bytes(&head, channels == 3 ? "\x08\x02\0\0\0" : "\x08\0\0\0\0", 5);
    rows(&raw, pixel, width, height, channels);
    stored(&data, &raw);
    ttfs_buf_bytes(b, "\x89PNG\r\n\x1a\n", 8);
    chunk(b, "IHDR", &head);
    chunk(b, "IDAT", &data);
    chunk(b, "IEND", &end);
    ttfs_buf_free(&head);
    ttfs_buf_free(&raw);
    ttfs_buf_free(&data);
}

static void base64(TtfsBuf *b, const char *bytes, size_t n) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (i + k < n ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            ttfs_buf_bytes(b, i + k <= n ? &letters[v >> (18 - 6 * k) & 63] : "=", 1);
    }
}

void ttfs_html_picture(TtfsBuf *b, const uint8_t *pixel, uint32_t width, uint32_t height,
                       uint32_t channels, const char *alt) {
    TtfsBuf file = {0};
    png(&file, pixel, width, height, channels);
    ttfs_buf_puts(b, "<img src=\"data:image/png;base64,");
    base64(b, file.text, file.len);
    ttfs_buf_printf(b, "\" width=\"%u\" height=\"%u\" alt=\"%s\"/>", width, height, alt);
    ttfs_buf_free(&file);
}

void ttfs_html_sha256(TtfsBuf *b, const char *text) {
    char hex[65], bytes[32];
    ttfs_sha256_of(text, strlen(text), hex);
    for (int i = 0; i < 32; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    base64(b, bytes, sizeof bytes);
}
