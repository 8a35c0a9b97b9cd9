/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX model file -> IR. Reads through protobuf-c; folds constants and shapes; reports every node
 * that stands in the way.
 */
#ifndef TTFS_ONNX_TO_IR_H
#define TTFS_ONNX_TO_IR_H

#include "ir.h"

typedef struct {
    /* NULL: none. Else it is set up for the size of the model's files, or for `memory` bytes (0:
     * not given), and everything made of the model draws on it: it must outlive the result. */
    TtfsBudget *budget;
    uint64_t memory;
    bool keep_batch;   /* the input keeps its first dimension, whatever it is, and any rank */
    bool keep_refused; /* a network that is refused is left in *out when all that stands in the way
                          has a stand-in of its shape: out->output says so */
} TtfsOnnxOptions;

/* Imports `path`, a model or one packed by gzip. All obstacles are errors, each with its node and
 * operator; true only when there is none. Facts dropped or assumed become notes. */
bool ttfs_onnx_to_ir(const char *path, TtfsIr *out, TtfsDiag *diag);

/* The same with options. */
bool ttfs_onnx_import(const char *path, const TtfsOnnxOptions *options, TtfsIr *out,
                      TtfsDiag *diag);
/* The same of a model that lies in memory; `path` names it in messages, and external data is looked
 * for in its folder. */
bool ttfs_onnx_import_bytes(const char *path, const void *bytes, size_t n,
                            const TtfsOnnxOptions *options, TtfsIr *out, TtfsDiag *diag);

#endif
