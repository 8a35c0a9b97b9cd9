/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's clocks and its account of this process.
 */
#include "clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

/* Of SOURCE_DATE_EPOCH; false: it is not set, or no such number. */
static bool asked_time(time_t *t) {
    const char *text = getenv("SOURCE_DATE_EPOCH");
    if (!text || !*text || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text))
        return false;
    *t = (time_t)strtoll(text, NULL, 10);
    return true;
}

const char *ttfs_date(char text[24]) {
    time_t now = time(NULL);
    struct tm parts;
    asked_time(&now);
    gmtime_r(&now, &parts);
    strftime(text, 24, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}
