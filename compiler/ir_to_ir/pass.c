/* SPDX-License-Identifier: Apache-2.0
 *
 * The working copy that passes share, and the building of the result. Replacing a tensor is an
 * alias, so each pass is linear in the size of the network.
 */
#include "pass.h"

#include <math.h>
#include <string.h>

TtfsTensorInfo *ttfs_pass_info(const TtfsPass *p, TtfsTensor t) {
    return ttfs_ir_tensor(&p->ir, t);
}

TtfsPassTensor *ttfs_pass_side(const TtfsPass *p, TtfsTensor t) {
    return &p->side.at[t.i - 1];
}

TtfsTensor ttfs_pass_add_tensor(TtfsPass *p, const TtfsTensorInfo *info, double *wide) {
    TtfsTensor t = ttfs_ir_add_tensor(&p->ir, info);
    *TTFS_PUSH(&p->ir.arena, p->side) = (TtfsPassTensor){.wide = wide, .alias = t, .uses = 1};
    return t;
}

void ttfs_pass_open(TtfsPass *p, const TtfsIr *in, const char *file, TtfsDiag *diag) {
    *p = (TtfsPass){.file = file, .diag = diag};
    for (uint32_t i = 0; i < in->tensors.len; i++)
        ttfs_pass_add_tensor(p, &in->tensors.at[i], NULL);
    for (uint32_t i = 0; i < in->nodes.len; i++) ttfs_ir_add_node(&p->ir, &in->nodes.at[i]);
    p->ir.input = in->input;
    p->ir.output = in->output;
    ttfs_pass_index(p);
}

void ttfs_pass_close(TtfsPass *p) {
    ttfs_ir_free(&p->ir);
}

TtfsTensor ttfs_pass_resolve(TtfsPass *p, TtfsTensor t) {
    TtfsTensor end = t;
    while (ttfs_pass_side(p, end)->alias.i != end.i) end = ttfs_pass_side(p, end)->alias;
    while (t.i != end.i) { /* so that the next look is short */
        TtfsTensor next = ttfs_pass_side(p, t)->alias;
        ttfs_pass_side(p, t)->alias = end;
        t = next;
    }
    return end;
}

void ttfs_pass_index(TtfsPass *p) {
    for (uint32_t i = 0; i < p->side.len; i++) p->side.at[i].maker = p->side.at[i].uses = 0;
    p->ir.output = ttfs_pass_resolve(p, p->ir.output);
    p->ir.input = ttfs_pass_resolve(p, p->ir.input);
    ttfs_pass_side(p, p->ir.output)->uses = 1;
    for (uint32_t i = p->ir.nodes.len; i-- > 0;) { /* from the end, so that unused nodes drop out */
        TtfsNode *n = &p->ir.nodes.at[i];
        if (n->op == TTFS_OP_COUNT) continue;
        if (ttfs_pass_side(p, n->out)->uses == 0) {
            n->op = TTFS_OP_COUNT;
            continue;
        }
        ttfs_pass_side(p, n->out)->maker = i + 1;
        for (uint32_t k = 0; k < n->n_in; k++) {
            n->in[k] = ttfs_pass_resolve(p, n->in[k]);
            ttfs_pass_side(p, n->in[k])->uses++;
        }
    }
}

bool ttfs_pass_is_const(const TtfsPass *p, TtfsTensor t) {
    return ttfs_pass_info(p, t)->data || ttfs_pass_side(p, t)->wide;
}

TtfsNode *ttfs_pass_maker(TtfsPass *p, TtfsTensor t) {
    uint32_t maker = ttfs_pass_side(p, t)->maker;
    return maker ? &p->ir.nodes.at[maker - 1] : NULL;
}

void ttfs_pass_bypass(TtfsPass *p, TtfsNode *n, TtfsTensor source) {
    ttfs_pass_side(p, source)->uses += ttfs_pass_side(p, n->out)->uses - 1;
    ttfs_pass_side(p, n->out)->alias = source;
    n->op = TTFS_OP_COUNT;
    p->ir.output = ttfs_pass_resolve(p, p->ir.output);
}

double ttfs_pass_value(const TtfsPass *p, TtfsTensor t, uint64_t i) {
    const double *wide = ttfs_pass_side(p, t)->wide;
    return wide ? wide[i] : (double)ttfs_pass_info(p, t)->data[i];
}

double *ttfs_pass_own(TtfsPass *p, TtfsNode *n, uint32_t k) {
    TtfsTensor t = n->in[k];
    if (ttfs_pass_side(p, t)->wide) return ttfs_pass_side(p, t)->wide;
    TtfsTensorInfo info = *ttfs_pass_info(p, t);
    uint64_t count = ttfs_ir_count(&info);
    double *wide = TTFS_ARRAY(&p->ir.arena, double, count);
    for (uint64_t i = 0; i < count; i++) wide[i] = (double)info.data[i];
    info.data = NULL;
    n->in[k] = ttfs_pass_add_tensor(p, &info, wide);
    return wide;
}

bool ttfs_pass_normal(const TtfsPass *p, const TtfsNode *n) {
    if (n->op != TTFS_OP_CONV && n->op != TTFS_OP_GEMM) return false;
    if (n->n_in != 3 || ttfs_pass_is_const(p, n->in[0])) return false;
    if (!ttfs_pass_is_const(p, n->in[1]) || !ttfs_pass_is_const(p, n->in[2])) return false;
    const TtfsTensorInfo *w = ttfs_pass_info(p, n->in[1]), *b = ttfs_pass_info(p, n->in[2]);
    bool bias = b->rank == 1 && b->dim[0] == w->dim[0];
    if (n->op == TTFS_OP_CONV) return bias;
    return bias && n->attr.trans_b && !n->attr.trans_a && n->attr.alpha == 1 && n->attr.beta == 1 &&
           ttfs_pass_info(p, n->in[0])->dim[0] == 1;
}

TtfsNode *ttfs_pass_linear_behind(TtfsPass *p, TtfsTensor t) {
    for (;;) {
        TtfsNode *n = ttfs_pass_maker(p, t);
        if (!n || ttfs_pass_side(p, t)->uses != 1) return NULL;
        if (ttfs_pass_normal(p, n)) return n;
        if (n->op != TTFS_OP_RESHAPE) return NULL;
        t = ttfs_pass_resolve(p, n->in[0]);
    }
}

uint64_t ttfs_pass_channels(TtfsPass *p, const TtfsNode *n) {
    return ttfs_pass_info(p, n->in[1])->dim[0];
}

uint64_t ttfs_pass_positions(TtfsPass *p, const TtfsNode *n) {
    return ttfs_ir_count(ttfs_pass_info(p, n->out)) / ttfs_pass_channels(p, n);
}

typedef struct {
    TtfsPass *p;
    TtfsIr *out;
    TtfsTensor *moved; /* old id - 1 -> new id, 0: not yet */
    const char *node;  /* for which a constant is copied */
    bool ok;
} Build;

static void copy_constant(Build *b, TtfsTensor from, TtfsTensorInfo *t) {
    uint64_t count = ttfs_ir_count(t);
    const double *wide = ttfs_pass_side(b->p, from)->wide;
    float *data = TTFS_ARRAY(&b->out->arena, float, count);
    if (!wide) memcpy(data, t->data, count * sizeof *data);
    for (uint64_t i = 0; wide && i < count; i++) {
        data[i] = fabs(wide[i]) <= 3.4028234663852886e38 ? (float)wide[i] : 0.0f;
        if (b->ok && !(fabs(wide[i]) <= 3.4028234663852886e38)) {
            b->ok = ttfs_error(b->p->diag, TTFS_AT_NODE(b->p->file, b->node), TTFS_MODEL_VALUE,
                               "element %llu of '%s' becomes %g, which float32 cannot hold",
                               (unsigned long long)i, t->name, wide[i]);
        }
    }
    t->data = data;
}

static TtfsTensor move_tensor(Build *b, TtfsTensor from) {
    TtfsTensor *to = &b->moved[from.i - 1];
    if (to->i) return *to;
    TtfsTensorInfo t = *ttfs_pass_info(b->p, from);
    if (ttfs_pass_is_const(b->p, from)) copy_constant(b, from, &t);
    t.name = ttfs_arena_strdup(&b->out->arena, t.name);
    return *to = ttfs_ir_add_tensor(b->out, &t);
}

bool ttfs_pass_build(TtfsPass *p, TtfsIr *out) {
    TtfsArena scratch = {0};
    *out = (TtfsIr){0};
    ttfs_pass_index(p);
    Build b = {p, out, TTFS_ARRAY(&scratch, TtfsTensor, p->ir.tensors.len), NULL, true};
    out->input = move_tensor(&b, p->ir.input);
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        TtfsNode n = p->ir.nodes.at[i];
        if (n.op == TTFS_OP_COUNT) continue;
        n.name = b.node = ttfs_arena_strdup(&out->arena, n.name);
        for (uint32_t k = 0; k < n.n_in; k++) n.in[k] = move_tensor(&b, n.in[k]);
        n.out = move_tensor(&b, n.out);
        ttfs_ir_add_node(out, &n);
    }
    out->output = move_tensor(&b, p->ir.output);
    ttfs_arena_free(&scratch);
    return b.ok && ttfs_ir_check(out, p->file, p->diag);
}
