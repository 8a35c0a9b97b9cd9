/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run of the exact engine says in the end, as JSON and for people.
 */
#ifndef TTFS_EXACT_REPORT_H
#define TTFS_EXACT_REPORT_H

#include "exact_run.h"

void ttfs_exact_json(const TtfsExactResult *r, TtfsBuf *out);
void ttfs_exact_text(const TtfsExactResult *r, TtfsBuf *out);

#endif
