/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of reject tests that hold what differs from a text that is right. NAME.edit beside base.txt
 * is lines of
 *
 *     - TEXT      the first TEXT from the beginning, which must be there, is taken away;
 *     + TEXT      stands in its place; several are several lines;
 *     cut TEXT    the text ends before the first TEXT.
 *
 * In the result `chip base` and what else is on its line, a JSON object or nothing, is the chip of
 * base_chip.h with those keys changed. NAME.change is such an object, the case the description.
 */
#ifndef EDITS_H
#define EDITS_H

#include "base_chip.h"

#include <string.h>

/* Puts `n` bytes in place of the `gone` at `at`. */
static inline void splice(TtfsBuf *b, size_t at, size_t gone, const char *in, size_t n) {
    TtfsBuf made = {0};
    ttfs_buf_bytes(&made, b->text, at);
    ttfs_buf_bytes(&made, in, n);
    ttfs_buf_bytes(&made, b->text + at + gone, b->len - at - gone);
    ttfs_buf_free(b);
    *b = made;
}

static inline size_t find_text(const TtfsBuf *b, const char *what) {
    const char *at = strstr(ttfs_buf_text(b), what);
    if (!at) fail_msg("'%s' is not in the text", what);
    return (size_t)(at - b->text);
}

static inline void edit_text(TtfsBuf *b, const char *edits, size_t n) {
    TtfsArena a = {0};
    size_t at = 0;
    bool line = false; /* the place holds one already */
    for (const char *p = edits, *end = edits + n, *next; p < end; p = next + 1) {
        next = memchr(p, '\n', (size_t)(end - p));
        assert_non_null(next);
        const char *word = ttfs_arena_strndup(&a, p, (size_t)(next - p)), *text = strchr(word, ' ');
        assert_non_null(text);
        if (*word == '+') {
            text = ttfs_arena_printf(&a, "%s%s", line ? "\n" : "", text + 1);
            splice(b, at, 0, text, strlen(text));
            at += strlen(text);
            line = true;
        } else {
            at = find_text(b, text + 1);
            splice(b, at, *word == '-' ? strlen(text + 1) : b->len - at, "", 0);
            line = false;
        }
    }
    ttfs_arena_free(&a);
}

/* On two lines however many keys there are, so that the places that messages name hold. */
static inline void put_chip(TtfsBuf *b) {
    const char *at = strstr(ttfs_buf_text(b), "chip base");
    if (!at) return;
    const char *changes = at + strlen("chip base"), *end = changes + strcspn(changes, "\n");
    TtfsBuf chip = {0}, lines = {0};
    if (end > changes)
        base_chip_text(changes, (size_t)(end - changes), &chip);
    else
        base_chip_text("{}", 2, &chip);
    ttfs_buf_printf(&lines, "chip {\n%s", chip.text + 1);
    splice(b, (size_t)(at - b->text), (size_t)(end - at), lines.text, lines.len);
    ttfs_buf_free(&chip);
    ttfs_buf_free(&lines);
}

/* The text of a case: `bytes` is what its file holds; `ext` how the file's name ends. */
static inline void case_text(const char *folder, const char *ext, const void *bytes, size_t n,
                             TtfsBuf *out) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsFile base;
    if (strcmp(ext, ".change") == 0) {
        base_chip_text(bytes, n, out);
    } else if (strcmp(ext, ".edit") == 0) {
        assert_true(ttfs_file_open(&base, ttfs_path_join(&a, folder, "base.txt"), 1 << 20, &diag));
        ttfs_buf_bytes(out, base.bytes, base.size);
        edit_text(out, bytes, n);
        ttfs_file_close(&base);
    } else {
        ttfs_buf_bytes(out, bytes, n);
    }
    put_chip(out);
    ttfs_arena_free(&a);
    ttfs_diag_free(&diag);
}

#endif
