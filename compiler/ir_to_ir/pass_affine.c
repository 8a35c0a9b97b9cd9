/* SPDX-License-Identifier: Apache-2.0
 *
 * Folds additions of constants and batch normalisations into the linear node before them, in one
 * sweep: makers stand before users, so a chain of any length ends in one node. Needs pass_linear.
 */
#include "pass.h"

bool ttfs_pass_affine(TtfsPass *p) {
    ttfs_pass_index(p);
    bool changed = false;
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        TtfsNode *n = &p->ir.nodes.at[i];
        if (n->op == TTFS_OP_ADD)
            changed = ttfs_pass_fold_bias(p, n) || changed;
        else if (n->op == TTFS_OP_BATCHNORM)
            changed = ttfs_pass_fold_batchnorm(p, n) || changed;
    }
    ttfs_pass_index(p);
    return changed;
}
