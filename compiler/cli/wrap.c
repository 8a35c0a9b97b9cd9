/* SPDX-License-Identifier: Apache-2.0
 *
 * One line after the other, word by word. A column is a byte: help texts are ASCII.
 */
#include "wrap.h"

#include <string.h>

enum { USUAL = 4 /* columns in, where a line has no gap */ };

/* Where what explains begins: behind the first two spaces that follow something. */
static size_t indent_of(const char *line, size_t n, uint32_t width) {
    size_t i = strspn(line, " ");
    while (i + 1 < n && (line[i] != ' ' || line[i + 1] != ' ')) i++;
    while (i < n && line[i] == ' ') i++;
    return i < n && i < width / 2 ? i : USUAL;
}

/* How much of n bytes that are too long goes on this line: up to the last space that fits, or all
 * of a word that does not. */
static size_t piece(const char *at, size_t n, size_t room) {
    size_t cut = room;
    while (cut > 0 && at[cut] != ' ') cut--;
    if (cut > 0) return cut;
    for (cut = room; cut < n && at[cut] != ' ';) cut++;
    return cut;
}

static void wrap_line(const char *at, size_t n, uint32_t width, TtfsBuf *out) {
    size_t indent = indent_of(at, n, width), used = 0, begun = 0;
    while (n > width - used) {
        size_t first = used ? 0 : indent, room = width - used;
        size_t cut = first < n && first < room ? first + piece(at + first, n - first, room - first)
                                               : piece(at, n, room);
        if (cut >= n) break;
        ttfs_buf_printf(out, "%*s%.*s\n", (int)begun, "", (int)cut, at);
        cut += strspn(at + cut, " ");
        at += cut, n -= cut;
        used = begun = indent;
    }
    ttfs_buf_printf(out, "%*s%.*s\n", (int)begun, "", (int)n, at);
}

void ttfs_wrap(const char *text, uint32_t width, TtfsBuf *out) {
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        wrap_line(text, n, width, out);
    }
}
