/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two compiled folders: their images (chip, directory, memories of the cores)
 * and plans, line by line of the text that dump prints.
 */
#ifndef TTFS_OUT_DIFF_H
#define TTFS_OUT_DIFF_H

#include "base.h"

/* `form`: plan or image alone; NULL: both, those that there are. *equal says whether nothing
 * differs. False after an error: no folder of ttfs, a damaged form, nothing to compare. */
bool ttfs_out_diff(const char *before, const char *after, const char *form, bool *equal,
                   TtfsBuf *json, TtfsBuf *text, TtfsDiag *diag);

#endif
