/* SPDX-License-Identifier: Apache-2.0
 *
 * The rtl engine against the golden engine: random graphs on small and odd chips, whole traces
 * equal, every slot within the cycles that the plan proves (sim_case.h). Damage of the image must
 * show in the trace, and what the chip tells of must be said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "share.h"
#include "sim_case.h"
#include "sim_inside.h"

/* Graphs of odd seeds have everything that a spike graph can have; every other pair has another
 * schedule. False when the chip refuses the graph. */
static bool open_case(Case *c, const TtfsChip *chip, uint64_t seed) {
    *c = (Case){0};
    if (seed % 2)
        random_spike(&c->spike, seed);
    else
        chip_spike(&c->spike, seed, chip->weight_bits);
    TtfsSchedule schedule = (TtfsSchedule)(seed / 2 % TTFS_SCHEDULES);
    if (place_case(c, chip, schedule)) return true;
    close_case(c);
    return false;
}

/* All on one chip, which is loaded once. */
static void many_graphs(const TtfsChip *chip, uint32_t seeds, uint32_t least) {
    TtfsSimChip *code = NULL;
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < graphs(seeds); seed++) {
        Case c;
        if (!open_case(&c, chip, seed)) continue;
        made++;
        c.code = code;
        run_case(&c, inputs_of(&c, seed, 5), seed, 5);
        code = c.code, c.code = NULL;
        close_case(&c);
    }
    ttfs_sim_chip_close(code);
    assert_true(made >= least);
}

static TtfsChip chip_named(const char *name, uint32_t cores, uint32_t lanes, uint32_t bits) {
    TtfsChip chip = small_chip(cores, lanes, bits);
    chip.name = name;
    return chip;
}

static void one_lane(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c1l1w8", 1, 1, 8);
    many_graphs(&chip, A_SHARE(60), A_SHARE(30));
}

/* Spikes come to the host (register TRACE), and what the trace port says is not taken. */
static void host_takes_trace(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c1l1w8", 1, 1, 8);
    TtfsSimChip *code = NULL;
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < graphs(A_SHARE(12)); seed++) {
        Case c;
        if (!open_case(&c, &chip, seed)) continue;
        c.code = code;
        TtfsSim *sim = start(&c);
        ttfs_sim_take_trace(sim);
        uint16_t *x = inputs_of(&c, seed, 3);
        TtfsTrace *got = traces(&c, 3);
        assert_true(ttfs_sim_run(sim, 3, x, got, &nobody, &c.diag));
        compare(&c, got, x, seed, 3);
        ttfs_sim_close(sim);
        made++;
        code = c.code, c.code = NULL;
        close_case(&c);
    }
    ttfs_sim_chip_close(code);
    assert_true(made > 1);
}

static void four_cores_of_three(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c4l3w9", 4, 3, 9);
    many_graphs(&chip, A_SHARE(150), A_SHARE(100));
}

static void two_cores_of_sixteen(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c2l16w8", 2, 16, 8);
    many_graphs(&chip, A_SHARE(150), A_SHARE(100));
}

/* Counters are read while turns without barriers go on, longer than a turn of a small network
 * takes: the turn that is done meanwhile takes what all others do. */
static void counts_take_no_time(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c4l3w9", 4, 3, 9);
    TtfsRng r = ttfs_rng(1);
    Case c = {0};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 3, .h = 1, .w = 1, .ticks = 15};
    c.spike.input = add_pop(&c.spike, in);
    chip_dense(&c.spike, &r, c.spike.input, TTFS_POP_READOUT, 9);
    c.spike.readout = (TtfsPop){2};
    set_times(&c.spike, &r);
    assert_true(place_case(&c, &chip, TTFS_SCHEDULE_PIPELINE) && c.plan.early);
    TtfsSim *sim = start(&c);
    TtfsTrace *got = traces(&c, 1);
    assert_true(ttfs_sim_run(sim, 1, inputs_of(&c, 1, 1), got, &nobody, &c.diag));
    assert_true(ttfs_plan_turns(&c.plan, &c.spike) * got->cycles <= got->latency_cycles);
    ttfs_sim_close(sim);
    close_case(&c);
}

/* A graph, samples whose values are all the largest and silent ones in turns, and traces. */
enum { TURNS = 4, LOUD = 2 /* a seed with a slot a population, a sample a turn */ };

typedef struct {
    Case c;
    TtfsTrace want, *got;
    uint16_t *full, *silent; /* full: TURNS samples, the second and fourth are silent */
} Loud;

/* Which are loud: a bit each. */
static void give_samples(Loud *l, uint32_t samples, uint32_t loud) {
    const TtfsPopulation *in = ttfs_spike_pop(&l->c.spike, l->c.spike.input);
    uint32_t n = ttfs_pop_size(in);
    l->full = TTFS_ARRAY(&l->c.arena, uint16_t, (size_t)samples * n);
    l->silent = l->full + n;
    for (uint32_t i = 0; i < samples; i++)
        for (uint32_t k = 0; loud >> i & 1 && k < n; k++) l->full[i * n + k] = (uint16_t)in->ticks;
    ttfs_trace_init(&l->want, &l->c.spike, &l->c.arena);
    l->got = traces(&l->c, samples);
}

static void open_loud(Loud *l) {
    TtfsChip chip = chip_named("c2l16w8", 2, 16, 8);
    assert_true(open_case(&l->c, &chip, LOUD));
    give_samples(l, TURNS, 5);
}

/* The same of a graph whose cores may be a turn ahead of one another; loud are two samples, each of
 * which has left the chip before the other enters. */
enum { MANY = 32, FIRST = 3, SECOND = 17 };

static void open_early(Loud *l) {
    TtfsChip chip = chip_named("c2l16w8", 2, 16, 8);
    uint64_t seed = 0;
    do {
        assert_true(seed < 100);
        if (seed) close_case(&l->c);
        l->c = (Case){0};
        chip_spike(&l->c.spike, 2 * seed++, chip.weight_bits);
    } while (!place_case(&l->c, &chip, TTFS_SCHEDULE_PIPELINE) || !l->c.plan.early);
    assert_true(ttfs_sim_turns(&l->c.image) < SECOND - FIRST);
    give_samples(l, MANY, 1u << FIRST | 1u << SECOND);
}

static void run_all(Loud *l, TtfsSim *sim) {
    assert_true(ttfs_sim_run(sim, TURNS, l->full, l->got, &nobody, &l->c.diag));
    assert_int_equal(l->c.diag.errors, 0);
}

static bool differs(const Loud *l, uint32_t sample) {
    return ttfs_trace_compare(&l->want, &l->got[sample], &(TtfsDifference){0}) != 0;
}

static void run_golden(Loud *l, const uint16_t *x) {
    TtfsGolden *golden = ttfs_golden_open(&l->c.spike);
    ttfs_golden_run(golden, x, &l->want);
    ttfs_golden_close(golden);
}

/* A changed bias of the readout changes a potential, on the chip as in the lift. */
static void damage_shows(void **state) {
    (void)state;
    Loud l;
    TtfsDifference d;
    open_loud(&l);
    TtfsImage *img = &l.c.image;
    const TtfsTask *last = &l.c.plan.tasks.at[l.c.plan.tasks.len - 1];
    uint32_t word = last->param_base, lsb = img->chip.ramp_bits;
    int32_t bias =
        ttfs_image_signed(img, last->core, TTFS_MEM_PARAMS, word, lsb, img->chip.acc_bits);
    ttfs_image_set_bits(img, last->core, TTFS_MEM_PARAMS, word, lsb, img->chip.acc_bits,
                        (uint32_t)(bias ^ 1));
    TtfsSim *sim = start(&l.c);
    run_golden(&l, l.full);
    run_all(&l, sim);
    assert_int_equal(ttfs_trace_compare(&l.want, &l.got[0], &d), 1);
    assert_true(d.readout);
    assert_int_equal(d.neuron, last->ch_first);
    ttfs_sim_close(sim);
    close_case(&l.c);
}

/* Buffers of the input take only values below the largest. */
static void damage_input(Case *c) {
    uint32_t ticks = ttfs_spike_pop(&c->spike, c->spike.input)->ticks;
    for (uint32_t core = 0; core < ttfs_chip_cores(&c->plan.chip); core++) {
        uint32_t number;
        if (ttfs_plan_buffer(&c->plan, core, c->spike.input, &number))
            ttfs_image_set_bits(&c->image, core, TTFS_MEM_BUFFERS, number, 96, 16, ticks - 1);
    }
}

/* The chip drops what a buffer does not take and says so, once; the next sample is right, and
 * nothing is left of it. */
static void errors_are_told(void **state) {
    (void)state;
    Loud l;
    open_loud(&l);
    damage_input(&l.c);
    TtfsSim *sim = start(&l.c);
    run_golden(&l, l.silent);
    run_all(&l, sim);
    for (uint32_t i = 0; i < TURNS; i += 2) {
        assert_non_null(strstr(l.got[i].fault, "the chip tells of VALUE ("));
        assert_false(differs(&l, i + 1));
    }
    ttfs_sim_close(sim);
    close_case(&l.c);
}

/* The sample was in the chip with none of those that are loud, nor with those that enter again. */
static bool is_apart(uint32_t sample, uint32_t turns) {
    return (sample > FIRST + turns && sample + turns < SECOND) ||
           (sample > SECOND + turns && sample + turns < MANY);
}

/* What went wrong is said of the loud samples, and of none that was not in the chip with them. */
static void only_loud_ones(Loud *l, const char *what) {
    TtfsSim *sim = start(&l->c);
    uint32_t turns = ttfs_sim_turns(&l->c.image), apart = 0;
    run_golden(l, l->silent);
    assert_true(ttfs_sim_run(sim, MANY, l->full, l->got, &nobody, &l->c.diag));
    assert_non_null(strstr(l->got[FIRST].fault, what));
    assert_non_null(strstr(l->got[SECOND].fault, what));
    for (uint32_t i = 0; i < MANY; i++) {
        if (!is_apart(i, turns)) continue;
        assert_false(differs(l, i));
        apart++;
    }
    assert_true(apart > 3);
    ttfs_sim_close(sim);
}

/* Errors of a sample that entered before the end of the turn ahead are said of it too. */
static void early_errors_are_told(void **state) {
    (void)state;
    Loud l;
    open_early(&l);
    damage_input(&l.c);
    only_loud_ones(&l, "the chip tells of VALUE (");
    close_case(&l.c);
}

/* A host that reads after every turn for longer than a turn takes. */
static const TtfsSimChip *quick;

static void slow_turn(void *chip, TtfsSimTurn *turn) {
    uint32_t id;
    quick->turn(chip, turn);
    for (int i = 0; i < 200; i++)
        assert_true(quick->read(chip, ttfs_chip_register(TTFS_REGISTER_ID), &id) == 1);
}

/* What has begun early goes on in accesses, and is not the longer for them when it is done there.
 */
static void early_turns_end_in_accesses(void **state) {
    (void)state;
    Loud l;
    open_early(&l);
    TtfsSim *sim = start(&l.c);
    TtfsSimChip slow = *l.c.code;
    uint64_t most = 0;
    assert_true(ttfs_sim_run(sim, MANY, l.full, l.got, &nobody, &l.c.diag));
    for (uint32_t i = 0; i < MANY; i++) most = l.got[i].cycles > most ? l.got[i].cycles : most;
    ttfs_sim_close(sim);
    quick = l.c.code, slow.turn = slow_turn;
    sim = ttfs_sim_open(&slow, &l.c.image, l.c.limit, &l.c.diag);
    assert_true(ttfs_sim_run(sim, MANY, l.full, l.got, &nobody, &l.c.diag));
    compare(&l.c, l.got, l.full, 0, MANY);
    for (uint32_t i = 0; i < MANY; i++) assert_true(l.got[i].cycles <= 2 * most);
    ttfs_sim_close(sim);
    close_case(&l.c);
}

/* A turn that begins early is given up after as many cycles as any. */
static void early_hang_is_seen(void **state) {
    (void)state;
    Loud l;
    open_early(&l);
    l.c.limit[0] = 100;
    TtfsSim *sim = start(&l.c);
    run_all(&l, sim);
    for (uint32_t i = 0; i < TURNS; i++)
        assert_non_null(strstr(l.got[i].fault, "in slot 0 after 101 cycles"));
    ttfs_sim_close(sim);
    close_case(&l.c);
}

/* Cycles that are too few for turns of loud samples, and enough for all others. */
static uint64_t too_few(const Loud *l) {
    uint32_t turns = ttfs_sim_turns(&l->c.image);
    uint64_t quiet = 0, most = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        uint64_t cycles = l->got[i].cycles;
        if (is_apart(i, turns) && cycles > quiet) quiet = cycles;
        if (cycles > most) most = cycles;
    }
    return (quiet + most) / 2;
}

/* A chip that was given up works on with early turns: the last silent sample, when its cores are
 * ahead of one another again, takes what it took when there was time enough. */
static void early_again_after_a_hang(void **state) {
    (void)state;
    Loud l;
    open_early(&l);
    TtfsSim *sim = start(&l.c);
    assert_true(ttfs_sim_run(sim, MANY, l.full, l.got, &nobody, &l.c.diag));
    ttfs_sim_close(sim);
    uint32_t turns = ttfs_sim_turns(&l.c.image), last = MANY - turns - 1;
    uint64_t calm = l.got[last].latency_cycles;
    l.c.limit[0] = too_few(&l);
    only_loud_ones(&l, "in slot 0 after ");
    assert_true(is_apart(last, turns));
    assert_int_equal(l.got[last].latency_cycles, calm);
    close_case(&l.c);
}

/* A host with less room for a turn's spikes (0: with all), which says how many came in each and may
 * read after each for longer than a turn takes. */
static struct { uint32_t room, reads, turns, came[2 * MANY]; } narrow;

static void narrow_turn(void *chip, TtfsSimTurn *turn) {
    uint32_t id;
    if (narrow.room) turn->trace.room = narrow.room;
    quick->turn(chip, turn);
    narrow.came[narrow.turns++] = turn->trace.len;
    for (uint32_t i = 0; i < narrow.reads; i++)
        assert_true(quick->read(chip, ttfs_chip_register(TTFS_REGISTER_ID), &id) == 1);
}

static void run_narrow(Loud *l, uint32_t room) {
    TtfsSimChip code = *l->c.code;
    code.turn = narrow_turn;
    narrow.room = room, narrow.turns = 0;
    TtfsSim *sim = ttfs_sim_open(&code, &l->c.image, l->c.limit, &l->c.diag);
    assert_non_null(sim);
    assert_true(ttfs_sim_run(sim, MANY, l->full, l->got, &nobody, &l->c.diag));
    ttfs_sim_close(sim);
}

/* The first turn in which more came than in any before the loud samples; so many, and one. */
static uint32_t first_flood(uint32_t *room) {
    uint32_t turn = 0;
    *room = 0;
    for (; turn <= FIRST; turn++) *room = narrow.came[turn] > *room ? narrow.came[turn] : *room;
    for (turn = 0; narrow.came[turn] <= *room; turn++) assert_true(turn < 2 * FIRST);
    ++*room;
    return turn;
}

/* Too many spikes are said of the samples that are in the chip in their own turn, whether they came
 * in its call or before it; those behind are right again. */
static void flood_behind(Loud *l, uint32_t reads) {
    static const char flood[] = "puts out more than the network has neurons";
    uint32_t room, turns = ttfs_sim_turns(&l->c.image);
    narrow.reads = reads;
    run_narrow(l, 0);
    uint32_t first = first_flood(&room), from = first + 1 > turns ? first + 1 - turns : 0;
    run_narrow(l, room);
    for (uint32_t i = 0; i <= first; i++)
        assert_true((strstr(l->got[i].fault, flood) != NULL) == (i >= from));
    for (uint32_t i = FIRST + turns + 1; i + turns < SECOND; i++) assert_false(differs(l, i));
    assert_non_null(strstr(l->got[SECOND].fault, flood));
}

static void early_flood_is_seen(void **state) {
    (void)state;
    Loud l;
    open_early(&l);
    ttfs_sim_close(start(&l.c));
    quick = l.c.code;
    run_golden(&l, l.silent);
    flood_behind(&l, 0);
    flood_behind(&l, 200);
    close_case(&l.c);
}

/* An image for a chip that differs in anything is refused before a sample runs. */
static void another_chip(void **state) {
    (void)state;
    Loud l;
    open_loud(&l);
    l.c.code = load(l.c.rtl, true, &l.c.diag);
    l.c.image.chip.counters = !l.c.image.chip.counters;
    assert_null(ttfs_sim_open(l.c.code, &l.c.image, l.c.limit, &l.c.diag));
    const TtfsMessage *m = &l.c.diag.messages.at[l.c.diag.messages.len - 1];
    assert_int_equal(m->code, TTFS_SIM_FLAGS);
    assert_non_null(strstr(m->what, "WRONG ("));
    close_case(&l.c);
}

/* Cycles of every slot in a run of one sample. */
static uint64_t *cycles_of(Case *c, const uint16_t *x) {
    TtfsTrace got;
    TtfsSim *sim = start(c);
    size_t size = c->image.slots * sizeof(uint64_t);
    uint64_t *cycles = TTFS_ARRAY(&c->arena, uint64_t, c->image.slots);
    ttfs_trace_init(&got, &c->spike, &c->arena);
    assert_true(ttfs_sim_run(sim, 1, x, &got, &nobody, &c->diag));
    memcpy(cycles, ttfs_sim_slot_cycles(sim), size);
    ttfs_sim_close(sim);
    return cycles;
}

/* The loud sample is given up in the slot, and that is said; the silent one then runs as if it had
 * not been, and once more. */
static void given_up_in(Loud *l, uint32_t slot) {
    TtfsSim *sim = start(&l->c);
    const char *what = ttfs_arena_printf(&l->c.arena, "in slot %u after %u cycles", slot,
                                         (unsigned)l->c.limit[slot] + 1);
    run_golden(l, l->silent);
    run_all(l, sim);
    for (uint32_t i = 0; i < TURNS; i += 2) {
        if (!strstr(l->got[i].fault, what)) fail_msg("'%s', not '%s'", l->got[i].fault, what);
        assert_false(differs(l, i + 1));
    }
    ttfs_sim_close(sim);
}

/* What a silent input takes in a slot is too little for one that fires: slot by slot the chip is
 * given up, and works again. */
static void hang_is_seen(void **state) {
    (void)state;
    Loud l;
    open_loud(&l);
    const uint64_t *calm = cycles_of(&l.c, l.silent), *busy = cycles_of(&l.c, l.full);
    uint32_t hung = 0;
    for (uint32_t slot = 0; slot < l.c.image.slots; slot++) {
        if (busy[slot] < calm[slot] + 4) continue;
        uint64_t enough = l.c.limit[slot];
        l.c.limit[slot] = calm[slot] + 1;
        given_up_in(&l, slot);
        l.c.limit[slot] = enough;
        hung++;
    }
    assert_true(hung >= 2);
    close_case(&l.c);
}

/* Verilog that does not build is reported with the log's end and its path. */
static void build_failure(void **state) {
    (void)state;
    TtfsChip chip = chip_named("c2l16w8", 2, 16, 8);
    Case c;
    TtfsDiag own = {0};
    assert_true(open_case(&c, &chip, 4));
    const char *bad = "test_sim_rtl/bad";
    assert_true(ttfs_make_folders(bad, &own));
    TtfsBuf text = {0};
    ttfs_buf_puts(&text, "module ttfs_top;\n");
    for (int i = 0; i < 12; i++) ttfs_buf_printf(&text, "    missing_%d m%d();\n", i, i);
    ttfs_buf_puts(&text, "endmodule\n");
    assert_true(ttfs_file_write("test_sim_rtl/bad/ttfs_top.v", text.text, text.len, &own));
    assert_null(load(bad, true, &c.diag));
    const TtfsMessage *m = &c.diag.messages.at[c.diag.messages.len - 1];
    assert_int_equal(m->code, TTFS_SIM_BUILD);
    assert_non_null(strstr(m->where, ".log"));
    TtfsFile log;
    assert_true(ttfs_file_open(&log, m->where, 1 << 20, &own));
    const char *end = strstr(m->what, "the log ends:\n");
    assert_true(log.size > 700 && end && strlen(end) == 14 + 700);
    assert_memory_equal(end + 14, log.bytes + log.size - 700, 700);
    text.len = 0;
    ttfs_buf_bytes(&text, log.bytes, log.size);
    assert_non_null(strstr(ttfs_buf_text(&text), "missing_0"));
    ttfs_file_close(&log);
    ttfs_buf_free(&text);
    close_case(&c);
    ttfs_diag_free(&own);
}

static void same_file(const char *a, const char *b) {
    TtfsDiag diag = {0};
    TtfsFile x, y;
    assert_true(ttfs_file_open(&x, a, 1 << 20, &diag));
    assert_true(ttfs_file_open(&y, b, 1 << 20, &diag));
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.bytes, y.bytes, x.size);
    ttfs_file_close(&x);
    ttfs_file_close(&y);
    ttfs_diag_free(&diag);
}

/* Two networks on one chip get the same Verilog, so that they share a simulation. */
static void verilog_depends_on_the_chip_alone(void **state) {
    (void)state;
    TtfsChip a = chip_named("verilog_a", 2, 16, 8), b = chip_named("verilog_b", 2, 16, 8);
    Case c;
    b.energy_event_pj = 3;
    assert_true(open_case(&c, &a, 4));
    close_case(&c);
    assert_true(open_case(&c, &b, 10));
    close_case(&c);
    same_file("test_sim_rtl/verilog_a/ttfs_top.v", "test_sim_rtl/verilog_b/ttfs_top.v");
    same_file("test_sim_rtl/verilog_a/filelist.f", "test_sim_rtl/verilog_b/filelist.f");
    same_file("test_sim_rtl/verilog_a/ttfs_chip.v", TTFS_SOURCE_DIR "/rtl/ttfs_chip.v");
}

int main(void) {
    setenv("TTFS_CACHE", "test_sim_cache", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lane),
        cmocka_unit_test(host_takes_trace),
        cmocka_unit_test(four_cores_of_three),
        cmocka_unit_test(two_cores_of_sixteen),
        cmocka_unit_test(counts_take_no_time),
        cmocka_unit_test(damage_shows),
        cmocka_unit_test(errors_are_told),
        cmocka_unit_test(early_errors_are_told),
        cmocka_unit_test(early_turns_end_in_accesses),
        cmocka_unit_test(another_chip),
        cmocka_unit_test(hang_is_seen),
        cmocka_unit_test(early_hang_is_seen),
        cmocka_unit_test(early_again_after_a_hang),
        cmocka_unit_test(early_flood_is_seen),
        cmocka_unit_test(build_failure),
        cmocka_unit_test(verilog_depends_on_the_chip_alone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("%llu hidden spikes compared\n", (unsigned long long)total_spikes);
    return failed;
}
