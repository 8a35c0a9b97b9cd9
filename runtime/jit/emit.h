/* SPDX-License-Identifier: Apache-2.0
 *
 * Ahead of time: a network as freestanding code for a processor, with its weights and its memory
 * inside. In: a spike graph and a triple. Out: an object file, LLVM text, or the C header for it.
 * The object needs nothing but memcpy and memset.
 */
#ifndef TTFS_EMIT_H
#define TTFS_EMIT_H

#include "spike.h"

typedef enum { TTFS_EMIT_OBJECT, TTFS_EMIT_LL, TTFS_EMIT_HEADER } TtfsEmitFormat;

/* `name`: prefix of the exported symbols, a C identifier. `triple` NULL: this machine's, for any
 * processor of its family; `cpu` NULL: the common ground of the family. */
bool ttfs_emit(const TtfsSpike *s, const char *name, const char *triple, const char *cpu,
               TtfsEmitFormat format, TtfsBuf *out, TtfsDiag *diag);

#endif
