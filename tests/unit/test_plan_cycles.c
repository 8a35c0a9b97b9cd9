/* SPDX-License-Identifier: Apache-2.0
 *
 * Cycles of the slots of random plans, counted once more flit by flit: what every core keeps, which
 * ports and routers every flow passes on its way to each of its ends. What tasks cost a core alone
 * is held against the machine by core_tb.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "plan_cycles.h"
#include "plan_spread.h"
#include "random_plan.h"
#include "spike_to_plan.h"

enum { CORES = 12, NORTH = 0, EAST, SOUTH, WEST, CORE, PORTS };

typedef struct {
    const TtfsPlan *p;
    const TtfsSpike *s;
    uint32_t slot;
    bool expected;
    bool in[CORES][PORTS], out[CORES][PORTS]; /* of the flow in hand */
    uint64_t came[CORES][PORTS], ports;       /* flits */
    uint64_t kept[CORES], held[CORES];        /* cycles of puts; that a scan waits for them */
} Count;

static uint64_t values(const Count *c, uint64_t neurons, uint32_t rate) {
    return c->expected ? ttfs_cycles_share(neurons, rate) : neurons;
}

/* Goes from the flow's source to a core. */
static void go(Count *c, uint32_t from, uint32_t side, uint32_t to, uint32_t last) {
    uint32_t width = c->p->chip.cores_x;
    c->in[from][side] = true;
    for (uint32_t at = from;;) {
        uint32_t x = at % width, y = at / width, to_x = to % width, to_y = to / width;
        uint32_t port = x < to_x   ? EAST
                        : x > to_x ? WEST
                        : y < to_y ? SOUTH
                        : y > to_y ? NORTH
                                   : last;
        c->out[at][port] = true;
        if (at == to) return;
        at += port == EAST ? 1 : port == WEST ? UINT32_MAX : port == SOUTH ? width : 0 - width;
        c->in[at][(port + 2) % 4] = true;
    }
}

/* The flits of a flow in the slot. */
static uint64_t flits_of(const Count *c, uint32_t flow) {
    TtfsPop pop = c->p->flows.at[flow].pop;
    const TtfsPopulation *q = ttfs_spike_pop(c->s, pop);
    uint64_t n = 0;
    if (pop.i == c->s->input.i) return c->slot ? 0 : values(c, ttfs_pop_size(q), q->rate_ppm);
    for (uint32_t i = 0; i < c->p->tasks.len; i++) {
        const TtfsTask *t = &c->p->tasks.at[i];
        uint64_t neurons = (uint64_t)t->channels * t->oy_count * t->ox_count;
        uint32_t rate = ttfs_pop_rate(q, t->oy_first, t->oy_count, t->ox_first, t->ox_count);
        if (t->flow != flow || t->slot != c->slot) continue;
        n += q->kind == TTFS_POP_READOUT ? neurons * ttfs_chip_sum_flits(&c->p->chip)
                                         : values(c, neurons, rate);
    }
    return n;
}

static void count_flow(Count *c, uint32_t flow) {
    const TtfsFlow *f = &c->p->flows.at[flow];
    uint64_t n = flits_of(c, flow);
    memset(c->in, 0, sizeof c->in);
    memset(c->out, 0, sizeof c->out);
    for (uint32_t i = 0; i < f->ends; i++)
        go(c, f->core, f->pop.i == c->s->input.i ? WEST : CORE,
           c->p->buffers.at[c->p->ends.at[f->first + i]].core, CORE);
    if (ttfs_spike_pop(c->s, f->pop)->kind == TTFS_POP_READOUT) go(c, f->core, CORE, 0, WEST);
    for (int core = 0; core < CORES; core++)
        for (int k = 0; k < PORTS; k++) {
            if (c->in[core][k]) c->came[core][k] += n;
            if (c->out[core][k]) c->ports += n;
        }
}

/* Neurons of a population that the slot makes, or takes from the host. */
static uint64_t made_of(const Count *c, TtfsPop pop) {
    uint64_t n = 0;
    if (pop.i == c->s->input.i) return c->slot ? 0 : ttfs_pop_size(ttfs_spike_pop(c->s, pop));
    for (uint32_t i = 0; i < c->p->tasks.len; i++) {
        const TtfsTask *t = &c->p->tasks.at[i];
        if (t->pop.i == pop.i && t->slot == c->slot)
            n += (uint64_t)t->channels * t->oy_count * t->ox_count;
    }
    return n;
}

/* Those that a core keeps of what the slot makes: spread evenly, or at most. */
static uint64_t now_of(const Count *c, TtfsPop pop, uint64_t kept) {
    uint64_t all = ttfs_pop_size(ttfs_spike_pop(c->s, pop)), made = made_of(c, pop);
    if (made == all) return kept;
    if (c->expected) return (kept * made + all - 1) / all;
    return kept < made ? kept : made;
}

/* Flows that bring a core something in the slot. */
static uint64_t flows_to(const Count *c, uint32_t core) {
    const TtfsPlan *p = c->p;
    uint64_t n = 0;
    for (uint32_t f = 0; f < p->flows.len; f++)
        for (uint32_t i = 0; i < p->flows.at[f].ends; i++)
            n += p->buffers.at[p->ends.at[p->flows.at[f].first + i]].core == core &&
                 made_of(c, p->flows.at[f].pop) > 0;
    return n;
}

static void count_buffer(Count *c, const TtfsBuffer *b) {
    const TtfsPopulation *q = ttfs_spike_pop(c->s, b->pop);
    uint64_t places = 0;
    for (int64_t y = 0; y < (int64_t)q->h; y++)
        for (int64_t x = 0; x < (int64_t)q->w; x++)
            places += y >= b->y_first && y < (int64_t)b->y_first + b->rows && x >= b->x_first &&
                      x < (int64_t)b->x_first + b->cols;
    uint32_t rate = ttfs_pop_rate(q, b->y_first, b->rows, b->x_first, b->cols);
    uint64_t n = now_of(c, b->pop, places * b->channels), v = values(c, n, rate),
             flows = flows_to(c, b->core);
    if (!made_of(c, b->pop)) return;
    uint64_t words = v < n / TTFS_WORD_ELEMENTS + 1 ? v : n / TTFS_WORD_ELEMENTS + 1;
    uint64_t slow = words + (flows ? (v - words) * (flows - 1) / flows : 0) / 4;
    bool near = ttfs_chip_cores(&c->p->chip) == 1;
    uint64_t more = c->expected ? slow * 2 : v * 3;
    c->kept[b->core] += c->expected && near ? v : v + more;
    c->held[b->core] += near ? v : more;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* A core's tasks one after the other, the first while `puts` come; how many. */
static uint32_t core_cycles(const Count *c, uint32_t core, uint64_t puts, uint64_t *cycles) {
    TtfsEngines at = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->p->tasks.len; i++) {
        const TtfsTask *t = &c->p->tasks.at[i];
        if (t->core != core || t->slot != c->slot) continue;
        ttfs_cycles_take(&c->p->chip, c->s, t, c->expected, n++ ? 0 : puts, &at);
    }
    *cycles = ttfs_cycles_end(&c->p->chip, &at, c->expected);
    return n;
}

static uint64_t routers(const Count *c) {
    uint64_t cycles = 0;
    for (int core = 0; core < CORES; core++) {
        uint64_t all = 0;
        for (int k = 0; k < PORTS; k++) {
            all += c->came[core][k];
            cycles = most(cycles, c->came[core][k] * CYCLES_TAKE);
        }
        cycles = most(cycles, all);
    }
    return cycles;
}

static void count(Count *c, const TtfsPlan *p, const TtfsSpike *s, uint32_t slot, bool expected) {
    *c = (Count){.p = p, .s = s, .slot = slot, .expected = expected};
    for (uint32_t i = 0; i < p->buffers.len; i++) count_buffer(c, &p->buffers.at[i]);
    if (ttfs_chip_cores(&p->chip) > 1)
        for (uint32_t f = 0; f < p->flows.len; f++) count_flow(c, f);
}

static uint64_t input_of(const Count *c) {
    uint64_t n = ttfs_pop_size(ttfs_spike_pop(c->s, c->s->input));
    return c->slot ? 0 : values(c, n, ttfs_spike_pop(c->s, c->s->input)->rate_ppm);
}

/* Words that come in the slot for the next: into a core (CORES: all that the section has). */
static uint64_t words_of(const TtfsPlan *p, uint32_t slot, uint32_t core) {
    TtfsMemShape m = ttfs_chip_memory(&p->chip, TTFS_MEM_WEIGHTS);
    uint64_t words = core == CORES ? 2 : 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        bool again = t->slot != slot + 1 || !t->streamed;
        for (uint32_t k = 0; k < i; k++) {
            const TtfsTask *b = &p->tasks.at[k];
            again |= b->slot == t->slot && b->core == t->core && b->streamed &&
                     b->weight_base == t->weight_base;
        }
        uint64_t rows = again ? 0 : (uint64_t)t->groups * t->group_rows;
        if (core == t->core) words += rows * m.chunks;
        if (core == CORES && !again)
            words += rows * m.chunks + 2 * (m.chunks == 1u << m.chunk_bits ? 1 : rows);
    }
    return words;
}

static uint64_t stream_of(const TtfsPlan *p, uint32_t slot, bool expected) {
    uint64_t words = words_of(p, slot, CORES);
    if (!p->chip.stream) return 0;
    return words + CYCLES_STREAM + (expected ? 0 : (words / 64 + 3) * CYCLES_BURST);
}

static void judge_worst(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot) {
    Count c;
    uint64_t cycles = 0, core, kept = 0, come = 0;
    count(&c, p, s, slot, false);
    for (uint32_t i = 0; i < ttfs_chip_cores(&p->chip); i++) {
        core_cycles(&c, i, 0, &core);
        cycles = most(cycles, core);
        kept += c.kept[i];
        come = most(come, words_of(p, slot, i));
    }
    uint64_t traffic = most(kept, input_of(&c)) + c.ports * CYCLES_HOP;
    cycles += traffic + (p->early ? traffic : 0) + come; /* of two turns, without barriers */
    cycles = most(cycles, stream_of(p, slot, false)) + CYCLES_BARRIER;
    assert_int_equal(ttfs_plan_slot_cycles(p, s, slot, false), cycles);
}

/* From the end of the last core of a turn on; where cores are ahead of one another, nobody waits
 * for flits. */
static uint64_t behind_cores(const TtfsPlan *p) {
    uint64_t hops = p->chip.cores_x + p->chip.cores_y;
    bool waits = ttfs_chip_cores(&p->chip) > 1 && !p->early;
    return CYCLES_BARRIER + (waits ? CYCLES_HOP * hops : 0);
}

static uint32_t exact, bounded, by_routers, by_stream, early;

/* Where a core has several tasks, what comes to it may come to any: between none and all of it. */
static void judge_expected(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot) {
    Count c;
    uint64_t least = 0, limit = 0, alone, held;
    uint64_t idle = ttfs_cycles_end(&p->chip, &(TtfsEngines){0}, true);
    bool single = true;
    count(&c, p, s, slot, true);
    for (uint32_t i = 0; i < ttfs_chip_cores(&p->chip); i++) {
        uint32_t n = core_cycles(&c, i, 0, &alone);
        core_cycles(&c, i, c.held[i], &held);
        if (n > 1) single = false, held = alone + c.held[i] + n; /* shares are rounded up */
        least = most(least, n == 1 ? held : alone);
        limit = most(limit, held);
        least = most(least, idle + c.kept[i]);
    }
    least = most(most(least, idle + input_of(&c)), routers(&c));
    limit = most(limit, least);
    by_routers += least == routers(&c);
    uint64_t more = behind_cores(p);
    uint64_t said = ttfs_plan_slot_cycles(p, s, slot, true);
    if (said == ttfs_plan_slot_cycles(p, s, slot, false)) return;
    uint64_t stream = stream_of(p, slot, true) + CYCLES_BARRIER;
    by_stream += p->chip.stream && stream > limit + more;
    if (single) assert_int_equal(said, most(least + more, p->chip.stream ? stream : 0));
    assert_true(said >= least + more && said <= most(limit + more, stream));
    *(single ? &exact : &bounded) += 1;
    early += p->early;
}

/* Every population's rate varies by as much, and that of its regions by more. */
static void set_vary(TtfsSpike *s, uint32_t vary, uint32_t vary_part) {
    static uint32_t one[] = {TTFS_RATE_ONE, TTFS_RATE_ONE, TTFS_RATE_ONE, TTFS_RATE_ONE};
    for (uint32_t i = 0; i < s->pops.len; i++) {
        TtfsPopulation *p = &s->pops.at[i];
        uint32_t bands = p->h > 1 && p->w > 1 ? 2 : 1;
        p->rates = (TtfsRates){bands, bands, one, vary, bands > 1 ? vary_part : vary};
    }
}

static void slots(void **state) {
    (void)state;
    exact = bounded = by_stream = early = 0;
    for (uint64_t seed = 0; seed < graphs(200); seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        TtfsRng rng = ttfs_rng(seed);
        TtfsChip chip = random_chip(&rng);
        random_spike(&s, seed);
        set_vary(&s, 0, 0);
        for (uint32_t i = 0; i < s.pops.len; i++)
            s.pops.at[i].rate_ppm = seed % 4 ? ttfs_rng_below(&rng, 1000001) : 1000000;
        if (random_plan(&p, &s, &chip, &rng, &diag))
            for (uint32_t slot = 0; slot < p.slots.len; slot++) {
                judge_worst(&p, &s, slot);
                judge_expected(&p, &s, slot);
            }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(exact > 50 && bounded > 50 && by_stream > 0 && early > 5);
}

/* Many cores' sums leave by the one router that the host is at. */
static void crowded(void **state) {
    (void)state;
    TtfsSpike s = {0};
    TtfsPlan p;
    TtfsDiag diag = {0};
    TtfsRng rng = ttfs_rng(4);
    TtfsChip chip = small_chip(CORES, 1, 8);
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 3, .h = 1, .w = 1, .ticks = 15};
    s.input = add_pop(&s, in);
    for (uint32_t i = 0; i < 4; i++) chip_dense(&s, &rng, s.input, TTFS_POP_READOUT, 8);
    s.readout = (TtfsPop){2};
    set_times(&s, &rng);
    chip.value_bits = 4;
    assert_true(ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_PIPELINE, "net", &p, &diag));
    by_routers = 0;
    judge_worst(&p, &s, 0);
    judge_expected(&p, &s, 0);
    assert_int_equal(by_routers, 1);
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
    ttfs_diag_free(&diag);
}

/* Values of a pool leave a cycle each, into the router of a mesh every other cycle. */
static void pools_wait_for_routers(void **state) {
    (void)state;
    TtfsSpike s = {0};
    TtfsRng rng = ttfs_rng(5);
    TtfsChip alone = small_chip(1, 16, 8), mesh = small_chip(2, 16, 8);
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 16, .h = 8, .w = 8, .ticks = 15};
    s.input = add_pop(&s, in);
    chip_pool(&s, &rng, s.input);
    set_times(&s, &rng);
    s.pops.at[1].rate_ppm = 500000;
    TtfsPopulation *q = &s.pops.at[1];
    TtfsTask t = {.pop = {2}, .channels = 16, .oy_count = q->h, .ox_count = q->w, .passes = 1};
    for (int expected = 0; expected < 2; expected++) {
        uint64_t more = expected ? (uint64_t)q->h * q->w * 8 * (CYCLES_TAKE - 1) : 0;
        assert_int_equal(ttfs_plan_task_cycles(&mesh, &s, &t, expected),
                         ttfs_plan_task_cycles(&alone, &s, &t, expected) + more);
    }
    ttfs_spike_free(&s);
}

/* What a core does for a population in the slot. */
static TtfsMoved moved_of(const Count *c, uint32_t core, uint32_t pop) {
    TtfsMoved m = {0};
    const TtfsTask *last = NULL; /* of the population: parts of a place count once */
    for (uint32_t i = 0; i < c->p->tasks.len; i++) {
        const TtfsTask *t = &c->p->tasks.at[i];
        if (t->core != core || t->slot != c->slot || t->pop.i != pop) continue;
        m.moved += ttfs_cycles_moved(&c->p->chip, c->s, t);
        bool again = last && last->oy_first == t->oy_first && last->ox_first == t->ox_first;
        if (!again) m.regions += ttfs_vary_regions(c->s, t->pop, t->oy_count, t->ox_count);
        last = t;
    }
    return m;
}

/* What a core differs by from the mean of those that work, over all populations. */
static uint64_t deviation_of(const Count *c, uint32_t core, uint32_t working) {
    int64_t square = 0;
    for (uint32_t pop = 2; pop <= c->s->pops.len; pop++) {
        TtfsVary v = ttfs_vary_of(c->s, (TtfsPop){pop});
        uint64_t all = 0;
        for (uint32_t i = 0; i < CORES; i++) all += moved_of(c, i, pop).moved;
        ttfs_vary_even(&v, all / working);
        TtfsMoved m = moved_of(c, core, pop);
        square += (int64_t)v.base + ttfs_vary_square(&v, &m);
    }
    return ttfs_spread_root((uint64_t)square);
}

static uint32_t later;

/* A slot takes what the slowest of its cores does in the mean; what comes to a core may come to
 * any of its tasks. */
static void judge_varied(const TtfsPlan *p, const TtfsSpike *s, uint32_t slot, uint64_t before) {
    Count c;
    TtfsSpread least[CORES], limit[CORES];
    uint32_t n = 0, working = 0;
    uint64_t alone, held;
    count(&c, p, s, slot, true);
    for (uint32_t i = 0; i < CORES; i++) working += core_cycles(&c, i, 0, &alone) > 0;
    for (uint32_t i = 0; i < ttfs_chip_cores(&p->chip); i++) {
        uint32_t tasks = core_cycles(&c, i, 0, &alone);
        core_cycles(&c, i, c.held[i], &held);
        if (!tasks) continue;
        if (tasks > 1) held = alone + c.held[i] + tasks;
        uint64_t deviation = deviation_of(&c, i, working);
        if (p->early) deviation = deviation * 4 / 7; /* of the mean of three turns */
        least[n] = (TtfsSpread){tasks > 1 ? alone : held, deviation};
        limit[n++] = (TtfsSpread){held, deviation};
    }
    uint64_t said = ttfs_plan_slot_cycles(p, s, slot, true), more = behind_cores(p);
    assert_true(said >= before && said <= ttfs_plan_slot_cycles(p, s, slot, false));
    if (said == before || said == ttfs_plan_slot_cycles(p, s, slot, false)) return;
    assert_true(said + 2 >= ttfs_spread_highest(least, n) + more);
    assert_true(said <= ttfs_spread_highest(limit, n) + more + 2);
    later++;
}

static void varied(void **state) {
    (void)state;
    later = 0;
    for (uint64_t seed = 0; seed < graphs(200); seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        TtfsRng rng = ttfs_rng(seed);
        TtfsChip chip = random_chip(&rng);
        random_spike(&s, seed);
        for (uint32_t i = 0; i < s.pops.len; i++)
            s.pops.at[i].rate_ppm = ttfs_rng_below(&rng, 1000001);
        if (random_plan(&p, &s, &chip, &rng, &diag))
            for (uint32_t slot = 0; slot < p.slots.len; slot++) {
                set_vary(&s, 0, 0);
                uint64_t before = ttfs_plan_slot_cycles(&p, &s, slot, true);
                set_vary(&s, 1000, 1500);
                judge_varied(&p, &s, slot, before);
            }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(later > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(slots), cmocka_unit_test(crowded),
                                       cmocka_unit_test(varied),
                                       cmocka_unit_test(pools_wait_for_routers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
