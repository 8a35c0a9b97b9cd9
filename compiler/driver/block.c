/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and encoding of blocks of samples.
 */
#include "block.h"

#include "fast.h"

#include "parallel.h"

#define BLOCK_BYTES ((uint64_t)24 << 20)

void ttfs_block_init(TtfsBlock *b, TtfsSession *s, const TtfsBlockSize *size, TtfsArena *a) {
    uint64_t inputs = s->input.elements, ticks = ttfs_spike_neurons(&s->out.spike);
    uint64_t bytes = inputs * (sizeof *b->real + sizeof *b->x) +
                     size->traces * (ticks * sizeof(uint16_t) + 256);
    uint64_t room = BLOCK_BYTES / bytes;
    if (room > size->most) room = size->most;
    uint64_t even = (uint64_t)TTFS_FAST_SAMPLES * s->threads; /* all threads judge as many */
    if (size->row == 1 && room > even) room -= room % even;
    room -= room % size->row;
    if (room < s->threads * size->row) room = s->threads * size->row;
    if (room > s->count) room = s->count;
    *b = (TtfsBlock){.session = s, .room = room};
    b->real = TTFS_ARRAY(a, float, room *inputs);
    b->x = TTFS_ARRAY(a, uint16_t, room * inputs);
    b->clipped = TTFS_ARRAY(a, uint32_t, room);
}

static bool read_item(void *context, uint32_t worker, uint64_t i, TtfsDiag *diag) {
    (void)worker;
    TtfsBlock *b = context;
    const TtfsSession *s = b->session;
    uint64_t at = i - b->first;
    float *real = b->real + at * s->input.elements;
    if (!ttfs_array_sample(&s->input, &s->out.map, i, real, diag)) return false;
    b->clipped[at] = ttfs_spike_encode(&s->out.spike, real, b->x + at * s->input.elements);
    return true;
}

bool ttfs_block_read(TtfsBlock *b, uint64_t first, TtfsDiag *diag) {
    uint64_t left = b->session->count - first;
    b->first = first;
    b->n = left < b->room ? left : b->room;
    return ttfs_parallel_diag(b->session->threads, first, b->n, read_item, b, diag);
}

uint64_t ttfs_block_clipped(const TtfsBlock *b) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < b->n; i++) n += b->clipped[i];
    return n;
}
