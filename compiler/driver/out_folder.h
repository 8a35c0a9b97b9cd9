/* SPDX-License-Identifier: Apache-2.0
 *
 * Making an output folder: begin, write into `made`, commit or abandon. Until commit returns there
 * is the old folder; from then on the new one; never none, never half of one.
 */
#ifndef TTFS_OUT_FOLDER_H
#define TTFS_OUT_FOLDER_H

#include "diag.h"
#include "temporary.h"

typedef struct {
    const char *target; /* OUT, its links followed; or a folder in it */
    const char *at;     /* where in OUT that is, "": OUT itself */
    const char *made;   /* the new folder, to be filled plainly */
    TtfsTemporary *temporary;
    TtfsArena *arena;
} TtfsOutFolder;

/* Looks whether OUT may be replaced (out_tree.h), cleans up behind dead runs, and makes the new
 * folder beside it. */
bool ttfs_out_begin(TtfsOutFolder *f, const char *out, TtfsArena *a, TtfsDiag *diag);
/* The same for a folder of an OUT that is there: "fpga/hx8k". No link in OUT is followed. */
bool ttfs_out_folder_begin(TtfsOutFolder *f, const char *out, const char *at, TtfsArena *a,
                           TtfsDiag *diag);
/* Whether it could begin; for work that takes long before it does. */
bool ttfs_out_folder_check(const char *out, const char *at, TtfsArena *a, TtfsDiag *diag);
/* Brings the new folder to the disk and puts it in its target's place; the old one is removed. Ends
 * it either way. */
bool ttfs_out_commit(TtfsOutFolder *f, TtfsDiag *diag);
/* Removes what was made. */
void ttfs_out_abandon(TtfsOutFolder *f);
/* Puts OUT back when a run died between taking the old away and putting the new in its place, which
 * can be only where the file system cannot exchange the two. */
void ttfs_out_recover(const char *out);

/* Makes the folder `part` of an output folder that is there; a link of that name is refused. */
bool ttfs_out_part(const char *out, const char *part, TtfsDiag *diag);
/* False, with errno, when OUT may not be written to: a mounted disc, somebody else's. It can be run
 * and verified all the same. */
bool ttfs_out_may_put(const char *out, const char *part);
/* Writes a file of an output folder that is there, in its folder `part`, which is made: whole or
 * not at all. No link in OUT is followed: it may come from anywhere. */
bool ttfs_out_put(const char *out, const char *part, const char *name, const void *bytes, size_t n,
                  TtfsDiag *diag);

#endif
