/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the IR passes, in straight lines. In: an IR that passes its check. Out: a new IR
 * that owns all it holds; on failure nothing. Each pass is exact: in real arithmetic the network
 * computes the same logits before and after, and weights are rounded to float32 once, at the end.
 */
#include "ir_to_ir.h"
#include "pass.h"

static bool finish(TtfsPass *p, bool ok, TtfsIr *out) {
    ok = ok && ttfs_pass_build(p, out);
    if (!ok) ttfs_ir_free(out);
    ttfs_pass_close(p);
    return ok;
}

bool ttfs_ir_drop_tail(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag) {
    TtfsPass p;
    *out = (TtfsIr){0};
    ttfs_pass_open(&p, in, file, diag);
    ttfs_pass_tail(&p);
    return finish(&p, true, out);
}

bool ttfs_ir_canonical(const TtfsIr *in, TtfsIr *out, const char *file, TtfsDiag *diag) {
    TtfsPass p;
    *out = (TtfsIr){0};
    ttfs_pass_open(&p, in, file, diag);
    ttfs_pass_tail(&p);
    ttfs_pass_trivial(&p);
    ttfs_pass_linear(&p);
    ttfs_pass_trivial(&p);
    ttfs_pass_affine(&p);
    ttfs_pass_relu_up(&p);
    ttfs_pass_trivial(&p);
    ttfs_pass_input(&p);
    p.quiet = true;
    ttfs_pass_tail(&p); /* a shape that the passes put behind the last layer */
    return finish(&p, ttfs_canonical_check(&p), out);
}
