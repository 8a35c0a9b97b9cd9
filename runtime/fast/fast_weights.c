/* SPDX-License-Identifier: Apache-2.0
 *
 * Which operations are sums, and their weights as the code reads them: outputs in tiles, for each
 * input in the order of the sum one weight of every output of the tile.
 */
#include "fast_inside.h"

#include <math.h>

static const TtfsTensorInfo *input_of(const TtfsIr *ir, const TtfsNode *n, uint32_t k) {
    return ttfs_ir_tensor(ir, n->in[k]);
}

/* One matrix for all samples, and an addend of one value an output at most. */
static bool is_matrix(const TtfsIr *ir, const TtfsNode *n) {
    const TtfsTensorInfo *x = input_of(ir, n, 0), *w = input_of(ir, n, 1);
    if (w->rank != 2 || x->rank < 2) return false;
    if (n->op == TTFS_OP_MATMUL) return true;
    if (n->attr.trans_a) return false;
    if (n->n_in < 3) return true;
    const TtfsTensorInfo *c = input_of(ir, n, 2);
    return c->data && (c->rank < 2 || c->dim[c->rank - 2] == 1);
}

bool ttfs_fast_is_sum(const TtfsIr *ir, const TtfsNode *n) {
    if (n->op != TTFS_OP_CONV && n->op != TTFS_OP_GEMM && n->op != TTFS_OP_MATMUL) return false;
    if (input_of(ir, n, 0)->data || !input_of(ir, n, 1)->data) return false;
    if (n->op != TTFS_OP_CONV) return is_matrix(ir, n);
    return input_of(ir, n, 0)->dim[0] == 1 && (n->n_in < 3 || input_of(ir, n, 2)->data);
}

/* As many sums as registers hold beside a vector a place and one of weights. A vector of samples
 * fills `each` registers. Places share a weight, outputs a value. */
static void choose_tile(const TtfsTarget *t, TtfsFastWeights *s, bool conv) {
    uint32_t each = TTFS_FAST_LANES / t->lanes, room = t->registers / each;
    bool many = room >= 32;
    s->places = many && conv ? 3 : 1;
    s->outputs = many ? (conv ? 8 : 16) : room > 3 ? room - 2 : 1;
    if (s->outputs > s->n) s->outputs = (uint32_t)s->n;
}

/* Weight `k` of output `o`, the inputs in the order of the sum. */
static float weight_of(const TtfsFastWeights *s, const TtfsNode *n, const TtfsTensorInfo *w,
                       uint64_t o, uint64_t k) {
    if (n->op == TTFS_OP_CONV) {
        uint64_t channels = w->dim[1], taps = (uint64_t)w->dim[2] * w->dim[3];
        return w->data[(o * channels + k % channels) * taps + k / channels];
    }
    bool by_output = n->op == TTFS_OP_GEMM && n->attr.trans_b;
    return w->data[by_output ? o * s->k + k : k * s->n + o];
}

/* As pack has it, every product by itself. */
static void pack_products(TtfsFastWeights *s, const TtfsTensorInfo *w) {
    float factor[TTFS_TILE_PRODUCTS];
    uint64_t product = s->n * s->k / 9, channels = s->k / 9;
    for (uint64_t g = 0; g < s->groups; g++)
        for (uint64_t o = 0; o < s->n; o++) {
            uint64_t first = o / s->outputs * s->outputs;
            uint64_t end = first + s->outputs < s->n ? first + s->outputs : s->n;
            for (uint64_t k = 0; k < channels; k++) {
                ttfs_fast_winograd_kernel(w->data + ((g * s->n + o) * channels + k) * 9, factor);
                uint64_t at = first * channels + k * (end - first) + o - first;
                for (uint64_t i = 0; i < TTFS_TILE_PRODUCTS; i++)
                    s->weights[(g * TTFS_TILE_PRODUCTS + i) * product + at] = factor[i];
            }
        }
}

static void pack(TtfsFastWeights *s, const TtfsNode *n, const TtfsTensorInfo *w) {
    float *to = s->weights;
    if (s->block) {
        pack_products(s, w);
        return;
    }
    for (uint64_t g = 0; g < s->groups; g++)
        for (uint64_t first = 0; first < s->n; first += s->outputs) {
            uint64_t end = first + s->outputs < s->n ? first + s->outputs : s->n;
            for (uint64_t k = 0; k < s->k; k++)
                for (uint64_t o = first; o < end; o++) *to++ = weight_of(s, n, w, g * s->n + o, k);
        }
}

static void scale_of(TtfsFast *f, TtfsFastWeights *s, const TtfsNode *n) {
    const TtfsTensorInfo *c = n->n_in > 2 ? input_of(f->ir, n, 2) : NULL;
    bool gemm = n->op == TTFS_OP_GEMM, one = c && ttfs_ir_count(c) == 1;
    uint64_t outputs = s->n * s->groups;
    s->scale = TTFS_ARRAY(&f->arena, float, outputs);
    s->shift = TTFS_ARRAY(&f->arena, float, outputs);
    for (uint64_t o = 0; o < outputs; o++) {
        s->scale[o] = gemm ? n->attr.alpha : 1;
        s->shift[o] = c ? c->data[one ? 0 : o] * (gemm ? n->attr.beta : 1) : 0;
    }
}

static void note_wanted(const TtfsFastWeights *s, TtfsFastWanted *wanted) {
    uint64_t rest = s->n % s->outputs;
    TtfsFastSet *set = s->block ? &wanted->product : &wanted->sum;
    for (uint32_t p = 1; p <= s->places; p++) {
        (*set)[s->outputs][p] = true;
        if (rest) (*set)[rest][p] = true;
    }
    if (s->block) wanted->tiles = true;
}

void ttfs_fast_pack(TtfsFast *f, TtfsFastStep *step, TtfsFastWanted *wanted) {
    TtfsFastWeights *s = &step->sum;
    const TtfsNode *n = step->node;
    const TtfsTensorInfo *w = input_of(f->ir, n, 1);
    bool conv = n->op == TTFS_OP_CONV;
    s->groups = conv ? n->attr.group : 1;
    s->n = conv ? w->dim[0] / s->groups : w->dim[n->op == TTFS_OP_GEMM && n->attr.trans_b ? 0 : 1];
    s->k = ttfs_ir_count(w) / (s->n * s->groups);
    s->lo = -INFINITY;
    s->hi = INFINITY;
    choose_tile(&f->target, s, conv);
    if (conv && !f->whole) s->block = ttfs_fast_block(f->ir, n, s);
    uint64_t each = s->block ? TTFS_TILE_PRODUCTS * s->n * s->groups * (s->k / 9)
                             : ttfs_ir_count(w);
    s->weights = TTFS_ARRAY(&f->arena, float, each);
    pack(s, n, w);
    scale_of(f, s, n);
    note_wanted(s, wanted);
}

void ttfs_fast_reload(TtfsFast *f) {
    for (uint32_t i = 0; i < f->steps.len; i++) {
        TtfsFastStep *s = &f->steps.at[i];
        if (s->kind == TTFS_FAST_SUM) pack(&s->sum, s->node, input_of(f->ir, s->node, 1));
    }
}
