/* SPDX-License-Identifier: Apache-2.0
 *
 * IR: the tensor network. Typed operations on shaped float32 tensors, in topological order, one
 * sample at a time (the batch, dimension 0, is 1, unless the importer was told to keep a larger
 * one). Comes from onnx_to_ir; ir_to_ir rewrites it into
 * the canonical form that ir_to_spike takes; the relu engine evaluates either.
 *
 * Invariants (ttfs_ir_check): every tensor is the input, a constant, or the output of exactly one
 * node that stands before its users; shapes are what the operation computes; constants are finite.
 */
#ifndef TTFS_IR_H
#define TTFS_IR_H

#include "base.h"

enum { TTFS_MAX_RANK = 6, TTFS_MAX_INPUTS = 8 };

/* Ids are index + 1 into the vectors below; 0 = none. */
typedef struct {
    uint32_t i;
} TtfsTensor;

typedef enum {
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning) TTFS_OP_##NAME,
#include "ops.def"
#undef TTFS_OP
    TTFS_OP_COUNT
} TtfsOp;

enum {
    TTFS_ATTR_PATCH = 1,      /* kernel, stride, dilation, pad */
    TTFS_ATTR_GROUP = 2,      /* group */
    TTFS_ATTR_GEMM = 4,       /* alpha, beta, trans_a, trans_b */
    TTFS_ATTR_EPSILON = 8,    /* epsilon */
    TTFS_ATTR_AXIS = 16,      /* axis */
    TTFS_ATTR_PERM = 32,      /* perm */
    TTFS_ATTR_COUNT_PAD = 64, /* count_pad */
    TTFS_ATTR_SLOPE = 128,    /* slope */
    TTFS_ATTR_RANGE = 256,    /* lo, hi */
    TTFS_ATTR_SLICE = 512,    /* first, count, apart */
    TTFS_ATTR_PAD = 1024,     /* before, after, value */
    TTFS_ATTR_INTEGER = 2048, /* integer */
    TTFS_ATTR_LAST = 4096,    /* last */
    TTFS_ATTR_TOPK = 8192     /* k, largest, indices */
};

typedef struct {
    uint32_t kernel[2], stride[2], dilation[2]; /* y, x */
    uint32_t pad[4];                            /* top, left, bottom, right */
    uint32_t group;
    float alpha, beta, epsilon;
    bool trans_a, trans_b;
    uint32_t axis; /* normalised to 0..rank-1 */
    uint32_t perm[TTFS_MAX_RANK];
    bool count_pad; /* an average pool divides by the whole kernel, padding included */
    float slope;    /* of a leaky rectifier below 0 */
    float lo, hi;   /* a bound that is not there is -FLT_MAX or FLT_MAX */
    uint32_t first[TTFS_MAX_RANK], count[TTFS_MAX_RANK]; /* a slice takes first + i * apart */
    int32_t apart[TTFS_MAX_RANK];                        /* for i < count; not 0 */
    int32_t before[TTFS_MAX_RANK], after[TTFS_MAX_RANK]; /* elements added; negative: cut off */
    float value;                                         /* of the elements added */
    bool integer; /* quant: the integer on the grid, not what it stands for */
    bool last;    /* argmax: the highest index on ties */
    uint32_t k;
    bool largest, indices;
} TtfsIrAttr;

typedef struct {
    const char *name; /* as in the model; unique names are not required */
    uint32_t rank, dim[TTFS_MAX_RANK];
    const float *data; /* a constant's values, row-major; NULL when computed */
    /* A quantised constant: its values are integers times a quantum, `quanta` of them: 1 for all,
     * or one a place of axis `quantum_axis`; NULL and 0: not known to be on a grid. */
    const float *quantum;
    uint32_t quanta, quantum_axis;
} TtfsTensorInfo;

typedef struct {
    TtfsOp op;
    const char *name; /* the ONNX node's name, or OP_INDEX when it has none */
    TtfsTensor in[TTFS_MAX_INPUTS];
    uint32_t n_in;
    TtfsTensor out;
    TtfsIrAttr attr;
    /* For messages, no part of the text: of one of several that a layer of the model became, that
     * layer and what of it this is; NULL: the whole. */
    const char *of, *part;
} TtfsNode;

typedef struct {
    TtfsArena arena;         /* owns everything below, except mapped constants */
    TTFS_VEC(TtfsFile) maps; /* files that constants may point into; closed by ttfs_ir_free */
    TTFS_VEC(TtfsTensorInfo) tensors;
    TTFS_VEC(TtfsNode) nodes;
    TtfsTensor input, output;     /* output: the logits once ir_to_ir dropped a trailing softmax */
    TTFS_VEC(TtfsTensor) outputs; /* all of them, outputs.at[0] = output; empty: only that one */
} TtfsIr;

void ttfs_ir_free(TtfsIr *ir);
TtfsTensorInfo *ttfs_ir_tensor(const TtfsIr *ir, TtfsTensor t);
/* Elements of a tensor (dimensions are bounded so that it fits 31 bits). */
uint64_t ttfs_ir_count(const TtfsTensorInfo *t);
/* True when v is an integer times the quantum, but for rounding to float32; *q is the integer. */
bool ttfs_on_grid(double v, double quantum, double *q);
const char *ttfs_op_name(TtfsOp op);
/* The network's outputs: how many (1 or more), and each. */
uint32_t ttfs_ir_outputs(const TtfsIr *ir);
TtfsTensor ttfs_ir_output(const TtfsIr *ir, uint32_t i);
/* What ops.def says of an operation. */
typedef struct {
    const char *name;
    uint32_t least, most; /* inputs */
    uint32_t attrs;       /* TTFS_ATTR_ bits */
} TtfsOpInfo;
const TtfsOpInfo *ttfs_op_info(TtfsOp op);
/* Default attributes: strides, dilations, kernel, group and distances 1, alpha = beta = 1, no
 * bounds, the rest 0. */
TtfsIrAttr ttfs_ir_attr(void);
/* Appends a tensor or a node; the id of the tensor. Names and data must live as long as the IR. */
TtfsTensor ttfs_ir_add_tensor(TtfsIr *ir, const TtfsTensorInfo *info);
void ttfs_ir_add_node(TtfsIr *ir, const TtfsNode *node);
/* Elements of `rank` dimensions; 0 when one is 0 or the product leaves 31 bits. */
uint64_t ttfs_ir_dims_count(uint32_t rank, const uint32_t *dim);
/* The shape that numpy broadcasts two to; false when they do not fit. */
bool ttfs_ir_broadcast(uint32_t a_rank, const uint32_t *a, uint32_t b_rank, const uint32_t *b,
                       uint32_t *rank, uint32_t dim[TTFS_MAX_RANK]);
/* "[1, 8, 28, 28]", in the arena. */
const char *ttfs_ir_shape_text(TtfsArena *a, const TtfsTensorInfo *t);
/* The node that makes each tensor (id - 1); NULL: the input, a constant. */
const TtfsNode **ttfs_ir_makers(const TtfsIr *ir, TtfsArena *a);
/* How a network ends: the nodes that only move values on their way to some tensors, and the heads,
 * what they are moved from. */
typedef struct {
    bool *moves; /* per node */
    bool *head;  /* per tensor, id - 1 */
} TtfsIrEnds;
TtfsIrEnds ttfs_ir_ends(const TtfsIr *ir, const TtfsTensor *end, uint32_t ends, TtfsArena *a);
/* Computes the output shape of a node from its inputs and attributes (ONNX operator specification);
 * fails with ONNX_SHAPE. A reshape's output shape is given, only its count is checked. */
bool ttfs_ir_infer(const TtfsIr *ir, const TtfsNode *node, TtfsTensorInfo *out, const char *file,
                   TtfsDiag *diag);
/* Reports every fault it finds; true when there is none. */
bool ttfs_ir_check(const TtfsIr *ir, const char *file, TtfsDiag *diag);

/* Text. Constants live in a blob: with `blob_path` NULL it follows in the text as hexadecimal, else
 * it is written to that file (raw little-endian float32) and the text names its base name and
 * SHA-256. Print, read, print is a fixed point. */
bool ttfs_ir_print(const TtfsIr *ir, const char *blob_path, TtfsBuf *out, TtfsDiag *diag);
/* Reads and checks. `file` names the text in messages and locates the blob beside it. */
bool ttfs_ir_read(TtfsIr *ir, const char *file, const void *text, size_t n, TtfsDiag *diag);

/* What calibration saw of one tensor: a histogram over the bits of positive float32 values, so that
 * any percentile is known to 1/256 and the order of samples does not matter. */
enum {
    TTFS_HIST_SHIFT = 15,
    TTFS_HIST_BINS = 1 << 16 /* bin = bits >> SHIFT of a positive float */
};

/* Where values lie, and how their number varies from sample to sample: places (rows and columns,
 * the last two axes) fall into a grid of at most BANDS x BANDS regions, of nearly equal size: band
 * i of n begins at row h * i / n. Counted are values from coarse bins on, so that any threshold may
 * be asked for later. */
enum {
    TTFS_PLACE_BANDS = 8,
    TTFS_PLACE_BINS = 256 /* quarters of powers of two, from 2^-32 on */
};

typedef struct {
    uint32_t h, w, rows, cols; /* places; bands */
    uint64_t samples;          /* whose values were added */
    uint64_t *sum,
        *squares; /* [rows * cols + 1][BINS]: over samples, of the number of values of a
                     region (the last: of all) from this bin on; NULL: none was positive */
} TtfsPlaceStat;

typedef struct {
    float min, max;    /* over all samples and elements; 0, 0 before any */
    uint64_t count;    /* elements seen */
    uint64_t positive; /* elements > 0 */
    uint64_t beyond;   /* elements that no float32 holds: infinite, or no number */
    bool binned;       /* counters are kept */
    uint64_t *bins;    /* TTFS_HIST_BINS counters of the positive elements; NULL: none was seen */
    TtfsPlaceStat places; /* kept where bins are */
} TtfsTensorStat;

typedef struct {
    TtfsArena arena;
    TtfsTensorStat *stat; /* one a tensor of the IR, index id - 1; only computed tensors and the
                             input are filled */
    uint32_t tensors;     /* how many stat has */
    uint32_t samples;     /* 0: no calibration; counted when the input tensor is added */
    TtfsTensor input;     /* of the IR */
    uint32_t *seen;       /* scratch: of a sample, values of a region in a coarse bin */
} TtfsCalib;

/* An empty calibration for `ir`; histograms for the input and the outputs of relu, quant and
 * pool nodes, input and output bounds for all computed tensors. */
void ttfs_calib_init(TtfsCalib *c, const TtfsIr *ir);
void ttfs_calib_free(TtfsCalib *c);
/* Adds one sample's values of tensor `t`. */
void ttfs_calib_add(TtfsCalib *c, TtfsTensor t, const float *values, uint64_t count);
/* Adds what another calibration of the same IR saw; the sum does not depend on how the samples were
 * spread. */
void ttfs_calib_merge(TtfsCalib *c, const TtfsCalib *other);
/* The value below which a share `q` (0..1) of the positive elements lies (upper edge of its bin, at
 * most max); q = 1: max. */
float ttfs_calib_percentile(const TtfsCalib *c, TtfsTensor t, double q);
/* Share of all elements that are >= v (v > 0), to the resolution of the bins. */
double ttfs_calib_share_from(const TtfsCalib *c, TtfsTensor t, float v);

/* What a region's count of elements that are >= v is, a sample: mean and standard deviation; region
 * rows * cols: all of them. To the resolution of the coarse bins. */
typedef struct {
    double mean, deviation;
} TtfsPlaceCount;
TtfsPlaceCount ttfs_calib_place(const TtfsCalib *c, TtfsTensor t, uint32_t region, float v);

#endif
