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
#include "hdf5.h"
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

/* A file that holds nothing but a dataset of {n, 3} numbers 0, 1, .. in chunks of {1, 2}, moved
 * away after each; of the last `less` chunks none. */
static void put_chunked(TtfsBuf *file, uint64_t n, uint64_t less) {
    TtfsHdf5Writer w;
    TtfsArena a = {0};
    TtfsBuf head = {0};
    TtfsHdf5Chunked c = {.type = TTFS_HDF5_WRITE_I64, .rank = 2, .chunk = {1, 2}, .fill = 7};
    ttfs_hdf5_begin(&w);
    for (uint64_t i = 0; i < 2 * n - less; i++) {
        const uint64_t at[] = {i / 2, i % 2 * 2};
        const int64_t first = (int64_t)(at[0] * 3 + at[1]), values[] = {first, first + 1};
        ttfs_hdf5_move(&w, file);
        ttfs_hdf5_chunk(&w, &c, at, values, &a);
    }
    uint64_t set = ttfs_hdf5_chunked(&w, &c, (uint64_t[]){n, 3}, (uint64_t[]){n, 4});
    TtfsHdf5Header root = ttfs_hdf5_group();
    ttfs_hdf5_link(&root, "x", set);
    ttfs_hdf5_end_moved(&w, &root, &head);
    ttfs_hdf5_move(&w, file);
    memcpy(file->text, head.text, head.len);
    ttfs_buf_free(&head);
    ttfs_arena_free(&a);
}

/* Reads it back: 3 n numbers, or NULL after a message. */
static int64_t *read_chunked(const TtfsBuf *file, TtfsArena *a, TtfsDiag *diag) {
    TtfsBudget budget = ttfs_budget(file->len, 0);
    TtfsHdf5 f = {.path = "f",
                  .bytes = (const unsigned char *)file->text,
                  .size = file->len,
                  .arena = a,
                  .budget = &budget,
                  .diag = diag};
    TtfsHdf5Object root, set;
    int64_t *x = NULL;
    assert_true(ttfs_hdf5_open(&f) && ttfs_hdf5_object(&f, "/", f.root, &root));
    assert_true(ttfs_hdf5_links(&f, &root));
    const TtfsHdf5Link *link = ttfs_hdf5_find(&root, "x");
    assert_non_null(link);
    assert_true(ttfs_hdf5_object(&f, "x", link->header, &set));
    return ttfs_hdf5_integers(&f, &set, &x) ? x : NULL;
}

/* Trees of one node, of two full levels, of three. One chunk that is not there is missed. */
static void chunks_in_a_tree(void **state) {
    static const uint64_t most[] = {1, 32, 33, 32 * 64, 32 * 64 + 1};
    (void)state;
    for (size_t k = 0; k < sizeof most / sizeof *most; k++) {
        TtfsArena a = {0};
        TtfsBuf file = {0}, cut = {0};
        TtfsDiag diag = {0};
        put_chunked(&file, most[k], 0);
        int64_t *x = read_chunked(&file, &a, &diag);
        assert_non_null(x);
        for (uint64_t i = 0; i < 3 * most[k]; i++) assert_int_equal(x[i], i);
        put_chunked(&cut, most[k], 1);
        assert_null(read_chunked(&cut, &a, &diag));
        assert_non_null(strstr(diag.messages.at[0].what, "not written whole"));
        ttfs_buf_free(&file);
        ttfs_buf_free(&cut);
        ttfs_diag_free(&diag);
        ttfs_arena_free(&a);
    }
}

/* The object that those links lead to. */
static TtfsHdf5Object found(const TtfsHdf5 *f, const char *const *name) {
    TtfsHdf5Object o;
    assert_true(ttfs_hdf5_object(f, "/", f->root, &o));
    for (; *name; name++) {
        assert_true(ttfs_hdf5_links(f, &o));
        const TtfsHdf5Link *link = ttfs_hdf5_find(&o, *name);
        assert_non_null(link);
        assert_true(ttfs_hdf5_object(f, *name, link->header, &o));
    }
    return o;
}

/* Rows beyond a chunk, and columns beyond one: all neurons spike in all samples, one less in the
 * last. */
static void nird_in_chunks(void **state) {
    enum { NEURONS = 2100, SAMPLES = 70 };
    static const char *const path[] = {"nodes", "in", "observables", "spikes", "idx", NULL};
    (void)state;
    TtfsSpike s = {0};
    TtfsTrace t;
    TtfsArena a = {0};
    TtfsBuf file = {0}, head = {0};
    TtfsDiag diag = {0};
    int64_t *idx;
    s.input = add_pop(
        &s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = NEURONS, .h = 1, .w = 1, .ticks = 2});
    s.pops.at[0].name = "in";
    s.latency = 2;
    ttfs_trace_init(&t, &s, &s.arena);
    for (uint32_t i = 0; i < NEURONS; i++) t.tick[i] = 1;
    TtfsNird *n = ttfs_nird_begin(&s, SAMPLES, &file, &a);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        if (i + 1 == SAMPLES) t.tick[0] = TTFS_SILENT;
        ttfs_nird_sample(n, &t, i, &file);
    }
    ttfs_nird_end(n, &file, &head);
    memcpy(file.text, head.text, head.len);
    TtfsBudget budget = ttfs_budget(file.len, 0);
    TtfsHdf5 f = {.path = "f",
                  .bytes = (const unsigned char *)file.text,
                  .size = file.len,
                  .arena = &a,
                  .budget = &budget,
                  .diag = &diag};
    assert_true(ttfs_hdf5_open(&f));
    TtfsHdf5Object o = found(&f, path);
    assert_true(o.dim[0] == SAMPLES && o.dim[1] == NEURONS);
    assert_true(o.chunk[0] == 64 && o.chunk[1] == 1024);
    assert_true(ttfs_hdf5_integers(&f, &o, &idx));
    for (uint32_t i = 0; i < SAMPLES * NEURONS; i++) {
        bool last = i / NEURONS + 1 == SAMPLES;
        int64_t want = i % NEURONS + last;
        assert_int_equal(idx[i], want == NEURONS ? -1 : want);
    }
    ttfs_buf_free(&file);
    ttfs_buf_free(&head);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
}

/* Names of a file are apart where one had to change into what another is. */
static void nird_has_all_names(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsTrace t;
    TtfsArena a = {0};
    TtfsBuf file = {0}, head = {0};
    small_graph(&s);
    run_small(&s, &t);
    s.pops.at[0].name = "a/b", s.pops.at[1].name = "a.b_1";
    TtfsNird *n = ttfs_nird_begin(&s, 1, &file, &a);
    ttfs_nird_sample(n, &t, 0, &file);
    ttfs_nird_end(n, &file, &head);
    assert_int_equal(memcmp(head.text, "\x89HDF", 4), 0);
    uint32_t own = 0, other = 0;
    for (size_t i = 0; i + 7 < file.len; i++) {
        other += memcmp(file.text + i, "a.b_1_2", 7) == 0;
        own += memcmp(file.text + i, "a.b_1", 5) == 0;
    }
    assert_true(own == 2 && other == 1);
    ttfs_buf_free(&head);
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
        cmocka_unit_test(chunks_in_a_tree),
        cmocka_unit_test(nird_in_chunks),
        cmocka_unit_test(nird_has_all_names),
        cmocka_unit_test(names_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
