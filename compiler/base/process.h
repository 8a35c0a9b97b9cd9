/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that run beside this one, started without a shell.
 */
#ifndef TTFS_PROCESS_H
#define TTFS_PROCESS_H

#include "arena.h"

#include <stdbool.h>
#include <sys/types.h>

/* The path of the program that `name` is in the PATH; NULL: there is none. */
const char *ttfs_process_path(const char *name, TtfsArena *a);
/* Starts argv[0] of the PATH, whose entries are absolute (NULL ends argv), in `folder` (NULL: in
 * the current one); what it says goes to the end of the file `log`, a path seen from here, and it
 * reads nothing. 0 when it cannot start: errno says why, ENOENT that there is no such program. */
pid_t ttfs_process_start(const char *const argv[], const char *folder, const char *log);
/* Waits for it; true when it ended well. Of 0: false. */
bool ttfs_process_finish(pid_t pid);
/* The same; more(context) is asked some fifty times a second, and false kills the program and,
 * where there is a /proc, all that it started, also what has lost its parent. Takes no memory. */
bool ttfs_process_finish_while(pid_t pid, bool (*more)(void *), void *context);

#endif
