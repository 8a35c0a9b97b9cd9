/* SPDX-License-Identifier: Apache-2.0
 *
 * Image: the bits that every core is configured with, and the directory that lets them be read
 * back.
 *
 * File (little-endian): magic "TTFSIMG" and version, the chip's hash, then sections {kind, core,
 * rows, bytes, CRC-32}; a CRC-32 over the whole header. Kinds: chip (canonical JSON), directory
 * (text: flows, populations and connections without numbers that the memories hold), then one for
 * each memory of each core that is not empty, then what a chip with stream finds in the memory
 * outside. A memory's CRC is the one that the chip itself forms of the words that the configuration
 * port takes (docs/core.md, Configuration).
 */
#ifndef TTFS_IMAGE_H
#define TTFS_IMAGE_H

#include "chip.h"

enum {
    TTFS_IMAGE_SLOTS = 4096, /* that a chip numbers */
    TTFS_IMAGE_STAGES = 4096,
    TTFS_IMAGE_EARLY = 2 /* turns that values are old at least where cores are a turn ahead */
};

/* Rows 0 .. rows - 1 of a memory; chunk k of row r (bits 32 k and up) at word r * chunks + k. Bits
 * beyond a row's are zero. */
typedef struct {
    uint32_t rows, chunks;
    uint32_t *words;
} TtfsMemImage;

typedef struct {
    TtfsMemImage mem[TTFS_MEMS];
} TtfsCoreImage;

/* A connection and a population as the image names them. Ids are the spike graph's. */
typedef struct {
    uint32_t kind, src; /* TtfsConnKind; id of the source */
    uint32_t kernel[2], stride[2], dilation[2], pad[4], weight_bits;
    uint32_t src_ch_first, src_channels, group, shared;
} TtfsImageConn;

typedef struct {
    uint32_t kind; /* TtfsPopKind */
    const char *name;
    uint32_t c, h, w, ticks, start, rate_ppm;
    double scale, offset;
    uint32_t bias_count; /* 0, c or c * h * w */
    uint32_t conn_first, conn_count;
    uint32_t slot, stage; /* when it is computed (docs/core.md, pipeline); 0, 0 of the input */
} TtfsImagePop;

typedef struct {
    TtfsArena arena;
    TtfsChip chip;
    TTFS_VEC(TtfsImagePop) pops;
    TTFS_VEC(TtfsImageConn) conns;
    uint32_t slots; /* of a turn */
    bool early;     /* cores may be a turn ahead of one another: the chip's register EARLY */
    uint32_t flows;
    uint32_t *flow_pop; /* id of the population whose values (sums, of a readout) a flow carries */
    uint32_t input_flow;
    TtfsCoreImage *cores;      /* ttfs_chip_cores of them */
    TTFS_VEC(uint32_t) stream; /* words of the memory outside (docs/core.md, Streaming) */
} TtfsImage;

void ttfs_image_free(TtfsImage *img);
/* Room for `rows` rows of zeros in the image's arena. */
void ttfs_image_make(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t rows);
/* To and from the bytes of a file. The reader checks magic, version, bounds and checksums before it
 * allocates by them. */
void ttfs_image_pack(const TtfsImage *img, TtfsBuf *out);
bool ttfs_image_unpack(TtfsImage *img, const char *file, const void *bytes, size_t n,
                       TtfsDiag *diag);
/* Inverts a bit of the file (bit 0 of byte 0 first) in the memories of the image that the file
 * holds; false when it is none that a core is configured with. */
bool ttfs_image_flip(TtfsImage *img, uint64_t bit);
/* All but what the words of the stream mean: a chip finds that out by itself. */
bool ttfs_image_check(const TtfsImage *img, const char *file, TtfsDiag *diag);
/* The stream: a section a slot, whole, of rows that the cores have. */
bool ttfs_image_check_stream(const TtfsImage *img, const char *file, TtfsDiag *diag);
/* The disassembly; ttfs_image_read gives the same image back and printing that the same text. */
void ttfs_image_print(const TtfsImage *img, TtfsBuf *out);
bool ttfs_image_read(TtfsImage *img, const char *file, const void *text, size_t n, TtfsDiag *diag);
/* Bits [lsb, lsb + width) of a row, width <= 32; the second takes them as two's complement. */
uint32_t ttfs_image_bits(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, uint32_t lsb,
                         uint32_t width);
int32_t ttfs_image_signed(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row,
                          uint32_t lsb, uint32_t width);
void ttfs_image_set_bits(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, uint32_t lsb,
                         uint32_t width, uint32_t v);
/* The same of the words of one row. */
uint32_t ttfs_row_bits(const uint32_t *row, uint32_t lsb, uint32_t width);
int32_t ttfs_row_signed(const uint32_t *row, uint32_t lsb, uint32_t width);
void ttfs_row_set_bits(uint32_t *row, uint32_t lsb, uint32_t width, uint32_t v);
/* The address of a chunk on the configuration port; the CRC of a memory's words as the chip forms
 * it. */
uint32_t ttfs_image_address(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row,
                            uint32_t chunk);
uint32_t ttfs_image_crc(const TtfsImage *img, uint32_t core, TtfsMem m);
/* Weight rows of a core that come in a slot, chunks as in a memory. */
typedef struct {
    uint32_t slot, core, row, rows;
    const uint32_t *words;
} TtfsStreamBlock;
/* Follows an image's stream; all but `img` are 0 at first. Gives the next block; false behind the
 * last, and where the words are none: then `fault` says what they are. */
typedef struct {
    const TtfsImage *img;
    uint32_t sections, at, begin, end; /* `sections` begun; the last one's words, without its CRC */
    const char *fault;
} TtfsStreamAt;
bool ttfs_stream_next(TtfsStreamAt *s, TtfsStreamBlock *b);
/* Adds a section to the stream: begin, blocks (of as many rows as may be one), end. */
void ttfs_stream_begin(TtfsImage *img, TtfsStreamAt *s);
void ttfs_stream_add(TtfsImage *img, const TtfsStreamBlock *b);
void ttfs_stream_end(TtfsImage *img, const TtfsStreamAt *s);
/* One memory of a core as $readmemh text: a row a line; the words of the stream. */
void ttfs_image_hex(const TtfsImage *img, uint32_t core, TtfsMem m, TtfsBuf *out);
void ttfs_image_stream_hex(const TtfsImage *img, TtfsBuf *out);

#endif
