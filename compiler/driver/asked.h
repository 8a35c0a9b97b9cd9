/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether values of options are what may be asked for. Each refuses with OPTION_VALUE; `option` is
 * what the command line calls it, with its dashes.
 */
#ifndef TTFS_ASKED_H
#define TTFS_ASKED_H

#include "base.h"

/* A number in least..most. */
bool ttfs_asked_within(const char *option, double value, double least, double most, TtfsDiag *diag);
/* *index is that of `text` among `words`, NULL at their end; left alone for a `text` of NULL. */
bool ttfs_asked_word(const char *option, const char *text, const char *const *words,
                     uint32_t *index, TtfsDiag *diag);
/* A text that must be there; `what` is said when it is not. */
bool ttfs_asked_for(const char *option, const char *text, const char *what, TtfsDiag *diag);
/* The same of a compiled folder. */
bool ttfs_asked_folder(const char *folder, TtfsDiag *diag);
/* Whether two paths are of one file, however they are spelt. */
bool ttfs_asked_one_file(const char *a, const char *b);
/* A file to write, NULL: none, is not the file `other`, however both are spelt; a device may be. */
bool ttfs_asked_apart(const char *option, const char *path, const char *other, TtfsDiag *diag);
/* A file to write, NULL: none, is none of the compiled folder's own. */
bool ttfs_asked_outside(const char *option, const char *path, const char *folder, TtfsDiag *diag);

#endif
