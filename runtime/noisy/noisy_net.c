/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical network with open rectifiers: what is a layer's last node, a RELU, CLIP or QUANT,
 * lets everything through and reads the sum itself, so that what the sum becomes can be said behind
 * it. Weights are copies where they are disturbed.
 */
#include "noisy_inside.h"

#include "philox.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const TtfsNode *maker(const TtfsIr *ir, TtfsTensor t) {
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        if (ir->nodes.at[i].out.i == t.i) return &ir->nodes.at[i];
    return NULL;
}

/* A node of a layer's, of the input or of a rectifier. */
static void open_node(const TtfsNoisy *n, TtfsNode *node) {
    const TtfsNode *before = maker(&n->plain, node->in[0]);
    bool window = node->op == TTFS_OP_QUANT || node->op == TTFS_OP_CLIP;
    if (!window && node->op != TTFS_OP_RELU) return;
    if (window && before && before->op == TTFS_OP_RELU) node->in[0] = before->in[0];
    node->op = TTFS_OP_CLIP;
    node->n_in = 1;
    node->attr.lo = -FLT_MAX;
    node->attr.hi = FLT_MAX;
}

/* A network that shares all but its lists of nodes and tensors. */
static TtfsIr sharing(TtfsNoisy *n, const TtfsIr *ir) {
    TtfsIr own = *ir;
    own.nodes.at = TTFS_ARRAY(&n->arena, TtfsNode, ir->nodes.len);
    own.tensors.at = TTFS_ARRAY(&n->arena, TtfsTensorInfo, ir->tensors.len);
    memcpy(own.nodes.at, ir->nodes.at, ir->nodes.len * sizeof *own.nodes.at);
    memcpy(own.tensors.at, ir->tensors.at, ir->tensors.len * sizeof *own.tensors.at);
    return own;
}

static void open_nodes(TtfsNoisy *n, TtfsIr *ir) {
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        uint32_t l = n->layer_of[ir->nodes.at[i].out.i - 1];
        TtfsLayerKind kind = l ? n->net.layers.at[l - 1].kind : TTFS_LAYER_READOUT;
        if (kind == TTFS_LAYER_INPUT || kind == TTFS_LAYER_RELU) open_node(n, &ir->nodes.at[i]);
    }
}

static void number_layers(TtfsNoisy *n) {
    n->layer_of = TTFS_ARRAY(&n->arena, uint32_t, n->plain.tensors.len);
    n->first = TTFS_ARRAY(&n->arena, uint64_t, n->net.layers.len);
    for (uint32_t i = 0; i < n->net.layers.len; i++) {
        const TtfsNetLayer *l = &n->net.layers.at[i];
        n->first[i] = n->neurons;
        n->neurons += ttfs_net_size(l);
        if (l->kind != TTFS_LAYER_READOUT) n->layer_of[l->tensor.i - 1] = i + 1;
    }
}

static bool has_weights(const TtfsNode *n) {
    return n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM;
}

static void own_weights(TtfsNoisy *n) {
    n->weight = TTFS_ARRAY(&n->arena, float *, n->plain.tensors.len);
    for (uint32_t i = 0; i < n->plain.nodes.len; i++) {
        if (!has_weights(&n->plain.nodes.at[i])) continue;
        uint32_t t = n->plain.nodes.at[i].in[1].i - 1;
        const TtfsTensorInfo *info = &n->clean.tensors.at[t];
        if (!info->data || n->weight[t]) continue;
        n->weight[t] = TTFS_ARRAY(&n->arena, float, ttfs_ir_count(info));
        memcpy(n->weight[t], info->data, ttfs_ir_count(info) * sizeof(float));
        n->plain.tensors.at[t].data = n->open.tensors.at[t].data = n->weight[t];
    }
}

static bool make_net(TtfsNoisy *n, TtfsDiag *diag) {
    ttfs_net_free(&n->net);
    return ttfs_net_of(&n->plain, n->file, &n->net, diag);
}

static bool open(TtfsNoisy *n, const TtfsIr *canonical, bool weights, TtfsDiag *diag) {
    const TtfsFastOptions options = {0};
    n->plain = sharing(n, canonical);
    if (!make_net(n, diag)) return false;
    number_layers(n);
    n->open = sharing(n, canonical);
    n->clean = sharing(n, canonical);
    open_nodes(n, &n->open);
    open_nodes(n, &n->clean);
    if (weights) own_weights(n);
    n->fast = ttfs_fast_open(&n->open, &options, diag);
    n->fast_clean = weights ? ttfs_fast_open(&n->clean, &options, diag) : n->fast;
    return n->fast && n->fast_clean;
}

TtfsNoisy *ttfs_noisy_open(const TtfsIr *canonical, const char *file, bool weights,
                           TtfsDiag *diag) {
    TtfsArena arena = {0};
    TtfsNoisy *n = TTFS_NEW(&arena, TtfsNoisy);
    n->arena = arena;
    n->file = file;
    if (open(n, canonical, weights, diag)) return n;
    ttfs_noisy_close(n);
    return NULL;
}

void ttfs_noisy_close(TtfsNoisy *n) {
    if (!n) return;
    if (n->fast_clean != n->fast) ttfs_fast_close(n->fast_clean);
    ttfs_fast_close(n->fast);
    ttfs_net_free(&n->net);
    TtfsArena arena = n->arena; /* holds *n itself */
    ttfs_arena_free(&arena);
}

static double largest(const float *w, uint64_t count) {
    double most = 0;
    for (uint64_t i = 0; i < count; i++) most = fmax(most, fabs((double)w[i]));
    return most;
}

static void disturb(const TtfsNoisy *n, uint32_t t, const TtfsNoisyWeights *o) {
    const float *was = n->clean.tensors.at[t].data;
    uint64_t count = ttfs_ir_count(&n->clean.tensors.at[t]);
    const uint32_t key[2] = {o->seed, TTFS_DRAW_WEIGHT};
    double z[TTFS_NORMALS], unit = largest(was, count);
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t counter[4] = {o->trial, 0, t, (uint32_t)i};
        if (i % TTFS_NORMALS == 0) ttfs_philox_normals(key, counter, 3, TTFS_NORMALS, z);
        double by = o->sd * z[i % TTFS_NORMALS] * (o->added ? unit : (double)was[i]);
        n->weight[t][i] = (float)((double)was[i] + by);
    }
}

bool ttfs_noisy_weights(TtfsNoisy *n, const TtfsNoisyWeights *w, TtfsDiag *diag) {
    for (uint32_t t = 0; t < n->plain.tensors.len; t++)
        if (n->weight[t]) disturb(n, t, w);
    ttfs_fast_reload(n->fast);
    return make_net(n, diag);
}
