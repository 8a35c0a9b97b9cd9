/* SPDX-License-Identifier: Apache-2.0
 *
 * Ahead of time: a network as freestanding code for a processor, with its weights and its memory
 * inside. In: a spike graph and a triple. Out: an object file, LLVM text, or the C header for it.
 * The object allocates nothing and needs nothing but memcpy and memset.
 */
#ifndef TTFS_EMIT_H
#define TTFS_EMIT_H

#include "spike.h"

typedef enum { TTFS_EMIT_OBJECT, TTFS_EMIT_LL, TTFS_EMIT_HEADER } TtfsEmitFormat;

typedef struct {
    const char *name;   /* prefix of the exported symbols: a C identifier, of any length */
    const char *model;  /* what the header calls the network */
    const char *triple; /* NULL: this machine's, for any processor of its family */
    const char *cpu;    /* NULL: the common ground of the family */
    bool share_memory;  /* populations share memory; then there are no ticks to be had */
    TtfsEmitFormat format;
} TtfsEmitJob;

/* Appends the file to *out; false with JIT_COMPILE. The graph has passed ttfs_spike_check. */
bool ttfs_emit(const TtfsSpike *s, const TtfsEmitJob *job, TtfsBuf *out, TtfsDiag *diag);

#endif
