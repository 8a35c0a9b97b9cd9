/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip of one core costs. Logic is a sum whose factors (devices.def) were measured with
 * Yosys; memories are counted block by block, in the shape that needs fewest blocks. In: a chip
 * whose keys are in their ranges.
 */
#include "device.h"

enum {
    HUNDRED = 100,
    CHUNK = 32, /* bits of a memory that the configuration port writes at once, a memory each */
    REGISTERS = 128, /* most bits of a memory that is made of flip-flops */
    MEMORIES = 16
};

typedef struct {
    uint32_t core, lane, divide, value, conv, pool, classes;
} Cost;

#define ROW(FAMILY, core, lane, divide, value, conv, pool, classes)                                \
    [TTFS_FAMILY_##FAMILY] = {core, lane, divide, value, conv, pool, classes},
static const Cost luts[] = {
#define TTFS_LUTS ROW
#include "devices.def"
};
static const Cost ffs[] = {
#define TTFS_FFS ROW
#include "devices.def"
};
#undef ROW
static const uint32_t strides[TTFS_FAMILIES] = {
#define TTFS_STRIDE(FAMILY, luts) [TTFS_FAMILY_##FAMILY] = luts,
#include "devices.def"
};

static const struct {
    uint32_t mux, lut_words, distributed;
} families[] = {
#define TTFS_FAMILY(NAME, name, mux, lut_words, distributed) {mux, lut_words, distributed},
#include "devices.def"
};

static const struct {
    uint32_t luts, bit, ffs;
} boards[TTFS_FAMILIES] = {
#define TTFS_BOARD(FAMILY, luts, bit, ffs) [TTFS_FAMILY_##FAMILY] = {luts, bit, ffs},
#include "devices.def"
};

static uint64_t logic(const TtfsChip *c, const Cost *k) {
    uint64_t word = (uint64_t)TTFS_WORD_ELEMENTS * c->value_bits;
    uint64_t n = k->core + (uint64_t)c->lanes * (c->slope_bits + c->acc_bits) * k->lane;
    n += (uint64_t)c->acc_bits * c->value_bits * k->divide + word * k->value;
    if (c->conv) n += k->conv;
    if (c->pool) n += word * k->pool;
    if (c->classes || c->segments > 1) n += k->classes;
    return n / HUNDRED;
}

/* --- memories --- */

/* `count` memories of one shape; one_port: a large block may hold it. */
typedef struct {
    uint32_t words, bits, count;
    bool one_port;
} Memory;

typedef struct {
    Memory at[MEMORIES];
    uint32_t len;
} Memories;

static void add(Memories *m, uint32_t words, uint32_t bits, uint32_t count, bool one_port) {
    if (count) m->at[m->len++] = (Memory){words, bits, count, one_port};
}

/* One that is configured: a memory each for its chunks. */
static void add_chunks(Memories *m, uint32_t words, uint32_t bits) {
    add(m, words, CHUNK, bits / CHUNK, true);
    add(m, words, bits % CHUNK, bits % CHUNK != 0, true);
}

/* The bits of a buffer's four words that are kept, and the tables (docs/core.md). */
static void add_buffers(Memories *m, const TtfsChip *c) {
    uint32_t element = ttfs_chip_element_bits(c);
    add(m, c->buffers, c->conv ? 2 * element : element, 1, true);
    add(m, c->buffers, c->y_bits + c->x_bits + 2, 1, true);
    add(m, c->buffers, 2 * c->c_bits + 2, 1, true);
    add(m, c->buffers, c->value_bits + 2, 1, true);
    if (c->conv) add(m, c->table_words, CHUNK, 2, true); /* bit 31 keeps them wide */
}

/* Both lists lie in one memory, an event beside the place of the next of its tick; heads of the
 * ticks, a memory a list. */
static void add_lists(Memories *m, const TtfsChip *c) {
    uint32_t entry = ttfs_chip_bits_for(c->list_entries), row = ttfs_chip_bits_for(c->weight_rows);
    add(m, (1u << entry) + c->list_entries, 1 + entry + row, 1, false);
    add(m, 1u << c->value_bits, entry + 1, 2, false);
}

static Memories memories_of(const TtfsChip *c) {
    Memories m = {.len = 0};
    add_chunks(&m, c->program_words, CHUNK);
    add_chunks(&m, c->weight_rows, c->lanes * c->weight_bits);
    add_chunks(&m, c->param_words, c->acc_bits + c->ramp_bits);
    add_buffers(&m, c);
    add(&m, c->act_words, TTFS_WORD_ELEMENTS * c->value_bits + 2, 1, true);
    add_lists(&m, c);
    return m;
}

static uint32_t ceil_div(uint32_t a, uint32_t b) {
    return a / b + (a % b != 0);
}

/* The words of a block in the shape of which the fewest make the memory, the deepest such: nothing
 * chooses between its blocks then; *n how many. */
static uint32_t shape_of(const TtfsDeviceRam *r, uint32_t words, uint32_t bits, uint32_t *n) {
    uint32_t best = r->words;
    *n = UINT32_MAX;
    for (uint32_t w = r->bits, depth = r->words; w >= r->least; w /= 2, depth *= 2) {
        uint32_t blocks = ceil_div(bits, w) * ceil_div(words, depth);
        if (blocks <= *n) *n = blocks, best = depth;
        if (w == 1) break;
    }
    return best;
}

/* A memory in blocks: of which kind, how many, and the bits that choose one of them. Small ones
 * are in LUTs or, with what the factors say of a core, in flip-flops. */
typedef struct {
    uint64_t blocks, mux;
    int kind;
} Place;

static Place in_blocks(const TtfsDevice *d, const Memory *m, int kind) {
    uint32_t n, depth = shape_of(&d->ram[kind], m->words, m->bits, &n);
    uint64_t mux = (uint64_t)m->bits * m->count * (ceil_div(m->words, depth) - 1);
    return (Place){(uint64_t)n * m->count, mux, kind};
}

static Place place(const TtfsDevice *d, const Memory *m, TtfsSize *size) {
    if (m->words <= families[d->family].distributed)
        size->luts += (uint64_t)m->bits * m->count *
                      ceil_div(m->words, families[d->family].lut_words);
    else if ((uint64_t)m->words * m->bits > REGISTERS)
        return in_blocks(d, m, 0);
    return (Place){0};
}

/* Moves memories from blocks of the first kind to large ones, those of most blocks first, while
 * there are too few of the first. */
static void move(const TtfsDevice *d, const Memories *m, Place *at) {
    uint64_t small = 0, large = 0;
    for (uint32_t i = 0; i < m->len; i++) small += at[i].blocks;
    while (d->ram[1].name && small > d->ram[0].count) {
        uint32_t best = m->len;
        for (uint32_t i = 0; i < m->len; i++) {
            bool may = m->at[i].one_port && at[i].blocks && at[i].kind == 0 &&
                       large + in_blocks(d, &m->at[i], 1).blocks <= d->ram[1].count;
            if (may && (best == m->len || at[i].blocks > at[best].blocks)) best = i;
        }
        if (best == m->len) return;
        small -= at[best].blocks;
        at[best] = in_blocks(d, &m->at[best], 1);
        large += at[best].blocks;
    }
}

/* LUTs that lanes without steps over empty ticks have less. */
static uint64_t without_strides(const TtfsChip *c, const TtfsDevice *d) {
    return c->strides ? 0 : (uint64_t)c->lanes * c->acc_bits * strides[d->family] / HUNDRED;
}

TtfsSize ttfs_size_of(const TtfsChip *c, const TtfsDevice *d) {
    Memories m = memories_of(c);
    Place at[MEMORIES];
    uint64_t mux = 0;
    TtfsSize size = {.luts = logic(c, &luts[d->family]), .ffs = logic(c, &ffs[d->family])};
    size.luts -= without_strides(c, d);
    for (uint32_t i = 0; i < m.len; i++) at[i] = place(d, &m.at[i], &size);
    move(d, &m, at);
    for (uint32_t i = 0; i < m.len; i++) {
        size.ram[at[i].kind] += at[i].blocks;
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

double ttfs_clock_on_board(const TtfsChip *c, const TtfsDevice *d) {
    const uint32_t *k = d->flow.period;
    uint32_t period = k[0] + k[1] * ttfs_chip_bits_for(c->lanes) + (c->conv ? k[2] : 0);
    return period ? HUNDRED * 1000.0 / period : 0; /* of hundredths of a nanosecond */
}

TtfsSize ttfs_size_most(const TtfsDevice *d) {
    return (TtfsSize){
        (uint64_t)d->luts * TTFS_DEVICE_FILL / HUNDRED, d->ffs, {d->ram[0].count, d->ram[1].count}};
}

uint32_t ttfs_device_words(const TtfsDevice *d, uint32_t words, uint32_t bits) {
    uint32_t n, power = 2;
    while (power < words) power *= 2;
    if (words <= families[d->family].distributed || power <= d->ram[0].words) return power;
    uint32_t depth = shape_of(&d->ram[0], words, bits < CHUNK ? bits : CHUNK, &n);
    return ceil_div(words, depth) * depth;
}
