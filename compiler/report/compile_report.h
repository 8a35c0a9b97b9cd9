/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs check and ttfs compile say in the end, as JSON and for people.
 */
#ifndef TTFS_COMPILE_REPORT_H
#define TTFS_COMPILE_REPORT_H

#include "check.h"
#include "pipeline.h"

/* `diag`: its errors are the obstacles. */
void ttfs_check_json(const TtfsCheck *c, const TtfsDiag *diag, TtfsBuf *out);
void ttfs_check_text(const char *model, const TtfsCheck *c, const TtfsDiag *diag, TtfsBuf *out);

/* `seconds`: that the compilation took; `folder`: where it was written. */
void ttfs_compile_json(const TtfsPipeline *f, double seconds, TtfsBuf *out);
void ttfs_compile_text(const TtfsPipeline *f, const char *folder, double seconds, TtfsBuf *out);

#endif
