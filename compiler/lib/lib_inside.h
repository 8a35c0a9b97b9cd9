/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library's handles are, and how its calls are made.
 */
#ifndef TTFS_LIB_INSIDE_H
#define TTFS_LIB_INSIDE_H

#include "base.h"
#include "kept.h"
#include "ttfs.h"

struct TtfsMessages {
    TtfsDiag diag;
    TtfsBuf text; /* as it was asked for last */
};

struct TtfsResult {
    TtfsArena arena; /* it lies in it */
    bool passed;
    TtfsFigures figures;
    TtfsBuf json, text, form;
    TtfsKept kept;
};

/* Calls work(options, an empty result that passed) under a guard, so that running out of memory is
 * a message. The result, or NULL when it returned false. `folder`: what a run that died may have
 * left of it is put right before; NULL: none. */
TtfsResult *ttfs_call(bool (*work)(const void *options, TtfsResult *r, TtfsDiag *diag),
                      const void *options, const char *folder, TtfsMessages *m);

#endif
