/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what moves or renames values: Identity, Dropout, Pad, Constant, Flatten, Reshape,
 * Squeeze, Unsqueeze, Transpose. Of constants they are evaluated (the data is shared where only
 * the shape changes); of activations they become reshape, transpose or identity nodes.
 */
#include "onnx_import.h"

#include <string.h>

void ttfs_onnx_identity(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    if (ttfs_onnx_is_const(n, 0)) {
        ttfs_onnx_bind_const(n, &n->in[0]->c);
        return;
    }
    TtfsNode node = {.op = TTFS_OP_IDENTITY, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}

void ttfs_onnx_dropout(OnnxImport *im, OnnxNode *n) {
    bool training = ttfs_onnx_has(n, 2) && n->in[2]->kind != ONNX_CONST;
    if (ttfs_onnx_is_const(n, 2)) {
        const OnnxConst *c = &n->in[2]->c;
        training = c->count != 1 || !c->n || c->n[0] != 0;
    }
    if (training)
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "export the model for inference",
                           "it is in training mode");
    else
        ttfs_onnx_identity(im, n);
}

void ttfs_onnx_pad(OnnxImport *im, OnnxNode *n) {
    const int64_t *pads;
    size_t count;
    bool given = ttfs_onnx_attr(n, "pads") != NULL;
    if (n->unknown && !given) return;
    if (given ? !ttfs_onnx_attr_ints(im, n, "pads", &pads, &count)
              : !ttfs_onnx_ints(im, n, 1, &pads, &count))
        return;
    for (size_t i = 0; i < count; i++)
        if (pads[i] != 0) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "use the pads of the convolution or pool",
                               "padding by more than nothing is not supported");
            return;
        }
    ttfs_onnx_identity(im, n);
}

static void constant_floats(OnnxImport *im, OnnxNode *n, const float *v, size_t count, bool list) {
    float *f;
    int64_t *q;
    OnnxConst c;
    if (count > INT32_MAX ||
        !ttfs_onnx_new_const(im, n, true, list, (uint32_t[]){(uint32_t)count}, &f, &q, &c))
        return;
    if (count) memcpy(f, v, count * sizeof *f);
    ttfs_onnx_bind_const(n, &c);
}

static void constant_ints(OnnxImport *im, OnnxNode *n, const int64_t *v, size_t count, bool list) {
    float *f;
    int64_t *q;
    OnnxConst c;
    if (count > INT32_MAX ||
        !ttfs_onnx_new_const(im, n, false, list, (uint32_t[]){(uint32_t)count}, &f, &q, &c))
        return;
    if (count) memcpy(q, v, count * sizeof *q);
    ttfs_onnx_bind_const(n, &c);
}

void ttfs_onnx_constant(OnnxImport *im, OnnxNode *n) {
    const Onnx__AttributeProto *a = n->proto->n_attribute == 1 ? n->proto->attribute[0] : NULL;
    const char *name = a && a->name ? a->name : "";
    if (strcmp(name, "value") == 0 && a->t) {
        OnnxConst c;
        if (ttfs_onnx_tensor(im, n->name, a->t, &c)) ttfs_onnx_bind_const(n, &c);
    } else if (strcmp(name, "value_float") == 0) {
        constant_floats(im, n, &a->f, 1, false);
    } else if (strcmp(name, "value_floats") == 0) {
        constant_floats(im, n, a->floats, a->n_floats, true);
    } else if (strcmp(name, "value_int") == 0) {
        constant_ints(im, n, &a->i, 1, false);
    } else if (strcmp(name, "value_ints") == 0) {
        constant_ints(im, n, a->ints, a->n_ints, true);
    } else {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "exactly one numeric value expected");
    }
}

/* Input 0 in another shape; its element count was checked for constants by the caller's own means
 * or is checked here. */
static void reshaped(OnnxImport *im, OnnxNode *n, uint32_t rank, const uint64_t *dim) {
    TtfsTensorInfo t = {.rank = rank};
    uint64_t count = 1;
    for (uint32_t i = 0; i < rank; i++) {
        if (dim[i] > INT32_MAX || (count *= dim[i]) > INT32_MAX) {
            ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "a shape of more than 2^31 - 1 elements");
            return;
        }
        t.dim[i] = (uint32_t)dim[i];
    }
    if (!ttfs_onnx_is_const(n, 0)) {
        TtfsNode node = {.op = TTFS_OP_RESHAPE, .n_in = 1, .attr = ttfs_ir_attr()};
        node.in[0] = ttfs_onnx_operand(im, n, 0);
        if (node.in[0].i) ttfs_onnx_emit(im, n, &node, &t);
        return;
    }
    OnnxConst c = n->in[0]->c;
    if (c.count != count) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "%llu elements cannot become %llu",
                           (unsigned long long)c.count, (unsigned long long)count);
        return;
    }
    c.rank = rank;
    memcpy(c.dim, t.dim, sizeof c.dim);
    ttfs_onnx_bind_const(n, &c);
}

void ttfs_onnx_flatten(OnnxImport *im, OnnxNode *n) {
    int64_t axis = 1;
    if (!ttfs_onnx_attr_int(im, n, "axis", &axis) || n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (axis < 0) axis += x.rank;
    if (axis < 0 || axis > x.rank) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "axis %lld of %u dimensions",
                           (long long)axis, x.rank);
        return;
    }
    uint64_t dim[2] = {1, 1};
    for (uint32_t i = 0; i < x.rank; i++) dim[i >= axis] *= x.dim[i];
    reshaped(im, n, 2, dim);
}

/* Puts the shape into `dim`, with 0 (copied, unless allowzero) and one -1 (what is left). */
static bool target_shape(OnnxImport *im, OnnxNode *n, const int64_t *want, size_t rank,
                         int64_t allow_zero, uint64_t *dim) {
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    uint64_t all = 1, known = 1;
    size_t open = rank;
    for (uint32_t i = 0; i < x.rank; i++) all *= x.dim[i];
    for (size_t i = 0; i < rank; i++) {
        bool copied = want[i] == 0 && !allow_zero;
        bool bad = want[i] < -1 || want[i] > INT32_MAX || (copied && i >= x.rank) ||
                   (want[i] == -1 && open != rank);
        if (bad)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                      "%lld is no dimension at place %zu", (long long)want[i], i);
        dim[i] = copied ? x.dim[i] : (uint64_t)want[i];
        if (want[i] == -1)
            open = i;
        else
            known *= dim[i];
        if (known > INT32_MAX)
            return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "a shape of too many elements");
    }
    if (open == rank) return true;
    if (known == 0 || all % known)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                  "%llu elements do not fill rows of %llu", (unsigned long long)all,
                                  (unsigned long long)known);
    dim[open] = all / known;
    return true;
}

void ttfs_onnx_reshape(OnnxImport *im, OnnxNode *n) {
    int64_t allow_zero = 0;
    const int64_t *want;
    size_t rank;
    uint64_t dim[TTFS_MAX_RANK];
    if (!ttfs_onnx_attr_int(im, n, "allowzero", &allow_zero) || n->unknown) return;
    if (!ttfs_onnx_ints(im, n, 1, &want, &rank)) return;
    if (rank > TTFS_MAX_RANK)
        ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "%zu dimensions, at most %d", rank,
                           TTFS_MAX_RANK);
    else if (target_shape(im, n, want, rank, allow_zero, dim))
        reshaped(im, n, (uint32_t)rank, dim);
}

/* Axes are an attribute before opset 13, an input from then on. As a bit set below `rank`. */
static bool read_axes(OnnxImport *im, OnnxNode *n, uint32_t rank, uint32_t *set, size_t *count) {
    const int64_t *axes;
    bool given = ttfs_onnx_attr(n, "axes") != NULL;
    if (given ? !ttfs_onnx_attr_ints(im, n, "axes", &axes, count)
              : !ttfs_onnx_ints(im, n, 1, &axes, count))
        return false;
    *set = 0;
    for (size_t i = 0; i < *count; i++) {
        uint32_t axis;
        if (!ttfs_onnx_axis(im, n, axes[i], rank, &axis)) return false;
        if (*set >> axis & 1)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "axis %u is named twice", axis);
        *set |= 1u << axis;
    }
    return true;
}

void ttfs_onnx_squeeze(OnnxImport *im, OnnxNode *n) {
    uint32_t set, rank = 0;
    size_t count;
    uint64_t dim[TTFS_MAX_RANK];
    if (n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (!read_axes(im, n, x.rank, &set, &count)) return;
    for (uint32_t i = 0; i < x.rank; i++) {
        bool named = count ? set >> i & 1 : x.dim[i] == 1;
        if (named && x.dim[i] != 1) {
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "dimension %u is %u, 1 expected", i,
                               x.dim[i]);
            return;
        }
        if (!named) dim[rank++] = x.dim[i];
    }
    reshaped(im, n, rank, dim);
}

void ttfs_onnx_unsqueeze(OnnxImport *im, OnnxNode *n) {
    uint32_t set;
    size_t count;
    uint64_t dim[TTFS_MAX_RANK];
    if (n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, "axes");
    uint64_t rank = x.rank + (a ? a->n_ints : ttfs_onnx_is_const(n, 1) ? n->in[1]->c.count : 0);
    if (rank > TTFS_MAX_RANK) {
        ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "more than %d dimensions", TTFS_MAX_RANK);
        return;
    }
    if (!read_axes(im, n, (uint32_t)rank, &set, &count)) return;
    for (uint32_t i = 0, k = 0; i < rank; i++) dim[i] = set >> i & 1 ? 1 : x.dim[k++];
    reshaped(im, n, (uint32_t)rank, dim);
}

void ttfs_onnx_transpose(OnnxImport *im, OnnxNode *n) {
    TtfsNode node = {.op = TTFS_OP_TRANSPOSE, .n_in = 1, .attr = ttfs_ir_attr()};
    const int64_t *perm;
    size_t count;
    uint32_t set = 0;
    if (!ttfs_onnx_attr_ints(im, n, "perm", &perm, &count) || n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    bool sound = count == 0 || count == x.rank;
    for (uint32_t i = 0; sound && i < x.rank; i++) {
        int64_t p = count ? perm[i] : x.rank - 1 - i;
        sound = p >= 0 && p < x.rank && !(set >> p & 1);
        if (!sound) break;
        set |= 1u << p;
        node.attr.perm[i] = (uint32_t)p;
    }
    if (!sound) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "perm is no permutation of %u axes",
                           x.rank);
        return;
    }
    if (ttfs_onnx_is_const(n, 0)) {
        ttfs_onnx_fold_transpose(im, n, node.attr.perm);
        return;
    }
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i) ttfs_onnx_emit(im, n, &node, NULL);
}
