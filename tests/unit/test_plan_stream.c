/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights that do not fit: what stays and what comes from outside, when two layers side by side are
 * too large, when one is, when one group of it is; the memory outside of the image is the one that
 * the plan counts; what two slots need at a time must not overlap; the image's stream comes back as
 * the graph.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "another_graph.h"
#include "chip_spike.h"
#include "image_to_spike.h"
#include "plan_stream.h"
#include "plan_to_image.h"
#include "schedule.h"
#include "spike_to_plan.h"

/* 40 -> 32 -> 32 -> 32 -> 10: on one core of 16 lanes 80, 64, 64 and 32 weight rows. */
static void four_layers(TtfsSpike *s) {
    TtfsRng rng = ttfs_rng(5), *r = &rng;
    *s = (TtfsSpike){0};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 40, .h = 1, .w = 1, .ticks = 15});
    TtfsPop last = s->input;
    for (int i = 0; i < 4; i++) {
        bool readout = i == 3;
        TtfsPopulation p = {.kind = readout ? TTFS_POP_READOUT : TTFS_POP_RELU,
                            .c = readout ? 10 : 32,
                            .h = 1,
                            .w = 1,
                            .ticks = readout ? 0 : 15};
        TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = last, .dst = add_pop(s, p)};
        c.src_channels = ttfs_spike_pop(s, last)->c;
        c.group = 1;
        chip_weights(s, r, &c, (uint64_t)p.c * c.src_channels, 6);
        add_conn(s, c);
        random_neurons(s, r, c.dst);
        last = c.dst;
    }
    s->readout = last;
    set_times(s, r);
}

typedef struct {
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsDiag diag;
    bool ok;
} Try;

static void open_try(Try *t, uint32_t rows, uint32_t stream, TtfsSchedule schedule) {
    TtfsChip c = small_chip(1, 16, 8);
    c.weight_rows = rows;
    c.stream = stream;
    *t = (Try){.ok = true};
    four_layers(&t->spike);
    t->ok = ttfs_spike_to_plan(&t->spike, &c, schedule, "net", &t->plan, &t->diag);
}

static void close_try(Try *t) {
    ttfs_plan_free(&t->plan);
    ttfs_spike_free(&t->spike);
    ttfs_diag_free(&t->diag);
}

static bool says(const Try *t, const char *what) {
    TtfsBuf said = {0};
    ttfs_diag_print(&t->diag, TTFS_NOTE, false, &said);
    bool found = strstr(ttfs_buf_text(&said), what) != NULL;
    if (!found) print_message("%s", ttfs_buf_text(&said));
    ttfs_buf_free(&said);
    return found;
}

static uint64_t rows_streamed(const TtfsPlan *p) {
    uint64_t rows = 0;
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        const TtfsTask *t = &p->tasks.at[i];
        if (t->streamed) rows += (uint64_t)t->groups * t->group_rows;
    }
    return rows;
}

/* Is some layer computed in several slots? */
static bool layers_apart(const TtfsPlan *p) {
    bool some = false;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        some = some || p->tasks.at[i].slot < ttfs_plan_when(p, p->tasks.at[i].pop).slot;
    return some;
}

/* All have 240 rows. In 144 there is room for the first two layers, side by side; with less there
 * is a slot between two layers, and in 80 room for the largest alone. With less again a layer takes
 * several slots: in 64 those of the largest stand apart (its groups have 40 rows each), in 40 all
 * do. In 39 a neuron of the largest is added in parts, of 36 and 4 rows; in 31 those of all are, a
 * part beside the next one. */
static void as_little_as_must(void **state) {
    (void)state;
    static const struct {
        uint32_t rows, slots, streamed;
    } cases[] = {{240, 5, 0},   {239, 5, 96},  {208, 5, 96},  {144, 5, 240}, {143, 9, 208},
                 {80, 9, 240},  {79, 11, 240}, {64, 11, 240}, {63, 15, 240}, {40, 15, 240},
                 {39, 19, 240}, {31, 22, 240}, {8, 61, 240}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t;
        open_try(&t, cases[i].rows, 1, TTFS_SCHEDULE_LATENCY);
        assert_true(t.ok);
        assert_int_equal(t.plan.slots.len, cases[i].slots);
        assert_int_equal(rows_streamed(&t.plan), cases[i].streamed);
        if (cases[i].streamed) assert_true(says(&t, "come from the memory outside"));
        assert_int_equal(layers_apart(&t.plan), cases[i].rows < 80);
        close_try(&t);
    }
}

/* The first layer's 80 rows stay, and so does what fits beside the most of two slots in a row: in
 * 208 the third layer. With less a layer takes several slots, the first of them slot 0; with less
 * than 41 neurons are added in parts, since one of the first layer leaves no room for others. Where
 * all that takes longer than a sample at a time, it is a sample at a time. */
static void the_first_layer_stays(void **state) {
    (void)state;
    static const struct {
        uint32_t rows, slots, streamed;
        TtfsSchedule schedule;
    } cases[] = {{240, 4, 0, TTFS_SCHEDULE_OVERLAP},   {239, 4, 96, TTFS_SCHEDULE_OVERLAP},
                 {208, 4, 96, TTFS_SCHEDULE_OVERLAP},  {207, 5, 144, TTFS_SCHEDULE_LATENCY},
                 {144, 5, 240, TTFS_SCHEDULE_LATENCY}, {143, 7, 168, TTFS_SCHEDULE_OVERLAP},
                 {40, 23, 230, TTFS_SCHEDULE_OVERLAP}, {39, 28, 226, TTFS_SCHEDULE_OVERLAP},
                 {12, 45, 240, TTFS_SCHEDULE_LATENCY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t, other;
        open_try(&t, cases[i].rows, 1, TTFS_SCHEDULE_OVERLAP);
        open_try(&other, cases[i].rows, 1, TTFS_SCHEDULE_LATENCY);
        bool overlaps = cases[i].schedule == TTFS_SCHEDULE_OVERLAP;
        assert_true(t.ok);
        assert_int_equal(t.plan.slots.len, cases[i].slots);
        assert_int_equal(rows_streamed(&t.plan), cases[i].streamed);
        assert_int_equal(ttfs_schedule_of(&t.plan, &t.spike), cases[i].schedule);
        if (overlaps) assert_int_equal(t.plan.tasks.at[0].slot, 0);
        if (cases[i].streamed) assert_true(says(&t, "come from the memory outside"));
        if (!overlaps) assert_true(says(&t, "with overlap it would take "));
        assert_true(t.plan.expected_cycles <= other.plan.expected_cycles);
        for (uint32_t k = 2; k <= t.spike.pops.len; k++)
            assert_int_equal(ttfs_plan_when(&t.plan, (TtfsPop){k}).stage, overlaps);
        close_try(&t);
        close_try(&other);
    }
}

/* All layers are at work on different samples: in any slot. What stays is read in slot 0; what
 * comes lies beside what comes for the slot before and behind, of 40 rows each group for itself. */
static void a_pipeline_in_slots(void **state) {
    (void)state;
    static const struct {
        uint32_t rows, slots, streamed;
    } cases[] = {{240, 1, 0},   {239, 4, 72},  {144, 4, 200},
                 {100, 6, 240}, {64, 10, 240}, {40, 14, 240}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Try t;
        open_try(&t, cases[i].rows, 1, TTFS_SCHEDULE_PIPELINE);
        assert_true(t.ok);
        assert_int_equal(t.plan.slots.len, cases[i].slots);
        assert_int_equal(rows_streamed(&t.plan), cases[i].streamed);
        assert_int_equal(ttfs_schedule_of(&t.plan, &t.spike), TTFS_SCHEDULE_PIPELINE);
        if (cases[i].streamed) assert_true(says(&t, "come from the memory outside"));
        for (uint32_t k = 1; k <= t.spike.pops.len; k++)
            assert_int_equal(ttfs_plan_when(&t.plan, (TtfsPop){k}).stage, k - 1);
        close_try(&t);
    }
}

static void what_does_not_fit(void **state) {
    (void)state;
    Try t;
    open_try(&t, 39, 1, TTFS_SCHEDULE_PIPELINE);
    assert_false(t.ok);
    assert_true(says(&t, "layer 2: needs 40 weight rows on a core, the chip has 39: use --schedule "
                         "latency: in a pipeline all weights of a neuron come in one slot"));
    assert_true(says(&t, "--schedule latency fits chip small"));
    close_try(&t);
    open_try(&t, 144, 0, TTFS_SCHEDULE_AUTO);
    assert_false(t.ok);
    assert_true(says(&t, "the layers together need 240 weight rows on a core"));
    assert_true(says(&t, "the chip has 144: use a chip with stream, or with more weight_rows"));
    assert_true(says(&t, "with stream would take it: "));
    close_try(&t);
    open_try(&t, 39, 0, TTFS_SCHEDULE_LATENCY);
    assert_false(t.ok);
    assert_true(
        says(&t, "needs weight rows a group of 40, the chip takes 39: use a chip with stream"));
    for (uint32_t i = 0; i < t.diag.messages.len; i++)
        assert_null(strstr(t.diag.messages.at[i].what, "with stream"));
    close_try(&t);
}

/* A section a slot, as long as the plan counts; the graph comes back from what is streamed too. */
static void check_image(uint32_t rows) {
    Try t;
    TtfsImage img, again;
    TtfsSpike lifted;
    TtfsBuf file = {0}, text = {0};
    open_try(&t, rows, 1, TTFS_SCHEDULE_LATENCY);
    assert_true(t.ok && ttfs_plan_to_image(&t.plan, &t.spike, &img, &t.diag));
    uint32_t at = 0;
    for (uint32_t slot = 0; slot < t.plan.slots.len; slot++) {
        assert_int_equal(img.stream.at[at] + 2, ttfs_plan_stream_words(&t.plan, slot));
        at += img.stream.at[at] + 2;
    }
    assert_int_equal(at, img.stream.len);
    ttfs_image_pack(&img, &file);
    assert_true(ttfs_image_unpack(&again, "img", file.text, file.len, &t.diag));
    ttfs_image_print(&again, &text);
    ttfs_image_free(&again);
    assert_non_null(strstr(text.text, "\n# core 0, weight rows "));
    assert_true(ttfs_image_read(&again, "img", text.text, text.len, &t.diag));
    assert_int_equal(again.stream.len, img.stream.len);
    assert_memory_equal(again.stream.at, img.stream.at, img.stream.len * sizeof *img.stream.at);
    if (!ttfs_image_to_spike(&again, "img", &lifted, &t.diag))
        fail_msg("%u rows: %s", rows, t.diag.messages.at[t.diag.messages.len - 1].what);
    for (uint32_t i = 0; i < t.spike.conns.len; i++)
        assert_memory_equal(lifted.conns.at[i].weights, t.spike.conns.at[i].weights,
                            t.spike.conns.at[i].weight_count * sizeof(int16_t));
    ttfs_spike_free(&lifted);
    ttfs_image_free(&again);
    ttfs_image_free(&img);
    ttfs_buf_free(&file);
    ttfs_buf_free(&text);
    close_try(&t);
}

/* Also of layers in several slots. */
static void the_image_is_the_plan(void **state) {
    (void)state;
    check_image(144);
    check_image(64);
    check_image(39);
    check_image(8);
}

/* Every bit of programs that add neurons in parts. */
static void damaged_parts(void **state) {
    (void)state;
    Try t;
    TtfsImage img;
    open_try(&t, 31, 1, TTFS_SCHEDULE_LATENCY);
    assert_true(t.ok && ttfs_plan_to_image(&t.plan, &t.spike, &img, &t.diag));
    const TtfsMemImage *m = &img.cores[0].mem[TTFS_MEM_PROGRAM];
    assert_false(another_graph(&img, &t.spike));
    for (uint32_t bit = 0; bit < m->rows * 32; bit++) {
        m->words[bit / 32] ^= UINT32_C(1) << bit % 32;
        if (!another_graph(&img, &t.spike)) fail_msg("word %u bit %u", bit / 32, bit % 32);
        m->words[bit / 32] ^= UINT32_C(1) << bit % 32;
    }
    ttfs_image_free(&img);
    close_try(&t);
}

/* Every word of the stream, damaged, is refused: its checksum, or its form. */
static void damaged_words(void **state) {
    (void)state;
    Try t;
    TtfsImage img;
    open_try(&t, 144, 1, TTFS_SCHEDULE_LATENCY);
    assert_true(t.ok && ttfs_plan_to_image(&t.plan, &t.spike, &img, &t.diag));
    for (uint32_t i = 0; i < img.stream.len; i++) {
        TtfsDiag diag = {0};
        img.stream.at[i] ^= 1u << i % 32;
        assert_true(ttfs_image_check(&img, "img", &diag));
        assert_false(ttfs_image_check_stream(&img, "img", &diag));
        assert_int_equal(diag.messages.at[0].code, TTFS_IMAGE_FORMAT);
        img.stream.at[i] ^= 1u << i % 32;
        ttfs_diag_free(&diag);
    }
    ttfs_image_free(&img);
    close_try(&t);
}

/* What is read in a slot, and what comes in it for the next, are there at one time. */
static void two_slots_at_a_time(void **state) {
    (void)state;
    Try t;
    TtfsDiag diag = {0};
    uint32_t broken = 0;
    open_try(&t, 144, 1, TTFS_SCHEDULE_LATENCY);
    assert_true(t.ok);
    for (uint32_t i = 1; i < t.plan.tasks.len; i++) {
        TtfsTask *a = &t.plan.tasks.at[i - 1], *b = &t.plan.tasks.at[i];
        if (!a->streamed || !b->streamed) continue;
        uint32_t base = b->weight_base;
        b->weight_base = a->weight_base;
        assert_false(ttfs_plan_check(&t.plan, &t.spike, "net", &diag));
        b->weight_base = base;
        broken++;
    }
    assert_true(broken > 0);
    TtfsBuf said = {0};
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    assert_non_null(strstr(said.text, "weight rows from "));
    ttfs_buf_free(&said);
    ttfs_diag_free(&diag);
    close_try(&t);
}

/* What is computed in several slots comes behind its sources and not behind its own slot, in which
 * its last task is. */
static void slots_of_a_layer(void **state) {
    (void)state;
    Try t;
    open_try(&t, 64, 1, TTFS_SCHEDULE_LATENCY);
    assert_true(t.ok);
    uint32_t last = t.plan.tasks.len - 1;
    assert_int_equal(t.plan.tasks.at[0].slot, 2);
    t.plan.tasks.at[0].slot = 0;
    assert_false(ttfs_plan_check(&t.plan, &t.spike, "net", &t.diag));
    assert_true(says(&t, "task 0 is in slot 0"));
    t.plan.tasks.at[0].slot = 2;
    t.plan.tasks.at[last].slot--;
    assert_false(ttfs_plan_check(&t.plan, &t.spike, "net", &t.diag));
    assert_true(says(&t, "is in slot") || says(&t, "its last task is not in its slot"));
    t.plan.tasks.at[last].slot += 2;
    assert_false(ttfs_plan_check(&t.plan, &t.spike, "net", &t.diag));
    close_try(&t);
}

/* On two cores of which each takes two slots for two groups of lanes. */
static void cores_of_a_layer(void **state) {
    (void)state;
    TtfsChip c = small_chip(2, 8, 8);
    TtfsArena a = {0};
    Try t = {.ok = true};
    c.weight_rows = 40;
    c.stream = true;
    four_layers(&t.spike);
    assert_true(ttfs_spike_to_plan(&t.spike, &c, TTFS_SCHEDULE_LATENCY, "net", &t.plan, &t.diag));
    assert_true(layers_apart(&t.plan));
    const TtfsPlaced *placed = ttfs_placed(&t.plan, &t.spike, &a);
    assert_int_equal(placed[0].cores, 0);
    for (uint32_t i = 1; i < 4; i++) {
        assert_int_equal(placed[i].tasks, 4);
        assert_int_equal(placed[i].cores, 2);
    }
    ttfs_arena_free(&a);
    close_try(&t);
}

/* A slot for each of 9,000 neurons: none is made for what is refused anyway. */
static void more_slots_than_a_chip_has(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(3), *r = &rng;
    TtfsChip c = small_chip(1, 1, 8);
    Try t = {.ok = true};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 15};
    TtfsPopulation p = {.kind = TTFS_POP_READOUT, .c = 9000, .h = 1, .w = 1};
    t.spike.input = add_pop(&t.spike, in);
    TtfsConnection k = {.kind = TTFS_CONN_DENSE, .src = t.spike.input};
    k.dst = t.spike.readout = add_pop(&t.spike, p);
    chip_weights(&t.spike, r, &k, 9000, 8);
    add_conn(&t.spike, k);
    random_neurons(&t.spike, r, k.dst);
    set_times(&t.spike, r);
    c.weight_rows = 2;
    c.c_bits = 14;
    c.stream = true;
    assert_false(ttfs_spike_to_plan(&t.spike, &c, TTFS_SCHEDULE_LATENCY, "net", &t.plan, &t.diag));
    assert_true(says(&t, "weight rows"));
    assert_true(t.plan.slots.cap <= TTFS_PLAN_SLOTS);
    close_try(&t);
}

/* A chip that streams takes what it needs no stream for as one without does, and says nothing. */
static void what_needs_no_stream(void **state) {
    (void)state;
    uint32_t unneeded = 0;
    for (uint64_t seed = 0; seed < 120; seed++) {
        TtfsChip c = small_chip(4, 4, 8);
        Try t = {.ok = true}, plain = {.ok = true};
        chip_spike(&t.spike, seed, 8);
        c.act_words = 4 + (uint32_t)seed % 12;
        c.stream = true;
        t.ok = ttfs_spike_to_plan(&t.spike, &c, TTFS_SCHEDULE_LATENCY, "net", &t.plan, &t.diag);
        if (t.ok && rows_streamed(&t.plan) == 0) {
            assert_int_equal(t.diag.messages.len, 0);
            c.stream = false;
            plain.ok = ttfs_spike_to_plan(&t.spike, &c, TTFS_SCHEDULE_LATENCY, "net", &plain.plan,
                                          &plain.diag);
            if (!plain.ok) says(&plain, "seed");
            assert_true(plain.ok);
            unneeded++;
        }
        close_try(&plain);
        close_try(&t);
    }
    assert_true(unneeded > 10);
}

/* Nothing comes before slot 0. */
static void slot_0_is_configured(void **state) {
    (void)state;
    Try t;
    open_try(&t, 1000, 1, TTFS_SCHEDULE_PIPELINE);
    assert_true(t.ok);
    t.plan.tasks.at[0].streamed = 1;
    assert_false(ttfs_plan_check(&t.plan, &t.spike, "net", &t.diag));
    assert_true(says(&t, "task 0 in slot 0, of 2 groups, has streamed 1"));
    close_try(&t);
}

/* Two parts of a neuron in one slot, and a pool between them. */
static void pool_between(TtfsTask *t) {
    t[4].slot = t[5].slot = t[3].slot;
    t[4].first_pass = t[4].groups = t[4].more = 0;
    t[5].first_pass = t[3].passes;
    t[5].passes += t[3].passes;
}

/* Damage to parts: which task (of those of the first layer, 0 .. 5), what of it, and what is said.
 */
#define BREAKS(BREAK)                                                                              \
    BREAK(again, t[1].first_pass = 1, "task 1 begins with pass 1, the lanes of core 0 hold 2")     \
    BREAK(none, t[1].passes = 0, "task 1 has passes 2+0 of 6, of 1 groups at 1 positions, more 1") \
    BREAK(beyond, t[2].passes = 7, "task 2 has passes 4+7 of 6")                                   \
    BREAK(others, t[1].ch_first = 16, "task 1 begins with pass 2, the lanes of core 0 hold 2")     \
    BREAK(no_more, t[1].more = 0, "task 1 has passes 2+2 of 6, of 1 groups at 1 positions, more")  \
    BREAK(twice, t[0].more = 2, "of 1 groups at 1 positions, more 2")                              \
    BREAK(untaken, plan.tasks.len--, "the lanes of core 0 hold parts that nothing takes")          \
    BREAK(groups, t[1].groups = 2, "of 2 groups at 1 positions, more 1")                           \
    BREAK(unstreamed, plan.chip.stream = false, "weight rows a group of 40, the chip takes 31")    \
    BREAK(rows, t[0].group_rows++, "1 groups of 15 rows in 2 passes")                              \
    BREAK(pooled, (t[2].first_pass = t[2].groups = 0, t[2].slot = t[3].slot),                      \
          "task 3 keeps the lanes of core 0 behind a pool")                                        \
    BREAK(between, pool_between(t), "task 5 keeps the lanes of core 0 behind a pool")              \
    BREAK(base, t[1].weight_base = t[0].weight_base, "weight rows from ")

/* Parts of a neuron come one behind the other, on one core, all of them. */
static void parts_of_a_neuron(void **state) {
    (void)state;
#define BREAK(name, damage, said)                                                                  \
    {                                                                                              \
        Try now;                                                                                   \
        open_try(&now, 31, 1, TTFS_SCHEDULE_LATENCY);                                              \
        assert_true(now.ok &&ttfs_plan_check(&now.plan, &now.spike, "net", &now.diag));            \
        TtfsTask *t = now.plan.tasks.at;                                                           \
        TtfsPlan plan = now.plan;                                                                  \
        (void)t, damage;                                                                           \
        if (ttfs_plan_check(&plan, &now.spike, "net", &now.diag)) fail_msg("%s", #name);           \
        if (!says(&now, said)) fail_msg("%s", #name);                                              \
        close_try(&now);                                                                           \
    }
    BREAKS(BREAK)
#undef BREAK
}

/* A plan with parts, printed, read and printed. */
static void parts_as_text(void **state) {
    (void)state;
    Try t;
    TtfsPlan again;
    TtfsBuf text = {0}, back = {0};
    open_try(&t, 31, 1, TTFS_SCHEDULE_LATENCY);
    ttfs_plan_print(&t.plan, &text);
    assert_non_null(strstr(text.text, " behind 2 more 1\n"));
    assert_true(ttfs_plan_read(&again, "plan", text.text, text.len, &t.diag));
    ttfs_plan_print(&again, &back);
    assert_string_equal(ttfs_buf_text(&text), ttfs_buf_text(&back));
    assert_true(ttfs_plan_check(&again, &t.spike, "plan", &t.diag));
    ttfs_plan_free(&again);
    ttfs_buf_free(&text);
    ttfs_buf_free(&back);
    close_try(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_in_slots),  cmocka_unit_test(the_first_layer_stays),
        cmocka_unit_test(parts_of_a_neuron),    cmocka_unit_test(parts_as_text),
        cmocka_unit_test(damaged_parts),        cmocka_unit_test(as_little_as_must),
        cmocka_unit_test(what_does_not_fit),    cmocka_unit_test(the_image_is_the_plan),
        cmocka_unit_test(damaged_words),        cmocka_unit_test(two_slots_at_a_time),
        cmocka_unit_test(slot_0_is_configured), cmocka_unit_test(slots_of_a_layer),
        cmocka_unit_test(cores_of_a_layer),     cmocka_unit_test(more_slots_than_a_chip_has),
        cmocka_unit_test(what_needs_no_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
