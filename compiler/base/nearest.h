/* SPDX-License-Identifier: Apache-2.0
 *
 * The known word that somebody probably meant.
 */
#ifndef TTFS_NEAREST_H
#define TTFS_NEAREST_H

#include <stddef.h>

/* The known word nearest to `word` by edit distance, the first of several; "" of none. */
const char *ttfs_nearest(const char *word, const char *const *known, size_t n);
/* The one that is worth a question: the first that has `word` (three letters or more) in it, or the
 * nearest, unless more than half of `word` would have to change; NULL: none. */
const char *ttfs_near(const char *word, const char *const *known, size_t n);

#endif
