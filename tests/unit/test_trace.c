/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces: what is recorded, refused, counted and said. Every comparison is seen to fail on one
 * moved spike or one changed potential.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "golden.h"
#include "hdf5_write.h"
#include "nird.h"
#include "random_spike.h"

/* Input of 3 neurons, T 4; relu of 2, T 5; readout of 3. */
static void small_graph(TtfsSpike *s) {
    static const int16_t w1[] = {1, 0, 2, -1, 1, 0}, w2[] = {1, 1, 1, 1, -1, 1};
    static int32_t bias[] = {0, 1}, ramp[] = {2, 1}, out[] = {0, 0, 0};
    *s = (TtfsSpike){0};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 3, .h = 1, .w = 1, .ticks = 4});
    TtfsPop relu =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = 2, .h = 1, .w = 1, .ticks = 5});
    ttfs_spike_pop(s, relu)->bias = bias;
    ttfs_spike_pop(s, relu)->ramp = ramp;
    add_conn(s, (TtfsConnection){TTFS_CONN_DENSE, s->input, relu, .weight_bits = 3, .weights = w1,
                                 .weight_count = 6});
    s->readout = add_pop(s, (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 3, .h = 1, .w = 1});
    ttfs_spike_pop(s, s->readout)->bias = out;
    add_conn(s, (TtfsConnection){TTFS_CONN_DENSE, relu, s->readout, .weight_bits = 2, .weights = w2,
                                 .weight_count = 6});
    TtfsRng r = ttfs_rng(1);
    set_times(s, &r);
}

/* x = (1, 4, 2): U = (5, 4), y = (2, 4); potentials 6, 6, 2. */
static void run_small(TtfsSpike *s, TtfsTrace *t) {
    TtfsGolden *g = ttfs_golden_open(s);
    ttfs_trace_init(t, s, &s->arena);
    ttfs_golden_run(g, (uint16_t[]){1, 4, 2}, t);
    ttfs_golden_close(g);
}

static void counts_and_class(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    small_graph(&s);
    run_small(&s, &t);
    assert_int_equal(t.neurons, 5);
    assert_int_equal(t.readouts, 3);
    assert_int_equal(ttfs_trace_spikes(&t, s.input), 3);
    assert_int_equal(ttfs_trace_spikes(&t, s.readout), 0);
    assert_int_equal(ttfs_trace_hidden_spikes(&t), 2);
    assert_int_equal(ttfs_trace_hidden_neurons(&t), 2);
    assert_int_equal(t.potential[0], 6);
    assert_int_equal(t.potential[1], 6);
    assert_int_equal(t.potential[2], 2);
    assert_int_equal(ttfs_trace_class(&t), 0);
    t.potential[1]++;
    assert_int_equal(ttfs_trace_class(&t), 1);
    ttfs_trace_clear(&t);
    assert_int_equal(ttfs_trace_hidden_spikes(&t) + ttfs_trace_spikes(&t, s.input), 0);
    ttfs_spike_free(&s);
}

/* Of the first output's elements the largest one names the class, of several the first. */
static void class_of_an_output(void **state) {
    (void)state;
    static const int32_t potential[][3] = {{5, 1, 9}, {9, 1, 5}, {1, 7, 7}, {1, 7, 3}};
    static const uint32_t class[] = {2, 0, 1, 1}, of_part[] = {1, 1, 0, 0};
    TtfsSpike s;
    TtfsTrace t;
    small_graph(&s);
    ttfs_trace_init(&t, &s, &s.arena);
    for (int i = 0; i < 4; i++) {
        s.outputs.len = 0;
        memcpy(t.potential, potential[i], sizeof potential[i]);
        assert_int_equal(ttfs_trace_class(&t), class[i]);
        for (int o = 0; o < 2; o++) { /* neurons 1 and 0, then 2 alone */
            TtfsOutput *out = TTFS_PUSH(&s.arena, s.outputs);
            *out = (TtfsOutput){0};
            *TTFS_PUSH(&s.arena, out->pieces) =
                (TtfsPiece){3, o ? 2 : 1, 0, 1, {{o ? 1 : 2, -1, 1}}};
        }
        assert_int_equal(ttfs_trace_class(&t), of_part[i]);
    }
    ttfs_spike_free(&s);
}

static void printed(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    TtfsBuf b = {0};
    small_graph(&s);
    run_small(&s, &t);
    ttfs_trace_print(&t, &b);
    assert_string_equal(ttfs_buf_text(&b), "spike \"layer 1\" tick 0 neuron 1\n"
                                           "spike \"layer 1\" tick 2 neuron 2\n"
                                           "spike \"layer 1\" tick 3 neuron 0\n"
                                           "spike \"layer 2\" tick 1 neuron 1\n"
                                           "spike \"layer 2\" tick 3 neuron 0\n"
                                           "readout \"layer 3\" neuron 0 potential 6\n"
                                           "readout \"layer 3\" neuron 1 potential 6\n"
                                           "readout \"layer 3\" neuron 2 potential 2\n");
    ttfs_buf_free(&b);
    ttfs_spike_free(&s);
}

static void added_one_by_one(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace want, got;
    TtfsDifference d;
    small_graph(&s);
    run_small(&s, &want);
    ttfs_trace_init(&got, &s, &s.arena);
    ttfs_trace_set_input(&got, (uint16_t[]){1, 4, 2});
    ttfs_trace_add(&got, (TtfsPop){2}, 0, 3);
    assert_int_equal(ttfs_trace_compare(&want, &got, &d), 4);
    assert_false(d.readout);
    assert_int_equal(d.pop.i, 2);
    assert_int_equal(d.neuron, 1);
    assert_int_equal(d.want, 1);
    assert_int_equal(d.got, -1);
    ttfs_trace_add(&got, (TtfsPop){2}, 1, 1);
    memcpy(got.potential, want.potential, 3 * sizeof *got.potential);
    assert_int_equal(ttfs_trace_compare(&want, &got, &d), 0);
    assert_int_equal(d.pop.i, 0);
    got.potential[2] -= 9;
    assert_int_equal(ttfs_trace_compare(&want, &got, &d), 1);
    assert_true(d.readout);
    assert_int_equal(d.neuron, 2);
    assert_int_equal(d.got, -7);
    ttfs_spike_free(&s);
}

static void faults(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace want, t;
    TtfsDifference d;
    small_graph(&s);
    run_small(&s, &want);
    run_small(&s, &t);
    ttfs_trace_add(&t, (TtfsPop){2}, 1, 4);
    assert_int_equal(t.faults, 1);
    assert_string_equal(t.fault, "population 2, neuron 1, tick 4: a second spike");
    assert_int_equal(ttfs_trace_compare(&want, &t, &d), 1);
    ttfs_trace_clear(&t);
    assert_int_equal(t.faults, 0);
    ttfs_trace_add(&t, (TtfsPop){2}, 2, 0);
    assert_non_null(strstr(t.fault, "no such neuron"));
    ttfs_trace_add(&t, (TtfsPop){2}, 1, 5);
    ttfs_trace_add(&t, (TtfsPop){0}, 0, 0);
    ttfs_trace_add(&t, (TtfsPop){4}, 0, 0);
    ttfs_trace_add(&t, (TtfsPop){3}, 0, 0);
    assert_int_equal(t.faults, 5);
    assert_int_equal(ttfs_trace_hidden_spikes(&t), 0);
    ttfs_spike_free(&s);
}

/* A graph may end with a population that spikes: it is one like the others. */
static void last_population(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    small_graph(&s);
    s.pops.len = 2;
    ttfs_trace_init(&t, &s, &s.arena);
    ttfs_trace_clear(&t);
    ttfs_trace_add(&t, (TtfsPop){2}, 1, 4);
    assert_int_equal(t.faults, 0);
    assert_int_equal(ttfs_trace_ticks(&t, (TtfsPop){2})[1], 4);
    ttfs_trace_add(&t, (TtfsPop){3}, 0, 0);
    ttfs_trace_add(&t, (TtfsPop){0}, 0, 0);
    assert_int_equal(t.faults, 2);
    assert_non_null(strstr(t.fault, "no population that spikes"));
    ttfs_spike_free(&s);
}

static void other_graphs_differ(void **state) {
    (void)state;
    TtfsSpike a, b;
    TtfsTrace ta, tb;
    TtfsDifference d;
    small_graph(&a);
    random_spike(&b, 5);
    ttfs_trace_init(&ta, &a, &a.arena);
    ttfs_trace_init(&tb, &b, &b.arena);
    assert_int_equal(ttfs_trace_compare(&ta, &tb, &d), 1);
    assert_int_equal(d.pop.i, 0);
    ttfs_spike_free(&a);
    ttfs_spike_free(&b);
}

/* Two samples with 3 and 2 spikes, 3 potentials each: what is held, and the table of 2 x 3 places.
 */
static void nird_is_bounded(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    TtfsArena a = {0};
    small_graph(&s);
    run_small(&s, &t);
    const uint64_t held = 2 * (3 * 8 + 2 * 16), spikes = (3 + 2) * 8, table = 2 * 3 * 16;
    assert_null(ttfs_nird_open(&s, (uint64_t)1 << 60, TTFS_TRACE_MOST, &a));
    assert_null(ttfs_nird_open(&s, 2, held - 1, &a));
    TtfsNird *n = ttfs_nird_open(&s, 2, held + 2 * spikes + table, &a);
    assert_non_null(n);
    assert_true(ttfs_nird_sample(n, 0, &t));
    assert_true(ttfs_nird_sample(n, 1, &t));
    n = ttfs_nird_open(&s, 2, held + 2 * spikes + table - 1, &a);
    assert_true(ttfs_nird_sample(n, 0, &t));
    assert_false(ttfs_nird_sample(n, 1, &t));
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
}

/* Names of a file are apart where one had to change into what another is. */
static void nird_has_all_names(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    TtfsArena a = {0};
    TtfsBuf file = {0};
    small_graph(&s);
    run_small(&s, &t);
    s.pops.at[0].name = "a/b", s.pops.at[1].name = "a.b_1";
    TtfsNird *n = ttfs_nird_open(&s, 1, TTFS_TRACE_MOST, &a);
    assert_true(ttfs_nird_sample(n, 0, &t));
    ttfs_nird_write(n, &file);
    uint32_t own = 0, other = 0;
    for (size_t i = 0; i + 7 < file.len; i++) {
        other += memcmp(file.text + i, "a.b_1_2", 7) == 0;
        own += memcmp(file.text + i, "a.b_1", 5) == 0;
    }
    assert_true(own == 2 && other == 1);
    ttfs_buf_free(&file);
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
}

/* A name is cut between characters, and bytes that are no UTF-8 are escaped. */
static void names_are_utf8(void **state) {
    (void)state;
    enum { MOST = 1000 };
    TtfsArena a = {0};
    char name[MOST + 3];
    memset(name, 'x', sizeof name);
    memcpy(name + MOST - 1, "\xc3\xa4", 3);
    const char *cut = ttfs_hdf5_name(name, 7, &a);
    assert_int_equal(strspn(cut, "x"), MOST - 1);
    assert_string_equal(cut + MOST - 1, "_7");
    assert_string_equal(ttfs_hdf5_name("f\xff/", 2, &a), "f\\xff._2");
    assert_string_equal(ttfs_hdf5_name("\xc3\xa4", 3, &a), "\xc3\xa4");
    ttfs_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_class),
        cmocka_unit_test(class_of_an_output),
        cmocka_unit_test(printed),
        cmocka_unit_test(added_one_by_one),
        cmocka_unit_test(faults),
        cmocka_unit_test(last_population),
        cmocka_unit_test(other_graphs_differ),
        cmocka_unit_test(nird_is_bounded),
        cmocka_unit_test(nird_has_all_names),
        cmocka_unit_test(names_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
