/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the image: the directory's text, which stands in the file and in the disassembly.
 */
#ifndef TTFS_IMAGE_INSIDE_H
#define TTFS_IMAGE_INSIDE_H

#include "image.h"

void ttfs_image_print_directory(const TtfsImage *img, TtfsBuf *out);
/* Reads it into img->pops, slots and slot_pop; img->chip must be there, it bounds the counts. */
bool ttfs_image_lex_directory(TtfsImage *img, TtfsLex *l);

#endif
