/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts as their document and their merge see them.
 */
#ifndef TTFS_COUNTS_INSIDE_H
#define TTFS_COUNTS_INSIDE_H

#include "counts_doc.h"

/* `d` is empty before. */
bool ttfs_counts_read(TtfsCountsDoc *d, const char *file, const void *text, size_t n,
                      TtfsDiag *diag);
bool ttfs_counts_load(TtfsCountsDoc *d, const char *path, TtfsDiag *diag);
/* Whether both are of one run, whatever their shards. */
bool ttfs_counts_same(const TtfsCountsDoc *a, const TtfsCountsDoc *b);

#endif
