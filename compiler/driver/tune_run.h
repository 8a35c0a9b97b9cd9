/* SPDX-License-Identifier: Apache-2.0
 *
 * Fine-tuning of a compiled folder's network to another folder.
 */
#ifndef TTFS_TUNE_RUN_H
#define TTFS_TUNE_RUN_H

#include "tune_doc.h"

/* All of it; *t is to be freed either way. */
bool ttfs_tune_run(const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag);

#endif
