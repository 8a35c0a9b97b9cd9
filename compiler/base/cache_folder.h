/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder where compiled code is kept, and whether it may be: what lies there will run with the
 * rights of this user, so nobody else may be able to put anything there.
 */
#ifndef TTFS_CACHE_FOLDER_H
#define TTFS_CACHE_FOLDER_H

#include "diag.h"

/* Folder `part` of the cache that the environment names: $TTFS_CACHE, else $XDG_CACHE_HOME/ttfs
 * when that is absolute, else $HOME/.cache/ttfs. NULL when none is set; there is no shared default.
 */
const char *ttfs_cache_named(TtfsArena *a, const char *part);

/* Makes the folder (for this user alone) where there is none, and looks who can write to it: it
 * must be this user's, and neither it, nor the folders and links on the way to it, may be in
 * anybody else's hands but root's. Its real path in `a`, to be used in place of `path`; NULL after
 * a note that says why no code is kept. `path` may be NULL: what ttfs_cache_named found. */
const char *ttfs_cache_folder(const char *path, TtfsArena *a, TtfsDiag *diag);

/* Where code that is not kept may be made: $TMPDIR/name, else /tmp/name, a target for
 * ttfs_temporary_folder. NULL after an error, when others could exchange what is made there. */
const char *ttfs_private_base(TtfsArena *a, const char *name, TtfsDiag *diag);

#endif
