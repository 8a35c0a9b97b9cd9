/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of a node: looked up by name, their kind tested, defaults left in place when absent.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

const Onnx__AttributeProto *ttfs_onnx_attr(const OnnxNode *n, const char *name) {
    for (size_t i = 0; i < n->proto->n_attribute; i++)
        if (n->proto->attribute[i]->name && strcmp(n->proto->attribute[i]->name, name) == 0)
            return n->proto->attribute[i];
    return NULL;
}

static bool wrong_kind(OnnxImport *im, const OnnxNode *n, const char *name, const char *kind) {
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute '%s' is not %s", name, kind);
}

bool ttfs_onnx_attr_int(OnnxImport *im, const OnnxNode *n, const char *name, int64_t *value) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, name);
    if (!a) return true;
    if (!a->has_i) return wrong_kind(im, n, name, "an integer");
    *value = a->i;
    return true;
}

bool ttfs_onnx_attr_float(OnnxImport *im, const OnnxNode *n, const char *name, float *value) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, name);
    if (!a) return true;
    if (!a->has_f || !isfinite(a->f)) return wrong_kind(im, n, name, "a finite number");
    *value = a->f;
    return true;
}

bool ttfs_onnx_attr_text(OnnxImport *im, const OnnxNode *n, const char *name, const char **value) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, name);
    if (!a) return true;
    if (!a->has_s) return wrong_kind(im, n, name, "a string");
    *value = ttfs_arena_strndup(&im->scratch, a->s.len ? (const char *)a->s.data : "", a->s.len);
    return true;
}

bool ttfs_onnx_attr_ints(OnnxImport *im, const OnnxNode *n, const char *name,
                         const int64_t **values, size_t *count) {
    const Onnx__AttributeProto *a = ttfs_onnx_attr(n, name);
    *count = a ? a->n_ints : 0;
    *values = a ? a->ints : NULL;
    if (a && a->n_ints == 0 && (a->has_i || a->has_f || a->has_s || a->n_floats || a->t))
        return wrong_kind(im, n, name, "a list of integers");
    return true;
}

void ttfs_onnx_attr_names(OnnxImport *im, const OnnxNode *n) {
    for (size_t i = 0; i < n->proto->n_attribute; i++) {
        const char *name = n->proto->attribute[i]->name;
        if (!name) name = "";
        const char *at = n->op->attributes;
        size_t len = strlen(name);
        bool known = false;
        while (len && !known && (at = strstr(at, name)) != NULL) {
            known = at > n->op->attributes && at[-1] == ' ' && at[len] == ' ';
            at += len;
        }
        if (!known)
            ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute '%s' is not supported",
                               name);
    }
}

bool ttfs_onnx_axis(OnnxImport *im, const OnnxNode *n, int64_t axis, uint32_t rank, uint32_t *out) {
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL, "axis %lld of %u dimensions",
                                  (long long)axis, rank);
    *out = (uint32_t)(axis < 0 ? axis + rank : axis);
    return true;
}
