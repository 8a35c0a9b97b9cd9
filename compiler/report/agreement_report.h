/* SPDX-License-Identifier: Apache-2.0
 *
 * What every layer is off by, as JSON and for people.
 */
#ifndef TTFS_AGREEMENT_REPORT_H
#define TTFS_AGREEMENT_REPORT_H

#include "json.h"
#include "run.h"

/* The document (key NULL), or the value of a key, of a run with an agreement. */
void ttfs_agreement_json(const TtfsRunResult *v, TtfsJson *j, const char *key);
void ttfs_agreement_text(const TtfsRunResult *v, TtfsBuf *out);

#endif
