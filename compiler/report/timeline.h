/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedule of a folder's chip as a timeline, Chrome's trace events (JSON), which Perfetto
 * opens: a turn as it is proven to take at most, as it is expected with the rates of calibration,
 * and, after a verification with rtl, as long as the slowest verified sample took.
 */
#ifndef TTFS_TIMELINE_H
#define TTFS_TIMELINE_H

#include "base.h"

/* Appends the document; the folder has a plan, or that is an error. */
bool ttfs_timeline(const char *folder, TtfsBuf *out, TtfsDiag *diag);

#endif
