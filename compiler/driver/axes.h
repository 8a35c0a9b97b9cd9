/* SPDX-License-Identifier: Apache-2.0
 *
 * Axes of a sweep, and the points that lists of their values make.
 */
#ifndef TTFS_AXES_H
#define TTFS_AXES_H

#include "ttfs.h"

#include "base.h"

typedef enum {
#define TTFS_AXIS(NAME, name, neutral, least, most, kind, random, engines, doc) TTFS_AXIS_##NAME,
#include "axes.def"
#undef TTFS_AXIS
    TTFS_AXES
} TtfsAxis;

/* An engine's number in the words of a sweep's document. */
typedef enum {
    TTFS_SWEEP_FAST,
    TTFS_SWEEP_EXACT,
    TTFS_SWEEP_JIT,
    TTFS_SWEEP_ENGINES
} TtfsSweepEngine;

enum { TTFS_MOST_POINTS = 1000, TTFS_MOST_TRIALS = 10000 };

/* What a network is run at. */
typedef struct {
    double value[TTFS_AXES];
    TtfsAxis axis; /* that is varied; of a grid the first one */
    bool log;      /* its list goes by factors */
} TtfsPoint;

typedef struct {
    TtfsPoint *at;
    uint32_t len;
} TtfsPoints;

const char *ttfs_axis_name(TtfsAxis a);
/* TTFS_AXES: there is none of that name. */
TtfsAxis ttfs_axis_of(const char *name);
double ttfs_axis_neutral(TtfsAxis a);
bool ttfs_axis_takes(TtfsAxis a, double value);
/* Whether it is one of the engine's. */
bool ttfs_axis_of_engine(TtfsAxis a, TtfsSweepEngine e);
/* Whether it is varied at one of the points, or that which they are listed by. */
bool ttfs_points_vary(const TtfsPoints *p, TtfsAxis a);
/* Whether trials at the point differ. */
bool ttfs_point_random(const TtfsPoint *p);

/* Points of `n` texts AXIS=LIST, LIST as v,v,.. or LO:HI:STEPS or LO:HI:STEPS:log: each axis alone,
 * the others neutral, or all combinations, the last axis fastest; values as a document keeps them
 * (ttfs_json_number_kept). OPTION_VALUE says what is wrong.
 */
bool ttfs_points_read(const char *const *vary, uint32_t n, bool grid, TtfsPoints *points,
                      TtfsArena *a, TtfsDiag *diag);

#endif
