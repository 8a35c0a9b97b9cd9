/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing text. Growth doubles, so appending n bytes costs O(n) in all.
 */
#include "buf.h"

#include "guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void reserve(TtfsBuf *b, size_t more) {
    if (b->cap - b->len > more) return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len <= more) cap *= 2;
    b->text = ttfs_hold_again(b->text, cap);
    b->cap = cap;
}

void ttfs_buf_free(TtfsBuf *b) {
    ttfs_release(b->text);
    *b = (TtfsBuf){0};
}

void ttfs_buf_bytes(TtfsBuf *b, const void *bytes, size_t n) {
    if (n == 0) return;
    reserve(b, n);
    memcpy(b->text + b->len, bytes, n);
    b->len += n;
    b->text[b->len] = 0;
}

void ttfs_buf_puts(TtfsBuf *b, const char *s) {
    ttfs_buf_bytes(b, s, strlen(s));
}

void ttfs_buf_vprintf(TtfsBuf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) ttfs_oom(0); /* numbers of very many digits take memory */
    if (n > 0) {
        reserve(b, (size_t)n);
        if (vsnprintf(b->text + b->len, (size_t)n + 1, fmt, again) != n) ttfs_oom((size_t)n);
        b->len += (size_t)n;
    }
    va_end(again);
}

void ttfs_buf_printf(TtfsBuf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void ttfs_buf_quoted(TtfsBuf *b, const char *s) {
    ttfs_buf_puts(b, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            ttfs_buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            ttfs_buf_printf(b, "\\x%02x", c);
        else
            ttfs_buf_bytes(b, s, 1);
    }
    ttfs_buf_puts(b, "\"");
}

enum { HEX_LINE = 48 }; /* bytes */

void ttfs_buf_hex_part(TtfsBuf *b, const void *bytes, size_t n, uint64_t *at) {
    static const char digit[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    reserve(b, n * 2 + n / HEX_LINE + 2);
    for (size_t i = 0; i < n; i++) {
        b->text[b->len++] = digit[p[i] >> 4];
        b->text[b->len++] = digit[p[i] & 15];
        if (++*at % HEX_LINE == 0) b->text[b->len++] = '\n';
    }
    b->text[b->len] = 0;
}

void ttfs_buf_hex_end(TtfsBuf *b, uint64_t at) {
    if (at % HEX_LINE) ttfs_buf_puts(b, "\n");
}

void ttfs_buf_hex(TtfsBuf *b, const void *bytes, size_t n) {
    uint64_t at = 0;
    ttfs_buf_hex_part(b, bytes, n, &at);
    ttfs_buf_hex_end(b, at);
}

const char *ttfs_buf_text(const TtfsBuf *b) {
    return b->text ? b->text : "";
}
