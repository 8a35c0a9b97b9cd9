/* SPDX-License-Identifier: Apache-2.0
 *
 * Refill: a compiled folder whose plan, chip and Verilog are kept while a new network's numbers go
 * into its image. The network must be the same graph; what it was calibrated and quantised with is
 * what the folder's manifest says, where the options do not say otherwise.
 */
#ifndef TTFS_REFILL_H
#define TTFS_REFILL_H

#include "job.h"
#include "out.h"

struct TtfsRefill {
    TtfsOut out;                /* spike graph and plan, until they are taken */
    TtfsCompileOptions options; /* complete */
    float lo, hi;               /* the encoder's range */
};

/* Opens the folder options->weights_only, and completes the options by its manifest. What was
 * opened is closed after an error too. */
bool ttfs_refill_open(TtfsRefill *r, const TtfsCompileOptions *options, TtfsDiag *diag);
/* Completes r->options and the range by a folder's manifest, but for its samples; what lasts lies
 * in `a`. */
bool ttfs_refill_manifest(TtfsRefill *r, const char *manifest, TtfsArena *a, TtfsDiag *diag);
/* The job of r->options, with the folder's chip and encoder. */
bool ttfs_refill_job(TtfsRefill *r, TtfsJob *job, TtfsArena *a, TtfsDiag *diag);
void ttfs_refill_close(TtfsRefill *r);

/* The folder's plan for `s`: the same but for the cycles that are expected, which follow the rates
 * of `s`. GRAPH_DIFFERS where `s` is not the folder's graph; else what no plan for this chip may
 * hold (widths), by the plan's checker. Takes the plan. */
bool ttfs_refill_plan(TtfsRefill *r, const TtfsSpike *s, const char *file, TtfsPlan *out,
                      TtfsDiag *diag);
/* The folder's Verilog, byte for byte. */
bool ttfs_refill_verilog(TtfsRefill *r, TtfsFileSet *out, TtfsDiag *diag);

#endif
