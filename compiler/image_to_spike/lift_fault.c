/* SPDX-License-Identifier: Apache-2.0
 *
 * What all files of the lift use: its faults, the rows of memories that something reads, the
 * neurons that something makes.
 */
#include "lift.h"

#include <inttypes.h>
#include <string.h>

bool ttfs_lift_fault(Lift *l, uint32_t pop, const char *fmt, ...) {
    const char *node = pop ? l->img->pops.at[pop - 1].name : NULL;
    va_list ap;
    va_start(ap, fmt);
    l->ok = ttfs_error_va(l->diag, TTFS_AT_NODE(l->file, node), TTFS_IMAGE_LIFT, NULL, fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_lift_work(Lift *l, uint32_t pop, uint64_t n) {
    if (n > l->work)
        return ttfs_lift_fault(l, pop, "its lists and tables are too long to be followed");
    l->work -= n;
    return true;
}

const TtfsImagePop *ttfs_lift_pop(const Lift *l, uint32_t pop) {
    return &l->img->pops.at[pop - 1];
}

const TtfsMemImage *ttfs_lift_memory(const LiftCore *k, TtfsMem m) {
    return &k->l->img->cores[k->core].mem[m];
}

bool ttfs_lift_covered(const Lift *l, uint32_t neuron) {
    return l->covered[neuron / 8] >> neuron % 8 & 1;
}

bool ttfs_lift_claim(LiftCore *k, uint32_t pop, TtfsMem m, uint64_t first, uint64_t n) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, m);
    if (first > mem->rows || n > mem->rows - first)
        return ttfs_lift_fault(k->l, pop,
                               "core %u: rows %" PRIu64 "+%" PRIu64 " of %s, which has %u", k->core,
                               first, n, ttfs_chip_memory(&k->l->img->chip, m).name, mem->rows);
    memset(k->claimed[m] + first, 1, (size_t)n);
    return true;
}
