/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes nodes and tensors that no output depends on (what was only asked for its shape, integer
 * forms of values that are used dequantised) and renumbers the tensors in their order. The input
 * stays. One pass back over the nodes, one forward over everything.
 */
#include "onnx_import.h"

static void mark_needed(const TtfsIr *ir, bool *needed) {
    needed[ir->input.i - 1] = needed[ir->output.i - 1] = true;
    for (uint32_t i = 0; i < ir->outputs.len; i++) needed[ir->outputs.at[i].i - 1] = true;
    for (uint32_t i = ir->nodes.len; i-- > 0;) {
        const TtfsNode *n = &ir->nodes.at[i];
        for (uint32_t k = 0; needed[n->out.i - 1] && k < n->n_in; k++)
            needed[n->in[k].i - 1] = true;
    }
}

void ttfs_onnx_prune(TtfsIr *ir) {
    TtfsArena scratch = {0};
    bool *needed = TTFS_ARRAY(&scratch, bool, ir->tensors.len);
    TtfsTensor *now = TTFS_ARRAY(&scratch, TtfsTensor, ir->tensors.len);
    mark_needed(ir, needed);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ir->tensors.len; i++) {
        if (!needed[i]) continue;
        ir->tensors.at[kept] = ir->tensors.at[i];
        now[i].i = ++kept;
    }
    ir->tensors.len = kept;
    kept = 0;
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        TtfsNode n = ir->nodes.at[i];
        if (!needed[n.out.i - 1]) continue;
        for (uint32_t k = 0; k < n.n_in; k++) n.in[k] = now[n.in[k].i - 1];
        n.out = now[n.out.i - 1];
        ir->nodes.at[kept++] = n;
    }
    ir->nodes.len = kept;
    ir->input = now[ir->input.i - 1];
    ir->output = now[ir->output.i - 1];
    for (uint32_t i = 0; i < ir->outputs.len; i++) ir->outputs.at[i] = now[ir->outputs.at[i].i - 1];
    ttfs_arena_free(&scratch);
}
