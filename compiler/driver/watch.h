/* SPDX-License-Identifier: Apache-2.0
 *
 * Watch: what of a run is kept for people to look at, bounded whatever the network and the samples
 * are: the first samples as pictures with their spikes and outputs, when the spikes of the first
 * some hundred fall, which classes are taken for which. Depends on no thread count.
 */
#ifndef TTFS_WATCH_H
#define TTFS_WATCH_H

#include "judge.h"
#include "trace.h"

enum {
    TTFS_WATCH_SHOWN = 8,     /* samples that are kept whole */
    TTFS_WATCH_TICKED = 256,  /* samples whose spikes' ticks are counted */
    TTFS_WATCH_POPS = 256,    /* populations of which that is kept: the first */
    TTFS_WATCH_BINS = 64,     /* of ticks */
    TTFS_WATCH_ROWS = 48,     /* of neurons, in a raster */
    TTFS_WATCH_CELLS = 16384, /* of the rasters of a sample, all together */
    TTFS_WATCH_SIDE = 64,     /* pixels of a picture's side */
    TTFS_WATCH_VALUES = 32,   /* of an output: the largest */
    TTFS_WATCH_CLASSES = 100  /* more are not counted one against the other */
};

/* How finely: a cell is neurons / rows neurons and ticks / cols ticks. Neuron n is in row n * rows
 * / neurons, tick k in column k * cols / ticks. */
typedef struct {
    uint32_t rows, cols; /* 0: it does not spike, or is not kept */
} TtfsGrid;

typedef struct {
    uint64_t spikes;
    uint32_t *cell; /* [rows][cols]: spikes in it */
} TtfsRaster;

typedef struct {
    uint64_t element;
    double got, want; /* of the engine, of relu */
} TtfsWatchedValue;

typedef struct {
    TtfsRaster *raster; /* [pops] */
    uint8_t *pixel;     /* [channels][height][width]: 0 is silence, 255 the window's first tick */
    TtfsWatchedValue value[TTFS_WATCH_VALUES]; /* in order of element */
    uint32_t values;
    uint32_t got, want, label; /* classes, where they are known */
} TtfsWatched;

/* The classes that rows name taken for those of columns; [classes][classes] each. */
typedef enum {
    TTFS_CONFUSED_CHIP,  /* labels, the engine */
    TTFS_CONFUSED_RELU,  /* labels, relu */
    TTFS_CONFUSED_APART, /* relu, the engine */
    TTFS_CONFUSIONS
} TtfsConfusion;

typedef struct {
    const TtfsSpike *spike;
    const TtfsJudge *judge;
    uint32_t pops, shown, ticked, classes; /* classes 0: they are not counted */
    uint32_t width, height, channels;      /* of pictures */
    TtfsGrid *grid;                        /* [pops] */
    TtfsWatched sample[TTFS_WATCH_SHOWN];
    /* By thread until ttfs_watch_end, then in that of the first: */
    uint32_t threads;
    uint64_t **ticks;    /* [pops * TTFS_WATCH_BINS]: spikes in each column of the grid */
    uint64_t **confused; /* [TTFS_CONFUSIONS * classes * classes] */
} TtfsWatch;

/* Of `samples` samples. The judge and the arena outlive it. */
TtfsWatch *ttfs_watch_open(const TtfsSpike *s, const TtfsJudge *judge, uint64_t samples,
                           uint32_t threads, TtfsArena *a);
/* Different samples may come from different threads. x: the input's integers; got, want: values of
 * the first output, want NULL when relu does not run. */
void ttfs_watch_spikes(TtfsWatch *w, uint32_t thread, uint64_t sample, const TtfsTrace *t,
                       const uint16_t *x);
void ttfs_watch_output(TtfsWatch *w, uint32_t thread, uint64_t sample, const double *got,
                       const double *want);
/* Adds up. */
void ttfs_watch_end(TtfsWatch *w);

#endif
