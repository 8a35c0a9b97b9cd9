/* SPDX-License-Identifier: Apache-2.0
 *
 * Traffic of a plan. In: tasks, buffers and flows; out: flits, hops, the busiest link. The tree of
 * a flow runs along the row of its source and from there up and down columns (docs/core.md,
 * routing); what a plan's tasks would send from other cores comes from the same derivation.
 */
#include "plan_traffic.h"
#include "plan_cycles.h"

#include <stdlib.h>

enum { NORTH, EAST, SOUTH, WEST, PORTS };

typedef struct {
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    uint64_t *link;         /* by core and port: flits that leave through it */
    uint32_t x, y;          /* where the flow in hand enters */
    uint64_t flits;         /* of it */
    uint32_t *top, *bottom; /* by column: the rows of its tree */
    uint32_t west, east;    /* columns of its tree */
} Mesh;

/* By flow: flits. */
static uint64_t *flits_of_flows(const TtfsPlan *p, const TtfsSpike *s, TtfsArena *a) {
    uint64_t *n = TTFS_ARRAY(a, uint64_t, p->flows.len);
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    uint32_t input;
    if (ttfs_plan_input_flow(p, s, &input))
        n[input] = ttfs_cycles_share(ttfs_pop_size(in), in->rate_ppm);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        n[t->flow] += ttfs_cycles_flits(&p->chip, s, t, true);
    }
    return n;
}

/* The tree grows to a core. */
static void reach_core(Mesh *m, uint32_t core) {
    uint32_t x = core % m->plan->chip.cores_x, y = core / m->plan->chip.cores_x;
    if (x < m->west) m->west = x;
    if (x > m->east) m->east = x;
    if (y < m->top[x]) m->top[x] = y;
    if (y > m->bottom[x]) m->bottom[x] = y;
}

static void grow_tree(Mesh *m, const TtfsFlow *f) {
    const TtfsPlan *p = m->plan;
    m->x = m->west = m->east = f->core % p->chip.cores_x;
    m->y = f->core / p->chip.cores_x;
    for (uint32_t x = 0; x < p->chip.cores_x; x++) m->top[x] = m->bottom[x] = m->y;
    for (uint32_t i = 0; i < f->ends; i++)
        reach_core(m, p->buffers.at[p->ends.at[f->first + i]].core);
    if (ttfs_spike_pop(m->spike, f->pop)->kind == TTFS_POP_READOUT) reach_core(m, 0);
}

static void send(Mesh *m, uint32_t x, uint32_t y, uint32_t port) {
    m->link[(y * m->plan->chip.cores_x + x) * PORTS + port] += m->flits;
}

/* Sends the flits of the flow in hand through the links of its tree. */
static void send_flits(Mesh *m) {
    for (uint32_t x = m->west; x < m->x; x++) send(m, x + 1, m->y, WEST);
    for (uint32_t x = m->x; x < m->east; x++) send(m, x, m->y, EAST);
    for (uint32_t x = m->west; x <= m->east; x++) {
        for (uint32_t y = m->top[x]; y < m->y; y++) send(m, x, y + 1, NORTH);
        for (uint32_t y = m->y; y < m->bottom[x]; y++) send(m, x, y, SOUTH);
    }
}

static void count_links(const TtfsPlan *p, const TtfsSpike *s, TtfsTraffic *t) {
    TtfsArena scratch = {0};
    uint32_t links = ttfs_chip_cores(&p->chip) * PORTS;
    Mesh m = {.plan = p, .spike = s, .link = TTFS_ARRAY(&scratch, uint64_t, links)};
    m.top = TTFS_ARRAY(&scratch, uint32_t, p->chip.cores_x);
    m.bottom = TTFS_ARRAY(&scratch, uint32_t, p->chip.cores_x);
    const uint64_t *flits = flits_of_flows(p, s, &scratch);
    t->flits = t->hops = t->busiest = 0;
    for (uint32_t f = 0; f < p->flows.len; f++) {
        m.flits = flits[f];
        t->flits += flits[f];
        grow_tree(&m, &p->flows.at[f]);
        send_flits(&m);
    }
    for (uint32_t i = 0; i < links; i++) {
        t->hops += m.link[i];
        if (m.link[i] > t->busiest) t->busiest = m.link[i];
    }
    ttfs_arena_free(&scratch);
}

static int by_place(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    if (x->pop.i != y->pop.i) return x->pop.i < y->pop.i ? -1 : 1;
    if (x->oy_first != y->oy_first) return x->oy_first < y->oy_first ? -1 : 1;
    if (x->ox_first != y->ox_first) return x->ox_first < y->ox_first ? -1 : 1;
    return (x->ch_first > y->ch_first) - (x->ch_first < y->ch_first);
}

static int by_core(const void *a, const void *b) {
    const TtfsTask *x = a, *y = b;
    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    if (x->core != y->core) return x->core < y->core ? -1 : 1;
    return by_place(a, b);
}

/* Gives each core as many cycles of tasks, in their order, core after core. */
static void deal_out(TtfsPlan *p, const TtfsSpike *s) {
    uint64_t all = 0, before = 0, cores = ttfs_chip_cores(&p->chip);
    for (uint32_t i = 0; i < p->tasks.len; i++)
        all += ttfs_plan_task_cycles(&p->chip, s, &p->tasks.at[i], true);
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsTask *t = &p->tasks.at[i];
        uint64_t cycles = ttfs_plan_task_cycles(&p->chip, s, t, true);
        t->core = (uint32_t)((before + cycles / 2) * cores / all);
        before += cycles;
    }
}

/* Hops if the tasks lay row by row. Their memories are as large as need be. */
static uint64_t row_hops(const TtfsPlan *p, const TtfsSpike *s) {
    TtfsPlan rows = {.chip = p->chip, .early = p->early, .when = p->when, .slots = p->slots};
    uint32_t n = p->tasks.len;
    for (uint32_t i = 0; i < n; i++) *TTFS_PUSH(&rows.arena, rows.tasks) = p->tasks.at[i];
    qsort(rows.tasks.at, n, sizeof *rows.tasks.at, by_place);
    deal_out(&rows, s);
    qsort(rows.tasks.at, n, sizeof *rows.tasks.at, by_core);
    ttfs_plan_derive(&rows, s);
    TtfsTraffic t;
    count_links(&rows, s, &t);
    ttfs_arena_free(&rows.arena);
    return t.hops;
}

static uint64_t weights_added(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        n += ttfs_cycles_share(ttfs_conn_synapses(s, c), ttfs_spike_pop(s, c->src)->rate_ppm);
    }
    return n;
}

TtfsTraffic ttfs_plan_traffic(const TtfsPlan *p, const TtfsSpike *s) {
    TtfsTraffic t;
    count_links(p, s, &t);
    t.row_hops = t.hops ? row_hops(p, s) : 0;
    t.weights = weights_added(s);
    uint64_t could = (uint64_t)p->chip.lanes * ttfs_chip_cores(&p->chip) * p->expected_cycles;
    t.lane_use_ppm = could ? (uint32_t)(t.weights * CYCLES_ALL / could) : 0;
    return t;
}
