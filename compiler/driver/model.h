/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of either kind: what begins as HDF5 does is NIR, anything else ONNX, whatever it is
 * called.
 */
#ifndef TTFS_MODEL_H
#define TTFS_MODEL_H

#include "nir_to_ir.h"
#include "onnx_to_ir.h"
#include "ttfs.h"

typedef struct {
    TtfsBudget *budget; /* set up for the size of the model's files, or for `memory` */
    uint64_t memory;    /* bytes; 0: not given */
    bool keep_refused;  /* of ONNX: see onnx_to_ir.h */
    uint32_t rank;      /* of NIR: the input's shape; 0 dimensions: not given */
    const uint32_t *dim;
    const char *shape_advice; /* of NIR: see nir_to_ir.h */
} TtfsModelOptions;

/* What a compilation's options say of its model. */
TtfsModelOptions ttfs_model_options(const TtfsCompileOptions *o, TtfsBudget *budget);
/* Imports bytes, which `path` names: all obstacles are errors, true only when there is none. */
bool ttfs_model_import_bytes(const char *path, const void *bytes, size_t n,
                             const TtfsModelOptions *options, TtfsIr *out, TtfsDiag *diag);
/* Imports `path`: all obstacles are errors, true only when there is none. */
bool ttfs_model_import(const char *path, const TtfsModelOptions *options, TtfsIr *out,
                       TtfsDiag *diag);

#endif
