/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing of pipelines: what the packer counts before there is a plan is what the plan then has;
 * random graphs on random meshes pass the checker; work is spread evenly where that is easy; memory
 * limits bite; the same graph gives the same plan; traffic against routes walked link by link.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "pack.h"
#include "plan_cycles.h"
#include "plan_traffic.h"
#include "share.h"

/* A random mesh, wide enough for most random graphs. */
static TtfsChip random_mesh(TtfsRng *r) {
    TtfsChip c = base_chip();
    c.cores_x = between(r, 1, 4);
    c.cores_y = between(r, c.cores_x == 1 ? 2 : 1, 4);
    c.lanes = between(r, 1, 16);
    c.weight_bits = 9;
    c.program_words = 16384;
    c.segments = between(r, 2, 8);
    return c;
}

static void set_rates(TtfsSpike *s, TtfsRng *r) {
    for (uint32_t i = 0; i < s->pops.len; i++) s->pops.at[i].rate_ppm = ttfs_rng_below(r, 1000001);
}

static void random_graph(TtfsSpike *s, TtfsRng *r, uint64_t seed) {
    if (seed % 2)
        chip_spike(s, seed, 9);
    else
        random_spike(s, seed);
    set_rates(s, r);
}

static void print_faults(const TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    printf("%s", ttfs_buf_text(&out));
    ttfs_buf_free(&out);
}

/* Is the directed link from a core to its neighbour on the way to a buffer? Walks there. */
static void walk(const TtfsPlan *p, uint32_t from, uint32_t to, bool *links) {
    uint32_t width = p->chip.cores_x, x = from % width, y = from / width;
    while (x != to % width || y != to / width) {
        uint32_t port = x < to % width ? 1 : x > to % width ? 3 : y < to / width ? 2 : 0;
        links[(y * width + x) * 4 + port] = true;
        if (port % 2)
            x += port == 1 ? 1 : UINT32_MAX;
        else
            y += port == 2 ? 1 : UINT32_MAX;
    }
}

static uint64_t flits_of(const TtfsPlan *p, const TtfsSpike *s, uint32_t flow) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p->flows.at[flow].pop);
    bool input = pop->kind == TTFS_POP_INPUT;
    uint64_t n = input ? (ttfs_pop_size(pop) * (uint64_t)pop->rate_ppm + 999999) / 1000000 : 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        uint64_t neurons = (uint64_t)t->channels * t->oy_count * t->ox_count;
        uint64_t rate = ttfs_pop_rate(pop, t->oy_first, t->oy_count, t->ox_first, t->ox_count);
        if (t->flow != flow) continue;
        n += pop->kind == TTFS_POP_READOUT ? neurons * ttfs_chip_sum_flits(&p->chip)
                                           : (neurons * rate + 999999) / 1000000;
    }
    return n;
}

/* Every flow's routes to its buffers, each link once. */
static void traffic_is_what_routes_carry(const TtfsPlan *p, const TtfsSpike *s) {
    enum { LINKS = 4 * 4 * 4 };
    uint64_t carried[LINKS] = {0}, hops = 0, busiest = 0;
    for (uint32_t f = 0; f < p->flows.len; f++) {
        const TtfsFlow *flow = &p->flows.at[f];
        bool links[LINKS] = {0};
        for (uint32_t i = 0; i < flow->ends; i++)
            walk(p, flow->core, p->buffers.at[p->ends.at[flow->first + i]].core, links);
        if (ttfs_spike_pop(s, flow->pop)->kind == TTFS_POP_READOUT) walk(p, flow->core, 0, links);
        for (uint32_t i = 0; i < LINKS; i++) carried[i] += links[i] ? flits_of(p, s, f) : 0;
    }
    for (uint32_t i = 0; i < LINKS; i++) {
        hops += carried[i];
        if (carried[i] > busiest) busiest = carried[i];
    }
    TtfsTraffic t = ttfs_plan_traffic(p, s);
    assert_int_equal(t.hops, hops);
    assert_int_equal(t.busiest, busiest);
    assert_true(t.lane_use_ppm <= 1000000);
}

/* A packing in hand. */
typedef struct {
    TtfsPlan plan;
    TtfsDiag diag;
    Solver solver;
    Pack pack;
} Hand;

static bool pack_graph(Hand *h, const TtfsSpike *s, const TtfsChip *chip, PackTry how,
                       uint32_t early) {
    *h = (Hand){.plan = {.chip = *chip, .early = early}};
    h->plan.chip.name = ttfs_arena_strdup(&h->plan.arena, chip->name);
    *TTFS_PUSH(&h->plan.arena, h->plan.slots) = (TtfsSlot){0};
    for (uint32_t i = 1; i <= s->pops.len; i++) {
        uint32_t stage = 0;
        const TtfsPopulation *p = ttfs_spike_pop(s, (TtfsPop){i});
        for (uint32_t k = 0; k < p->conn_count; k++) {
            TtfsPop src = s->conns.at[p->conn_first + k].src;
            uint32_t after = ttfs_plan_when(&h->plan, src).stage + 1 + early;
            if (after > stage) stage = after;
        }
        *TTFS_PUSH(&h->plan.arena, h->plan.when) = (TtfsWhen){0, stage};
        if (!ttfs_plan_fits(chip, s, (TtfsPop){i}, "net", &h->diag)) return false;
    }
    h->solver = (Solver){.spike = s, .plan = &h->plan, .diag = &h->diag, .file = "net", .ok = true};
    h->pack = (Pack){.solver = &h->solver,
                     .spike = s,
                     .chip = &h->plan.chip,
                     .arena = &h->solver.scratch,
                     .tight = how.tight,
                     .far = how.far,
                     .expected = true};
    ttfs_pack_divide(&h->pack, how);
    ttfs_pack_cut(&h->pack);
    return ttfs_pack_place(&h->pack);
}

static void drop(Hand *h) {
    ttfs_arena_free(&h->solver.scratch);
    ttfs_plan_free(&h->plan);
    ttfs_diag_free(&h->diag);
}

/* A pipeline has barriers where its tasks do not fit without. */
static void has_no_room_ahead(const TtfsPlan *p, const TtfsSpike *s) {
    Hand h;
    pack_graph(&h, s, &p->chip, (PackTry){.cells = 1, .parts = 1}, 1);
    h.plan.tasks.len = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        *TTFS_PUSH(&h.plan.arena, h.plan.tasks) = p->tasks.at[i];
    ttfs_solver_derive(&h.solver);
    assert_false(ttfs_solver_fits(&h.solver, false));
    drop(&h);
}

static void random_graphs_pass(void **state) {
    (void)state;
    uint32_t made = 0, barriers = 0, all = graphs(A_SHARE(300));
    for (uint64_t seed = 0; seed < all; seed++) {
        TtfsRng r = ttfs_rng(seed);
        TtfsChip chip = random_mesh(&r);
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        random_graph(&s, &r, seed);
        if (ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_PIPELINE, "net", &p, &diag)) {
            assert_int_equal(p.slots.len, 1);
            traffic_is_what_routes_carry(&p, &s);
            if (!p.early) has_no_room_ahead(&p, &s);
            barriers += !p.early;
            made++;
        }
        for (uint32_t i = 0; i < diag.messages.len; i++)
            assert_int_not_equal(diag.messages.at[i].code, TTFS_PLAN_CHECK);
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
        ttfs_spike_free(&s);
    }
    assert_true(made > all / 2 && barriers > 0);
}

static uint64_t busiest_of(const Pack *p) {
    uint64_t most = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(p->chip); c++)
        if (p->cores[c].time > most) most = p->cores[c].time;
    return most;
}

/* What the packer says of every core is what it has. */
static void cores_are_counted(Hand *h) {
    Pack *p = &h->pack;
    h->plan.tasks.len = 0;
    for (uint32_t i = 1; i < p->cells.len; i++) {
        TtfsTask t = p->cells.at[i].task;
        t.core = p->units.at[p->cells.at[i].unit].core;
        *TTFS_PUSH(&h->plan.arena, h->plan.tasks) = t;
    }
    ttfs_solver_derive(&h->solver);
    for (uint32_t c = 0; c < ttfs_chip_cores(p->chip); c++) {
        PackFill f = ttfs_pack_fill(p, c, PACK_NONE, PACK_NONE);
        const TtfsUse *u = &h->plan.use[c];
        assert_true(ttfs_pack_fits(p, &f));
        assert_int_equal(f.time, p->cores[c].time);
        assert_int_equal(f.use.weight_rows, u->weight_rows);
        assert_int_equal(f.use.param_words, u->param_words);
        assert_int_equal(f.use.program_words, u->program_words);
        assert_int_equal(f.use.buffers, u->buffers);
        assert_int_equal(f.use.table_rows, u->table_rows);
        assert_int_equal(f.use.table_cols, u->table_cols);
        assert_int_equal(f.use.act_words, u->act_words); /* its buffers have a place, too */
    }
}

/* A reader has as its sources exactly the cells that make some of what it reads. */
static void edges_are_all(Pack *p) {
    for (uint32_t i = 1; i < p->cells.len; i++) {
        const PackCell *c = &p->cells.at[i];
        uint32_t met = 0;
        for (uint32_t j = 0; j < p->cells.len; j++)
            for (uint32_t k = 0; k < c->reads; k++) {
                const TtfsRead *r = &p->reads.at[c->first_read + k];
                const TtfsTask *t = &p->cells.at[j].task;
                met += r->pop == t->pop.i && r->first[0] < t->ch_first + (int64_t)t->channels &&
                       t->ch_first < r->end[0] &&
                       r->first[1] < t->oy_first + (int64_t)t->oy_count &&
                       t->oy_first < r->end[1] &&
                       r->first[2] < t->ox_first + (int64_t)t->ox_count && t->ox_first < r->end[2];
            }
        uint32_t edges = p->sources.first[i + 1] - p->sources.first[i];
        bool input_unseen = edges > met; /* the host sends to whoever reads padding alone, too */
        if (!input_unseen) assert_int_equal(edges, met);
    }
}

static void packer_counts_what_a_plan_has(void **state) {
    (void)state;
    uint32_t packed = 0;
    for (uint64_t seed = 0; seed < A_SHARE(200); seed++) {
        TtfsRng r = ttfs_rng(seed + 1000);
        TtfsChip chip = random_mesh(&r);
        TtfsSpike s;
        Hand h;
        random_graph(&s, &r, seed);
        PackTry how = {between(&r, 1, 8), between(&r, 1, 8), seed % 5 == 0, seed % 2, true};
        if (pack_graph(&h, &s, &chip, how, seed % 3 == 0)) {
            uint64_t before = busiest_of(&h.pack);
            cores_are_counted(&h);
            ttfs_pack_balance(&h.pack);
            cores_are_counted(&h);
            uint64_t after = busiest_of(&h.pack);
            assert_true(after <= before);
            assert_true(ttfs_pack_connect(&h.pack));
            edges_are_all(&h.pack);
            ttfs_pack_draw_near(&h.pack);
            cores_are_counted(&h);
            assert_true(busiest_of(&h.pack) <= after + after / 64);
            packed++;
        }
        drop(&h);
        ttfs_spike_free(&s);
    }
    assert_true(packed > A_SHARE(100));
}

/* `layers` convolutions of 3 x 3, one behind the other, the last one small, and a readout. */
static void conv_chain(TtfsSpike *s, uint32_t layers, uint32_t channels, uint32_t size) {
    TtfsRng r = ttfs_rng(7);
    *s = (TtfsSpike){0};
    s->input = add_pop(
        s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 4, .h = size, .w = size, .ticks = 15});
    for (uint32_t i = 0; i < layers; i++) {
        TtfsPop src = {s->pops.len};
        uint32_t step = i + 1 == layers ? 2 : 1, c_out = i + 1 == layers ? 4 : channels;
        TtfsPopulation p = {
            .kind = TTFS_POP_RELU, .c = c_out, .h = size / step, .w = size / step, .ticks = 15};
        TtfsConnection c = {.kind = TTFS_CONN_CONV,
                            .src = src,
                            .kernel = {3, 3},
                            .stride = {step, step},
                            .dilation = {1, 1},
                            .pad = {1, 1, 1, 1}};
        c.dst = add_pop(s, p);
        uint64_t fan = (uint64_t)ttfs_spike_pop(s, src)->c * 9;
        chip_weights(s, &r, &c, c_out * fan, 8);
        add_conn(s, c);
        random_neurons(s, &r, c.dst);
    }
    s->readout = (TtfsPop){s->pops.len + 1};
    chip_dense(s, &r, (TtfsPop){s->pops.len}, TTFS_POP_READOUT, 8);
    set_times(s, &r);
    for (uint32_t i = 0; i < s->pops.len; i++) s->pops.at[i].rate_ppm = 300000;
}

static TtfsChip large_mesh(uint32_t x, uint32_t y) {
    TtfsChip c = base_chip();
    c.cores_x = x;
    c.cores_y = y;
    c.lanes = 16;
    c.weight_bits = 8;
    c.act_words = 4096;
    c.weight_rows = 8192;
    c.param_words = 2048;
    c.program_words = 4096;
    c.list_entries = 4096;
    c.table_words = 2048;
    c.flows = 1024;
    c.buffers = 64;
    return c;
}

static bool plan_chain(const TtfsSpike *s, const TtfsChip *chip, TtfsPlan *p) {
    TtfsDiag diag = {0};
    bool ok = ttfs_spike_to_plan(s, chip, TTFS_SCHEDULE_PIPELINE, "net", p, &diag);
    if (!ok && !ttfs_diag_error(&diag)) print_faults(&diag);
    for (uint32_t i = 0; i < diag.messages.len; i++)
        assert_int_not_equal(diag.messages.at[i].code, TTFS_PLAN_CHECK);
    ttfs_diag_free(&diag);
    return ok;
}

/* The busiest core has hardly more than its share, values travel less than row by row. */
static void easy_work_is_even(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsChip chip = large_mesh(4, 4);
    conv_chain(&s, 4, 32, 16);
    assert_true(plan_chain(&s, &chip, &p));
    uint64_t all = 0;
    for (uint32_t i = 0; i < p.tasks.len; i++)
        all += ttfs_plan_task_cycles(&chip, &s, &p.tasks.at[i], true);
    assert_in_range(p.expected_cycles, all / 16 * 9 / 10, all / 16 * 12 / 10);
    TtfsTraffic t = ttfs_plan_traffic(&p, &s);
    assert_true(t.hops * 10 < t.row_hops * 7);
    assert_true(t.busiest * 2 < p.expected_cycles);
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
}

/* Where the tasks of the loudest layer, population 2, stand among a core's n. */
static void loud_stands_at(const TtfsPlan *p, const TtfsTask *t, uint32_t n) {
    uint32_t loud = 0, first = (t->core % p->chip.cores_x + t->core / p->chip.cores_x) % 2;
    for (uint32_t i = 0; i < n; i++) loud += t[i].pop.i == 2;
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(t[i].pop.i == 2, first ? i < loud : i >= n - loud);
}

/* The layer that sends the most comes first on every other core, last on the others. */
static void loud_layers_take_turns(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsChip chip = large_mesh(4, 4);
    conv_chain(&s, 4, 32, 16);
    s.pops.at[1].rate_ppm = 600000;
    assert_true(plan_chain(&s, &chip, &p));
    for (uint32_t i = 0, end = 0; i < p.tasks.len; i = end) {
        while (end < p.tasks.len && p.tasks.at[end].core == p.tasks.at[i].core) end++;
        loud_stands_at(&p, &p.tasks.at[i], end - i);
    }
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
}

/* What a core's cells move of a population, the parts of a place once. */
static TtfsMoved moved_of(const Pack *p, uint32_t core, uint32_t pop) {
    TtfsMoved m = {0};
    const TtfsTask *last = NULL;
    for (uint32_t i = 1; i < p->cells.len; i++) {
        const TtfsTask *t = &p->cells.at[i].task;
        if (p->units.at[p->cells.at[i].unit].core != core || t->pop.i != pop) continue;
        m.moved += ttfs_cycles_moved(p->chip, p->spike, t);
        if (!last || last->oy_first != t->oy_first || last->ox_first != t->ox_first)
            m.regions += ttfs_vary_regions(p->spike, t->pop, t->oy_count, t->ox_count);
        last = t;
    }
    return m;
}

/* A core is weighed with two of its deviations from what all cores do alike; without barriers with
 * one and a half. */
static void weighed_with(uint32_t vary, uint32_t vary_part, uint32_t early) {
    static uint32_t one[] = {TTFS_RATE_ONE, TTFS_RATE_ONE, TTFS_RATE_ONE, TTFS_RATE_ONE};
    TtfsSpike s;
    Hand h;
    TtfsChip chip = large_mesh(2, 2);
    conv_chain(&s, 3, 32, 8);
    for (uint32_t i = 0; i < s.pops.len; i++)
        s.pops.at[i].rates = (TtfsRates){2, 2, one, vary, vary_part};
    s.pops.at[s.pops.len - 1].rates = (TtfsRates){0}; /* the readout's */
    assert_true(pack_graph(&h, &s, &chip, (PackTry){.cells = 3, .parts = 2}, early));
    Pack *p = &h.pack;
    for (uint32_t core = 0; core < 4; core++) {
        int64_t square = 0;
        for (uint32_t id = 2; id <= s.pops.len; id++) {
            TtfsVary v = ttfs_vary_of(&s, (TtfsPop){id});
            uint64_t all = 0;
            for (uint32_t c = 0; c < 4; c++) all += moved_of(p, c, id).moved;
            ttfs_vary_even(&v, all / 4);
            TtfsMoved m = moved_of(p, core, id);
            square += (int64_t)v.base + ttfs_vary_square(&v, &m);
        }
        uint64_t weighed = ttfs_pack_fill(p, core, PACK_NONE, PACK_NONE).time;
        Pack sure = *p;
        sure.base = 0;
        sure.vary = TTFS_ARRAY(p->arena, TtfsVary, (size_t)s.pops.len + 1);
        uint64_t plain = ttfs_pack_fill(&sure, core, PACK_NONE, PACK_NONE).time;
        p->stamp = sure.stamp;
        assert_true(square > 0);
        assert_int_equal(weighed - plain, ttfs_spread_root((uint64_t)square) * (8 - 2 * early) / 4);
    }
    drop(&h);
    ttfs_spike_free(&s);
}

/* All of a population and its regions; its regions alone. */
static void weighed_with_what_varies(void **state) {
    (void)state;
    for (uint32_t early = 0; early < 2; early++) {
        weighed_with(300, 400, early);
        weighed_with(30, 300, early);
    }
}

/* Without barriers a core waits for its router with values of pools. */
static void weighed_with_waits(void **state) {
    (void)state;
    uint32_t more = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        TtfsRng r = ttfs_rng(seed + 1000);
        TtfsChip chip = random_mesh(&r);
        TtfsSpike s;
        Hand h;
        random_graph(&s, &r, seed);
        for (uint32_t i = 0; i < s.pops.len; i++) s.pops.at[i].rates = (TtfsRates){0};
        if (pack_graph(&h, &s, &chip, (PackTry){.cells = 3, .parts = 2}, 1)) {
            const TtfsPopulation *in = ttfs_spike_pop(&s, s.input);
            uint64_t host = ttfs_cycles_share(ttfs_pop_size(in), in->rate_ppm);
            for (uint32_t core = 0; core < ttfs_chip_cores(&chip); core++) {
                PackFill f = ttfs_pack_fill(&h.pack, core, PACK_NONE, PACK_NONE);
                h.plan.early = 0;
                uint64_t before = ttfs_pack_fill(&h.pack, core, PACK_NONE, PACK_NONE).time;
                h.plan.early = 1;
                uint64_t ahead = ttfs_cycles_ahead(&chip, core, f.pooled, host);
                if (f.load) assert_int_equal(f.time - before, ahead);
                more += ahead > 0;
            }
        }
        drop(&h);
        ttfs_spike_free(&s);
    }
    assert_true(more > 10);
}

static void same_graph_same_plan(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsBuf text[2] = {{0}, {0}};
    TtfsChip chip = large_mesh(3, 2);
    conv_chain(&s, 3, 20, 10);
    for (int i = 0; i < 2; i++) {
        TtfsPlan p;
        assert_true(plan_chain(&s, &chip, &p));
        ttfs_plan_print(&p, &text[i]);
        ttfs_plan_free(&p);
    }
    assert_string_equal(ttfs_buf_text(&text[0]), ttfs_buf_text(&text[1]));
    ttfs_buf_free(&text[0]);
    ttfs_buf_free(&text[1]);
    ttfs_spike_free(&s);
}

/* With ever less room for one thing, half of it each time, plans fit it until none does. */
static uint32_t plans_until_refused(size_t member) {
    TtfsSpike s;
    uint32_t plans = 0;
    TtfsChip chip = large_mesh(4, 2);
    conv_chain(&s, 4, 32, 8);
    for (uint32_t room = 4096; room > 1; room /= 2, plans++) {
        TtfsPlan p;
        *(uint32_t *)(void *)((char *)&chip + member) = room;
        bool ok = plan_chain(&s, &chip, &p);
        ttfs_plan_free(&p);
        if (!ok) break;
    }
    ttfs_spike_free(&s);
    return plans;
}

static void limits_bite(void **state) {
    (void)state;
    assert_in_range(plans_until_refused(offsetof(TtfsChip, weight_rows)), 2, 6);
    assert_in_range(plans_until_refused(offsetof(TtfsChip, act_words)), 3, 10);
    assert_in_range(plans_until_refused(offsetof(TtfsChip, param_words)), 3, 10);
    assert_in_range(plans_until_refused(offsetof(TtfsChip, program_words)), 3, 10);
    assert_in_range(plans_until_refused(offsetof(TtfsChip, table_words)), 3, 10);
}

static uint32_t populations_made(const Pack *p) {
    uint32_t n = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(p->chip); c++) n += p->cores[c].made;
    return n;
}

/* Many more cells than flows, of many layers: values travel far less than row by row all the same.
 * A quarter of the largest mesh; with TTFS_TEST_LARGE=1 all of it, with the 40,000 cells that it is
 * meant for, and no link half as busy as the busiest core. A test of its own, not with a sanitizer:
 * the same code runs there on the meshes above. */
static void many_cells_share_few_flows(void **state) {
    (void)state;
    bool large = getenv("TTFS_TEST_LARGE") != NULL;
    uint32_t side = large ? 32 : 16;
    TtfsSpike s;
    Hand h;
    TtfsChip chip = large_mesh(side, side);
    chip.flows = 4 * side * side;
    chip.program_words = 2048;
    conv_chain(&s, large ? 96 : 24, 32, 32);
    assert_true(pack_graph(&h, &s, &chip, (PackTry){.cells = 48, .parts = 1, .near = true}, 0));
    assert_true(h.pack.cells.len > 40 * side * side);
    ttfs_pack_balance(&h.pack);
    assert_true(ttfs_pack_connect(&h.pack));
    ttfs_pack_draw_near(&h.pack);
    cores_are_counted(&h);
    assert_in_range(h.plan.flows.len, 1 + populations_made(&h.pack), chip.flows);
    assert_true(ttfs_solver_fits(&h.solver, true));
    TtfsTraffic t = ttfs_plan_traffic(&h.plan, &s);
    printf("%u cells, %u flows: %u of %u hops row by row, busiest link %u, core %u\n",
           h.pack.cells.len, h.plan.flows.len, (unsigned)t.hops, (unsigned)t.row_hops,
           (unsigned)t.busiest, (unsigned)busiest_of(&h.pack));
    assert_true(t.hops * 10 <= t.row_hops * 6);
    assert_true(!large || t.busiest * 2 <= busiest_of(&h.pack));
    drop(&h);
    ttfs_spike_free(&s);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_pass), cmocka_unit_test(packer_counts_what_a_plan_has),
        cmocka_unit_test(easy_work_is_even),  cmocka_unit_test(weighed_with_what_varies),
        cmocka_unit_test(weighed_with_waits), cmocka_unit_test(same_graph_same_plan),
        cmocka_unit_test(limits_bite),        cmocka_unit_test(loud_layers_take_turns),
    };
    const struct CMUnitTest large[] = {cmocka_unit_test(many_cells_share_few_flows)};
    if (argc > 1 && strcmp(argv[1], "large") == 0) return cmocka_run_group_tests(large, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
