/* SPDX-License-Identifier: Apache-2.0
 *
 * IDX: two zero bytes, type, rank, big-endian 32-bit dimensions, data; and the same in gzip, whose
 * header says how much is inflated.
 */
#include "inflate.h"
#include "samples_inside.h"

static size_t start_of(const TtfsArray *a) {
    return 4 + 4 * (size_t)a->rank;
}

static bool header(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    static const struct {
        unsigned char code;
        TtfsElement type;
    } types[] = {{0x08, TTFS_U8},  {0x09, TTFS_I8},  {0x0b, TTFS_I16},
                 {0x0c, TTFS_I32}, {0x0d, TTFS_F32}, {0x0e, TTFS_F64}};
    size_t known = sizeof types / sizeof *types, k = 0;
    while (k < known && types[k].code != b.at[2]) k++;
    if (k == known) return ttfs_samples_fault(a, "IDX of an unknown element type", diag);
    a->type = types[k].type;
    a->rank = b.at[3];
    a->swapped = !ttfs_samples_big_endian();
    if (a->rank > TTFS_ARRAY_RANK || b.n < start_of(a))
        return ttfs_samples_fault(a, "the IDX header is cut off or has too many axes", diag);
    for (uint32_t i = 0; i < a->rank; i++) {
        const unsigned char *d = b.at + 4 + 4 * i;
        a->dim[i] = (uint64_t)d[0] << 24 | (uint64_t)d[1] << 16 | (uint64_t)d[2] << 8 | d[3];
    }
    return ttfs_samples_shape(a, TTFS_SAMPLES_LIMIT, diag);
}

bool ttfs_read_idx(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    if (!header(a, b, diag)) return false;
    a->data = b.at + start_of(a);
    return ttfs_samples_shape(a, b.n - start_of(a), diag);
}

bool ttfs_read_gzip(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    unsigned char head[4 + 4 * TTFS_ARRAY_RANK] = {0};
    bool ended;
    size_t got = ttfs_inflate(b.at, b.n, TTFS_GZIP, head, sizeof head, &ended);
    if (got < 4 || head[0] || head[1])
        return ttfs_samples_fault(a, "a gzip file, but not of IDX", diag);
    if (!header(a, (TtfsBytes){head, got}, diag)) return false;
    size_t start = start_of(a);
    size_t size = start + (size_t)(a->samples * a->elements) * ttfs_samples_width(a->type);
    if (!ttfs_inflate_whole(a, b, TTFS_GZIP, size, diag)) return false;
    a->data = a->owned + start;
    return true;
}
