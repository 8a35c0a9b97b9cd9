/* SPDX-License-Identifier: Apache-2.0
 *
 * The spike graph that a training begins with, and what a chip says of one.
 */
#ifndef TTFS_TUNE_GRAPH_H
#define TTFS_TUNE_GRAPH_H

#include "tune_state.h"

/* s->spike becomes the folder's graph where its ticks and weight bits are asked for; else the
 * network quantised anew from the calibration that the folder keeps, fitted to the samples that it
 * keeps. s->net gets as many terms as the graph has connections. */
bool ttfs_tune_graph(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag);
/* A term of s->net that s->spike has as several synapses becomes as many. False, and nothing is
 * done, where populations and connections are not those of layers and terms. */
bool ttfs_tune_share(TtfsTuneStart *s);
/* Whether s->spike has one connection for every term of s->net, and its size. */
bool ttfs_tune_shared(const TtfsTuneStart *s);
/* s->layer: the grids and integers of s->spike. */
void ttfs_tune_take_layers(TtfsTuneStart *s);
/* The network quantised anew with s->folder.options, into s->spike, whatever that was. Not told of,
 * not to be stopped. */
bool ttfs_tune_quantise(TtfsTuneStart *s, TtfsDiag *diag);
/* Whether the folder's chip takes s->spike, with the integers `layer` where that is not NULL; true
 * where there is no plan. */
bool ttfs_tune_fits(const TtfsTuneStart *s, const TtfsTuneLayer *layer, TtfsDiag *diag);

/* Whether ramps are to stay powers of two: the folder was compiled so, and all that the training
 * begins with (or has come to) are; those of a model's own grids need not be. */
bool ttfs_tune_pow2(const TtfsTuneStart *s);

#endif
