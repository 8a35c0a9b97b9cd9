/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs verify says in the end, for people. The document is the folder's (verdict.h).
 */
#ifndef TTFS_VERIFY_REPORT_H
#define TTFS_VERIFY_REPORT_H

#include "verdict.h"

void ttfs_verdict_text(const TtfsVerdict *v, TtfsBuf *out);

#endif
