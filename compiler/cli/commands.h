/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands. Each returns an exit code: 0 done, 1 refused or check failed.
 */
#ifndef TTFS_COMMANDS_H
#define TTFS_COMMANDS_H

#include "options.h"

int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_info(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_compile(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_run(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_verify(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_sweep(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_tune(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_merge(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_report(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_convert(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_emit(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_synth(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
int ttfs_cmd_dump(TtfsOptions *o, TtfsArena *a, TtfsMessages *m);

#endif
