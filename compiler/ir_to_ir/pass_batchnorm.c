/* SPDX-License-Identifier: Apache-2.0
 *
 * linear node, then batch normalisation -> the linear node with other weights (semantics.md, 2):
 * k = scale / sqrt(var + epsilon), W' = k W, b' = k (b - mean) + shift, a channel at a time, in
 * float64. Reshapes may lie between as long as each channel of the linear node lies in one channel
 * of the normalisation. Needs pass_linear.
 */
#include "pass.h"

#include <math.h>

/* k of every channel; false when a variance is not positive. */
static bool factors(TtfsPass *p, const TtfsNode *n, double *k, uint64_t channels) {
    for (uint64_t c = 0; c < channels; c++) {
        double v = ttfs_pass_value(p, n->in[4], c) + (double)n->attr.epsilon;
        if (!(v > 0)) return false;
        k[c] = ttfs_pass_value(p, n->in[1], c) / sqrt(v);
    }
    return true;
}

bool ttfs_pass_fold_batchnorm(TtfsPass *p, TtfsNode *n) {
    for (uint32_t i = 0; i < n->n_in; i++) n->in[i] = ttfs_pass_resolve(p, n->in[i]);
    for (uint32_t i = 1; i < 5; i++)
        if (!ttfs_pass_is_const(p, n->in[i])) return false;
    TtfsNode *linear = ttfs_pass_linear_behind(p, n->in[0]);
    if (!linear) return false;
    const TtfsTensorInfo *y = ttfs_pass_info(p, n->out);
    uint64_t channels = y->dim[1], inner = ttfs_ir_count(y) / channels / y->dim[0];
    uint64_t positions = ttfs_pass_positions(p, linear), outs = ttfs_pass_channels(p, linear);
    double *k = TTFS_ARRAY(&p->ir.arena, double, channels);
    if (y->dim[0] != 1 || inner % positions != 0 || !factors(p, n, k, channels)) return false;
    uint64_t ins = ttfs_ir_count(ttfs_pass_info(p, linear->in[1])) / outs;
    double *w = ttfs_pass_own(p, linear, 1), *b = ttfs_pass_own(p, linear, 2);
    for (uint64_t o = 0; o < outs; o++) {
        uint64_t c = o * positions / inner;
        for (uint64_t i = 0; i < ins; i++) w[o * ins + i] *= k[c];
        b[o] = (b[o] - ttfs_pass_value(p, n->in[3], c)) * k[c] + ttfs_pass_value(p, n->in[2], c);
    }
    ttfs_pass_bypass(p, n, n->in[0]);
    return true;
}
