/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows and ticks on the float network. In: the canonical network, its layers, the populations
 * that they became; out: a network whose rectifiers are CLIP or QUANT, which any float engine runs.
 * Invariant: nothing but the end and the grid of rectified layers differs.
 */
#include "bounded.h"

#include <string.h>

static TtfsPopKind kind_of(TtfsLayerKind kind) {
    static const TtfsPopKind kinds[] = {[TTFS_LAYER_INPUT] = TTFS_POP_INPUT,
                                        [TTFS_LAYER_RELU] = TTFS_POP_RELU,
                                        [TTFS_LAYER_MAXPOOL] = TTFS_POP_POOL,
                                        [TTFS_LAYER_MINPOOL] = TTFS_POP_POOL,
                                        [TTFS_LAYER_READOUT] = TTFS_POP_READOUT};
    return kinds[kind];
}

bool ttfs_bounded_check(const TtfsNet *net, const TtfsSpike *s, const char *folder,
                        TtfsDiag *diag) {
    bool same = net->layers.len == s->pops.len;
    for (uint32_t i = 0; same && i < s->pops.len; i++) {
        const TtfsNetLayer *l = &net->layers.at[i];
        const TtfsPopulation *p = &s->pops.at[i];
        same = kind_of(l->kind) == p->kind && l->c == p->c && l->h == p->h && l->w == p->w;
    }
    return same || ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_OUT_FOLDER,
                              "its spike graph is not made of the layers of its network");
}

static double top_of(const TtfsPopulation *p) {
    return p->offset + p->scale * p->ticks;
}

/* A constant of one value for all elements of a tensor of that rank. */
static TtfsTensor constant(TtfsIr *ir, uint32_t rank, float v) {
    float *data = TTFS_ARRAY(&ir->arena, float, 1);
    TtfsTensorInfo t = {.name = "window", .rank = rank, .data = data};
    *data = v;
    for (uint32_t i = 0; i < rank; i++) t.dim[i] = 1;
    return ttfs_ir_add_tensor(ir, &t);
}

static void bound(TtfsNode *n, const TtfsPopulation *p) {
    float top = (float)top_of(p);
    if (n->op == TTFS_OP_CLIP && n->attr.hi < top) top = n->attr.hi;
    n->op = TTFS_OP_CLIP;
    n->attr = ttfs_ir_attr();
    n->attr.lo = 0;
    n->attr.hi = top;
}

static void round_to_ticks(TtfsIr *ir, TtfsNode *n, const TtfsPopulation *p) {
    uint32_t rank = ttfs_ir_tensor(ir, n->out)->rank;
    n->op = TTFS_OP_QUANT;
    n->attr = ttfs_ir_attr();
    n->attr.lo = 0;
    n->attr.hi = (float)p->ticks;
    n->in[1] = constant(ir, rank, (float)p->scale);
    n->in[2] = constant(ir, rank, 0);
    n->n_in = 3;
}

static void copy(const TtfsIr *ir, TtfsIr *out) {
    *out = (TtfsIr){.input = ir->input, .output = ir->output};
    for (uint32_t i = 0; i < ir->tensors.len; i++) ttfs_ir_add_tensor(out, &ir->tensors.at[i]);
    for (uint32_t i = 0; i < ir->nodes.len; i++) ttfs_ir_add_node(out, &ir->nodes.at[i]);
    for (uint32_t i = 0; i < ir->outputs.len; i++)
        *TTFS_PUSH(&out->arena, out->outputs) = ir->outputs.at[i];
}

void ttfs_bounded_net(const TtfsIr *ir, const TtfsNet *net, const TtfsSpike *s, bool ticks,
                      TtfsIr *out) {
    copy(ir, out);
    uint32_t *layer = TTFS_ARRAY(&out->arena, uint32_t, ir->tensors.len); /* index + 1 */
    for (uint32_t i = 0; i < net->layers.len; i++)
        if (net->layers.at[i].kind == TTFS_LAYER_RELU)
            layer[net->layers.at[i].tensor.i - 1] = i + 1;
    for (uint32_t i = 0; i < out->nodes.len; i++) {
        TtfsNode *n = &out->nodes.at[i];
        uint32_t at = layer[n->out.i - 1];
        if (at == 0 || n->op == TTFS_OP_QUANT) continue;
        if (ticks)
            round_to_ticks(out, n, &s->pops.at[at - 1]);
        else
            bound(n, &s->pops.at[at - 1]);
    }
}

void ttfs_bounded_input(const TtfsNet *net, const TtfsSpike *s, const float *from,
                        const uint16_t *x, float *to) {
    const TtfsPopulation *p = ttfs_spike_pop(s, s->input);
    float lo = (float)p->offset, hi = (float)top_of(p);
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) {
        size_t at = ttfs_net_sample_place(net, i);
        float v = from[at] < lo ? lo : from[at] > hi ? hi : from[at];
        to[at] = x ? (float)(p->offset + p->scale * x[i]) : v;
    }
}
