/* SPDX-License-Identifier: Apache-2.0
 *
 * The IR as a struct: building, looking up, names of operations. ops.def is the only list of
 * operations; everything here is made from it.
 */
#include "ir.h"

#include <float.h>
#include <math.h>

static const TtfsOpInfo op_table[TTFS_OP_COUNT] = {
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning) {#name, least, most, attrs},
#include "ops.def"
#undef TTFS_OP
};

void ttfs_ir_free(TtfsIr *ir) {
    for (uint32_t i = 0; i < ir->maps.len; i++) ttfs_file_close(&ir->maps.at[i]);
    ttfs_arena_free(&ir->arena);
    *ir = (TtfsIr){0};
}

TtfsTensorInfo *ttfs_ir_tensor(const TtfsIr *ir, TtfsTensor t) {
    return &ir->tensors.at[t.i - 1];
}

uint64_t ttfs_ir_dims_count(uint32_t rank, const uint32_t *dim) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < rank; i++) {
        n *= dim[i]; /* below 2^31 * 2^32 */
        if (n == 0 || n > INT32_MAX) return 0;
    }
    return n;
}

uint64_t ttfs_ir_count(const TtfsTensorInfo *t) {
    return ttfs_ir_dims_count(t->rank, t->dim);
}

bool ttfs_on_grid(double v, double quantum, double *q) {
    *q = rint(v / quantum);
    return fabs(v / quantum - *q) <= 1e-4 + fabs(*q) * 4e-7;
}

uint32_t ttfs_ir_outputs(const TtfsIr *ir) {
    return ir->outputs.len ? ir->outputs.len : 1;
}

TtfsTensor ttfs_ir_output(const TtfsIr *ir, uint32_t i) {
    return ir->outputs.len ? ir->outputs.at[i] : ir->output;
}

const TtfsOpInfo *ttfs_op_info(TtfsOp op) {
    return &op_table[op];
}

const char *ttfs_op_name(TtfsOp op) {
    return op < TTFS_OP_COUNT ? op_table[op].name : "?";
}

TtfsIrAttr ttfs_ir_attr(void) {
    TtfsIrAttr a = {.kernel = {1, 1},
                    .stride = {1, 1},
                    .dilation = {1, 1},
                    .group = 1,
                    .alpha = 1,
                    .beta = 1,
                    .lo = -FLT_MAX,
                    .hi = FLT_MAX};
    for (int i = 0; i < TTFS_MAX_RANK; i++) a.apart[i] = 1;
    return a;
}

TtfsTensor ttfs_ir_add_tensor(TtfsIr *ir, const TtfsTensorInfo *info) {
    *TTFS_PUSH(&ir->arena, ir->tensors) = *info;
    return (TtfsTensor){ir->tensors.len};
}

void ttfs_ir_add_node(TtfsIr *ir, const TtfsNode *node) {
    *TTFS_PUSH(&ir->arena, ir->nodes) = *node;
}

const char *ttfs_ir_shape_text(TtfsArena *a, const TtfsTensorInfo *t) {
    const char *s = "[";
    for (uint32_t i = 0; i < t->rank; i++)
        s = ttfs_arena_printf(a, "%s%s%u", s, i ? ", " : "", t->dim[i]);
    return ttfs_arena_printf(a, "%s]", s);
}
