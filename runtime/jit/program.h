/* SPDX-License-Identifier: Apache-2.0
 *
 * Program: the spike graph as the code generator sees it. One routine a population, or two, over
 * two blocks of memory: constants (weights, biases, multipliers), laid out for the kernels, and a
 * workspace of `sample_bytes` a sample in which every population has its place. All offsets are
 * known when the code is made. Nothing here knows of LLVM.
 *
 * Values lie with channels innermost, [row][column][channel], as x = T - tick (0: silent) in bytes
 * or 16-bit words; a halo of zeros stands for padding. A readout's potentials are int32.
 */
#ifndef TTFS_PROGRAM_H
#define TTFS_PROGRAM_H

#include "spike.h"
#include "target.h"

/* Where a population lies. Bytes from the start of a sample's part of the workspace. */
typedef struct {
    uint32_t elt;              /* bytes of a value: 1, 2; readout 4 */
    uint32_t pad[4];           /* halo: top, left, bottom, right */
    uint64_t base, pixel, row; /* first byte; bytes between columns, between rows */
    uint64_t origin;           /* of the value at row 0, column 0, channel 0 */
    uint64_t bytes;            /* of it all, halo and slack included */
} TtfsStore;

/* How products are summed: by = 4, 2, 1 source values at a time. */
typedef struct {
    uint32_t by;         /* 4: u8 x s8; 2: i16 x i16; 1: one i32 product at a time */
    uint32_t weight_elt; /* bytes of a packed weight: 1 or 2 */
} TtfsDot;

/* One connection of a linear population: the source values of an output pixel are count_y x count_x
 * runs of `len` neighbouring values. Weights are packed as [pixel][vector of outputs][run][dot]
 * [lane][by], 0 where there is none. */
typedef struct {
    uint32_t conn, src; /* indices into the graph */
    TtfsDot dot;
    uint64_t origin;         /* first value of output pixel (0, 0), from the sample's start */
    uint64_t move_y, move_x; /* bytes from an output row, column to the next */
    uint32_t count_y, count_x;
    uint64_t run_y, run_x; /* bytes from run to run */
    uint32_t len, dots;    /* dots = ceil(len / by) */
    bool grouped;          /* groups: each vector of outputs has its own first channel ... */
    uint64_t group_firsts; /* ... constants: u32 [vectors], bytes */
    uint64_t weights;      /* constants: first weight */
    uint64_t per_vector;   /* bytes of one vector's weights at one pixel */
    uint64_t per_pixel;    /* a matrix onto several pixels: bytes of a pixel's weights; else 0 */
} TtfsTermCode;

typedef enum {
    TTFS_ROUTINE_INPUT,
    TTFS_ROUTINE_EVENTS, /* lists what a sparse source has for the linear routine behind it */
    TTFS_ROUTINE_LINEAR,
    TTFS_ROUTINE_POOL
} TtfsRoutineKind;

/* Which runs take a routine. A convolution whose values only a pool reads is there twice: alone
 * with the pool behind it, for runs that ask for all ticks, and with the pool in one, for the
 * others. */
typedef enum { TTFS_RUN_ALL, TTFS_RUN_TICKS, TTFS_RUN_POTENTIALS } TtfsRoutineRun;

typedef struct {
    TtfsRoutineKind kind;
    TtfsRoutineRun run;
    uint32_t pop;       /* index into the graph */
    const char *symbol; /* of its function */
    /* LINEAR */
    uint32_t out;      /* the population that it fills: pop, or the pool in one with it ... */
    uint32_t block[2]; /* ... of so many rows and columns of pop; else 1, 1 */
    bool min;          /* of a min pool */
    uint32_t term_first, terms;
    uint32_t vectors;    /* of outputs: ceil(c / lanes) */
    bool matrix;         /* tiles of samples; else of pixels */
    bool narrow;         /* few outputs and channels: pixels in the lanes (code_narrow.c) */
    uint32_t tile[4];    /* samples, rows, columns, vectors that are computed at once */
    uint64_t bias;       /* constants: int32 [vectors * lanes], or that a pixel */
    uint64_t bias_pixel; /* bytes from pixel to pixel; 0: the same for all */
    /* RELU: floor(u / ramp) = (u * multiplier) >> bits (divide.h), of powers of two u >> shift */
    bool powers;         /* all ramps are powers of two: shifts alone */
    uint64_t multiplier; /* constants: uint32 [vectors * lanes] */
    uint32_t bits;       /* of all channels; 0: they differ */
    uint64_t shifts;     /* constants: uint32 [vectors * lanes], bits - 31; of powers their log2 */
    /* The event-driven path. For every tile of samples the routine before this one lists the dots
     * in whose source values any of them has a spike; up to `events_most` of them are taken one by
     * one, more make the tile dense. */
    bool events;
    uint32_t events_most;
    uint64_t list; /* in the part of the tile's first sample: uint32 how many, then their numbers */
    /* How its work divides among threads: parts [0, units). */
    bool by_rows; /* output rows (of tiles); else tiles of vectors */
    uint32_t units;
    uint64_t macs;            /* of a sample */
    const char *kernel, *why; /* for reports */
} TtfsRoutine;

typedef struct {
    TtfsArena *arena;
    const TtfsSpike *spike;
    const TtfsTarget *target;
    TtfsStore *store;               /* [populations] */
    TTFS_VEC(TtfsRoutine) routines; /* in order; the last is no part of it: the input from reals */
    TTFS_VEC(TtfsTermCode) terms;
    uint64_t const_bytes, sample_bytes; /* both with slack for reads past the end */
    bool shared; /* populations share memory: a halo is to be cleared before its routine */
} TtfsProgram;

enum { TTFS_NARROW_OUTPUTS = 8 }; /* most outputs of a narrow routine */
enum { TTFS_SLACK = 256 };        /* bytes that a kernel may read past a run */

/* Lays a checked graph out. `path` 0 lets the cost model choose, 1 takes the dense path everywhere,
 * 2 the event-driven one wherever it can be, for any number of events. `share`: populations that
 * are not needed at the same time may lie at the same place; after a run only the readout is there.
 */
void ttfs_program_of(TtfsProgram *p, const TtfsSpike *s, const TtfsTarget *t, int path, bool share,
                     TtfsArena *a);
/* Fills the constants. */
void ttfs_program_pack(const TtfsProgram *p, uint8_t *consts);
/* All that the generated code of one routine depends on, as text: the cache's key. */
void ttfs_program_describe(const TtfsProgram *p, uint32_t routine, TtfsBuf *out);

/* Every routine is one function:
 *     void symbol(const uint8_t *consts, uint8_t *work, const void *in, uint64_t samples,
 *                 uint64_t first, uint64_t end)
 * `in`: the samples of an input routine (uint16_t integers, or floats for the last routine), else
 * unused. [first, end): the part of its units to do. `work` is zero before the first run. */
typedef void TtfsRoutineFunction(const uint8_t *consts, uint8_t *work, const void *in,
                                 uint64_t samples, uint64_t first, uint64_t end);

#endif
