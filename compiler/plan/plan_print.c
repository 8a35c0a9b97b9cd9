/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan as text: the chip whole, then slots, slices, what every core does in every slot, the
 * words used, the totals. Populations are named by their id in the spike graph. plan_read.c reads
 * it back to the same plan.
 */
#include "plan.h"

#include <inttypes.h>

static void print_slice(const TtfsSlice *s, uint32_t id, TtfsBuf *out) {
    ttfs_buf_printf(out, "slice %u pop %u core %u slot %u channels %u %u rows %u %u", id, s->pop.i,
                    s->core, s->slot, s->ch_first, s->channels, s->oy_first, s->oy_count);
    ttfs_buf_printf(out, " groups %u of %u weights %u params %u source %u", s->groups,
                    s->group_rows, s->weight_base, s->param_base, s->src_base);
    if (s->band) ttfs_buf_printf(out, " band %u", s->band_base);
    if (s->patch) ttfs_buf_printf(out, " patch %u", s->patch_base);
    ttfs_buf_puts(out, "\n");
}

static void print_core_slot(const TtfsCoreSlot *at, uint32_t core, uint32_t slot, TtfsBuf *out) {
    ttfs_buf_printf(out, "at %u %u worst %" PRIu64, core, slot, at->worst_cycles);
    if (at->seal.i) ttfs_buf_printf(out, " seal %u to %u", at->seal.i, at->seal_base);
    if (at->slice) ttfs_buf_printf(out, " slice %u", at->slice);
    ttfs_buf_puts(out, at->listen ? " listen\n" : "\n");
}

void ttfs_plan_print(const TtfsPlan *p, TtfsBuf *out) {
    ttfs_buf_puts(out, "ttfs-plan 1\nchip ");
    ttfs_chip_print(&p->chip, out);
    ttfs_buf_printf(out, "cycles worst %" PRIu64 " expected %" PRIu64 "\nslots %u\n",
                    p->worst_cycles, p->expected_cycles, p->slots.len);
    for (uint32_t i = 0; i < p->slots.len; i++)
        ttfs_buf_printf(out, "slot %u pop %u worst %" PRIu64 " expected %" PRIu64 "\n", i,
                        p->slots.at[i].pop.i, p->slots.at[i].worst_cycles,
                        p->slots.at[i].expected_cycles);
    ttfs_buf_printf(out, "slices %u\n", p->slices.len);
    for (uint32_t i = 0; i < p->slices.len; i++) print_slice(&p->slices.at[i], i + 1, out);
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        ttfs_buf_printf(out, "core %u weight_rows %u list_words %u log_words %u seen_words %u\n", c,
                        p->weight_rows_used[c], p->list_words_used[c], p->log_words_used[c],
                        p->seen_words_used[c]);
        for (uint32_t i = 0; i < p->slots.len; i++)
            print_core_slot(ttfs_plan_at(p, c, i), c, i, out);
    }
    ttfs_buf_puts(out, "end\n");
}
