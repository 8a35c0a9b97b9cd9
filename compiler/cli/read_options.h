/* SPDX-License-Identifier: Apache-2.0
 *
 * From the command line, and the config file it names, to the plain structs of the library.
 */
#ifndef TTFS_READ_OPTIONS_H
#define TTFS_READ_OPTIONS_H

#include "options.h"

/* Of check and compile; values the config file holds are put into `o` where the command line is
 * silent. */
bool ttfs_read_compile(TtfsCompileOptions *c, TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
/* Puts the file's values into `o` where it is silent, and what only a config file can say (mean and
 * std, layers) into `c`. */
bool ttfs_config_read(const char *file, TtfsCompileOptions *c, TtfsOptions *o, TtfsArena *a,
                      TtfsMessages *m);
/* Of run. */
bool ttfs_read_run(TtfsRunOptions *r, const TtfsOptions *o, TtfsMessages *m);
/* Of tune; lists lie in `a`. */
bool ttfs_read_tune(TtfsTuneOptions *t, const TtfsOptions *o, TtfsArena *a, TtfsMessages *m);
/* Of sweep. */
bool ttfs_read_sweep(TtfsSweepOptions *s, const TtfsOptions *o, TtfsMessages *m);
/* Of run, verify, sweep and tune: folder, samples and labels, how many, threads, the jit; `s` has
 * the defaults.
 */
bool ttfs_read_session(TtfsSessionOptions *s, const TtfsOptions *o, TtfsMessages *m);

#endif
