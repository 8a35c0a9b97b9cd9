/* SPDX-License-Identifier: Apache-2.0
 *
 * What the targets share: judging messages and texts, scratch files, inputs of several parts.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuzz_expect(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* A text for people holds nothing that a terminal obeys: shown once more, a line is itself. */
static void expect_shown(const char *text) {
    TtfsArena a = {0};
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *line = ttfs_arena_strndup(&a, text, n);
        fuzz_expect(strcmp(ttfs_shown(&a, line), line) == 0, "a message that a terminal obeys");
        text += n + (text[n] == '\n');
    }
    ttfs_arena_free(&a);
}

bool fuzz_said(bool ok, TtfsDiag *diag) {
    TtfsBuf text = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &text);
    if (getenv("TTFS_FUZZ_SAY")) fputs(ttfs_buf_text(&text), stderr);
    fuzz_expect(ok || diag->errors, "refused without a message");
    fuzz_expect(!ok || !diag->errors, "taken with an error");
    expect_shown(ttfs_buf_text(&text));
    ttfs_buf_free(&text);
    ttfs_diag_free(diag);
    return ok;
}

void fuzz_same(TtfsBuf *text, TtfsBuf *again, const char *what) {
    bool same = text->len == again->len &&
                (text->len == 0 || memcmp(text->text, again->text, text->len) == 0);
    fuzz_expect(same, what);
    ttfs_buf_free(text);
    ttfs_buf_free(again);
}

bool fuzz_twice(FuzzReader *first, FuzzReader *second, const uint8_t *bytes, size_t n) {
    TtfsDiag diag = {0};
    TtfsBuf text = {0}, again = {0};
    bool ok = fuzz_said(first(n ? (const void *)bytes : "", n, &text, &diag), &diag);
    if (ok)
        fuzz_expect(fuzz_said(second(ttfs_buf_text(&text), text.len, &again, &diag), &diag),
                    "what was taken prints as a text that is refused");
    fuzz_same(&text, &again, "what was taken prints as a text that changes when it is read");
    return ok;
}

/* ---- scratch files ---- */

static char scratch[512];
static TtfsArena paths;

static void remove_scratch(void) {
    ttfs_remove_path(scratch);
    ttfs_arena_free(&paths);
}

static void make_scratch(void) {
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/ttfs-fuzz-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    fuzz_expect(mkdtemp(scratch) != NULL, "no scratch folder");
    atexit(remove_scratch);
}

const char *fuzz_path(const char *name) {
    enum { MOST = 64 };
    static const char *known[MOST];
    int i = 0;
    if (!*scratch) make_scratch();
    while (i < MOST && known[i] && strcmp(known[i] + strlen(scratch) + 1, name) != 0) i++;
    fuzz_expect(i < MOST, "too many scratch files");
    if (!known[i]) known[i] = ttfs_path_join(&paths, scratch, name);
    return known[i];
}

const char *fuzz_file(const char *name, const void *bytes, size_t n) {
    const char *path = fuzz_path(name);
    TtfsDiag diag = {0};
    fuzz_expect(ttfs_file_fill(path, n ? bytes : "", n, &diag), "a scratch file is not written");
    ttfs_diag_free(&diag);
    return path;
}

/* ---- inputs of several parts ---- */

static bool is_mark(const uint8_t *at, size_t left) {
    return left >= 4 && memcmp(at, "=== ", 4) == 0;
}

/* Where the part that begins at `at` ends. */
static size_t end_of(const uint8_t *bytes, size_t n, size_t at) {
    for (size_t i = at; i < n; i++)
        if (bytes[i] == '\n' && is_mark(bytes + i + 1, n - i - 1)) return i;
    return n;
}

FuzzPart fuzz_part(const uint8_t *bytes, size_t n, const char *name) {
    size_t len = strlen(name);
    for (size_t at = 0; at < n;) {
        if (!is_mark(bytes + at, n - at)) return (FuzzPart){0};
        size_t first = at + 4 + len + 1;
        bool here = first <= n && memcmp(bytes + at + 4, name, len) == 0 &&
                    bytes[first - 1] == '\n';
        size_t start = here ? first : at, end = end_of(bytes, n, start);
        /* an empty part ends where it starts: its own newline is the next line's */
        if (here && is_mark(bytes + first, n - first)) end = first;
        if (here) return (FuzzPart){bytes + first, end - first};
        at = end + 1;
    }
    return (FuzzPart){0};
}

void fuzz_part_file(const uint8_t *bytes, size_t n, const char *folder, const char *name) {
    char path[256];
    FuzzPart p = fuzz_part(bytes, n, name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (p.at)
        fuzz_file(path, p.at, p.n);
    else
        unlink(fuzz_path(path));
}
