/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside hdf5: a cursor over bytes of a file that never leaves them. What is asked for beyond the
 * end is 0, and the cursor is bad from then on: a reader takes all its fields and asks once.
 */
#ifndef TTFS_HDF5_BYTES_H
#define TTFS_HDF5_BYTES_H

#include "hdf5.h"

#define TTFS_HDF5_NONE UINT64_MAX /* the address of what is not there */

typedef struct {
    const unsigned char *at;
    uint64_t left;
    bool bad;
} TtfsHdf5Bytes;

/* The next n <= 8 bytes, the lowest first. */
uint64_t ttfs_hdf5_take(TtfsHdf5Bytes *b, uint32_t n);
/* A cursor over the next n bytes, which are passed. */
TtfsHdf5Bytes ttfs_hdf5_run(TtfsHdf5Bytes *b, uint64_t n);
/* True, and they are passed, when the next bytes are these four. */
bool ttfs_hdf5_sign(TtfsHdf5Bytes *b, const char *four);
/* `n` bytes of the file; n = TTFS_HDF5_NONE: all that follow. */
TtfsHdf5Bytes ttfs_hdf5_part(const TtfsHdf5 *f, uint64_t at, uint64_t n);
/* Adds the error NIR_FILE at the object; returns false. */
bool ttfs_hdf5_fault(const TtfsHdf5 *f, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* False, with the error BUDGET, when so many bytes and so much work are too much. */
bool ttfs_hdf5_afford(const TtfsHdf5 *f, const char *name, uint64_t bytes, uint64_t work);

#endif
