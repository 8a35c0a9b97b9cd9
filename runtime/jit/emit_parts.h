/* SPDX-License-Identifier: Apache-2.0
 *
 * The two halves of ahead-of-time emission. Private to it.
 */
#ifndef TTFS_EMIT_PARTS_H
#define TTFS_EMIT_PARTS_H

#include "emit.h"
#include "program.h"

/* False when floats would be calls of a library: then NAME_run_real is left out. */
bool ttfs_emit_has_floats(const TtfsTarget *t);
/* Whether the network's first output, whose largest value is the class, is `n` neighbouring
 * potentials from `first` on: then there is a NAME_class. */
bool ttfs_emit_classes(const TtfsSpike *s, uint32_t *first, uint32_t *n);
void ttfs_emit_header(const TtfsProgram *p, const TtfsEmitJob *job, TtfsBuf *out);

#endif
