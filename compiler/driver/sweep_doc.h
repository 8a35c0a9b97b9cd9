/* SPDX-License-Identifier: Apache-2.0
 *
 * The document of a sweep (hw/sweep.schema.json): what was asked, and for every point and trial
 * what was counted, in whole numbers; all else in it follows from these. So shards add up to the
 * bytes of one run, and a run that was interrupted goes on where its file ends.
 */
#ifndef TTFS_SWEEP_DOC_H
#define TTFS_SWEEP_DOC_H

#include "axes.h"

/* Words of its head, the default first, NULL at the end. */
extern const char *const ttfs_sweep_engines[], *const ttfs_sweep_models[];
extern const char *const ttfs_sweep_units[], *const ttfs_sweep_pers[], *const ttfs_sweep_kinds[];

/* A trial of a point; the work that shards share. */
typedef struct {
    bool done;
    uint64_t right, agree, spikes, saturated;
    double latency;  /* units of time */
    uint64_t *error; /* [layers] as TtfsNoisyCount has it; NULL: not done */
} TtfsSweepUnit;

typedef struct {
    const char *name;
    double top; /* what its window holds at margin 0, in real units */
} TtfsSweepLayer;

typedef struct {
    TtfsArena arena;
    const char *network, *inputs; /* inputs: SHA-256 of all that the results depend on */
    const char *engine, *model, *unit, *slope_per, *weight_kind;
    bool labelled, judged; /* there are accuracies; agreements */
    uint32_t seed, trials;
    uint64_t samples, neurons; /* neurons: hidden ones */
    uint32_t shard, shards;    /* 1..shards; shards 0: the whole */
    TtfsSweepLayer *layer;
    uint32_t layers;
    TtfsPoints points;
    TtfsSweepUnit *unit_at; /* of each point as many as it has trials */
    uint64_t *unit_first;   /* [points] where they begin */
} TtfsSweepDoc;

/* Room for all units, none of them done. */
void ttfs_sweep_doc_make(TtfsSweepDoc *d);
/* Marks a unit as done, with room for its errors. */
void ttfs_sweep_unit_done(TtfsSweepDoc *d, TtfsSweepUnit *u);
void ttfs_sweep_doc_free(TtfsSweepDoc *d);
/* `trial` is below ttfs_sweep_trials. */
TtfsSweepUnit *ttfs_sweep_unit(const TtfsSweepDoc *d, uint32_t point, uint32_t trial);
/* Trials of a point that are run: 1 where all are alike. */
uint32_t ttfs_sweep_trials(const TtfsSweepDoc *d, uint32_t point);
/* Whether the unit is the shard's: units go by trial, then by point, in parts of one length. */
bool ttfs_sweep_mine(const TtfsSweepDoc *d, uint32_t point, uint32_t trial);
/* All units that are the shard's are done. */
bool ttfs_sweep_whole(const TtfsSweepDoc *d);

/* A figure of a point over its trials; of what was not run yet nothing is known. */
typedef enum {
    TTFS_SWEEP_ACCURACY,
    TTFS_SWEEP_AGREEMENT,
    TTFS_SWEEP_SPIKES,
    TTFS_SWEEP_SATURATED,
    TTFS_SWEEP_LATENCY
} TtfsSweepFigure;
typedef struct {
    uint32_t n; /* trials; 0: not known, the others are NAN */
    double mean, sd, least, most;
} TtfsSweepSummary;
/* Of one trial; NAN when it is not known. */
double ttfs_sweep_figure(const TtfsSweepDoc *d, uint32_t point, uint32_t trial, TtfsSweepFigure f);
TtfsSweepSummary ttfs_sweep_summary(const TtfsSweepDoc *d, uint32_t point, TtfsSweepFigure f);
/* The layer with the largest mean error, and that as a share of what its window holds; false: not
 * known. */
bool ttfs_sweep_worst(const TtfsSweepDoc *d, uint32_t point, uint32_t *layer, double *share);

/* Whether what it says when all is done is not more than is read; asked before there are units. */
bool ttfs_sweep_doc_fits(const TtfsSweepDoc *d);
void ttfs_sweep_doc_write(const TtfsSweepDoc *d, TtfsBuf *out);
/* Reads what was written; `d` is empty before. */
bool ttfs_sweep_doc_read(TtfsSweepDoc *d, const char *file, const void *text, size_t n,
                         TtfsDiag *diag);
/* From and to a file; `csv`: another for a line a trial, NULL: none. */
bool ttfs_sweep_doc_load(TtfsSweepDoc *d, const char *path, TtfsDiag *diag);
bool ttfs_sweep_doc_save(const TtfsSweepDoc *d, const char *path, const char *csv, TtfsDiag *diag);
/* Whether both are of one sweep, and of one shard unless `any_shard`. */
bool ttfs_sweep_same(const TtfsSweepDoc *a, const TtfsSweepDoc *b, bool any_shard);
/* Takes the units that `from`, of the same sweep, has done. */
void ttfs_sweep_take(TtfsSweepDoc *d, const TtfsSweepDoc *from);
/* A line a trial. */
void ttfs_sweep_csv(const TtfsSweepDoc *d, TtfsBuf *out);

#endif
