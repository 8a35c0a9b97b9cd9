/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the image: the directory's text, which stands in the file and in the disassembly; the
 * CRC of words.
 */
#ifndef TTFS_IMAGE_INSIDE_H
#define TTFS_IMAGE_INSIDE_H

#include "image.h"

void ttfs_image_print_directory(const TtfsImage *img, TtfsBuf *out);
/* Reads it into what of the image is not the cores'; img->chip must be there, it bounds the flows.
 */
bool ttfs_image_lex_directory(TtfsImage *img, TtfsLex *l);
/* `key` and the number that must stand behind it. */
bool ttfs_image_lex_index(TtfsLex *l, const char *key, uint32_t want);

/* Goes on with a CRC-32 by the bytes of a word, lowest first. */
uint32_t ttfs_crc_word(uint32_t crc, uint32_t v);

#endif
