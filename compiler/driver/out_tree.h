/* SPDX-License-Identifier: Apache-2.0
 *
 * What an output folder may hold, and whether a folder is one: the question before it is replaced.
 */
#ifndef TTFS_OUT_TREE_H
#define TTFS_OUT_TREE_H

#include "arena.h"

/* The first names below `folder`, which is the folder `at` of an OUT ("": OUT itself), that ttfs
 * does not write, as "'a', 'b/' and 3 more"; NULL: there are none. Links, and files where folders
 * belong, are such names. */
const char *ttfs_out_foreign(const char *folder, const char *at, TtfsArena *a);

/* Why `path` may not be replaced by a new output folder, NULL: it may. It may when nothing is
 * there, when it is empty, and when its manifest says that it is ttfs's and nothing foreign lies in
 * it, nor a model.onnx that tune did not write. */
const char *ttfs_out_refusal(const char *path, TtfsArena *a);

/* Whether `path`, in a folder that is there, is where ttfs has a file of the output folder
 * `folder`, however both are spelt. */
bool ttfs_out_has(const char *folder, const char *path, TtfsArena *a);

#endif
