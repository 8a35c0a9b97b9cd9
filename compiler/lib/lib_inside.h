/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library's handles are.
 */
#ifndef TTFS_LIB_INSIDE_H
#define TTFS_LIB_INSIDE_H

#include "base.h"
#include "ttfs.h"

struct TtfsMessages {
    TtfsDiag diag;
};

struct TtfsResult {
    TtfsArena arena; /* it lies in it */
    bool passed;
    TtfsFigures figures;
    TtfsBuf json, text, traces;
};

/* An empty result that passed. */
TtfsResult *ttfs_result_new(void);

#endif
