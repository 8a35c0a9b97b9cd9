/* SPDX-License-Identifier: Apache-2.0
 *
 * The buffers of a core. Which population fills one is what the core's flow table says (that all
 * flows come which bring what it keeps is lift_routes.c's). Then each element of the activations
 * belongs to at most one copy of one neuron: the one whose value the receiver writes there, and
 * each word to one copy of one buffer. A buffer may hold nothing: what comes in is dropped. One to
 * which nothing comes is words of zeros.
 */
#include "lift.h"

#include <inttypes.h>

_Static_assert(TTFS_MAX_NEURONS_ALL < LIFT_COPY, "a copy's number stands above its neuron's");

enum { PORTS = 5, CORE = 4 };
#define HELD (UINT32_C(1) << 31)

/* filled: per buffer the population that fills it, 0: nobody. */
static bool fill(LiftCore *k, uint32_t *filled, uint32_t flow, uint32_t buffer) {
    uint32_t pop = k->l->img->flow_pop[flow];
    if (buffer >= ttfs_lift_memory(k, TTFS_MEM_BUFFERS)->rows)
        return ttfs_lift_fault(k->l, pop,
                               "core %u: flow %u goes into buffer %u, which is not there", k->core,
                               flow, buffer);
    if (filled[buffer] && filled[buffer] != pop)
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u is also that of population %u",
                               k->core, buffer, filled[buffer]);
    filled[buffer] = pop;
    return true;
}

/* A chip of one core: flow f fills buffer f. */
static bool find_loops(LiftCore *k, uint32_t *filled) {
    const TtfsImage *img = k->l->img;
    for (uint32_t f = 0; f < img->flows; f++)
        if (ttfs_lift_pop(k->l, img->flow_pop[f])->kind != TTFS_POP_READOUT &&
            !fill(k, filled, f, f))
            return false;
    return true;
}

static bool find_flows(LiftCore *k, uint32_t *filled) {
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
    return b->part == part ||
           ttfs_lift_fault(k->l, pop, "core %u: buffer %u: part is %d, %d expected", k->core,
                           number, b->part, part);
}

/* A copy of it: its word is of no other turns' values. */
static bool own_copy(LiftCore *k, uint32_t pop, uint64_t element, uint32_t copy, uint32_t owner) {
    uint32_t all = ttfs_chip_elements(&k->l->img->chip), of = pop + copy * LIFT_COPY;
    uint32_t *word = element < all ? &k->word[element / TTFS_WORD_ELEMENTS] : NULL;
    if (!word || k->owner[element] || (*word && *word != of))
        return ttfs_lift_fault(k->l, pop, "core %u: it lies on element %" PRIu64 ", which is %s",
                               k->core, element, word ? "another's" : "not there");
    *word = of;
    k->owner[element] = owner ? owner + copy * LIFT_COPY : 0;
    return true;
}

bool ttfs_lift_own(LiftCore *k, uint32_t pop, uint64_t element, uint32_t banks, uint32_t owner) {
    uint32_t bits = ttfs_chip_bank_bits(&k->l->img->chip);
    for (uint64_t copy = 0; copy >> banks == 0; copy++)
        if (!own_copy(k, pop, element ^ copy << (bits - banks), (uint32_t)copy, owner))
            return false;
    return true;
}

/* The channels of one place from element `at` on. */
static bool own(LiftCore *k, uint32_t pop, const TtfsKeep *b, uint64_t at, uint32_t y, uint32_t x) {
    const TtfsImagePop *p = ttfs_lift_pop(k->l, pop);
    for (uint32_t i = 0; i < (uint32_t)b->channels; i++) {
        uint32_t neuron = k->l->first[pop - 1] + (((uint32_t)b->c + i) * p->h + y) * p->w + x;
        if (!ttfs_lift_own(k, pop, at + i, (uint32_t)b->banks, neuron + 1)) return false;
    }
    return true;
}

/* Offsets of the rows or columns of a population. */
typedef struct {
    TtfsMem m;
    uint32_t first, n;
} Axis;

/* The places that are held, in order; false and a fault where a word leads nowhere. What is not
 * held has a word of zeros. */
static bool find_held(LiftCore *k, uint32_t pop, Axis a, uint32_t **places, uint32_t *count) {
    if (!ttfs_lift_claim(k, pop, a.m, a.first, a.n)) return false;
    const uint32_t *word = ttfs_lift_memory(k, a.m)->words + a.first;
    *places = TTFS_ARRAY(&k->l->parts, uint32_t, a.n);
    for (uint32_t i = 0; i < a.n; i++) {
        uint32_t most = word[i] & HELD ? ttfs_chip_elements(&k->l->img->chip) : 1;
        if ((word[i] & ~HELD) >= most)
            return ttfs_lift_fault(
                k->l, pop, "core %u: word %u of %s is %08x, below %x expected", k->core,
                a.first + i, ttfs_chip_memory(&k->l->img->chip, a.m).name, word[i] & ~HELD, most);
        if (word[i] & HELD) (*places)[(*count)++] = i;
    }
    return true;
}

static bool own_all(LiftCore *k, uint32_t pop, const TtfsKeep *b, LiftKept *kept) {
    const TtfsImagePop *p = ttfs_lift_pop(k->l, pop);
    Axis rows = {TTFS_MEM_ROWS, (uint32_t)b->row_base, p->h};
    Axis cols = {TTFS_MEM_COLS, (uint32_t)b->col_base, p->w};
    if (!ttfs_lift_work(k->l, pop, p->h + p->w) ||
        !find_held(k, pop, rows, &kept->place[0], &kept->count[0]) ||
        !find_held(k, pop, cols, &kept->place[1], &kept->count[1]))
        return false;
    for (uint32_t i = 0; kept->count[1] && i < kept->count[0]; i++)
        for (uint32_t j = 0; j < kept->count[1]; j++) {
            uint32_t y = kept->place[0][i], x = kept->place[1][j];
            uint64_t at = ttfs_lift_memory(k, rows.m)->words[rows.first + y] & ~HELD;
            at += ttfs_lift_memory(k, cols.m)->words[cols.first + x] & ~HELD;
            if (!own(k, pop, b, at, y, x)) return false;
        }
    return true;
}

/* Without tables there is one place. */
static bool own_flat(LiftCore *k, uint32_t pop, const TtfsKeep *b, LiftKept *kept) {
    for (int axis = 0; axis < 2; axis++) {
        kept->place[axis] = TTFS_ARRAY(&k->l->parts, uint32_t, 1);
        kept->count[axis] = 1;
    }
    return own(k, pop, b, (uint64_t)b->row_base | (uint64_t)b->col_base << 16, 0, 0);
}

/* A buffer that nothing comes to. */
static bool check_empty(LiftCore *k, uint32_t number) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_BUFFERS);
    for (uint32_t i = 0; i < mem->chunks; i++)
        if (mem->words[number * mem->chunks + i])
            return ttfs_lift_fault(k->l, 0, "core %u: nothing fills buffer %u, zeros expected",
                                   k->core, number);
    return true;
}

static bool lift_buffer(LiftCore *k, uint32_t number, uint32_t pop) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_BUFFERS);
    TtfsKeep b;
    if (!pop) return check_empty(k, number);
    if (k->banks[pop - 1])
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u is its second", k->core, number);
    if (!ttfs_record_unpack(TTFS_RECORD_KEEP, mem->words + (size_t)number * mem->chunks, &b))
        return ttfs_lift_fault(k->l, pop, "core %u: buffer %u has a bit that no field holds",
                               k->core, number);
    if (!check_keep(k, number, pop, &b)) return false;
    k->banks[pop - 1] = (unsigned char)(b.banks + 1);
    LiftKept *kept = TTFS_PUSH(&k->l->parts, k->l->kept);
    *kept = (LiftKept){pop, k->core, (uint32_t)b.c, (uint32_t)b.channels, {0}, {0}};
    return k->l->img->chip.conv ? own_all(k, pop, &b, kept) : own_flat(k, pop, &b, kept);
}

bool ttfs_lift_buffers(LiftCore *k) {
    uint32_t n = ttfs_lift_memory(k, TTFS_MEM_BUFFERS)->rows;
    uint32_t *filled = TTFS_ARRAY(&k->l->scratch, uint32_t, n);
    bool mesh = ttfs_chip_cores(&k->l->img->chip) > 1;
    if (!(mesh ? find_flows(k, filled) : find_loops(k, filled))) return false;
    for (uint32_t b = 0; b < n; b++)
        if (!lift_buffer(k, b, filled[b])) return false;
    return true;
}
