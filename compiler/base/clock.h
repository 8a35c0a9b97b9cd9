/* SPDX-License-Identifier: Apache-2.0
 *
 * Time and memory of this process, for reports and progress only: nothing that is written may
 * depend on them but the figures themselves.
 */
#ifndef TTFS_CLOCK_H
#define TTFS_CLOCK_H

#include <stdint.h>

/* Seconds of a steady clock. */
double ttfs_now(void);
/* The most memory that the process has held so far. */
uint64_t ttfs_peak_bytes(void);
/* The time of day, UTC, as "2026-01-31T23:59:59Z"; that of SOURCE_DATE_EPOCH where it is set. For
 * documents that say when something was done. */
const char *ttfs_date(char text[24]);

#endif
