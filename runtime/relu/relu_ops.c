/* SPDX-License-Identifier: Apache-2.0
 *
 * Which function evaluates which operation: the values of ops.def.
 */
#include "relu_ops.h"

static void (*const values[])(TtfsReluOp *) = {
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning) ttfs_relu_##value,
#include "ops.def"
#undef TTFS_OP
};

void ttfs_relu_run_op(TtfsReluOp *s) {
    values[s->node->op](s);
}
