/* SPDX-License-Identifier: Apache-2.0
 *
 * The solver's refusal: what a population needs more of than the chip has.
 */
#include "solver.h"

#include <inttypes.h>

bool ttfs_solver_refuse(Solver *v, TtfsPop pop, const char *what, uint64_t need, uint64_t have) {
    v->ok = false;
    TtfsLoc at = pop.i ? ttfs_pop_at(ttfs_spike_pop(v->spike, pop), v->file)
                       : TTFS_AT_FILE(v->file);
    return ttfs_error_figures(v->diag, at, TTFS_PLAN_FIT, (TtfsExcess){what, need, have}, NULL,
                              "needs %" PRIu64 " %s, the chip has %" PRIu64, need, what, have);
}
