/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files this user's ttfs has made. A netlist in a folder is code, and the folder may come
 * from anywhere; what is remembered here, in a cache that nobody else can write to, was made here.
 */
#ifndef TTFS_MADE_HERE_H
#define TTFS_MADE_HERE_H

#include "diag.h"

/* Remembers a file by the hash of its bytes; where nothing can be kept that is a note. */
void ttfs_made_here_keep(const void *bytes, size_t n, TtfsDiag *diag);
/* Whether a file of these bytes is remembered. */
bool ttfs_made_here(const void *bytes, size_t n, TtfsDiag *diag);

#endif
