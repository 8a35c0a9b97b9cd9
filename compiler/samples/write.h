/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays to .npy and .npz files (version 1, last axis innermost, this machine's byte
 * order; archives stored, with the date of 1980 so that equal arrays give equal bytes).
 */
#ifndef TTFS_WRITE_H
#define TTFS_WRITE_H

#include "samples.h"

/* `name`: in an archive, without .npy. */
bool ttfs_npy_write(const char *path, const TtfsValues *array, TtfsDiag *diag);
/* False, saying so, when the archive is beyond what 32 bits can say. */
bool ttfs_npz_write(const char *path, const TtfsValues *arrays, uint32_t n, TtfsDiag *diag);

#endif
