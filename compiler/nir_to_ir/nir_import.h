/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside nir_to_ir: the state of one import, and what the files of this folder give each other.
 *
 * To add a node type: a row in nir_types.def and its handler. A handler gets the node and the
 * tensor that comes in, reads its parameters, emits IR nodes and returns the last one's tensor, or
 * reports and returns 0.
 */
#ifndef TTFS_NIR_IMPORT_H
#define TTFS_NIR_IMPORT_H

#include "hdf5.h"
#include "nir_to_ir.h"

enum { NIR_MOST_DEPTH = 8, NIR_MOST_NODES = 1000000, NIR_MOST_ACTIVATIONS = 1 << 28 };

typedef struct NirImport NirImport;
typedef struct NirNode NirNode;

typedef struct {
    const char *type;
    TtfsTensor (*handle)(NirImport *, NirNode *, TtfsTensor);
    const char *reason, *advice; /* of what is refused */
} NirType;

struct NirNode {
    const char *name, *type; /* the name with those of the graphs that it is in: "block.fc1" */
    TtfsHdf5Object group;
    const NirType *row;                  /* NULL: Input, Output, or not known */
    TTFS_VEC(uint32_t) sources, readers; /* nodes, from 0 */
    uint32_t waits;                      /* for so many sources, while nodes are put in order */
    bool is_input, is_output, inner, live, done;
    const NirNode *grows; /* the integrator whose potential it hands on; NULL: none */
    const NirNode *taken; /* who took its edge last, by which one that is there twice is seen */
    TtfsTensor out;
};

struct NirImport {
    const char *path;
    TtfsNirOptions options;
    TtfsIr *ir;
    TtfsDiag *diag;
    TtfsHdf5 file;
    TtfsArena scratch;
    TTFS_VEC(NirNode) nodes;
    TTFS_VEC(uint32_t) order; /* live nodes, sources first */
    uint64_t activations, most_activations;
};

/* nir_graph.c: reads nodes and edges, nested graphs flattened; orders what the outputs need. */
bool ttfs_nir_read_graph(NirImport *im);
bool ttfs_nir_sort(NirImport *im);
const NirType *ttfs_nir_type(const char *type);

/* nir_value.c: faults; parameters; what handlers emit. */
bool ttfs_nir_fault(NirImport *im, const NirNode *n, TtfsCode code, const char *advice,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

typedef struct {
    uint32_t rank;
    uint32_t dim[TTFS_MAX_RANK];
    uint64_t count;
    float *at;
} NirArray;
/* A parameter: finite numbers, in as many dimensions as the IR takes. False after an error, also
 * when it is not there. */
bool ttfs_nir_array(NirImport *im, NirNode *n, const char *name, NirArray *out);
/* The same of numbers that may be infinite, or NaN. */
bool ttfs_nir_numbers(NirImport *im, NirNode *n, const char *name, NirArray *out);
bool ttfs_nir_has(const NirNode *n, const char *name);
/* Whole numbers, `least` or more: *count of them, at most `most`; untouched when absent. */
bool ttfs_nir_integers(NirImport *im, NirNode *n, const char *name, int64_t least, uint32_t most,
                       int64_t *out, uint32_t *count);
/* A text; NULL when the parameter holds numbers or is not there. False after an error. */
bool ttfs_nir_text(NirImport *im, NirNode *n, const char *name, const char **out);
/* The parameter over one sample's axes as a constant over the tensor's: the batch before them, and
 * axes along which nothing changes of size 1. 0 after an error. */
TtfsTensor ttfs_nir_constant(NirImport *im, NirNode *n, const char *what, const NirArray *a,
                             TtfsTensor like);
TtfsTensor ttfs_nir_weights(NirImport *im, const NirNode *n, const char *what, const NirArray *a);
/* Infers the shape (a reshape's is given) and adds the node; 0 after an error. */
TtfsTensor ttfs_nir_emit(NirImport *im, const NirNode *n, TtfsNode *node,
                         const TtfsTensorInfo *shape);
TtfsTensor ttfs_nir_two(NirImport *im, const NirNode *n, TtfsOp op, TtfsTensor a, TtfsTensor b);
/* x in another shape, or x itself. */
TtfsTensor ttfs_nir_reshape(NirImport *im, const NirNode *n, TtfsTensor x, uint32_t rank,
                            const uint32_t *dim);

/* Handlers, each in the file of its family. */
#define NIR_TYPE(type, handler) TtfsTensor ttfs_nir_##handler(NirImport *, NirNode *, TtfsTensor);
#define NIR_REFUSED(type, reason, advice)
#include "nir_types.def"
#undef NIR_TYPE
#undef NIR_REFUSED

#endif
