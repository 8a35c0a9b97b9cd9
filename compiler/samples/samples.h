/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples and labels from files: .npy (versions 1 to 3, either order of axes), .npz (stored or
 * deflated, zip64), IDX, and IDX in gzip. What is inflated is at most TTFS_INFLATED_MOST bytes; a
 * file that is stored plainly is read where it lies.
 */
#ifndef TTFS_SAMPLES_H
#define TTFS_SAMPLES_H

#include "base.h"
#include "ttfs.h"

#define TTFS_INFLATED_MOST ((size_t)2 << 30)

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

enum { TTFS_ARRAY_RANK = TTFS_MOST_AXES };

/* An array: samples along the first axis, in native or swapped byte order. */
typedef struct {
    const char *file;   /* as it was named, for messages */
    const char *member; /* the array's name in an archive; NULL otherwise */
    TtfsElement type;
    bool swapped; /* the other byte order than this machine's */
    bool fortran; /* the first axis lies innermost, not the last */
    uint32_t rank;
    uint64_t dim[TTFS_ARRAY_RANK];
    uint64_t samples, elements; /* first dimension; product of the others */
    uint64_t first;             /* the sample that counts as 0: of those from there on; usually 0 */
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

/* Which array of an archive is meant: the one of that name (in either case), else the only one
 * that fits. */
typedef struct {
    const char *name;     /* "x" or "y" */
    uint64_t samples;     /* 0: any number */
    uint64_t elements[2]; /* of a sample: either of these fits; 0: any number, or no second */
} TtfsWanted;

/* Opens `path`; `FILE.npz:NAME` names the array, whatever is wanted. An array that is taken because
 * it is the only one that fits is noted. */
bool ttfs_array_open(TtfsArray *a, const char *path, const TtfsWanted *want, TtfsArena *arena,
                     TtfsDiag *diag);
/* The same from memory, which must outlive the array: `data` is that of `values`. */
bool ttfs_array_of(TtfsArray *a, const TtfsValues *values, TtfsArena *arena, TtfsDiag *diag);
/* Either: from memory unless `values` is NULL. */
bool ttfs_array_take(TtfsArray *a, const TtfsValues *values, const char *path,
                     const TtfsWanted *want, TtfsArena *arena, TtfsDiag *diag);
void ttfs_array_close(TtfsArray *a);
/* Element `i` of the whole array, counted with the last axis innermost, as a number. */
double ttfs_array_value(const TtfsArray *a, uint64_t i);
/* Sample `i` from `first` on as real values: uint8 through the map, other types as they are. False
 * on NaN or infinity. */
bool ttfs_array_sample(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out,
                       TtfsDiag *diag);
/* What numpy writes into an .npy of version 1 before such elements, and how many bytes they are.
 * The type is one of a TtfsElement. */
void ttfs_npy_header(const TtfsValues *values, TtfsBuf *out);
size_t ttfs_npy_bytes(const TtfsValues *values);
/* The name that an element type has in messages. */
const char *ttfs_element_name(TtfsElement type);
/* True when `path` is that of an .npz and names no array of it. */
bool ttfs_is_npz(const char *path);

#endif
