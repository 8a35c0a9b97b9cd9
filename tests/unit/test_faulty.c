/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of a chip on the jit's populations against a model of each on the golden engine, which is
 * written here neuron by neuron in ticks, on random graphs: traces and potentials are the same. The
 * class that is read early against a golden engine whose last windows end early. Without a fault
 * all is as golden has it.
 */
#include "faulty.h"
#include "golden.h"
#include "jit.h"
#include "philox.h"
#include "random_spike.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NETS = 16, WEIGHT_NETS = 5, SAMPLES = 5 };

/* What is disturbed, and the sample in hand. */
typedef struct {
    const TtfsSpike *spike;
    const TtfsSpikeFaults *faults;
    const uint32_t *late;    /* NULL: nothing is read early */
    const uint64_t *first;   /* [populations] of their neurons in `tick` */
    uint16_t *tick[SAMPLES]; /* of a sample each, by the jit */
    uint32_t sample, visits;
} Case;

/* --- the model --- */

static double uniform(uint32_t seed, uint32_t what, uint32_t trial, uint32_t sample, uint32_t pop,
                      uint32_t neuron) {
    const uint32_t key[2] = {seed, what}, counter[4] = {trial, sample, pop, neuron};
    uint32_t word[4];
    ttfs_philox(counter, key, word);
    return word[0] / 4294967296.0;
}

static double normal(uint32_t seed, uint32_t what, uint32_t trial, uint32_t sample, uint32_t pop,
                     uint32_t neuron) {
    const uint32_t key[2] = {seed, what}, counter[4] = {trial, sample, pop, neuron};
    double z;
    ttfs_philox_normals(key, counter, 3, 1, &z);
    return z;
}

static void model(void *context, TtfsPop id, uint16_t *tick) {
    const Case *c = context;
    const TtfsSpikeFaults *f = c->faults;
    const TtfsPopulation *p = ttfs_spike_pop(c->spike, id);
    uint32_t pop = id.i - 1, n = ttfs_pop_size(p), s = c->sample;
    if (p->kind == TTFS_POP_POOL) return;
    for (uint32_t i = 0; i < n; i++) {
        if (tick[i] == TTFS_SILENT) continue;
        bool stuck = p->kind == TTFS_POP_RELU &&
                     uniform(f->seed, TTFS_DRAW_STUCK, f->trial, 0, pop, i) < f->stuck;
        bool lost = uniform(f->seed, TTFS_DRAW_DROP, f->trial, s, pop, i) < f->drop;
        double z = normal(f->seed, TTFS_DRAW_JITTER, f->trial, s, pop, i);
        double k = tick[i] + floor(f->jitter * z + 0.5), last = p->ticks - 1.0;
        tick[i] = stuck || lost ? TTFS_SILENT : (uint16_t)(k < 0 ? 0 : k > last ? last : k);
    }
}

/* --- the jit --- */

static bool visit(void *context, uint32_t member, uint64_t sample, uint32_t pop, uint16_t *x) {
    Case *c = context;
    const TtfsPopulation *p = &c->spike->pops.at[pop];
    bool changed = ttfs_faulty_spikes(c->spike, c->faults, (uint32_t)sample, pop, x);
    assert_int_equal(member, 0);
    c->visits++;
    for (uint32_t i = 0; i < ttfs_pop_size(p); i++) {
        c->tick[sample][c->first[pop] + i] = x[i] ? (uint16_t)(p->ticks - x[i]) : TTFS_SILENT;
        if (!c->late || !c->late[pop]) continue;
        x[i] = (uint16_t)(x[i] > c->late[pop] ? x[i] - c->late[pop] : 0);
        changed = true;
    }
    return changed;
}

/* Potentials of the readouts when the class is read at tick `at`: golden engines of each of their
 * connections alone, whose source is the input and has that many ticks. */
static void read_early(const TtfsSpike *s, const TtfsTrace *t, uint64_t at, int32_t *to) {
    const TtfsPopulation *out = ttfs_spike_pop(s, s->readout);
    for (uint32_t i = 0; i < out->c; i++) to[i] = ttfs_pop_bias(out, i);
    for (uint32_t k = 0; k < out->conn_count; k++) {
        TtfsSpike part = {.order = {0, 1, 2}};
        TtfsConnection c = s->conns.at[out->conn_first + k];
        TtfsPopulation src = *ttfs_spike_pop(s, c.src), dst = *out;
        const uint16_t *tick = ttfs_trace_ticks(t, c.src);
        int64_t ticks = (int64_t)at - src.start;
        if (ticks <= 0) continue;
        src.kind = TTFS_POP_INPUT;
        src.ticks = ticks < src.ticks ? (uint32_t)ticks : src.ticks;
        src.start = src.conn_count = src.bias_count = dst.conn_count = 0;
        src.bias = src.ramp = NULL;
        dst.bias = TTFS_ARRAY(&part.arena, int32_t, out->c);
        dst.bias_count = out->c;
        part.input = c.src = add_pop(&part, src);
        part.readout = c.dst = add_pop(&part, dst);
        c.shared = 0;
        add_conn(&part, c);
        uint16_t *x = TTFS_ARRAY(&part.arena, uint16_t, ttfs_pop_size(&src));
        for (uint32_t i = 0; i < ttfs_pop_size(&src); i++)
            x[i] = tick[i] < src.ticks ? (uint16_t)(src.ticks - tick[i]) : 0;
        TtfsTrace own;
        ttfs_trace_init(&own, &part, &part.arena);
        TtfsGolden *g = ttfs_golden_open(&part);
        ttfs_golden_run(g, x, &own);
        for (uint32_t i = 0; i < out->c; i++) to[i] += own.potential[i];
        ttfs_golden_close(g);
        ttfs_spike_free(&part);
    }
}

/* --- both --- */

static void real_input(const TtfsSpike *s, TtfsRng *r, float *values, uint16_t *x) {
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    for (uint32_t i = 0; i < ttfs_pop_size(in); i++) {
        double tick = ttfs_rng_below(r, 4) ? ttfs_rng_below(r, in->ticks + 1) : 0;
        values[i] = (float)(in->offset + in->scale * tick);
    }
    ttfs_spike_encode(s, values, x);
}

static void compare(const TtfsSpike *s, const TtfsSpikeFaults *f, double share, uint64_t seed) {
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsTrace want;
    TtfsRng r = ttfs_rng(seed);
    TtfsEarly early = ttfs_faulty_early(s, share, &a);
    if (early.reader) {
        ttfs_arena_free(&a);
        return;
    }
    uint32_t inputs = ttfs_pop_size(ttfs_spike_pop(s, s->input));
    ttfs_trace_init(&want, s, &a);
    float *values = TTFS_ARRAY(&a, float, (size_t)SAMPLES *inputs);
    uint16_t *x = TTFS_ARRAY(&a, uint16_t, (size_t)SAMPLES * inputs);
    int32_t *got = TTFS_ARRAY(&a, int32_t, (size_t)SAMPLES * want.readouts);
    int32_t *read = TTFS_ARRAY(&a, int32_t, want.readouts);
    Case c = {.spike = s, .faults = f, .late = early.late, .first = want.first};
    for (uint32_t i = 0; i < SAMPLES; i++) {
        c.tick[i] = TTFS_ARRAY(&a, uint16_t, want.neurons);
        real_input(s, &r, values + (size_t)i * inputs, x + (size_t)i * inputs);
    }
    TtfsJit *j = ttfs_jit_open(s, &(TtfsJitOptions){.threads = 1}, &d);
    TtfsGolden *g = ttfs_golden_open(s);
    assert_non_null(j);
    ttfs_jit_run_visited(j, SAMPLES, values, got, visit, &c);
    ttfs_golden_disturb(g, model, &c);
    for (c.sample = 0; c.sample < SAMPLES; c.sample++) {
        ttfs_golden_run(g, x + (size_t)c.sample * inputs, &want);
        read_early(s, &want, early.at, read);
        if (memcmp(want.tick, c.tick[c.sample], want.neurons * sizeof *want.tick) != 0)
            fail_msg("seed %llu sample %u: other spikes", (unsigned long long)seed, c.sample);
        if (memcmp(read, got + (size_t)c.sample * want.readouts, want.readouts * sizeof *got) != 0)
            fail_msg("seed %llu sample %u: other potentials", (unsigned long long)seed, c.sample);
        if (share == 1) assert_memory_equal(read, want.potential, want.readouts * sizeof *read);
    }
    assert_int_equal(c.visits, SAMPLES * (s->pops.len - 1));
    ttfs_golden_close(g);
    ttfs_jit_close(j);
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
}

static void test_spikes(void **state) {
    (void)state;
    static const TtfsSpikeFaults faults[] = {
        {0},         {.jitter = 2},  {.jitter = 90}, {.drop = 0.3},
        {.drop = 1}, {.stuck = 0.3}, {.stuck = 1},   {.jitter = 1, .drop = 0.1, .stuck = 0.1},
    };
    static const double shares[] = {1, 1, 0.5, 0, 0.7};
    for (uint64_t seed = 0; seed < NETS; seed++) {
        TtfsSpike s;
        TtfsSpikeFaults f = faults[seed % 8];
        random_spike(&s, seed);
        f.seed = (uint32_t)seed * 7;
        f.trial = (uint32_t)seed % 3;
        compare(&s, &f, shares[seed % 5], seed);
        ttfs_spike_free(&s);
    }
}

/* --- weights --- */

static int32_t model_weight(const TtfsConnection *c, uint32_t conn, const TtfsWeightFaults *f,
                            uint32_t i) {
    double top = pow(2, c->weight_bits - 1), most = 0, z = 0;
    for (uint64_t k = 0; k < c->weight_count; k++) most = fmax(most, abs(c->weights[k]));
    z = normal(f->seed, TTFS_DRAW_WEIGHT, f->trial, 0, conn, i);
    double w = c->weights[i] + f->noise * (f->added ? most : c->weights[i]) * z;
    int32_t v = (int32_t)fmin(fmax(floor(w + 0.5), -top), top - 1);
    int64_t sum = 0; /* of the bits, the highest of which counts below 0 */
    for (uint32_t b = 0; b < c->weight_bits; b++) {
        const uint32_t key[2] = {f->seed, TTFS_DRAW_FLIP};
        const uint32_t counter[4] = {f->trial, b / 4, conn, i};
        uint32_t word[4];
        ttfs_philox(counter, key, word);
        bool bit = ((uint32_t)v >> b & 1) != (word[b % 4] / 4294967296.0 < f->flip);
        sum += bit ? (b + 1 < c->weight_bits ? 1 : -1) * (int64_t)(1 << b) : 0;
    }
    return (int32_t)sum;
}

static void compare_weights(const TtfsSpike *s, const TtfsWeightFaults *f, uint64_t seed) {
    TtfsSpike got;
    TtfsDiag d = {0};
    assert_true(ttfs_faulty_weights(s, f, "net", &got, &d));
    for (uint32_t k = 0; k < s->conns.len; k++) {
        const TtfsConnection *c = &s->conns.at[k],
                             *own = c->shared ? &s->conns.at[c->shared - 1] : c;
        uint32_t from = (uint32_t)(own - s->conns.at);
        for (uint32_t i = 0; i < c->weight_count; i++)
            if (got.conns.at[k].weights[i] != model_weight(own, from, f, i))
                fail_msg("seed %llu connection %u weight %u is %d, not %d",
                         (unsigned long long)seed, k, i, got.conns.at[k].weights[i],
                         model_weight(own, from, f, i));
    }
    compare(&got, &(TtfsSpikeFaults){0}, 1, seed);
    ttfs_spike_free(&got);
    ttfs_diag_free(&d);
}

static void test_weights(void **state) {
    (void)state;
    static const TtfsWeightFaults faults[] = {
        {0}, {.flip = 0.1}, {.flip = 1}, {.noise = 0.5}, {.noise = 1, .added = true, .flip = 0.01}};
    for (uint64_t seed = 1000; seed < 1000 + WEIGHT_NETS; seed++) {
        TtfsSpike s;
        TtfsWeightFaults f = faults[seed % 5];
        random_spike(&s, seed);
        f.seed = (uint32_t)seed * 7;
        f.trial = (uint32_t)seed % 3;
        compare_weights(&s, &f, seed);
        ttfs_spike_free(&s);
    }
}

/* A flipped bit that takes a potential beyond int32 is refused with the layer. */
static void test_overflow(void **state) {
    (void)state;
    TtfsSpike s = {.order = {0, 1, 2}}, out;
    TtfsDiag d = {0};
    int16_t w[2] = {0, 0};
    int32_t bias = INT32_MIN + 100;
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 1, .w = 1, .ticks = 99});
    s.readout = add_pop(
        &s, (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 1, .h = 1, .w = 1, .bias = &bias});
    add_conn(&s, (TtfsConnection){.kind = TTFS_CONN_DENSE,
                                  .src = s.input,
                                  .dst = s.readout,
                                  .weight_bits = 8,
                                  .weights = w,
                                  .weight_count = 2});
    TtfsRng r = ttfs_rng(1);
    set_times(&s, &r);
    ttfs_spike_pop(&s, s.readout)->scale = 1;
    assert_true(ttfs_spike_check(&s, "net", &d));
    assert_true(ttfs_faulty_weights(&s, &(TtfsWeightFaults){0}, "net", &out, &d));
    ttfs_spike_free(&out);
    assert_false(ttfs_faulty_weights(&s, &(TtfsWeightFaults){.flip = 1}, "net", &out, &d));
    assert_int_equal(d.errors, 1);
    ttfs_diag_free(&d);
    ttfs_spike_free(&s);
}

/* What is read early must be read by nobody else. */
static void test_early(void **state) {
    (void)state;
    uint32_t refused = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        TtfsSpike s;
        TtfsArena a = {0};
        random_spike(&s, seed);
        TtfsEarly whole = ttfs_faulty_early(&s, 1, &a), none = ttfs_faulty_early(&s, 0, &a);
        assert_null(whole.reader);
        for (uint32_t i = 0; i < s.pops.len; i++) assert_int_equal(whole.late[i], 0);
        assert_true(none.at < whole.at);
        assert_true((none.reader != NULL) == (none.layer != NULL));
        refused += none.reader != NULL;
        ttfs_arena_free(&a);
        ttfs_spike_free(&s);
    }
    assert_in_range(refused, 1, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spikes), cmocka_unit_test(test_weights),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_early)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
