/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight grids of the model beside a plain search: random channels of one to three sources, whose
 * integers, ratios of grids and bounds (bits, ramps, the potential) are drawn so that some just fit
 * and some just do not. What is kept has the multiples and the error that the search finds; where
 * it finds none within half a quantum, nothing is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base.h"
#include "keep.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 6000, TERMS = 3, CHANNELS = 3, ROW = 4, PARTS = TERMS * CHANNELS };
static const double EXACT = 2e-7, MOST_POTENTIAL = 1 << 30;

/* A term: its integers in [channel][row], and what follows from those of one channel. */
typedef struct {
    int32_t q[CHANNELS][ROW];
    float w[CHANNELS * ROW], quantum[CHANNELS];
    bool off[CHANNELS]; /* a weight beside the grid */
} Source;

typedef struct {
    TtfsGridTask l;
    TtfsGridTerm term[TERMS];
    Source source[TERMS];
    uint32_t most_ramp;
    double s_out;
} Task;

/* What a plain look at one channel of a term finds. */
typedef struct {
    bool any, on, had;
    uint32_t bits, most;
    double unit, reach;
} Part;

static bool holds(uint32_t bits, int64_t q) {
    return q >= -((int64_t)1 << (bits - 1)) && q < (int64_t)1 << (bits - 1);
}

static Part part_of(const Task *t, uint32_t k, uint32_t channel) {
    const Source *s = &t->source[k];
    const TtfsGridTerm *term = &t->term[k];
    Part p = {.on = !s->off[channel], .had = term->quantum, .bits = 2};
    double sum = 0;
    uint32_t most = 1u << (t->l.bits - 1);
    for (uint32_t i = 0; i < ROW; i++) {
        int32_t q = s->q[channel][i];
        p.any = p.any || q != 0;
        sum += q < 0 ? -q : q;
        while (!holds(p.bits, q)) p.bits++;
        while (most > 0 && !holds(t->l.bits, (int64_t)most * q)) most--;
    }
    if (!p.any || !p.on) return p;
    p.most = most;
    p.unit = (double)s->quantum[channel] * term->in_scale;
    p.reach = sum * term->in_ticks;
    return p;
}

/* The parts of a channel; whether it has a grid as a whole. */
static bool parts_of(const Task *t, uint32_t channel, Part *p) {
    bool found = true, any = false;
    for (uint32_t k = 0; k < t->l.terms; k++) {
        p[k] = part_of(t, k, channel);
        found = found && (!p[k].any || (p[k].on && p[k].bits <= t->l.bits));
        any = any || p[k].any;
    }
    return found && any;
}

static double limit_of(const Task *t) {
    return ldexp(1, 1 - (int)(t->l.bits < 8 ? t->l.bits : 8));
}

/* The error of multiples, one a part, on a potential whose quantum is worth `unit`. */
static double error_of(const Part *p, uint32_t n, const uint32_t *m, double unit) {
    double error = 0, reach = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (!p[k].any) continue;
        if (m[k] < 1 || m[k] > p[k].most) return INFINITY;
        error = fmax(error, fabs(m[k] * unit / p[k].unit - 1));
        reach += (double)m[k] * p[k].reach;
    }
    return reach > MOST_POTENTIAL ? INFINITY : error;
}

/* The same for the multiples nearest to the parts' own units. */
static double nearest_error(const Part *p, uint32_t n, double unit, double potential) {
    uint32_t m[PARTS];
    for (uint32_t k = 0; k < n; k++)
        m[k] = p[k].any ? (uint32_t)fmin(rint(p[k].unit / unit), 1 << 20) : 1;
    return error_of(p, n, m, potential);
}

/* One part alone: each multiple with the ramp nearest to it, the first of the best. */
static double search_alone(const Task *t, const Part *p, uint32_t *multiple, uint32_t *ramp) {
    double best = INFINITY;
    for (uint32_t m = 1; m <= p->most && best > EXACT; m++) {
        double r = t->s_out / (p->unit / m);
        r = t->l.pow2 ? exp2(rint(log2(r))) : rint(r);
        if (r < 1 || r > t->most_ramp) continue;
        double error = error_of(p, 1, &m, t->s_out / r);
        if (!(error < best)) continue;
        best = error;
        *multiple = m;
        *ramp = (uint32_t)r;
    }
    return best;
}

/* Several: every ramp with which no multiple is beyond the bits before it is rounded. */
static double search_ramps(const Task *t, const Part *p) {
    double best = INFINITY, most = t->most_ramp;
    for (uint32_t k = 0; k < t->l.terms; k++)
        if (p[k].any) most = fmin(most, t->s_out * p[k].most / p[k].unit);
    for (uint32_t r = 1; r <= most; r += t->l.pow2 ? r : 1)
        best = fmin(best, nearest_error(p, t->l.terms, t->s_out / r, t->s_out / r));
    return best;
}

static double scale(TtfsRng *r) {
    return (double)(float)ldexp(0.5 + ttfs_rng_f64(r), (int)ttfs_rng_below(r, 4) - 6);
}

/* Weights of a term: integers that need up to one bit more than there are, or none at all. */
static void draw_source(TtfsRng *r, Task *t, uint32_t k) {
    Source *s = &t->source[k];
    TtfsGridTerm *term = &t->term[k];
    uint32_t bits = ttfs_rng_below(r, 20) ? 1 + ttfs_rng_below(r, t->l.bits) : t->l.bits + 1;
    bool each = ttfs_rng_below(r, 2), empty = ttfs_rng_below(r, 8) == 0;
    *term =
        (TtfsGridTerm){.weights = s->w, .rows = 1, .row = ROW, .group = 1, .quantum = s->quantum};
    term->quanta = each ? t->l.channels : 1;
    term->in_scale = scale(r);
    term->in_ticks = ttfs_rng_below(r, 4) ? 255 : 1 + ttfs_rng_below(r, 1u << 28);
    s->quantum[0] = (float)scale(r);
    for (uint32_t c = 0; c < t->l.channels; c++) {
        if (c > 0) s->quantum[c] = each ? (float)scale(r) : s->quantum[0];
        s->off[c] = !empty && ttfs_rng_below(r, 30) == 0;
        for (uint32_t i = 0; i < ROW; i++) {
            int32_t half = 1 << (bits - 1),
                    q = (int32_t)ttfs_rng_below(r, 2 * (uint32_t)half) - half;
            if (ttfs_rng_below(r, 6) == 0) q = ttfs_rng_below(r, 2) ? half - 1 : -half;
            s->q[c][i] = empty ? 0 : q;
            s->w[c * ROW + i] = (float)s->q[c][i] * s->quantum[c];
        }
        if (s->off[c]) s->q[c][0] = 1, s->w[c * ROW] = 1.3f * s->quantum[c];
    }
}

/* A window whose scale is a whole ratio to a part, often one that the bounds just allow. */
static double draw_window(TtfsRng *r, const Task *t, const Part *p) {
    if (!p->any || !p->most || ttfs_rng_below(r, 3) == 0) return scale(r);
    uint32_t ramp = ttfs_rng_below(r, 2) ? t->most_ramp : 1 + ttfs_rng_below(r, t->most_ramp);
    uint32_t m = ttfs_rng_below(r, 2) ? p->most : 1 + ttfs_rng_below(r, p->most);
    double off = ttfs_rng_below(r, 3) ? 0 : 3e-7 * ttfs_rng_f64(r); /* around what is good enough */
    return p->unit * ramp / m * (1 + off);
}

static void draw(TtfsRng *r, Task *t, uint32_t channels) {
    Part p[TERMS];
    memset(t, 0, sizeof *t);
    t->l.term = t->term;
    t->l.channels = channels;
    t->l.terms = 1 + ttfs_rng_below(r, TERMS);
    t->l.bits = 2 + ttfs_rng_below(r, ttfs_rng_below(r, 4) ? 6 : 12);
    t->most_ramp = 1 + ttfs_rng_below(r, ttfs_rng_below(r, 2) ? 8 : 300);
    for (uint32_t k = 0; k < t->l.terms; k++) draw_source(r, t, k);
    for (uint32_t k = 1; k < t->l.terms; k++) /* grids that go together are rare by chance */
        if (channels == 1 && ttfs_rng_below(r, 2))
            t->term[k].in_scale = t->term[0].in_scale * (double)t->source[0].quantum[0] /
                                  (double)t->source[k].quantum[0] * (1 + ttfs_rng_below(r, 3));
    parts_of(t, 0, p);
    t->s_out = draw_window(r, t, &p[ttfs_rng_below(r, t->l.terms)]);
}

/* What every kept channel says of itself. */
static void check_kept(const Task *t, uint32_t channel, const Part *p, const TtfsKept *k,
                       double unit) {
    int16_t w[TERMS][CHANNELS * ROW], *to[TERMS] = {w[0], w[1], w[2]};
    uint32_t sources = 0, only = 0, last = 0;
    double error = error_of(p, t->l.terms, k->multiple, unit);
    assert_true(fabs(error - k->error) <= 1e-12 && error <= limit_of(t));
    for (uint32_t i = 0; i < t->l.terms; i++)
        if (p[i].any) sources++, only = i, last = k->multiple[i];
    assert_true(k->base == (sources == 1 ? p[only].unit : 0));
    if (sources == 1) assert_true(k->times == last);
    ttfs_keep_write(&t->l, channel, k, to);
    for (uint32_t i = 0; i < t->l.terms; i++)
        for (uint32_t j = 0; j < ROW; j++)
            assert_int_equal(w[i][channel * ROW + j],
                             (int32_t)k->multiple[i] * t->source[i].q[channel][j]);
}

static void check_facts(const Task *t, const Part *p, const TtfsKept *k) {
    uint32_t bits = 0;
    bool had = false;
    for (uint32_t i = 0; i < t->l.terms; i++) {
        if (!p[i].any || !p[i].on) continue;
        had = true;
        if (p[i].bits > bits) bits = p[i].bits;
    }
    assert_int_equal(k->had_grid, had);
    assert_int_equal(k->bits, bits);
}

static void relus(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    uint32_t kept = 0, left = 0, several = 0, powers = 0;
    for (int round = 0; round < ROUNDS; round++) {
        Task t;
        Part p[TERMS];
        uint32_t multiple[TERMS], m = 0, ramp = 0;
        draw(&r, &t, 1);
        t.l.pow2 = round % 4 == 3;
        TtfsKept k = {.multiple = multiple};
        ttfs_keep_relu(&t.l, 0, t.s_out, t.most_ramp, &k);
        double best = INFINITY;
        if (parts_of(&t, 0, p))
            best = t.l.terms == 1 ? search_alone(&t, p, &m, &ramp) : search_ramps(&t, p);
        check_facts(&t, p, &k);
        if (best <= limit_of(&t) && !k.kept) fail_msg("round %d: %g is possible", round, best);
        if (t.l.terms == 1) assert_int_equal(k.kept, best <= limit_of(&t));
        k.kept ? kept++ : left++;
        if (!k.kept) continue;
        several += t.l.terms > 1;
        powers += t.l.pow2;
        assert_true(!t.l.pow2 || (k.ramp & (k.ramp - 1)) == 0);
        check_kept(&t, 0, p, &k, t.s_out / k.ramp);
        assert_true(k.ramp >= 1 && k.ramp <= t.most_ramp);
        if (t.l.terms > 1 && k.error > fmax(best, EXACT) + 1e-12)
            fail_msg("round %d: error %g, %g is possible", round, k.error, best);
        if (t.l.terms > 1) continue;
        assert_int_equal(k.multiple[0], m);
        assert_int_equal(k.ramp, ramp);
    }
    assert_true(kept > ROUNDS / 5 && left > ROUNDS / 5 && several > ROUNDS / 20);
    assert_true(powers > ROUNDS / 40);
}

/* The unit of all channels: each multiple of the part that leaves the fewest, the first of the
 * best. */
static double search_readout(const Part *p, uint32_t n, double *unit) {
    double best = INFINITY;
    const Part *tight = NULL;
    for (uint32_t k = 0; k < n; k++)
        if (p[k].any && (!tight || p[k].unit / p[k].most > tight->unit / tight->most))
            tight = &p[k];
    for (uint32_t m = 1; tight && m <= tight->most && best > EXACT; m++) {
        double u = tight->unit / m, error = 0;
        for (uint32_t k = 0; k < n; k++) error = fmax(error, nearest_error(p + k, 1, u, u));
        if (!(error < best)) continue;
        best = error;
        *unit = u;
    }
    return best;
}

static void readouts(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(2);
    uint32_t kept = 0, left = 0;
    for (int round = 0; round < ROUNDS; round++) {
        Task t;
        Part p[PARTS];
        uint32_t multiple[CHANNELS][TERMS];
        TtfsKept k[CHANNELS];
        bool ok = true, any = false;
        draw(&r, &t, 1 + ttfs_rng_below(&r, CHANNELS));
        for (uint32_t i = 0; i < t.l.terms; i++) { /* potentials have room, ratios are whole */
            t.term[i].in_ticks = 255;
            for (uint32_t c = 0; c < t.l.channels; c++) t.source[i].quantum[c] = 0.125f;
            t.term[i].in_scale = ldexp(1, (int)ttfs_rng_below(&r, 3));
            for (uint32_t c = 0; c < t.l.channels * ROW; c++)
                if (!t.source[i].off[c / ROW])
                    t.source[i].w[c] = 0.125f * (float)t.source[i].q[c / ROW][c % ROW];
                else
                    t.source[i].w[c] = 0.1625f;
        }
        if (t.l.channels == 1 && ttfs_rng_below(&r, 2)) t.term[0].in_scale *= 1.01;
        for (uint32_t c = 0; c < t.l.channels; c++) {
            Part *own = p + c * t.l.terms;
            bool found = parts_of(&t, c, own), empty = true;
            for (uint32_t i = 0; i < t.l.terms; i++) empty = empty && !own[i].any;
            ok = ok && (found || empty);
            any = any || found;
            k[c] = (TtfsKept){.multiple = multiple[c]};
        }
        double want = 0, unit = ttfs_keep_readout(&t.l, k);
        double best = ok && any ? search_readout(p, t.l.channels * t.l.terms, &want) : INFINITY;
        bool keeps = best <= limit_of(&t);
        assert_int_equal(unit > 0, keeps);
        keeps ? kept++ : left++;
        for (uint32_t c = 0; c < t.l.channels; c++) {
            check_facts(&t, p + c * t.l.terms, &k[c]);
            assert_int_equal(k[c].kept, keeps);
            if (!keeps) continue;
            assert_true(unit == want && k[c].error == best);
            k[c].error = error_of(p + c * t.l.terms, t.l.terms, multiple[c], unit);
            check_kept(&t, c, p + c * t.l.terms, &k[c], unit);
        }
    }
    assert_true(kept > ROUNDS / 5 && left > ROUNDS / 5);
}

/* A potential of 2^30 is the most; two sources share it. */
static void potentials(void **state) {
    (void)state;
    const float one[2] = {1, -1}, quantum = 1;
    uint32_t multiple[2];
    for (uint32_t terms = 1; terms <= 2; terms++)
        for (uint32_t more = 0; more < 2; more++) {
            TtfsGridTerm term[2];
            TtfsKept k = {.multiple = multiple};
            for (uint32_t i = 0; i < terms; i++)
                term[i] = (TtfsGridTerm){.weights = one,
                                         .rows = 1,
                                         .row = 2,
                                         .group = 1,
                                         .in_scale = 1,
                                         .in_ticks = (1u << 29) / terms,
                                         .quantum = &quantum,
                                         .quanta = 1};
            term[0].in_ticks += more;
            TtfsGridTask l = {.term = term, .terms = terms, .channels = 1, .bits = 2};
            ttfs_keep_relu(&l, 0, 1, 100, &k);
            assert_int_equal(k.kept, !more);
            assert_true((ttfs_keep_readout(&l, &k) == 1) == !more);
        }
}

/* Rows with a quantum each; weights of one size where the window is the model's. */
static void rows_and_sizes(void **state) {
    (void)state;
    const float w[4] = {0.5f, -0.5f, 0.5f, 0}, whole[4] = {1, -1, 1, 0}, same[2] = {0.25f, 0.25f},
                other[2] = {0.25f, 0.125f};
    const float two[4] = {0.5f, -0.5f, 0.25f, 0}, first[4] = {0.25f, 0.5f, 0.5f, 0.5f};
    uint32_t multiple;
    TtfsKept k = {.multiple = &multiple};
    TtfsGridTerm term = {
        .weights = w, .rows = 2, .row = 2, .group = 1, .in_scale = 1, .in_ticks = 15};
    TtfsGridTask l = {.term = &term, .terms = 1, .channels = 1, .bits = 8};
    term.quantum = same, term.quanta = 2;
    ttfs_keep_relu(&l, 0, 1, 100, &k);
    assert_true(k.kept && k.base == 0.25 && k.multiple[0] * 4 == k.ramp);
    term.quantum = other;
    ttfs_keep_relu(&l, 0, 1, 100, &k);
    assert_false(k.kept);
    term.quantum = NULL;
    for (int i = 0; i < 2; i++) { /* no grid, not even of whole numbers */
        term.weights = i ? w : whole;
        ttfs_keep_relu(&l, 0, 1, 100, &k);
        assert_false(k.kept);
    }
    l.fixed = true;
    ttfs_keep_relu(&l, 0, 1, 100, &k);
    assert_true(k.kept && !k.had_grid && k.base == 0.5);
    for (int i = 0; i < 2; i++) {
        term.weights = i ? first : two;
        ttfs_keep_relu(&l, 0, 1, 100, &k);
        assert_false(k.kept);
    }
}

/* An error of half a quantum of three bits, not more. */
static void just_within(void **state) {
    (void)state;
    const float three = 3, one = 1;
    for (int more = 0; more < 2; more++) {
        uint32_t multiple[2];
        TtfsKept k = {.multiple = multiple};
        TtfsGridTerm term[2] = {{.weights = &three,
                                 .rows = 1,
                                 .row = 1,
                                 .group = 1,
                                 .in_scale = 1,
                                 .in_ticks = 15,
                                 .quantum = &one,
                                 .quanta = 1}};
        term[1] = term[0];
        term[1].in_scale = more ? 0.79 : 0.8;
        TtfsGridTask l = {.term = term, .terms = 2, .channels = 1, .bits = 3};
        assert_true((ttfs_keep_readout(&l, &k) == 1) == !more);
        assert_true(k.kept == !more && (more || k.error == 0.25));
        l.terms = 1;
        ttfs_keep_relu(&l, 0, more ? 1.26 : 1.25, 1, &k);
        assert_true(k.kept == !more && (more || (k.error == 0.25 && k.ramp == 1)));
    }
}

static void biases(void **state) {
    (void)state;
    TtfsKept k = {.kept = true, .base = 0.25, .times = 3};
    assert_true(ttfs_keep_bias(&k, 1.75, 9) == 21);
    assert_true(ttfs_keep_bias(&k, 1.750001, 9) == 21);
    assert_true(ttfs_keep_bias(&k, 1.875, 9) == 22.5);
    k.base = 0;
    assert_true(ttfs_keep_bias(&k, 1.75, 0.5) == 3.5);
    k.base = 0.25, k.kept = false;
    assert_true(ttfs_keep_bias(&k, 1.75, 0.5) == 3.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relus),          cmocka_unit_test(readouts), cmocka_unit_test(potentials),
        cmocka_unit_test(rows_and_sizes), cmocka_unit_test(biases),   cmocka_unit_test(just_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
