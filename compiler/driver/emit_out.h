/* SPDX-License-Identifier: Apache-2.0
 *
 * Ahead-of-time code of an output folder's network.
 */
#ifndef TTFS_EMIT_OUT_H
#define TTFS_EMIT_OUT_H

#include "base.h"
#include "ttfs.h"

typedef struct {
    const char *name; /* begin of the names in it; lies in the arena, or is the option's */
    size_t bytes;
} TtfsEmitted;

/* Writes the code to the file that is asked for. */
bool ttfs_emit_out(const TtfsEmitOptions *o, TtfsEmitted *e, TtfsArena *a, TtfsDiag *diag);

#endif
