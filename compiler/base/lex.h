/* SPDX-License-Identifier: Apache-2.0
 *
 * Lexer of the text forms, and the reader's helpers. Tokens: words ([A-Za-z_][A-Za-z0-9_.-]*),
 * numbers (decimal, 0x hexadecimal, C hexadecimal floats, inf, nan), "strings", single punctuation
 * characters, and the end of a line. `#` starts a comment. The first fault is reported with
 * file:line:col; after it every helper returns false and reads nothing.
 */
#ifndef TTFS_LEX_H
#define TTFS_LEX_H

#include "diag.h"

typedef enum {
    TTFS_TOK_END,
    TTFS_TOK_EOL,
    TTFS_TOK_WORD,
    TTFS_TOK_NUMBER,
    TTFS_TOK_STRING,
    TTFS_TOK_PUNCT
} TtfsTok;

typedef struct {
    const char *file, *at, *end;
    uint32_t line, col; /* of the current token */
    const char *line_start;
    TtfsTok kind;     /* the current token */
    const char *text; /* its bytes (a string's without quotes, still escaped) */
    size_t len;
    bool failed;
    TtfsDiag *diag;
} TtfsLex;

/* Starts on `n` bytes of text; the first token is current. `file` names it in messages. */
void ttfs_lex_init(TtfsLex *l, const char *file, const void *text, size_t n, TtfsDiag *diag);
void ttfs_lex_next(TtfsLex *l);
TtfsLoc ttfs_lex_loc(const TtfsLex *l);
/* Reports a fault at the current token (once) and returns false. */
bool ttfs_lex_fail(TtfsLex *l, TtfsCode code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* True when the current token is that word or punctuation; nothing is read. */
bool ttfs_lex_is(const TtfsLex *l, const char *token);
/* Reads the token when it is current; else returns false without a fault. */
bool ttfs_lex_accept(TtfsLex *l, const char *token);
/* Reads the token or fails. */
bool ttfs_lex_expect(TtfsLex *l, const char *token);
bool ttfs_lex_word(TtfsLex *l, TtfsArena *a, const char **out);
bool ttfs_lex_string(TtfsLex *l, TtfsArena *a, const char **out);
bool ttfs_lex_u64(TtfsLex *l, uint64_t max, uint64_t *out);
bool ttfs_lex_u32(TtfsLex *l, uint32_t max, uint32_t *out);
bool ttfs_lex_i64(TtfsLex *l, int64_t min, int64_t max, int64_t *out);
bool ttfs_lex_f64(TtfsLex *l, double *out);
/* Reads the end of the line (and blank lines after it). */
bool ttfs_lex_eol(TtfsLex *l);
/* `keyword NUMBER` in one call. */
bool ttfs_lex_key_u32(TtfsLex *l, const char *key, uint32_t max, uint32_t *out);
/* Lines of hexadecimal digit pairs, `n` bytes in all, as ttfs_buf_hex writes them. */
bool ttfs_lex_hex_bytes(TtfsLex *l, unsigned char *out, size_t n);

#endif
