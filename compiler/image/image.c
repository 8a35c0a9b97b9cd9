/* SPDX-License-Identifier: Apache-2.0
 *
 * The image's storage: rows of memories, bits of them, and the same rows as the configuration port
 * and the preload files have them. Invariant: a memory has as many chunks a row as the chip's.
 */
#include "image_inside.h"

void ttfs_image_free(TtfsImage *img) {
    ttfs_arena_free(&img->arena);
    *img = (TtfsImage){0};
}

void ttfs_image_make(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t rows) {
    uint32_t chunks = ttfs_chip_memory(&img->chip, m).chunks;
    img->cores[core].mem[m] =
        (TtfsMemImage){rows, chunks, TTFS_ARRAY(&img->arena, uint32_t, (size_t)rows * chunks)};
}

static uint32_t low_bits(uint32_t width) {
    return width == 32 ? UINT32_MAX : (1u << width) - 1;
}

uint32_t ttfs_row_bits(const uint32_t *row, uint32_t lsb, uint32_t width) {
    const uint32_t *chunk = row + lsb / 32;
    uint64_t v = chunk[0] >> lsb % 32;
    if (lsb % 32 + width > 32) v |= (uint64_t)chunk[1] << (32 - lsb % 32);
    return (uint32_t)v & low_bits(width);
}

int32_t ttfs_row_signed(const uint32_t *row, uint32_t lsb, uint32_t width) {
    int64_t v = ttfs_row_bits(row, lsb, width);
    return (int32_t)(v >> (width - 1) ? v - (INT64_C(1) << width) : v);
}

void ttfs_row_set_bits(uint32_t *row, uint32_t lsb, uint32_t width, uint32_t v) {
    uint32_t *chunk = row + lsb / 32;
    uint64_t mask = (uint64_t)low_bits(width) << lsb % 32, at = (uint64_t)v << lsb % 32 & mask;
    chunk[0] = (chunk[0] & ~(uint32_t)mask) | (uint32_t)at;
    if (lsb % 32 + width > 32)
        chunk[1] = (chunk[1] & ~(uint32_t)(mask >> 32)) | (uint32_t)(at >> 32);
}

static uint32_t *row_of(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    return mem->words + (size_t)row * mem->chunks;
}

uint32_t ttfs_image_bits(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, uint32_t lsb,
                         uint32_t width) {
    return ttfs_row_bits(row_of(img, core, m, row), lsb, width);
}

int32_t ttfs_image_signed(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row,
                          uint32_t lsb, uint32_t width) {
    return ttfs_row_signed(row_of(img, core, m, row), lsb, width);
}

void ttfs_image_set_bits(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, uint32_t lsb,
                         uint32_t width, uint32_t v) {
    ttfs_row_set_bits(row_of(img, core, m, row), lsb, width, v);
}

static uint32_t address(const TtfsMemShape *s, uint32_t core, uint32_t row, uint32_t chunk) {
    return core << 22 | s->number << TTFS_CONFIG_WORD_BITS | row << s->chunk_bits | chunk;
}

uint32_t ttfs_image_address(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row,
                            uint32_t chunk) {
    TtfsMemShape shape = ttfs_chip_memory(&img->chip, m);
    return address(&shape, core, row, chunk);
}

uint32_t ttfs_crc_word(uint32_t crc, uint32_t v) {
    unsigned char bytes[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
                              (unsigned char)(v >> 24)};
    return ttfs_crc32(crc, bytes, sizeof bytes);
}

uint32_t ttfs_image_crc(const TtfsImage *img, uint32_t core, TtfsMem m) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    TtfsMemShape shape = ttfs_chip_memory(&img->chip, m);
    uint32_t crc = 0, next = 0;
    for (uint32_t i = 0; i < mem->rows * mem->chunks; i++) {
        uint32_t at = address(&shape, core, i / mem->chunks, i % mem->chunks);
        if (i == 0 || at != next) crc = ttfs_crc_word(crc, at);
        crc = ttfs_crc_word(crc, mem->words[i]);
        next = at + 1;
    }
    return crc;
}

/* A line of digits, the highest first. */
static void put_line(const uint32_t *words, uint32_t digits, TtfsBuf *out) {
    for (uint32_t d = digits; d-- > 0;)
        ttfs_buf_bytes(out, &"0123456789abcdef"[words[d / 8] >> (d % 8 * 4) & 15], 1);
    ttfs_buf_puts(out, "\n");
}

void ttfs_image_hex(const TtfsImage *img, uint32_t core, TtfsMem m, TtfsBuf *out) {
    uint32_t digits = (ttfs_chip_memory(&img->chip, m).bits + 3) / 4;
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    for (uint32_t r = 0; r < mem->rows; r++)
        put_line(mem->words + (size_t)r * mem->chunks, digits, out);
}

void ttfs_image_stream_hex(const TtfsImage *img, TtfsBuf *out) {
    for (uint32_t i = 0; i < img->stream.len; i++) put_line(img->stream.at + i, 8, out);
}
