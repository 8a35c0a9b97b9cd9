/* SPDX-License-Identifier: Apache-2.0
 *
 * NIR file (HDF5) -> IR: the network as the file has it, not yet rewritten. Input node = the
 * network's input, without a batch; Output nodes = its outputs. See docs/nir.md for what is taken.
 */
#ifndef TTFS_NIR_TO_IR_H
#define TTFS_NIR_TO_IR_H

#include "ir.h"

typedef struct {
    TtfsBudget *budget; /* NULL: none. Else it is set up for the size of the file, or for `memory`
                           bytes (0: not given), and everything made of the file draws on it */
    uint64_t memory;
    /* The input's shape, of one sample: it must fit what the file says; 0 dimensions: the file's */
    uint32_t rank, dim[TTFS_MAX_RANK];
    const char
        *shape_advice; /* where nothing says the shape; NULL: to say it to check or compile */
} TtfsNirOptions;

/* True when the bytes begin as a NIR file does: they are HDF5. */
bool ttfs_nir_is(const void *bytes, size_t n);

/* Imports a network that lies in memory; `path` names it in messages. All obstacles are errors,
 * each with its node and its type; true only when there is none. What was assumed becomes notes. */
bool ttfs_nir_import_bytes(const char *path, const void *bytes, size_t n,
                           const TtfsNirOptions *options, TtfsIr *out, TtfsDiag *diag);

#endif
