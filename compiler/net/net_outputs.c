/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs of the canonical IR as pieces of its readouts. In: the IR, which tensors are readouts;
 * out: pieces of every output, in terms of layers. Method: one walk over the moves behind the
 * readouts (reshape, transpose, concat, slice), each of which moves the pieces of its operands.
 */
#include "net_inside.h"

/* Row-major strides of a tensor. */
static void strides(const TtfsTensorInfo *t, uint32_t *stride) {
    uint32_t n = 1;
    for (uint32_t i = t->rank; i-- > 0;) {
        stride[i] = n;
        n *= t->dim[i];
    }
}

static bool transpose(const TtfsIr *ir, const TtfsNode *n, TtfsArena *a, const TtfsPieces *in,
                      TtfsPieces *out) {
    const TtfsTensorInfo *x = ttfs_ir_tensor(ir, n->in[0]);
    uint32_t own[TTFS_MAX_RANK], stride[TTFS_MAX_RANK];
    strides(ttfs_ir_tensor(ir, n->out), own);
    for (uint32_t i = 0; i < x->rank; i++) stride[n->attr.perm[i]] = own[i];
    return ttfs_pieces_place(a, in, x->rank, x->dim, 0, stride, out);
}

/* The axes in front of the concat's are one, it and those behind it another. */
static bool concat(const TtfsIr *ir, const TtfsNode *n, TtfsArena *a, const TtfsPieces *in,
                   TtfsPieces *out) {
    const TtfsTensorInfo *y = ttfs_ir_tensor(ir, n->out);
    uint32_t outer = 1, base = 0;
    for (uint32_t i = 0; i < n->attr.axis; i++) outer *= y->dim[i];
    for (uint32_t k = 0; k < n->n_in; k++) {
        uint32_t row = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(ir, n->in[k])) / outer;
        uint32_t dim[2] = {outer, row}, stride[2] = {(uint32_t)ttfs_ir_count(y) / outer, 1};
        if (!ttfs_pieces_place(a, &in[n->in[k].i - 1], 2, dim, base, stride, out)) return false;
        base += row;
    }
    return true;
}

static bool move(const TtfsIr *ir, const TtfsNode *n, TtfsArena *a, TtfsPieces *of) {
    const TtfsTensorInfo *x = ttfs_ir_tensor(ir, n->in[0]);
    TtfsPieces *in = &of[n->in[0].i - 1], *out = &of[n->out.i - 1];
    if (n->op == TTFS_OP_TRANSPOSE) return transpose(ir, n, a, in, out);
    if (n->op == TTFS_OP_CONCAT) return concat(ir, n, a, of, out);
    if (n->op == TTFS_OP_SLICE)
        return ttfs_pieces_slice(a, in, x->rank, x->dim, n->attr.first, n->attr.count,
                                 n->attr.apart, out);
    *out = *in; /* a reshape moves nothing */
    return true;
}

static TtfsOutput output_of(const TtfsTensorInfo *t, const TtfsPieces *pieces, TtfsArena *a) {
    TtfsOutput o = {.name = t->name, .rank = t->rank};
    for (uint32_t i = 0; i < t->rank; i++) o.dim[i] = t->dim[i];
    for (uint32_t i = 0; i < pieces->len; i++) *TTFS_PUSH(a, o.pieces) = pieces->at[i];
    return o;
}

bool ttfs_net_pieces(const TtfsIr *ir, const bool *moves, const uint32_t *layer, const char *file,
                     TtfsNet *out, TtfsDiag *diag) {
    TtfsArena scratch = {0};
    TtfsPieces *of = TTFS_ARRAY(&scratch, TtfsPieces, ir->tensors.len);
    bool ok = true;
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (layer[i])
            *TTFS_PUSH(&scratch, of[i]) =
                ttfs_piece_whole(layer[i], (uint32_t)ttfs_ir_count(&ir->tensors.at[i]));
    for (uint32_t i = 0; ok && i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        if (moves[i] && !move(ir, n, &scratch, of))
            ok = ttfs_error_advice(diag, TTFS_AT_NODE(file, n->name), TTFS_LIMIT,
                                   "end the network in front of it", "it moves more than %d pieces",
                                   TTFS_PIECES_MOST);
    }
    for (uint32_t i = 0; ok && i < ttfs_ir_outputs(ir); i++) {
        TtfsTensor t = ttfs_ir_output(ir, i);
        *TTFS_PUSH(&out->arena, out->outputs) =
            output_of(ttfs_ir_tensor(ir, t), &of[t.i - 1], &out->arena);
    }
    ttfs_arena_free(&scratch);
    return ok;
}
