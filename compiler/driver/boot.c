/* SPDX-License-Identifier: Apache-2.0
 *
 * Words whose addresses follow one another are a run.
 */
#include "boot.h"

const char *const ttfs_boot_ports[] = {"output flash_sck_o", "output flash_cs_no",
                                       "output flash_mosi_o", "input flash_miso_i", NULL};

enum { MAGIC = 0x54544642, END = 0x54544645 };
/* The registers of the chip (hw/memories.def), which is core 0's memory 15. */
enum { REGISTERS = 15 << 18, CHIP = REGISTERS | 1, CHECK = REGISTERS | 3 };

bool ttfs_boot_there(const TtfsDevice *d) {
    return d->family == TTFS_FAMILY_ICE40 && d->flow.yosys;
}

static void put(TtfsBuf *out, uint32_t word) {
    const uint8_t bytes[] = {(uint8_t)(word >> 24), (uint8_t)(word >> 16), (uint8_t)(word >> 8),
                             (uint8_t)word};
    ttfs_buf_bytes(out, bytes, sizeof bytes);
}

static void put_one(TtfsBuf *out, uint32_t address, uint32_t word) {
    put(out, 1);
    put(out, address);
    put(out, word);
}

/* Rows from `row` on whose words follow those of the row before. */
static uint32_t rows_of_run(const TtfsImage *img, TtfsMem m, uint32_t row) {
    const TtfsMemImage *mem = &img->cores[0].mem[m];
    uint32_t n = 1;
    while (row + n < mem->rows && ttfs_image_address(img, 0, m, row + n, 0) ==
                                      ttfs_image_address(img, 0, m, row, 0) + n * mem->chunks)
        n++;
    return n;
}

static void put_memory(const TtfsImage *img, TtfsMem m, TtfsBuf *out) {
    const TtfsMemImage *mem = &img->cores[0].mem[m];
    for (uint32_t row = 0, n; row < mem->rows; row += n) {
        n = rows_of_run(img, m, row);
        put(out, n * mem->chunks);
        put(out, ttfs_image_address(img, 0, m, row, 0));
        for (uint32_t i = 0; i < n * mem->chunks; i++)
            put(out, mem->words[(size_t)row * mem->chunks + i]);
    }
    if (mem->rows) put_one(out, CHECK, ttfs_image_crc(img, 0, m));
}

void ttfs_boot_network(const TtfsImage *img, TtfsBuf *out) {
    put(out, MAGIC);
    put_one(out, CHIP, ttfs_chip_hash(&img->chip));
    for (uint32_t m = 0; m < TTFS_MEMS; m++) put_memory(img, (TtfsMem)m, out);
    put(out, END);
}
