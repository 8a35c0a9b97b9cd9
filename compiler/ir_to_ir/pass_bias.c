/* SPDX-License-Identifier: Apache-2.0
 *
 * linear node, then + constant -> the linear node with another bias, when the constant is the same
 * at all positions of a channel. Element f in row order belongs to channel f / positions, whatever
 * reshapes lie between. Needs pass_linear.
 */
#include "pass.h"

/* Element of the constant that is added at row-order element f of a tensor of shape y. */
static uint64_t broadcast_at(const TtfsTensorInfo *c, const TtfsTensorInfo *y, uint64_t f) {
    uint64_t from = 0, step = 1;
    for (uint32_t i = 0; i < y->rank; i++) {
        uint32_t axis = y->rank - 1 - i;
        uint64_t at = f % y->dim[axis];
        f /= y->dim[axis];
        if (i >= c->rank) break;
        uint32_t size = c->dim[c->rank - 1 - i];
        if (size != 1) from += at * step;
        step *= size;
    }
    return from;
}

static bool same_in_channels(TtfsPass *p, TtfsTensor c, const TtfsTensorInfo *y,
                             uint64_t positions) {
    uint64_t count = ttfs_ir_count(y);
    if (positions == 1 || ttfs_ir_count(ttfs_pass_info(p, c)) == 1) return true;
    for (uint64_t f = 0; f < count; f++) {
        uint64_t here = broadcast_at(ttfs_pass_info(p, c), y, f);
        uint64_t first = broadcast_at(ttfs_pass_info(p, c), y, f / positions * positions);
        if (ttfs_pass_value(p, c, here) != ttfs_pass_value(p, c, first)) return false;
    }
    return true;
}

bool ttfs_pass_fold_bias(TtfsPass *p, TtfsNode *n) {
    for (uint32_t k = 0; k < 2; k++) n->in[k] = ttfs_pass_resolve(p, n->in[k]);
    uint32_t k = ttfs_pass_is_const(p, n->in[0]) ? 0 : 1;
    TtfsTensor c = n->in[k], x = n->in[1 - k];
    if (!ttfs_pass_is_const(p, c)) return false;
    TtfsNode *linear = ttfs_pass_linear_behind(p, x);
    const TtfsTensorInfo *y = ttfs_pass_info(p, n->out);
    bool grows = ttfs_ir_count(y) != ttfs_ir_count(ttfs_pass_info(p, x)) ||
                 y->rank != ttfs_pass_info(p, x)->rank;
    if (!linear || grows) return false;
    uint64_t positions = ttfs_pass_positions(p, linear);
    if (!same_in_channels(p, c, y, positions)) return false;
    double *b = ttfs_pass_own(p, linear, 2);
    y = ttfs_pass_info(p, n->out);
    for (uint64_t o = 0; o < ttfs_pass_channels(p, linear); o++)
        b[o] += ttfs_pass_value(p, c, broadcast_at(ttfs_pass_info(p, c), y, o * positions));
    ttfs_pass_bypass(p, n, x);
    return true;
}
