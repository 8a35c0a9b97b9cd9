/* SPDX-License-Identifier: Apache-2.0
 *
 * The relu engine: IR in, its operations with one buffer a computed tensor, one sample a run.
 * Every value of the last run can be read afterwards. An instance is used by one thread; instances
 * share only the IR, which they never write.
 */
#include "relu.h"
#include "relu_ops.h"

#include <inttypes.h>
#include <string.h>

struct TtfsRelu {
    TtfsArena arena;
    const TtfsIr *ir;
    float **values; /* tensor id - 1; NULL for constants */
    TtfsReluOp *ops;
};

static const float *value_of(const TtfsRelu *r, TtfsTensor t) {
    const float *data = ttfs_ir_tensor(r->ir, t)->data;
    return data ? data : r->values[t.i - 1];
}

/* The scratch terms and sums are shared: operations run one after the other. */
static void prepare_op(TtfsRelu *r, uint32_t i, TtfsReluNeed *most) {
    const TtfsNode *n = &r->ir->nodes.at[i];
    TtfsReluOp *s = &r->ops[i];
    s->node = n;
    s->out = r->values[n->out.i - 1];
    s->out_shape = ttfs_ir_tensor(r->ir, n->out);
    for (uint32_t k = 0; k < n->n_in; k++) {
        s->in[k] = value_of(r, n->in[k]);
        s->shape[k] = ttfs_ir_tensor(r->ir, n->in[k]);
    }
    TtfsReluNeed need = ttfs_relu_need(s);
    if (need.terms > most->terms) most->terms = need.terms;
    if (need.acc > most->acc) most->acc = need.acc;
    if (!need.packed) return;
    s->packed = TTFS_ARRAY(&r->arena, double, need.packed);
    s->packs_again = s->shape[1]->data == NULL;
    if (!s->packs_again) ttfs_relu_pack_weights(s);
}

TtfsRelu *ttfs_relu_open(const TtfsIr *ir) {
    TtfsArena arena = {0};
    TtfsRelu *r = TTFS_NEW(&arena, TtfsRelu);
    r->arena = arena;
    r->ir = ir;
    r->values = TTFS_ARRAY(&r->arena, float *, ir->tensors.len);
    r->ops = TTFS_ARRAY(&r->arena, TtfsReluOp, ir->nodes.len);
    for (uint32_t i = 0; i < ir->tensors.len; i++)
        if (!ir->tensors.at[i].data)
            r->values[i] = TTFS_ARRAY(&r->arena, float, ttfs_ir_count(&ir->tensors.at[i]));
    TtfsReluNeed most = {0};
    for (uint32_t i = 0; i < ir->nodes.len; i++) prepare_op(r, i, &most);
    TtfsReluTerm *terms = TTFS_ARRAY(&r->arena, TtfsReluTerm, most.terms);
    double *acc = TTFS_ARRAY(&r->arena, double, most.acc);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        r->ops[i].terms = terms;
        r->ops[i].acc = acc;
    }
    return r;
}

void ttfs_relu_close(TtfsRelu *r) {
    if (!r) return;
    TtfsArena arena = r->arena; /* holds *r itself */
    ttfs_arena_free(&arena);
}

const float *ttfs_relu_run(TtfsRelu *r, const float *input) {
    uint64_t n = ttfs_ir_count(ttfs_ir_tensor(r->ir, r->ir->input));
    memcpy(r->values[r->ir->input.i - 1], input, n * sizeof *input);
    for (uint32_t i = 0; i < r->ir->nodes.len; i++) {
        if (r->ops[i].packs_again) ttfs_relu_pack_weights(&r->ops[i]);
        ttfs_relu_run_op(&r->ops[i]);
    }
    return value_of(r, r->ir->output);
}

const float *ttfs_relu_output(const TtfsRelu *r, uint32_t output) {
    return value_of(r, ttfs_ir_output(r->ir, output));
}

const float *ttfs_relu_values(const TtfsRelu *r, TtfsTensor t) {
    return value_of(r, t);
}

void ttfs_relu_print(const char *name, const float *values, uint64_t n, TtfsBuf *out) {
    for (uint64_t i = 0; i < n; i++) {
        ttfs_buf_puts(out, "value ");
        ttfs_buf_quoted(out, name);
        ttfs_buf_printf(out, " element %" PRIu64 " %.9g\n", i, (double)values[i]);
    }
}
