/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip: the machine a network is compiled for, read from JSON (hw/chips/NAME.json,
 * hw/chip.schema.json). Also the packing of slot descriptors, from the one table fields.def.
 */
#ifndef TTFS_CHIP_H
#define TTFS_CHIP_H

#include "base.h"

typedef struct {
    const char *name;
    uint32_t cores, lanes; /* 1..64 cores; lanes a core, 1..256 */
    uint32_t weight_bits, slope_bits,
        acc_bits;       /* signed widths; slope and acc are multiples of weight_bits, acc <= 32 */
    uint32_t tick_bits; /* windows of at most 2^tick_bits - 1 ticks */
    uint32_t c_bits, y_bits, x_bits;                         /* fields of a neuron id */
    uint32_t slots;                                          /* descriptors a core holds */
    uint32_t weight_rows, list_words, log_words, seen_words; /* a core's memories, in words */
    double clock_mhz;
    double energy_event_pj, energy_tick_pj,
        energy_spike_pj; /* estimates a lane-event, tick and spike; 0 = unknown */
} TtfsChip;

/* The largest window the chip holds. */
uint32_t ttfs_chip_max_ticks(const TtfsChip *c);
/* Parameter rows of a group: ceil(acc / weight bits) for the threshold, then ceil(slope / weight
 * bits) for the ramp. */
uint32_t ttfs_chip_threshold_rows(const TtfsChip *c);
uint32_t ttfs_chip_ramp_rows(const TtfsChip *c);

/* Reads a description; unknown keys are refused with the nearest known key, every value is
 * range-checked. */
bool ttfs_chip_read(TtfsChip *chip, const char *file, const void *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag);
/* Canonical JSON; reading it gives the same chip and printing it again the same text. */
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
/* One line of text with every non-zero field by name. */
void ttfs_descriptor_print(const TtfsDescriptor *d, TtfsBuf *out);

#endif
