/* SPDX-License-Identifier: Apache-2.0
 *
 * An output folder's network as a model for other programs: NIR.
 */
#ifndef TTFS_CONVERT_OUT_H
#define TTFS_CONVERT_OUT_H

#include "spike_to_nir.h"
#include "ttfs.h"

typedef struct {
    TtfsNirWritten graph;
    size_t bytes;
} TtfsConverted;

/* Writes the file that is asked for. */
bool ttfs_convert_out(const TtfsConvertOptions *o, TtfsConverted *c, TtfsDiag *diag);

#endif
