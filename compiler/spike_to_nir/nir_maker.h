/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside spike_to_nir: the state of one export, and what its files give each other.
 */
#ifndef TTFS_NIR_MAKER_H
#define TTFS_NIR_MAKER_H

#include "hdf5_write.h"
#include "names.h"
#include "spike_to_nir.h"

/* The reader's bound of links of a group, which are messages of its header, of which there are at
 * most 65,535; elements of a parameter. */
enum { NIR_MOST_WRITTEN = 60000, NIR_MOST_ELEMENTS = 1 << 28 };

/* What a population became. */
typedef struct {
    const char *name; /* of the node whose output it is */
    const char *flat; /* of the Flatten behind it; NULL: none is there */
    bool is_flat;     /* a vector; else channels, rows, columns */
} NirValue;

typedef struct {
    const TtfsSpike *spike;
    const char *file;
    TtfsDiag *diag;
    TtfsArena arena;
    TtfsHdf5Writer w;
    TtfsHdf5Header nodes;
    TtfsNames names;
    TTFS_VEC(const char *) edges; /* pairs: from, to */
    NirValue *value;              /* by population */
    bool infinite;                /* a number has no float32 */
} NirMaker;

/* A convolution of all channels with all: nir 1.0.8 knows no groups when it checks shapes. */
typedef struct {
    uint32_t out, in, h, w; /* channels; rows and columns that come in */
    uint32_t kernel[2], stride[2], dilation[2], pad[2];
    const float *weights, *bias; /* [out][in][kernel], [out] */
} NirConv;

/* The shape of a population's values: its rank. */
uint32_t ttfs_nir_put_shape(const TtfsPopulation *p, bool flat, uint64_t dim[3]);
/* A name that no other node has: NAME.PART. */
const char *ttfs_nir_put_name(NirMaker *m, const char *name, const char *part);
void ttfs_nir_put_edge(NirMaker *m, const char *from, const char *to);
float ttfs_nir_put_real(NirMaker *m, double v);
/* The same value in all elements. */
const float *ttfs_nir_put_all(NirMaker *m, double v, uint64_t n);

/* Nodes. Input and Output, by `type`. */
void ttfs_nir_put_end(NirMaker *m, const char *name, const char *type, uint32_t rank,
                      const uint64_t *dim);
void ttfs_nir_put_affine(NirMaker *m, const char *name, uint64_t out, uint64_t in,
                         const float *weights, const float *bias);
void ttfs_nir_put_conv(NirMaker *m, const char *name, const NirConv *c);
void ttfs_nir_put_flatten(NirMaker *m, const char *name, const TtfsPopulation *p);
void ttfs_nir_put_if(NirMaker *m, const char *name, uint32_t rank, const uint64_t *dim,
                     double threshold);
void ttfs_nir_put_scale(NirMaker *m, const char *name, uint32_t rank, const uint64_t *dim,
                        double factor);

/* nir_biases.c: the bias of a neuron without the half quantum, in real units; whether those of a
 * channel differ; nodes that bring these, of what has the shape of `from`, to the node `to`. */
/* Real units of the accumulator's one, of a channel. */
double ttfs_nir_unit(const TtfsPopulation *p, uint32_t channel);
double ttfs_nir_bias_of(const TtfsPopulation *p, uint32_t neuron);
bool ttfs_nir_bias_moves(const TtfsPopulation *p);
void ttfs_nir_put_bias_map(NirMaker *m, const TtfsPopulation *p, const char *from, const char *to);
/* nir_pools.c: a pool as exact sums of rectifiers. */
void ttfs_nir_put_pool(NirMaker *m, const TtfsPopulation *p, const TtfsConnection *c,
                       const char *name);
/* nir_refusals.c: which populations are vectors; false after errors for what cannot be said. */
bool ttfs_nir_examine(NirMaker *m);
/* A patch as NIR takes it: the same padding on both sides of an axis, which rows (columns) of zeros
 * in the kernel make so; and, where it can be, a square kernel, since nir 1.0.8 takes it for one
 * when it checks shapes. False: there is none. */
typedef struct {
    uint32_t kernel[2], pad[2], before[2]; /* before: rows, columns of zeros in front */
} NirPatch;
bool ttfs_nir_patch(const TtfsConnection *c, NirPatch *patch);
/* A convolution from `src` to `dst` with that patch; without numbers. */
NirConv ttfs_nir_patch_conv(const TtfsPopulation *src, const TtfsPopulation *dst,
                            const TtfsConnection *c, const NirPatch *patch);
/* True of a matrix, and of a convolution from a vector of one place to one, which is one too. */
bool ttfs_nir_is_matrix(const NirMaker *m, const TtfsConnection *c);

#endif
