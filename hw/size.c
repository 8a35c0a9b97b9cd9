/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip of one core costs. Logic is a sum whose factors (devices.def) were fitted to chips
 * that Yosys mapped (tools/fit_size.py); memories are counted one by one, in the kind and shape of
 * which Yosys' memory_libmap takes the least. In: a chip whose keys are in their ranges.
 */
#include "device.h"

enum {
    HUNDRED = 100,
    CHUNK = 32,     /* bits of a memory that the configuration port writes at once, a memory each */
    SHORT_BITS = 4, /* of values, beyond which there are steps of eight ticks */
    MEMORIES = 20
};

typedef struct {
    uint32_t core, slope, potential, weight, step, divide, word, address, id, conv, pool, classes,
        counters;
} Cost;

#define ROW(FAMILY, core, slope, potential, weight, step, divide, word, address, id, conv, pool,   \
            classes, counters)                                                                     \
    [TTFS_FAMILY_##FAMILY] = {core,    slope, potential, weight, step,    divide,  word,           \
                              address, id,    conv,      pool,   classes, counters},
static const Cost luts[] = {
#define TTFS_LUTS ROW
#include "devices.def"
};
static const Cost ffs[] = {
#define TTFS_FFS ROW
#include "devices.def"
};
#undef ROW

static const struct {
    uint32_t block, mux;
    bool distributed;
} families[] = {
#define TTFS_FAMILY(NAME, name, block, mux, distributed) {block, mux, distributed},
#include "devices.def"
};

static const struct {
    uint32_t luts, bit, ffs;
} boards[TTFS_FAMILIES] = {
#define TTFS_BOARD(FAMILY, luts, bit, ffs) [TTFS_FAMILY_##FAMILY] = {luts, bit, ffs},
#include "devices.def"
};

static uint32_t element_bits(const TtfsChip *c) {
    return ttfs_chip_element_bits(c);
}

/* --- logic --- */

static uint64_t of_lanes(const TtfsChip *c, const Cost *k) {
    uint64_t steps = !c->strides ? 0 : c->value_bits > SHORT_BITS ? 2 : 1;
    uint64_t lane = (uint64_t)c->slope_bits * k->slope + (uint64_t)c->acc_bits * k->potential +
                    (uint64_t)c->weight_bits * k->weight + c->acc_bits * steps * k->step;
    return c->lanes * lane;
}

/* Bits of addresses, each as often as there are registers that hold one. */
static uint64_t addresses(const TtfsChip *c) {
    return element_bits(c) + 2 * ttfs_chip_bits_for(c->list_entries) +
           ttfs_chip_bits_for(c->weight_rows) + ttfs_chip_bits_for(c->param_words) +
           3 * ttfs_chip_bits_for(c->program_words);
}

static uint64_t logic(const TtfsChip *c, const Cost *k) {
    uint64_t word = (uint64_t)TTFS_WORD_ELEMENTS * c->value_bits;
    uint64_t n = k->core + of_lanes(c, k) + word * k->word + addresses(c) * k->address;
    n += (uint64_t)c->ramp_bits * c->value_bits * k->divide;
    n += (uint64_t)ttfs_chip_flit_bits(c) * k->id;
    if (c->conv) n += k->conv;
    if (c->pool) n += word * k->pool;
    if (c->classes || c->segments > 1) n += k->classes;
    if (c->counters) n += k->counters;
    return n / HUNDRED;
}

/* --- memories --- */

/* `count` memories of one shape, whose bits lie in `span` places; large: large blocks may hold it
 * (ttfs synth says so of weights); part: or the lowest bits of its words (activations). */
typedef struct {
    uint32_t words, bits, count, span;
    bool one_port, large, part;
} Memory;

typedef struct {
    Memory at[MEMORIES];
    uint32_t len;
} Memories;

static void add(Memories *m, uint32_t words, uint32_t bits, uint32_t count, bool one_port) {
    if (count) m->at[m->len++] = (Memory){words, bits, count, bits, one_port, false, false};
}

/* One that is configured: a memory each for its chunks. */
static void add_chunks(Memories *m, uint32_t words, uint32_t bits) {
    add(m, words, CHUNK, bits / CHUNK, true);
    add(m, words, bits % CHUNK, bits % CHUNK != 0, true);
}

/* The bits of a buffer's four words that are kept, and the tables (rtl/ttfs_receive.v). */
static void add_buffers(Memories *m, const TtfsChip *c) {
    uint32_t table = ttfs_chip_bits_for(c->table_words);
    add(m, c->buffers, c->conv ? 2 * table : element_bits(c), 1, true);
    add(m, c->buffers, c->y_bits + c->x_bits + 2, c->conv, true);
    add(m, c->buffers, 2 * c->c_bits + 1, 1, true);
    add(m, c->buffers, c->value_bits + 3, 1, true);
    if (!c->conv) return;
    add(m, c->table_words, element_bits(c) + 1, 2, true);
    m->at[m->len - 1].span = CHUNK; /* the highest bit is one of them */
}

static uint32_t row_bits(const TtfsChip *c) {
    enum { ROW_LEAST = 5 };
    uint32_t n = ttfs_chip_bits_for(c->weight_rows);
    if (c->pool && c->c_bits > n) n = c->c_bits;
    return n > ROW_LEAST ? n : ROW_LEAST;
}

/* Both lists lie in one memory, an event beside the place of the next of its tick; heads of the
 * ticks, and which ticks of a block of eight have one, memories a list (rtl/ttfs_bucket.v). */
static void add_lists(Memories *m, const TtfsChip *c) {
    enum { BLOCK = 8 };
    uint32_t entry = ttfs_chip_bits_for(c->list_entries), ticks = 1u << c->value_bits;
    add(m, (1u << entry) + c->list_entries, 1 + entry + row_bits(c), 1, false);
    add(m, ticks, entry, 2, false);
    add(m, ticks > BLOCK ? ticks / BLOCK : 1, ticks < BLOCK ? ticks : BLOCK, 2, false);
}

static Memories memories_of(const TtfsChip *c) {
    Memories m = {.len = 0};
    add_chunks(&m, c->weight_rows, c->lanes * c->weight_bits);
    for (uint32_t i = 0; i < m.len; i++) m.at[i].large = true;
    add_chunks(&m, c->program_words, CHUNK);
    add_chunks(&m, c->param_words, c->acc_bits + c->ramp_bits);
    add_buffers(&m, c);
    add(&m, c->act_words, TTFS_WORD_ELEMENTS * c->value_bits + 2, 1, true);
    m.at[m.len - 1].part = true;
    add_lists(&m, c);
    return m;
}

static uint32_t ceil_div(uint32_t a, uint32_t b) {
    return a / b + (a % b != 0);
}

/* The words of a block in the shape of which the memory costs least, the deepest such; *n how many.
 * The cost is Yosys': of the blocks, half a one for a bit that is chosen of theirs; here twice. */
static uint32_t shape_of(const TtfsDevice *d, int kind, uint32_t words, uint32_t bits,
                         uint32_t *n) {
    const TtfsDeviceRam *r = &d->ram[kind];
    uint32_t best = r->words;
    uint64_t least = UINT64_MAX;
    *n = 0;
    for (uint32_t w = r->bits, depth = r->words; w >= r->least; w /= 2, depth *= 2) {
        uint32_t deep = ceil_div(words, depth), blocks = ceil_div(bits, w) * deep;
        uint64_t cost = 2ull * blocks * families[d->family].block + (uint64_t)bits * (deep - 1);
        if (cost <= least) least = cost, *n = blocks, best = depth;
        if (w == 1) break;
    }
    return best;
}

/* A memory: in blocks of which kind, how many, and the bits that choose one of them; or in LUTs, or
 * in flip-flops. The cost is Yosys' (half a one for a bit that is chosen), and counts twice. */
typedef struct {
    uint64_t cost, blocks, luts, ffs, mux;
    int kind;
} Place;

static Place in_blocks(const TtfsDevice *d, const Memory *m, int kind) {
    uint32_t n, depth = shape_of(d, kind, m->words, m->span, &n);
    uint64_t mux = (uint64_t)m->bits * (ceil_div(m->words, depth) - 1);
    return (Place){.cost = 2ull * n * families[d->family].block + mux,
                   .blocks = (uint64_t)n * m->count,
                   .mux = mux * m->count,
                   .kind = kind};
}

/* A register a bit, one more for what is read. */
static Place in_registers(const Memory *m) {
    uint64_t bits = (uint64_t)m->words * m->bits;
    return (Place){
        .cost = 2 * bits, .luts = bits * m->count / 2, .ffs = (bits + m->bits) * m->count};
}

/* In groups of LUTs, each `words` of `bits` in so many LUTs and of such a cost; behind `most` words
 * one is chosen. What is read gets a register. */
typedef struct {
    uint32_t words, bits, luts, cost, most;
} Group;

static Place in_groups(const Memory *m, const Group *g) {
    uint64_t n = (uint64_t)ceil_div(m->words, g->words) * ceil_div(m->bits, g->bits);
    uint64_t mux = (uint64_t)m->bits * (ceil_div(m->words, g->most) - 1);
    return (Place){.cost = 2 * n * g->cost + mux,
                   .luts = n * g->luts * m->count,
                   .ffs = (uint64_t)m->bits * m->count,
                   .mux = mux * m->count};
}

/* Yosys' lutrams of a family for a memory. */
static Group group_of(const TtfsDevice *d, const Memory *m) {
    enum { NARROW = 32 };
    if (d->family == TTFS_FAMILY_ECP5) return (Group){16, 4, 4, 4, 16};
    if (m->one_port)
        return m->words > NARROW ? (Group){64, 4, 4, 8, 256} : (Group){32, 8, 4, 8, 32};
    return m->words > NARROW ? (Group){64, 3, 4, 7, 64} : (Group){32, 6, 4, 7, 32};
}

static Place place(const TtfsDevice *d, const Memory *m) {
    Place best = in_blocks(d, m, 0), other = in_registers(m);
    if (other.cost <= best.cost) best = other;
    if (families[d->family].distributed) {
        Group g = group_of(d, m);
        other = in_groups(m, &g);
        if (other.cost <= best.cost) best = other;
    }
    return best;
}

static uint64_t blocks_of(const Memories *m, const Place *at, int kind) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < m->len; i++) n += at[i].kind == kind ? at[i].blocks : 0;
    return n;
}

/* The lowest bits of the activations into the large blocks that are left, and what has gaps between
 * its bits without them; how many bits. */
static uint32_t split(const TtfsDevice *d, Memories *m, Place *at) {
    const TtfsDeviceRam *large = &d->ram[1];
    uint32_t left = (uint32_t)(large->count - blocks_of(m, at, 1)), low = left * large->bits;
    for (uint32_t i = 0; i < m->len; i++) {
        Memory *k = &m->at[i];
        if (k->part && (low >= k->bits || k->words > large->words)) return 0;
    }
    for (uint32_t i = 0, n = m->len; low && i < n; i++) {
        Memory *k = &m->at[i];
        if (at[i].kind) continue;
        k->span = k->bits -= k->part ? low : 0;
        at[i] = place(d, k);
        if (!k->part) continue;
        m->at[m->len] = (Memory){k->words, low, 1, low, true, true, false};
        at[m->len] = in_blocks(d, &m->at[m->len], 1);
        m->len++;
    }
    return low;
}

/* Moves the large memories from blocks of the first kind to large ones where there are too few of
 * the first, and enough large ones; where that does not do, a part of the activations too: its
 * bits. */
static uint32_t move(const TtfsDevice *d, Memories *m, Place *at) {
    uint64_t need = 0;
    if (!d->ram[1].name || blocks_of(m, at, 0) <= d->ram[0].count) return 0;
    for (uint32_t i = 0; i < m->len; i++)
        if (m->at[i].large) need += in_blocks(d, &m->at[i], 1).blocks;
    if (need > d->ram[1].count) return 0;
    for (uint32_t i = 0; i < m->len; i++)
        if (m->at[i].large) at[i] = in_blocks(d, &m->at[i], 1);
    return blocks_of(m, at, 0) > d->ram[0].count ? split(d, m, at) : 0;
}

TtfsSize ttfs_size_of(const TtfsChip *c, const TtfsDevice *d) {
    Memories m = memories_of(c);
    Place at[MEMORIES];
    uint64_t mux = 0;
    TtfsSize size = {.luts = logic(c, &luts[d->family]), .ffs = logic(c, &ffs[d->family])};
    for (uint32_t i = 0; i < m.len; i++) at[i] = place(d, &m.at[i]);
    size.split = move(d, &m, at);
    for (uint32_t i = 0; i < m.len; i++) {
        size.ram[at[i].kind] += at[i].blocks;
        size.luts += at[i].luts;
        size.ffs += at[i].ffs;
        mux += at[i].mux;
    }
    size.luts += mux * families[d->family].mux / HUNDRED;
    return size;
}

bool ttfs_device_monitor(const TtfsDevice *d, uint32_t flit) {
    return flit <= d->flow.monitor;
}

TtfsSize ttfs_size_on_board(const TtfsChip *c, const TtfsDevice *d) {
    TtfsSize size = ttfs_size_of(c, d);
    uint32_t flit = ttfs_chip_flit_bits(c), bits = ttfs_device_monitor(d, flit) ? flit : 0;
    if (!d->flow.yosys) return size;
    size.luts += (boards[d->family].luts + bits * boards[d->family].bit) / HUNDRED;
    size.ffs += boards[d->family].ffs + bits;
    return size;
}

/* How often the words of activations double beyond what one block in depth holds. */
static uint32_t deep(const TtfsChip *c) {
    enum { DEEP_BITS = 11 };
    uint32_t bits = ttfs_chip_bits_for(c->act_words);
    return bits > DEEP_BITS ? bits - DEEP_BITS : 0;
}

double ttfs_clock_on_board(const TtfsChip *c, const TtfsDevice *d) {
    const uint32_t *k = d->flow.period;
    uint32_t period = k[0] + k[1] * ttfs_chip_bits_for(c->lanes) + (c->conv ? k[2] : 0);
    period += k[3] * deep(c);
    return period ? HUNDRED * 1000.0 / period : 0; /* of hundredths of a nanosecond */
}

TtfsSize ttfs_size_most(const TtfsDevice *d) {
    return (TtfsSize){.luts = (uint64_t)d->luts * TTFS_DEVICE_FILL / HUNDRED,
                      .ffs = d->ffs,
                      .ram = {d->ram[0].count, d->ram[1].count}};
}

uint32_t ttfs_device_words(const TtfsDevice *d, uint32_t words, uint32_t bits) {
    uint32_t n, power = 2;
    while (power < words) power *= 2;
    if (power <= d->ram[0].words) return power;
    uint32_t depth = shape_of(d, 0, words, bits < CHUNK ? bits : CHUNK, &n);
    return ceil_div(words, depth) * depth;
}
