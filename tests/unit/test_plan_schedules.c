/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedules of the solver: when populations are computed, how many turns a sample takes, and
 * what the solver does where a schedule asks for more than the chip has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "chip_spike.h"
#include "spike_to_plan.h"

/* A chain of dense layers behind an input, each of 3 neurons; the readout also reads the input. */
static void chain(TtfsSpike *s, uint32_t layers) {
    TtfsRng rng = ttfs_rng(2), *r = &rng;
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 3, .h = 1, .w = 1, .ticks = 15};
    *s = (TtfsSpike){0};
    s->input = add_pop(s, in);
    for (uint32_t i = 1; i < layers; i++)
        chip_dense(s, r, (TtfsPop){s->pops.len}, TTFS_POP_RELU, 8);
    chip_dense(s, r, (TtfsPop){s->pops.len}, TTFS_POP_READOUT, 8);
    s->readout = (TtfsPop){s->pops.len};
    TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = s->input, .dst = s->readout};
    chip_weights(s, r, &c, (uint64_t)3 * ttfs_spike_pop(s, s->readout)->c, 8);
    add_conn(s, c);
    set_times(s, r);
}

static bool plan_chain(const TtfsSpike *s, const TtfsChip *c, TtfsSchedule schedule, TtfsPlan *p,
                       TtfsBuf *said) {
    TtfsDiag diag = {0};
    bool ok = ttfs_spike_to_plan(s, c, schedule, "net", p, &diag);
    ttfs_diag_print(&diag, TTFS_NOTE, false, said);
    ttfs_diag_free(&diag);
    return ok;
}

static void check_when(const TtfsPlan *p, TtfsSchedule schedule) {
    bool staged = schedule == TTFS_SCHEDULE_PIPELINE, over = schedule == TTFS_SCHEDULE_OVERLAP;
    uint32_t step = p->early ? TTFS_EARLY_TURNS : 1;
    assert_true(staged || !p->early);
    for (uint32_t i = 1; i <= p->when.len; i++) {
        TtfsWhen w = ttfs_plan_when(p, (TtfsPop){i});
        assert_int_equal(w.slot, staged || i == 1 ? 0 : over ? i - 2 : i - 1);
        assert_int_equal(w.stage, staged ? step * (i - 1) : over && i > 1);
    }
    assert_int_equal(p->slots.len, staged ? 1 : over ? p->when.len - 1 : p->when.len);
}

static void schedules(void **state) {
    (void)state;
    TtfsSpike s;
    chain(&s, 4);
    for (uint32_t cores = 1; cores <= 3; cores += 2)
        for (int k = 0; k < TTFS_SCHEDULES; k++) {
            TtfsChip c = small_chip(cores, 4, 8);
            TtfsPlan p;
            TtfsBuf said = {0};
            TtfsSchedule made = (TtfsSchedule)k;
            if (k == TTFS_SCHEDULE_AUTO)
                made = cores == 1 ? TTFS_SCHEDULE_OVERLAP : TTFS_SCHEDULE_PIPELINE;
            if (!plan_chain(&s, &c, (TtfsSchedule)k, &p, &said))
                fail_msg("%s", ttfs_buf_text(&said));
            check_when(&p, made);
            uint32_t turns = made == TTFS_SCHEDULE_PIPELINE ? 5 : made == TTFS_SCHEDULE_OVERLAP;
            assert_int_equal(ttfs_plan_turns(&p, &s), turns == 5 ? 5 : 1 + turns);
            ttfs_plan_free(&p);
            ttfs_buf_free(&said);
        }
    ttfs_spike_free(&s);
}

/* Values of 7 layers before are kept, those of 8 are not; left to itself the solver takes another
 * schedule. */
static void too_late(void **state) {
    (void)state;
    for (uint32_t layers = 7; layers <= 8; layers++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsChip c = small_chip(2, 4, 8);
        TtfsBuf said = {0};
        chain(&s, layers);
        bool ok = plan_chain(&s, &c, TTFS_SCHEDULE_PIPELINE, &p, &said);
        if (ok != (layers == 7)) fail_msg("%s", ttfs_buf_text(&said));
        if (!ok)
            assert_string_equal(
                ttfs_buf_text(&said),
                "ttfs: error: net: layer 9: reads layer 1 8 layers later, a pipeline keeps values "
                "for 7: use --schedule latency, or a network with shorter ways around its "
                "layers\n"
                "ttfs: note: net: --schedule latency fits chip small: a sample is through before "
                "the next one comes\n");
        ttfs_plan_free(&p);
        said.len = 0;
        assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_AUTO, &p, &said));
        assert_int_equal(!strstr(ttfs_buf_text(&said), "schedule pipeline does not fit"), ok);
        check_when(&p, ok ? TTFS_SCHEDULE_PIPELINE : TTFS_SCHEDULE_LATENCY);
        ttfs_plan_free(&p);
        ttfs_buf_free(&said);
        ttfs_spike_free(&s);
    }
}

/* On a mesh a pipeline does without barriers while values are kept long enough (a readout that
 * reads the input 2 turns a layer later), and says when it does not. */
static void ahead(void **state) {
    (void)state;
    for (uint32_t layers = 1; layers <= 4; layers++)
        for (uint32_t cores = 1; cores <= 3; cores += 2) {
            TtfsSpike s;
            TtfsPlan p;
            TtfsChip c = small_chip(cores, 4, 8);
            TtfsBuf said = {0};
            chain(&s, layers);
            assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_PIPELINE, &p, &said));
            check_when(&p, TTFS_SCHEDULE_PIPELINE);
            assert_int_equal(p.early, cores > 1 && 2 * layers <= 6);
            bool note =
                strstr(ttfs_buf_text(&said), "wait for one another in every turn, as values");
            assert_int_equal(note, cores > 1 && !p.early);
            assert_int_equal(ttfs_plan_turns(&p, &s), 1 + layers * (p.early ? 2 : 1));
            ttfs_plan_free(&p);
            ttfs_buf_free(&said);
            ttfs_spike_free(&s);
        }
}

/* A memory that has no room for the fourth copy of what is 2 turns old, but for the two of what is
 * one turn old. */
static void no_room_to_be_ahead(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsBuf said = {0};
    TtfsChip c = small_chip(2, 4, 8);
    chain(&s, 1);
    assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_PIPELINE, &p, &said));
    assert_true(p.early && said.len == 0);
    c.act_words = (uint32_t)p.use[0].act_words - 1;
    ttfs_plan_free(&p);
    assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_PIPELINE, &p, &said));
    check_when(&p, TTFS_SCHEDULE_PIPELINE);
    assert_int_equal(p.early, 0);
    assert_string_equal(ttfs_buf_text(&said),
                        "ttfs: note: net: cores of chip small wait for one another in every turn, "
                        "as its memories do not hold what they would keep to be a turn ahead\n");
    ttfs_plan_free(&p);
    ttfs_buf_free(&said);
    ttfs_spike_free(&s);
}

/* A memory that has no room for a second copy of the input. */
static void copies_that_do_not_fit(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsPlan p;
    TtfsBuf said = {0};
    TtfsChip c = small_chip(1, 4, 8);
    chain(&s, 3);
    assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_LATENCY, &p, &said));
    uint64_t least = p.use[0].act_words;
    ttfs_plan_free(&p);
    c.act_words = (uint32_t)least;
    assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_AUTO, &p, &said));
    check_when(&p, TTFS_SCHEDULE_LATENCY);
    ttfs_plan_free(&p);
    assert_false(plan_chain(&s, &c, TTFS_SCHEDULE_OVERLAP, &p, &said));
    assert_non_null(strstr(ttfs_buf_text(&said), "words of activations on a core"));
    assert_non_null(strstr(ttfs_buf_text(&said), "use --schedule latency, which keeps no values"));
    ttfs_plan_free(&p);
    c.act_words = (uint32_t)least + 1;
    assert_true(plan_chain(&s, &c, TTFS_SCHEDULE_AUTO, &p, &said));
    check_when(&p, TTFS_SCHEDULE_OVERLAP);
    assert_int_equal(p.use[0].act_words, least + 1);
    ttfs_plan_free(&p);
    ttfs_buf_free(&said);
    ttfs_spike_free(&s);
}

/* A slot a layer are more than a chip numbers, whether it streams or not. */
static void too_many_slots(void **state) {
    (void)state;
    TtfsSpike s;
    chain(&s, TTFS_PLAN_SLOTS);
    for (uint32_t stream = 0; stream < 2; stream++) {
        TtfsPlan p;
        TtfsBuf said = {0};
        TtfsChip c = small_chip(1, 4, 8);
        c.stream = stream;
        assert_false(plan_chain(&s, &c, TTFS_SCHEDULE_LATENCY, &p, &said));
        assert_string_equal(ttfs_buf_text(&said),
                            "ttfs: error: net: needs 4097 slots, the chip has 4096: use a larger "
                            "chip, or a smaller network\n");
        ttfs_plan_free(&p);
        ttfs_buf_free(&said);
    }
    ttfs_spike_free(&s);
}

/* Three pools of one population, of which no two can be on a core: too many for two. */
static void pools_apart(void **state) {
    (void)state;
    for (uint32_t cores = 1; cores <= 2; cores++) {
        TtfsSpike s = {0};
        TtfsPlan p;
        TtfsChip c = small_chip(cores, 4, 8);
        TtfsRng rng = ttfs_rng(3);
        TtfsBuf said = {0};
        s.input = add_pop(
            &s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 20, .h = 2, .w = 2, .ticks = 15});
        for (uint32_t i = 0; i < 3; i++) {
            TtfsConnection k = {.kind = TTFS_CONN_POOL, .src = s.input, .src_ch_first = i};
            for (int a = 0; a < 2; a++) k.kernel[a] = k.stride[a] = k.dilation[a] = 1;
            k.src_channels = 4;
            k.dst = add_pop(
                &s, (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 4, .h = 2, .w = 2, .ticks = 15});
            add_conn(&s, k);
        }
        s.readout = (TtfsPop){5};
        for (uint32_t i = 2; i <= 4; i++) chip_dense(&s, &rng, (TtfsPop){i}, TTFS_POP_READOUT, 6);
        set_times(&s, &rng);
        assert_false(plan_chain(&s, &c, TTFS_SCHEDULE_LATENCY, &p, &said));
        if (!strstr(ttfs_buf_text(&said), cores > 1 ? "on the same core: use a chip of more cores"
                                                    : "on the same core: use a chip of several"))
            fail_msg("%s", ttfs_buf_text(&said));
        ttfs_plan_free(&p);
        ttfs_buf_free(&said);
        ttfs_spike_free(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules),
        cmocka_unit_test(pools_apart),
        cmocka_unit_test(too_late),
        cmocka_unit_test(copies_that_do_not_fit),
        cmocka_unit_test(too_many_slots),
        cmocka_unit_test(ahead),
        cmocka_unit_test(no_room_to_be_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
