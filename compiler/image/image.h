/* SPDX-License-Identifier: Apache-2.0
 *
 * Image: the bits that every core is configured with, and the directory that lets them be read
 * back.
 *
 * File (little-endian): magic "TTFSIMG" and version, then sections {kind, core, word bytes, words,
 * CRC-32}; a CRC-32 over the whole header. Kinds: chip (canonical JSON), directory (text:
 * populations and connections without numbers that the memories hold), descriptors, weights.
 * Weights and descriptors are exactly what the configuration port writes.
 */
#ifndef TTFS_IMAGE_H
#define TTFS_IMAGE_H

#include "chip.h"

/* What one core holds. */
typedef struct {
    uint32_t slots;         /* descriptors */
    uint32_t *descriptors;  /* slots * TTFS_DESC_WORDS */
    uint32_t rows;          /* weight rows used, from row 0 */
    uint32_t row_bytes;     /* ceil(lanes * weight_bits / 8): lane l at bits [l * weight_bits, ...),
                               little-endian */
    unsigned char *weights; /* rows * row_bytes */
} TtfsCoreImage;

/* A population as the image names it. Ids are the spike graph's. */
typedef struct {
    uint32_t kind; /* TtfsPopKind */
    const char *name;
    uint32_t c, h, w, ticks, start, rate_ppm;
    double scale, offset;
    /* its one incoming connection, when it is not the input */
    uint32_t conn_kind, src; /* TtfsConnKind; id of the source */
    uint32_t kernel[2], stride[2], dilation[2], pad[4], weight_bits;
} TtfsImagePop;

typedef struct {
    TtfsArena arena;
    TtfsChip chip;
    TTFS_VEC(TtfsImagePop)
    pops; /* slot s > 0 computes population slot_pop[s]; slot 0 is the input */
    uint32_t slots;
    uint32_t *slot_pop;   /* id of the population on the bus in a slot */
    TtfsCoreImage *cores; /* chip.cores of them */
} TtfsImage;

void ttfs_image_free(TtfsImage *img);
/* To and from the bytes of a file. The reader checks magic, version, bounds and checksums before it
 * allocates by them. */
void ttfs_image_pack(const TtfsImage *img, TtfsBuf *out);
bool ttfs_image_unpack(TtfsImage *img, const char *file, const void *bytes, size_t n,
                       TtfsDiag *diag);
/* Inverts a bit of the file (bit 0 of byte 0 first) in the memories of the image that the file
 * holds; false when it is none that a core is configured with. */
bool ttfs_image_flip(TtfsImage *img, uint64_t bit);
bool ttfs_image_check(const TtfsImage *img, const char *file, TtfsDiag *diag);
/* The disassembly; ttfs_image_read gives the same image back and printing that the same text. */
void ttfs_image_print(const TtfsImage *img, TtfsBuf *out);
bool ttfs_image_read(TtfsImage *img, const char *file, const void *text, size_t n, TtfsDiag *diag);
/* A lane's entry of a weight row; and the number that `rows` rows from `row` on hold in slices of
 * weight_bits, least significant first (at most 47 bits). Both two's complement; rows and lanes
 * must exist. */
int32_t ttfs_image_lane(const TtfsImage *img, uint32_t core, uint32_t row, uint32_t lane);
void ttfs_image_set_lane(TtfsImage *img, uint32_t core, uint32_t row, uint32_t lane, int32_t v);
int64_t ttfs_image_slices(const TtfsImage *img, uint32_t core, uint32_t row, uint32_t rows,
                          uint32_t lane);
/* One memory of a core as $readmemh text: a word a line. `kind` 1 descriptors (slot * 32 + word), 2
 * weights. */
void ttfs_image_hex(const TtfsImage *img, uint32_t core, uint32_t kind, TtfsBuf *out);

#endif
