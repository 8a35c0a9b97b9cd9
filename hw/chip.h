/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip: the machine a network is compiled for, read from JSON (hw/chips/NAME.json) by the table of
 * keys chip.def; its memories (memories.def); the packing of the records of a core's program and of
 * its buffers, from the one table records.def.
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

/* What follows from the keys. */
uint32_t ttfs_chip_cores(const TtfsChip *c);
/* The largest window the chip holds. */
uint32_t ttfs_chip_max_ticks(const TtfsChip *c);
/* Elements of the activation memory, TTFS_WORD_ELEMENTS a word; bits of an element's address. */
uint32_t ttfs_chip_elements(const TtfsChip *c);
uint32_t ttfs_chip_element_bits(const TtfsChip *c);
/* Words that the banks of a memory of so many words have together, a power of two: the one that is
 * not below it, where the memory has more than three quarters of that, else half of that; what has
 * a single copy may lie behind them. Bits of an element's address there. */
uint32_t ttfs_chip_bank_words(uint32_t act_words);
uint32_t ttfs_chip_bank_bits(const TtfsChip *c);
/* Bits that hold 0 .. n - 1, at least 1. */
uint32_t ttfs_chip_bits_for(uint32_t n);
/* Bits of the value of a flit: on a chip of one core those of a potential. A readout's sum leaves
 * in ceil(acc_bits / these) flits, its lowest bits first. */
uint32_t ttfs_chip_flit_value_bits(const TtfsChip *c);
/* Bits of a flit that say whose turn it is: on a mesh the lowest one of the turn's number. */
uint32_t ttfs_chip_turn_bits(const TtfsChip *c);
/* Bits of a whole flit: flow, turn, row, column, channel, value; at most TTFS_FLIT_MOST. */
uint32_t ttfs_chip_flit_bits(const TtfsChip *c);
uint32_t ttfs_chip_sum_flits(const TtfsChip *c);
/* The word that a chip answers with when asked who it is, and that an image is made for: the first
 * four bytes of the SHA-256 of the parameters of its Verilog. Name, clock and energies are no part
 * of it. */
uint32_t ttfs_chip_hash(const TtfsChip *c);

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

enum {
    TTFS_WORD_ELEMENTS = 16,    /* of the activation memory */
    TTFS_CONFIG_WORD_BITS = 18, /* of an address on the configuration port */
    TTFS_FLIT_MOST = 64
};
#define TTFS_BUFFER_BITS(chip) ttfs_chip_bits_for((chip)->buffers)

/* The memories of a core (memories.def): number on the configuration port, rows, bits of a row,
 * chunks of 32 bits of a row, and the address bits that number the chunks. */
typedef enum {
#define TTFS_MEMORY(NAME, name, number, rows, bits, doc) TTFS_MEM_##NAME,
#include "memories.def"
    TTFS_MEMS
} TtfsMem;
typedef struct {
    const char *name;
    uint32_t number, rows, bits, chunks, chunk_bits;
} TtfsMemShape;
TtfsMemShape ttfs_chip_memory(const TtfsChip *c, TtfsMem m);

/* The registers of the chip, words of a memory of core 0; the bits of FLAGS. */
enum {
    TTFS_CHIP_REGISTERS = 15,
#define TTFS_REGISTER(NAME, word, doc) TTFS_REGISTER_##NAME = word,
#include "memories.def"
};
enum {
#define TTFS_ERROR(NAME, bit, doc) TTFS_ERROR_##NAME = 1 << bit,
#include "memories.def"
#define TTFS_ERROR(NAME, bit, doc) +1
    TTFS_ERROR_BITS = 0
#include "memories.def"
};
/* Addresses on the configuration port: of a word of a memory of a core, and of a register. */
uint32_t ttfs_chip_address(uint32_t core, uint32_t memory, uint32_t word);
uint32_t ttfs_chip_register(uint32_t word);
/* Of a core with counters, COUNTER of so many (docs/core.md, memory 0). */
enum { TTFS_COUNT_MOVES, TTFS_COUNT_EVENTS, TTFS_COUNT_STALLS, TTFS_COUNT_FLITS, TTFS_COUNTS };
uint32_t ttfs_chip_counter(uint32_t core, uint32_t counter);
/* The errors whose bits are set: "NAME (what happened)", with commas between. */
void ttfs_chip_errors(uint32_t flags, TtfsBuf *out);

/* The records of a program (records.def), unpacked: a struct each. */
#define TTFS_RECORD(NAME, words, doc) TTFS_##NAME##_WORDS = words,
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc)
enum {
#include "records.def"
    TTFS_RECORD_MOST = 9
};
#undef TTFS_RECORD
#undef TTFS_FIELD
typedef enum {
#define TTFS_RECORD(NAME, words, doc) TTFS_RECORD_##NAME,
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc)
#include "records.def"
#undef TTFS_RECORD
#undef TTFS_FIELD
    TTFS_RECORDS
} TtfsRecordKind;
/* A member int32_t a field, in the order of the table's rows. */
#define TTFS_RECORD(NAME, words, doc)                                    struct TtfsRecord##NAME {
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc) int32_t name;
#define TTFS_RECORD_END(NAME)                                                                      \
    }                                                                                              \
    ;
#include "records.def"
#undef TTFS_RECORD
#undef TTFS_FIELD
typedef struct TtfsRecordSCAN TtfsScan;
typedef struct TtfsRecordSEGMENT TtfsSegment;
typedef struct TtfsRecordWALK TtfsWalk;
typedef struct TtfsRecordFIRE TtfsFire;
typedef struct TtfsRecordKEEP TtfsKeep;

/* Packs a record (a pointer to the struct of its kind); false when a member does not fit its field
 * (its name in *bad). Words beyond an end-of-slot's first are not part of it: ttfs_record_words
 * says how many there are. */
bool ttfs_record_pack(TtfsRecordKind kind, const void *record, uint32_t *words, const char **bad);
/* Unpacks; false when a bit that no field names is set. Of an end of slot only the first word is
 * read. */
bool ttfs_record_unpack(TtfsRecordKind kind, const uint32_t *words, void *record);
/* Words of a record whose first word this is (a SCAN's without its segments). */
uint32_t ttfs_record_words(TtfsRecordKind kind, uint32_t first);
/* Every non-zero field by name, ` name value` each; the end of the line is the caller's. The reader
 * takes that and the end of the line. */
void ttfs_record_print(TtfsRecordKind kind, const void *record, TtfsBuf *out);
bool ttfs_record_lex(TtfsRecordKind kind, void *record, TtfsLex *l);

#endif
