/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs run says in the end, as JSON and for people.
 */
#ifndef TTFS_RUN_REPORT_H
#define TTFS_RUN_REPORT_H

#include "jit.h"
#include "judge.h"

typedef struct {
    const char *engine;
    const TtfsJudge *judge;
    TtfsTally tally;
    uint64_t samples, spikes, cycles, hidden; /* hidden: neurons */
    uint64_t inputs, clipped; /* values of all samples, and those outside the encoder's range */
    bool spiking, counted;    /* counted: spikes are */
    double rate;              /* samples a second inside the engine */
    uint32_t latency;         /* ticks */
    const TtfsJit *jit;       /* NULL for other engines */
} TtfsRunResult;

void ttfs_run_json(const TtfsRunResult *v);
void ttfs_run_text(const TtfsRunResult *v);
/* The lines about outputs: accuracy, agreement and errors, with what they mean. `itself`: the
 * engine is relu, which agrees with itself. */
void ttfs_judge_print(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, bool itself);

#endif
