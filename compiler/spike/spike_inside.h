/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the spike form: what its files share.
 */
#ifndef TTFS_SPIKE_INSIDE_H
#define TTFS_SPIKE_INSIDE_H

#include "spike.h"

/* Counts faults of the outputs. Ids and sizes of populations are right. */
void ttfs_spike_check_outputs(const TtfsSpike *s, const char *file, TtfsDiag *diag,
                              uint32_t *faults);
/* The lines of the outputs; reading stops in front of what is none. */
void ttfs_spike_print_outputs(const TtfsSpike *s, TtfsBuf *out);
bool ttfs_spike_read_outputs(TtfsSpike *s, TtfsLex *l);

#endif
