/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults of the plan's checker.
 */
#include "plan_check.h"

bool ttfs_plan_fault(PlanCheck *c, TtfsPop pop, const char *fmt, ...) {
    const char *node = pop.i ? ttfs_spike_pop(c->spike, pop)->name : NULL;
    va_list ap;
    va_start(ap, fmt);
    c->ok = ttfs_error_va(c->diag, TTFS_AT_NODE(c->file, node), TTFS_PLAN_CHECK, NULL, fmt, ap);
    va_end(ap);
    return false;
}
