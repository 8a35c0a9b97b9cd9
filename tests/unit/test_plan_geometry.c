/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tasks of a plan mean: computed from what they reach and weigh alone, every neuron gets
 * what the golden engine says; the segments of their lists name the elements of their buffers in
 * the order of weight rows, in one pass or several; classes of positions tell all biases apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chip_spike.h"
#include "golden.h"
#include "plan_geometry.h"
#include "plan_reads.h"
#include "spike_to_plan.h"

/* A chip for any graph of random_spike.h, whose lists may be short. */
static TtfsChip any_chip(TtfsRng *r) {
    TtfsChip c = small_chip(between(r, 1, 3), between(r, 1, 9), 9);
    c.cores_y = between(r, 1, 2);
    c.list_entries = ttfs_rng_below(r, 2) ? 512 : between(r, 2, 40);
    c.program_words = 65536;
    return c;
}

/* Value y of channel c at a place of a population; 0 outside. */
static int32_t value_at(const TtfsSpike *s, const TtfsTrace *t, TtfsPop p, uint32_t c, int64_t y,
                        int64_t x) {
    const TtfsPopulation *pop = ttfs_spike_pop(s, p);
    if (y < 0 || y >= pop->h || x < 0 || x >= pop->w) return 0;
    uint16_t k = ttfs_trace_ticks(t, p)[(c * pop->h + (size_t)y) * pop->w + (size_t)x];
    return k == TTFS_SILENT ? 0 : (int32_t)pop->ticks - k;
}

/* A position of a task: row r, column q of it. */
typedef struct {
    const TtfsSpike *s;
    const TtfsTrace *trace;
    const TtfsTask *t;
    uint32_t r, q;
} At;

static int32_t weighted(const At *a, uint32_t k, uint32_t channel) {
    TtfsReach m = ttfs_task_reach(a->s, a->t, k);
    int64_t y = m.y_first + (int64_t)a->r * m.sy, x = m.x_first + (int64_t)a->q * m.sx;
    int32_t sum = 0;
    for (uint32_t ky = 0; ky < m.kh; ky++)
        for (uint32_t kx = 0; kx < m.kw; kx++)
            for (uint32_t c = m.ch_first; c < m.ch_first + m.channels; c++)
                sum += ttfs_reach_weight(a->s, &m, channel, a->t->oy_first, a->t->ox_first, ky, kx,
                                         c) *
                       value_at(a->s, a->trace, m.src, c, y + (int64_t)ky * m.dy,
                                x + (int64_t)kx * m.dx);
    return sum;
}

static int32_t pooled(const At *a, uint32_t channel) {
    TtfsReach m = ttfs_task_reach(a->s, a->t, 0);
    int64_t y = m.y_first + (int64_t)a->r * m.sy, x = m.x_first + (int64_t)a->q * m.sx;
    bool max = m.conn->kind == TTFS_CONN_POOL;
    int32_t best = max ? 0 : INT32_MAX;
    for (uint32_t ky = 0; ky < m.kh; ky++)
        for (uint32_t kx = 0; kx < m.kw; kx++) {
            int32_t v = value_at(a->s, a->trace, m.src, m.ch_first + channel - a->t->ch_first,
                                 y + (int64_t)ky * m.dy, x + (int64_t)kx * m.dx);
            if (max ? v > best : v < best) best = v;
        }
    return best;
}

static void check_neuron(const At *a, TtfsGolden *g, uint32_t channel) {
    const TtfsPopulation *p = ttfs_spike_pop(a->s, a->t->pop);
    uint32_t y = a->t->oy_first + a->r, x = a->t->ox_first + a->q;
    uint32_t neuron = (channel * p->h + y) * p->w + x;
    if (p->kind == TTFS_POP_POOL) {
        assert_int_equal(pooled(a, channel), value_at(a->s, a->trace, a->t->pop, channel, y, x));
        return;
    }
    int32_t sum = ttfs_pop_bias(p, neuron);
    for (uint32_t k = 0; k < p->conn_count; k++) sum += weighted(a, k, channel);
    assert_int_equal(sum, ttfs_golden_potentials(g, a->t->pop)[neuron]);
}

static void check_task(const TtfsSpike *s, const TtfsTrace *trace, TtfsGolden *g,
                       const TtfsTask *t) {
    for (uint32_t r = 0; r < t->oy_count; r++)
        for (uint32_t q = 0; q < t->ox_count; q++)
            for (uint32_t c = t->ch_first; c < t->ch_first + t->channels; c++)
                check_neuron(&(At){s, trace, t, r, q}, g, c);
}

static void tasks_compute_the_graph(void **state) {
    (void)state;
    uint32_t made = 0, grouped = 0, clipped = 0, several = 0;
    for (uint64_t seed = 0; seed < 150; seed++) {
        TtfsRng rng = ttfs_rng(seed);
        TtfsSpike s;
        TtfsPlan p;
        TtfsTrace trace;
        TtfsDiag diag = {0};
        TtfsArena a = {0};
        random_spike(&s, seed);
        TtfsChip chip = any_chip(&rng);
        if (ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag)) {
            uint16_t *x = TTFS_ARRAY(&a, uint16_t, ttfs_pop_size(ttfs_spike_pop(&s, s.input)));
            TtfsGolden *g = ttfs_golden_open(&s);
            random_input(&s, &rng, x);
            ttfs_trace_init(&trace, &s, &a);
            ttfs_golden_run(g, x, &trace);
            for (uint32_t i = 0; i < p.tasks.len; i++) {
                const TtfsConnection *c =
                    &s.conns.at[ttfs_spike_pop(&s, p.tasks.at[i].pop)->conn_first];
                check_task(&s, &trace, g, &p.tasks.at[i]);
                grouped += c->group > 1;
                several += p.tasks.at[i].passes > 1;
                clipped += c->kind == TTFS_CONN_MINPOOL && (c->pad[0] || c->pad[1]);
            }
            ttfs_golden_close(g);
            made++;
        }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
        ttfs_arena_free(&a);
    }
    assert_true(made > 130 && grouped > 20 && clipped > 20 && several > 20);
}

/* A readout may have rows and columns, and there may be several. */
static void readouts_of_maps(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(9);
    TtfsSpike s = {0};
    TtfsPlan p;
    TtfsTrace trace;
    TtfsDiag diag = {0};
    uint16_t x[2 * 5 * 6];
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 5, .w = 6, .ticks = 15});
    for (uint32_t i = 0; i < 2; i++) {
        TtfsConnection c = {.kind = TTFS_CONN_CONV,
                            .src = s.input,
                            .dst = {2 + i},
                            .kernel = {3, 2},
                            .stride = {1, 1},
                            .dilation = {1, 1},
                            .pad = {1, 0, 1, 0}};
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 3, .h = 5, .w = 5});
        random_weights(&s, &rng, &c, 3 * 2 * 6);
        add_conn(&s, c);
        random_neurons(&s, &rng, c.dst);
    }
    s.readout = (TtfsPop){2};
    set_times(&s, &rng);
    random_input(&s, &rng, x);
    TtfsChip chip = small_chip(3, 4, 9);
    if (!ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag))
        fail_msg("%s", diag.messages.at[0].what);
    TtfsGolden *g = ttfs_golden_open(&s);
    ttfs_trace_init(&trace, &s, &s.arena);
    ttfs_golden_run(g, x, &trace);
    for (uint32_t i = 0; i < p.tasks.len; i++) check_task(&s, &trace, g, &p.tasks.at[i]);
    assert_true(p.tasks.len > 2);
    ttfs_golden_close(g);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* The elements that a list names, in their order. */
typedef struct {
    TtfsArena arena;
    TTFS_VEC(int64_t) at;
} Elements;

static void add_segment(Elements *e, const TtfsSegment *g, uint32_t r, uint32_t q) {
    int64_t start = g->base + (int64_t)r * g->row_stride + (int64_t)q * g->col_stride;
    for (int32_t j = 0; j < g->ny; j++)
        for (int32_t i = 0; i < g->nx; i++)
            for (int32_t n = 0; n < g->length; n++)
                *TTFS_PUSH(&e->arena, e->at) = start + (int64_t)j * g->row_step +
                                               (int64_t)i * g->run_step + n;
}

/* The same from where a buffer keeps a place. */
static void add_places(Elements *e, const TtfsReach *m, const TtfsBuffer *b, uint32_t r,
                       uint32_t q) {
    for (uint32_t ky = 0; ky < m->kh; ky++)
        for (uint32_t kx = 0; kx < m->kw; kx++)
            for (uint32_t c = 0; c < m->channels; c++) {
                int64_t y = m->y_first + (int64_t)(r * m->sy + ky * m->dy) - b->y_first;
                int64_t x = m->x_first + (int64_t)(q * m->sx + kx * m->dx) - b->x_first;
                *TTFS_PUSH(&e->arena, e->at) = b->base + (y * b->cols + x) * b->pitch +
                                               m->ch_first + c - b->ch_first;
            }
}

static void list_of(const TtfsSpike *s, const TtfsPlan *p, const TtfsTask *t, uint32_t r,
                    uint32_t q, Elements *e) {
    for (uint32_t pass = 0; t->passes > 1 && pass < t->passes; pass++) {
        TtfsSegment g;
        uint32_t first, before = e->at.len;
        assert_true(ttfs_task_pass(s, p, t, pass, &g, &first));
        assert_int_equal(first, before);
        add_segment(e, &g, 0, 0);
        assert_true(e->at.len - before <= p->chip.list_entries && e->at.len > before);
    }
    for (uint32_t k = 0; t->passes == 1 && k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
        TtfsReach m = ttfs_task_reach(s, t, k);
        TtfsSegment g = ttfs_reach_segment(p, &m, ttfs_plan_buffer(p, t->core, m.src, NULL));
        add_segment(e, &g, r, q);
    }
}

static void check_lists(const TtfsSpike *s, const TtfsPlan *p, const TtfsTask *t) {
    for (uint32_t r = 0; r < t->oy_count; r++)
        for (uint32_t q = 0; q < t->ox_count; q++) {
            Elements got = {0}, want = {0};
            list_of(s, p, t, r, q, &got);
            for (uint32_t k = 0; k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
                TtfsReach m = ttfs_task_reach(s, t, k);
                add_places(&want, &m, ttfs_plan_buffer(p, t->core, m.src, NULL), r, q);
            }
            assert_int_equal(got.at.len, want.at.len);
            assert_memory_equal(got.at.at, want.at.at, got.at.len * sizeof *got.at.at);
            if (t->groups) assert_int_equal(got.at.len, t->group_rows);
            ttfs_arena_free(&got.arena);
            ttfs_arena_free(&want.arena);
        }
}

static void segments_name_the_elements(void **state) {
    (void)state;
    uint32_t made = 0, several = 0;
    for (uint64_t seed = 0; seed < 150; seed++) {
        TtfsRng rng = ttfs_rng(seed + 1000);
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        random_spike(&s, seed);
        TtfsChip chip = any_chip(&rng);
        if (ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag)) {
            made++;
            for (uint32_t i = 0; i < p.tasks.len; i++) {
                check_lists(&s, &p, &p.tasks.at[i]);
                several += p.tasks.at[i].passes > 1;
            }
        }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(made > 130 && several > 20);
}

/* docs/core.md, class_row. */
static uint32_t class_of(uint32_t at, uint32_t size, const uint32_t edge[2]) {
    uint32_t inside = size - 1 - edge[1];
    return (at < edge[0] ? at : edge[0]) + (at > inside ? at - inside : 0);
}

/* A map of biases with `wide` lines of their own at each side of both axes: `made` of them. */
static void bias_map(TtfsPopulation *p, TtfsRng *r, const uint32_t edge[4], int32_t *bias) {
    int32_t of[64];
    for (int i = 0; i < 64; i++) of[i] = (int32_t)ttfs_rng_below(r, 1000000);
    for (uint32_t i = 0; i < p->c * p->h * p->w; i++) {
        uint32_t y = i / p->w % p->h, x = i % p->w;
        bias[i] = of[class_of(y, p->h, edge) * 8 + class_of(x, p->w, edge + 2)] +
                  (int32_t)(i / p->w / p->h);
    }
    p->bias = bias;
    p->bias_count = p->c * p->h * p->w;
}

static void edges_are_the_fewest(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(5), *r = &rng;
    for (int round = 0; round < 300; round++) {
        TtfsSpike s = {0};
        int32_t bias[2 * 9 * 9];
        uint32_t want[4], got[4];
        TtfsPop id = add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = 2, .h = 9, .w = 9});
        TtfsPopulation *p = ttfs_spike_pop(&s, id);
        for (int i = 0; i < 4; i++) want[i] = ttfs_rng_below(r, 4);
        bias_map(p, r, want, bias);
        TtfsTask t = {.pop = id, .channels = 2, .oy_count = 9, .ox_count = 9};
        ttfs_plan_edges(&s, &t, got);
        assert_memory_equal(got, want, sizeof got); /* the inside is the longest run of lines */
        t = (TtfsTask){
            id,         0, 0, 1, 1, want[0], 9 - want[0] - want[1], want[2], 9 - want[2] - want[3],
            .groups = 1};
        ttfs_plan_edges(&s, &t, t.edge);
        assert_int_equal(t.edge[0] + t.edge[1] + t.edge[2] + t.edge[3], 0);
        assert_int_equal(ttfs_task_params(&t), 1);
        ttfs_spike_free(&s);
    }
}

/* Whatever the biases: two positions of a class have the same. */
static void classes_tell_biases(const TtfsSpike *s, const TtfsTask *t) {
    const TtfsPopulation *p = ttfs_spike_pop(s, t->pop);
    uint32_t rows = t->edge[0] + t->edge[1] + 1, cols = t->edge[2] + t->edge[3] + 1;
    assert_true(rows <= t->oy_count && cols <= t->ox_count);
    assert_int_equal(ttfs_task_params(t), rows * cols * t->channels);
    int32_t *of = calloc((size_t)rows * cols, sizeof *of);
    bool *set = calloc((size_t)rows * cols, sizeof *set);
    for (uint32_t i = 0; i < t->oy_count * t->ox_count; i++) {
        uint32_t y = i / t->ox_count, x = i % t->ox_count;
        uint32_t k = class_of(y, t->oy_count, t->edge) * cols +
                     class_of(x, t->ox_count, t->edge + 2);
        int32_t b =
            ttfs_pop_bias(p, (t->ch_first * p->h + t->oy_first + y) * p->w + t->ox_first + x);
        assert_true(!set[k] || of[k] == b);
        set[k] = true;
        of[k] = b;
    }
    free(of);
    free(set);
}

static void every_class_has_one_bias(void **state) {
    (void)state;
    uint32_t several = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        random_spike(&s, seed);
        TtfsChip chip = small_chip(2, 4, 9);
        if (ttfs_spike_to_plan(&s, &chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag))
            for (uint32_t i = 0; i < p.tasks.len; i++) {
                if (!p.tasks.at[i].groups) continue;
                classes_tell_biases(&s, &p.tasks.at[i]);
                several += ttfs_task_params(&p.tasks.at[i]) > p.tasks.at[i].channels;
            }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(several > 5);
}

/* Sets of channels that share a list: all; whole groups as many as the lanes hold; or one group. */
static void sets_of_channels(void **state) {
    (void)state;
    static const struct {
        uint32_t channels, group, lanes, most;
    } cases[] = {{40, 1, 16, 40}, {40, 40, 16, 16}, {40, 10, 16, 16},
                 {40, 8, 16, 15}, {40, 2, 16, 20},  {6, 6, 16, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsSpike s = {0};
        TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 40, .h = 3, .w = 3, .ticks = 7};
        TtfsConnection c = {.kind = TTFS_CONN_CONV, .group = cases[i].group};
        in.c = cases[i].channels;
        c.src = add_pop(&s, in);
        in.kind = TTFS_POP_RELU;
        c.dst = add_pop(&s, in);
        for (int k = 0; k < 2; k++) c.kernel[k] = c.stride[k] = c.dilation[k] = 1;
        add_conn(&s, c);
        TtfsChip chip = small_chip(1, cases[i].lanes, 8);
        TtfsCutRule rule = ttfs_plan_cut_rule(&chip, &s, c.dst);
        assert_int_equal(rule.most, cases[i].most);
        assert_int_equal(rule.unit, cases[i].lanes);
        assert_false(rule.by_position);
        chip.list_entries = 2;
        assert_int_equal(ttfs_plan_cut_rule(&chip, &s, c.dst).by_position, cases[i].most > 2);
        ttfs_spike_free(&s);
    }
}

/* Whole words that hold so many elements. */
static uint64_t words_for(uint64_t elements) {
    uint64_t n = 0;
    while (n * TTFS_WORD_ELEMENTS < elements) n++;
    return n;
}

/* Words, pitch and copies of what a core reads, from one element to some words and one more. */
static void sizes_of_buffers(void **state) {
    (void)state;
    static const uint32_t banks[] = {0, 1, 2, 2, 3, 3, 3, 3, 3, 3};
    const uint32_t w = TTFS_WORD_ELEMENTS;
    for (uint32_t n = 1; n <= 4 * w + 1; n++) {
        TtfsRead r = {.first = {5, 1, 2}, .end = {5 + n, 4, 4}};
        assert_int_equal(ttfs_read_pitch(&r), n);
        assert_int_equal(ttfs_read_before(&r), 0);
        assert_int_equal(ttfs_read_words(&r), words_for(6 * (uint64_t)n));
        r.pooled = true, r.pool_first = 5 - n % 5;
        assert_int_equal(ttfs_read_pitch(&r), w * words_for(n));
        assert_int_equal(ttfs_read_before(&r), n % 5 % w);
        assert_int_equal(ttfs_read_words(&r), words_for(n % 5 % w + 6 * w * words_for(n)));
    }
    for (uint32_t late = 0; late < sizeof banks / sizeof *banks; late++)
        assert_int_equal(ttfs_read_banks(&(TtfsRead){.copies = late + 1}), banks[late]);
}

/* The least that holds both, along each axis, and more copies. */
static void reads_unite(void **state) {
    (void)state;
    const TtfsRead a = {.first = {2, -1, 3}, .end = {9, 4, 5}, .copies = 1};
    const TtfsRead b = {
        .first = {0, 0, 7}, .end = {4, 8, 9}, .copies = 2, .pooled = true, .pool_first = 6};
    for (int i = 0; i < 2; i++) {
        TtfsRead u = i ? a : b;
        ttfs_read_unite(&u, i ? &b : &a);
        const int64_t first[3] = {0, -1, 3}, end[3] = {9, 8, 9};
        assert_memory_equal(u.first, first, sizeof first);
        assert_memory_equal(u.end, end, sizeof end);
        assert_true(u.copies == 2 && u.pooled && u.pool_first == 6);
        TtfsRead earlier = b;
        earlier.pool_first = 4;
        ttfs_read_unite(&u, i ? &earlier : &b);
        assert_int_equal(u.pool_first, i ? 4 : 6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_compute_the_graph),    cmocka_unit_test(readouts_of_maps),
        cmocka_unit_test(segments_name_the_elements), cmocka_unit_test(edges_are_the_fewest),
        cmocka_unit_test(every_class_has_one_bias),   cmocka_unit_test(sets_of_channels),
        cmocka_unit_test(sizes_of_buffers),           cmocka_unit_test(reads_unite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
