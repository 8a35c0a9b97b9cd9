/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs run says in the end, as JSON and for people.
 */
#ifndef TTFS_RUN_REPORT_H
#define TTFS_RUN_REPORT_H

#include "run.h"

void ttfs_run_json(const TtfsRunResult *v, TtfsBuf *out);
void ttfs_run_text(const TtfsRunResult *v, TtfsBuf *out);

#endif
