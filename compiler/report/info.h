/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model or an output folder holds: as a table, as JSON, and as the text of a form.
 */
#ifndef TTFS_INFO_H
#define TTFS_INFO_H

#include "base.h"

/* Layers, outputs and, of a folder, memory and timing of `path`, as a document and as a table.
 * `memory`: bytes that a model may ask for; 0: the default. */
bool ttfs_info(const char *path, uint64_t memory, TtfsBuf *json, TtfsBuf *text, TtfsDiag *diag);

/* The text of a form: of an output folder (`form`: ir, spike, plan or image; NULL is spike), or of
 * a file that holds one (NULL: whichever it holds). */
bool ttfs_dump(const char *path, const char *form, TtfsBuf *out, TtfsDiag *diag);

#endif
