/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the checksums of an image's file right after damage, as far as the sections that its header
 * names are there, so that what is tried are the reader's other checks: no damage comes past the
 * checksums otherwise.
 */
#ifndef SEAL_IMAGE_H
#define SEAL_IMAGE_H

#include "image.h"

enum { SEAL_FIRST = 20, SEAL_ENTRY = 20, SEAL_MEMORY = 16 };

static inline uint32_t seal_get(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void seal_put(unsigned char *p, uint32_t v) {
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> (8 * i));
}

/* The checksum of a memory's section, as the chip forms it; 0 where the chip has no such memory. */
static inline uint32_t seal_memory(TtfsImage *img, const unsigned char *entry,
                                   const unsigned char *bytes, size_t n) {
    uint32_t core = seal_get(entry + 4), rows = seal_get(entry + 8), crc = 0;
    for (int m = 0; m < TTFS_MEMS && core < ttfs_chip_cores(&img->chip); m++) {
        TtfsMemShape shape = ttfs_chip_memory(&img->chip, (TtfsMem)m);
        if (SEAL_MEMORY + shape.number != seal_get(entry) || rows > shape.rows ||
            n != (size_t)rows * shape.chunks * 4)
            continue;
        ttfs_image_make(img, core, (TtfsMem)m, rows);
        for (size_t w = 0; w < n / 4; w++)
            img->cores[core].mem[m].words[w] = seal_get(bytes + w * 4);
        crc = ttfs_image_crc(img, core, (TtfsMem)m);
    }
    return crc;
}

/* Section i of the file, whose bytes begin at `at`; returns where the next ones do, 0: nowhere. */
static inline size_t seal_section(TtfsImage *img, unsigned char *f, size_t n, uint32_t i,
                                  size_t at) {
    unsigned char *entry = f + SEAL_FIRST + (size_t)i * SEAL_ENTRY;
    size_t size = seal_get(entry + 12);
    TtfsDiag diag = {0};
    if (size > n - at) return 0;
    if (i == 0 && ttfs_chip_read(&img->chip, "chip", f + at, size, &img->arena, &diag)) {
        img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, ttfs_chip_cores(&img->chip));
        seal_put(f + 12, ttfs_chip_hash(&img->chip));
    }
    ttfs_diag_free(&diag);
    if (!img->cores) return 0;
    seal_put(entry + 16,
             i < 2 ? ttfs_crc32(0, f + at, size) : seal_memory(img, entry, f + at, size));
    return at + size;
}

static inline void seal_image(unsigned char *f, size_t n) {
    uint64_t count = n > SEAL_FIRST ? seal_get(f + 16) : 0, end = SEAL_FIRST + count * SEAL_ENTRY;
    TtfsImage img = {0};
    if (count == 0 || end + 4 > n) return;
    size_t at = (size_t)end + 4;
    for (uint32_t i = 0; i < count && at; i++) at = seal_section(&img, f, n, i, at);
    seal_put(f + end, ttfs_crc32(0, f, (size_t)end));
    ttfs_image_free(&img);
}

#endif
