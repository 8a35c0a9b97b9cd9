/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs run says in the end, as JSON and for people.
 */
#ifndef TTFS_RUN_REPORT_H
#define TTFS_RUN_REPORT_H

#include "run.h"

#include <cjson/cJSON.h>

void ttfs_run_json(const TtfsRunResult *v, TtfsBuf *out);
void ttfs_run_text(const TtfsRunResult *v, TtfsBuf *out);
/* Adds the key `outputs`; a line an output. Nothing when nothing was counted. */
void ttfs_output_errors_json(const TtfsOutputErrors *e, cJSON *j);
void ttfs_output_errors_text(const TtfsOutputErrors *e, TtfsBuf *out);

#endif
