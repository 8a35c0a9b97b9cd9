/* SPDX-License-Identifier: Apache-2.0
 *
 * A job's defaults, and the input's range in its two forms.
 */
#include "job.h"

#include "parallel.h"

#include <math.h>

void ttfs_job_init(TtfsJob *job, const char *model) {
    *job = (TtfsJob){.model = model,
                     .calib_count = 1000,
                     .spike = {.ticks = 255, .weight_bits = 8, .percentile = 0.999, .input_hi = 1},
                     .map = {.lo = 0, .hi = 1},
                     .seed = 1,
                     .threads = ttfs_cores()};
}

void ttfs_job_range(TtfsJob *job, float lo, float hi) {
    job->map = (TtfsInputMap){.lo = lo, .hi = hi};
    job->spike.input_lo = lo;
    job->spike.input_hi = hi;
    job->range_given = true;
}

void ttfs_job_channels(TtfsJob *job, const TtfsInputMap *map) {
    float lo = INFINITY, hi = -INFINITY;
    for (uint32_t i = 0; i < map->channels; i++) {
        lo = fminf(lo, (0 - map->mean[i]) / map->deviation[i]);
        hi = fmaxf(hi, (1 - map->mean[i]) / map->deviation[i]);
    }
    job->map = *map;
    job->spike.input_lo = lo;
    job->spike.input_hi = hi;
    job->range_given = true;
}
