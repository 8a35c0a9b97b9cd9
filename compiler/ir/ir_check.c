/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of the IR: every invariant of ir.h, every fault reported. Nothing is trusted: ids are
 * tested before they are followed. Linear in tensors, nodes and constants.
 */
#include "ir.h"

#include <math.h>

typedef struct {
    const TtfsIr *ir;
    const char *file;
    TtfsDiag *diag;
    bool *known; /* tensor id - 1: has a value at this place of the node list */
} Check;

static void fault(Check *c, const char *node, const char *what, const char *name) {
    ttfs_error(c->diag, TTFS_AT_NODE(c->file, node), TTFS_IR_CHECK, "%s%s%s", what, name ? " " : "",
               name ? name : "");
}

static bool valid(const Check *c, TtfsTensor t) {
    return t.i >= 1 && t.i <= c->ir->tensors.len;
}

/* The values of a constant lie on the grid that it names. */
static void check_quanta(Check *c, const TtfsTensorInfo *t) {
    uint64_t inner = 1;
    if (!t->quantum) return;
    if (t->quanta != 1 && (t->quantum_axis >= t->rank || t->quanta != t->dim[t->quantum_axis])) {
        fault(c, NULL, "neither one step, nor one a place of an axis, in constant", t->name);
        return;
    }
    for (uint32_t i = 0; i < t->quanta; i++)
        if (!(t->quantum[i] > 0) || !isfinite(t->quantum[i])) {
            fault(c, NULL, "a step that is not above 0 in constant", t->name);
            return;
        }
    for (uint32_t i = t->quantum_axis + 1; i < t->rank; i++) inner *= t->dim[i];
    for (uint64_t k = 0; k < ttfs_ir_count(t); k++) {
        double q, quantum = (double)t->quantum[t->quanta == 1 ? 0 : k / inner % t->quanta];
        if (ttfs_on_grid((double)t->data[k], quantum, &q)) continue;
        fault(c, NULL, "values beside the grid in constant", t->name);
        return;
    }
}

static void check_tensor(Check *c, uint32_t i) {
    const TtfsTensorInfo *t = &c->ir->tensors.at[i];
    const char *name = t->name ? t->name : "?";
    if (!t->name) fault(c, NULL, "a tensor has no name", NULL);
    if (t->rank > TTFS_MAX_RANK || ttfs_ir_count(t) == 0) {
        fault(c, NULL, "too many dimensions, no elements or too many in tensor", name);
        return;
    }
    if (!t->data) return;
    c->known[i] = true;
    uint64_t n = ttfs_ir_count(t);
    for (uint64_t k = 0; k < n; k++)
        if (!isfinite(t->data[k])) {
            ttfs_error(c->diag, TTFS_AT_NODE(c->file, name), TTFS_MODEL_VALUE,
                       "element %llu is %f, a finite number expected", (unsigned long long)k,
                       (double)t->data[k]);
            return;
        }
    check_quanta(c, t);
}

static bool finite_attributes(const TtfsNode *n) {
    const TtfsIrAttr *a = &n->attr;
    return isfinite(a->alpha) && isfinite(a->beta) && isfinite(a->epsilon) && isfinite(a->slope) &&
           isfinite(a->lo) && isfinite(a->hi) && isfinite(a->value);
}

static bool same_dims(const TtfsTensorInfo *a, const TtfsTensorInfo *b) {
    bool same = a->rank == b->rank;
    for (uint32_t i = 0; same && i < a->rank; i++) same = a->dim[i] == b->dim[i];
    return same;
}

/* Inputs and output are ids that stand in the right order; only then shapes can be looked at. */
static bool check_links(Check *c, const TtfsNode *n) {
    if (n->op >= TTFS_OP_COUNT || n->n_in > TTFS_MAX_INPUTS) {
        fault(c, n->name, "an unknown operation or too many inputs", NULL);
        return false;
    }
    bool ok = true;
    for (uint32_t i = 0; i < n->n_in; i++) {
        if (valid(c, n->in[i]) && c->known[n->in[i].i - 1]) continue;
        fault(c, n->name, "reads a tensor before it has a value:",
              valid(c, n->in[i]) ? ttfs_ir_tensor(c->ir, n->in[i])->name : "no tensor");
        ok = false;
    }
    if (!valid(c, n->out) || c->known[n->out.i - 1]) {
        fault(c, n->name, "writes no tensor, or one that has a value already", NULL);
        return false;
    }
    c->known[n->out.i - 1] = true;
    return ok;
}

static void check_node(Check *c, const TtfsNode *n) {
    if (!n->name) fault(c, NULL, "a node has no name", NULL);
    if (!check_links(c, n)) return;
    if (!finite_attributes(n)) fault(c, n->name, "an attribute is not finite", NULL);
    const TtfsTensorInfo *out = ttfs_ir_tensor(c->ir, n->out);
    TtfsTensorInfo want = *out;
    if (ttfs_ir_infer(c->ir, n, &want, c->file, c->diag) && !same_dims(&want, out))
        fault(c, n->name, "the shape of its output is not what it computes:", out->name);
}

static void check_outputs(Check *c) {
    const TtfsIr *ir = c->ir;
    if (ir->outputs.len && ir->outputs.at[0].i != ir->output.i)
        fault(c, NULL, "the first of the outputs is not the output", NULL);
    for (uint32_t i = 0; i == 0 || i < ir->outputs.len; i++) {
        TtfsTensor t = i ? ir->outputs.at[i] : ir->output;
        if (!valid(c, t) || ttfs_ir_tensor(ir, t)->data)
            fault(c, NULL, "the output is no tensor, or a constant", NULL);
    }
}

bool ttfs_ir_check(const TtfsIr *ir, const char *file, TtfsDiag *diag) {
    uint32_t before = diag->errors;
    TtfsArena scratch = {0};
    Check c = {ir, file, diag, TTFS_ARRAY(&scratch, bool, ir->tensors.len)};
    for (uint32_t i = 0; i < ir->tensors.len; i++) check_tensor(&c, i);
    bool sound = diag->errors == before;
    if (!valid(&c, ir->input) || ttfs_ir_tensor(ir, ir->input)->data)
        fault(&c, NULL, "the input is no tensor, or a constant", NULL);
    else
        c.known[ir->input.i - 1] = true;
    for (uint32_t i = 0; sound && i < ir->nodes.len; i++) check_node(&c, &ir->nodes.at[i]);
    for (uint32_t i = 0; sound && i < ir->tensors.len; i++)
        if (!c.known[i])
            fault(&c, NULL, "no value is ever given to tensor", ir->tensors.at[i].name);
    check_outputs(&c);
    ttfs_arena_free(&scratch);
    return diag->errors == before;
}
