/* SPDX-License-Identifier: Apache-2.0
 *
 * onnx_ops.def as tables, and the domains that they are looked up for. Look-ups are linear, over a
 * few dozen rows.
 */
#include "onnx_import.h"

#include <string.h>

#define ROW(type, least, most, attributes, handler)                                                \
    {#type, least, most, attributes, ttfs_onnx_##handler},

static const OnnxOp ops[] = {
#define ONNX_OP ROW
#include "onnx_ops.def"
#undef ONNX_OP
};
static const OnnxOp ml_ops[] = {
#define ONNX_ML_OP ROW
#include "onnx_ops.def"
#undef ONNX_ML_OP
};
static const OnnxOp qonnx_ops[] = {
#define QONNX_OP ROW
#include "onnx_ops.def"
#undef QONNX_OP
};

static const char *const qonnx_domains[] = {
    "qonnx.custom_op.general",
    "finn.custom_op.general",
    "onnx.brevitas",
};

static const OnnxOp *find(const OnnxOp *table, size_t n, const char *type) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].op, type) == 0) return &table[i];
    return NULL;
}

const OnnxOp *ttfs_onnx_op(const char *domain, const char *type) {
    if (*domain == 0 || strcmp(domain, "ai.onnx") == 0)
        return find(ops, sizeof ops / sizeof *ops, type);
    if (strcmp(domain, "ai.onnx.ml") == 0)
        return find(ml_ops, sizeof ml_ops / sizeof *ml_ops, type);
    for (size_t i = 0; i < sizeof qonnx_domains / sizeof *qonnx_domains; i++)
        if (strcmp(domain, qonnx_domains[i]) == 0)
            return find(qonnx_ops, sizeof qonnx_ops / sizeof *qonnx_ops, type);
    return NULL;
}
