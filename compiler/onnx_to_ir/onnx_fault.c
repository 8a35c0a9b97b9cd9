/* SPDX-License-Identifier: Apache-2.0
 *
 * Obstacles: each is kept for `ttfs check` and is an error in the diagnostics, with one text.
 */
#include "onnx_import.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const code_advice[TTFS_CODE_COUNT] = {
#define TTFS_CODE(name, advice) advice,
#include "diag.def"
#undef TTFS_CODE
};

static bool report(OnnxImport *im, const char *node, const char *op, TtfsCode code,
                   const char *advice, const char *reason) {
    if (!advice) advice = code_advice[code];
    ttfs_error_advice(im->diag, TTFS_AT_NODE(im->path, *node ? node : NULL), code, advice, "%s%s%s",
                      op, *op ? ": " : "", reason);
    if (!im->obstacles) return false;
    TtfsArena *a = &im->obstacles->arena;
    TtfsObstacle *o = TTFS_PUSH(a, im->obstacles->at);
    o->node = ttfs_arena_strdup(a, node);
    o->op = ttfs_arena_strdup(a, op);
    o->reason = ttfs_arena_strdup(a, reason);
    o->advice = ttfs_arena_strdup(a, advice);
    return false;
}

bool ttfs_onnx_fault(OnnxImport *im, const char *node, const char *op, TtfsCode code,
                     const char *advice, const char *fmt, ...) {
    char reason[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    return report(im, node, op, code, advice, reason);
}

bool ttfs_onnx_obstacle(OnnxImport *im, const OnnxNode *n, TtfsCode code, const char *advice,
                        const char *fmt, ...) {
    char reason[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    return report(im, n->name, n->type, code, advice, reason);
}
