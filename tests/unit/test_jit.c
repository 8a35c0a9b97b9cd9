/* SPDX-License-Identifier: Apache-2.0
 *
 * The LLVM engine against the golden engine, spike for spike: random networks, small and odd or
 * wide and deep in ticks, on every family of instructions that this machine has, by either path,
 * for any number of samples and threads; integers and reals as input. The division exhaustively
 * where that is possible. Failures are diagnostics.
 */
#include "divide.h"
#include "golden.h"
#include "jit.h"
#include "object.h"
#include "share.h"
#include "target.h"

#include "wide_spike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SMALL_NETS = 1600, WIDE_NETS = 300, NARROW_NETS = 100, SAMPLES = 11, SHORT = 41, MANY = 7 };
/* With a sanitizer, or TTFS_TEST_FEW (tools/mutate.py). */
enum { FEW = 73, FEW_NARROW = 5, FEW_SHARED = 1 };

static uint64_t share =
    SHORT; /* one network in so many, coprime to what seeds are taken by; "many", 1: "all" */

/* Golden's answers for some samples. */
typedef struct {
    TtfsArena arena;
    uint32_t inputs, readouts;
    uint64_t neurons, spikes;
    float *values;
    uint16_t *x, *ticks;
    int32_t *potentials;
} Answers;

static void answer(Answers *a, const TtfsSpike *s, TtfsRng *r) {
    TtfsTrace t;
    TtfsGolden *g = ttfs_golden_open(s);
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    *a = (Answers){0};
    ttfs_trace_init(&t, s, &a->arena);
    a->inputs = ttfs_pop_size(in);
    a->readouts = t.readouts;
    a->neurons = t.neurons;
    a->values = TTFS_ARRAY(&a->arena, float, (size_t)SAMPLES * a->inputs);
    a->x = TTFS_ARRAY(&a->arena, uint16_t, (size_t)SAMPLES * a->inputs);
    a->ticks = TTFS_ARRAY(&a->arena, uint16_t, SAMPLES * a->neurons);
    a->potentials = TTFS_ARRAY(&a->arena, int32_t, (size_t)SAMPLES * a->readouts);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        float *v = a->values + (size_t)i * a->inputs;
        uint16_t *x = a->x + (size_t)i * a->inputs;
        random_input(s, r, x);
        for (uint32_t k = 0; k < a->inputs; k++) { /* on ticks, between them, at ties, outside */
            double part = ttfs_rng_below(r, 4) ? 0.25 * ttfs_rng_below(r, 4) : ttfs_rng_f64(r);
            double tick = (double)ttfs_rng_below(r, in->ticks + 3) - 1 + part;
            v[k] = (float)(in->offset + in->scale * tick);
        }
        if (i % 2) ttfs_spike_encode(s, v, x); /* odd samples are real */
        ttfs_golden_run(g, x, &t);
        memcpy(a->ticks + i * a->neurons, t.tick, a->neurons * sizeof *t.tick);
        memcpy(a->potentials + (size_t)i * a->readouts, t.potential,
               a->readouts * sizeof *t.potential);
        for (uint64_t k = 0; k < a->neurons; k++) a->spikes += t.tick[k] != TTFS_SILENT;
    }
    ttfs_golden_close(g);
}

static void compare(const Answers *a, uint64_t first, uint64_t n, const uint16_t *ticks,
                    const int32_t *potentials, uint64_t seed, const char *cpu) {
    for (uint64_t i = 0; i < n * a->neurons; i++)
        if (ticks[i] != a->ticks[first * a->neurons + i])
            fail_msg("seed %llu %s: sample %llu neuron %llu ticks %u, golden %u",
                     (unsigned long long)seed, cpu ? cpu : "host",
                     (unsigned long long)(first + i / a->neurons),
                     (unsigned long long)(i % a->neurons), ticks[i],
                     a->ticks[first * a->neurons + i]);
    for (uint64_t i = 0; i < n * a->readouts; i++)
        if (potentials[i] != a->potentials[first * a->readouts + i])
            fail_msg("seed %llu %s: sample %llu readout %llu potential %d, golden %d",
                     (unsigned long long)seed, cpu ? cpu : "host",
                     (unsigned long long)(first + i / a->readouts),
                     (unsigned long long)(i % a->readouts), potentials[i],
                     a->potentials[first * a->readouts + i]);
}

static void run_and_compare(TtfsJit *j, const Answers *a, uint64_t seed, const char *cpu) {
    TtfsArena arena = {0};
    uint16_t *ticks = TTFS_ARRAY(&arena, uint16_t, SAMPLES * a->neurons);
    int32_t *potentials = TTFS_ARRAY(&arena, int32_t, (size_t)SAMPLES * a->readouts);
    assert_int_equal(ttfs_jit_inputs(j), a->inputs);
    assert_int_equal(ttfs_jit_readouts(j), a->readouts);
    assert_int_equal(ttfs_jit_neurons(j), a->neurons);
    ttfs_jit_run(j, SAMPLES, a->x, potentials, ticks);
    compare(a, 0, SAMPLES, ticks, potentials, seed, cpu);
    memset(potentials, 0, (size_t)SAMPLES * a->readouts * sizeof *potentials);
    ttfs_jit_run(j, SAMPLES, a->x, potentials, NULL); /* pools in one with convolutions */
    compare(a, 0, SAMPLES, a->ticks, potentials, seed, cpu);
    for (uint64_t i = 1; i < SAMPLES; i += 2) { /* one by one, from reals */
        ttfs_jit_run_real(j, 1, a->values + i * a->inputs, potentials, ticks);
        compare(a, i, 1, ticks, potentials, seed, cpu);
        memset(potentials, 0, a->readouts * sizeof *potentials);
        ttfs_jit_run(j, 1, a->x + i * a->inputs, potentials, NULL);
        compare(a, i, 1, a->ticks + i * a->neurons, potentials, seed, cpu);
    }
    ttfs_arena_free(&arena);
}

/* The families of instructions that this machine can run. */
static uint32_t processors(const char *cpu[5]) {
    static const char *const all[] = {"x86-64", "x86-64-v3", "alderlake", "x86-64-v4"};
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsTarget t;
    uint32_t n = 0;
    cpu[n++] = NULL;
    for (uint32_t i = 0; i < 4; i++)
        if (ttfs_target_host(&t, all[i], &a, &d)) cpu[n++] = all[i];
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
    return n;
}

/* How many layers took the kernels that not all can take. */
enum { KERNEL_ALL, KERNEL_EVENTS, KERNEL_POOL, KERNEL_NARROW, KERNELS };
static uint32_t kernels[KERNELS];

static void one_network(const TtfsSpike *s, uint64_t seed, uint64_t *spikes) {
    const char *cpu[5];
    TtfsRng r = ttfs_rng(seed ^ 0x5eed);
    TtfsDiag d = {0};
    Answers a;
    uint32_t cpus = processors(cpu);
    if (!ttfs_spike_check(s, "random", &d)) fail_msg("seed %llu", (unsigned long long)seed);
    TtfsJitOptions o = {.threads = 1 + (uint32_t)(seed % 3),
                        .cpu = seed % 2 ? NULL : cpu[seed / 2 % cpus],
                        .path = (TtfsJitPath)(seed % 5 % 3)};
    answer(&a, s, &r);
    TtfsJit *j = ttfs_jit_open(s, &o, &d);
    if (!j) fail_msg("seed %llu: %s", (unsigned long long)seed, d.messages.at[0].what);
    run_and_compare(j, &a, seed, o.cpu);
    for (uint32_t i = 0; i < ttfs_jit_layers(j); i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(j, i);
        kernels[KERNEL_EVENTS] += l->events;
        kernels[KERNEL_POOL] += strstr(l->kernel, "pool") != NULL;
        kernels[KERNEL_NARROW] += strncmp(l->kernel, "32 pixels", 9) == 0;
        kernels[KERNEL_ALL]++;
    }
    *spikes += a.spikes;
    ttfs_jit_close(j);
    ttfs_diag_free(&d);
    ttfs_arena_free(&a.arena);
}

/* Every ramp becomes the power of two below it. */
static void round_ramps(TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++)
        for (uint32_t c = 0; s->pops.at[i].ramp && c < s->pops.at[i].c; c++)
            while (s->pops.at[i].ramp[c] & (s->pops.at[i].ramp[c] - 1))
                s->pops.at[i].ramp[c] &= s->pops.at[i].ramp[c] - 1;
}

static void small_networks(void **state) {
    uint64_t spikes = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SMALL_NETS; seed += share) {
        TtfsSpike s;
        random_spike(&s, seed);
        if (seed / share % 3 == 0) round_ramps(&s);
        one_network(&s, seed, &spikes);
        ttfs_spike_free(&s);
    }
    print_message("%d networks, %llu spikes\n", (int)(SMALL_NETS / share),
                  (unsigned long long)spikes);
    assert_true(spikes > 100000 / share);
}

static void wide_networks(void **state) {
    uint64_t spikes = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= WIDE_NETS; seed += share) {
        TtfsSpike s;
        wide_spike(&s, seed);
        if (seed / share % 3 == 0) round_ramps(&s);
        one_network(&s, seed, &spikes);
        ttfs_spike_free(&s);
    }
    print_message("%d networks, %llu spikes\n", (int)(WIDE_NETS / share),
                  (unsigned long long)spikes);
    print_message("%u layers: %u by events, %u with their pool, %u with pixels in the lanes\n",
                  kernels[KERNEL_ALL], kernels[KERNEL_EVENTS], kernels[KERNEL_POOL],
                  kernels[KERNEL_NARROW]);
    assert_true(spikes > 500000 / share);
    assert_true(kernels[KERNEL_EVENTS] > 50 / share && kernels[KERNEL_POOL] > 50 / share);
}

static void narrow_networks(void **state) {
    TtfsArena arena = {0};
    TtfsDiag d = {0};
    TtfsTarget t;
    uint64_t spikes = 0;
    (void)state;
    uint64_t step = share == FEW ? FEW_NARROW : 1;
    for (uint64_t seed = 1; seed <= NARROW_NETS; seed += step) {
        TtfsSpike s;
        narrow_spike(&s, seed);
        if (seed / share % 3 == 0) round_ramps(&s);
        one_network(&s, seed, &spikes);
        ttfs_spike_free(&s);
    }
    if (!ttfs_target_host(&t, NULL, &arena, &d)) fail();
    print_message("%u layers with pixels in the lanes\n", kernels[KERNEL_NARROW]);
    assert_true(!t.permutes_bytes || kernels[KERNEL_NARROW] > 4 / step);
    ttfs_arena_free(&arena);
}

/* Sums of a map, of several channels, rows and columns. */
static void maps_of_sums(void **state) {
    uint64_t spikes = 0;
    uint32_t maps = 0;
    (void)state;
    for (uint64_t seed = 1; maps < 4; seed++) {
        TtfsSpike s;
        random_spike(&s, seed);
        TtfsPopulation *p = ttfs_spike_pop(&s, s.readout);
        if (p->c % 2 == 0 && p->c > 2) { /* 2 x 2, or 2 x 3 in two channels or one */
            p->h = 2, p->w = p->c == 4 || maps % 2 ? 1 : 3;
            p->c /= p->h * p->w;
            one_network(&s, seed, &spikes);
            maps++;
        }
        ttfs_spike_free(&s);
    }
    assert_true(spikes > 0);
}

static size_t most_shared = SIZE_MAX; /* networks */

/* Layers large enough that the threads share one sample's work (run.c), by rows and by outputs,
 * with the pool in one and apart, by events and dense. */
static void shared_layers(void **state) {
    static const uint64_t seeds[] = {1, 2, 5, 7, 8, 10};
    uint64_t spikes = 0;
    (void)state;
    size_t i = 0;
    for (; i < sizeof seeds / sizeof *seeds && i < most_shared; i++) {
        TtfsSpike s;
        large_spike(&s, seeds[i]);
        assert_true(ttfs_spike_synapses(&s) > 8000000); /* three layers of 2 million and more */
        one_network(&s, seeds[i], &spikes);
        ttfs_spike_free(&s);
    }
    assert_true(spikes > 1600 * i);
}

/* The multiplier's quotient against the division, as the kernels compute it. */
static uint32_t quotient(uint32_t u, uint32_t multiplier, uint32_t bits) {
    return (uint32_t)(((uint64_t)u * multiplier) >> bits);
}

static void division_small(void **state) {
    (void)state;
    uint64_t wrong = 0, proven = 0;
    for (uint32_t r = 1; r <= 300; r++)
        for (uint32_t bits = 31; bits <= 44; bits++) {
            uint32_t m = 0, most = 70000;
            bool exact = ttfs_divide_exact(r, most, bits, &m);
            if (!exact) continue;
            proven++;
            for (uint32_t u = 0; u <= most; u++) wrong += quotient(u, m, bits) != u / r;
        }
    assert_int_equal(wrong, 0);
    assert_true(proven > 1000);
}

/* Where a quotient changes, for every ramp of up to 16 bits and some larger ones, over all of 31
 * bits. */
static void division_at_edges(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(9);
    for (uint32_t i = 1; i < 70000; i++) {
        uint32_t r = i < 65536 ? i : 1 + (uint32_t)(ttfs_rng_u64(&rng) >> 33), m = 0;
        uint32_t bits = ttfs_divide_bits(r);
        assert_true(ttfs_divide_exact(r, INT32_MAX, bits, &m));
        for (uint32_t k = 0; k < 40; k++) {
            uint32_t q = k < 4 ? k : (uint32_t)(ttfs_rng_u64(&rng) % (INT32_MAX / r + 1u));
            uint64_t edge = k == 4 ? INT32_MAX : (uint64_t)q * r;
            for (uint64_t u = edge ? edge - 1 : 0; u <= edge + 1 && u <= INT32_MAX; u++)
                assert_int_equal(quotient((uint32_t)u, m, bits), (uint32_t)u / r);
        }
    }
}

/* What is claimed inexact is: beyond `most` a quotient is wrong. */
static void division_refuses(void **state) {
    uint32_t m = 0;
    (void)state;
    assert_false(ttfs_divide_exact(7, INT32_MAX, 32, &m));
    bool wrong = false;
    for (uint64_t u = 0; u <= INT32_MAX && !wrong; u += 7)
        wrong = u && quotient((uint32_t)u - 1, m, 32) != (u - 1) / 7;
    assert_true(wrong);
    assert_false(ttfs_divide_exact(1, 10, 32, &m)); /* 2^32 does not fit */
}

static void failures(void **state) {
    TtfsSpike s;
    TtfsDiag d = {0};
    (void)state;
    random_spike(&s, 1);
    assert_null(ttfs_jit_open(&s, &(TtfsJitOptions){.cpu = "no-such-processor"}, &d));
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.messages.at[0].code, TTFS_JIT_COMPILE);
    assert_non_null(strstr(d.messages.at[0].advice, "x86-64"));
    ttfs_diag_free(&d);
    ttfs_spike_free(&s);
}

/* True when code for vectors that the processor lacks, which is fatal to LLVM, comes back as an
 * error. */
static bool fatal_error_returns(void) {
    TtfsArena a = {0};
    TtfsSpike s;
    TtfsDiag d = {0};
    TtfsTarget t;
    TtfsProgram p;
    TtfsBuf out = {0};
    bool all = ttfs_target_triple(&t, "x86_64-linux-gnu", "icelake-server", &a, &d);
    t.cpu = "x86-64";
    wide_spike(&s, 1);
    ttfs_program_of(&p, &s, &t, 0, false, &a);
    for (uint32_t i = 0; i < p.routines.len; i++)
        if (p.routines.at[i].kind == TTFS_ROUTINE_LINEAR)
            all = ttfs_object_of_routine(&p, i, NULL, &out, &d) && all;
    uint32_t errors = d.errors;
    bool again =
        ttfs_object_of_routine(&p, p.routines.len - 1, NULL, &out, &d); /* refused from now on */
    return !all && d.messages.at[0].code == TTFS_JIT_COMPILE &&
           strstr(d.messages.at[0].what, "fatal") && !again && d.errors == errors + 1 &&
           strstr(d.messages.at[d.messages.len - 1].what, "failed before");
}

/* In a process of its own: what LLVM held is lost, which leak checkers would report. */
static void fatal_errors_return(void **state) {
    int status = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0) _exit(fatal_error_returns() ? 42 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

/* Two instances of one graph with one damaged weight are found to differ. */
static void a_damaged_weight_shows(void **state) {
    TtfsSpike s;
    TtfsDiag d = {0};
    TtfsRng r = ttfs_rng(3);
    Answers a;
    (void)state;
    random_spike(&s, 3);
    answer(&a, &s, &r);
    TtfsConnection *last = &s.conns.at[ttfs_spike_pop(&s, s.readout)->conn_first];
    for (uint64_t i = 0; i < last->weight_count; i++) ((int16_t *)(uintptr_t)last->weights)[i] ^= 1;
    TtfsJit *j = ttfs_jit_open(&s, NULL, &d);
    int32_t *potentials = TTFS_ARRAY(&a.arena, int32_t, (size_t)SAMPLES * a.readouts);
    ttfs_jit_run(j, SAMPLES, a.x, potentials, NULL);
    assert_memory_not_equal(potentials, a.potentials, SAMPLES * a.readouts * sizeof *potentials);
    ttfs_jit_close(j);
    ttfs_arena_free(&a.arena);
    ttfs_spike_free(&s);
}

/* How many of the random networks `mode` asks for; false when it does not ask for networks alone.
 */
static bool networks_alone(const char *mode) {
    share = strcmp(mode, "many") == 0 ? MANY : strcmp(mode, "all") == 0 ? 1 : SHORT;
    return share != SHORT;
}

/* ---- processors that this machine is not ---------------------------------------------------- */

static const char *other; /* whose kernels are made, of instructions that this machine has */

bool __real_ttfs_target_host(TtfsTarget *t, const char *cpu, TtfsArena *a, TtfsDiag *diag);
bool __wrap_ttfs_target_host(TtfsTarget *t, const char *cpu, TtfsArena *a, TtfsDiag *diag);
bool __wrap_ttfs_target_host(TtfsTarget *t, const char *cpu, TtfsArena *a, TtfsDiag *diag) {
    TtfsTarget there, here;
    if (!other) return __real_ttfs_target_host(t, cpu, a, diag);
    if (!__real_ttfs_target_host(&here, cpu, a, diag) ||
        !ttfs_target_triple(&there, "x86_64-linux-gnu", other, a, diag))
        return false;
    *t = there;
    t->triple = here.triple, t->cpu = here.cpu, t->features = here.features, t->abi = here.abi;
    return true;
}

/* Integer k of `bits` in every word. */
static Value integer_of(const Code *c, Value words, uint32_t k, uint32_t bits, bool is_signed) {
    uint32_t lanes = LLVMGetVectorSize(LLVMTypeOf(words));
    Value up = ttfs_code_const(c->i32, lanes, 32 - bits * (k + 1));
    Value down = ttfs_code_const(c->i32, lanes, 32 - bits);
    words = LLVMBuildShl(c->at, words, up, "");
    return is_signed ? LLVMBuildAShr(c->at, words, down, "")
                     : LLVMBuildLShr(c->at, words, down, "");
}

/* acc + the products of the integers in words. */
static Value emulated_dot(const Code *c, Value acc, Value a, Value b, uint32_t bits) {
    LLVMTypeRef words = LLVMTypeOf(acc);
    a = LLVMBuildBitCast(c->at, a, words, "");
    b = LLVMBuildBitCast(c->at, b, words, "");
    for (uint32_t k = 0; k < 32 / bits; k++) {
        Value x = integer_of(c, a, k, bits, bits > 8), y = integer_of(c, b, k, bits, true);
        acc = LLVMBuildAdd(c->at, acc, LLVMBuildMul(c->at, x, y, ""), "");
    }
    return acc;
}

/* The words whose bit is set, one behind the other. */
static Value emulated_compress(const Code *c, Value words, Value mask) {
    Value to = ttfs_code_variable(c, LLVMTypeOf(words), LLVMConstNull(LLVMTypeOf(words)));
    Value at = ttfs_code_i64(c, 0);
    for (uint32_t i = 0; i < 16; i++) {
        Value lane = LLVMConstInt(c->i32, i, 0);
        Value place = ttfs_code_plus_value(c, to, ttfs_code_times(c, at, sizeof(uint32_t)));
        ttfs_code_store(c, LLVMBuildExtractElement(c->at, words, lane, ""), place);
        Value set = LLVMBuildExtractElement(c->at, mask, lane, "");
        at = LLVMBuildAdd(c->at, at, LLVMBuildZExt(c->at, set, c->i64, ""), "");
    }
    return ttfs_code_load(c, LLVMTypeOf(words), to);
}

Value __real_ttfs_code_call(const Code *c, const char *name, LLVMTypeRef type, Value *arg,
                            uint32_t args);
Value __wrap_ttfs_code_call(const Code *c, const char *name, LLVMTypeRef type, Value *arg,
                            uint32_t args);
Value __wrap_ttfs_code_call(const Code *c, const char *name, LLVMTypeRef type, Value *arg,
                            uint32_t args) {
    if (other && strstr(name, "vpdpbusd")) return emulated_dot(c, arg[0], arg[1], arg[2], 8);
    if (other && strstr(name, "vpdpwssd")) return emulated_dot(c, arg[0], arg[1], arg[2], 16);
    if (other && strstr(name, "pmadd"))
        return emulated_dot(c, LLVMConstNull(type), arg[0], arg[1], 16);
    if (other && strstr(name, "compress")) return emulated_compress(c, arg[0], arg[2]);
    return __real_ttfs_code_call(c, name, type, arg, args);
}

/* A narrow layer of 24 pixels a row, whose pool fills half of the lanes; a layer that reads the
 * pads around it. */
static void narrow_beside_pads(TtfsSpike *s) {
    TtfsRng rng = ttfs_rng(4), *r = &rng;
    *s = (TtfsSpike){.order = {0, 1, 2}};
    s->input =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 1, .h = 4, .w = 24, .ticks = 255});
    large_conv(s, r, 4);
    TtfsConnection pool = {
        .kind = TTFS_CONN_POOL, .src = {2}, .kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}};
    pool.dst =
        add_pop(s, (TtfsPopulation){.kind = TTFS_POP_POOL, .c = 4, .h = 2, .w = 12, .ticks = 255});
    add_conn(s, pool);
    large_conv(s, r, 5);
    large_dense(s, r, TTFS_POP_READOUT, 3);
    for (uint32_t k = 0; k < s->conns.len; k++) { /* in bytes */
        TtfsConnection *c = &s->conns.at[k];
        for (uint64_t i = 0; i < c->weight_count; i++) ((int16_t *)(uintptr_t)c->weights)[i] %= 128;
        if (c->weights) c->weight_bits = 8;
    }
    s->readout = (TtfsPop){s->pops.len};
    set_times(s, r);
}

/* Every family's kernels, whatever this machine is: pixels in the lanes with a pool and without,
 * events, dots of bytes and of words. */
static void other_processors(void **state) {
    static const struct {
        const char *cpu;
        bool narrow;
        uint64_t seed;
    } of[] = {{"icelake-server", true, 11},
              {"skylake-avx512", false, 2},
              {"alderlake", false, 7},
              {"cascadelake", false, 10}};
    uint64_t spikes = 0;
    TtfsSpike s;
    (void)state;
    narrow_beside_pads(&s);
    other = of[0].cpu;
    one_network(&s, 0, &spikes);
    ttfs_spike_free(&s);
    for (uint32_t i = 0; i < sizeof of / sizeof *of; i++) {
        if (of[i].narrow)
            narrow_spike(&s, of[i].seed);
        else
            wide_spike(&s, of[i].seed);
        other = of[i].cpu;
        one_network(&s, of[i].seed, &spikes);
        other = NULL;
        ttfs_spike_free(&s);
    }
    print_message("%u layers: %u by events, %u with their pool, %u with pixels in the lanes\n",
                  kernels[KERNEL_ALL], kernels[KERNEL_EVENTS], kernels[KERNEL_POOL],
                  kernels[KERNEL_NARROW]);
    assert_true(spikes > 1000 && kernels[KERNEL_NARROW] == 3 && kernels[KERNEL_EVENTS] > 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(division_small),      cmocka_unit_test(division_at_edges),
        cmocka_unit_test(division_refuses),    cmocka_unit_test(failures),
        cmocka_unit_test(fatal_errors_return), cmocka_unit_test(a_damaged_weight_shows),
        cmocka_unit_test(maps_of_sums),        cmocka_unit_test(small_networks),
        cmocka_unit_test(wide_networks),       cmocka_unit_test(narrow_networks),
        cmocka_unit_test(shared_layers),
    };
    const struct CMUnitTest networks[] = {cmocka_unit_test(small_networks),
                                          cmocka_unit_test(wide_networks)};
    const struct CMUnitTest shared[] = {cmocka_unit_test(shared_layers)};
    const struct CMUnitTest others[] = {cmocka_unit_test(other_processors)};
    const char *mode = argc == 2 ? argv[1] : "";
    if (networks_alone(mode)) return cmocka_run_group_tests_name(mode, networks, NULL, NULL);
    if (strcmp(mode, "others") == 0)
        return cmocka_run_group_tests_name("others", others, NULL, NULL);
    if (strcmp(mode, "shared") == 0) { /* what threads do together, in one network */
        most_shared = 1;
        return cmocka_run_group_tests_name("shared", shared, NULL, NULL);
    }
    if (SANITIZED || getenv("TTFS_TEST_FEW")) share = FEW, most_shared = FEW_SHARED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
