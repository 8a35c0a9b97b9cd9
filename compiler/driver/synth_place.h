/* SPDX-License-Identifier: Apache-2.0
 *
 * What place and route reach: its report, and the best of several seeds.
 */
#ifndef TTFS_SYNTH_PLACE_H
#define TTFS_SYNTH_PLACE_H

#include "json_tree.h"
#include "synth_flow.h"

/* A document that a tool left in the folder; NULL after an error. */
TtfsJsonTree *ttfs_place_json(const TtfsTools *t, const char *name);
/* Takes logic cells and the clock's frequency from nextpnr's report `name`. */
bool ttfs_place_read(const TtfsTools *t, const TtfsSynthFlow *flow, const char *name,
                     TtfsSynthesis *s);
/* Places and routes by seeds 1..n, `threads` of them at a time, and goes on with the fastest (of
 * equals the lowest) as if it had been the only one; `s` gets what each reached. A seed that fails
 * is passed over; false: all failed, or it was stopped. */
bool ttfs_place_seeds(const TtfsTools *t, const TtfsSynthFlow *flow, uint32_t n, uint32_t threads,
                      TtfsSynthesis *s);

#endif
