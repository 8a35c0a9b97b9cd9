/* SPDX-License-Identifier: Apache-2.0
 *
 * The loads of a slot. In: a derived plan, whose tasks are in order of slot and core; out: the runs
 * of weight rows that the next slot's streamed tasks read, each once. Cost: the tasks of that slot.
 */
#include "plan_stream.h"
#include "plan_cycles.h"
#include "plan_index.h"

#include <stdlib.h>

enum { BLOCK_HEAD = 2, SECTION_HEAD = 1, SECTION_CRC = 1 };

static int by_place(const void *a, const void *b) {
    const TtfsLoad *x = a, *y = b;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    if (x->base != y->base) return x->base < y->base ? -1 : 1;
    return (x->task > y->task) - (x->task < y->task);
}

uint32_t ttfs_plan_loads(const TtfsPlan *p, uint32_t slot, TtfsArena *a, TtfsLoad **loads) {
    uint32_t first = ttfs_plan_first_task(p, slot + 1);
    uint32_t end = ttfs_plan_first_task(p, slot + 2), n = 0, kept = 0;
    TtfsLoad *l = *loads = TTFS_ARRAY(a, TtfsLoad, end - first);
    for (uint32_t i = first; i < end; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->streamed) l[n++] = (TtfsLoad){t->core, t->weight_base, t->groups * t->group_rows, i};
    }
    if (n) qsort(l, n, sizeof *l, by_place);
    for (uint32_t i = 0; i < n; i++)
        if (!i || l[i].core != l[i - 1].core || l[i].base != l[i - 1].base) l[kept++] = l[i];
    return kept;
}

uint32_t ttfs_stream_block_rows(const TtfsChip *chip, uint32_t rows) {
    TtfsMemShape shape = ttfs_chip_memory(chip, TTFS_MEM_WEIGHTS);
    return shape.chunks == 1u << shape.chunk_bits ? rows : 1;
}

uint64_t ttfs_plan_stream_words(const TtfsPlan *p, uint32_t slot) {
    TtfsArena scratch = {0};
    TtfsLoad *l;
    uint64_t words = SECTION_HEAD + SECTION_CRC;
    uint32_t chunks = ttfs_chip_memory(&p->chip, TTFS_MEM_WEIGHTS).chunks;
    if (!p->chip.stream) return 0;
    uint32_t n = ttfs_plan_loads(p, slot, &scratch, &l);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t blocks = l[i].rows / ttfs_stream_block_rows(&p->chip, l[i].rows);
        words += (uint64_t)blocks * BLOCK_HEAD + (uint64_t)l[i].rows * chunks;
    }
    ttfs_arena_free(&scratch);
    return words;
}

bool ttfs_plan_waits(const TtfsPlan *p, uint32_t slot) {
    uint64_t words = ttfs_plan_stream_words(p, slot);
    return words && p->slots.at[slot].expected_cycles <= words + CYCLES_STREAM + CYCLES_BARRIER;
}
