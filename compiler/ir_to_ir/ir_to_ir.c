/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonicaliser: walks the network once, in order, with an affine value for every tensor
 * (affine.h), and writes nodes only where a population is made (a relu, a pool, or a value that
 * cannot be a sum of linear maps) and at the outputs (outputs.c). In: an IR that passes its check.
 * Out: a new IR in the canonical form; on failure nothing. An operation that stands in the way is
 * an error, and the walk goes on with a stand-in for its result, so that all of them are reported.
 */
#include "ir_to_ir.h"

#include "affine.h"
#include "input.h"
#include "net.h"
#include "operand.h"

#include <math.h>

/* Sizes that a small file can ask for must not take all the memory there is. */
static bool within_limits(TtfsAffine *x) {
    uint64_t n = ttfs_ir_count(ttfs_result(x));
    if (n > TTFS_ELEMENTS_MOST)
        return ttfs_error(x->diag, ttfs_here(x), TTFS_LIMIT,
                          "%llu values, at most %llu in one layer", (unsigned long long)n,
                          (unsigned long long)TTFS_ELEMENTS_MOST);
    return ttfs_within_budget(x);
}

static const TtfsValue *(*const meanings[])(TtfsAffine *) = {
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning) ttfs_op_##meaning,
#include "ops.def"
#undef TTFS_OP
};

/* In place of a result that could not be made: a population of its shape, which nothing makes. */
static const TtfsValue *stand_in(TtfsAffine *x) {
    const TtfsTensorInfo *t = ttfs_result(x);
    TtfsMap m = ttfs_map_of(t);
    TtfsTensorInfo shape = {.name = t->name, .rank = 4, .dim = {1, m.c, m.h, m.w}};
    TtfsTensor made = ttfs_ir_add_tensor(x->out, &shape);
    return ttfs_value_of_pop(x, ttfs_pop_add(x, made, m, true), (TtfsField){0}, 1);
}

static void mark_live(TtfsAffine *x) {
    bool *needed = TTFS_ARRAY(&x->arena, bool, x->in->tensors.len);
    x->live = TTFS_ARRAY(&x->arena, bool, x->in->nodes.len);
    x->maker = ttfs_ir_makers(x->in, &x->arena);
    for (uint32_t i = 0; i < x->in->tensors.len; i++) needed[i] = x->ends.head[i];
    for (uint32_t i = x->in->nodes.len; i-- > 0;) {
        const TtfsNode *n = &x->in->nodes.at[i];
        x->live[i] = needed[n->out.i - 1];
        bool rounds = n->op == TTFS_OP_QUANT;
        if (x->live[i] && rounds) needed[ttfs_quant_source(x, n, NULL).i - 1] = true;
        for (uint32_t k = rounds; x->live[i] && k < n->n_in; k++) needed[n->in[k].i - 1] = true;
    }
}

static void walk(TtfsAffine *x) {
    for (uint32_t i = 0; i < x->in->nodes.len; i++) {
        if (!x->live[i]) continue;
        x->node = &x->in->nodes.at[i];
        uint32_t errors = x->diag->errors;
        const TtfsValue *v = within_limits(x) ? meanings[x->node->op](x) : NULL;
        if (!ttfs_within_budget(x)) break;
        if (!v && x->diag->errors == errors)
            ttfs_obstacle(x, "restructure the network", "it has no canonical form here");
        x->values[x->node->out.i - 1] = v && x->diag->errors == errors ? v : stand_in(x);
    }
    x->node = NULL;
}

/* The definition of the canonical form is its reader. */
static bool has_layers(const TtfsAffine *x) {
    TtfsNet net;
    bool ok = ttfs_net_of(x->out, x->file, &net, x->diag);
    ttfs_net_free(&net);
    return ok;
}

static bool build(TtfsAffine *x) {
    if (!ttfs_outputs_find(x))
        return ttfs_error(x->diag, TTFS_AT_FILE(x->file), TTFS_MODEL_EMPTY,
                          "the network has no layer");
    uint32_t errors = x->diag->errors;
    x->values = TTFS_ARRAY(&x->arena, const TtfsValue *, x->in->tensors.len);
    mark_live(x);
    x->values[x->in->input.i - 1] = ttfs_input_value(x);
    walk(x);
    if (x->diag->errors != errors || !ttfs_outputs_emit(x) || x->diag->errors != errors)
        return false;
    ttfs_prune(x->out);
    return ttfs_input_grid_ok(x) && ttfs_ir_check(x->out, x->file, x->diag) && has_layers(x);
}

bool ttfs_ir_canonical(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag) {
    *out = (TtfsIr){0};
    TtfsAffine x = {.in = in, .out = out, .file = file, .diag = diag};
    TtfsBudget own = ttfs_budget(in->arena.used, 0); /* of networks that come from no model */
    x.arena.budget = out->arena.budget = in->arena.budget ? in->arena.budget : &own;
    bool ok = build(&x);
    ttfs_arena_free(&x.arena);
    out->arena.budget = in->arena.budget;
    if (!ok) ttfs_ir_free(out);
    return ok;
}
