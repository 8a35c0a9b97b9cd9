/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of what renames or reshapes values: Identity, Dropout, Cast, Flatten, Reshape, Squeeze,
 * Unsqueeze, Transpose. Of constants they are evaluated (the data is shared where only the shape
 * changes); of activations they become reshape, transpose or identity nodes.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

/* The output holds integers when input 0 does. */
static void still_integer(OnnxNode *n) {
    if (n->n_out && n->out[0]) n->out[0]->integer = n->in[0]->integer;
}

void ttfs_onnx_identity(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    if (ttfs_onnx_is_const(n, 0)) {
        ttfs_onnx_bind_const(n, &n->in[0]->c);
        return;
    }
    TtfsNode node = {.op = TTFS_OP_IDENTITY, .n_in = 1, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i && ttfs_onnx_emit(im, n, &node, NULL).i) still_integer(n);
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

/* v rounded half to even to floats of `digits` bits and least exponent `least` (IEEE 754). */
static float narrow(double v, int digits, int least, double most) {
    if (v == 0 || !isfinite(v)) return (float)v;
    int exponent = ilogb(v) < least ? least : ilogb(v);
    double unit = ldexp(1, exponent - digits + 1), r = rint(v / unit) * unit;
    return fabs(r) > most ? (float)copysign(INFINITY, v) : (float)r;
}

static float to_float(double v, int32_t to) {
    if (to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) return narrow(v, 11, -14, 65504);
    if (to == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16) return narrow(v, 8, -126, 3.39e38);
    return (float)v;
}

static void cast_const(OnnxImport *im, OnnxNode *n, int32_t to) {
    const OnnxConst *x = &n->in[0]->c;
    bool boolean = to == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (!ttfs_onnx_new_const(im, n, ttfs_onnx_is_float(to), x->rank, x->dim, &f, &q, &out)) return;
    out.type = to;
    for (uint64_t i = 0; i < x->count; i++) {
        double v = x->f ? (double)x->f[i] : (double)x->n[i];
        if (f)
            f[i] = to_float(v, to);
        else if (boolean)
            q[i] = v != 0;
        else if (x->f) /* towards zero; what no integer holds becomes 0 */
            q[i] = v > -9.2e18 && v < 9.2e18 ? (int64_t)v : 0;
        else
            q[i] = x->n[i];
    }
    ttfs_onnx_bind_const(n, &out);
}

/* Activations are float32, or integers held in float32: a cast between such types changes nothing.
 * To half precision it would round; that is left out, with a note. */
void ttfs_onnx_cast(OnnxImport *im, OnnxNode *n) {
    int64_t to = 0;
    if (!ttfs_onnx_attr_int(im, n, "to", &to)) return;
    bool whole = to >= ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 &&
                 to <= ONNX__TENSOR_PROTO__DATA_TYPE__UINT64 &&
                 to != ONNX__TENSOR_PROTO__DATA_TYPE__STRING && !ttfs_onnx_is_float((int32_t)to);
    if (to < 0 || to > INT16_MAX || (!whole && !ttfs_onnx_is_float((int32_t)to))) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "a cast to %s is not supported",
                           ttfs_onnx_type_name(to < 0 || to > INT16_MAX ? -1 : (int32_t)to));
        return;
    }
    if (n->unknown) return;
    if (ttfs_onnx_is_const(n, 0)) {
        cast_const(im, n, (int32_t)to);
        return;
    }
    if (whole && !n->in[0]->integer) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "keep activations in float32",
                           "it rounds activations to integers");
        return;
    }
    if (to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
        to == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16)
        ttfs_note(im->diag, TTFS_AT_NODE(im->path, n->name),
                  "the cast to half precision is left out: activations are float32");
    ttfs_onnx_identity(im, n);
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
        if (node.in[0].i && ttfs_onnx_emit(im, n, &node, &t).i) still_integer(n);
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
    ttfs_onnx_keep_quanta(&n->in[0]->c, &c);
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

void ttfs_onnx_squeeze(OnnxImport *im, OnnxNode *n) {
    uint32_t set, rank = 0;
    size_t count;
    uint64_t dim[TTFS_MAX_RANK];
    if (n->unknown) return;
    TtfsTensorInfo x = ttfs_onnx_shape(im, n, 0);
    if (!ttfs_onnx_axes(im, n, 1, x.rank, &set, &count)) return;
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
    if (!ttfs_onnx_axes(im, n, 1, (uint32_t)rank, &set, &count)) return;
    for (uint32_t i = 0, k = 0; i < rank; i++) dim[i] = set >> i & 1 ? 1 : x.dim[k++];
    reshaped(im, n, (uint32_t)rank, dim);
}

static void fold_transpose(OnnxImport *im, OnnxNode *n, const uint32_t *perm) {
    const OnnxConst *c = &n->in[0]->c;
    int64_t stride[TTFS_MAX_RANK], moved[TTFS_MAX_RANK];
    uint32_t dim[TTFS_MAX_RANK];
    OnnxConst out;
    ttfs_onnx_strides(c, stride);
    for (uint32_t i = 0; i < c->rank; i++) {
        dim[i] = c->dim[perm[i]];
        moved[i] = stride[perm[i]];
    }
    if (ttfs_onnx_fold_strided(im, n, c, c->rank, dim, 0, moved, &out))
        ttfs_onnx_bind_const(n, &out);
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
        fold_transpose(im, n, node.attr.perm);
        return;
    }
    node.in[0] = ttfs_onnx_operand(im, n, 0);
    if (node.in[0].i && ttfs_onnx_emit(im, n, &node, NULL).i) still_integer(n);
}
