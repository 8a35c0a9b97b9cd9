/* SPDX-License-Identifier: Apache-2.0
 *
 * A model packed by gzip (net.onnx.gz) -> its bytes. The size that the packed file gives at its end
 * is believed only up to a multiple of its own, and must be the size that comes out.
 */
#include "inflate.h"
#include "onnx_import.h"

enum { MOST_TIMES = 32, FREE = 1 << 20 }; /* bytes unpacked: MOST_TIMES the packed ones + FREE */

bool ttfs_onnx_is_gzip(const TtfsFile *file) {
    return file->size >= 18 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b;
}

bool ttfs_onnx_gunzip(const char *path, const TtfsFile *packed, TtfsArena *a, TtfsFile *out,
                      TtfsDiag *diag) {
    const unsigned char *trailer = packed->bytes + packed->size - 4;
    uint32_t size = trailer[0] | (uint32_t)trailer[1] << 8 | (uint32_t)trailer[2] << 16 |
                    (uint32_t)trailer[3] << 24;
    if (size / MOST_TIMES > packed->size + FREE / MOST_TIMES)
        return ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_LIMIT,
                                 "unpack the model with gunzip first",
                                 "%zu packed bytes claim to become %u, at most %d times as many "
                                 "and 1 MiB expected",
                                 packed->size, size, MOST_TIMES);
    bool ended;
    unsigned char *bytes = TTFS_ARRAY(a, unsigned char, (size_t)size + 1);
    size_t got =
        ttfs_inflate(packed->bytes, packed->size, TTFS_GZIP, bytes, (size_t)size + 1, &ended);
    *out = (TtfsFile){.bytes = bytes, .size = size};
    if (ended && got == size) return true;
    return ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_ONNX_PARSE,
                             "pack the model again with gzip",
                             "the packed model is damaged, cut off, or several files in one");
}
