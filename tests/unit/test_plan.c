/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan: what the solver makes passes the checker and comes back from its text; every mutation
 * of a plan is refused; networks that the chip cannot hold are refused with the layer, what it
 * needs and what there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip_spike.h"
#include "reject.h"
#include "spike_to_plan.h"

static const uint32_t shapes[][3] = {{1, 1, 8}, {1, 16, 8}, {2, 5, 8}, {3, 7, 10},
                                     {4, 8, 8}, {2, 3, 11}, {4, 2, 6}, {1, 4, 4}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static TtfsChip chip_of(uint64_t seed) {
    const uint32_t *s = shapes[seed % SHAPES];
    return small_chip(s[0], s[1], s[2]);
}

static void print_faults(const TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    printf("%s", ttfs_buf_text(&out));
    ttfs_buf_free(&out);
}

/* A graph and its plan; small chips may refuse some, which the caller skips. */
static bool make(uint64_t seed, TtfsSpike *s, TtfsPlan *p, TtfsDiag *diag) {
    TtfsChip chip = chip_of(seed);
    chip_spike(s, seed, chip.weight_bits);
    bool ok = ttfs_spike_to_plan(s, &chip, "net", p, diag);
    for (uint32_t i = 0; i < diag->messages.len; i++)
        assert_int_not_equal(diag->messages.at[i].code, TTFS_PLAN_CHECK);
    return ok;
}

static void solver_satisfies_checker(void **state) {
    (void)state;
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        if (make(seed, &s, &p, &diag)) {
            made++;
            assert_true(ttfs_plan_check(&p, &s, "net", &diag));
        } else {
            assert_true(diag.errors > 0);
        }
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(made > 400);
}

static void text_is_a_fixed_point(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        TtfsSpike s;
        TtfsPlan p, q;
        TtfsDiag diag = {0};
        TtfsBuf first = {0}, second = {0};
        if (make(seed, &s, &p, &diag)) {
            ttfs_plan_print(&p, &first);
            if (!ttfs_plan_read(&q, "plan", first.text, first.len, &diag)) print_faults(&diag);
            ttfs_plan_print(&q, &second);
            assert_string_equal(first.text, second.text);
            assert_true(ttfs_plan_check(&q, &s, "plan", &diag));
            ttfs_plan_free(&q);
        }
        ttfs_buf_free(&first);
        ttfs_buf_free(&second);
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
}

static bool read_plan(const char *name, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsPlan p;
    bool ok = ttfs_plan_read(&p, name, bytes, n, diag);
    ttfs_plan_free(&p);
    return ok;
}

static void refused_texts(void **state) {
    (void)state;
    reject_folder(TTFS_SOURCE_DIR "/tests/reject/plan", read_plan, 5);
}

/* A seed whose plan has several cores, a conv with copies, a pool and a second reader. */
static void rich(TtfsSpike *s, TtfsPlan *p) {
    for (uint64_t seed = 0;; seed++) {
        TtfsDiag diag = {0};
        bool ok = make(seed, s, p, &diag), pool = false, copy = false, rows = false;
        for (uint32_t i = 0; ok && i < p->slices.len; i++) {
            const TtfsSlice *a = &p->slices.at[i];
            pool = pool || a->groups == 0;
            copy = copy || a->band || a->patch;
            rows = rows || a->oy_count < ttfs_spike_pop(s, a->pop)->h;
        }
        ttfs_diag_free(&diag);
        if (ok && pool && copy && rows) return;
        ttfs_plan_free(p);
        ttfs_spike_free(s);
        assert_true(seed < 5000);
    }
}

/* Every number of the plan, changed by one or with one bit flipped, is refused. */
static void every_number_matters(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    rich(&s, &p);
    TtfsBuf text = {0};
    ttfs_plan_print(&p, &text);
    const char *body = strstr(text.text, "cycles worst");
    uint32_t tried = 0;
    for (const char *at = body; *at; at++) {
        if (at[-1] != ' ' || *at < '0' || *at > '9') continue;
        for (int way = 0; way < 3; way++) {
            uint64_t v = strtoull(at, NULL, 10);
            size_t digits = strspn(at, "0123456789");
            v = way == 0 ? v + 1 : way == 1 ? v - 1 : v ^ 64;
            TtfsBuf bad = {0};
            TtfsDiag diag = {0};
            TtfsPlan q;
            ttfs_buf_bytes(&bad, text.text, (size_t)(at - text.text));
            ttfs_buf_printf(&bad, "%llu%s", (unsigned long long)v, at + digits);
            bool ok = ttfs_plan_read(&q, "plan", bad.text, bad.len, &diag) &&
                      ttfs_plan_check(&q, &s, "plan", &diag);
            if (ok) fail_msg("taken: %.60s with %llu", at - 20, (unsigned long long)v);
            assert_true(diag.errors > 0);
            ttfs_plan_free(&q);
            ttfs_diag_free(&diag);
            ttfs_buf_free(&bad);
            tried++;
        }
    }
    assert_true(tried > 100);
    ttfs_buf_free(&text);
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
}

/* Mutations that a text cannot say: flags. */
static void every_flag_matters(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    rich(&s, &p);
    assert_true(ttfs_plan_check(&p, &s, "plan", &diag));
    for (uint32_t i = 0; i < p.slices.len; i++) {
        bool *flags[] = {&p.slices.at[i].band, &p.slices.at[i].patch};
        for (int f = 0; f < 2; f++) {
            *flags[f] = !*flags[f];
            assert_false(ttfs_plan_check(&p, &s, "plan", &diag));
            *flags[f] = !*flags[f];
        }
    }
    for (uint32_t i = 0; i < p.chip.cores * p.slots.len; i++) {
        p.at[i].listen = !p.at[i].listen;
        assert_false(ttfs_plan_check(&p, &s, "plan", &diag));
        p.at[i].listen = !p.at[i].listen;
    }
    TtfsSlice gone = p.slices.at[p.slices.len - 1];
    ttfs_plan_at(&p, gone.core, gone.slot)->slice = 0;
    p.slices.len--;
    assert_false(ttfs_plan_check(&p, &s, "plan", &diag));
    ttfs_diag_free(&diag);
    ttfs_plan_free(&p);
    ttfs_spike_free(&s);
}

/* Input 2x6x6 -> conv 3x3 to 5 channels -> pool 2x2 -> dense to 10. */
static void small_net(TtfsSpike *s) {
    TtfsRng rng = ttfs_rng(1), *r = &rng;
    *s = (TtfsSpike){0};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 6, .w = 6, .ticks = 15});
    TtfsConnection c = {.kind = TTFS_CONN_CONV,
                        .src = s->input,
                        .kernel = {3, 3},
                        .stride = {1, 1},
                        .dilation = {1, 1},
                        .pad = {1, 1, 1, 1}};
    c.dst =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_RELU, .c = 5, .h = 6, .w = 6, .ticks = 31});
    chip_weights(s, r, &c, 5 * 2 * 9, 8);
    add_conn(s, c);
    random_neurons(s, r, c.dst);
    c = (TtfsConnection){.kind = TTFS_CONN_POOL,
                         .src = c.dst,
                         .kernel = {2, 2},
                         .stride = {2, 2},
                         .dilation = {1, 1}};
    c.dst =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 5, .h = 3, .w = 3, .ticks = 31});
    add_conn(s, c);
    chip_dense(s, r, c.dst, TTFS_POP_READOUT, 8);
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

/* The chip refuses the network with exactly this code and a message that holds `words`. */
static void refuses(const TtfsSpike *s, const TtfsChip *chip, TtfsCode code, const char *words) {
    TtfsPlan p;
    TtfsDiag diag = {0};
    assert_false(ttfs_spike_to_plan(s, chip, "net", &p, &diag));
    bool found = false;
    for (uint32_t i = 0; i < diag.messages.len; i++) {
        const TtfsMessage *m = &diag.messages.at[i];
        char line[2048];
        snprintf(line, sizeof line, "%s: %s", m->where, m->what);
        found = found || (m->code == code && strstr(line, words));
    }
    if (!found) print_faults(&diag);
    assert_true(found);
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
}

static void refusals(void **state) {
    (void)state;
    TtfsSpike s;
    small_net(&s);
    TtfsChip good = small_chip(2, 4, 8), c = good;
    c.slots = 3;
    refuses(&s, &c, TTFS_PLAN_FIT, "needs 4 slots, the chip has 3");
    c = good, c.tick_bits = 4;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 2: needs a window of 31 ticks, the chip takes 15");
    c = good, c.weight_rows = 60;
    refuses(&s, &c, TTFS_PLAN_FIT, "weight rows on core");
    c = good, c.list_words = 150;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 2: needs 210 list words on a core, the chip has 150");
    c = good, c.log_words = 100;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 2: needs 180 log words, the chip has 100");
    c = good, c.seen_words = 20;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 3: needs 27 words to see its outputs, the chip has 20");
    c = good, c.y_bits = 2;
    refuses(&s, &c, TTFS_PLAN_FIT, "layer 1: needs row ids of 6, the chip takes 4");
    c = good, c.weight_bits = 4;
    ttfs_spike_pop(&s, (TtfsPop){2})->ramp[1] = 3000;
    s.conns.at[0].weight_bits = 8;
    refuses(&s, &c, TTFS_PLAN_WIDTH, "layer 2: needs weights of 8 bits, the chip has 4");
    c = good, c.acc_bits = c.slope_bits = 16;
    refuses(&s, &c, TTFS_PLAN_WIDTH,
            "layer 2: channel 1 needs 18 bits of potential, the chip has 16");
    c = good, c.slope_bits = 8;
    refuses(&s, &c, TTFS_PLAN_WIDTH, "layer 2: channel 1 needs 13 bits of slope, the chip has 8");
    ttfs_spike_free(&s);
}

static void refused_kinds(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = small_chip(2, 4, 8);
    small_net(&s);
    s.conns.at[1].dilation[0] = 2;
    s.conns.at[1].stride[0] = 2;
    ttfs_spike_pop(&s, (TtfsPop){3})->h = 2;
    TtfsConnection *d = &s.conns.at[2];
    d->weight_count = d->weight_count / 9 * 6;
    refuses(&s, &chip, TTFS_PLAN_KIND, "layer 3: a max pool with dilation");
    ttfs_spike_free(&s);
    for (uint64_t seed = 0;; seed++) {
        random_spike(&s, seed);
        TtfsPopulation *last = ttfs_spike_pop(&s, s.readout);
        if (last->conn_count == 2) break;
        ttfs_spike_free(&s);
    }
    refuses(&s, &chip, TTFS_PLAN_KIND, "has 2 sources, the chip takes one");
    ttfs_spike_free(&s);
}

/* What the spike graph can say and the chip cannot hold yet. */
static void refused_for_now(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsChip chip = small_chip(2, 4, 8);
    small_net(&s);
    s.conns.at[1].kind = TTFS_CONN_MINPOOL;
    refuses(&s, &chip, TTFS_PLAN_KIND, "layer 3: a min pool");
    s.conns.at[1].kind = TTFS_CONN_POOL;
    s.conns.at[0].src_channels = 1;
    s.conns.at[0].weight_count /= 2;
    refuses(&s, &chip, TTFS_PLAN_KIND, "layer 2: sees a part of its source's channels");
    s.conns.at[0].src_channels = 2;
    s.conns.at[0].weight_count *= 2;
    TtfsPopulation *p = ttfs_spike_pop(&s, (TtfsPop){2});
    p->bias_count = ttfs_pop_size(p);
    p->bias = TTFS_ARRAY(&s.arena, int32_t, p->bias_count);
    refuses(&s, &chip, TTFS_PLAN_KIND, "layer 2: biases that depend on the position");
    ttfs_spike_free(&s);
    for (uint64_t seed = 0;; seed++) {
        random_spike(&s, seed);
        if (s.pops.at[1].conn_count == 1 && s.conns.at[0].group > 1) break;
        ttfs_spike_free(&s);
    }
    refuses(&s, &chip, TTFS_PLAN_KIND, "layer 2: a convolution in groups");
    ttfs_spike_free(&s);
}

/* What a dilated kernel costs is said of convolutions that have one, along either axis. */
static void dilation_is_noted(void **state) {
    (void)state;
    static const char *const want[] = {NULL, "stored as 3 x 5", "stored as 5 x 3",
                                       "stored as 5 x 5"};
    for (uint32_t i = 0; i < 4; i++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsDiag diag = {0};
        small_net(&s);
        TtfsConnection *c = &s.conns.at[0];
        if (i & 1) c->dilation[1] = 2, c->pad[1] = c->pad[3] = 2;
        if (i & 2) c->dilation[0] = 2, c->pad[0] = c->pad[2] = 2;
        TtfsChip chip = small_chip(2, 4, 8);
        assert_true(ttfs_spike_to_plan(&s, &chip, "net", &p, &diag));
        assert_int_equal(diag.messages.len, i > 0);
        if (i) {
            assert_string_equal(diag.messages.at[0].node, "layer 2");
            assert_non_null(strstr(diag.messages.at[0].what, want[i]));
        }
        ttfs_plan_free(&p);
        ttfs_diag_free(&diag);
        ttfs_spike_free(&s);
    }
}

/* All faults at once, not only the first. */
static void refusals_are_collected(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip c = small_chip(2, 4, 8);
    c.tick_bits = 4, c.log_words = 100, c.slots = 3;
    assert_false(ttfs_spike_to_plan(&s, &c, "net", &p, &diag));
    assert_int_equal(diag.errors, 4); /* two windows, one log, the slots */
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

/* What a slot is expected to save of its worst case when the share `ppm` of N spikes comes: the
 * spikes, and in a list the ticks without one, T^2 / (T + n) of them where n spikes come evenly. */
static uint64_t saved(uint64_t neurons, uint64_t ticks, uint64_t ppm, uint64_t lists) {
    uint64_t n = (neurons * ppm + 999999) / 1000000;
    return neurons - n + lists * (neurons + ticks - 1 - n - ticks * ticks / (ticks + n));
}

static void expected_cycles(void **state) {
    (void)state;
    static const uint32_t rates[] = {0, 1, 300000, 999999, 1000000};
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip c = small_chip(1, 4, 8);
    assert_true(ttfs_spike_to_plan(&s, &c, "net", &p, &diag));
    uint64_t groups = (s.pops.at[3].c + 3) / 4;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (uint32_t k = 0; k < s.pops.len; k++) s.pops.at[k].rate_ppm = rates[i];
        const uint64_t want[] = {saved(72, 15, rates[i], 0), 0, saved(180, 31, rates[i], 1),
                                 saved(45, 31, rates[i], groups)};
        for (uint32_t slot = 0; slot < 4; slot++) {
            uint64_t worst = ttfs_plan_slot_cycles(&p, &s, slot, false);
            assert_int_equal(worst, p.slots.at[slot].worst_cycles);
            if (slot != 1) /* bands and patches */
                assert_int_equal(worst - ttfs_plan_slot_cycles(&p, &s, slot, true), want[slot]);
        }
    }
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

static void find_names_the_core(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsDiag diag = {0};
    small_net(&s);
    TtfsChip c = small_chip(2, 4, 8);
    assert_true(ttfs_spike_to_plan(&s, &c, "net", &p, &diag));
    uint32_t core = 9, slot = 9;
    assert_false(ttfs_plan_find(&p, &s, s.input, 0, &core, &slot));
    for (uint32_t n = 0; n < 5 * 36; n++) {
        assert_true(ttfs_plan_find(&p, &s, (TtfsPop){2}, n, &core, &slot));
        assert_int_equal(slot, 1);
        const TtfsSlice *a = &p.slices.at[ttfs_plan_at(&p, core, slot)->slice - 1];
        assert_true(n / 36 >= a->ch_first && n / 36 < a->ch_first + a->channels);
    }
    ttfs_plan_free(&p);
    ttfs_diag_free(&diag);
    ttfs_spike_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solver_satisfies_checker),
        cmocka_unit_test(text_is_a_fixed_point),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(every_number_matters),
        cmocka_unit_test(every_flag_matters),
        cmocka_unit_test(refusals),
        cmocka_unit_test(refused_kinds),
        cmocka_unit_test(refused_for_now),
        cmocka_unit_test(dilation_is_noted),
        cmocka_unit_test(refusals_are_collected),
        cmocka_unit_test(expected_cycles),
        cmocka_unit_test(find_names_the_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
