/* SPDX-License-Identifier: Apache-2.0
 *
 * Verify: the whole spike traces and readouts of several engines, held against those of the first.
 */
#ifndef TTFS_VERIFY_H
#define TTFS_VERIFY_H

#include "session.h"
#include "verdict.h"

typedef struct TtfsVerify TtfsVerify;

/* Compares, and writes the verdict to OUT/verify. NULL when something went wrong on the way;
 * differences, and slots that took longer than the plan promises, are errors in `diag`. */
TtfsVerify *ttfs_verify(const TtfsVerifyOptions *o, TtfsDiag *diag);
const TtfsVerdict *ttfs_verify_verdict(const TtfsVerify *v);
/* True when there were neither differences nor broken promises, and the verdict was written. */
bool ttfs_verify_passed(const TtfsVerify *v);
/* The verdict as JSON, as it was written. */
void ttfs_verify_json(const TtfsVerify *v, TtfsBuf *out);
void ttfs_verify_close(TtfsVerify *v);

#endif
