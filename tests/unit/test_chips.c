/* SPDX-License-Identifier: Apache-2.0
 *
 * Small random chips, each with random networks of all kinds in all schedules: the Verilog gives
 * the spikes and sums of golden within the cycles that the plan proves, or the network is refused
 * for what the chip has not, which is tried: with it the chip takes the network. One that is
 * refused in the schedule drawn is tried in the one that the compiler finds; both refusals are
 * counted, of many networks a tenth at most may be refused. What is streamed and comes
 * damaged, or never, is told of. A few by default, TTFS_TEST_GRAPHS networks by hand, or the one
 * of TTFS_TEST_SEED; what was seen is printed. With TTFS_TEST_PLANS in the environment nothing is
 * simulated: which networks are refused shows in seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "chip_network.h"
#include "image_to_spike.h"
#include "ir_to_spike.h"
#include "raise_chip.h"
#include "random_canonical.h"
#include "sim_case.h"

enum { PER_CHIP = 16, USUAL = PER_CHIP, SAMPLES = 12 };

/* What networks had, and what became of them. */
typedef struct {
    uint32_t chips, meshes, networks, refused, otherwise, fell_back, timed, near;
    uint32_t schedules[TTFS_SCHEDULES], streamed, parted, kept, groups, branches, dense, pools,
        maps;
    uint64_t spikes, sums;
    double expected, measured, ratio;
} Seen;

/* A network through the compiler, in windows and weights that the chip has. */
static bool lowered(TtfsSpike *s, const TtfsChip *chip, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed + 2000);
    TtfsQuantReport report = {0};
    TtfsDiag diag = {0};
    Canon k;
    random_canonical(&k, seed);
    TtfsSpikeOptions o = {.ticks = net_ticks(chip, &rng), .percentile = 1};
    o.weight_bits = chip->weight_bits < 8 ? chip->weight_bits : 8;
    o.pow2 = seed % 2;
    o.input_lo = k.lo;
    o.input_hi = k.hi;
    bool ok = ttfs_ir_to_spike(&k.ir, NULL, &o, "net", s, &report, &diag);
    if (!ok) ttfs_spike_free(s);
    ttfs_arena_free(&report.arena);
    ttfs_diag_free(&diag);
    canon_free(&k);
    return ok;
}

/* One in three of the compiler, where the chip has all that those may need. */
static void draw_network(TtfsSpike *s, const TtfsChip *chip, uint64_t seed) {
    bool all = chip->pool && chip->classes && chip->segments > 3 && chip->acc_bits > 24;
    if (seed % 3 || !all || !lowered(s, chip, seed)) chip_network(s, chip, seed);
}

/* The rates that the cycles are expected by are those of the samples. */
static void take_rates(TtfsSpike *s, const uint16_t *x) {
    TtfsArena a = {0};
    TtfsTrace t;
    TtfsGolden *golden = ttfs_golden_open(s);
    uint64_t *fired = TTFS_ARRAY(&a, uint64_t, s->pops.len);
    ttfs_trace_init(&t, s, &a);
    for (uint32_t n = 0; n < SAMPLES; n++) {
        ttfs_golden_run(golden, x + (size_t)n * ttfs_pop_size(ttfs_spike_pop(s, s->input)), &t);
        for (uint32_t i = 0; i < s->pops.len; i++)
            if (s->pops.at[i].ticks) fired[i] += ttfs_trace_spikes(&t, (TtfsPop){i + 1});
    }
    for (uint32_t i = 0; i < s->pops.len; i++)
        s->pops.at[i].rate_ppm =
            (uint32_t)(fired[i] * 1000000 / SAMPLES / ttfs_pop_size(&s->pops.at[i]));
    ttfs_golden_close(golden);
    ttfs_arena_free(&a);
}

static void see(Seen *seen, const Case *c) {
    const TtfsSpike *s = &c->spike;
    bool groups = false, branches = false, dense = false, pools = false, maps = false;
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *k = &s->conns.at[i];
        const TtfsPopulation *dst = ttfs_spike_pop(s, k->dst);
        groups = groups || k->group > 1;
        dense = dense || k->kind == TTFS_CONN_DENSE;
        pools = pools || ttfs_conn_is_pool(k);
        branches = branches || (k->kind == TTFS_CONN_CONV && dst->conn_count > 1);
        maps = maps || (dst->bias && dst->bias_count > dst->c);
    }
    seen->groups += groups;
    seen->dense += dense;
    seen->pools += pools;
    seen->branches += branches;
    seen->maps += maps;
    seen->meshes += ttfs_chip_cores(&c->plan.chip) > 1;
}

/* Cycles of a turn of a full chip, beside what the plan expects. */
static void take_times(Seen *seen, const Case *c, const TtfsTrace *got) {
    uint64_t cycles = 0, n = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        cycles += got[i].cycles;
        n += got[i].cycles != 0;
        seen->sums += got[i].readouts;
        for (uint32_t k = 1; k <= c->spike.pops.len; k++)
            if (ttfs_spike_pop(&c->spike, (TtfsPop){k})->ticks)
                seen->spikes += ttfs_trace_spikes(&got[i], (TtfsPop){k});
    }
    if (!n) return;
    double ratio = (double)c->plan.expected_cycles * (double)n / (double)cycles;
    seen->ratio += ratio;
    seen->near += ratio > 0.9 && ratio < 1.1;
    seen->timed++;
    if (getenv("TTFS_TEST_TIMES"))
        print_message("%s %ux%u lanes %u slots %u: expected %u, measured %.0f, ratio %.3f\n",
                      c->plan.chip.name, c->plan.chip.cores_x, c->plan.chip.cores_y,
                      c->plan.chip.lanes, c->image.slots, (unsigned)c->plan.expected_cycles,
                      (double)cycles / (double)n, ratio);
}

/* Two pools of one population that begin at channels which are no words apart. */
static bool has_pools_apart(const TtfsSpike *s) {
    for (uint32_t i = 0; i < s->conns.len; i++)
        for (uint32_t k = 0; k < i; k++) {
            const TtfsConnection *a = &s->conns.at[i], *b = &s->conns.at[k];
            if (ttfs_conn_is_pool(a) && ttfs_conn_is_pool(b) && a->src.i == b->src.i &&
                (a->src_ch_first - b->src_ch_first) % TTFS_WORD_ELEMENTS)
                return true;
        }
    return false;
}

/* No chip takes such pools on one core. */
static bool is_for_pools(const Case *c) {
    const TtfsMessage *m = ttfs_diag_error(&c->diag);
    if (!strstr(m->what, "on the same core")) return false;
    if (!has_pools_apart(&c->spike)) fail_msg("%s: not so", m->what);
    return true;
}

/* The chip takes the network when it has what the refusals ask for; one may show only behind
 * another. */
static void check_refusal(Case *c, TtfsChip chip, TtfsSchedule schedule, uint64_t seed) {
    if (strstr(c->diag.messages.at[0].what, "channels apart")) return; /* of no chip's making */
    for (uint32_t tries = 0; tries < 8; tries++) {
        if (is_for_pools(c)) return;
        raise_chip(&chip, &c->diag);
        ttfs_plan_free(&c->plan);
        ttfs_diag_free(&c->diag);
        if (ttfs_spike_to_plan(&c->spike, &chip, schedule, "net", &c->plan, &c->diag)) return;
    }
    fail_msg("seed %u: refused still, with all that was asked for: %s", (unsigned)seed,
             c->diag.messages.at[0].what);
}

static bool streams(const TtfsPlan *p) {
    bool some = false;
    for (uint32_t i = 0; i < p->tasks.len; i++) some = some || p->tasks.at[i].streamed;
    return some;
}

/* Is some layer computed in several slots? */
static bool is_parted(const TtfsPlan *p) {
    bool some = false;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        some = some || p->tasks.at[i].slot != ttfs_plan_when(p, p->tasks.at[i].pop).slot;
    return some;
}

/* Are some neurons added in parts? */
static bool keeps_sums(const TtfsPlan *p) {
    bool some = false;
    for (uint32_t i = 0; i < p->tasks.len; i++) some = some || p->tasks.at[i].more;
    return some;
}

/* One sample has a fault that says so. */
static void expect_fault(Case *c, const uint16_t *x, const char *says) {
    TtfsSim *sim = start(c);
    TtfsTrace *got = traces(c, 1);
    assert_true(ttfs_sim_run(sim, 1, x, got, &nobody, &c->diag));
    if (!got->faults || !strstr(got->fault, says)) fail_msg("%s, not: %s", got->fault, says);
    ttfs_sim_close(sim);
}

/* The checksum of the last section is another; it is not there. */
static void damage_stream(Case *c, const uint16_t *x) {
    uint32_t *last = &c->image.stream.at[c->image.stream.len - 1];
    *last ^= 1u << 7;
    expect_fault(c, x, "CHECKSUM");
    *last ^= 1u << 7;
    c->image.stream.len--;
    expect_fault(c, x, "the chip asks the memory outside for word ");
    c->image.stream.len++;
}

/* Planned, and made an image of; nothing is run. */
static bool plan_case(Case *c, const TtfsChip *chip, TtfsSchedule schedule) {
    if (!ttfs_spike_to_plan(&c->spike, chip, schedule, "net", &c->plan, &c->diag)) return false;
    assert_true(ttfs_plan_to_image(&c->plan, &c->spike, &c->image, &c->diag));
    return true;
}

/* What the image says is the network. */
static void check_lift(const Case *c) {
    TtfsSpike back;
    TtfsDiag diag = {0};
    char what[200] = "";
    if (!ttfs_image_to_spike(&c->image, "image", &back, &diag))
        fail_msg("%s", diag.messages.at[0].what);
    if (!ttfs_spike_equal(&c->spike, &back, what, sizeof what)) fail_msg("%s", what);
    ttfs_spike_free(&back);
    ttfs_diag_free(&diag);
}

static bool plans_only(void) {
    return getenv("TTFS_TEST_PLANS") != NULL;
}

static bool place(Case *c, const TtfsChip *chip, TtfsSchedule schedule) {
    return plans_only() ? plan_case(c, chip, schedule) : place_case(c, chip, schedule);
}

/* Taken in the schedule that was drawn, or in the one that the compiler finds. */
static bool place_somehow(Case *c, const TtfsChip *chip, TtfsSchedule *schedule, uint64_t seed,
                          Seen *seen) {
    if (place(c, chip, *schedule)) return true;
    print_message("network %u, %s%s, %ux%u cores: ", (unsigned)seed, ttfs_schedule_names[*schedule],
                  chip->stream ? ", streamed" : "", chip->cores_x, chip->cores_y);
    print_faults(&c->diag);
    check_refusal(c, *chip, *schedule, seed);
    seen->otherwise++;
    *schedule = TTFS_SCHEDULE_AUTO;
    ttfs_plan_free(&c->plan);
    ttfs_diag_free(&c->diag);
    return place(c, chip, *schedule);
}

static void try_network(const TtfsChip *chip, uint64_t seed, Seen *seen) {
    static const TtfsSchedule all[] = {TTFS_SCHEDULE_LATENCY, TTFS_SCHEDULE_OVERLAP,
                                       TTFS_SCHEDULE_PIPELINE};
    /* With less room for weights other schedules are refused. */
    bool latency = chip->stream && seed % 2;
    TtfsSchedule schedule = latency ? TTFS_SCHEDULE_LATENCY : all[seed % 16 % 3];
    Case c = {0};
    draw_network(&c.spike, chip, seed);
    const uint16_t *x = inputs_of(&c, seed, SAMPLES);
    take_rates(&c.spike, x);
    seen->networks++;
    if (place_somehow(&c, chip, &schedule, seed, seen)) {
        see(seen, &c);
        check_lift(&c);
        if (!plans_only()) take_times(seen, &c, run_case(&c, x, seed, SAMPLES));
        seen->schedules[schedule]++;
        seen->fell_back += schedule == TTFS_SCHEDULE_OVERLAP &&
                           ttfs_plan_turns(&c.plan, &c.spike) == 1;
        seen->streamed += streams(&c.plan);
        seen->parted += is_parted(&c.plan);
        seen->kept += keeps_sums(&c.plan);
        if (streams(&c.plan) && !plans_only()) damage_stream(&c, x);
    } else {
        print_message("network %u, in any schedule: ", (unsigned)seed);
        print_faults(&c.diag);
        seen->refused++;
    }
    close_case(&c);
}

static void print_seen(const Seen *s) {
    print_message("%u chips, %u networks: %u refused in the schedule drawn, %u in any; of the "
                  "others %u on meshes, %u with groups, "
                  "%u sums of convolutions, %u matrices, %u pools, %u biases by position\n"
                  "latency %u, overlap %u (%u of them a sample at a time), pipeline %u, auto %u; "
                  "%u streamed, %u with a layer in "
                  "several slots, %u with neurons; %llu spikes and %llu sums "
                  "compared; cycles: "
                  "expected / measured %.3f in the mean of %u, %u within a tenth\n",
                  s->chips, s->networks, s->otherwise, s->refused, s->meshes, s->groups,
                  s->branches, s->dense, s->pools, s->maps, s->schedules[TTFS_SCHEDULE_LATENCY],
                  s->schedules[TTFS_SCHEDULE_OVERLAP], s->fell_back,
                  s->schedules[TTFS_SCHEDULE_PIPELINE], s->schedules[TTFS_SCHEDULE_AUTO],
                  s->streamed, s->parted, s->kept, (unsigned long long)s->spikes,
                  (unsigned long long)s->sums, s->timed ? s->ratio / s->timed : 0, s->timed,
                  s->near);
}

static void networks_on_chips(void **state) {
    (void)state;
    Seen seen = {0};
    const char *one = getenv("TTFS_TEST_SEED");
    uint32_t first = one ? (uint32_t)strtoul(one, NULL, 10) : 0, n = one ? 1 : graphs(USUAL);
    for (uint64_t seed = first; seed < (uint64_t)first + n; seed++) {
        TtfsChip chip = any_chip(seed / PER_CHIP);
        char name[20];
        snprintf(name, sizeof name, "any%u", (unsigned)(seed / PER_CHIP));
        chip.name = name;
        seen.chips += seed == first || seed % PER_CHIP == 0;
        try_network(&chip, seed, &seen);
    }
    print_seen(&seen);
    assert_true(n < 100 || seen.otherwise <= n / 10);
    double ratio = seen.timed ? seen.ratio / seen.timed : 1;
    assert_true(n < 100 || (ratio > 0.95 && ratio < 1.05));
    assert_true(one || (seen.refused < n && seen.streamed > 0));
}

/* A layer of so many channels behind the newest population. */
static void add_wide(TtfsSpike *s, const TtfsChip *chip, TtfsRng *r, uint32_t channels) {
    TtfsPop last = {s->pops.len};
    uint32_t fan_in = ttfs_pop_size(ttfs_spike_pop(s, last));
    TtfsPopulation p = {.kind = TTFS_POP_RELU, .c = channels, .h = 1, .w = 1};
    p.ticks = net_ticks(chip, r);
    TtfsConnection c = {.kind = TTFS_CONN_DENSE, .src = last, .dst = add_pop(s, p)};
    c.weight_count = (uint64_t)channels * fan_in;
    net_weights(s, chip, r, &c, fan_in, 1);
    add_conn(s, c);
    net_neurons(s, chip, r, c.dst);
}

/* 120 channels of 90 weights: 1,350 rows of 8 lanes for two cores of 566. */
static void a_layer_in_several_slots(void **state) {
    (void)state;
    if (plans_only()) skip();
    TtfsChip chip = any_chip(0);
    TtfsRng rng = ttfs_rng(9), *r = &rng;
    Case c = {0};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 90, .h = 1, .w = 1};
    chip.name = "any0";
    in.ticks = net_ticks(&chip, r);
    c.spike.input = add_pop(&c.spike, in);
    add_wide(&c.spike, &chip, r, 120);
    c.spike.readout = (TtfsPop){3};
    net_dense(&c.spike, &chip, r, TTFS_POP_READOUT);
    set_times(&c.spike, r);
    assert_true(place_case(&c, &chip, TTFS_SCHEDULE_AUTO));
    assert_true(streams(&c.plan) && is_parted(&c.plan));
    const uint16_t *x = inputs_of(&c, 9, SAMPLES);
    run_case(&c, x, 9, SAMPLES);
    damage_stream(&c, x);
    close_case(&c);
}

/* 12 channels of 900 weights: 900 rows a group, of cores of 566; the first of them stay in slot 0,
 * in which the next sample comes. */
static void neurons_in_several_slots(void **state) {
    (void)state;
    if (plans_only()) skip();
    TtfsChip chip = any_chip(0);
    TtfsRng rng = ttfs_rng(10), *r = &rng;
    Case c = {0};
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 100, .h = 3, .w = 3};
    chip.name = "any0";
    in.ticks = net_ticks(&chip, r);
    c.spike.input = add_pop(&c.spike, in);
    add_wide(&c.spike, &chip, r, 12);
    c.spike.readout = (TtfsPop){3};
    net_dense(&c.spike, &chip, r, TTFS_POP_READOUT);
    set_times(&c.spike, r);
    assert_true(place_case(&c, &chip, TTFS_SCHEDULE_OVERLAP));
    assert_true(streams(&c.plan) && keeps_sums(&c.plan));
    check_lift(&c);
    const uint16_t *x = inputs_of(&c, 10, SAMPLES);
    run_case(&c, x, 10, SAMPLES);
    close_case(&c);
}

int main(void) {
    setenv("TTFS_CACHE", "test_sim_cache", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_on_chips),
        cmocka_unit_test(a_layer_in_several_slots),
        cmocka_unit_test(neurons_in_several_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
