/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run's outputs were worth, as JSON and for people: accuracy, agreement, errors. Of all
 * engines.
 */
#ifndef TTFS_JUDGE_REPORT_H
#define TTFS_JUDGE_REPORT_H

#include "judge.h"

/* 0 of nothing. */
double ttfs_share(uint64_t part, uint64_t whole);
/* Adds that, or null when it is not known. */
void ttfs_json_share(TtfsJson *j, const char *key, bool known, uint64_t part, uint64_t whole);
/* Adds `name` and `shape` of an output. */
void ttfs_json_output(TtfsJson *j, const TtfsOutput *o);
/* Adds `judged_by`, `accuracy` and `agreement`, null where they have no meaning. */
void ttfs_judge_json(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, TtfsJson *to);
/* Adds `outputs`, errors beside relu, and `truth`, the error beside labels that are values. */
void ttfs_judge_errors_json(const TtfsJudge *j, TtfsJson *to);
/* The lines about outputs: accuracy, agreement and errors, with what they mean. `itself`: the
 * engine is relu, which agrees with itself. */
void ttfs_judge_text(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, bool itself,
                     TtfsBuf *out);

#endif
