/* SPDX-License-Identifier: Apache-2.0
 *
 * Who teaches where labels are not all: the folder's float network, or another model.
 */
#ifndef TTFS_TUNE_TEACHER_H
#define TTFS_TUNE_TEACHER_H

#include "session.h"

/* The logits of the teacher, [samples to take][outputs] in `a`, the same for any number of threads.
 * `model` is an ONNX or NIR file, what follows its logits left out with a note; NULL: the folder's
 * float network. Refused is a model of other samples (number of values, order of axes), of another
 * number of outputs, or whose outputs are not finite. Told of as "samples taught"; a stop is the
 * error STOPPED. */
bool ttfs_tune_teach(const TtfsSession *s, const char *model, uint64_t outputs, TtfsArena *a,
                     float **logits, TtfsDiag *diag);

/* The classes that the folder's float network says, [samples to take] in `a`. Told of as "samples
 * compared". */
bool ttfs_tune_classes(const TtfsSession *s, uint64_t outputs, TtfsArena *a, uint32_t **classes,
                       TtfsDiag *diag);
/* Of each of `n` samples the largest logit, the first of equal ones. */
uint32_t *ttfs_tune_largest(const float *logits, uint64_t n, uint64_t outputs, TtfsArena *a);

#endif
