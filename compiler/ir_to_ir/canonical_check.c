/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of the canonical form (ir_to_ir.h): every node has one of the kinds a tensor may be,
 * and the right ones around it. Every fault is reported. Linear in the number of nodes.
 */
#include "affine.h"

typedef enum {
    NOTHING, /* constants, and what is faulty */
    INPUT,   /* the input as it is */
    TURNED,  /* or its transposition */
    RELU,    /* a population that no grid was laid on */
    POP,     /* any other one */
    PART,    /* a slice of one */
    ROW,     /* either, reshaped */
    TERM,    /* a linear map of one of these */
    BENT,    /* a term, reshaped */
    SUM,     /* terms */
    BIASED,  /* with a constant: nothing may be added any more */
    MOVED    /* readouts, in another order or shape */
} Kind;

typedef struct {
    const TtfsIr *ir;
    const char *file;
    TtfsDiag *diag;
    Kind *kind; /* tensor id - 1 */
} Check;

static Kind fault(Check *c, const TtfsNode *n, const char *what) {
    ttfs_error(c->diag, TTFS_AT_NODE(c->file, n->name), TTFS_IR_CHECK,
               "not the canonical form: %s: %s", ttfs_op_name(n->op), what);
    return NOTHING;
}

static Kind kind_of(const Check *c, const TtfsNode *n, uint32_t k) {
    return c->kind[n->in[k].i - 1];
}

static bool constant(const Check *c, const TtfsNode *n, uint32_t k) {
    return ttfs_ir_tensor(c->ir, n->in[k])->data != NULL;
}

static bool is_pop(Kind k) {
    return k == INPUT || k == TURNED || k == RELU || k == POP;
}

static bool is_sum(Kind k) {
    return k == TERM || k == BENT || k == SUM;
}

static bool is_read(Kind k) {
    return is_sum(k) || k == BIASED || k == MOVED;
}

static Kind linear(Check *c, const TtfsNode *n) {
    Kind k = kind_of(c, n, 0);
    const TtfsTensorInfo *w = ttfs_ir_tensor(c->ir, n->in[1]);
    if (!is_pop(k) && k != PART && k != ROW) return fault(c, n, "not of a population");
    for (uint32_t i = 1; i < n->n_in; i++)
        if (!constant(c, n, i)) return fault(c, n, "its weights are not constant");
    if (n->op == TTFS_OP_CONV) return TERM;
    const TtfsIrAttr *a = &n->attr;
    bool normal = a->alpha == 1 && a->beta == 1 && a->trans_b && !a->trans_a;
    if (!normal || ttfs_ir_tensor(c->ir, n->in[0])->dim[0] != 1) return fault(c, n, "not W x + b");
    if (n->n_in > 2 && (ttfs_ir_tensor(c->ir, n->in[2])->rank != 1 ||
                        ttfs_ir_tensor(c->ir, n->in[2])->dim[0] != w->dim[0]))
        return fault(c, n, "its bias is not one number an output");
    return TERM;
}

static Kind sum(Check *c, const TtfsNode *n) {
    if (!is_sum(kind_of(c, n, 0))) return fault(c, n, "its first operand is not a sum of terms");
    const TtfsTensorInfo *y = ttfs_ir_tensor(c->ir, n->out);
    for (uint32_t k = 0; k < 2; k++) {
        const TtfsTensorInfo *t = ttfs_ir_tensor(c->ir, n->in[k]);
        bool full = t->rank == y->rank;
        for (uint32_t i = 0; full && i < y->rank; i++) full = t->dim[i] == y->dim[i];
        if (!full) return fault(c, n, "an operand has not the shape of the sum");
    }
    if (constant(c, n, 1)) return BIASED;
    Kind k = kind_of(c, n, 1);
    return k == TERM || k == BENT ? SUM : fault(c, n, "its second operand is not a term");
}

static Kind reshape(Check *c, const TtfsNode *n) {
    Kind k = kind_of(c, n, 0);
    const TtfsTensorInfo *y = ttfs_ir_tensor(c->ir, n->out);
    bool row = y->rank == 2 && y->dim[0] == 1;
    bool column = y->rank == 4 && y->dim[0] == 1 && y->dim[2] == 1 && y->dim[3] == 1;
    if ((is_pop(k) || k == PART || k == ROW) && (row || column)) return ROW;
    if (k == TERM) return BENT;
    if (is_read(k)) return MOVED;
    return fault(c, n, "neither flattens a population nor shapes a term");
}

static Kind concat(Check *c, const TtfsNode *n) {
    for (uint32_t i = 0; i < n->n_in; i++)
        if (!is_read(kind_of(c, n, i))) return fault(c, n, "not of readouts");
    return MOVED;
}

static Kind slice(Check *c, const TtfsNode *n) {
    if (is_read(kind_of(c, n, 0))) return MOVED;
    const TtfsTensorInfo *x = ttfs_ir_tensor(c->ir, n->in[0]);
    if (!is_pop(kind_of(c, n, 0))) return fault(c, n, "not of a population");
    for (uint32_t i = 0; i < x->rank; i++)
        if (i != 1 && n->attr.count[i] != x->dim[i]) return fault(c, n, "not of channels");
    return n->attr.step[1] == 1 ? PART : fault(c, n, "not of channels that follow one another");
}

/* Of the input on any grid, of a relu from 0 on. */
static Kind quant(Check *c, const TtfsNode *n) {
    Kind k = kind_of(c, n, 0);
    for (uint32_t i = 1; i < 3; i++)
        if (!constant(c, n, i) || ttfs_ir_count(ttfs_ir_tensor(c->ir, n->in[i])) != 1)
            return fault(c, n, "its scale or zero point is not one constant");
    bool from_zero = n->attr.lo == 0 && ttfs_ir_tensor(c->ir, n->in[2])->data[0] == 0;
    if (k != INPUT && k != TURNED && !(k == RELU && from_zero))
        return fault(c, n, "neither of the input nor of a relu from 0 on");
    if (!(ttfs_ir_tensor(c->ir, n->in[1])->data[0] > 0) || n->attr.integer ||
        !(n->attr.hi - n->attr.lo >= 1 && n->attr.hi - n->attr.lo <= 65535))
        return fault(c, n, "its grid has no steps, or more than 65535");
    return POP;
}

static Kind visit(Check *c, const TtfsNode *n) {
    Kind k = kind_of(c, n, 0);
    switch ((int)n->op) {
    case TTFS_OP_CONV:
    case TTFS_OP_GEMM:
        return linear(c, n);
    case TTFS_OP_ADD:
        return sum(c, n);
    case TTFS_OP_RELU:
        return is_sum(k) || k == BIASED ? RELU : fault(c, n, "not of a sum of terms");
    case TTFS_OP_QUANT:
        return quant(c, n);
    case TTFS_OP_MAXPOOL:
    case TTFS_OP_MINPOOL:
        return is_pop(k) ? POP : fault(c, n, "not of a population");
    case TTFS_OP_RESHAPE:
        return reshape(c, n);
    case TTFS_OP_SLICE:
        return slice(c, n);
    case TTFS_OP_TRANSPOSE:
        return k == INPUT ? TURNED : is_read(k) ? MOVED : fault(c, n, "not of the input");
    case TTFS_OP_CONCAT:
        return concat(c, n);
    default:
        return fault(c, n, "not an operation of it");
    }
}

bool ttfs_canonical_check(const TtfsIr *ir, const char *file, TtfsDiag *diag) {
    TtfsArena scratch = {0};
    uint32_t before = diag->errors;
    Check c = {ir, file, diag, TTFS_ARRAY(&scratch, Kind, ir->tensors.len)};
    c.kind[ir->input.i - 1] = INPUT;
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        c.kind[ir->nodes.at[i].out.i - 1] = visit(&c, &ir->nodes.at[i]);
    for (uint32_t i = 0; diag->errors == before && i < ttfs_ir_outputs(ir); i++)
        if (!is_read(c.kind[ttfs_ir_output(ir, i).i - 1]))
            ttfs_error(diag, TTFS_AT_FILE(file), TTFS_IR_CHECK,
                       "not the canonical form: the output is not a sum of terms");
    ttfs_arena_free(&scratch);
    return diag->errors == before;
}
