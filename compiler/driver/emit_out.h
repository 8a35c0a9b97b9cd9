/* SPDX-License-Identifier: Apache-2.0
 *
 * Ahead-of-time code of an output folder's network.
 */
#ifndef TTFS_EMIT_OUT_H
#define TTFS_EMIT_OUT_H

#include "base.h"
#include "emit.h"

/* Appends the code. job->model is set to the model's file name, and job->name, if NULL, to an
 * identifier made of it; both lie in `a`. */
bool ttfs_emit_out(const char *folder, TtfsEmitJob *job, TtfsArena *a, TtfsBuf *code,
                   TtfsDiag *diag);

#endif
