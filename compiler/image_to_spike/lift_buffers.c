/* SPDX-License-Identifier: Apache-2.0
 *
 * The buffers of a core. Which population fills one is what the core's flow table says; every flow
 * of that population must come in there. Then each element of the activations belongs to at most
 * one neuron: the one whose value the receiver writes there. A buffer may hold nothing: what comes
 * in is dropped.
 */
#include "lift.h"

#include <inttypes.h>

enum { PORTS = 5, CORE = 4 };
#define HELD (UINT32_C(1) << 31)

typedef struct {
    uint32_t pop, flows; /* who fills it (0: nobody), by how many flows */
} Filled;

static bool fill(LiftCore *k, Filled *filled, uint32_t flow, uint32_t buffer) {
    uint32_t pop = k->l->img->flow_pop[flow];
    if (buffer >= ttfs_lift_memory(k, TTFS_MEM_BUFFERS)->rows)
        return ttfs_lift_fault(k->l, pop,
                               "core %u: flow %u goes into buffer %u, which is not there", k->core,
                               flow, buffer);
    if (filled[buffer].pop && filled[buffer].pop != pop)
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u is also that of population %u",
                               k->core, buffer, filled[buffer].pop);
    filled[buffer].pop = pop;
    filled[buffer].flows++;
    return true;
}

/* A chip of one core: flow f fills buffer f. */
static bool find_loops(LiftCore *k, Filled *filled) {
    const TtfsImage *img = k->l->img;
    for (uint32_t f = 0; f < img->flows; f++)
        if (ttfs_lift_pop(k->l, img->flow_pop[f])->kind != TTFS_POP_READOUT &&
            !fill(k, filled, f, f))
            return false;
    return true;
}

static bool find_flows(LiftCore *k, Filled *filled) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_FLOWS);
    for (uint32_t f = 0; f < mem->rows; f++) {
        uint32_t buffer = mem->words[f] >> PORTS;
        if (mem->words[f] && f >= k->l->img->flows)
            return ttfs_lift_fault(k->l, 0, "core %u has routes of flow %u of %u", k->core, f,
                                   k->l->img->flows);
        if (mem->words[f] >> CORE & 1) {
            if (!fill(k, filled, f, buffer)) return false;
        } else if (buffer)
            return ttfs_lift_fault(k->l, k->l->img->flow_pop[f],
                                   "core %u: flow %u passes by, but has buffer %u", k->core, f,
                                   buffer);
    }
    return true;
}

static bool check_keep(LiftCore *k, uint32_t number, uint32_t pop, const TtfsKeep *b) {
    const TtfsImagePop *p = ttfs_lift_pop(k->l, pop);
    bool part = (uint32_t)b->channels != p->c;
    if ((uint32_t)b->rows != p->h || (uint32_t)b->cols != p->w || (uint32_t)b->top != p->ticks)
        return ttfs_lift_fault(
            k->l, pop,
            "core %u: buffer %u is of %d x %d neurons of %d ticks, %u x %u of %u "
            "expected",
            k->core, number, b->rows, b->cols, b->top, p->h, p->w, p->ticks);
    if ((uint32_t)b->c >= p->c || (uint32_t)b->channels > p->c - (uint32_t)b->c)
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u holds channels %d+%d of %u", k->core,
                               number, b->c, b->channels, p->c);
    return (b->part == part && !b->banked) ||
           ttfs_lift_fault(k->l, pop, "core %u: buffer %u: part is %d, banked %d; %d, 0 expected",
                           k->core, number, b->part, b->banked, part);
}

/* The channels of one place from element `at` on. */
static bool own(LiftCore *k, uint32_t pop, const TtfsKeep *b, uint64_t at, uint32_t y, uint32_t x) {
    const TtfsImagePop *p = ttfs_lift_pop(k->l, pop);
    uint32_t all = ttfs_chip_elements(&k->l->img->chip);
    for (uint32_t i = 0; i < (uint32_t)b->channels; i++) {
        uint32_t c = (uint32_t)b->c + i;
        if (at + i >= all || k->owner[at + i])
            return ttfs_lift_fault(
                k->l, pop,
                "core %u: channel %u row %u column %u lies on element %" PRIu64 ", which is %s",
                k->core, c, y, x, at + i, at + i >= all ? "not there" : "another's");
        k->owner[at + i] = k->l->first[pop - 1] + (c * p->h + y) * p->w + x + 1;
    }
    return true;
}

/* Offsets of the rows or columns of a population. */
typedef struct {
    TtfsMem m;
    uint32_t first, n;
} Axis;

/* The places that are held, in order; NULL and a fault where a word leads nowhere. What is not held
 * has a word of zeros. */
static uint32_t *held(LiftCore *k, uint32_t pop, Axis a, uint32_t *count) {
    if (!ttfs_lift_claim(k, pop, a.m, a.first, a.n)) return NULL;
    const uint32_t *word = ttfs_lift_memory(k, a.m)->words + a.first;
    uint32_t *places = TTFS_ARRAY(&k->l->scratch, uint32_t, a.n);
    *count = 0;
    for (uint32_t i = 0; i < a.n; i++) {
        uint32_t most = word[i] & HELD ? ttfs_chip_elements(&k->l->img->chip) : 1;
        if ((word[i] & ~HELD) >= most) {
            ttfs_lift_fault(k->l, pop, "core %u: word %u of %s is %08x, below %x expected", k->core,
                            a.first + i, ttfs_chip_memory(&k->l->img->chip, a.m).name,
                            word[i] & ~HELD, most);
            return NULL;
        }
        if (word[i] & HELD) places[(*count)++] = i;
    }
    return places;
}

static bool own_all(LiftCore *k, uint32_t pop, const TtfsKeep *b) {
    const TtfsImagePop *p = ttfs_lift_pop(k->l, pop);
    Axis rows = {TTFS_MEM_ROWS, (uint32_t)b->row_base, p->h};
    Axis cols = {TTFS_MEM_COLS, (uint32_t)b->col_base, p->w};
    uint32_t row_count, col_count;
    if (!ttfs_lift_work(k->l, pop, p->h + p->w)) return false;
    const uint32_t *y = held(k, pop, rows, &row_count);
    const uint32_t *x = y ? held(k, pop, cols, &col_count) : NULL;
    for (uint32_t i = 0; x && col_count && i < row_count; i++)
        for (uint32_t j = 0; j < col_count; j++) {
            uint64_t at = ttfs_lift_memory(k, rows.m)->words[rows.first + y[i]] & ~HELD;
            at += ttfs_lift_memory(k, cols.m)->words[cols.first + x[j]] & ~HELD;
            if (!own(k, pop, b, at, y[i], x[j])) return false;
        }
    return x != NULL;
}

static bool lift_buffer(LiftCore *k, uint32_t number, const Filled *filled) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_BUFFERS);
    uint32_t pop = filled[number].pop;
    TtfsKeep b;
    if (!pop || filled[number].flows != k->l->flows_of[pop - 1])
        return ttfs_lift_fault(k->l, pop, "core %u: %u of %u flows go into buffer %u", k->core,
                               filled[number].flows, pop ? k->l->flows_of[pop - 1] : 0, number);
    if (!ttfs_record_unpack(TTFS_RECORD_KEEP, mem->words + (size_t)number * mem->chunks, &b))
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u has a bit that no field holds",
                               k->core, number);
    if (!check_keep(k, number, pop, &b)) return false;
    if (k->l->img->chip.conv) return own_all(k, pop, &b);
    return own(k, pop, &b, (uint64_t)b.row_base | (uint64_t)b.col_base << 16, 0, 0);
}

bool ttfs_lift_buffers(LiftCore *k) {
    uint32_t n = ttfs_lift_memory(k, TTFS_MEM_BUFFERS)->rows;
    Filled *filled = TTFS_ARRAY(&k->l->scratch, Filled, n);
    bool mesh = ttfs_chip_cores(&k->l->img->chip) > 1;
    if (!(mesh ? find_flows(k, filled) : find_loops(k, filled))) return false;
    for (uint32_t b = 0; b < n; b++)
        if (!lift_buffer(k, b, filled)) return false;
    return true;
}
