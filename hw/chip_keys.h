/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of hw: the table of a chip's keys, shared by the checker, the printer and the JSON reader.
 */
#ifndef TTFS_CHIP_KEYS_H
#define TTFS_CHIP_KEYS_H

#include "chip.h"

enum { TTFS_CHIP_NAME_MAX = 64, TTFS_CHIP_JSON_MAX = 64 * 1024 };

typedef struct {
    const char *key;
    size_t at; /* offset in TtfsChip of a uint32_t */
    uint32_t min, max;
    const char *doc;
} TtfsChipInt;

typedef struct {
    const char *key;
    size_t at; /* offset in TtfsChip of a double */
    double min, max;
    bool energy; /* stands inside "energy_pj"; optional, 0 = unknown */
} TtfsChipReal;

extern const TtfsChipInt ttfs_chip_ints[];
extern const size_t ttfs_chip_int_count;
extern const TtfsChipReal ttfs_chip_reals[];
extern const size_t ttfs_chip_real_count;

uint32_t *ttfs_chip_int(TtfsChip *chip, const TtfsChipInt *key);
double *ttfs_chip_real(TtfsChip *chip, const TtfsChipReal *key);

#endif
