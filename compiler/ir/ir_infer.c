/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape inference: a node's inputs and attributes -> the shape of its output, after the ONNX
 * operator specification, or an error that says which shapes do not fit. All sums are made in 64
 * bits from 32-bit values, so no attribute can overflow them. One function an operation family.
 */
#include "ir.h"

typedef struct {
    const TtfsIr *ir;
    const TtfsNode *node;
    const TtfsTensorInfo *in[TTFS_MAX_INPUTS];
    TtfsTensorInfo *out;
    const char *file;
    TtfsDiag *diag;
    TtfsArena scratch; /* for the shapes in messages */
} Infer;

enum { WINDOW_LIMIT = 1 << 20 }; /* kernels, strides, dilations and pads lie below */

static bool fault(Infer *f, const char *what) {
    return ttfs_error(f->diag, TTFS_AT_NODE(f->file, f->node->name), TTFS_ONNX_SHAPE, "%s: %s",
                      ttfs_op_name(f->node->op), what);
}

static const char *shape(Infer *f, uint32_t input) {
    return ttfs_ir_shape_text(&f->scratch, f->in[input]);
}

static bool set_shape(Infer *f, uint32_t rank, const uint32_t *dim) {
    f->out->rank = rank;
    for (uint32_t i = 0; i < TTFS_MAX_RANK; i++) f->out->dim[i] = i < rank ? dim[i] : 0;
    if (ttfs_ir_dims_count(rank, dim)) return true;
    return fault(f,
                 ttfs_arena_printf(&f->scratch, "an output of shape %s has no elements or too many",
                                   ttfs_ir_shape_text(&f->scratch, f->out)));
}

static bool same_shape(Infer *f) {
    return set_shape(f, f->in[0]->rank, f->in[0]->dim);
}

/* Output size of a window along one axis (0: y, 1: x); 0 after a fault. */
static uint32_t window_size(Infer *f, int axis, uint32_t size) {
    const TtfsIrAttr *a = &f->node->attr;
    uint64_t k = a->kernel[axis], s = a->stride[axis], d = a->dilation[axis];
    uint64_t before = a->pad[axis], after = a->pad[axis + 2];
    bool sane = k >= 1 && s >= 1 && d >= 1 && k < WINDOW_LIMIT && s < WINDOW_LIMIT &&
                d < WINDOW_LIMIT && before < WINDOW_LIMIT && after < WINDOW_LIMIT;
    if (!sane) {
        fault(f, "a kernel, stride, dilation or pad is zero, negative or absurdly large");
        return 0;
    }
    uint64_t span = (k - 1) * d + 1, room = size + before + after;
    if (span > room) {
        fault(f, ttfs_arena_printf(
                     &f->scratch, "a window of %llu does not fit into %llu (input %s with pads)",
                     (unsigned long long)span, (unsigned long long)room, shape(f, 0)));
        return 0;
    }
    if (f->node->op == TTFS_OP_MAXPOOL && (before >= span || after >= span)) {
        fault(f, "a pad is as large as the window, so a window would hold no value");
        return 0;
    }
    return (uint32_t)((room - span) / s + 1);
}

static bool infer_conv(Infer *f) {
    const TtfsTensorInfo *x = f->in[0], *w = f->in[1];
    const TtfsIrAttr *a = &f->node->attr;
    if (x->rank != 4 || w->rank != 4 || x->dim[0] != 1)
        return fault(f,
                     ttfs_arena_printf(
                         &f->scratch,
                         "a 2-D convolution of one sample expected, found input %s and weights %s",
                         shape(f, 0), shape(f, 1)));
    bool grouped = a->group >= 1 && x->dim[1] % a->group == 0 && w->dim[0] % a->group == 0;
    if (!grouped || w->dim[1] != x->dim[1] / a->group)
        return fault(f, ttfs_arena_printf(&f->scratch,
                                          "input %s and weights %s do not fit in %u group(s)",
                                          shape(f, 0), shape(f, 1), a->group));
    if (w->dim[2] != a->kernel[0] || w->dim[3] != a->kernel[1])
        return fault(f, ttfs_arena_printf(&f->scratch, "kernel %u x %u, but weights %s",
                                          a->kernel[0], a->kernel[1], shape(f, 1)));
    if (f->node->n_in > 2 && (f->in[2]->rank != 1 || f->in[2]->dim[0] != w->dim[0]))
        return fault(f, ttfs_arena_printf(&f->scratch, "bias %s, but %u output channels",
                                          shape(f, 2), w->dim[0]));
    uint32_t h = window_size(f, 0, x->dim[2]);
    uint32_t v = h ? window_size(f, 1, x->dim[3]) : 0;
    return v && set_shape(f, 4, (uint32_t[]){x->dim[0], w->dim[0], h, v});
}

static bool infer_maxpool(Infer *f) {
    const TtfsTensorInfo *x = f->in[0];
    if (x->rank != 4)
        return fault(
            f, ttfs_arena_printf(&f->scratch, "a 2-D pool expected, found input %s", shape(f, 0)));
    uint32_t h = window_size(f, 0, x->dim[2]);
    uint32_t w = h ? window_size(f, 1, x->dim[3]) : 0;
    return w && set_shape(f, 4, (uint32_t[]){x->dim[0], x->dim[1], h, w});
}

/* Numpy broadcasting of two shapes. */
static bool broadcast(const TtfsTensorInfo *a, const TtfsTensorInfo *b, uint32_t *rank,
                      uint32_t dim[TTFS_MAX_RANK]) {
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (uint32_t i = 0; i < *rank; i++) {
        uint32_t p = i + a->rank < *rank ? 1 : a->dim[i + a->rank - *rank];
        uint32_t q = i + b->rank < *rank ? 1 : b->dim[i + b->rank - *rank];
        if (p != q && p != 1 && q != 1) return false;
        dim[i] = p == 1 ? q : p;
    }
    return true;
}

static bool infer_add(Infer *f) {
    uint32_t rank, dim[TTFS_MAX_RANK];
    if (!broadcast(f->in[0], f->in[1], &rank, dim))
        return fault(f, ttfs_arena_printf(&f->scratch, "%s and %s do not broadcast", shape(f, 0),
                                          shape(f, 1)));
    return set_shape(f, rank, dim);
}

static bool infer_gemm(Infer *f) {
    const TtfsTensorInfo *a = f->in[0], *b = f->in[1];
    const TtfsIrAttr *t = &f->node->attr;
    bool fits = a->rank == 2 && b->rank == 2 && a->dim[!t->trans_a] == b->dim[t->trans_b];
    if (!fits)
        return fault(f, ttfs_arena_printf(&f->scratch, "%s%s times %s%s does not fit", shape(f, 0),
                                          t->trans_a ? " transposed" : "", shape(f, 1),
                                          t->trans_b ? " transposed" : ""));
    uint32_t dim[2] = {a->dim[t->trans_a], b->dim[!t->trans_b]};
    if (f->node->n_in > 2) {
        TtfsTensorInfo y = {.rank = 2, .dim = {dim[0], dim[1]}};
        uint32_t rank, both[TTFS_MAX_RANK];
        bool ok = broadcast(f->in[2], &y, &rank, both) && rank == 2 && both[0] == dim[0] &&
                  both[1] == dim[1];
        if (!ok)
            return fault(f, ttfs_arena_printf(&f->scratch, "bias %s, but output [%u, %u]",
                                              shape(f, 2), dim[0], dim[1]));
    }
    return set_shape(f, 2, dim);
}

/* The second operand is a matrix, the first has any rank from 2: its last axis is contracted. */
static bool infer_matmul(Infer *f) {
    const TtfsTensorInfo *a = f->in[0], *b = f->in[1];
    if (a->rank < 2 || b->rank != 2 || a->dim[a->rank - 1] != b->dim[0])
        return fault(f, ttfs_arena_printf(&f->scratch, "%s times %s is not supported", shape(f, 0),
                                          shape(f, 1)));
    uint32_t dim[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < a->rank; i++) dim[i] = a->dim[i];
    dim[a->rank - 1] = b->dim[1];
    return set_shape(f, a->rank, dim);
}

static bool infer_batchnorm(Infer *f) {
    if (f->in[0]->rank < 2)
        return fault(f, ttfs_arena_printf(&f->scratch, "input %s has no channels", shape(f, 0)));
    for (uint32_t i = 1; i < 5; i++)
        if (f->in[i]->rank != 1 || f->in[i]->dim[0] != f->in[0]->dim[1])
            return fault(f,
                         ttfs_arena_printf(&f->scratch, "input %s, but parameter %u has shape %s",
                                           shape(f, 0), i, shape(f, i)));
    return same_shape(f);
}

static bool infer_reshape(Infer *f) {
    if (f->out->rank <= TTFS_MAX_RANK && ttfs_ir_count(f->out) == ttfs_ir_count(f->in[0]))
        return true;
    return fault(f, ttfs_arena_printf(&f->scratch, "%s cannot become %s", shape(f, 0),
                                      ttfs_ir_shape_text(&f->scratch, f->out)));
}

static bool infer_transpose(Infer *f) {
    const TtfsTensorInfo *x = f->in[0];
    uint32_t dim[TTFS_MAX_RANK], seen = 0;
    for (uint32_t i = 0; i < x->rank; i++) {
        uint32_t p = f->node->attr.perm[i];
        if (p >= x->rank || (seen >> p & 1)) return fault(f, "perm is not a permutation");
        seen |= 1u << p;
        dim[i] = x->dim[p];
    }
    return set_shape(f, x->rank, dim);
}

static bool infer_axis(Infer *f) {
    uint32_t axis = f->node->attr.axis;
    if (axis >= f->in[0]->rank)
        return fault(f, ttfs_arena_printf(&f->scratch, "axis %u of %s", axis, shape(f, 0)));
    if (!same_shape(f)) return false;
    if (f->node->op == TTFS_OP_ARGMAX) f->out->dim[axis] = 1;
    return true;
}

static bool infer_op(Infer *f) {
    switch (f->node->op) {
    case TTFS_OP_CONV:
        return infer_conv(f);
    case TTFS_OP_GEMM:
        return infer_gemm(f);
    case TTFS_OP_MATMUL:
        return infer_matmul(f);
    case TTFS_OP_ADD:
        return infer_add(f);
    case TTFS_OP_MAXPOOL:
        return infer_maxpool(f);
    case TTFS_OP_BATCHNORM:
        return infer_batchnorm(f);
    case TTFS_OP_RESHAPE:
        return infer_reshape(f);
    case TTFS_OP_TRANSPOSE:
        return infer_transpose(f);
    case TTFS_OP_RELU:
    case TTFS_OP_IDENTITY:
        return same_shape(f);
    case TTFS_OP_SOFTMAX:
    case TTFS_OP_LOGSOFTMAX:
    case TTFS_OP_ARGMAX:
        return infer_axis(f);
    case TTFS_OP_COUNT:
        break;
    }
    return fault(f, "no such operation");
}

bool ttfs_ir_infer(const TtfsIr *ir, const TtfsNode *node, TtfsTensorInfo *out, const char *file,
                   TtfsDiag *diag) {
    Infer f = {.ir = ir, .node = node, .out = out, .file = file, .diag = diag};
    bool known = node->op < TTFS_OP_COUNT && node->n_in >= ttfs_op_info(node->op)->least &&
                 node->n_in <= ttfs_op_info(node->op)->most;
    for (uint32_t i = 0; known && i < node->n_in; i++) {
        known = node->in[i].i >= 1 && node->in[i].i <= ir->tensors.len;
        if (known) f.in[i] = ttfs_ir_tensor(ir, node->in[i]);
    }
    bool ok = known ? infer_op(&f) : fault(&f, "a wrong number of inputs, or an input is missing");
    ttfs_arena_free(&f.scratch);
    return ok;
}
