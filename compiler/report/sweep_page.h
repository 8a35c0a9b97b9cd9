/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the page that shows a sweep.
 */
#ifndef TTFS_SWEEP_PAGE_H
#define TTFS_SWEEP_PAGE_H

#include "sweep_doc.h"

/* A panel an axis: means over the trials as lines, bands from the least to the largest, accuracy
 * and agreement. Of a grid, or a document that is damaged, words. `path`: of the document; nothing
 * when there is none. */
void ttfs_sweep_page(TtfsBuf *b, const char *path);

#endif
