/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip takes of one population, from both sides: the most of every size is taken, one more
 * is refused with what is needed and what there is. Sizes that are not looked at stay far below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "plan_geometry.h"

static const int32_t zero[1], ramps[1] = {1};

/* A chip whose ids and windows hold more than its fields. */
static TtfsChip wide_chip(void) {
    TtfsChip c = small_chip(1, 1, 8);
    c.c_bits = c.y_bits = c.x_bits = 16;
    c.acc_bits = c.slope_bits = 40;
    return c;
}

/* A source and a population of one neuron each that a connection of one tap links. */
static void pair(TtfsSpike *s, TtfsConnKind kind, TtfsPopKind to) {
    *s = (TtfsSpike){0};
    TtfsPopulation src = {.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 1};
    TtfsPopulation dst = src;
    s->input = add_pop(s, src);
    dst.kind = to;
    dst.bias = TTFS_ARRAY(&s->arena, int32_t, 1);
    dst.ramp = TTFS_ARRAY(&s->arena, int32_t, 1);
    memcpy(dst.bias, zero, sizeof zero);
    memcpy(dst.ramp, ramps, sizeof ramps);
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

static void fields_of_pools(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_POOL, TTFS_POP_POOL);
    TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
    TtfsConnection *c = &s.conns.at[0];
    ttfs_spike_pop(&s, s.input)->h = 9;
    most(&s, &chip, &c->kernel[0], 255, "kernel rows");
    most(&s, &chip, &c->kernel[1], 255, "kernel columns");
    most(&s, &chip, &c->stride[0], 255, "a row stride");
    most(&s, &chip, &c->stride[1], 255, "a column stride");
    most(&s, &chip, &dst->h, 4095, "rows");
    most(&s, &chip, &dst->w, 4095, "columns");
    for (int i = 0; i < 4; i++) most(&s, &chip, &c->pad[i], 255, "padding");
    c->stride[0] = c->stride[1] = 151; /* 151 * 217 = 32767 */
    dst->h = dst->w = 217;
    judged(&s, &chip, NULL, "a source");
    c->stride[0] = 128, dst->h = 256;
    judged(&s, &chip, "needs a source row of 32768, the chip takes 32767", "");
    c->stride[1] = 128, dst->w = 256;
    judged(&s, &chip, "needs a source column of 32768, the chip takes 32767", "");
    ttfs_spike_free(&s);
}

static void ids_and_ticks(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = small_chip(1, 1, 8);
    pair(&s, TTFS_CONN_POOL, TTFS_POP_POOL);
    TtfsPopulation *dst = ttfs_spike_pop(&s, (TtfsPop){2});
    most(&s, &chip, &dst->c, 1u << 19, "neuron ids");
    dst->h = 2;
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

static void fields_of_weights(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = wide_chip();
    pair(&s, TTFS_CONN_CONV, TTFS_POP_RELU);
    TtfsConnection *c = &s.conns.at[0];
    TtfsPopulation *src = ttfs_spike_pop(&s, s.input);
    src->h = src->w = 9;
    chip.y_bits = 3, chip.x_bits = 4; /* twice the rows and columns that ids tell */
    most(&s, &chip, &c->kernel[0], 16, "kernel rows");
    most(&s, &chip, &c->kernel[1], 32, "kernel columns");
    most(&s, &chip, &src->c, 0xffffff, "weight rows a group");
    c->weight_bits = 8;
    judged(&s, &chip, NULL, "weights of");
    c->weight_bits = 9;
    judged(&s, &chip, "needs weights of 9 bits, the chip has 8", "");
    ttfs_spike_free(&s);
}

/* Bits of two's complement of what potential and slope reach; a ramp counts for both. */
static void accumulators(void **state) {
    (void)state;
    static const struct {
        int16_t weight;
        int32_t bias, ramp; /* 0: a readout */
        uint32_t potential, slope;
    } cases[] = {{127, 0, 0, 8, 8}, {127, 1, 0, 9, 8},  {-128, 0, 0, 8, 8}, {-128, -1, 0, 9, 8},
                 {128, 0, 0, 9, 9}, {-129, 0, 0, 9, 9}, {1, 0, 127, 8, 8},  {1, 0, 128, 8, 9},
                 {1, 0, 129, 9, 9}, {-1, 0, 127, 8, 8}, {-1, 0, 128, 9, 9}, {0, 0, 0, 1, 1},
                 {0, -1, 0, 1, 1},  {0, 1, 0, 2, 1}};
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_pools),
        cmocka_unit_test(ids_and_ticks),
        cmocka_unit_test(fields_of_weights),
        cmocka_unit_test(accumulators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
