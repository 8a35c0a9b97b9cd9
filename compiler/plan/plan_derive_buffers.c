/* SPDX-License-Identifier: Apache-2.0
 *
 * What cores keep of the populations that their tasks read, and where. In: tasks, and when
 * populations are computed. Method: of what tasks read, sorted by core and population, the union is
 * a buffer, with banks for the reader that is latest; those with the most are laid first.
 */
#include "plan_banks.h"
#include "plan_derive.h"
#include "plan_reads.h"

#include <stdlib.h>

static int by_core_and_population(const void *a, const void *b) {
    const TtfsRead *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return (x->pop > y->pop) - (x->pop < y->pop);
}

/* All that tasks read, and what they make for nobody, in order; how many. */
static uint32_t collect(PlanDerive *d, TtfsRead **out) {
    const TtfsPlan *p = d->plan;
    size_t most = p->tasks.len, n = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        most += ttfs_spike_pop(d->spike, p->tasks.at[i].pop)->conn_count;
    TtfsRead *reads = TTFS_ARRAY(&d->scratch, TtfsRead, most);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        const TtfsPopulation *pop = ttfs_spike_pop(d->spike, t->pop);
        for (uint32_t k = 0; k < pop->conn_count; k++) {
            reads[n++] = ttfs_plan_reads(p, d->spike, t, k);
        }
        if (pop->kind != TTFS_POP_READOUT && !d->is_read[t->pop.i])
            reads[n++] = (TtfsRead){.core = t->core, .pop = t->pop.i};
    }
    qsort(reads, n, sizeof *reads, by_core_and_population);
    *out = reads;
    return (uint32_t)n;
}

static uint64_t words(uint64_t elements) {
    return (elements + TTFS_WORD_ELEMENTS - 1) / TTFS_WORD_ELEMENTS;
}

/* The buffer of what a core reads; of its base what lies in a word before it: a pool's first
 * channel starts a word. */
static TtfsBuffer buffer_of(const PlanDerive *d, const TtfsRead *u) {
    TtfsUse *use = &d->plan->use[u->core];
    const TtfsPopulation *pop = ttfs_spike_pop(d->spike, (TtfsPop){u->pop});
    bool tables = d->plan->chip.conv;
    TtfsBuffer b = {.pop = {u->pop},
                    .core = u->core,
                    .ch_first = (uint32_t)u->first[0],
                    .channels = (uint32_t)(u->end[0] - u->first[0]),
                    .y_first = (int32_t)u->first[1],
                    .x_first = (int32_t)u->first[2],
                    .rows = (uint32_t)(u->end[1] - u->first[1]),
                    .cols = (uint32_t)(u->end[2] - u->first[2]),
                    .banks = ttfs_read_banks(u),
                    .row_base = tables ? (uint32_t)use->table_rows : 0,
                    .col_base = tables ? (uint32_t)use->table_cols : 0};
    b.base = ttfs_read_before(u);
    b.pitch = ttfs_read_pitch(u);
    use->buffers++;
    use->table_rows += tables ? pop->h : 0;
    use->table_cols += tables ? pop->w : 0;
    return b;
}

/* Lays the buffers first .. end - 1, which are a core's, into a memory of so many words, whose
 * banks have `span`. */
static TtfsBanks lay(TtfsPlan *p, uint32_t first, uint32_t end, uint64_t all, uint64_t span) {
    TtfsBanks k = {.all = all, .span = span};
    for (uint32_t banks = TTFS_PLAN_BANKS + 1; banks-- > 0;) {
        ttfs_banks_next(&k, banks);
        for (uint32_t i = first; i < end; i++) {
            TtfsBuffer *b = &p->buffers.at[i];
            uint64_t before = b->base % TTFS_WORD_ELEMENTS;
            uint64_t n = words(before + (uint64_t)b->rows * b->cols * b->pitch);
            if (b->banks == banks)
                b->base = (uint32_t)(ttfs_banks_take(&k, n) * TTFS_WORD_ELEMENTS + before);
        }
    }
    return k;
}

/* The fewest words of a memory that takes the buffers, which its own does not: copies lie a part of
 * all banks away from one another, so that may be much more than they are. */
static uint64_t words_needed(TtfsPlan *p, uint32_t first, uint32_t end) {
    for (uint64_t span = ttfs_chip_bank_words(p->chip.act_words);; span *= 2) {
        TtfsBanks k = lay(p, first, end, span * 3 / 2, span);
        uint64_t least = span * 3 / 4 + 1;
        if (!k.full) return k.end > least ? k.end : least;
    }
}

/* Lays the buffers of a core, from number `first` on; the first behind them. */
static uint32_t lay_core(const PlanDerive *d, uint32_t first) {
    TtfsPlan *p = d->plan;
    uint32_t core = p->buffers.at[first].core, end = first;
    while (end < p->buffers.len && p->buffers.at[end].core == core) end++;
    uint64_t span = ttfs_chip_bank_words(p->chip.act_words);
    TtfsBanks k = lay(p, first, end, p->chip.act_words, span);
    p->use[core].act_words = k.full ? words_needed(p, first, end) : k.used;
    return end;
}

void ttfs_plan_derive_buffers(PlanDerive *d) {
    TtfsPlan *p = d->plan;
    TtfsRead *reads;
    uint32_t n = collect(d, &reads);
    p->buffers.len = 0;
    for (uint32_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && by_core_and_population(&reads[i], &reads[j]) == 0; j++)
            ttfs_read_unite(&reads[i], &reads[j]);
        *TTFS_PUSH(&p->arena, p->buffers) = buffer_of(d, &reads[i]);
    }
    for (uint32_t i = 0; i < p->buffers.len;) i = lay_core(d, i);
}
