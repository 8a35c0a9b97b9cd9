/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan that is kept. In: the folder's graph and plan, the new graph. What of a plan depends on a
 * network's numbers: nothing but which positions have biases of their own (refused when it is
 * another) and the expected cycles (counted anew).
 */
#include "refill.h"

#include "chip_to_verilog.h"

#include <string.h>

static bool check_graph(const TtfsRefill *r, const TtfsSpike *s, const char *file, TtfsDiag *diag) {
    char what[400];
    TtfsPop at = ttfs_spike_same_graph(&r->out.spike, s, what, sizeof what);
    if (!*what) return true;
    TtfsLoc loc = at.i ? ttfs_pop_at(ttfs_spike_pop(s, at), file) : TTFS_AT_FILE(file);
    return ttfs_error(diag, loc, TTFS_GRAPH_DIFFERS, "not the graph of %s; there and here: %s",
                      r->options.weights_only, what);
}

/* What follows from the tasks follows from the new numbers as well. */
static bool check_tasks(const TtfsRefill *r, TtfsPlan *p, const TtfsSpike *s, const char *file,
                        TtfsDiag *diag) {
    TtfsArena scratch = {0};
    size_t bytes = p->tasks.len * sizeof *p->tasks.at;
    TtfsTask *before = TTFS_ARRAY(&scratch, TtfsTask, p->tasks.len);
    uint32_t i = 0;
    if (bytes) memcpy(before, p->tasks.at, bytes);
    ttfs_plan_derive(p, s);
    while (i < p->tasks.len && memcmp(&before[i], &p->tasks.at[i], sizeof *before) == 0) i++;
    ttfs_arena_free(&scratch);
    if (i == p->tasks.len) return true;
    return ttfs_error(diag, ttfs_pop_at(ttfs_spike_pop(s, p->tasks.at[i].pop), file),
                      TTFS_GRAPH_DIFFERS,
                      "other positions have biases of their own than in %s, where their place was "
                      "planned",
                      r->options.weights_only);
}

static void expect_cycles(TtfsPlan *p, const TtfsSpike *s) {
    p->expected_cycles = 0;
    for (uint32_t slot = 0; slot < p->slots.len; slot++) {
        p->slots.at[slot].expected_cycles = ttfs_plan_slot_cycles(p, s, slot, true);
        p->expected_cycles += p->slots.at[slot].expected_cycles;
    }
}

bool ttfs_refill_plan(TtfsRefill *r, const TtfsSpike *s, const char *file, TtfsPlan *out,
                      TtfsDiag *diag) {
    *out = r->out.plan;
    r->out.plan = (TtfsPlan){0};
    if (!check_graph(r, s, file, diag) || !check_tasks(r, out, s, file, diag)) return false;
    expect_cycles(out, s);
    return ttfs_plan_check(out, s, file, diag);
}

bool ttfs_refill_verilog(TtfsRefill *r, TtfsFileSet *out, TtfsDiag *diag) {
    if (!ttfs_file_set_read(out, ttfs_out_path(&r->out, "rtl"), ttfs_verilog_endings, false, diag))
        return false;
    ttfs_verilog_list(out);
    return true;
}

void ttfs_refill_close(TtfsRefill *r) {
    ttfs_out_close(&r->out);
}
