/* SPDX-License-Identifier: Apache-2.0
 *
 * Obstacles: each is an error with its node and its operator, as the model names them.
 */
#include "onnx_import.h"

bool ttfs_onnx_fault(OnnxImport *im, const char *node, const char *op, TtfsCode code,
                     const char *advice, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(im->diag, TTFS_AT_OP(im->path, node, op), code, advice, fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_onnx_obstacle(OnnxImport *im, const OnnxNode *n, TtfsCode code, const char *advice,
                        const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(im->diag, TTFS_AT_OP(im->path, n->name, n->type), code, advice, fmt, ap);
    va_end(ap);
    return false;
}
