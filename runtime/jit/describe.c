/* SPDX-License-Identifier: Apache-2.0
 *
 * All numbers that a routine's code depends on, as text: what is equal here has the same code.
 * Weights and biases are no part of it, they are data.
 */
#include "program.h"

static void put(TtfsBuf *out, const char *name, uint64_t n) {
    ttfs_buf_printf(out, "%s %llu\n", name, (unsigned long long)n);
}

static void put_target(const TtfsTarget *t, TtfsBuf *out) {
    ttfs_buf_printf(out, "target %s %s %s %s\n", t->triple, t->cpu, t->features, t->abi);
    put(out, "lanes", t->lanes);
    put(out, "registers", t->registers);
    put(out, "dot",
        t->wide_products * 16U + t->permutes_bytes * 8U + t->bytes_by_four * 4U +
            t->words_by_two * 2U + t->words_add);
}

static void put_population(const TtfsProgram *p, uint32_t i, TtfsBuf *out) {
    const TtfsPopulation *pop = &p->spike->pops.at[i];
    const TtfsStore *s = &p->store[i];
    ttfs_buf_printf(out, "population %d %u %u %u ticks %u grid %a %a\n", (int)pop->kind, pop->c,
                    pop->h, pop->w, pop->ticks, pop->scale, pop->offset);
    ttfs_buf_printf(out, "store %u pad %u %u %u %u\n", s->elt, s->pad[0], s->pad[1], s->pad[2],
                    s->pad[3]);
    put(out, "base", s->base);
    put(out, "origin", s->origin);
    put(out, "row", s->row);
}

static void put_connection(const TtfsConnection *c, TtfsBuf *out) {
    ttfs_buf_printf(out, "connection %d group %u first %u of %u\n", (int)c->kind, c->group,
                    c->src_ch_first, c->src_channels);
    for (int i = 0; i < 2; i++)
        ttfs_buf_printf(out, "axis %u %u %u %u %u\n", c->kernel[i], c->stride[i], c->dilation[i],
                        c->pad[i], c->pad[i + 2]);
}

static void put_term(const TtfsTermCode *t, TtfsBuf *out) {
    ttfs_buf_printf(out, "term %u %u runs %u %u len %u dots %u grouped %d\n", t->dot.by,
                    t->dot.weight_elt, t->count_y, t->count_x, t->len, t->dots, t->grouped);
    const uint64_t all[] = {t->origin,       t->move_y,  t->move_x,     t->run_y,    t->run_x,
                            t->group_firsts, t->weights, t->per_vector, t->per_pixel};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) put(out, "at", all[i]);
}

void ttfs_program_describe(const TtfsProgram *p, uint32_t routine, TtfsBuf *out) {
    const TtfsRoutine *s = &p->routines.at[routine];
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    put_target(p->target, out);
    ttfs_buf_printf(out, "routine %s %d real %d order %u %u %u\n", s->symbol, (int)s->kind,
                    routine + 1 == p->routines.len, p->spike->order[0], p->spike->order[1],
                    p->spike->order[2]);
    put(out, "sample", p->sample_bytes);
    put_population(p, s->pop, out);
    for (uint32_t i = 0; i < pop->conn_count; i++) {
        const TtfsConnection *c = &p->spike->conns.at[pop->conn_first + i];
        put_connection(c, out);
        put_population(p, c->src.i - 1, out);
    }
    if (s->kind == TTFS_ROUTINE_LINEAR && s->out != s->pop) put_population(p, s->out, out);
    ttfs_buf_printf(out, "block %u %u %d\n", s->block[0], s->block[1], s->min);
    for (uint32_t i = 0; i < s->terms; i++) put_term(&p->terms.at[s->term_first + i], out);
    ttfs_buf_printf(out, "tile %u %u %u %u of %u matrix %d %d rows %d events %d %u bits %u %d\n",
                    s->tile[0], s->tile[1], s->tile[2], s->tile[3], s->vectors, s->matrix,
                    s->narrow, s->by_rows, s->events, s->events_most, s->bits, s->powers);
    const uint64_t all[] = {s->bias, s->bias_pixel, s->multiplier, s->shifts, s->list};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) put(out, "at", all[i]);
}
