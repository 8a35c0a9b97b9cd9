/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers that make constants: Constant, ConstantOfShape, Shape, Size, Range, and Where, which
 * chooses between constants.
 */
#include "onnx_import.h"

#include <string.h>

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

/* Dimensions from a list of integers. */
static bool shape_of_list(OnnxImport *im, const OnnxNode *n, const int64_t *v, size_t count,
                          uint32_t *dim) {
    if (count > TTFS_MAX_RANK)
        return ttfs_onnx_obstacle(im, n, TTFS_LIMIT, NULL, "%zu dimensions, at most %d", count,
                                  TTFS_MAX_RANK);
    for (size_t i = 0; i < count; i++) {
        if (v[i] < 0 || v[i] > INT32_MAX)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "dimension %zu is %lld", i,
                                      (long long)v[i]);
        dim[i] = (uint32_t)v[i];
    }
    return true;
}

void ttfs_onnx_constant_of_shape(OnnxImport *im, OnnxNode *n) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, "value");
    const int64_t *v;
    size_t count;
    uint32_t dim[TTFS_MAX_RANK];
    OnnxConst value = {.f = (const float[]){0}, .count = 1}, out;
    if (a && (!a->t || !ttfs_onnx_tensor(im, n->name, a->t, &value))) return;
    if (n->unknown || !ttfs_onnx_ints(im, n, 0, &v, &count)) return;
    if (value.count != 1) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "one value expected");
        return;
    }
    if (!a) value.type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    const int64_t still[TTFS_MAX_RANK] = {0};
    if (shape_of_list(im, n, v, count, dim) &&
        ttfs_onnx_fold_strided(im, n, &value, (uint32_t)count, dim, 0, still, &out))
        ttfs_onnx_bind_const(n, &out);
}

/* Shape, from `start` to `end`; Size. Known of activations too. */
void ttfs_onnx_shape_of(OnnxImport *im, OnnxNode *n) {
    int64_t start = 0, end = TTFS_MAX_RANK, value[TTFS_MAX_RANK] = {0}, size = 1;
    bool ok = ttfs_onnx_attr_int(im, n, "start", &start);
    ok = ttfs_onnx_attr_int(im, n, "end", &end) && ok;
    if (!ok || n->unknown) return;
    TtfsTensorInfo t = ttfs_onnx_shape(im, n, 0);
    int64_t rank = t.rank;
    start = start < -rank ? 0 : start < 0 ? start + rank : start > rank ? rank : start;
    end = end < -rank ? 0 : end < 0 ? end + rank : end > rank ? rank : end;
    for (uint32_t i = 0; i < t.rank; i++) {
        value[i] = t.dim[i];
        size *= t.dim[i];
    }
    if (strcmp(n->type, "Size") == 0)
        constant_ints(im, n, &size, 1, false);
    else
        constant_ints(im, n, value + start, end > start ? (size_t)(end - start) : 0, true);
}

void ttfs_onnx_range(OnnxImport *im, OnnxNode *n) {
    double v[3] = {0, 0, 1};
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (n->unknown) return;
    for (uint32_t i = 0; i < 3; i++)
        if (!ttfs_onnx_number(im, n, i, &v[i])) return;
    double count = v[2] != 0 ? (v[1] - v[0]) / v[2] : -1;
    if (!(count >= 0 && count < INT32_MAX)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "from %g to %g in steps of %g", v[0], v[1],
                           v[2]);
        return;
    }
    uint32_t whole = (uint32_t)count + (count > (double)(uint32_t)count);
    bool is_float = n->in[0]->c.f != NULL;
    if (!ttfs_onnx_new_const(im, n, is_float, 1, &whole, &f, &q, &out)) return;
    out.type = n->in[0]->c.type;
    for (uint32_t i = 0; i < whole; i++) {
        if (f)
            f[i] = (float)(v[0] + i * v[2]);
        else
            q[i] = (int64_t)(v[0] + i * v[2]);
    }
    ttfs_onnx_bind_const(n, &out);
}

/* The constant repeated to a shape that it broadcasts to. */
static bool spread(OnnxImport *im, const OnnxNode *n, const OnnxConst *c, uint32_t rank,
                   const uint32_t *dim, OnnxConst *out) {
    int64_t stride[TTFS_MAX_RANK], moved[TTFS_MAX_RANK] = {0};
    ttfs_onnx_strides(c, stride);
    for (uint32_t i = 0; i < c->rank; i++)
        moved[i + rank - c->rank] = c->dim[i] == 1 ? 0 : stride[i];
    return ttfs_onnx_fold_strided(im, n, c, rank, dim, 0, moved, out);
}

/* Where(c, x, y) of constants: all three spread to one shape, then chosen element by element. */
void ttfs_onnx_where(OnnxImport *im, OnnxNode *n) {
    if (n->unknown) return;
    if (!ttfs_onnx_all_const(n)) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_OP, "use a network without conditions",
                           "only of constants: of activations it is outside what the mapping "
                           "covers");
        ttfs_onnx_stand_in(im, n, 1);
        return;
    }
    OnnxConst both = {0}, all = {0}, part[3], out;
    bool fits = n->in[0]->c.n && (n->in[1]->c.f != NULL) == (n->in[2]->c.f != NULL) &&
                ttfs_ir_broadcast(n->in[0]->c.rank, n->in[0]->c.dim, n->in[1]->c.rank,
                                  n->in[1]->c.dim, &both.rank, both.dim) &&
                ttfs_ir_broadcast(both.rank, both.dim, n->in[2]->c.rank, n->in[2]->c.dim, &all.rank,
                                  all.dim);
    if (!fits) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                           "the constants have types or shapes that do not fit");
        return;
    }
    for (uint32_t i = 0; i < 3; i++)
        if (!spread(im, n, &n->in[i]->c, all.rank, all.dim, &part[i])) return;
    float *f = NULL;
    int64_t *q = NULL;
    if (!ttfs_onnx_new_const(im, n, part[1].f != NULL, all.rank, all.dim, &f, &q, &out)) return;
    out.type = part[1].type;
    for (uint64_t i = 0; i < out.count; i++) {
        const OnnxConst *from = &part[part[0].n[i] ? 1 : 2];
        if (f)
            f[i] = from->f[i];
        else
            q[i] = from->n[i];
    }
    ttfs_onnx_bind_const(n, &out);
}
