/* SPDX-License-Identifier: Apache-2.0
 *
 * Buf: a growing, always NUL-terminated text, the target of every printer.
 */
#ifndef TTFS_BUF_H
#define TTFS_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *text; /* NULL until the first byte; free with ttfs_buf_free */
    size_t len, cap;
} TtfsBuf;

void ttfs_buf_free(TtfsBuf *b);
void ttfs_buf_bytes(TtfsBuf *b, const void *bytes, size_t n);
void ttfs_buf_puts(TtfsBuf *b, const char *s);
void ttfs_buf_vprintf(TtfsBuf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
void ttfs_buf_printf(TtfsBuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* `s` in double quotes; quotes, backslashes and bytes outside 0x20..0x7e as \" \\ \xHH. The lexer
 * reads it back to the same bytes. */
void ttfs_buf_quoted(TtfsBuf *b, const char *s);
/* `n` bytes as lines of 64 hexadecimal digits pairs; the lexer's ttfs_lex_hex_bytes reads them. */
void ttfs_buf_hex(TtfsBuf *b, const void *bytes, size_t n);
/* The same part by part: *at counts the bytes so far, from 0; ttfs_buf_hex_end ends the last line.
 */
void ttfs_buf_hex_part(TtfsBuf *b, const void *bytes, size_t n, uint64_t *at);
void ttfs_buf_hex_end(TtfsBuf *b, uint64_t at);
/* The text, "" when nothing was written. */
const char *ttfs_buf_text(const TtfsBuf *b);

#endif
