/* SPDX-License-Identifier: Apache-2.0
 *
 * Drops what follows the logits of every output: softmax, its logarithm, argmax, top k, curves that
 * grow (sigmoid, tanh), a rounding of them, and moves behind them. None of them changes which logit
 * is the largest. Constants stay
 * the source's.
 */
#include "affine.h"
#include "ir_to_ir.h"

/* A rounding with one scale keeps the order, but for values that it makes equal. */
static bool rounds_all_alike(const TtfsIr *in, const TtfsNode *n) {
    return n->op == TTFS_OP_QUANT && ttfs_ir_count(ttfs_ir_tensor(in, n->in[1])) == 1 &&
           ttfs_ir_count(ttfs_ir_tensor(in, n->in[2])) == 1;
}

/* Element by element, and growing: the order of the values stays, and so does a threshold. */
static bool grows(const TtfsNode *n) {
    switch ((int)n->op) {
    case TTFS_OP_SIGMOID:
    case TTFS_OP_TANH:
    case TTFS_OP_SOFTPLUS:
    case TTFS_OP_SOFTSIGN:
        return true;
    default:
        return n->op == TTFS_OP_ELU && n->attr.slope > 0;
    }
}

static bool picks_class(const TtfsNode *n) {
    return grows(n) || n->op == TTFS_OP_SOFTMAX || n->op == TTFS_OP_LOGSOFTMAX ||
           n->op == TTFS_OP_ARGMAX || (n->op == TTFS_OP_TOPK && n->attr.largest);
}

static void note_dropped(TtfsDiag *diag, const char *file, const TtfsNode *n) {
    const char *why = !grows(n) ? "the class is the largest value before it"
                      : n->op == TTFS_OP_SIGMOID
                          ? "it grows with the value before it, whose 0 is its 0.5"
                      : n->op == TTFS_OP_SOFTPLUS
                          ? "it grows with the value before it, whose 0 is its ln 2"
                          : "it grows with the value before it, whose 0 is its 0";
    ttfs_note(diag, TTFS_AT_NODE(file, n->name), "%s at the end is dropped: %s",
              ttfs_op_name(n->op), why);
}

/* What goes with a softmax in front of it; without one it is part of the output. */
static bool reorders(const TtfsNode *n) {
    return n->op == TTFS_OP_IDENTITY || n->op == TTFS_OP_RESHAPE || n->op == TTFS_OP_TRANSPOSE;
}

TtfsTensor ttfs_tail_source(const TtfsIr *in, const TtfsNode *const *maker, TtfsTensor output,
                            const char *file, TtfsDiag *diag) {
    TtfsTensor t = output, source = output;
    TtfsArena scratch = {0};
    TTFS_VEC(const TtfsNode *) passed = {0};
    uint32_t dropped = 0;
    for (const TtfsNode *n; (n = maker[t.i - 1]) != NULL;) {
        bool last = passed.len == dropped && rounds_all_alike(in, n);
        if (!(picks_class(n) || reorders(n) || last) || ttfs_ir_tensor(in, n->in[0])->data) break;
        *TTFS_PUSH(&scratch, passed) = n;
        t = n->in[0];
        if (!picks_class(n) && !last) continue;
        source = t;
        dropped = passed.len;
    }
    for (uint32_t i = 0; diag && i < dropped; i++) note_dropped(diag, file, passed.at[i]);
    ttfs_arena_free(&scratch);
    return source;
}

/* Numbers the tensors that are left. */
static uint32_t renumber(const TtfsIr *ir, uint32_t *id) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (id[i]) id[i] = ++kept;
    return kept;
}

void ttfs_prune(TtfsIr *ir) {
    TtfsArena scratch = {0};
    uint32_t *id = TTFS_ARRAY(&scratch, uint32_t, ir->tensors.len), nodes = 0;
    id[ir->input.i - 1] = 1;
    for (uint32_t i = 0; i < ttfs_ir_outputs(ir); i++) id[ttfs_ir_output(ir, i).i - 1] = 1;
    for (uint32_t i = ir->nodes.len; i-- > 0;) {
        const TtfsNode *n = &ir->nodes.at[i];
        for (uint32_t k = 0; id[n->out.i - 1] && k < n->n_in; k++) id[n->in[k].i - 1] = 1;
    }
    uint32_t kept = renumber(ir, id);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        TtfsNode n = ir->nodes.at[i];
        if (!id[n.out.i - 1]) continue;
        for (uint32_t k = 0; k < n.n_in; k++) n.in[k].i = id[n.in[k].i - 1];
        n.out.i = id[n.out.i - 1];
        ir->nodes.at[nodes++] = n;
    }
    ir->nodes.len = nodes;
    ir->input.i = id[ir->input.i - 1];
    ir->output.i = id[ttfs_ir_output(ir, 0).i - 1];
    for (uint32_t i = 0; i < ir->outputs.len; i++)
        ir->outputs.at[i].i = id[ir->outputs.at[i].i - 1];
    if (ir->outputs.len == 1) ir->outputs.len = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (id[i]) ir->tensors.at[id[i] - 1] = ir->tensors.at[i];
    ir->tensors.len = kept;
    ttfs_arena_free(&scratch);
}

/* `t` under another name. */
static TtfsTensor alias(TtfsIr *out, TtfsTensor t, const char *name) {
    TtfsTensorInfo info = *ttfs_ir_tensor(out, t);
    info.name = name;
    TtfsNode n = {.op = TTFS_OP_IDENTITY,
                  .name = name,
                  .in = {t},
                  .n_in = 1,
                  .out = ttfs_ir_add_tensor(out, &info),
                  .attr = ttfs_ir_attr()};
    ttfs_ir_add_node(out, &n);
    return n.out;
}

bool ttfs_ir_drop_tail(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag) {
    *out = (TtfsIr){.arena.budget = in->arena.budget};
    for (uint32_t i = 0; i < in->tensors.len; i++) ttfs_ir_add_tensor(out, &in->tensors.at[i]);
    for (uint32_t i = 0; i < in->nodes.len; i++) ttfs_ir_add_node(out, &in->nodes.at[i]);
    out->input = in->input;
    TtfsArena scratch = {0};
    bool *named = TTFS_ARRAY(&scratch, bool, in->tensors.len);
    const TtfsNode **maker = ttfs_ir_makers(in, &scratch);
    named[in->input.i - 1] = true;
    for (uint32_t i = 0; i < ttfs_ir_outputs(in); i++) {
        const char *name = ttfs_ir_tensor(in, ttfs_ir_output(in, i))->name;
        TtfsTensor t = ttfs_tail_source(in, maker, ttfs_ir_output(in, i), file, diag);
        bool first = !named[t.i - 1];
        named[t.i - 1] = true;
        if (first)
            ttfs_ir_tensor(out, t)->name = name;
        else
            t = alias(out, t, name);
        *TTFS_PUSH(&out->arena, out->outputs) = t;
    }
    ttfs_arena_free(&scratch);
    ttfs_prune(out);
    return true;
}
