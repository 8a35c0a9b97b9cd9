/* SPDX-License-Identifier: Apache-2.0
 *
 * What all files of the lift use: its faults, and the descriptors in their order.
 */
#include "lift.h"

#include <stdarg.h>
#include <stdio.h>

bool ttfs_lift_fault(Lift *l, uint32_t pop, const char *fmt, ...) {
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    const char *node = pop ? l->img->pops.at[pop - 1].name : NULL;
    l->ok = false;
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, node), TTFS_IMAGE_LIFT, "%s", what);
}

TtfsDescriptor *ttfs_lift_desc(const Lift *l, uint32_t core, uint32_t slot) {
    return &l->desc[(size_t)core * l->img->slots + slot];
}
