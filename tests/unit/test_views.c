/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of ir_to_ir beside tables of all elements: random reshapes and transposes of small maps,
 * one after the other, repeated axes, channels moved to another axis and into another order, and
 * which axis is which. A view is as short as it can be, so equal tables are equal views; where all
 * sizes are powers of two no move is ever refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "affine.h"
#include "base.h"

enum { ROUNDS = 3000, MOVES = 4 };

/* A tensor on a map: its shape, its view, and the map's element of each of its own. */
typedef struct {
    TtfsArena *a;
    TtfsMap map;
    TtfsTensorInfo t;
    TtfsView view;
    uint32_t *at, count;
} Moved;

static uint32_t below(TtfsRng *r, uint32_t n) {
    return ttfs_rng_below(r, n);
}

/* The same elements in another shape, ones among them. */
static void reshape(TtfsRng *r, Moved *m) {
    m->t.rank = 0;
    for (uint32_t left = m->count; m->t.rank + 1 < TTFS_MAX_RANK;) {
        uint32_t d = 1 + below(r, left < 8 ? left : 8);
        if (left % d) continue;
        m->t.dim[m->t.rank++] = d;
        left /= d;
        if (below(r, 3) && m->t.rank + 1 < TTFS_MAX_RANK && left > 1) continue;
        if (left > 1 || below(r, 3) == 0) m->t.dim[m->t.rank++] = left;
        break;
    }
}

static Moved begin(TtfsArena *a, TtfsRng *r, bool powers) {
    Moved m = {.a = a};
    m.map = powers ? (TtfsMap){1u << below(r, 4), 1u << below(r, 3), 1u << below(r, 3)}
                   : (TtfsMap){1 + below(r, 6), 1 + below(r, 4), 1 + below(r, 4)};
    m.count = (uint32_t)ttfs_map_count(m.map);
    m.view = ttfs_view_identity(m.count);
    m.at = TTFS_ARRAY(a, uint32_t, m.count);
    for (uint32_t e = 0; e < m.count; e++) m.at[e] = e;
    reshape(r, &m);
    return m;
}

static void digits(const TtfsTensorInfo *t, uint32_t e, uint32_t *digit) {
    for (uint32_t i = t->rank; i-- > 0; e /= t->dim[i]) digit[i] = e % t->dim[i];
}

static uint32_t element(const TtfsTensorInfo *t, const uint32_t *digit) {
    uint32_t e = 0;
    for (uint32_t i = 0; i < t->rank; i++) e = e * t->dim[i] + digit[i];
    return e;
}

/* The view says what the table says, in as few entries as there can be. */
static void check(const Moved *m) {
    bool same = true;
    const uint32_t *table = ttfs_view_table(m->a, &m->view, m->count);
    for (uint32_t e = 0; e < m->count; e++) {
        assert_int_equal(table ? table[e] : e, m->at[e]);
        same = same && m->at[e] == e;
    }
    assert_int_equal(ttfs_view_is_identity(&m->view), same);
    assert_int_equal(table == NULL, same);
    for (uint32_t i = 0; i < m->view.n; i++) {
        assert_true(m->view.size[i] > 1);
        assert_true(i == 0 ||
                    m->view.stride[i - 1] != (uint64_t)m->view.size[i] * m->view.stride[i]);
    }
}

/* False: refused, and unchanged. */
static bool transpose(TtfsRng *r, Moved *m) {
    uint32_t perm[TTFS_MAX_RANK], digit[TTFS_MAX_RANK], from[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < m->t.rank; i++) {
        uint32_t k = below(r, i + 1);
        perm[i] = perm[k], perm[k] = i;
    }
    Moved to = *m;
    if (!ttfs_view_transpose(&m->view, &m->t, perm, &to.view)) return false;
    for (uint32_t i = 0; i < m->t.rank; i++) to.t.dim[i] = m->t.dim[perm[i]];
    to.at = TTFS_ARRAY(m->a, uint32_t, m->count);
    for (uint32_t e = 0; e < m->count; e++) {
        digits(&to.t, e, digit);
        for (uint32_t i = 0; i < m->t.rank; i++) from[perm[i]] = digit[i];
        to.at[e] = m->at[element(&m->t, from)];
    }
    *m = to;
    return true;
}

static void moves(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    uint32_t refused = 0, done = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        bool powers = round % 2;
        Moved m = begin(&a, &r, powers);
        check(&m);
        for (int i = 0; i < MOVES; i++) {
            bool ok = transpose(&r, &m);
            assert_true(ok || !powers);
            ok ? done++ : refused++;
            check(&m);
            Moved other = m;
            if (transpose(&r, &other))
                assert_int_equal(ttfs_view_same(&m.view, &other.view),
                                 memcmp(m.at, other.at, m.count * sizeof *m.at) == 0);
            reshape(&r, &m);
        }
        ttfs_arena_free(&a);
    }
    assert_true(done > 5 * refused && refused > ROUNDS / 10);
}

/* Each place of an axis some times; the copies are channels of their own. */
static bool repeat(TtfsRng *r, Moved *m) {
    uint32_t axis = below(r, m->t.rank), times = 2 + below(r, 2), digit[TTFS_MAX_RANK];
    uint32_t dim = m->t.dim[axis], positions = m->map.h * m->map.w;
    bool outside = below(r, 2);
    Moved to = *m;
    if (!ttfs_view_repeat(&m->view, m->map, &m->t, axis, times, outside, &to.view)) return false;
    to.map.c *= times, to.t.dim[axis] *= times, to.count *= times;
    to.at = TTFS_ARRAY(m->a, uint32_t, to.count);
    for (uint32_t e = 0; e < to.count; e++) {
        digits(&to.t, e, digit);
        uint32_t copy = outside ? digit[axis] / dim : digit[axis] % times;
        digit[axis] = outside ? digit[axis] % dim : digit[axis] / times;
        uint32_t was = m->at[element(&m->t, digit)];
        to.at[e] = (was / positions * times + copy) * positions + was % positions;
    }
    *m = to;
    return true;
}

static void repeats(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(2);
    uint32_t refused = 0, done = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        bool powers = round % 2;
        Moved m = begin(&a, &r, powers);
        for (uint32_t i = below(&r, 3); i > 0; i--) {
            transpose(&r, &m);
            reshape(&r, &m);
        }
        bool ok = repeat(&r, &m);
        assert_true(ok || !powers);
        ok ? done++ : refused++;
        check(&m);
        ttfs_arena_free(&a);
    }
    assert_true(done > 2 * refused && refused > ROUNDS / 20);
}

static void channels(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(3);
    uint32_t ordered = 0, refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        Moved m = begin(&a, &r, true);
        uint32_t positions = m.map.h * m.map.w, before = m.map.h;
        m.view = ttfs_view_channels_at(m.map, before);
        for (uint32_t e = 0; e < m.count; e++) {
            uint32_t inside = positions / before, b = e / inside / m.map.c;
            m.at[e] = e / inside % m.map.c * positions + b * inside + e % inside;
        }
        check(&m);
        m = begin(&a, &r, true); /* channels in the order of a transpose */
        positions = m.map.h * m.map.w;
        if (below(&r, 2)) transpose(&r, &m);
        Moved other = m;
        other.map.h = 1 + below(&r, 3);
        uint32_t others = other.map.h * other.map.w;
        bool want = true;
        other.count = m.map.c * others;
        other.at = TTFS_ARRAY(&a, uint32_t, other.count);
        for (uint32_t e = 0; e < m.count; e++)
            want = want && m.at[e] % positions == e % positions &&
                   m.at[e] / positions == m.at[e - e % positions] / positions;
        assert_int_equal(ttfs_view_channel_order(&m.view, m.map, other.map, &other.view), want);
        for (uint32_t e = 0; want && e < other.count; e++)
            other.at[e] = m.at[e / others * positions] / positions * others + e % others;
        if (want) check(&other);
        want ? ordered++ : refused++;
        ttfs_arena_free(&a);
    }
    assert_true(ordered > ROUNDS / 4 && refused > ROUNDS / 20);
}

/* Whether these axes are the map's: each once at most, its rows before its columns, what is missing
 * of one element, and every element where they say. */
static bool fits(const Moved *m, const int *axes) {
    uint32_t digit[TTFS_MAX_RANK], size[3] = {m->map.c, m->map.h, m->map.w};
    int place[3] = {-1, -1, -1};
    for (uint32_t i = 0; i < m->t.rank; i++) {
        if (axes[i] < 0 && m->t.dim[i] != 1) return false;
        if (axes[i] < 0) continue;
        if (place[axes[i]] >= 0 || m->t.dim[i] != size[axes[i]]) return false;
        place[axes[i]] = (int)i;
    }
    for (int k = 0; k < 3; k++)
        if (place[k] < 0 && size[k] != 1) return false;
    if (place[1] >= 0 && place[2] >= 0 && place[1] > place[2]) return false;
    for (uint32_t e = 0; e < m->count; e++) {
        digits(&m->t, e, digit);
        uint32_t at = 0;
        for (int k = 0; k < 3; k++) at = at * size[k] + (place[k] < 0 ? 0 : digit[place[k]]);
        if (at != m->at[e]) return false;
    }
    return true;
}

static bool any_fits(const Moved *m) {
    uint32_t all = 1;
    for (uint32_t i = 0; i < m->t.rank; i++) all *= 4;
    for (uint32_t k = 0; k < all; k++) {
        int axes[TTFS_MAX_RANK];
        for (uint32_t i = 0, rest = k; i < m->t.rank; i++, rest /= 4) axes[i] = (int)(rest % 4) - 1;
        if (fits(m, axes)) return true;
    }
    return false;
}

/* Shapes of the map's own sizes with ones among them, moved or not. */
static void shape_of_map(TtfsRng *r, Moved *m) {
    const uint32_t size[3] = {m->map.c, m->map.h, m->map.w};
    m->t.rank = 0;
    for (int k = 0; k < 3; k++) {
        if (below(r, 4) == 0 && m->t.rank < 3) m->t.dim[m->t.rank++] = 1;
        if (size[k] > 1 || below(r, 2)) m->t.dim[m->t.rank++] = size[k];
    }
    if (m->t.rank == 0) m->t.dim[m->t.rank++] = 1;
}

static void axes(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(4);
    uint32_t found = 0, none = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TtfsArena a = {0};
        Moved m = begin(&a, &r, round % 2);
        int axis[TTFS_MAX_RANK];
        if (below(&r, 8)) shape_of_map(&r, &m);
        if (below(&r, 2)) transpose(&r, &m);
        bool got = ttfs_view_axes(&m.view, m.map, &m.t, axis);
        assert_int_equal(got, any_fits(&m));
        if (got) assert_true(fits(&m, axis));
        got ? found++ : none++;
        ttfs_arena_free(&a);
    }
    assert_true(found > ROUNDS / 3 && none > ROUNDS / 20);
}

/* Of four axes all are named, channels first or last, even those of one element. */
static void four_axes(void **state) {
    (void)state;
    const TtfsMap map = {3, 1, 2};
    TtfsTensorInfo first = {.rank = 4, .dim = {1, 3, 1, 2}},
                   last = {.rank = 4, .dim = {1, 1, 2, 3}};
    TtfsView view = ttfs_view_identity(6);
    int axis[TTFS_MAX_RANK];
    assert_true(ttfs_view_axes(&view, map, &first, axis));
    assert_true(axis[0] == -1 && axis[1] == 0 && axis[2] == 1 && axis[3] == 2);
    assert_false(ttfs_view_axes(&view, map, &last, axis));
    view = ttfs_view_channels_at(map, 2);
    assert_true(ttfs_view_axes(&view, map, &last, axis));
    assert_true(axis[0] == -1 && axis[1] == 1 && axis[2] == 2 && axis[3] == 0);
    assert_false(ttfs_view_axes(&view, map, &first, axis));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves), cmocka_unit_test(repeats),   cmocka_unit_test(channels),
        cmocka_unit_test(axes),  cmocka_unit_test(four_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
