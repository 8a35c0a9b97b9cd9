/* SPDX-License-Identifier: Apache-2.0
 *
 * From the command line, and the config file it names, to the plain structs of the library.
 */
#ifndef TTFS_READ_OPTIONS_H
#define TTFS_READ_OPTIONS_H

#include "engine.h"
#include "job.h"
#include "options.h"
#include "session.h"

/* Fills the job; values the config file holds are put into `o` where the command line is silent. */
bool ttfs_read_job(TtfsJob *job, TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
/* Puts the file's values into `o` where it is silent, and what only a config file can say (mean and
 * std, layers) into the job. */
bool ttfs_config_read(const char *file, TtfsJob *job, TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);
/* Folder, samples and labels, how many, threads. */
bool ttfs_read_session(TtfsSessionOptions *s, const TtfsOptions *o, TtfsDiag *diag);
/* --cpu, --jit-path, --no-cache, --dump-llvm. */
bool ttfs_read_jit(TtfsJitOptions *j, const TtfsOptions *o, TtfsArena *a, TtfsDiag *diag);

#endif
