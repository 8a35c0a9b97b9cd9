/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of tasks: weight rows, a row an element and group of lanes, of a core or of the
 * stream, and parameters,
 * a word a channel and class of positions. Tasks that share a base hold the same numbers there,
 * which are written once. Lanes beyond the channels stay zero. A readout has ramps of 1.
 */
#include "maker.h"
#include "plan_geometry.h"
#include "plan_stream.h"

typedef struct {
    TtfsMaker *m;
    const TtfsTask *t;
    const TtfsPopulation *pop;
    TtfsMemImage *rows; /* where its weights go, from row `first` on */
    uint32_t first;
} Numbers;

static bool holds(uint32_t bits, int64_t v) {
    return v >= -(INT64_C(1) << (bits - 1)) && v < INT64_C(1) << (bits - 1);
}

/* One element of a source, whose weights are row `row` of the task's first group. */
static void put_element(const Numbers *n, const TtfsReach *r, uint32_t row, uint32_t ky,
                        uint32_t kx, uint32_t c) {
    const TtfsChip *chip = &n->m->plan->chip;
    const TtfsTask *t = n->t;
    uint32_t bits = chip->weight_bits;
    for (uint32_t i = 0; i < t->channels; i++) {
        int32_t w =
            ttfs_reach_weight(n->m->spike, r, t->ch_first + i, t->oy_first, t->ox_first, ky, kx, c);
        if (!holds(bits, w)) {
            ttfs_maker_fault(n->m, t->pop, TTFS_PLAN_WIDTH,
                             "channel %u has the weight %d, the chip's have %u bits",
                             t->ch_first + i, w, bits);
            return;
        }
        size_t at = n->first + row + (size_t)(i / chip->lanes) * t->group_rows;
        if (w)
            ttfs_row_set_bits(n->rows->words + at * n->rows->chunks, i % chip->lanes * bits, bits,
                              (uint32_t)w);
    }
}

/* Of a part the elements of its passes alone. */
static void put_weights(const Numbers *n) {
    const TtfsTask *t = n->t;
    uint32_t element = 0, before = 0;
    if (t->first_pass)
        before = ttfs_task_pass_start(n->m->spike, &n->m->plan->chip, t, t->first_pass);
    for (uint32_t k = 0; k < n->pop->conn_count; k++) {
        TtfsReach r = ttfs_task_reach(n->m->spike, n->t, k);
        for (uint32_t ky = 0; ky < r.kh; ky++)
            for (uint32_t kx = 0; kx < r.kw; kx++)
                for (uint32_t c = 0; n->m->ok && c < r.channels; c++, element++)
                    if (element >= before && element - before < t->group_rows)
                        put_element(n, &r, element - before, ky, kx, r.ch_first + c);
    }
}

/* The class of a place of `count`, of which the first and the last few are a class each. */
static uint32_t class_of(uint32_t at, uint32_t count, uint32_t first, uint32_t last) {
    uint32_t low = at < first ? at : first, inside = count - 1 - last;
    return low + (at > inside ? at - inside : 0);
}

static void put_param(const Numbers *n, uint32_t word, uint32_t channel, uint32_t y, uint32_t x) {
    const TtfsChip *chip = &n->m->plan->chip;
    const TtfsPopulation *p = n->pop;
    int32_t ramp = p->ramp ? p->ramp[channel] : 1;
    int32_t bias = ttfs_pop_bias(p, (channel * p->h + y) * p->w + x);
    if (!holds(chip->acc_bits, bias) || ramp >> chip->ramp_bits)
        ttfs_maker_fault(n->m, n->t->pop, TTFS_PLAN_WIDTH,
                         "channel %u has the bias %d and the ramp %d, the chip has %u and %u bits",
                         channel, bias, ramp, chip->acc_bits, chip->ramp_bits);
    ttfs_image_set_bits(n->m->img, n->t->core, TTFS_MEM_PARAMS, word, 0, chip->ramp_bits,
                        (uint32_t)ramp);
    ttfs_image_set_bits(n->m->img, n->t->core, TTFS_MEM_PARAMS, word, chip->ramp_bits,
                        chip->acc_bits, (uint32_t)bias);
}

/* Each class by the first position that is of it. */
static void put_params(const Numbers *n) {
    const TtfsTask *t = n->t;
    uint32_t cols = t->edge[2] + 1 + t->edge[3];
    for (uint32_t y = 0, row = 0; y < t->oy_count; y++) {
        if (class_of(y, t->oy_count, t->edge[0], t->edge[1]) != row) continue;
        for (uint32_t x = 0, col = 0; x < t->ox_count; x++) {
            if (class_of(x, t->ox_count, t->edge[2], t->edge[3]) != col) continue;
            for (uint32_t i = 0; i < t->channels; i++)
                put_param(n, t->param_base + (row * cols + col) * t->channels + i, t->ch_first + i,
                          t->oy_first + y, t->ox_first + x);
            col++;
        }
        row++;
    }
}

void ttfs_make_numbers(TtfsMaker *m, uint32_t core) {
    const TtfsUse *use = &m->plan->use[core];
    TtfsMark mark = ttfs_arena_mark(&m->scratch);
    uint32_t resident = (uint32_t)(use->weight_rows - use->stream_rows);
    bool *rows = TTFS_ARRAY(&m->scratch, bool, resident);
    bool *words = TTFS_ARRAY(&m->scratch, bool, use->param_words);
    ttfs_image_make(m->img, core, TTFS_MEM_WEIGHTS, resident);
    ttfs_image_make(m->img, core, TTFS_MEM_PARAMS, (uint32_t)use->param_words);
    for (uint32_t i = 0; m->ok && i < m->cores[core].count; i++) {
        const TtfsTask *t = m->cores[core].tasks[i];
        Numbers n = {m, t, ttfs_spike_pop(m->spike, t->pop),
                     &m->img->cores[core].mem[TTFS_MEM_WEIGHTS], t->weight_base};
        if (t->groups == 0) continue;
        if (!t->streamed && !rows[t->weight_base]) put_weights(&n);
        if (!words[t->param_base]) put_params(&n);
        if (!t->streamed) rows[t->weight_base] = true;
        words[t->param_base] = true;
    }
    ttfs_arena_release(&m->scratch, mark);
}

/* The weights of one load, in blocks. */
static void stream_load(TtfsMaker *m, uint32_t slot, const TtfsLoad *l) {
    const TtfsTask *t = &m->plan->tasks.at[l->task];
    uint32_t chunks = ttfs_chip_memory(&m->img->chip, TTFS_MEM_WEIGHTS).chunks;
    uint32_t each = ttfs_stream_block_rows(&m->img->chip, l->rows);
    TtfsMemImage rows = {l->rows, chunks,
                         TTFS_ARRAY(&m->scratch, uint32_t, (size_t)l->rows * chunks)};
    Numbers n = {m, t, ttfs_spike_pop(m->spike, t->pop), &rows, 0};
    put_weights(&n);
    for (uint32_t r = 0; r < l->rows; r += each)
        ttfs_stream_add(m->img, &(TtfsStreamBlock){slot, l->core, l->base + r, each,
                                                   rows.words + (size_t)r * chunks});
}

void ttfs_make_stream(TtfsMaker *m) {
    for (uint32_t slot = 0; m->img->chip.stream && slot < m->plan->slots.len; slot++) {
        TtfsStreamAt section;
        TtfsLoad *loads;
        TtfsMark mark = ttfs_arena_mark(&m->scratch);
        uint32_t n = ttfs_plan_loads(m->plan, slot, &m->scratch, &loads);
        ttfs_stream_begin(m->img, &section);
        for (uint32_t i = 0; i < n; i++) stream_load(m, slot, &loads[i]);
        ttfs_stream_end(m->img, &section);
        ttfs_arena_release(&m->scratch, mark);
    }
}
