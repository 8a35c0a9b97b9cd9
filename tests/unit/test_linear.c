/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear maps of ir_to_ir beside what affine.h says that they are: the weight from each element of
 * the input to each of the output, one by one. Random small maps of every kind with strides, pads,
 * groups, permutations and factors; weights are small integers, so that every sum is exact and
 * what is 0 must be 0. What a map is made into (cut, widened, composed, as a matrix) is held
 * against the same of those weights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "affine.h"
#include "base.h"

enum { ROUNDS = 3000, GARBAGE = 0x55 };

/* ---- random maps ------------------------------------------------------------------------- */

static uint32_t below(TtfsRng *r, uint32_t n) {
    return (uint32_t)ttfs_rng_below(r, n);
}

static double *numbers(TtfsArena *a, TtfsRng *r, uint64_t n) {
    double *v = TTFS_ARRAY(a, double, n);
    for (uint64_t i = 0; i < n; i++) v[i] = (int)below(r, 5) - 2;
    return v;
}

static TtfsField field(TtfsArena *a, TtfsRng *r, TtfsMap m, uint32_t forms) {
    uint64_t n = (uint64_t[]){0, 1, m.c, ttfs_map_count(m)}[below(r, forms)];
    return (TtfsField){n, n ? numbers(a, r, n) : NULL};
}

static void axis(TtfsRng *r, int i, uint32_t in, TtfsPatch *w, uint32_t *out) {
    do {
        w->kernel[i] = 1 + below(r, 3), w->stride[i] = 1 + below(r, 2);
        w->dilation[i] = 1 + below(r, 2);
        w->pad[i] = below(r, 2), w->pad[i + 2] = below(r, 2);
    } while (in + w->pad[i] + w->pad[i + 2] < (w->kernel[i] - 1) * w->dilation[i] + 1);
    uint32_t span = (w->kernel[i] - 1) * w->dilation[i] + 1;
    *out = (in + w->pad[i] + w->pad[i + 2] - span) / w->stride[i] + 1;
}

static void weights(TtfsArena *a, TtfsRng *r, TtfsLinear *l) {
    uint64_t rows = ttfs_linear_rows(l), cols = ttfs_linear_cols(l);
    l->d = numbers(a, r, rows * cols);
    l->rs = below(r, 2) ? cols : 1, l->cs = l->rs == 1 ? rows : 1;
    if (below(r, 2)) {
        float *f = TTFS_ARRAY(a, float, rows *cols);
        for (uint64_t i = 0; i < rows * cols; i++) f[i] = (float)l->d[i];
        l->f = f, l->d = NULL;
    }
    if (below(r, 3) == 0) l->row = numbers(a, r, rows);
    if (below(r, 3) == 0)
        l->col = numbers(a, r, l->kind == TTFS_KERNEL ? l->in.c : ttfs_map_count(l->in));
    if (below(r, 3)) return;
    uint32_t *perm = TTFS_ARRAY(a, uint32_t, cols);
    for (uint32_t j = 0; j < cols; j++) {
        uint32_t k = below(r, j + 1);
        perm[j] = perm[k], perm[k] = j;
    }
    l->perm = perm;
}

static TtfsMap some_map(TtfsRng *r) {
    return (TtfsMap){2 * (1 + below(r, 2)), 1 + below(r, 4), 1 + below(r, 4)};
}

static TtfsLinear some_linear(TtfsArena *a, TtfsRng *r, TtfsMap in) {
    TtfsLinear l = {.kind = (TtfsLinearKind)below(r, 3), .in = in, .out = in};
    if (l.kind == TTFS_SCALE) {
        l.k = field(a, r, in, 4);
        return l;
    }
    if (l.kind == TTFS_MATRIX) l.out = some_map(r);
    if (l.kind == TTFS_KERNEL) {
        l.patch.group = 1 + below(r, 2);
        l.out.c = 2 * (1 + below(r, 2));
        axis(r, 0, in.h, &l.patch, &l.out.h);
        axis(r, 1, in.w, &l.patch, &l.out.w);
    }
    weights(a, r, &l);
    return l;
}

/* ---- what they are ----------------------------------------------------------------------- */

typedef struct {
    uint64_t outs, ins;
    const double *v; /* [out][in] */
} Dense;

static double number_of(const TtfsField *f, TtfsMap m, uint64_t e) {
    return f->n == 0 ? 1 : f->v[f->n == 1 ? 0 : f->n == m.c ? e / ((uint64_t)m.h * m.w) : e];
}

static double weight(const TtfsLinear *l, uint64_t r, uint64_t j, uint64_t of_col) {
    uint64_t at = r * l->rs + (l->perm ? l->perm[j] : j) * l->cs;
    double w = l->f ? (double)l->f[at] : l->d[at];
    return w * (l->row ? l->row[r] : 1) * (l->col ? l->col[of_col] : 1);
}

/* The tap of an axis by which an input's place reaches an output's; -1: none. */
static int64_t tap(const TtfsPatch *w, int axis, int64_t out, int64_t in) {
    int64_t from = in - out * w->stride[axis] + w->pad[axis];
    if (from < 0 || from % w->dilation[axis]) return -1;
    from /= w->dilation[axis];
    return from < w->kernel[axis] ? from : -1;
}

static double kernel_weight(const TtfsLinear *l, uint64_t o, uint64_t i) {
    uint32_t oc = (uint32_t)(o / l->out.w / l->out.h), ic = (uint32_t)(i / l->in.w / l->in.h);
    uint32_t ins = l->in.c / l->patch.group, outs = l->out.c / l->patch.group;
    int64_t y =
        tap(&l->patch, 0, (int64_t)(o / l->out.w % l->out.h), (int64_t)(i / l->in.w % l->in.h));
    int64_t x = tap(&l->patch, 1, (int64_t)(o % l->out.w), (int64_t)(i % l->in.w));
    if (oc / outs != ic / ins || y < 0 || x < 0) return 0;
    uint64_t j = ((uint64_t)(ic % ins) * l->patch.kernel[0] + (uint64_t)y) * l->patch.kernel[1];
    return weight(l, oc, j + (uint64_t)x, ic);
}

static Dense dense(TtfsArena *a, const TtfsLinear *l) {
    Dense d = {ttfs_map_count(l->out), ttfs_map_count(l->in), NULL};
    double *v = TTFS_ARRAY(a, double, d.outs *d.ins);
    for (uint64_t o = 0; o < d.outs; o++)
        for (uint64_t i = 0; i < d.ins; i++)
            v[o * d.ins + i] = l->kind == TTFS_SCALE    ? (o == i) * number_of(&l->k, l->out, o)
                               : l->kind == TTFS_MATRIX ? weight(l, o, i, i)
                                                        : kernel_weight(l, o, i);
    d.v = v;
    return d;
}

/* Element (o, i), or 0 outside: both may lie before the start, as large numbers. */
static double at(const Dense *d, uint64_t o, uint64_t i) {
    return o < d->outs && i < d->ins ? d->v[o * d->ins + i] : 0;
}

/* `part` is what of `whole` lies from element (o, i) on. */
static void same(const Dense *part, const Dense *whole, uint64_t o, uint64_t i) {
    for (uint64_t y = 0; y < part->outs; y++)
        for (uint64_t x = 0; x < part->ins; x++)
            assert_true(at(part, y, x) == at(whole, y + o, x + i));
}

/* ---- element by element ------------------------------------------------------------------ */

static void elements_and_adjoints(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        Dense d = dense(&a, &l);
        double *row = TTFS_ARRAY(&a, double, d.outs), *got = TTFS_ARRAY(&a, double, d.ins);
        double *scratch = TTFS_ARRAY(&a, double, ttfs_linear_cols(&l));
        for (uint64_t o = 0; o < d.outs; o++) {
            memset(got, GARBAGE, d.ins * sizeof *got);
            ttfs_linear_element(&l, o, got);
            for (uint64_t i = 0; i < d.ins; i++) assert_true(got[i] == at(&d, o, i));
            row[o] = (int)below(&r, 3) - 1;
        }
        memset(got, GARBAGE, d.ins * sizeof *got);
        ttfs_linear_adjoint(&l, row, got, scratch);
        for (uint64_t i = 0; i < d.ins; i++) {
            double sum = 0;
            for (uint64_t o = 0; o < d.outs; o++) sum += row[o] * at(&d, o, i);
            assert_true(got[i] == sum);
        }
        ttfs_arena_free(&a);
    }
}

static void matrices(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(2);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        Dense d = dense(&a, &l);
        TtfsLinear plain = ttfs_linear_matrix(&a, &l, NULL);
        Dense got = dense(&a, &plain);
        assert_true(plain.kind == TTFS_MATRIX && got.outs == d.outs && got.ins == d.ins);
        same(&got, &d, 0, 0);
        uint32_t *from = TTFS_ARRAY(&a, uint32_t, d.outs);
        for (uint64_t o = 0; o < d.outs; o++) from[o] = below(&r, (uint32_t)d.outs);
        TtfsLinear moved = ttfs_linear_matrix(&a, &l, from);
        got = dense(&a, &moved);
        for (uint64_t o = 0; o < d.outs; o++)
            for (uint64_t i = 0; i < d.ins; i++) assert_true(at(&got, o, i) == at(&d, from[o], i));
        bool nonneg = true;
        for (uint64_t k = 0; k < d.outs * d.ins; k++) nonneg = nonneg && d.v[k] >= 0;
        if (ttfs_linear_nonneg(&a, &l)) assert_true(nonneg); /* taps may all lie in padding */
        if (l.kind != TTFS_KERNEL) assert_int_equal(ttfs_linear_nonneg(&a, &l), nonneg);
        ttfs_arena_free(&a);
    }
}

static void forward(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(3);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        Dense d = dense(&a, &l);
        TtfsField x = field(&a, &r, l.in, 4), got = ttfs_linear_forward(&a, &l, x);
        for (uint64_t o = 0; o < d.outs; o++) {
            double sum = 0, have = got.n ? number_of(&got, l.out, o) : 0;
            for (uint64_t i = 0; x.n && i < d.ins; i++)
                sum += at(&d, o, i) * number_of(&x, l.in, i);
            assert_true(have == sum);
        }
        ttfs_arena_free(&a);
    }
}

/* ---- maps from maps ---------------------------------------------------------------------- */

static uint64_t places(TtfsMap m) {
    return (uint64_t)m.h * m.w;
}

/* Weights that a cut makes: those of whole groups that it goes through, without groups. */
static uint64_t made(const TtfsLinear *l, const TtfsLinear *part, uint32_t first) {
    bool kernel = l->kind == TTFS_KERNEL && l->patch.group > 1 && part->out.c < l->out.c;
    if (!kernel) return 0;
    uint32_t per = l->out.c / l->patch.group, ins = l->in.c / l->patch.group;
    if (first % per == 0 && part->out.c % per == 0) return 0;
    return part->in.c / ins * per * ttfs_linear_cols(part);
}

static void cut_outputs(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(4);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        uint32_t first = below(&r, l.out.c), count = 1 + below(&r, l.out.c - first), from;
        TtfsLinear part = ttfs_linear_cut_out(&a, &l, first, count, &from);
        Dense whole = dense(&a, &l), got = dense(&a, &part);
        assert_int_equal(part.out.c, count);
        assert_true(ttfs_linear_cut_cost(&l, first, count) == made(&l, &part, first));
        uint64_t o = first * places(l.out), i = from * places(l.in);
        same(&got, &whole, o, i);
        for (uint64_t y = 0; y < got.outs; y++) /* what it does not read has no weight */
            for (uint64_t x = 0; x < whole.ins; x++)
                assert_true((x >= i && x < i + got.ins) || at(&whole, o + y, x) == 0);
        ttfs_arena_free(&a);
    }
}

static void cut_inputs(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(5);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        uint32_t per = l.kind == TTFS_KERNEL ? l.in.c / l.patch.group : l.in.c, to;
        uint32_t begin = below(&r, l.in.c / per) * per, first = begin + below(&r, per);
        uint32_t count = 1 + below(&r, begin + per - first);
        TtfsLinear part = ttfs_linear_cut_in(&l, first, count, &to);
        Dense whole = dense(&a, &l), got = dense(&a, &part);
        assert_int_equal(part.in.c, count);
        uint64_t o = to * places(l.out), i = first * places(l.in);
        same(&got, &whole, o, i);
        for (uint64_t y = 0; y < whole.outs; y++)
            for (uint64_t x = i; x < i + got.ins; x++)
                assert_true((y >= o && y < o + got.outs) || at(&whole, y, x) == 0);
        ttfs_arena_free(&a);
    }
}

static void widened(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(6);
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear l = some_linear(&a, &r, some_map(&r));
        uint32_t to = below(&r, 3), channels = to + l.out.c + below(&r, 2);
        TtfsLinear wide = ttfs_linear_widen(&a, &l, to, channels);
        TtfsLinear one = ttfs_linear_ungroup(&a, &l);
        Dense whole = dense(&a, &l), got = dense(&a, &wide), flat = dense(&a, &one);
        assert_int_equal(wide.out.c, channels);
        same(&got, &whole, 0 - to * places(l.out), 0);
        same(&flat, &whole, 0, 0);
        assert_true(l.kind != TTFS_KERNEL || one.patch.group == 1);
        ttfs_arena_free(&a);
    }
}

/* first, then second: whenever it is one map, it is the product; it mostly is. */
static void composed(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(7);
    int taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        TtfsLinear first = some_linear(&a, &r, some_map(&r)), both;
        TtfsLinear second = some_linear(&a, &r, first.out);
        if (ttfs_linear_compose(&a, &first, &second, &both)) {
            Dense f = dense(&a, &first), s = dense(&a, &second), got = dense(&a, &both);
            taken++;
            assert_true(got.outs == s.outs && got.ins == f.ins);
            for (uint64_t o = 0; o < s.outs; o++)
                for (uint64_t i = 0; i < f.ins; i++) {
                    double sum = 0;
                    for (uint64_t m = 0; m < f.outs; m++) sum += at(&s, o, m) * at(&f, m, i);
                    assert_true(at(&got, o, i) == sum);
                }
        }
        ttfs_arena_free(&a);
    }
    assert_true(taken > ROUNDS * 3 / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_and_adjoints),
        cmocka_unit_test(matrices),
        cmocka_unit_test(forward),
        cmocka_unit_test(cut_outputs),
        cmocka_unit_test(cut_inputs),
        cmocka_unit_test(widened),
        cmocka_unit_test(composed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
