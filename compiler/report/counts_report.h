/* SPDX-License-Identifier: Apache-2.0
 *
 * What shards of a run or a verification say together, for people.
 */
#ifndef TTFS_COUNTS_REPORT_H
#define TTFS_COUNTS_REPORT_H

#include "counts_doc.h"

void ttfs_counts_text(const TtfsCountsDoc *d, TtfsBuf *out);

#endif
