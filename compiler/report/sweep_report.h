/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sweep says to people.
 */
#ifndef TTFS_SWEEP_REPORT_H
#define TTFS_SWEEP_REPORT_H

#include "sweep_doc.h"

/* A table, a line a point. */
void ttfs_sweep_text(const TtfsSweepDoc *d, TtfsBuf *out);

#endif
