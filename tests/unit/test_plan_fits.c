/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip takes, from both sides: the most of every size is taken, one more is refused with
 * what is needed and what there is, of one population and of a whole network. Sizes that are not
 * looked at stay far below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "plan_geometry.h"
#include "spike_to_plan.h"

/* A chip whose ids and windows hold more than its fields. */
static TtfsChip wide_chip(void) {
    TtfsChip c = small_chip(1, 1, 8);
    c.c_bits = c.y_bits = c.x_bits = 16;
    c.acc_bits = c.slope_bits = 40;
    c.ramp_bits = 31;
    return c;
}

/* A source and a population of one neuron each that a connection of one tap links. */
static void pair(TtfsSpike *s, TtfsConnKind kind, TtfsPopKind to) {
    *s = (TtfsSpike){0};
    TtfsPopulation src = {.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 1};
    TtfsPopulation dst = src;
    s->input = add_pop(s, src);
    dst.kind = to;
    if (to != TTFS_POP_POOL) dst.bias = TTFS_ARRAY(&s->arena, int32_t, 1);
    if (to == TTFS_POP_RELU) dst.ramp = TTFS_ARRAY(&s->arena, int32_t, 1);
    if (dst.ramp) dst.ramp[0] = 1;
    TtfsConnection c = {.kind = kind, .src = s->input, .weight_bits = 8, .weight_count = 1};
    for (int i = 0; i < 2; i++) c.kernel[i] = c.stride[i] = c.dilation[i] = 1;
    c.weights = TTFS_ARRAY(&s->arena, int16_t, 1);
    c.dst = add_pop(s, dst);
    add_conn(s, c);
}

/* Takes the graph, or refuses it with these words among others; NULL: with nothing of the kind of
 * `never`. */
static void judged(const TtfsSpike *s, const TtfsChip *chip, const char *words, const char *never) {
    TtfsDiag diag = {0};
    TtfsBuf said = {0};
    bool ok = ttfs_plan_fits(chip, s, (TtfsPop){2}, "net", &diag);
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    assert_int_equal(ok, diag.errors == 0);
    if (words ? !strstr(ttfs_buf_text(&said), words) : strstr(ttfs_buf_text(&said), never) != NULL)
        fail_msg("expected '%s', no '%s': %s", words ? words : "", never, ttfs_buf_text(&said));
    ttfs_buf_free(&said);
    ttfs_diag_free(&diag);
}

/* *at, a size of the graph or the chip, at its most and one above. */
static void most(const TtfsSpike *s, const TtfsChip *chip, uint32_t *at, uint32_t limit,
                 const char *what) {
    char words[100], never[100];
    uint32_t was = *at;
    snprintf(never, sizeof never, "needs %s of ", what);
    snprintf(words, sizeof words, "needs %s of %u, the chip takes %u", what, limit + 1, limit);
    *at = limit;
    judged(s, chip, NULL, never);
    *at = limit + 1;
    judged(s, chip, words, never);
    *at = was;
}

static void fields_of_patches(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_POOL, TTFS_POP_POOL);
    TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
    TtfsConnection *c = &s.conns.at[0];
    most(&s, &chip, &c->kernel[0], 4095, "kernel rows");
    most(&s, &chip, &c->kernel[1], 4095, "kernel columns");
    for (int i = 0; i < 4; i++) most(&s, &chip, &c->pad[i], 4095, "padding");
    most(&s, &chip, &dst->c, 65535, "channel ids");
    ttfs_spike_free(&s);
}

static void ids_and_ticks(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = small_chip(1, 1, 8);
    pair(&s, TTFS_CONN_POOL, TTFS_POP_POOL);
    TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
    most(&s, &chip, &dst->c, 1u << 8, "channel ids");
    most(&s, &chip, &dst->h, 1u << 5, "row ids");
    most(&s, &chip, &dst->w, 1u << 6, "column ids");
    dst->ticks = ttfs_chip_max_ticks(&chip);
    assert_int_equal(dst->ticks, 255);
    judged(&s, &chip, NULL, "window");
    dst->ticks++;
    judged(&s, &chip, "needs a window of 256 ticks, the chip takes 255", "");
    ttfs_spike_free(&s);
}

static void weights(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_CONV, TTFS_POP_RELU);
    TtfsConnection *c = &s.conns.at[0];
    chip.weight_rows = 700;
    most(&s, &chip, &c->src_channels, 700, "weight rows a group");
    c->weight_bits = 8;
    judged(&s, &chip, NULL, "weights of");
    c->weight_bits = 9;
    judged(&s, &chip, "needs weights of 9 bits, the chip has 8", "");
    ttfs_spike_free(&s);
}

/* Bits of two's complement of what potential and slope reach, with the bias and without. */
static void accumulators(void **state) {
    (void)state;
    static const struct {
        int16_t weight;
        int32_t bias, ramp; /* 0: a readout */
        uint32_t potential, slope;
    } cases[] = {{127, 0, 0, 8, 8},  {127, 1, 0, 9, 8},  {-128, 0, 0, 8, 8}, {-128, -1, 0, 9, 8},
                 {128, 0, 0, 9, 9},  {-129, 0, 0, 9, 9}, {1, 0, 127, 2, 2},  {128, -128, 0, 9, 9},
                 {0, 0, 0, 1, 1},    {0, -1, 0, 1, 1},   {0, 1, 0, 2, 1},    {-4, 4, 0, 4, 3},
                 {0, 127, 99, 8, 1}, {0, -128, 99, 8, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsSpike s;
        TtfsChip chip = wide_chip();
        pair(&s, TTFS_CONN_DENSE, cases[i].ramp ? TTFS_POP_RELU : TTFS_POP_READOUT);
        TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
        int16_t *w = TTFS_ARRAY(&s.arena, int16_t, 1);
        *w = cases[i].weight;
        s.conns.at[0].weights = w;
        dst->bias[0] = cases[i].bias;
        if (cases[i].ramp) dst->ramp[0] = cases[i].ramp;
        chip.acc_bits = cases[i].potential, chip.slope_bits = cases[i].slope;
        judged(&s, &chip, NULL, "bits of");
        chip.acc_bits--;
        judged(&s, &chip, "bits of potential, the chip has", "");
        chip.acc_bits++, chip.slope_bits--;
        judged(&s, &chip, "bits of slope, the chip has", "");
        ttfs_spike_free(&s);
    }
}

/* A list has the spikes of all sources: their slopes add up, whatever windows they have. */
static void slopes_of_sources(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    int16_t w[] = {100};
    pair(&s, TTFS_CONN_DENSE, TTFS_POP_READOUT);
    s.conns.at[0].weights = w;
    chip.slope_bits = 8;
    judged(&s, &chip, NULL, "bits of slope");
    add_conn(&s, s.conns.at[0]);
    judged(&s, &chip, "channel 0 needs 9 bits of slope, the chip has 8", "");
    chip.slope_bits = 9;
    judged(&s, &chip, NULL, "bits of slope");
    ttfs_spike_free(&s);
}

static void ramps_of_neurons(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_DENSE, TTFS_POP_RELU);
    chip.ramp_bits = 7;
    ttfs_spike_pop(&s, (TtfsPop){2})->ramp[0] = 127;
    judged(&s, &chip, NULL, "bits of ramp");
    ttfs_spike_pop(&s, (TtfsPop){2})->ramp[0] = 128;
    judged(&s, &chip, "channel 0 needs 8 bits of ramp, the chip has 7", "");
    ttfs_spike_free(&s);
}

/* What a chip's description leaves out. */
static void kinds(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_POOL, TTFS_POP_POOL);
    judged(&s, &chip, NULL, "the chip");
    chip.pool = false;
    judged(&s, &chip, "a max pool, the chip has none", "");
    s.conns.at[0].kind = TTFS_CONN_MINPOOL;
    judged(&s, &chip, "a min pool, the chip has none", "");
    chip.conv = false;
    judged(&s, &chip, NULL, "rows and columns");
    ttfs_spike_pop(&s, (TtfsPop){2})->h = 2;
    judged(&s, &chip, "has rows and columns, the chip has channels alone", "");
    ttfs_spike_free(&s);
}

static void biases_by_position(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    int32_t map[] = {1, 2};
    pair(&s, TTFS_CONN_CONV, TTFS_POP_RELU);
    TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
    dst->h = 2, dst->bias = map, dst->bias_count = 2;
    judged(&s, &chip, NULL, "biases");
    chip.classes = false;
    judged(&s, &chip, "biases that depend on the position, the chip has one a channel", "");
    s.conns.at[0].kind = TTFS_CONN_DENSE; /* a task a position: its own parameters */
    judged(&s, &chip, NULL, "biases");
    ttfs_spike_free(&s);
}

/* More sources than a scan record: refused, but where a task has one position and makes a list of
 * each. What the compiler made of one rectifier is said to be that. */
static void sources(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_CONV, TTFS_POP_RELU);
    add_conn(&s, s.conns.at[0]);
    chip.segments = 1;
    judged(&s, &chip, NULL, "sources");
    ttfs_spike_pop(&s, (TtfsPop){2})->h = 2;
    judged(&s, &chip, "has 2 sources, the chip takes 1", "");
    chip.segments = 2;
    judged(&s, &chip, NULL, "sources");
    ttfs_spike_free(&s);
}

static void sources_of_a_rectifier(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_CONV, TTFS_POP_RELU);
    TtfsConnection c = s.conns.at[0];
    for (uint32_t i = 1; i <= 2; i++) { /* populations 3 and 4: the halves of a leaky rectifier */
        TtfsPopulation p = *ttfs_spike_pop(&s, (TtfsPop){2});
        p.conn_count = 0;
        c.dst = add_pop(&s, p);
        add_conn(&s, c);
        s.pops.at[c.dst.i - 1].name = i == 1 ? "leaky" : "leaky_2";
    }
    TtfsPopulation sum = *ttfs_spike_pop(&s, (TtfsPop){2});
    sum.conn_count = 0, sum.h = 2;
    TtfsPop last = add_pop(&s, sum);
    for (uint32_t i = 3; i <= 4; i++) c.src.i = i, c.dst = last, add_conn(&s, c);
    chip.segments = 1;
    TtfsDiag diag = {0};
    assert_false(ttfs_plan_fits(&chip, &s, last, "net", &diag));
    assert_string_equal(
        diag.messages.at[0].what,
        "has 2 sources, the populations that the rectifier behind leaky became, the "
        "chip takes 1");
    assert_int_equal(diag.messages.at[0].figures.needed, 2);
    assert_int_equal(diag.messages.at[0].figures.available, 1);
    ttfs_diag_free(&diag);
    static const char *const others[] = {"other", "leaky_", "leaky_2b", "leaky2", "leak_2"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) { /* of one source, by their own */
        s.pops.at[3].name = others[i];
        assert_false(ttfs_plan_fits(&chip, &s, last, "net", &diag));
        assert_string_equal(diag.messages.at[0].what, "has 2 sources, the chip takes 1");
        ttfs_diag_free(&diag);
    }
    s.pops.at[3].name = "leaky_2";
    s.conns.at[s.pops.at[3].conn_first].src.i = 2; /* one that reads another */
    assert_false(ttfs_plan_fits(&chip, &s, last, "net", &diag));
    assert_string_equal(diag.messages.at[0].what, "has 2 sources, the chip takes 1");
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* A network on a chip: conv 3x3 to 5 channels, pool, dense to some, and one of many. */
static void small_net(TtfsSpike *s) {
    TtfsRng rng = ttfs_rng(1), *r = &rng;
    *s = (TtfsSpike){0};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 6, .w = 6, .ticks = 15});
    chip_conv(s, r, s->input, 8);
    chip_pool(s, r, (TtfsPop){2});
    chip_dense(s, r, (TtfsPop){3}, TTFS_POP_READOUT, 8);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

/* The solver refuses the network with this code and a message that holds `words`. */
static void refuses(const TtfsSpike *s, const TtfsChip *chip, TtfsCode code, const char *words) {
    TtfsPlan p;
    TtfsDiag diag = {0};
    TtfsBuf said = {0};
    bool found = false;
    assert_false(ttfs_spike_to_plan(s, chip, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    ttfs_diag_print(&diag, TTFS_NOTE, false, &said);
    for (uint32_t i = 0; i < diag.messages.len; i++) found |= diag.messages.at[i].code == code;
    if (!found || !strstr(ttfs_buf_text(&said), words))
        fail_msg("without '%s':\n%s", words, ttfs_buf_text(&said));
    ttfs_buf_free(&said);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
}

/* The plan that the network has, one word of a memory less than it uses, and the words of the
 * refusal: of a layer that is too large alone, or of all together. */
static void memories(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip good = small_chip(1, 4, 8), c;
    assert_true(ttfs_spike_to_plan(&s, &good, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    TtfsUse use = p.use[0];
    char words[120];
#define LESS(member, used, what)                                                                   \
    c = good, c.member = (uint32_t)(used)-1;                                                       \
    snprintf(words, sizeof words, "the layers together need %u " what, (unsigned)(used));          \
    refuses(&s, &c, TTFS_PLAN_FIT, words);
    LESS(act_words, use.act_words, "words of activations on a core")
    LESS(weight_rows, use.weight_rows, "weight rows on a core")
    LESS(param_words, use.param_words, "parameter words on a core")
    LESS(program_words, use.program_words, "program words on a core")
    LESS(buffers, use.buffers, "buffers on a core")
#undef LESS
    c = good, c.table_words = 5;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 1: needs 6 words of the table of rows, the chip has 5");
    refuses(&s, &c, TTFS_PLAN_FIT,
            "layer 1: needs 6 words of the table of columns, the chip has 5");
    c = good, c.act_words = 2;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 1: needs");
    c = good, c.cores_x = 2, c.flows = 3;
    refuses(&s, &c, TTFS_PLAN_FIT, "needs 4 flows, the chip has 3");
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* All faults at once, not only the first. */
static void refusals_are_collected(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip c = small_chip(2, 4, 8);
    c.value_bits = 1, c.y_bits = 2, c.x_bits = 2, c.pool = false;
    assert_false(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    assert_true(diag.errors_of[TTFS_PLAN_KIND] == 1 && diag.errors_of[TTFS_PLAN_FIT] >= 4);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    c = small_chip(1, 4, 8);
    c.act_words = 2, c.weight_rows = 50, c.param_words = 2, c.buffers = 2, c.program_words = 30;
    diag = (TtfsDiag){0};
    assert_false(ttfs_spike_to_plan(&s, &c, TTFS_SCHEDULE_LATENCY, "net", &p, &diag));
    assert_true(diag.errors_of[TTFS_PLAN_FIT] >= 5);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_patches),
        cmocka_unit_test(ids_and_ticks),
        cmocka_unit_test(weights),
        cmocka_unit_test(accumulators),
        cmocka_unit_test(slopes_of_sources),
        cmocka_unit_test(ramps_of_neurons),
        cmocka_unit_test(kinds),
        cmocka_unit_test(biases_by_position),
        cmocka_unit_test(sources),
        cmocka_unit_test(sources_of_a_rectifier),
        cmocka_unit_test(memories),
        cmocka_unit_test(refusals_are_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
