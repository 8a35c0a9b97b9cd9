/* SPDX-License-Identifier: Apache-2.0
 *
 * The relu engine: evaluates the IR with ONNX semantics, float32 values and float64 accumulation,
 * one sample at a time. It is the definition: the fast engine, which runs in its place, is held to
 * it.
 */
#ifndef TTFS_RELU_H
#define TTFS_RELU_H

#include "ir.h"

typedef struct TtfsRelu TtfsRelu;

/* Plans the evaluation of `ir` (which must outlive it). NULL never; memory comes from the
 * out-of-memory hook's care. */
TtfsRelu *ttfs_relu_open(const TtfsIr *ir);
void ttfs_relu_close(TtfsRelu *r);
/* Runs one sample (as many floats as the input has elements); returns the first output's values,
 * valid until the next run. */
const float *ttfs_relu_run(TtfsRelu *r, const float *input);
/* Values of an output in the last run. */
const float *ttfs_relu_output(const TtfsRelu *r, uint32_t output);
/* Values of any tensor in the last run. */
const float *ttfs_relu_values(const TtfsRelu *r, TtfsTensor t);

/* Appends `n` values of a tensor as text, one line a value. */
void ttfs_relu_print(const char *name, const float *values, uint64_t n, TtfsBuf *out);

#endif
