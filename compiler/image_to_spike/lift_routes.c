/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes of a mesh: each flow is followed from the core that makes its values through the flow
 * tables. It comes by no router twice, goes in x first and then in y, ends at cores, a readout's at
 * the host, and no table has an entry that it does not pass. So every core that it reaches gets
 * every value once; and it reaches every core that keeps some of what it carries.
 */
#include "lift.h"

enum { NORTH, EAST, SOUTH, WEST, CORE, PORTS };

typedef struct {
    Lift *l;
    uint32_t *entries; /* per flow: how many tables have one */
    uint32_t *seen;    /* per core: the last flow that came by, + 1 */
    uint32_t *stack;   /* core * PORTS + port by which it came */
    uint32_t depth, passed;
    uint32_t flow, pop;
    bool host, cores; /* it came there */
} Routes;

static uint32_t entry(const Lift *l, uint32_t core, uint32_t flow) {
    const TtfsMemImage *mem = &l->img->cores[core].mem[TTFS_MEM_FLOWS];
    return flow < mem->rows ? mem->words[flow] : 0;
}

static bool come(Routes *r, uint32_t core, uint32_t by) {
    if (r->seen[core] == r->flow + 1)
        return ttfs_lift_fault(r->l, r->pop, "flow %u comes to core %u twice", r->flow, core);
    r->seen[core] = r->flow + 1;
    r->stack[r->depth++] = core * PORTS + by;
    r->passed++;
    return true;
}

/* Out of a router by a port of the mesh: to its neighbour, or to the host. */
static bool leave(Routes *r, uint32_t core, uint32_t by, uint32_t port) {
    uint32_t width = r->l->img->chip.cores_x, height = r->l->img->chip.cores_y;
    uint32_t x = core % width, y = core / width;
    if (port == WEST && core == 0) return r->host = true;
    if ((by == NORTH || by == SOUTH) && (port == EAST || port == WEST))
        return ttfs_lift_fault(r->l, r->pop, "flow %u turns from y to x in core %u", r->flow, core);
    if (port == NORTH && y > 0) return come(r, core - width, SOUTH);
    if (port == SOUTH && y + 1 < height) return come(r, core + width, NORTH);
    if (port == EAST && x + 1 < width) return come(r, core + 1, WEST);
    if (port == WEST && x > 0) return come(r, core - 1, EAST);
    return ttfs_lift_fault(r->l, r->pop, "flow %u leaves the chip at core %u", r->flow, core);
}

static bool pass(Routes *r, uint32_t core, uint32_t by) {
    uint32_t ports = entry(r->l, core, r->flow) & ((1u << PORTS) - 1);
    if (ports == 0)
        return ttfs_lift_fault(r->l, r->pop, "flow %u comes to core %u, which has no route for it",
                               r->flow, core);
    if (ports >> CORE) r->cores = true;
    for (uint32_t p = 0; p < CORE; p++)
        if (ports >> p & 1 && !leave(r, core, by, p)) return false;
    return true;
}

static bool follow(Routes *r) {
    bool input = r->flow == r->l->img->input_flow;
    uint32_t from = r->l->flow_core[r->flow];
    bool readout = ttfs_lift_pop(r->l, r->pop)->kind == TTFS_POP_READOUT;
    if (!come(r, input ? 0 : from - 1, input ? WEST : CORE)) return false;
    while (r->depth) {
        uint32_t at = r->stack[--r->depth];
        if (!pass(r, at / PORTS, at % PORTS)) return false;
    }
    if (r->host != readout || r->cores == readout)
        return ttfs_lift_fault(r->l, r->pop, "flow %u does not end at %s", r->flow,
                               readout ? "the host alone" : "cores alone");
    return r->passed == r->entries[r->flow] ||
           ttfs_lift_fault(r->l, r->pop, "flow %u passes %u cores, %u have a route for it", r->flow,
                           r->passed, r->entries[r->flow]);
}

/* Every flow is made by somebody: the input's by the host, any other by one core. */
static bool check_sources(Lift *l) {
    for (uint32_t f = 0; f < l->img->flows; f++) {
        bool input = f == l->img->input_flow;
        if (input != (l->flow_core[f] == 0))
            return ttfs_lift_fault(l, l->img->flow_pop[f], "flow %u is made by %s", f,
                                   input ? "a core, the input's by the host" : "nobody");
    }
    return true;
}

void ttfs_lift_made(Lift *l, LiftMade made) {
    uint32_t *last = &l->made_of[made.pop - 1];
    made.next = *last;
    *TTFS_PUSH(&l->parts, l->made) = made;
    *last = l->made.len;
}

/* Is one of the places in first .. + n? They ascend. */
static bool has_place(const uint32_t *place, uint32_t count, uint32_t first, uint32_t n) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && place[low] - first < n;
}

static bool keeps_some(const LiftKept *k, const LiftMade *m) {
    return k->c < m->first[0] + m->count[0] && m->first[0] < k->c + k->channels &&
           has_place(k->place[0], k->count[0], m->first[1], m->count[1]) &&
           has_place(k->place[1], k->count[1], m->first[2], m->count[2]);
}

/* What a buffer keeps comes to its core. (Into that buffer: a core has one of a population.) */
static bool check_arrivals(Lift *l) {
    for (uint32_t i = 0; i < l->kept.len; i++) {
        const LiftKept *k = &l->kept.at[i];
        for (uint32_t at = l->made_of[k->pop - 1]; at; at = l->made.at[at - 1].next) {
            const LiftMade *m = &l->made.at[at - 1];
            if (!ttfs_lift_work(l, k->pop, 1)) return false;
            if (!(entry(l, k->core, m->flow) >> CORE & 1) && keeps_some(k, m))
                return ttfs_lift_fault(l, k->pop,
                                       "core %u keeps some of what flow %u carries, which does "
                                       "not come there",
                                       k->core, m->flow);
        }
    }
    return true;
}

bool ttfs_lift_routes(Lift *l) {
    uint32_t cores = ttfs_chip_cores(&l->img->chip), flows = l->img->flows;
    Routes r = {.l = l};
    if (!check_sources(l)) return false;
    if (cores == 1) return true;
    r.entries = TTFS_ARRAY(&l->scratch, uint32_t, flows);
    r.seen = TTFS_ARRAY(&l->scratch, uint32_t, cores);
    r.stack = TTFS_ARRAY(&l->scratch, uint32_t, cores);
    for (uint32_t c = 0; c < cores; c++)
        for (uint32_t f = 0; f < flows; f++) r.entries[f] += entry(l, c, f) != 0;
    for (uint32_t f = 0; f < flows; f++) {
        r.flow = f;
        r.pop = l->img->flow_pop[f];
        r.depth = r.passed = 0;
        r.host = r.cores = false;
        if (!follow(&r)) return false;
    }
    return check_arrivals(l);
}
