/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs run says in the end, as JSON and for people.
 */
#ifndef TTFS_RUN_REPORT_H
#define TTFS_RUN_REPORT_H

#include "jit.h"
#include "output_error.h"

typedef struct {
    const char *engine;
    uint64_t samples, right, agree, spikes, cycles, clipped, hidden; /* hidden: neurons */
    bool labelled, compared, spiking, counted; /* has labels; relu ran beside; spikes are counted */
    double rate;                               /* samples a second inside the engine */
    uint32_t latency;                          /* ticks */
    const TtfsJit *jit;                        /* NULL for other engines */
} TtfsRunResult;

/* `errors`: of the outputs, when relu ran beside a spiking engine. */
void ttfs_run_json(const TtfsRunResult *v, const TtfsOutputErrors *errors);
void ttfs_run_text(const TtfsRunResult *v, const TtfsOutputErrors *errors);
/* A line an output; nothing when nothing was counted. */
void ttfs_output_errors_print(const TtfsOutputErrors *e);

#endif
