/* SPDX-License-Identifier: Apache-2.0
 *
 * The ends of the network. In: the values of the heads, which are the last tensors of each output
 * that are not only moved; out: a readout for every head, and behind it the moves as the source has
 * them, so that no neuron is spent on an order. A head that is looked at through a view gets the
 * moves that the view stands for.
 */
#include "affine.h"
#include "operand.h"

#include <string.h>

bool ttfs_outputs_find(TtfsAffine *x) {
    const TtfsIr *ir = x->in;
    uint32_t outputs = ttfs_ir_outputs(ir);
    bool layer = false;
    x->outputs = TTFS_ARRAY(&x->arena, TtfsTensor, outputs);
    const TtfsNode **maker = ttfs_ir_makers(ir, &x->arena);
    for (uint32_t i = 0; i < outputs; i++)
        x->outputs[i] = ttfs_tail_source(ir, maker, ttfs_ir_output(ir, i), x->file, NULL);
    x->ends = ttfs_ir_ends(ir, x->outputs, outputs, &x->arena);
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        layer = layer || x->ends.head[ir->nodes.at[i].out.i - 1];
    return layer;
}

static TtfsNode move_node(TtfsAffine *x, TtfsOp op, TtfsTensor in) {
    const char *name = ttfs_arena_printf(&x->arena, "%s.%s", ttfs_ir_tensor(x->out, in)->name,
                                         op == TTFS_OP_TRANSPOSE ? "order" : "shape");
    return (TtfsNode){
        .op = op, .name = ttfs_unique_name(x, name), .in = {in}, .n_in = 1, .attr = ttfs_ir_attr()};
}

static bool shaped(const TtfsTensorInfo *t, uint32_t rank, const uint32_t *dim) {
    return t->rank == rank && memcmp(t->dim, dim, rank * sizeof *dim) == 0;
}

static TtfsTensor reshape(TtfsAffine *x, TtfsTensor t, uint32_t rank, const uint32_t *dim) {
    if (shaped(ttfs_ir_tensor(x->out, t), rank, dim)) return t;
    TtfsTensorInfo shape = {.rank = rank};
    memcpy(shape.dim, dim, rank * sizeof *dim);
    return ttfs_emit_move(x, move_node(x, TTFS_OP_RESHAPE, t), &shape);
}

/* The view as axes of the map: their sizes in the map's order, and where each of the view's is
 * among them. False when it has more axes than a tensor. */
static bool axes_of(const TtfsView *v, uint32_t *dim, uint32_t *perm) {
    if (v->n > TTFS_MAX_RANK) return false;
    uint64_t inside = 1;
    for (uint32_t at = v->n; at-- > 0; inside *= dim[at]) {
        uint32_t k = 0;
        while (k < v->n && v->stride[k] != inside) k++;
        if (k == v->n) return false;
        dim[at] = v->size[k];
        perm[k] = at;
    }
    return true;
}

/* The readout `t` as its view has it, with the dimensions of the source's tensor. */
static TtfsTensor in_view(TtfsAffine *x, TtfsTensor t, const TtfsView *v,
                          const TtfsTensorInfo *source) {
    uint32_t dim[TTFS_MAX_RANK];
    if (!ttfs_view_is_identity(v)) {
        TtfsNode n = move_node(x, TTFS_OP_TRANSPOSE, t);
        TtfsTensorInfo shape = {.rank = v->n};
        axes_of(v, dim, n.attr.perm);
        memcpy(shape.dim, v->size, v->n * sizeof *v->size);
        n.in[0] = reshape(x, t, v->n, dim);
        t = n.in[0].i ? ttfs_emit_move(x, n, &shape) : n.in[0];
    }
    return t.i ? reshape(x, t, source->rank, source->dim) : t;
}

/* The value with a view that can be moves; in a row when its own cannot. */
static const TtfsValue *viewable(TtfsAffine *x, const TtfsValue *v) {
    uint32_t dim[TTFS_MAX_RANK], perm[TTFS_MAX_RANK];
    if (!v || ttfs_view_is_identity(&v->view) || axes_of(&v->view, dim, perm)) return v;
    v = ttfs_value_rearrange(x, v, (TtfsMap){(uint32_t)ttfs_map_count(v->map), 1, 1});
    if (!v)
        ttfs_obstacle(x, "end the network in front of the transpositions",
                      "the network ends with many values in an involved order");
    return v;
}

/* A readout of one head. */
static TtfsTensor emit_head(TtfsAffine *x, TtfsTensor head) {
    const TtfsValue *v = viewable(x, ttfs_value_force(x, x->values[head.i - 1]));
    const TtfsTensorInfo *source = ttfs_ir_tensor(x->in, head);
    const char *name = NULL;
    bool identity = true;
    if (!v) return (TtfsTensor){0};
    if (v->n == 0) {
        ttfs_error_advice(x->diag, TTFS_AT_NODE(x->file, x->node ? x->node->name : NULL),
                          TTFS_MODEL_FORM, "remove the output from the model",
                          "the output does not depend on the input");
        return (TtfsTensor){0};
    }
    for (uint32_t i = 0; i < v->n; i++) {
        identity = identity && v->terms[i].l.kind == TTFS_SCALE;
        if (!name) name = v->terms[i].l.name;
    }
    const TtfsValue *sum = ttfs_value_widened(x, v);
    if (!sum) {
        ttfs_obstacle(x, "end the network in front of the concat",
                      "its results lie side by side in a large output");
        return (TtfsTensor){0};
    }
    if (identity)
        ttfs_note(x->diag, TTFS_AT_NODE(x->file, x->node ? x->node->name : NULL),
                  "the network does not end with a linear layer: a readout of its values is added");
    TtfsTensor t = ttfs_emit_sum(x, sum, name ? name : x->node ? x->node->name : source->name);
    return t.i ? in_view(x, t, &v->view, source) : t;
}

/* A move of the source, of what its operands became. */
static TtfsTensor copy_move(TtfsAffine *x, const TtfsTensor *made) {
    TtfsNode n = *x->node;
    const TtfsTensorInfo *shape = ttfs_ir_tensor(x->in, n.out);
    for (uint32_t k = 0; k < n.n_in; k++) n.in[k] = made[n.in[k].i - 1];
    bool nothing = n.op == TTFS_OP_RESHAPE &&
                   shaped(ttfs_ir_tensor(x->out, n.in[0]), shape->rank, shape->dim);
    if (nothing || n.op == TTFS_OP_IDENTITY) return n.in[0];
    if (ttfs_ir_count(shape) > TTFS_ELEMENTS_MOST) {
        ttfs_error(x->diag, TTFS_AT_NODE(x->file, n.name), TTFS_LIMIT,
                   "%llu values, at most %llu in one output",
                   (unsigned long long)ttfs_ir_count(shape),
                   (unsigned long long)TTFS_ELEMENTS_MOST);
        return (TtfsTensor){0};
    }
    n.name = ttfs_unique_name(x, n.name);
    return ttfs_emit_move(x, n, shape);
}

/* Outputs with their names. What has two of them is given twice. */
static void name_outputs(TtfsAffine *x, const TtfsTensor *made) {
    TtfsIr *out = x->out;
    bool *named = TTFS_ARRAY(&x->arena, bool, out->tensors.len);
    for (uint32_t i = 0; i < ttfs_ir_outputs(x->in); i++) {
        TtfsTensor t = made[x->outputs[i].i - 1];
        bool again = named[t.i - 1];
        named[t.i - 1] = true;
        if (again) {
            TtfsTensorInfo shape = *ttfs_ir_tensor(out, t);
            t = ttfs_emit_move(x, move_node(x, TTFS_OP_RESHAPE, t), &shape);
        }
        ttfs_ir_tensor(out, t)->name =
            ttfs_arena_strdup(&out->arena, ttfs_ir_tensor(x->in, ttfs_ir_output(x->in, i))->name);
        *TTFS_PUSH(&out->arena, out->outputs) = t;
    }
}

bool ttfs_outputs_emit(TtfsAffine *x) {
    TtfsTensor *made = TTFS_ARRAY(&x->arena, TtfsTensor, x->in->tensors.len), in = x->in->input;
    x->node = NULL;
    if (x->ends.head[in.i - 1]) made[in.i - 1] = emit_head(x, in);
    bool ok = ttfs_within_budget(x) && (!x->ends.head[in.i - 1] || made[in.i - 1].i);
    for (uint32_t i = 0; ok && i < x->in->nodes.len; i++) {
        x->node = &x->in->nodes.at[i];
        TtfsTensor t = x->node->out;
        if (x->ends.moves[i])
            made[t.i - 1] = copy_move(x, made);
        else if (x->ends.head[t.i - 1])
            made[t.i - 1] = emit_head(x, t);
        else
            continue;
        ok = ttfs_within_budget(x) && made[t.i - 1].i != 0;
    }
    x->node = NULL;
    if (ok) name_outputs(x, made);
    return ok;
}
