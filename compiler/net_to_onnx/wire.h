/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of protocol buffers, written: fields with their numbers as onnx.proto has them. Private
 * to net_to_onnx.
 */
#ifndef TTFS_WIRE_H
#define TTFS_WIRE_H

#include "buf.h"

void ttfs_wire_number(TtfsBuf *b, uint32_t field, uint64_t v);
void ttfs_wire_bytes(TtfsBuf *b, uint32_t field, const void *bytes, size_t n);
void ttfs_wire_text(TtfsBuf *b, uint32_t field, const char *text);
/* A message inside; `inner` is freed. */
void ttfs_wire_message(TtfsBuf *b, uint32_t field, TtfsBuf *inner);

#endif
