/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over the text, one token of look-ahead. Runs of blank lines are one end of line.
 */
#include "lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool word_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static bool number_char(char c) {
    return word_char(c) || c == '+';
}

static void take_while(TtfsLex *l, bool (*belongs)(char)) {
    while (l->at < l->end && belongs(*l->at)) l->at++;
}

static void skip_blanks(TtfsLex *l) {
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r')) l->at++;
    if (l->at < l->end && *l->at == '#')
        while (l->at < l->end && *l->at != '\n') l->at++;
}

static void take_end_of_line(TtfsLex *l) {
    while (l->at < l->end && *l->at == '\n') {
        l->at++;
        l->line++;
        l->line_start = l->at;
        skip_blanks(l);
    }
}

static void take_string(TtfsLex *l) {
    l->text = ++l->at;
    while (l->at < l->end && *l->at != '"' && *l->at != '\n')
        l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
    l->len = (size_t)(l->at - l->text);
    if (l->at >= l->end || *l->at != '"') {
        ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the string does not end");
        return;
    }
    l->at++;
}

void ttfs_lex_next(TtfsLex *l) {
    if (l->failed) return;
    if (l->kind == TTFS_TOK_EOL) take_end_of_line(l);
    skip_blanks(l);
    l->text = l->at;
    l->len = 0;
    l->col = (uint32_t)(l->at - l->line_start) + 1;
    if (l->at >= l->end) {
        l->kind = TTFS_TOK_END;
        return;
    }
    char c = *l->at;
    if (c == '\n') {
        l->kind = TTFS_TOK_EOL;
        return;
    }
    if (c == '"') {
        l->kind = TTFS_TOK_STRING;
        take_string(l);
        return;
    }
    if (isdigit((unsigned char)c) || c == '-' || c == '+') {
        l->kind = TTFS_TOK_NUMBER;
        l->at++;
        take_while(l, number_char);
    } else if (isalpha((unsigned char)c) || c == '_') {
        l->kind = TTFS_TOK_WORD;
        take_while(l, word_char);
    } else {
        l->kind = TTFS_TOK_PUNCT;
        l->at++;
    }
    l->len = (size_t)(l->at - l->text);
}

void ttfs_lex_init(TtfsLex *l, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    const char *start = n ? text : "";
    *l = (TtfsLex){.file = file,
                   .at = start,
                   .end = start + n,
                   .line = 1,
                   .line_start = start,
                   .kind = TTFS_TOK_PUNCT,
                   .diag = diag};
    skip_blanks(l);
    take_end_of_line(l);
    ttfs_lex_next(l);
}

TtfsLoc ttfs_lex_loc(const TtfsLex *l) {
    return (TtfsLoc){.file = l->file, .line = l->line, .col = l->col};
}

bool ttfs_lex_fail(TtfsLex *l, TtfsCode code, const char *fmt, ...) {
    if (l->failed) return false;
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(l->diag, ttfs_lex_loc(l), code, NULL, fmt, ap);
    va_end(ap);
    l->failed = true;
    l->kind = TTFS_TOK_END;
    l->at = l->end;
    return false;
}

static bool expected(TtfsLex *l, const char *what) {
    if (l->kind == TTFS_TOK_END)
        return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "%s expected, the text ends", what);
    if (l->kind == TTFS_TOK_EOL)
        return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "%s expected, the line ends", what);
    int shown = l->len > 40 ? 40 : (int)l->len;
    return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "%s expected, found '%.*s'", what, shown, l->text);
}

bool ttfs_lex_is(const TtfsLex *l, const char *token) {
    return (l->kind == TTFS_TOK_WORD || l->kind == TTFS_TOK_PUNCT) && strlen(token) == l->len &&
           memcmp(token, l->text, l->len) == 0;
}

bool ttfs_lex_accept(TtfsLex *l, const char *token) {
    if (!ttfs_lex_is(l, token)) return false;
    ttfs_lex_next(l);
    return true;
}

bool ttfs_lex_expect(TtfsLex *l, const char *token) {
    if (ttfs_lex_accept(l, token)) return !l->failed;
    char what[64];
    snprintf(what, sizeof what, "'%s'", token);
    return expected(l, what);
}

bool ttfs_lex_word(TtfsLex *l, TtfsArena *a, const char **out) {
    if (l->kind != TTFS_TOK_WORD) return expected(l, "a word");
    *out = ttfs_arena_strndup(a, l->text, l->len);
    ttfs_lex_next(l);
    return !l->failed;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool ttfs_lex_string(TtfsLex *l, TtfsArena *a, const char **out) {
    if (l->kind != TTFS_TOK_STRING) return expected(l, "a string");
    char *s = ttfs_arena_array(a, l->len + 1, 1), *p = s;
    for (size_t i = 0; i < l->len; i++) {
        char c = l->text[i];
        if (c == '\\' && i + 3 < l->len && l->text[i + 1] == 'x' &&
            hex_value(l->text[i + 2]) >= 0 && hex_value(l->text[i + 3]) >= 0) {
            c = (char)(hex_value(l->text[i + 2]) << 4 | hex_value(l->text[i + 3]));
            i += 3;
            if (c == 0) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "a string holds a zero byte");
        } else if (c == '\\' && i + 1 < l->len) {
            c = l->text[++i];
        }
        *p++ = c;
    }
    *out = s;
    ttfs_lex_next(l);
    return !l->failed;
}

/* The current number as a C string; false when it is none or too long. */
static bool number_text(TtfsLex *l, char text[80]) {
    bool word = l->kind == TTFS_TOK_WORD && l->len == 3; /* inf, nan */
    if ((l->kind != TTFS_TOK_NUMBER && !word) || l->len >= 80) return expected(l, "a number");
    memcpy(text, l->text, l->len);
    text[l->len] = 0;
    return true;
}

bool ttfs_lex_u64(TtfsLex *l, uint64_t max, uint64_t *out) {
    char text[80], *end;
    if (!number_text(l, text)) return false;
    errno = 0;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    uint64_t v = strtoull(text, &end, base);
    if (*end || !isdigit((unsigned char)text[0])) return expected(l, "a whole number");
    if (errno || v > max)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s is more than %llu", text,
                             (unsigned long long)max);
    *out = v;
    ttfs_lex_next(l);
    return !l->failed;
}

bool ttfs_lex_u32(TtfsLex *l, uint32_t max, uint32_t *out) {
    uint64_t v;
    if (!ttfs_lex_u64(l, max, &v)) return false;
    *out = (uint32_t)v;
    return true;
}

bool ttfs_lex_i64(TtfsLex *l, int64_t min, int64_t max, int64_t *out) {
    char text[80], *end;
    if (!number_text(l, text)) return false;
    errno = 0;
    int64_t v = strtoll(text, &end, 10);
    if (*end) return expected(l, "a whole number");
    if (errno || v < min || v > max)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s is not in %lld..%lld", text, (long long)min,
                             (long long)max);
    *out = v;
    ttfs_lex_next(l);
    return !l->failed;
}

bool ttfs_lex_f64(TtfsLex *l, double *out) {
    char text[80], *end;
    if (!number_text(l, text)) return false;
    double v = strtod(text, &end);
    if (*end) return expected(l, "a number");
    *out = v;
    ttfs_lex_next(l);
    return !l->failed;
}

bool ttfs_lex_eol(TtfsLex *l) {
    if (l->kind == TTFS_TOK_END && !l->failed) return true;
    if (l->kind != TTFS_TOK_EOL) return expected(l, "the end of the line");
    ttfs_lex_next(l);
    return !l->failed;
}

bool ttfs_lex_key_u32(TtfsLex *l, const char *key, uint32_t max, uint32_t *out) {
    return ttfs_lex_expect(l, key) && ttfs_lex_u32(l, max, out);
}

bool ttfs_lex_hex_bytes(TtfsLex *l, unsigned char *out, size_t n) {
    size_t got = 0;
    if (l->failed) return false;
    /* The current token began at l->text; digit runs are read from there, past line ends. */
    const char *p = l->text;
    while (got < n) {
        while (p < l->end && (*p == '\n' || *p == ' ' || *p == '\r')) {
            if (*p == '\n') {
                l->line++;
                l->line_start = p + 1;
            }
            p++;
        }
        int hi = p < l->end ? hex_value(*p) : -1, lo = p + 1 < l->end ? hex_value(p[1]) : -1;
        if (hi < 0 || lo < 0) {
            l->col = (uint32_t)(p - l->line_start) + 1;
            return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX,
                                 "%zu bytes as hexadecimal pairs expected, found %zu", n, got);
        }
        out[got++] = (unsigned char)(hi << 4 | lo);
        p += 2;
    }
    l->at = p;
    l->kind = TTFS_TOK_PUNCT;
    ttfs_lex_next(l);
    return !l->failed;
}
