/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip: the machine a network is compiled for, read from JSON (hw/chips/NAME.json) by the table of
 * keys chip.def. Also the packing of slot descriptors, from the one table fields.def.
 */
#ifndef TTFS_CHIP_H
#define TTFS_CHIP_H

#include "keys.h"

/* One member a row of chip.def, which says ranges and units. */
typedef struct {
#define TTFS_CHIP_GROUP(path, doc)
#define TTFS_CHIP_KEY(KIND, member, path, least, most, fallback, unit, VERILOG, doc)               \
    TTFS_TYPE_##KIND member;
#include "chip.def"
#undef TTFS_CHIP_GROUP
#undef TTFS_CHIP_KEY
} TtfsChip;

extern const TtfsKeys ttfs_chip_keys;

/* The largest window the chip holds. */
uint32_t ttfs_chip_max_ticks(const TtfsChip *c);
/* Parameter rows of a group: ceil(acc / weight bits) for the threshold, then ceil(slope / weight
 * bits) for the ramp. */
uint32_t ttfs_chip_threshold_rows(const TtfsChip *c);
uint32_t ttfs_chip_ramp_rows(const TtfsChip *c);
/* A weight row on the configuration port: chunks of 32 bits, and the address bits that number them.
 */
uint32_t ttfs_chip_row_chunks(const TtfsChip *c);
uint32_t ttfs_chip_chunk_bits(const TtfsChip *c);

/* Reads a description; unknown keys are refused with the nearest known key, every value is
 * range-checked, keys that are left out get their defaults. */
bool ttfs_chip_read(TtfsChip *chip, const char *file, const void *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag);
/* Reads the description that stands at the current token of a text form, and the end of its line.
 */
bool ttfs_chip_lex(TtfsChip *chip, TtfsLex *l, TtfsArena *a);
/* Canonical JSON; reading it gives the same chip and printing it again the same text. */
void ttfs_chip_json(const TtfsChip *chip, const char *key, TtfsJson *j);
void ttfs_chip_print(const TtfsChip *chip, TtfsBuf *out);
/* Checks ranges; used by the reader and on chips that an image holds. */
bool ttfs_chip_check(const TtfsChip *chip, const char *file, TtfsDiag *diag);

enum { TTFS_DESC_WORDS = 20, TTFS_DESC_STRIDE = 32 };

/* A slot descriptor, unpacked: one member a row of fields.def. */
typedef struct {
#define TTFS_FIELD(NAME, name, word, lsb, width, is_signed, doc) int32_t name;
#include "fields.def"
#undef TTFS_FIELD
} TtfsDescriptor;

/* Packs; false when a member does not fit its field (its name in *bad). */
bool ttfs_descriptor_pack(const TtfsDescriptor *d, uint32_t words[TTFS_DESC_WORDS],
                          const char **bad);
/* Unpacks; false when a bit that no field names is set. */
bool ttfs_descriptor_unpack(const uint32_t words[TTFS_DESC_WORDS], TtfsDescriptor *d);
/* Every non-zero field by name, `name value` with blanks between; the end of the line is the
 * caller's. The reader takes that and the end of the line. */
void ttfs_descriptor_print(const TtfsDescriptor *d, TtfsBuf *out);
bool ttfs_descriptor_lex(TtfsDescriptor *d, TtfsLex *l);

#endif
