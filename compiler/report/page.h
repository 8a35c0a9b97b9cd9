/* SPDX-License-Identifier: Apache-2.0
 *
 * The page: OUT/report/index.html, made of what the folder holds.
 */
#ifndef TTFS_PAGE_H
#define TTFS_PAGE_H

#include "base.h"

/* Appends the path that was written to *path. */
bool ttfs_page_write(const char *folder, TtfsBuf *path, TtfsDiag *diag);

#endif
