/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples and labels from files: .npy (versions 1 to 3), .npz (stored or deflated), IDX, and IDX in
 * gzip.
 */
#ifndef TTFS_SAMPLES_H
#define TTFS_SAMPLES_H

#include "base.h"

typedef enum {
    TTFS_U8,
    TTFS_I8,
    TTFS_U16,
    TTFS_I16,
    TTFS_U32,
    TTFS_I32,
    TTFS_U64,
    TTFS_I64,
    TTFS_F16,
    TTFS_F32,
    TTFS_F64
} TtfsElement;

/* An array: samples along the first axis, row-major, native or swapped byte order. */
typedef struct {
    const char *file; /* as it was named, for messages */
    TtfsElement type;
    bool swapped; /* the other byte order than this machine's */
    uint32_t rank;
    uint64_t dim[8];
    uint64_t samples, elements; /* first dimension; product of the others */
    const unsigned char *data;
    TtfsFile mapped;      /* what `data` points into, or */
    unsigned char *owned; /* memory of its own; both released by ttfs_array_close */
} TtfsArray;

/* How uint8 samples become real values. */
typedef struct {
    float lo, hi;      /* 0..255 -> lo..hi; 0..1 unless said otherwise */
    uint32_t channels; /* > 0: (value / 255 - mean) / deviation per channel instead */
    float mean[16], deviation[16];
} TtfsInputMap;

/* Opens `path` (`FILE.npz:NAME` names an array; `preferred` is the one taken otherwise, "x" or
 * "y"). */
bool ttfs_array_open(TtfsArray *a, const char *path, const char *preferred, TtfsArena *arena,
                     TtfsDiag *diag);
void ttfs_array_close(TtfsArray *a);
/* Element `i` of the whole array as a number. */
double ttfs_array_value(const TtfsArray *a, uint64_t i);
/* Sample `i` as real values: uint8 through the map, other types as they are. False on NaN or
 * infinity. */
bool ttfs_array_sample(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out,
                       TtfsDiag *diag);
/* Labels: integers >= 0, one a sample. */
bool ttfs_array_label(const TtfsArray *a, uint64_t i, uint32_t *out, TtfsDiag *diag);
/* True when `path` names an .npz file. */
bool ttfs_is_npz(const char *path);

#endif
