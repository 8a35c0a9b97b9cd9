/* SPDX-License-Identifier: Apache-2.0
 *
 * Closed forms against the search for crossings: the same noise, margins on both sides of 0, both
 * models, on random networks in every canonical form; the known answers of Philox, and what normal
 * deviates are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "closed.h"
#include "exact_case.h"
#include "philox.h"
#include "share.h"

enum { NETS = A_SHARE(1000) };
static const double BOUND = 1e-9;

/* The vectors of Random123 for philox4x32, ten rounds. */
static void philox_known(void **state) {
    (void)state;
    static const uint32_t counter[3][4] = {
        {0, 0, 0, 0},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
    };
    static const uint32_t key[3][2] = {{0, 0}, {0xffffffff, 0xffffffff}, {0xa4093822, 0x299f31d0}};
    static const uint32_t want[3][4] = {
        {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        ttfs_philox(counter[i], key[i], out);
        assert_memory_equal(out, want[i], sizeof out);
    }
}

static double by_libm(const uint32_t counter[4], const uint32_t key[2]) {
    uint32_t w[4];
    ttfs_philox(counter, key, w);
    double u = 1 - (double)(((uint64_t)w[0] << 32 | w[1]) >> 12) * 0x1p-52;
    double v = (double)(((uint64_t)w[2] << 32 | w[3]) >> 12) * 0x1p-52;
    return sqrt(-2 * log(u)) * cos(2 * acos(-1.0) * v);
}

/* Any word may count, any number may be asked for; moments and tails are those of a normal
 * deviate. */
static void normals(void **state) {
    (void)state;
    const uint32_t key[2] = {5, 7};
    double sum[5] = {0};
    uint32_t n = 0, beyond = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t word = i % 4, some = 1 + i % TTFS_NORMALS, counter[4] = {i, 3, 1, 2};
        double z[TTFS_NORMALS];
        ttfs_philox_normals(key, counter, word, some, z);
        for (uint32_t k = 0; k < some; k++, counter[word]++) {
            assert_true(fabs(z[k] - by_libm(counter, key)) < 1e-13);
            for (int p = 1; p < 5; p++) sum[p] += pow(z[k], p);
            beyond += fabs(z[k]) > 3;
            n++;
        }
    }
    double m = n;
    assert_true(fabs(sum[1] / m) < 0.01 && fabs(sum[2] / m - 1) < 0.02);
    assert_true(fabs(sum[3] / m) < 0.05 && fabs(sum[4] / m - 3) < 0.15);
    assert_true(fabs(beyond / m - 0.0027) < 0.0006);
}

static TtfsExactOptions options_of(uint64_t seed, TtfsExactModel model) {
    static const double margin[] = {0, -0.5, 0.5, -0.9}, noise[] = {0, 0.01, 0.3};
    return (TtfsExactOptions){.model = model,
                              .margin = margin[seed % 4],
                              .time_noise = noise[seed / 4 % 3],
                              .input_unit = seed / 12 % 2,
                              .slope_noise = noise[seed / 24 % 3],
                              .by_channel = seed / 72 % 2,
                              .seed = (uint32_t)seed,
                              .trial = (uint32_t)(seed % 5)};
}

typedef struct {
    double worst;
    uint64_t compared, odd, full, moved;
} Found;

/* False at the first neuron of model b of which one says that it fires and the other that its value
 * is 0: that is rounding, and all behind it differs. */
static bool compare_layer(const Case *c, const TtfsExact *e, const TtfsClosed *f, uint32_t l,
                          uint64_t seed, Found *found) {
    const double *got = ttfs_closed_values(f, l), *want = ttfs_exact_values(e, l);
    const double *plain = ttfs_reference_values(ttfs_exact_reference(e), l);
    const double *time = ttfs_exact_times(e, l);
    const TtfsClosedLayer *k = ttfs_closed_layer(f, l);
    for (uint32_t i = 0; i < ttfs_net_size(&c->net.layers.at[l]); i++) {
        double error = fabs(got[i] - want[i]) / fmax(1, fabs(want[i]));
        if (error > BOUND && time && (time[i] == INFINITY) != !(got[i] > k->least)) return false;
        if (!(error <= BOUND))
            fail_msg("seed %d layer %u neuron %u: %.17g, spikes %.17g", (int)seed, l, i, got[i],
                     want[i]);
        found->worst = fmax(found->worst, error);
        found->compared++;
        found->full += time && time[i] == 0;
        found->moved += fabs(want[i] - plain[i]) > 1e-6;
    }
    return true;
}

static void hold(TtfsExactModel model) {
    Found found = {0};
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        static Case c;
        if (!open_case(&c, seed)) continue;
        TtfsExactOptions o = options_of(seed, model);
        TtfsExact *e = ttfs_exact_open(&c.net, &c.tops, &o);
        TtfsClosed *f = ttfs_closed_open(e);
        for (uint64_t i = 0; i < SAMPLES; i++) {
            ttfs_exact_run(e, c.x[i], i);
            ttfs_closed_run(f, c.x[i], i);
            uint32_t l = 0;
            while (l < c.net.layers.len && compare_layer(&c, e, f, l, seed, &found)) l++;
            found.odd += l < c.net.layers.len;
        }
        ttfs_closed_close(f);
        ttfs_exact_close(e);
        close_case(&c);
    }
    print_message("model %c: largest difference %.3g, %d values, %d of full windows, %d moved; %d "
                  "runs part by rounding\n",
                  model == TTFS_EXACT_A ? 'a' : 'b', found.worst, (int)found.compared,
                  (int)found.full, (int)found.moved, (int)found.odd);
    assert_true(found.odd < NETS * SAMPLES / 50);
    assert_true(found.full > found.compared / 50 && found.moved > found.compared / 10);
}

static void model_a(void **state) {
    (void)state;
    hold(TTFS_EXACT_A);
}

static void model_b(void **state) {
    (void)state;
    hold(TTFS_EXACT_B);
}

/* --- a class that is read early --- */

typedef struct {
    double *end; /* [layers]: of their windows */
    bool *read;  /* by a readout */
    double last, longest;
} Ends;

static bool reads(const TtfsNet *net, uint32_t layer, uint32_t src) {
    const TtfsNetLayer *l = &net->layers.at[layer];
    for (uint32_t t = 0; t < l->terms; t++)
        if (net->terms.at[l->term_first + t].src == src) return true;
    return false;
}

/* A linear layer begins where the last of its sources ends, a pool where its source begins. */
static Ends ends_of(const TtfsNet *net, const TtfsExact *e, TtfsArena *a) {
    uint32_t n = net->layers.len;
    Ends x = {TTFS_ARRAY(a, double, n), TTFS_ARRAY(a, bool, n), 0, 0};
    double *start = TTFS_ARRAY(a, double, n);
    for (uint32_t i = 0; i < n; i++) {
        TtfsLayerKind kind = net->layers.at[i].kind;
        bool pool = kind == TTFS_LAYER_MAXPOOL || kind == TTFS_LAYER_MINPOOL;
        for (uint32_t s = 0; s < i; s++) {
            if (!reads(net, i, s)) continue;
            start[i] = fmax(start[i], pool ? start[s] : x.end[s]);
            x.read[s] |= kind == TTFS_LAYER_READOUT;
        }
        x.end[i] = start[i] + ttfs_exact_stat(e, i)->window;
    }
    for (uint32_t i = 0; i < n; i++)
        if (x.read[i]) x.last = fmax(x.last, x.end[i]);
    for (uint32_t i = 0; i < n; i++)
        if (x.read[i] && x.end[i] > x.last * (1 - BOUND))
            x.longest = fmax(x.longest, ttfs_exact_stat(e, i)->window);
    return x;
}

/* What is late of layer i, and the first that reads a late layer though it is no readout. */
static void compare_early(const Case *c, const TtfsExact *e, const TtfsClosedEarly *got, double at,
                          const Ends *x) {
    const TtfsNet *net = &c->net;
    TtfsClosed *f = ttfs_closed_open(e);
    uint32_t reader = 0;
    for (uint32_t i = 0; i < net->layers.len; i++) {
        const TtfsClosedLayer *k = ttfs_closed_layer(f, i);
        double late = x->end[i] - at, window = ttfs_exact_stat(e, i)->window;
        assert_true((got->late[i] != NULL) == (x->read[i] && late > BOUND * x->last));
        for (uint32_t o = 0; got->late[i] && o < k->c; o++)
            assert_true(fabs(got->late[i][o] * window / k->window[o] / late - 1) < 1e-6);
        for (uint32_t s = 0; s < i && net->layers.at[i].kind != TTFS_LAYER_READOUT; s++)
            if (!reader && reads(net, i, s) && got->late[s]) reader = i;
    }
    assert_int_equal(got->reader, reader);
    if (reader) assert_true(reads(net, reader, got->layer) && got->late[got->layer]);
    ttfs_closed_close(f);
}

static void early(void **state) {
    (void)state;
    static const double share[] = {0, 0.5, 1};
    uint32_t refused = 0, taken = 0;
    for (uint64_t seed = 1; seed <= NETS / 10; seed++) {
        static Case c;
        if (!open_case(&c, seed)) continue;
        TtfsArena a = {0};
        TtfsExactOptions o = options_of(seed, seed % 2 ? TTFS_EXACT_A : TTFS_EXACT_B);
        TtfsExact *e = ttfs_exact_open(&c.net, &c.tops, &o);
        Ends x = ends_of(&c.net, e, &a);
        for (int i = 0; i < 3; i++) {
            TtfsClosedEarly got = ttfs_closed_early(e, share[i], &a);
            double at = share[i] < 1 ? x.last - (1 - share[i]) * x.longest : ttfs_exact_latency(e);
            assert_true(fabs(got.at / at - 1) < BOUND || fabs(got.at - at) < BOUND * x.last);
            if (share[i] < 1) compare_early(&c, e, &got, at, &x);
            for (uint32_t l = 0; share[i] == 1 && l < c.net.layers.len; l++)
                assert_null(got.late[l]);
            refused += got.reader != 0;
            taken += share[i] < 1 && !got.reader;
        }
        ttfs_exact_close(e);
        ttfs_arena_free(&a);
        close_case(&c);
    }
    assert_true(refused > 0 && taken > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(philox_known), cmocka_unit_test(normals),
                                       cmocka_unit_test(model_a), cmocka_unit_test(model_b),
                                       cmocka_unit_test(early)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
