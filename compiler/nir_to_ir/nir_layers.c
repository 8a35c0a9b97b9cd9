/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what is linear: Affine, Linear, Conv1d, Conv2d, the pools, Flatten, Scale. Shapes in
 * the file have no batch; tensors of the IR have one, of 1.
 */
#include "nir_import.h"

#include <string.h>

static const TtfsTensor NONE = {0};

static TtfsTensor bias(NirImport *im, NirNode *n, uint32_t channels, bool *ok) {
    NirArray b;
    if (!ttfs_nir_has(n, "bias")) return NONE;
    *ok = ttfs_nir_array(im, n, "bias", &b);
    if (*ok && (b.rank != 1 || b.dim[0] != channels))
        *ok = ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'bias' has %llu values, %u expected",
                             (unsigned long long)b.count, channels);
    return *ok ? ttfs_nir_weights(im, n, "bias", &b) : NONE;
}

/* Weights [out, in] over a vector. */
TtfsTensor ttfs_nir_affine(NirImport *im, NirNode *n, TtfsTensor x) {
    NirArray w;
    TtfsNode node = {.op = TTFS_OP_GEMM, .n_in = 2, .attr = ttfs_ir_attr()};
    if (!ttfs_nir_array(im, n, "weight", &w)) return NONE;
    const TtfsTensorInfo *t = ttfs_ir_tensor(im->ir, x);
    if (w.rank != 2 || t->rank != 2 || w.dim[1] != t->dim[1]) {
        ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, "put a Flatten before it, or mend the input's shape",
                       "weights of %u dimensions, %u in the last, over an input of shape %s",
                       w.rank, w.rank ? w.dim[w.rank - 1] : 1, ttfs_ir_shape_text(&im->scratch, t));
        return NONE;
    }
    bool ok = true;
    node.attr.trans_b = true;
    node.in[0] = x;
    node.in[1] = ttfs_nir_weights(im, n, "weight", &w);
    node.in[2] = bias(im, n, w.dim[0], &ok);
    if (node.in[2].i) node.n_in = 3;
    return ok ? ttfs_nir_emit(im, n, &node, NULL) : NONE;
}

/* One value for both axes, or one each; of a 1-D layer, the columns'. */
static bool sizes(NirImport *im, NirNode *n, const char *name, int64_t least, uint32_t axes,
                  uint32_t out[2]) {
    int64_t v[2];
    uint32_t count = 0;
    if (!ttfs_nir_integers(im, n, name, least, axes, v, &count)) return false;
    if (count) out[1] = (uint32_t)v[count - 1];
    if (count && axes == 2) out[0] = (uint32_t)v[0];
    return true;
}

/* Of "same" (which needs stride 1) the far end gets the odd one, as in PyTorch. */
static bool same(NirImport *im, NirNode *n, TtfsIrAttr *a) {
    for (int i = 0; i < 2; i++) {
        uint64_t total = (uint64_t)(a->kernel[i] - 1) * a->dilation[i];
        if (a->stride[i] != 1 || total > INT32_MAX)
            return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, "give the padding as numbers",
                                  "padding 'same' with a stride of %u", a->stride[i]);
        a->pad[i] = (uint32_t)(total / 2);
        a->pad[i + 2] = (uint32_t)(total - total / 2);
    }
    return true;
}

static bool padding(NirImport *im, NirNode *n, uint32_t axes, TtfsIrAttr *a) {
    const char *text;
    if (!ttfs_nir_text(im, n, "padding", &text)) return false;
    if (text && strcmp(text, "same") == 0) return same(im, n, a);
    if (text && strcmp(text, "valid") == 0) return true;
    if (text)
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "padding '%s' is none of same and valid",
                              text);
    if (!sizes(im, n, "padding", 0, axes, a->pad)) return false;
    memcpy(a->pad + 2, a->pad, 2 * sizeof *a->pad);
    return true;
}

/* Weights as 4-D: those of a 1-D layer get a height of 1. */
static void widen(NirArray *w) {
    if (w->rank != 3) return;
    w->rank = 4;
    w->dim[3] = w->dim[2];
    w->dim[2] = 1;
}

static bool conv_node(NirImport *im, NirNode *n, uint32_t axes, TtfsNode *node) {
    NirArray w;
    int64_t group = 1;
    uint32_t count;
    bool ok = true;
    if (!ttfs_nir_array(im, n, "weight", &w)) return false;
    if (w.rank != axes + 2)
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "weights of %u dimensions, %u expected",
                              w.rank, axes + 2);
    widen(&w);
    memcpy(node->attr.kernel, w.dim + 2, sizeof node->attr.kernel);
    if (!sizes(im, n, "stride", 1, axes, node->attr.stride) ||
        !sizes(im, n, "dilation", 1, axes, node->attr.dilation) ||
        !padding(im, n, axes, &node->attr) ||
        !ttfs_nir_integers(im, n, "groups", 1, 1, &group, &count))
        return false;
    node->attr.group = (uint32_t)group;
    node->in[1] = ttfs_nir_weights(im, n, "weight", &w);
    node->in[2] = bias(im, n, w.dim[0], &ok);
    if (node->in[2].i) node->n_in = 3;
    return ok;
}

TtfsTensor ttfs_nir_conv(NirImport *im, NirNode *n, TtfsTensor x) {
    uint32_t axes = strcmp(n->type, "Conv1d") == 0 ? 1 : 2;
    TtfsNode node = {.op = TTFS_OP_CONV, .n_in = 2, .attr = ttfs_ir_attr()};
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    if (t.rank != axes + 2) {
        ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL,
                       "an input of shape %s, the channels and %u axes expected",
                       ttfs_ir_shape_text(&im->scratch, &t), axes);
        return NONE;
    }
    if (axes == 1) x = ttfs_nir_reshape(im, n, x, 4, (uint32_t[]){1, t.dim[1], 1, t.dim[2]});
    node.in[0] = x;
    if (!x.i || !conv_node(im, n, axes, &node)) return NONE;
    TtfsTensor y = ttfs_nir_emit(im, n, &node, NULL);
    if (axes == 2 || !y.i) return y;
    t = *ttfs_ir_tensor(im->ir, y);
    return ttfs_nir_reshape(im, n, y, 3, (uint32_t[]){1, t.dim[1], t.dim[3]});
}

/* A sum is the mean over the whole patch, padding included, times its places. */
TtfsTensor ttfs_nir_pool(NirImport *im, NirNode *n, TtfsTensor x) {
    TtfsNode node = {.op = TTFS_OP_AVERAGEPOOL, .n_in = 1, .in = {x}, .attr = ttfs_ir_attr()};
    TtfsIrAttr *a = &node.attr;
    if (!ttfs_nir_has(n, "kernel_size")) {
        ttfs_nir_fault(im, n, TTFS_NIR_FILE, NULL, "it has no parameter 'kernel_size'");
        return NONE;
    }
    if (!sizes(im, n, "kernel_size", 1, 2, a->kernel)) return NONE;
    memcpy(a->stride, a->kernel, sizeof a->stride);
    if (!sizes(im, n, "stride", 1, 2, a->stride) || !padding(im, n, 2, a)) return NONE;
    a->count_pad = true;
    TtfsTensor y = ttfs_nir_emit(im, n, &node, NULL);
    if (!y.i || strcmp(n->type, "SumPool2d") != 0) return y;
    float *places = TTFS_NEW(&im->ir->arena, float);
    *places = (float)a->kernel[0] * (float)a->kernel[1];
    NirArray c = {.count = 1, .at = places};
    return ttfs_nir_two(im, n, TTFS_OP_MUL, y, ttfs_nir_weights(im, n, "places", &c));
}

/* An axis of one sample, negative ones counted from the end, as one of the tensor. */
static bool axis(NirImport *im, NirNode *n, const char *name, uint32_t rank, int64_t *v) {
    uint32_t count;
    if (!ttfs_nir_integers(im, n, name, -TTFS_MAX_RANK, 1, v, &count)) return false;
    *v += *v < 0 ? rank : 1;
    return (*v >= 1 && *v < rank) ||
           ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'%s' is no axis of an input of %u", name,
                          rank - 1);
}

TtfsTensor ttfs_nir_flatten(NirImport *im, NirNode *n, TtfsTensor x) {
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    int64_t first = 1, last = -1; /* NIR's own defaults; the first may be the last */
    if (!axis(im, n, "start_dim", t.rank, &first) || !axis(im, n, "end_dim", t.rank, &last))
        return NONE;
    if (first > last) {
        ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "'start_dim' lies behind 'end_dim'");
        return NONE;
    }
    uint32_t rank = 0, dim[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < t.rank; i++) {
        bool joins = i > first && i <= last;
        if (joins) dim[rank - 1] *= t.dim[i]; /* the product is the tensor's, below 2^31 */
        if (!joins) dim[rank++] = t.dim[i];
    }
    return ttfs_nir_reshape(im, n, x, rank, dim);
}

TtfsTensor ttfs_nir_scale(NirImport *im, NirNode *n, TtfsTensor x) {
    NirArray s;
    if (!ttfs_nir_array(im, n, "scale", &s)) return NONE;
    return ttfs_nir_two(im, n, TTFS_OP_MUL, x, ttfs_nir_constant(im, n, "scale", &s, x));
}
