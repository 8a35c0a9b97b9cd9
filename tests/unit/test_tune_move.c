/* SPDX-License-Identifier: Apache-2.0
 *
 * Training samples that move: every way of them is drawn, none besides; channels keep together;
 * axes in another order; what has no rows and columns is refused.
 */
#include "tune_move.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tune.h"

enum { C = 2, H = 4, W = 5, SIZE = C * H * W, SAMPLES = 3, TURNS = 600 };

typedef struct {
    float data[SAMPLES * SIZE], at[SIZE];
    TtfsNetLayer layer;
    TtfsNet net;
    TtfsSession session;
    TtfsTuneMove move;
} Case;

/* Place of a channel's pixel, where samples are rows, columns, channels or channels first. */
static size_t place(const Case *c, uint32_t channel, uint32_t y, uint32_t x) {
    return c->net.order[0] == 0 ? (channel * H + y) * W + x : (y * W + x) * C + channel;
}

static bool open_case(Case *c, bool last, bool flip, uint32_t shift, TtfsDiag *diag) {
    *c = (Case){.layer = {.c = C, .h = H, .w = W}};
    for (uint32_t i = 0; i < SAMPLES * SIZE; i++) c->data[i] = (float)i;
    c->net.layers.at = &c->layer;
    c->net.layers.len = 1;
    memcpy(c->net.order, last ? (uint32_t[]){2, 0, 1} : (uint32_t[]){0, 1, 2}, sizeof c->net.order);
    c->session.input = (TtfsArray){.type = TTFS_F32,
                                   .rank = 2,
                                   .dim = {SAMPLES, SIZE},
                                   .samples = SAMPLES,
                                   .elements = SIZE,
                                   .data = (const unsigned char *)c->data};
    TtfsTuneOptions o = {.flip = flip, .shift = shift, .seed = 7};
    return ttfs_tune_move_open(&c->move, &c->session, &c->net, &o, diag);
}

static uint32_t held(int32_t v, int32_t n) {
    return (uint32_t)(v < 0 ? 0 : v >= n ? n - 1 : v);
}

/* Whether c->at is sample 1 moved so. */
static bool is(const Case *c, bool mirrored, int32_t down, int32_t right) {
    for (uint32_t k = 0; k < C; k++)
        for (int32_t y = 0; y < H; y++)
            for (int32_t x = 0; x < W; x++) {
                uint32_t column = held((mirrored ? W - 1 - x : x) + right, W);
                float want = c->data[SIZE + place(c, k, held(y + down, H), column)];
                if (c->at[place(c, k, (uint32_t)y, (uint32_t)x)] != want) return false;
            }
    return true;
}

static void all_ways(bool last, bool flip, int32_t shift) {
    Case c;
    TtfsDiag diag = {0};
    uint32_t seen[2][5][5] = {{{0}}}, ways = 0, known = 0;
    assert_true(open_case(&c, last, flip, (uint32_t)shift, &diag));
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        assert_true(ttfs_tune_sample(&c.move, 1, turn, c.at, &diag));
        for (int m = 0; m <= flip; m++)
            for (int32_t y = -shift; y <= shift; y++)
                for (int32_t x = -shift; x <= shift; x++)
                    if (is(&c, m, y, x)) seen[m][y + shift][x + shift]++, known++;
    }
    assert_int_equal(known, TURNS); /* each is one of the ways */
    for (int i = 0; i < 2 * 25; i++) ways += (&seen[0][0][0])[i] > 0;
    assert_int_equal(ways, (flip ? 2 : 1) * (2 * shift + 1) * (2 * shift + 1));
    assert_true(ttfs_tune_sample(&c.move, 1, TTFS_TUNE_STILL, c.at, &diag));
    assert_true(is(&c, false, 0, 0));
    ttfs_diag_free(&diag);
}

static void every_way(void **state) {
    (void)state;
    for (int last = 0; last < 2; last++) {
        all_ways(last, true, 0);
        all_ways(last, false, 2);
        all_ways(last, true, 2);
        all_ways(last, false, 0);
    }
}

static void refused(void **state) {
    (void)state;
    Case c;
    TtfsDiag diag = {0};
    assert_true(open_case(&c, false, false, H - 1, &diag));
    assert_false(open_case(&c, false, false, H, &diag));
    assert_int_equal(diag.errors, 1);
    c.layer = (TtfsNetLayer){.c = SIZE, .h = 1, .w = 1};
    TtfsTuneOptions o = {.flip = true};
    assert_false(ttfs_tune_move_open(&c.move, &c.session, &c.net, &o, &diag));
    o = (TtfsTuneOptions){.shift = 1};
    assert_false(ttfs_tune_move_open(&c.move, &c.session, &c.net, &o, &diag));
    assert_int_equal(diag.errors, 3);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
