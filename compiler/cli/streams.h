/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard output and standard error, such that nothing printed is lost without a word: the first
 * failure of a write to standard output is kept with its reason, whoever printed.
 */
#ifndef TTFS_STREAMS_H
#define TTFS_STREAMS_H

#include "ttfs.h"

/* Before anything is opened or printed: descriptors 0 to 2 that are closed get an end, so that no
 * file takes their numbers; broken pipes and limits of size become errors of write; a file that is
 * cut while it is mapped ends the program with exit code 1 and the file's name. */
void ttfs_streams_open(void);
/* Brings what was printed out. False after an error that says what standard output did not take. */
bool ttfs_stdout_end(TtfsMessages *m);
/* How wide the terminal is that standard output is, at least 40; 0: it is none, or nobody knows. */
uint32_t ttfs_stdout_columns(void);
/* Writes messages; false when standard error did not take them. */
bool ttfs_stderr_put(const char *text, size_t n);

/* From now on the first interrupt (Ctrl-C, SIGTERM, SIGHUP) sets what is returned, for work that
 * ends by itself then; a second one ends the process, but SIGHUP, which a terminal may send twice.
 */
const volatile int *ttfs_interrupt_wanted(void);

#endif
