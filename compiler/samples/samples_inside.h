/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of sample files share. Each takes all bytes of a file, fills the array's shape
 * and points `data` at its elements; sizes are checked against the bytes that are there.
 */
#ifndef TTFS_SAMPLES_INSIDE_H
#define TTFS_SAMPLES_INSIDE_H

#include "samples.h"

#define TTFS_SAMPLES_LIMIT ((size_t)8 << 30) /* of a file, and of an array */

typedef struct {
    const unsigned char *at;
    size_t n;
} TtfsBytes;

/* Reports what is wrong with the file; returns false. */
bool ttfs_samples_fault(const TtfsArray *a, const char *what, TtfsDiag *diag);
bool ttfs_samples_big_endian(void);
uint32_t ttfs_samples_width(TtfsElement type); /* bytes of an element */
/* Sets samples and elements from dim, and checks that `room` bytes hold them. */
bool ttfs_samples_shape(TtfsArray *a, size_t room, TtfsDiag *diag);

/* Inflates a stream that holds exactly `size` bytes into a->owned: no more than the stream can hold
 * and TTFS_INFLATED_MOST. `wrapper` as ttfs_inflate's. */
bool ttfs_inflate_whole(TtfsArray *a, TtfsBytes from, int wrapper, size_t size, TtfsDiag *diag);

bool ttfs_read_npy(TtfsArray *a, TtfsBytes b, TtfsDiag *diag);
/* The same of the first bytes alone: type and shape; what follows may be missing. */
bool ttfs_peek_npy(TtfsArray *a, TtfsBytes b, TtfsDiag *diag);
bool ttfs_read_idx(TtfsArray *a, TtfsBytes b, TtfsDiag *diag);
bool ttfs_read_gzip(TtfsArray *a, TtfsBytes b, TtfsDiag *diag);
/* `named`: the array that must be taken, or NULL. */
bool ttfs_read_npz(TtfsArray *a, const TtfsWanted *want, const char *named, TtfsBytes b,
                   TtfsArena *arena, TtfsDiag *diag);

#endif
