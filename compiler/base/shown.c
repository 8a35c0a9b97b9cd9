/* SPDX-License-Identifier: Apache-2.0
 *
 * Escapes. In: any bytes up to a NUL; out: valid UTF-8 without control characters (C0, DEL, C1, the
 * line and paragraph separators) and without those that turn the direction of what follows.
 */
#include "shown.h"

#include <stdbool.h>
#include <string.h>

/* The code point at `s` and its length in bytes; length 0: not UTF-8 (RFC 3629). */
static uint32_t decode(const unsigned char *s, size_t *length) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    *length = 0;
    if (n == 0 || s[0] > 0xf4) return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0; /* also the NUL */
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) return 0;
    *length = n;
    return c;
}

static bool obeyed(uint32_t c) {
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    bool direction = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069);
    return control || direction;
}

void ttfs_buf_shown(TtfsBuf *b, const char *s) {
    for (size_t n; *s; s += n) {
        bool hidden = obeyed(decode((const unsigned char *)s, &n)) || n == 0;
        if (n == 0) n = 1;
        for (size_t i = 0; hidden && i < n; i++)
            ttfs_buf_printf(b, "\\x%02x", (unsigned)(unsigned char)s[i]);
        if (!hidden) ttfs_buf_bytes(b, s, n);
    }
}

void ttfs_buf_name(TtfsBuf *b, const char *name, int width) {
    size_t before = b->len;
    ttfs_buf_shown(b, name);
    int used = (int)(b->len - before);
    if (used < width) ttfs_buf_printf(b, "%*s", width - used, "");
}

const char *ttfs_shown(TtfsArena *a, const char *s) {
    TtfsBuf b = {0};
    ttfs_buf_shown(&b, s);
    char *text = ttfs_arena_strdup(a, ttfs_buf_text(&b));
    ttfs_buf_free(&b);
    return text;
}

/* The letter behind the backslash for a character that has one, else 0. */
static char short_escape(uint32_t c) {
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = c && c < 0x80 ? strchr(from, (int)c) : NULL;
    return at ? to[at - from] : 0;
}

void ttfs_buf_json_string(TtfsBuf *b, const char *s) {
    ttfs_buf_puts(b, "\"");
    for (size_t n; *s; s += n) {
        uint32_t c = decode((const unsigned char *)s, &n);
        if (n == 0) {
            n = 1;
            ttfs_buf_printf(b, "\\\\x%02x", (unsigned)(unsigned char)*s);
        } else if (short_escape(c)) {
            ttfs_buf_printf(b, "\\%c", short_escape(c));
        } else if (obeyed(c)) {
            ttfs_buf_printf(b, "\\u%04x", c);
        } else {
            ttfs_buf_bytes(b, s, n);
        }
    }
    ttfs_buf_puts(b, "\"");
}
