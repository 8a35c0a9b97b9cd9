/* SPDX-License-Identifier: Apache-2.0
 *
 * input, then a reshape for something other than a gemm -> an input of that shape, when nothing
 * else reads the input. Samples are given by their elements in order, so no value changes. Needs
 * pass_trivial.
 */
#include "pass.h"

bool ttfs_pass_input(TtfsPass *p) {
    ttfs_pass_index(p);
    TtfsNode *reshape = NULL;
    for (uint32_t i = 0; i < p->ir.nodes.len && !reshape; i++) {
        TtfsNode *n = &p->ir.nodes.at[i];
        if (n->op == TTFS_OP_RESHAPE && n->in[0].i == p->ir.input.i) reshape = n;
    }
    if (!reshape || ttfs_pass_side(p, p->ir.input)->uses != 1) return false;
    bool gemm_only = true;
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        const TtfsNode *n = &p->ir.nodes.at[i];
        if (n->op != TTFS_OP_COUNT && n->op != TTFS_OP_GEMM && n->in[0].i == reshape->out.i)
            gemm_only = false;
    }
    if (gemm_only || ttfs_pass_info(p, reshape->out)->dim[0] != 1) return false;
    TtfsTensorInfo *input = ttfs_pass_info(p, p->ir.input);
    const char *name = input->name;
    *input = *ttfs_pass_info(p, reshape->out);
    input->name = name;
    ttfs_pass_bypass(p, reshape, p->ir.input);
    ttfs_pass_index(p);
    return true;
}
