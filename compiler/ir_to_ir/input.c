/* SPDX-License-Identifier: Apache-2.0
 *
 * The input as a population. Samples give its elements in order, so its shape may be chosen: that
 * of the first convolution or pool when only reshapes lie between. An input with channels last (and
 * one or two axes of space, padded or not) that is transposed in front of that layer is one
 * TRANSPOSE at the start of the result.
 */
#include "input.h"

#include "operand.h"

#include <string.h>

/* What is known of a tensor that holds the input, moved or changed element by element. */
typedef struct {
    bool derived, ordered; /* ordered: the view holds */
    TtfsView view;
    bool axes; /* axis holds: which axis of the input each of its own is, -1: of one element */
    int axis[TTFS_MAX_RANK];
} Origin;

static bool follows(TtfsOp op) {
    switch ((int)op) {
    case TTFS_OP_RESHAPE:
    case TTFS_OP_TRANSPOSE:
    case TTFS_OP_IDENTITY:
    case TTFS_OP_ADD:
    case TTFS_OP_SUB:
    case TTFS_OP_MUL:
    case TTFS_OP_DIV:
    case TTFS_OP_NEG:
    case TTFS_OP_BATCHNORM:
    case TTFS_OP_PAD:
    case TTFS_OP_QUANT:
        return true;
    default:
        return false;
    }
}

static bool has_patches(TtfsOp op) {
    return op == TTFS_OP_CONV || op == TTFS_OP_MAXPOOL || op == TTFS_OP_MINPOOL ||
           op == TTFS_OP_AVERAGEPOOL;
}

/* A reshape that only adds and drops axes of one element keeps the others. */
static bool keep_axes(const TtfsTensorInfo *x, const TtfsTensorInfo *y, Origin *o) {
    int axis[TTFS_MAX_RANK];
    uint32_t k = 0;
    for (uint32_t i = 0; i < y->rank; i++) {
        axis[i] = -1;
        if (y->dim[i] == 1) continue;
        while (k < x->rank && x->dim[k] == 1) k++;
        if (k == x->rank || x->dim[k] != y->dim[i]) return false;
        axis[i] = o->axis[k++];
    }
    memcpy(o->axis, axis, sizeof axis);
    return true;
}

static Origin derive(const TtfsIr *in, const TtfsNode *n, Origin o) {
    const TtfsTensorInfo *x = ttfs_ir_tensor(in, n->in[0]), *y = ttfs_ir_tensor(in, n->out);
    if (n->op == TTFS_OP_TRANSPOSE) {
        Origin from = o;
        o.ordered = o.ordered && ttfs_view_transpose(&from.view, x, n->attr.perm, &o.view);
        for (uint32_t i = 0; i < x->rank; i++) o.axis[i] = from.axis[n->attr.perm[i]];
    }
    if (n->op == TTFS_OP_RESHAPE) o.axes = o.axes && keep_axes(x, y, &o);
    if (n->op == TTFS_OP_PAD) o.ordered = false;
    return o;
}

/* True when the axes of the input stand in this order in it. */
static bool in_order(const Origin *o, const int order[3]) {
    int last = -1;
    for (int i = 0; i < 3; i++) {
        int axis = o->axis[order[i]];
        if (axis < 0) continue;
        if (axis < last) return false;
        last = axis;
    }
    return true;
}

/* The input as [1, c, h, w], or as [1, h, w, c] (*last), from the axes that the layer has of it. */
static bool by_axes(const Origin *o, TtfsTensorInfo *shape, bool *last) {
    static const int first_order[3] = {1, 2, 3}, last_order[3] = {2, 3, 1};
    uint32_t size[4] = {1, 1, 1, 1};
    uint64_t count = 1;
    if (!o->axes || o->axis[0] >= 0) return false;
    for (int i = 1; i < 4; i++) {
        if (o->axis[i] >= 0) size[i] = shape->dim[o->axis[i]];
        count *= size[i];
    }
    bool first = in_order(o, first_order);
    if (count != ttfs_ir_count(shape) || (!first && !in_order(o, last_order))) return false;
    *last = !first;
    uint32_t dim[2][4] = {{1, size[1], size[2], size[3]}, {1, size[2], size[3], size[1]}};
    shape->rank = 4;
    memcpy(shape->dim, dim[*last], sizeof dim[0]);
    return true;
}

/* The shape of the input that the first convolution or pool asks for. */
static void choose(const TtfsIr *in, TtfsTensorInfo *shape, bool *last) {
    TtfsArena scratch = {0};
    Origin *all = TTFS_ARRAY(&scratch, Origin, in->tensors.len);
    Origin *start = &all[in->input.i - 1];
    *start = (Origin){.derived = true,
                      .ordered = true,
                      .view = ttfs_view_identity(ttfs_ir_count(shape)),
                      .axes = true};
    for (uint32_t i = 0; i < shape->rank; i++) start->axis[i] = shape->dim[i] == 1 ? -1 : (int)i;
    for (uint32_t i = 0; i < in->nodes.len; i++) {
        const TtfsNode *n = &in->nodes.at[i];
        uint32_t k = n->n_in > 1 && ttfs_ir_tensor(in, n->in[0])->data ? 1 : 0;
        const Origin *o = &all[n->in[k].i - 1];
        const TtfsTensorInfo *x = ttfs_ir_tensor(in, n->in[k]);
        if (!o->derived) continue;
        if (has_patches(n->op) && x->rank == 4) {
            if (o->ordered && ttfs_view_is_identity(&o->view))
                memcpy(shape->dim, x->dim, sizeof x->dim), shape->rank = 4;
            else
                by_axes(o, shape, last);
            break;
        }
        if (follows(n->op)) all[n->out.i - 1] = derive(in, n, *o);
    }
    ttfs_arena_free(&scratch);
}

const TtfsValue *ttfs_input_value(TtfsAffine *x) {
    TtfsTensorInfo shape = *ttfs_ir_tensor(x->in, x->in->input);
    bool last = false;
    choose(x->in, &shape, &last);
    TtfsMap m = ttfs_map_of(&shape);
    if (shape.rank != 4 || shape.dim[0] != 1) shape = (TtfsTensorInfo){.rank = 2, .dim = {1, m.c}};
    shape.name = ttfs_unique_name(x, ttfs_ir_tensor(x->in, x->in->input)->name);
    TtfsTensor t = x->out->input = ttfs_ir_add_tensor(x->out, &shape);
    if (!last) return ttfs_value_of_pop(x, ttfs_pop_add(x, t, m, false), (TtfsField){0}, 1);
    TtfsNode n = {.op = TTFS_OP_TRANSPOSE, .in = {t}, .n_in = 1, .attr = ttfs_ir_attr()};
    memcpy(n.attr.perm, (uint32_t[]){0, 3, 1, 2}, sizeof(uint32_t[4]));
    n.name = ttfs_unique_name(x, ttfs_arena_printf(&x->arena, "%s.channels_first", shape.name));
    TtfsTensorInfo moved = {.name = n.name, .rank = 4, .dim = {1, m.w, m.c, m.h}};
    n.out = ttfs_ir_add_tensor(x->out, &moved);
    ttfs_ir_add_node(x->out, &n);
    m = ttfs_map_of(&moved);
    TtfsValue *v = ttfs_value_copy(
        x, ttfs_value_of_pop(x, ttfs_pop_add(x, n.out, m, false), (TtfsField){0}, 1));
    v->view = ttfs_view_channels_at(m, (uint64_t)m.h * m.w);
    return v;
}
