/* SPDX-License-Identifier: Apache-2.0
 *
 * The buffers of a core, and the offsets of rows and columns by which values find their place in
 * them: the buffer's base, that of copy 0, is in the rows'. What a core does not hold of a
 * population has no offset, and its values are dropped there. A buffer that no flow ends in (all
 * that is read of it is padding) is none to the chip: its words are zeros.
 */
#include "maker.h"

#define TTFS_HELD (UINT32_C(1) << 31)

static void put_tables(TtfsMaker *m, const TtfsBuffer *b, const TtfsPopulation *pop) {
    uint32_t *rows = m->img->cores[b->core].mem[TTFS_MEM_ROWS].words + b->row_base;
    uint32_t *cols = m->img->cores[b->core].mem[TTFS_MEM_COLS].words + b->col_base;
    for (uint32_t y = 0; y < pop->h; y++) {
        int64_t at = (int64_t)y - b->y_first;
        if (at >= 0 && at < b->rows)
            rows[y] = TTFS_HELD | (b->base + (uint32_t)at * b->cols * b->pitch);
    }
    for (uint32_t x = 0; x < pop->w; x++) {
        int64_t at = (int64_t)x - b->x_first;
        if (at >= 0 && at < b->cols) cols[x] = TTFS_HELD | (uint32_t)at * b->pitch;
    }
}

static void put_buffer(TtfsMaker *m, const TtfsBuffer *b, uint32_t number) {
    const TtfsPopulation *pop = ttfs_spike_pop(m->spike, b->pop);
    bool conv = m->img->chip.conv;
    TtfsKeep keep = {.row_base = (int32_t)(conv ? b->row_base : b->base & 0xffff),
                     .col_base = (int32_t)(conv ? b->col_base : b->base >> 16),
                     .rows = (int32_t)pop->h,
                     .cols = (int32_t)pop->w,
                     .c = (int32_t)b->ch_first,
                     .channels = (int32_t)b->channels,
                     .top = (int32_t)pop->ticks,
                     .banks = (int32_t)b->banks,
                     .part = b->channels != pop->c};
    ttfs_maker_pack(m, b->pop, TTFS_RECORD_KEEP, &keep,
                    m->img->cores[b->core].mem[TTFS_MEM_BUFFERS].words +
                        (size_t)number * TTFS_KEEP_WORDS);
    if (conv) put_tables(m, b, pop);
}

void ttfs_make_buffers(TtfsMaker *m, uint32_t core) {
    const TtfsMakerCore *c = &m->cores[core];
    const TtfsUse *use = &m->plan->use[core];
    ttfs_image_make(m->img, core, TTFS_MEM_BUFFERS, c->buffer_count);
    ttfs_image_make(m->img, core, TTFS_MEM_ROWS, (uint32_t)use->table_rows);
    ttfs_image_make(m->img, core, TTFS_MEM_COLS, (uint32_t)use->table_cols);
    for (uint32_t i = 0; i < c->buffer_count; i++)
        if (m->filled[c->buffers + i - m->plan->buffers.at]) put_buffer(m, &c->buffers[i], i);
}
