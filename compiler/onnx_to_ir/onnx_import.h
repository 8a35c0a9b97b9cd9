/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside onnx_to_ir: the state of one import, and what the files of this folder give each other.
 * A value is one name of the ONNX graph; a node reads and writes values. Values are constants
 * (folded at once), activations (tensors of the IR), or unknown after an obstacle.
 *
 * To add an operator: one row in onnx_ops.def, one handler in the file of its family. A handler
 * reads its attributes first (so that faults in them are found even behind an obstacle), returns if
 * node->unknown, and then either emits IR nodes, binds a constant, or reports obstacles.
 */
#ifndef TTFS_ONNX_IMPORT_H
#define TTFS_ONNX_IMPORT_H

#include "onnx_to_ir.h"

#include "onnx.pb-c.h"

typedef struct {
    uint32_t rank, dim[TTFS_MAX_RANK];
    uint64_t count; /* product of the dimensions; may be 0 */
    const float *f; /* floating-point types, as float32, as long-lived as the IR; NULL: integers */
    const int64_t *n;
    int32_t type; /* ONNX data type */
    /* Values that are integers times a quantum, as in TtfsTensorInfo; as long-lived as the IR. */
    const float *quantum;
    uint32_t quanta, quantum_axis;
} OnnxConst;

typedef enum { ONNX_PENDING, ONNX_UNKNOWN, ONNX_CONST, ONNX_TENSOR, ONNX_SECOND } OnnxKind;

typedef struct {
    const char *name;
    OnnxKind kind;  /* SECOND: an output other than the first, which has no form here */
    uint32_t maker; /* index + 1 of the node that writes it, 0: input or initialiser */
    uint32_t slot;  /* which output of the maker */
    const Onnx__ValueInfoProto *input;
    const Onnx__TensorProto *init; /* loaded at the first use */
    OnnxConst c;                   /* when CONST */
    TtfsTensor tensor;             /* when TENSOR, or a constant that the IR holds already */
    uint32_t quant;                /* index + 1 of the IR node that put it on a grid of integers */
    bool integer;                  /* a TENSOR that holds integers */
} OnnxValue;

typedef struct OnnxImport OnnxImport;
typedef struct OnnxNode OnnxNode;

typedef struct {
    const char *op;
    uint32_t least, most;   /* inputs */
    const char *attributes; /* known names, each between blanks */
    void (*handle)(OnnxImport *, OnnxNode *);
} OnnxOp;

struct OnnxNode {
    const Onnx__NodeProto *proto;
    const char *name, *type;
    const OnnxOp *op;      /* NULL: not supported */
    OnnxValue **in, **out; /* NULL where the name is empty or unknown */
    uint32_t n_in, n_out;
    bool live;    /* an output depends on it */
    bool unknown; /* an input is unknown */
};

/* Elements of all activations together: 1 GiB for the relu engine, which keeps them all. */
enum { ONNX_MOST_ACTIVATIONS = 1 << 28 };

/* A file with tensor data that the model names. */
typedef struct {
    const char *location;
    uint32_t map; /* index + 1 in ir->maps; 0: it cannot be read, which was said */
} OnnxDataFile;

struct OnnxImport {
    const char *path;
    TtfsOnnxOptions options;
    TtfsIr *ir;
    TtfsDiag *diag;
    TtfsArena scratch;
    const Onnx__GraphProto *graph;
    int64_t opset;
    OnnxValue *values; /* sorted by name */
    uint32_t n_values;
    OnnxNode *nodes;
    uint32_t n_nodes;
    uint32_t *order; /* live nodes, makers before users */
    uint32_t n_order;
    uint64_t fold_budget; /* elements that constant folding may still make */
    uint64_t most_activations;
    uint64_t activations; /* elements of all tensors that nodes make */
    TTFS_VEC(OnnxDataFile) data_files;
};

/* onnx_proto.c: bytes -> messages, with bounded depth and memory. */
Onnx__ModelProto **ttfs_onnx_unpack(const char *path, const TtfsFile *file, TtfsDiag *diag);
void ttfs_onnx_release(Onnx__ModelProto **model);

/* onnx_gzip.c: packed models; false after an error. *out lives in the arena. */
bool ttfs_onnx_is_gzip(const TtfsFile *file);
bool ttfs_onnx_gunzip(const char *path, const TtfsFile *packed, TtfsArena *a, TtfsFile *out,
                      TtfsDiag *diag);

/* onnx_graph.c: values, nodes, order. False: the graph has faults that forbid a walk. */
bool ttfs_onnx_bind(OnnxImport *im);
bool ttfs_onnx_sort(OnnxImport *im);
OnnxValue *ttfs_onnx_find(const OnnxImport *im, const char *name);

/* onnx_fault.c: adds an obstacle and an error; `advice` NULL: that of the code. Returns false. */
bool ttfs_onnx_fault(OnnxImport *im, const char *node, const char *op, TtfsCode code,
                     const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
bool ttfs_onnx_obstacle(OnnxImport *im, const OnnxNode *n, TtfsCode code, const char *advice,
                        const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* onnx_table.c */
const OnnxOp *ttfs_onnx_op(const char *domain, const char *type);
/* onnx_refusals.c */
void ttfs_onnx_unsupported(OnnxImport *im, OnnxNode *n);
/* After an obstacle: an identity of `input` in the node's place, only so that the nodes behind it
 * are examined. */
void ttfs_onnx_stand_in(OnnxImport *im, OnnxNode *n, uint32_t input);

/* onnx_attr.c: attributes with defaults; false after an obstacle. */
const Onnx__AttributeProto *ttfs_onnx_attr(const OnnxNode *n, const char *name);
bool ttfs_onnx_attr_int(OnnxImport *im, const OnnxNode *n, const char *name, int64_t *value);
bool ttfs_onnx_attr_float(OnnxImport *im, const OnnxNode *n, const char *name, float *value);
bool ttfs_onnx_attr_text(OnnxImport *im, const OnnxNode *n, const char *name, const char **value);
/* *count = 0 when absent. */
bool ttfs_onnx_attr_ints(OnnxImport *im, const OnnxNode *n, const char *name,
                         const int64_t **values, size_t *count);
/* Reports names that the operator's row does not know. */
void ttfs_onnx_attr_names(OnnxImport *im, const OnnxNode *n);
/* An axis attribute or input, negative ones counted from the end; false after an obstacle. */
bool ttfs_onnx_axis(OnnxImport *im, const OnnxNode *n, int64_t axis, uint32_t rank, uint32_t *out);

/* onnx_tensor.c */
bool ttfs_onnx_tensor(OnnxImport *im, const char *name, const Onnx__TensorProto *t, OnnxConst *out);
bool ttfs_onnx_is_float(int32_t type);
/* A data type in words; "type 77" for one that is not known. */
const char *ttfs_onnx_type_name(int32_t type);
/* onnx_external.c: the bytes of a tensor that lie in another file, mapped into the IR. */
bool ttfs_onnx_external(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                        const unsigned char **bytes, uint64_t *size);

/* onnx_value.c: what handlers read and write. Indices count a node's inputs. */
bool ttfs_onnx_has(const OnnxNode *n, uint32_t input);
bool ttfs_onnx_is_const(const OnnxNode *n, uint32_t input);
/* Shape of an input of either kind. */
TtfsTensorInfo ttfs_onnx_shape(const OnnxImport *im, const OnnxNode *n, uint32_t input);
/* The tensor of an activation, or of a float constant, put into the IR and checked for NaN and
 * infinities; 0 after an obstacle. */
TtfsTensor ttfs_onnx_operand(OnnxImport *im, const OnnxNode *n, uint32_t input);
TtfsTensor ttfs_onnx_activation(OnnxImport *im, const OnnxNode *n, uint32_t input);
TtfsTensor ttfs_onnx_weight(OnnxImport *im, const OnnxNode *n, uint32_t input);
/* A constant input's single number; false, with an obstacle, when it is no constant number.
 * Untouched when the input is absent. */
bool ttfs_onnx_number(OnnxImport *im, const OnnxNode *n, uint32_t input, double *out);
/* The integers of a constant input; *count = 0 when it is absent. */
bool ttfs_onnx_ints(OnnxImport *im, const OnnxNode *n, uint32_t input, const int64_t **values,
                    size_t *count);
/* The list that is attribute `name` in older operator sets and input `input` in newer ones. */
bool ttfs_onnx_list(OnnxImport *im, const OnnxNode *n, const char *name, uint32_t input,
                    const int64_t **values, size_t *count);
/* Axes as a bit set below `rank`, from such a list. */
bool ttfs_onnx_axes(OnnxImport *im, const OnnxNode *n, uint32_t input, uint32_t rank, uint32_t *set,
                    size_t *count);
/* Infers the shape (a reshape's is given), adds the node and binds output 0 (or `slot`); 0 after an
 * obstacle. A handler that emits several nodes lets the last one bind. */
TtfsTensor ttfs_onnx_emit(OnnxImport *im, OnnxNode *n, TtfsNode *node, const TtfsTensorInfo *shape);
TtfsTensor ttfs_onnx_emit_slot(OnnxImport *im, OnnxNode *n, TtfsNode *node,
                               const TtfsTensorInfo *shape, uint32_t slot);
/* A reshape of `x`, or x itself when it has that shape. */
TtfsTensor ttfs_onnx_emit_reshape(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t rank,
                                  const uint32_t *dim);
/* A constant put into the IR under another shape; 0 after an obstacle. */
TtfsTensor ttfs_onnx_put_const(OnnxImport *im, const OnnxNode *n, const char *name,
                               const OnnxConst *c, uint32_t rank, const uint32_t *dim);
/* The grid of `from` for the same elements, in order, in the shape of `to`; none when the channels
 * are no axis of it. */
void ttfs_onnx_keep_quanta(const OnnxConst *from, OnnxConst *to);
/* Notes that a constant made from these leaves their grid. */
void ttfs_onnx_note_lost_grid(OnnxImport *im, const OnnxNode *n, const OnnxConst *a,
                              const OnnxConst *b);
void ttfs_onnx_bind_const(OnnxNode *n, const OnnxConst *c);
void ttfs_onnx_bind_const_slot(OnnxNode *n, const OnnxConst *c, uint32_t slot);
/* A constant of `count` elements within the folding budget; false after an obstacle. */
bool ttfs_onnx_new_const(OnnxImport *im, const OnnxNode *n, bool is_float, uint32_t rank,
                         const uint32_t *dim, float **f, int64_t **i, OnnxConst *out);
/* True when every input is a constant, or absent. */
bool ttfs_onnx_all_const(const OnnxNode *n);

/* onnx_fold.c: elementwise arithmetic of constants. False after an obstacle. */
typedef enum {
    ONNX_FOLD_ADD,
    ONNX_FOLD_SUB,
    ONNX_FOLD_MUL,
    ONNX_FOLD_DIV,
    ONNX_FOLD_MAX,
    ONNX_FOLD_MIN,
    ONNX_FOLD_POW,
    ONNX_FOLD_MOD,
    ONNX_FOLD_REMAINDER,
    ONNX_FOLD_EQUAL,
    ONNX_FOLD_LESS,
    ONNX_FOLD_GREATER,
    ONNX_FOLD_AND,
    ONNX_FOLD_OR,
    ONNX_FOLD_NEG,
    ONNX_FOLD_ABS,
    ONNX_FOLD_SQRT,
    ONNX_FOLD_RECIPROCAL,
    ONNX_FOLD_EXP,
    ONNX_FOLD_LOG,
    ONNX_FOLD_FLOOR,
    ONNX_FOLD_CEIL,
    ONNX_FOLD_ROUND,
    ONNX_FOLD_NOT,
    ONNX_FOLD_RELU
} OnnxFold;
bool ttfs_onnx_fold_two(OnnxImport *im, const OnnxNode *n, OnnxFold op, const OnnxConst *a,
                        const OnnxConst *b, OnnxConst *out);
bool ttfs_onnx_fold_one(OnnxImport *im, const OnnxNode *n, OnnxFold op, const OnnxConst *a,
                        OnnxConst *out);
/* onnx_fold_moves.c: out[at] = c[start + sum at[d] * stride[d]]. */
bool ttfs_onnx_fold_strided(OnnxImport *im, const OnnxNode *n, const OnnxConst *c, uint32_t rank,
                            const uint32_t *dim, int64_t start, const int64_t *stride,
                            OnnxConst *out);
/* Element strides of c's axes. */
void ttfs_onnx_strides(const OnnxConst *c, int64_t *stride);
void ttfs_onnx_fold_concat(OnnxImport *im, OnnxNode *n, int64_t axis);
/* x at the places `at` of the axis. */
bool ttfs_onnx_fold_gather(OnnxImport *im, const OnnxNode *n, const OnnxConst *x,
                           const OnnxConst *at, uint32_t axis, OnnxConst *out);
/* A product of matrices. */
bool ttfs_onnx_fold_matmul(OnnxImport *im, const OnnxNode *n, const OnnxConst *a,
                           const OnnxConst *b, OnnxConst *out);

/* onnx_patch.c: kernel, strides, dilations and pads of one or two spatial axes. */
typedef struct {
    TtfsIrAttr attr;  /* 1-D patches lie in the columns */
    uint32_t spatial; /* axes: 1 or 2; 0 as long as nothing says */
    char pad_mode;    /* 'N' none, 'C' ceil_mode, 'V' valid, 'U' same upper, 'L' same lower */
    bool has_kernel;
    uint32_t over[2]; /* ceil_mode: what the last patch needs beyond the pads */
} OnnxPatch;
bool ttfs_onnx_read_patch(OnnxImport *im, const OnnxNode *n, OnnxPatch *w);
/* The activation `input` as 4-D, and explicit pads for it; 0 after an obstacle. */
TtfsTensor ttfs_onnx_patch_input(OnnxImport *im, OnnxNode *n, uint32_t input, OnnxPatch *w);
void ttfs_onnx_settle_pads(OnnxPatch *w, const TtfsTensorInfo *x);
/* Emits the node and, for 1-D layers, the way back to three dimensions. */
void ttfs_onnx_emit_patch(OnnxImport *im, OnnxNode *n, TtfsNode *node, uint32_t spatial);

/* onnx_prune.c: removes what no output depends on. */
void ttfs_onnx_prune(TtfsIr *ir);

/* Handlers: those that the table names, each in the file of its family. */
#define DECLARE(type, least, most, attributes, handler)                                            \
    void ttfs_onnx_##handler(OnnxImport *im, OnnxNode *n);
#define ONNX_OP    DECLARE
#define ONNX_ML_OP DECLARE
#define QONNX_OP   DECLARE
#include "onnx_ops.def"
#undef ONNX_OP
#undef ONNX_ML_OP
#undef QONNX_OP
#undef DECLARE
/* onnx_quant.c, onnx_qonnx.c */
bool ttfs_onnx_positive_scales(OnnxImport *im, const OnnxNode *n, const OnnxConst *scale);
/* A Clip of integers on a grid narrows the grid; true when `n` is one, or after an obstacle. */
bool ttfs_onnx_narrow_grid(OnnxImport *im, OnnxNode *n, double lo, double hi);
/* x times a number, which is put into the IR; 0 after an obstacle. */
TtfsTensor ttfs_onnx_emit_times(OnnxImport *im, OnnxNode *n, TtfsTensor x, double factor);
/* onnx_order.c: x in the shape `rank`, `dim`, its axes in the order `perm`, in the shape of 4
 * dimensions `out`. */
TtfsTensor ttfs_onnx_emit_order(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t rank,
                                const uint32_t *dim, const uint32_t *perm, const uint32_t *out);
/* onnx_places.c: x at the places along the axis: x itself, a slice or a gather; 0 after an
 * obstacle. */
TtfsTensor ttfs_onnx_emit_places(OnnxImport *im, OnnxNode *n, TtfsTensor x, uint32_t axis,
                                 const int64_t *place, uint64_t count);

#endif
