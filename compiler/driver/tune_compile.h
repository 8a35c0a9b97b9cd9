/* SPDX-License-Identifier: Apache-2.0
 *
 * Integers that were trained, as a model that is compiled.
 */
#ifndef TTFS_TUNE_COMPILE_H
#define TTFS_TUNE_COMPILE_H

#include "tune_doc.h"
#include "tune_start.h"

/* The integers of s->layer as a model; what a model cannot say (a ramp without weights) becomes
 * what computes the same. */
void ttfs_tune_model(TtfsTuneStart *s, TtfsBuf *out);
/* Whether a graph is that of s->layer: windows, weights, ramps, biases; else an error. */
bool ttfs_tune_same(const TtfsTuneStart *s, const TtfsSpike *out, TtfsDiag *diag);
/* Compiles the tuned network to o->out by way of its model, into t->made; without a plan, with
 * errors, where the folder's chip does not take it. False where the graph that comes out is not the
 * one that was trained. */
bool ttfs_tune_compile(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag);

#endif
