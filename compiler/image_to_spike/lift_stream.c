/* SPDX-License-Identifier: Apache-2.0
 *
 * The weights of a core, row by row: those that it is configured with, and those that come from
 * outside, each for the slot behind the one in which it comes. What is configured is not streamed
 * over, nor is what a slot reads while it does; what comes is read. Cost: the blocks of the image
 * for every core, and the rows of its own.
 */
#include "lift.h"

void ttfs_lift_blocks(Lift *l) {
    TtfsStreamAt s = {.img = l->img};
    TtfsStreamBlock b;
    while (ttfs_stream_next(&s, &b)) *TTFS_PUSH(&l->parts, l->blocks) = b;
}

void ttfs_lift_stream(LiftCore *k) {
    for (uint32_t i = 0; i < k->l->blocks.len; i++)
        if (k->l->blocks.at[i].core == k->core)
            *TTFS_PUSH(&k->l->scratch, k->blocks) = k->l->blocks.at[i];
    if (k->blocks.len)
        k->streamed = TTFS_ARRAY(&k->l->scratch, LiftRow, k->l->img->chip.weight_rows);
}

/* What was there for the slot has been read, but for zeros. */
static bool leave_slot(LiftCore *k, uint32_t slot) {
    uint32_t chunks = ttfs_chip_memory(&k->l->img->chip, TTFS_MEM_WEIGHTS).chunks;
    for (uint32_t i = k->left; i < k->block; i++) {
        const TtfsStreamBlock *b = &k->blocks.at[i];
        for (uint32_t r = 0; r < b->rows * chunks; r++)
            if (b->words[r] && !k->streamed[b->row + r / chunks].read)
                return ttfs_lift_fault(k->l, 0,
                                       "core %u: weight row %u comes from outside for slot %u, "
                                       "and nothing reads it",
                                       k->core, b->row + r / chunks, slot);
    }
    k->left = k->block;
    return true;
}

static bool take_row(LiftCore *k, const TtfsStreamBlock *b, uint32_t row, const uint32_t *words) {
    LiftRow *r = &k->streamed[row];
    if (row < ttfs_lift_memory(k, TTFS_MEM_WEIGHTS)->rows || (r->words && r->slot >= b->slot))
        return ttfs_lift_fault(k->l, 0,
                               "core %u: weight row %u comes from outside in slot %u, over what is "
                               "still needed",
                               k->core, row, b->slot);
    *r = (LiftRow){.words = words, .slot = b->slot + 1};
    return true;
}

bool ttfs_lift_enter_slot(LiftCore *k, uint32_t slot) {
    uint32_t chunks = ttfs_chip_memory(&k->l->img->chip, TTFS_MEM_WEIGHTS).chunks;
    if (!leave_slot(k, slot - 1)) return false;
    for (; k->block < k->blocks.len && k->blocks.at[k->block].slot < slot; k->block++) {
        const TtfsStreamBlock *b = &k->blocks.at[k->block];
        for (uint32_t r = 0; r < b->rows; r++)
            if (!take_row(k, b, b->row + r, b->words + (size_t)r * chunks)) return false;
    }
    return slot < k->l->img->slots || leave_slot(k, slot);
}

const uint32_t *ttfs_lift_weight_row(const LiftTask *t, uint64_t row) {
    LiftCore *k = t->k;
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_WEIGHTS);
    if (k->streamed && row >= mem->rows && row < k->l->img->chip.weight_rows) {
        LiftRow *r = &k->streamed[row];
        r->read = true;
        if (r->words && r->slot == t->slot) return r->words;
    }
    if (!ttfs_lift_claim(k, t->pop, TTFS_MEM_WEIGHTS, row, 1)) return NULL;
    return mem->words + (size_t)row * mem->chunks;
}
