/* SPDX-License-Identifier: Apache-2.0
 *
 * The wire format: a key of field number and kind, then a number in seven bits a byte, or a length
 * and bytes.
 */
#include "wire.h"

#include <string.h>

static void number(TtfsBuf *b, uint64_t v) {
    unsigned char byte[10];
    size_t n = 0;
    for (; v > 127; v >>= 7) byte[n++] = (unsigned char)(v | 128);
    byte[n++] = (unsigned char)v;
    ttfs_buf_bytes(b, byte, n);
}

void ttfs_wire_number(TtfsBuf *b, uint32_t field, uint64_t v) {
    number(b, (uint64_t)field << 3);
    number(b, v);
}

void ttfs_wire_bytes(TtfsBuf *b, uint32_t field, const void *bytes, size_t n) {
    number(b, (uint64_t)field << 3 | 2);
    number(b, n);
    ttfs_buf_bytes(b, bytes, n);
}

void ttfs_wire_text(TtfsBuf *b, uint32_t field, const char *text) {
    ttfs_wire_bytes(b, field, text, strlen(text));
}

void ttfs_wire_message(TtfsBuf *b, uint32_t field, TtfsBuf *inner) {
    ttfs_wire_bytes(b, field, ttfs_buf_text(inner), inner->len);
    ttfs_buf_free(inner);
}
