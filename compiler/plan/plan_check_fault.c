/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults of the plan's checker.
 */
#include "plan_check.h"

#include <stdarg.h>
#include <stdio.h>

bool ttfs_plan_fault(PlanCheck *c, TtfsPop pop, const char *fmt, ...) {
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    const char *node = pop.i ? ttfs_spike_pop(c->spike, pop)->name : NULL;
    c->ok = false;
    return ttfs_error(c->diag, TTFS_AT_NODE(c->file, node), TTFS_PLAN_CHECK, "%s", what);
}
