/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's steady clock and its account of this process.
 */
#include "clock.h"

#include <sys/resource.h>
#include <time.h>

double ttfs_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

uint64_t ttfs_peak_bytes(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)u.ru_maxrss * 1024;
}
