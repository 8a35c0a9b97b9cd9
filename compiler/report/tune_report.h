/* SPDX-License-Identifier: Apache-2.0
 *
 * What tune says to people.
 */
#ifndef TTFS_TUNE_REPORT_H
#define TTFS_TUNE_REPORT_H

#include "tune_doc.h"

void ttfs_tuned_text(const TtfsTuned *t, const char *out, TtfsBuf *text);

#endif
