/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4) for content addresses and manifests, CRC-32 (IEEE 802.3, reflected) for
 * image sections.
 */
#ifndef TTFS_HASH_H
#define TTFS_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
} TtfsSha256;

void ttfs_sha256_init(TtfsSha256 *h);
void ttfs_sha256_add(TtfsSha256 *h, const void *bytes, size_t n);
/* Writes 64 hexadecimal digits and a NUL. */
void ttfs_sha256_hex(TtfsSha256 *h, char hex[65]);
void ttfs_sha256_of(const void *bytes, size_t n, char hex[65]);

/* CRC-32 of `n` bytes continued from `crc` (0 to start). */
uint32_t ttfs_crc32(uint32_t crc, const void *bytes, size_t n);

#endif
