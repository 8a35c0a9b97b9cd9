/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model or an output folder holds: as a table, as JSON, and as the text of a form.
 */
#ifndef TTFS_INFO_H
#define TTFS_INFO_H

#include "base.h"

/* Layers, outputs and, of a folder, memory and timing of `path`. `memory`: bytes that a model may
 * ask for; 0: the default. */
bool ttfs_info(const char *path, uint64_t memory, bool json, TtfsBuf *out, TtfsDiag *diag);

/* "ir", "spike", "plan", "image", NULL. */
extern const char *const ttfs_form_names[];
/* The text of a form: of an output folder (`form`: index of its name, UINT32_MAX is spike), or of a
 * file that holds one (UINT32_MAX: whichever it holds). */
bool ttfs_dump(const char *path, uint32_t form, TtfsBuf *out, TtfsDiag *diag);

#endif
