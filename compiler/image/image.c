/* SPDX-License-Identifier: Apache-2.0
 *
 * The image's storage, its checker and the preload files. The checker knows sizes and unused bits;
 * what the bits mean is image_to_spike's. Invariant of a checked image: every array can be indexed
 * by the counts beside it, and every bit that no memory holds is zero.
 */
#include "image.h"

#include <math.h>
#include <string.h>

void ttfs_image_free(TtfsImage *img) {
    ttfs_arena_free(&img->arena);
    *img = (TtfsImage){0};
}

static bool check_pop(const TtfsImagePop *p, uint32_t id, const char *file, TtfsDiag *diag) {
    TtfsLoc loc = TTFS_AT_NODE(file, p->name);
    uint64_t size = (uint64_t)p->c * p->h;
    if (p->c == 0 || p->h == 0 || p->w == 0 || size > 1u << 24 || size * p->w > 1u << 24)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u has shape %u x %u x %u", id,
                          p->c, p->h, p->w);
    if (p->kind > 3 || p->conn_kind > 2 || p->ticks > 65535 || p->src >= id ||
        (p->src == 0) != (p->kind == 0))
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "population %u: kind %u of population %u, %u ticks", id, p->kind, p->src,
                          p->ticks);
    if (!isfinite(p->scale) || !isfinite(p->offset))
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u: scale or offset", id);
    return true;
}

static bool check_directory(const TtfsImage *img, const char *file, TtfsDiag *diag) {
    bool ok = true;
    TtfsLoc loc = TTFS_AT_FILE(file);
    if (img->pops.len == 0 || img->pops.len != img->slots || img->slots > img->chip.slots)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "%u populations in %u slots of a chip with %u", img->pops.len, img->slots,
                          img->chip.slots);
    for (uint32_t i = 0; i < img->pops.len; i++)
        ok = check_pop(&img->pops.at[i], i + 1, file, diag) && ok;
    for (uint32_t s = 0; s < img->slots; s++)
        if (img->slot_pop[s] == 0 || img->slot_pop[s] > img->pops.len)
            ok = ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "slot %u: no population %u", s,
                            img->slot_pop[s]);
    return ok;
}

static bool check_core(const TtfsImage *img, uint32_t core, const char *file, TtfsDiag *diag) {
    const TtfsCoreImage *c = &img->cores[core];
    const TtfsChip *chip = &img->chip;
    TtfsLoc loc = TTFS_AT_FILE(file);
    uint32_t bits = chip->lanes * chip->weight_bits, spare = c->row_bytes * 8 - bits;
    if (c->slots != img->slots || c->rows > chip->weight_rows || c->row_bytes != (bits + 7) / 8)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "core %u: %u slots of %u, %u rows of %u, %u bytes a row", core, c->slots,
                          img->slots, c->rows, chip->weight_rows, c->row_bytes);
    bool ok = true;
    for (uint32_t s = 0; s < c->slots; s++) {
        TtfsDescriptor d;
        if (!ttfs_descriptor_unpack(c->descriptors + (size_t)s * TTFS_DESC_WORDS, &d))
            ok = ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                            "core %u slot %u: a bit is set that no field holds", core, s);
    }
    for (uint32_t r = 0; spare && r < c->rows; r++)
        if (c->weights[(size_t)(r + 1) * c->row_bytes - 1] >> (8 - spare))
            ok = ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                            "core %u row %u: a bit is set that no lane holds", core, r);
    return ok;
}

bool ttfs_image_check(const TtfsImage *img, const char *file, TtfsDiag *diag) {
    if (!ttfs_chip_check(&img->chip, file, diag) || !check_directory(img, file, diag)) return false;
    bool ok = true;
    for (uint32_t c = 0; c < img->chip.cores; c++) ok = check_core(img, c, file, diag) && ok;
    return ok;
}

static void hex_row(const TtfsCoreImage *c, uint32_t row, uint32_t bits, TtfsBuf *out) {
    const unsigned char *bytes = c->weights + (size_t)row * c->row_bytes;
    for (uint32_t digit = (bits + 3) / 4; digit-- > 0;)
        ttfs_buf_printf(out, "%x", bytes[digit / 2] >> (digit % 2 * 4) & 15);
    ttfs_buf_puts(out, "\n");
}

void ttfs_image_hex(const TtfsImage *img, uint32_t core, uint32_t kind, TtfsBuf *out) {
    const TtfsCoreImage *c = &img->cores[core];
    if (kind == 2) {
        for (uint32_t r = 0; r < c->rows; r++)
            hex_row(c, r, img->chip.lanes * img->chip.weight_bits, out);
        return;
    }
    for (uint32_t s = 0; s < c->slots; s++)
        for (uint32_t w = 0; w < TTFS_DESC_STRIDE; w++)
            ttfs_buf_printf(out, "%08x\n",
                            w < TTFS_DESC_WORDS ? c->descriptors[s * TTFS_DESC_WORDS + w] : 0);
}

int32_t ttfs_image_lane(const TtfsImage *img, uint32_t core, uint32_t row, uint32_t lane) {
    const TtfsCoreImage *c = &img->cores[core];
    const unsigned char *bytes = c->weights + (size_t)row * c->row_bytes;
    uint32_t width = img->chip.weight_bits, first = lane * width, v = 0;
    for (uint32_t b = 0; b < width; b++)
        v |= (uint32_t)(bytes[(first + b) / 8] >> ((first + b) % 8) & 1) << b;
    return v >> (width - 1) ? (int32_t)v - (1 << width) : (int32_t)v;
}

void ttfs_image_set_lane(TtfsImage *img, uint32_t core, uint32_t row, uint32_t lane, int32_t v) {
    const TtfsCoreImage *c = &img->cores[core];
    unsigned char *bytes = c->weights + (size_t)row * c->row_bytes;
    uint32_t width = img->chip.weight_bits, first = lane * width;
    for (uint32_t b = 0; b < width; b++) {
        unsigned char bit = (unsigned char)(1u << ((first + b) % 8));
        unsigned char *byte = &bytes[(first + b) / 8];
        *byte = (unsigned char)((uint32_t)v >> b & 1 ? *byte | bit : *byte & ~bit);
    }
}

int64_t ttfs_image_slices(const TtfsImage *img, uint32_t core, uint32_t row, uint32_t rows,
                          uint32_t lane) {
    uint32_t width = img->chip.weight_bits;
    uint64_t v = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t part = (uint32_t)ttfs_image_lane(img, core, row + i, lane);
        v |= (uint64_t)(part & ((1u << width) - 1)) << (i * width);
    }
    uint32_t bits = rows * width;
    return v >> (bits - 1) ? (int64_t)v - (INT64_C(1) << bits) : (int64_t)v;
}
