/* SPDX-License-Identifier: Apache-2.0
 *
 * What all files of the lift use: its faults, and the descriptors in their order.
 */
#include "lift.h"

bool ttfs_lift_fault(Lift *l, uint32_t pop, const char *fmt, ...) {
    const char *node = pop ? l->img->pops.at[pop - 1].name : NULL;
    va_list ap;
    va_start(ap, fmt);
    l->ok = ttfs_error_va(l->diag, TTFS_AT_NODE(l->file, node), TTFS_IMAGE_LIFT, NULL, fmt, ap);
    va_end(ap);
    return false;
}

TtfsDescriptor *ttfs_lift_desc(const Lift *l, uint32_t core, uint32_t slot) {
    return &l->desc[(size_t)core * l->img->slots + slot];
}
