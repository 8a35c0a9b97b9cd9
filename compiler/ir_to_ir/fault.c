/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in the way, said at the node at work. Once the budget is passed that alone is said.
 */
#include "affine.h"

TtfsLoc ttfs_here(const TtfsAffine *x) {
    if (!x->node) return TTFS_AT_FILE(x->file);
    return TTFS_AT_OP(x->file, x->node->name, ttfs_op_name(x->node->op));
}

bool ttfs_within_budget(TtfsAffine *x) {
    if (ttfs_budget_room(x->arena.budget, 0)) return true;
    if (!x->told) ttfs_budget_check(x->arena.budget, ttfs_here(x), x->diag);
    x->told = true;
    return false;
}

bool ttfs_obstacle(TtfsAffine *x, const char *advice, const char *fmt, ...) {
    if (!ttfs_within_budget(x)) return false; /* what follows from it is no obstacle */
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(x->diag, ttfs_here(x), TTFS_MODEL_FORM, advice, fmt, ap);
    va_end(ap);
    return false;
}
