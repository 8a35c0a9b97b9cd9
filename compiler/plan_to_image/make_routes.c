/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow tables: every flow goes from the core that it comes from to the cores of its ends, in x
 * first and then in y, so that its routes are one tree. What a readout makes goes west along its
 * row and north along column 0 to the host, west of core 0, where the input comes in.
 */
#include "maker.h"

enum { NORTH, EAST, SOUTH, WEST, CORE, PORTS };

typedef struct {
    TtfsMaker *m;
    uint32_t *word; /* [core * flows + flow] */
    uint32_t flows;
} Routes;

static uint32_t *entry(const Routes *r, uint32_t core, uint32_t flow) {
    return &r->word[(size_t)core * r->flows + flow];
}

/* Goes from one core to the other; every core on the way knows its port. */
static void go(const Routes *r, uint32_t flow, uint32_t from, uint32_t to) {
    uint32_t width = r->m->plan->chip.cores_x, x = from % width, y = from / width;
    uint32_t to_x = to % width, to_y = to / width;
    for (; x != to_x; x += x < to_x ? 1 : UINT32_MAX)
        *entry(r, y * width + x, flow) |= 1u << (x < to_x ? EAST : WEST);
    for (; y != to_y; y += y < to_y ? 1 : UINT32_MAX)
        *entry(r, y * width + x, flow) |= 1u << (y < to_y ? SOUTH : NORTH);
}

static void route(const Routes *r, uint32_t flow) {
    const TtfsPlan *p = r->m->plan;
    TtfsFlow f = p->flows.at[flow];
    if (ttfs_spike_pop(r->m->spike, f.pop)->kind == TTFS_POP_READOUT) {
        go(r, flow, f.core, 0);
        *entry(r, 0, flow) |= 1u << WEST;
        return;
    }
    for (uint32_t i = 0; i < f.ends; i++) {
        const TtfsBuffer *b = &p->buffers.at[p->ends.at[f.first + i]];
        go(r, flow, f.core, b->core);
        *entry(r, b->core, flow) |= 1u << CORE | (uint32_t)(b - r->m->cores[b->core].buffers)
                                                     << PORTS;
    }
}

/* The table of a router ends with the last flow that comes by. */
static void put_table(const Routes *r, uint32_t core) {
    uint32_t n = r->flows;
    while (n && !*entry(r, core, n - 1)) n--;
    ttfs_image_make(r->m->img, core, TTFS_MEM_FLOWS, n);
    for (uint32_t f = 0; f < n; f++)
        r->m->img->cores[core].mem[TTFS_MEM_FLOWS].words[f] = *entry(r, core, f);
}

void ttfs_make_routes(TtfsMaker *m) {
    uint32_t cores = ttfs_chip_cores(&m->plan->chip);
    TtfsMark mark = ttfs_arena_mark(&m->scratch);
    Routes r = {m, NULL, m->plan->flows.len};
    if (cores == 1) return;
    r.word = TTFS_ARRAY(&m->scratch, uint32_t, (size_t)cores * r.flows);
    for (uint32_t f = 0; f < r.flows; f++) route(&r, f);
    for (uint32_t c = 0; c < cores; c++) put_table(&r, c);
    ttfs_arena_release(&m->scratch, mark);
}
