/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan as text: the chip whole, then cycles, when populations are computed, slots, buffers,
 * flows, tasks, the words that every core uses. Populations are named by their id in the spike
 * graph. Only a part of its neurons' weights says how many passes are before it, and whether more
 * come. plan_read.c reads it back to the same plan.
 */
#include "plan.h"

#include <inttypes.h>

static void print_slots(const TtfsPlan *p, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "cycles worst %" PRIu64 " expected %" PRIu64 "\nearly %u\npopulations %u\n",
                    p->worst_cycles, p->expected_cycles, p->early, p->when.len);
    for (uint32_t i = 0; i < p->when.len; i++)
        ttfs_buf_printf(out, "pop %u slot %u stage %u\n", i + 1, p->when.at[i].slot,
                        p->when.at[i].stage);
    ttfs_buf_printf(out, "slots %u\n", p->slots.len);
    for (uint32_t i = 0; i < p->slots.len; i++)
        ttfs_buf_printf(out, "slot %u worst %" PRIu64 " expected %" PRIu64 "\n", i,
                        p->slots.at[i].worst_cycles, p->slots.at[i].expected_cycles);
}

static void print_buffers(const TtfsPlan *p, TtfsBuf *out) {
    ttfs_buf_printf(out, "buffers %u\n", p->buffers.len);
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        const TtfsBuffer *b = &p->buffers.at[i];
        ttfs_buf_printf(out,
                        "buffer %u core %u pop %u channels %u %u rows %" PRId32
                        " %u columns %" PRId32 " %u pitch %u banks %u base %u tables %u %u\n",
                        i, b->core, b->pop.i, b->ch_first, b->channels, b->y_first, b->rows,
                        b->x_first, b->cols, b->pitch, b->banks, b->base, b->row_base, b->col_base);
    }
}

static void print_flows(const TtfsPlan *p, TtfsBuf *out) {
    ttfs_buf_printf(out, "flows %u\n", p->flows.len);
    for (uint32_t i = 0; i < p->flows.len; i++) {
        const TtfsFlow *f = &p->flows.at[i];
        ttfs_buf_printf(out, "flow %u pop %u core %u ends %u", i, f->pop.i, f->core, f->ends);
        for (uint32_t k = 0; k < f->ends; k++)
            ttfs_buf_printf(out, " %u", p->ends.at[f->first + k]);
        ttfs_buf_puts(out, "\n");
    }
}

static void print_task(const TtfsTask *t, uint32_t id, TtfsBuf *out) {
    ttfs_buf_printf(out, "task %u pop %u core %u slot %u channels %u %u rows %u %u columns %u %u",
                    id, t->pop.i, t->core, t->slot, t->ch_first, t->channels, t->oy_first,
                    t->oy_count, t->ox_first, t->ox_count);
    ttfs_buf_printf(
        out,
        " groups %u of %u passes %u streamed %u weights %u params %u flow %u edges %u %u %u "
        "%u",
        t->groups, t->group_rows, t->passes, t->streamed, t->weight_base, t->param_base, t->flow,
        t->edge[0], t->edge[1], t->edge[2], t->edge[3]);
    if (t->first_pass || t->more)
        ttfs_buf_printf(out, " behind %u more %u", t->first_pass, t->more);
    ttfs_buf_puts(out, "\n");
}

static void print_use(const TtfsUse *u, uint32_t core, TtfsBuf *out) {
    const struct {
        const char *name;
        uint64_t words;
    } rows[] = {{"act_words", u->act_words},         {"weight_rows", u->weight_rows},
                {"stream_rows", u->stream_rows},     {"param_words", u->param_words},
                {"program_words", u->program_words}, {"buffers", u->buffers},
                {"table_rows", u->table_rows},       {"table_cols", u->table_cols}};
    ttfs_buf_printf(out, "core %u", core);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ttfs_buf_printf(out, " %s %" PRIu64, rows[i].name, rows[i].words);
    ttfs_buf_puts(out, "\n");
}

void ttfs_plan_print(const TtfsPlan *p, TtfsBuf *out) {
    ttfs_buf_puts(out, "ttfs-plan 6\nchip ");
    ttfs_chip_print(&p->chip, out);
    print_slots(p, out);
    print_buffers(p, out);
    print_flows(p, out);
    ttfs_buf_printf(out, "tasks %u\n", p->tasks.len);
    for (uint32_t i = 0; i < p->tasks.len; i++) print_task(&p->tasks.at[i], i, out);
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) print_use(&p->use[c], c, out);
    ttfs_buf_puts(out, "end\n");
}
