/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled output folder, read back: what run, verify, info, report and dump work on.
 */
#ifndef TTFS_OUT_H
#define TTFS_OUT_H

#include "engine.h"
#include "image.h"
#include "ir.h"
#include "plan.h"
#include "fit.h"

typedef struct {
    TtfsArena arena;
    const char *folder, *model; /* model: the file it was compiled from, "" when not known */
    TtfsInputMap map;
    TtfsSeenRange seen;     /* by calibration */
    TtfsSampleShape sample; /* as the model takes it; rank 0 when not known */
    TtfsIr net;
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsImage image;
    TtfsFileSet verilog;
    bool has_plan; /* it is loaded */
    bool has_image;
    bool image_damaged; /* the reader refused the file; the reason is in diag */
} TtfsOut;

/* PLAN_IF_ANY: no error when the compilation stopped before it; has_plan says. RTL: with IMAGE, and
 * refused when it is not what this ttfs writes for the chip, unless TRUST_RTL. */
enum {
    TTFS_OUT_NET = 1,
    TTFS_OUT_SPIKE = 2,
    TTFS_OUT_PLAN = 4,
    TTFS_OUT_IMAGE = 8,
    TTFS_OUT_PLAN_IF_ANY = 16,
    TTFS_OUT_RTL = 32,
    TTFS_OUT_TRUST_RTL = 64,
    TTFS_OUT_SYNTH_RTL = 128 /* with RTL: to be synthesised, where no trust can be given */
};

/* Loads the manifest and the parts asked for. */
bool ttfs_out_open(TtfsOut *o, const char *folder, int parts, TtfsDiag *diag);
void ttfs_out_close(TtfsOut *o);
/* What the engines run of it. */
TtfsEngineSource ttfs_out_source(TtfsOut *o);
/* Path of a file in the folder. */
const char *ttfs_out_path(TtfsOut *o, const char *name);
/* Reads OUT/rtl for the chip of the image, as TTFS_OUT_RTL says; `runs`: it is to be simulated. */
bool ttfs_out_read_rtl(TtfsOut *o, bool trusted, bool runs, TtfsDiag *diag);
/* True when `path` looks like an output folder. */
bool ttfs_is_out(const char *path);

#endif
