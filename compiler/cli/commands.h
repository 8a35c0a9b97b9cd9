/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands. Each returns an exit code: 0 done, 1 refused or check failed, 2 usage.
 */
#ifndef TTFS_COMMANDS_H
#define TTFS_COMMANDS_H

#include "options.h"

int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_info(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_compile(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
/* run with --engine exact. */
int ttfs_cmd_run_exact(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_verify(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_report(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_emit(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
int ttfs_cmd_dump(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);

/* True when people read standard output: neither --json nor --quiet. */
bool ttfs_talks(const TtfsOptions *o);
/* Prints a name that a file gave on standard output, escaped, in at least `width` columns. */
void ttfs_print_name(const char *name, int width);

#endif
