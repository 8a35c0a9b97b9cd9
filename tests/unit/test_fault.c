/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults on purpose, the first and the last of each kind: one number is another, all others are as
 * they were, and the image is that of the damaged graph. One behind the last is refused with how
 * many there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "fault.h"
#include "plan_to_image.h"
#include "spike_to_plan.h"

enum { NETWORK = 4 };

static void open_out(TtfsOut *o) {
    TtfsChip chip = small_chip(4, 4, 8);
    TtfsDiag diag = {0};
    *o = (TtfsOut){.folder = "nowhere", .has_plan = true, .has_image = true};
    chip_spike(&o->spike, NETWORK, chip.weight_bits);
    assert_true(
        ttfs_spike_to_plan(&o->spike, &chip, TTFS_SCHEDULE_LATENCY, "net", &o->plan, &diag));
    assert_true(ttfs_plan_to_image(&o->plan, &o->spike, &o->image, &diag));
    ttfs_diag_free(&diag);
}

/* The n-th number of a kind, counted as fault.h says; NULL behind the last. */
static int64_t weight(const TtfsOut *o, uint64_t n, bool *there) {
    for (uint32_t i = 0; i < o->spike.conns.len; n -= o->spike.conns.at[i++].weight_count)
        if (n < o->spike.conns.at[i].weight_count) return o->spike.conns.at[i].weights[n];
    return *there = false;
}

static int64_t bias(const TtfsOut *o, uint64_t n, bool *there) {
    for (uint32_t i = 0; i < o->spike.pops.len; n -= o->spike.pops.at[i++].bias_count)
        if (n < o->spike.pops.at[i].bias_count) return o->spike.pops.at[i].bias[n];
    return *there = false;
}

static int64_t program_bit(const TtfsOut *o, uint64_t n, bool *there) {
    for (uint32_t c = 0; c < ttfs_chip_cores(&o->image.chip); c++) {
        const TtfsMemImage *m = &o->image.cores[c].mem[TTFS_MEM_PROGRAM];
        if (n / 32 < m->rows) return m->words[n / 32] >> n % 32 & 1;
        n -= 32 * (uint64_t)m->rows;
    }
    return *there = false;
}

/* -1 for one that is there: what goes is counted no more. */
static int64_t route(const TtfsOut *o, uint64_t n, bool *there) {
    for (uint32_t c = 0; c < ttfs_chip_cores(&o->image.chip); c++)
        for (uint32_t f = 0; f < o->image.cores[c].mem[TTFS_MEM_FLOWS].rows; f++)
            if (ttfs_image_bits(&o->image, c, TTFS_MEM_FLOWS, f, 4, 1) && n-- == 0)
                return (int64_t)c << 32 | f;
    return *there = false;
}

typedef int64_t Number(const TtfsOut *o, uint64_t n, bool *there);

static uint64_t count(const TtfsOut *o, Number *number) {
    bool there = true;
    uint64_t n = 0;
    while (number(o, n, &there), there) n++;
    return n;
}

/* The n-th alone is another; numbers share weights, so those that were equal may be equal again. */
static void changes_one(TtfsFaultKind kind, Number *number, uint64_t n) {
    TtfsOut o, sound;
    TtfsDiag diag = {0};
    bool there = true;
    open_out(&o);
    open_out(&sound);
    assert_true(ttfs_fault_put(&(TtfsFault){kind, n}, &o, &diag));
    for (uint64_t i = 0; there; i++) {
        int64_t was = number(&sound, i, &there), is = number(&o, i, &(bool){true});
        if (there && (was != is) != (i == n))
            fail_msg("kind %d, fault %d: number %d", kind, (int)n, (int)i);
    }
    ttfs_out_close(&sound);
    ttfs_out_close(&o);
    ttfs_diag_free(&diag);
}

static void refuses(TtfsFaultKind kind, uint64_t n, const char *what) {
    TtfsOut o;
    TtfsDiag diag = {0};
    open_out(&o);
    assert_false(ttfs_fault_put(&(TtfsFault){kind, n}, &o, &diag));
    if (strcmp(diag.messages.at[0].what, what)) fail_msg("%s: %s", what, diag.messages.at[0].what);
    assert_int_equal(diag.errors_of[TTFS_OPTION_VALUE], 1);
    ttfs_out_close(&o);
    ttfs_diag_free(&diag);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        TtfsFaultKind kind;
        Number *number;
        uint32_t each;
        const char *what;
    } of[] = {{TTFS_FAULT_WEIGHT, weight, 1, "weights"},
              {TTFS_FAULT_BIAS, bias, 1, "biases"},
              {TTFS_FAULT_PROGRAM, program_bit, 32, "program words"}};
    TtfsOut o;
    open_out(&o);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char what[80];
        uint64_t n = count(&o, of[i].number);
        assert_true(n > 64);
        for (uint64_t k = 0; k < 64; k++) changes_one(of[i].kind, of[i].number, k * (n - 1) / 63);
        snprintf(what, sizeof what, "there are only %d %s", (int)(n / of[i].each), of[i].what);
        refuses(of[i].kind, n, what);
        refuses(of[i].kind, n + 100, what);
    }
    ttfs_out_close(&o);
}

/* A route goes, and all others stay. */
static void routes(void **state) {
    (void)state;
    TtfsOut o;
    char what[80];
    open_out(&o);
    uint64_t n = count(&o, route);
    ttfs_out_close(&o);
    assert_true(n > 3);
    for (uint64_t k = 0; k < n; k++) {
        TtfsOut sound;
        TtfsDiag diag = {0};
        open_out(&o);
        open_out(&sound);
        assert_true(ttfs_fault_put(&(TtfsFault){TTFS_FAULT_ROUTE, k}, &o, &diag));
        assert_int_equal(count(&o, route), n - 1);
        for (uint64_t i = 0; i + 1 < n; i++)
            assert_true(route(&o, i, &(bool){0}) == route(&sound, i + (i >= k), &(bool){0}));
        ttfs_out_close(&sound);
        ttfs_out_close(&o);
    }
    snprintf(what, sizeof what, "there are only %d routes", (int)n);
    refuses(TTFS_FAULT_ROUTE, n, what);
}

/* The image is that of the damaged graph. */
static void images_follow(void **state) {
    (void)state;
    for (TtfsFaultKind kind = TTFS_FAULT_WEIGHT; kind <= TTFS_FAULT_BIAS; kind++) {
        TtfsOut o;
        TtfsDiag diag = {0};
        TtfsImage anew = {0};
        TtfsBuf text[3] = {{0}, {0}, {0}};
        open_out(&o);
        ttfs_image_print(&o.image, &text[0]);
        assert_true(ttfs_fault_put(&(TtfsFault){kind, 3}, &o, &diag));
        assert_true(ttfs_plan_to_image(&o.plan, &o.spike, &anew, &diag));
        ttfs_image_print(&o.image, &text[1]);
        ttfs_image_print(&anew, &text[2]);
        assert_string_not_equal(ttfs_buf_text(&text[0]), ttfs_buf_text(&text[1]));
        assert_string_equal(ttfs_buf_text(&text[1]), ttfs_buf_text(&text[2]));
        for (int i = 0; i < 3; i++) ttfs_buf_free(&text[i]);
        ttfs_image_free(&anew);
        ttfs_out_close(&o);
    }
}

/* Every bit of the file is seen by its reader; one that a core is configured with is in the image
 * all the same. */
static void bits_of_the_file(void **state) {
    (void)state;
    TtfsOut o;
    TtfsBuf file = {0};
    char what[80];
    uint32_t kept = 0, lost = 0;
    open_out(&o);
    ttfs_image_pack(&o.image, &file);
    uint64_t bits = 8 * (uint64_t)file.len;
    ttfs_buf_free(&file);
    ttfs_out_close(&o);
    for (uint64_t k = 0; k < 40; k++) {
        TtfsDiag diag = {0};
        open_out(&o);
        assert_true(ttfs_fault_put(&(TtfsFault){TTFS_FAULT_IMAGE, k * (bits - 1) / 39}, &o, &diag));
        assert_true(o.image_damaged && diag.errors == 1);
        kept += o.has_image;
        lost += !o.has_image;
        ttfs_out_close(&o);
        ttfs_diag_free(&diag);
    }
    assert_true(kept > 10 && lost > 0);
    snprintf(what, sizeof what, "there are only %d bytes in the image", (int)(bits / 8));
    refuses(TTFS_FAULT_IMAGE, bits, what);
}

/* Spikes are counted over samples, and silent neurons are not; one at tick 0 is silent then. */
static void spikes(void **state) {
    (void)state;
    enum { N = 6 };
    static const uint16_t ticks[N] = {3, TTFS_SILENT, 7, 0, TTFS_SILENT, 9};
    static const struct {
        uint64_t index, before;
        int at;
        uint16_t tick;
    } of[] = {{0, 0, 0, 2},  {1, 0, 2, 6},   {2, 0, 3, TTFS_SILENT}, {3, 0, 5, 8},
              {4, 0, -1, 0}, {13, 10, 5, 8}, {10, 10, 0, 2},         {9, 10, -1, 0}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        uint16_t tick[N];
        memcpy(tick, ticks, sizeof tick);
        TtfsTrace t = {.tick = tick, .neurons = N};
        ttfs_fault_spike(&(TtfsFault){TTFS_FAULT_SPIKE, of[i].index}, &t, of[i].before);
        for (int n = 0; n < N; n++)
            assert_int_equal(tick[n], n == of[i].at ? of[i].tick : ticks[n]);
        ttfs_fault_spike(&(TtfsFault){TTFS_FAULT_WEIGHT, of[i].index}, &t, 0);
        assert_int_equal(tick[0], of[i].at == 0 ? of[i].tick : ticks[0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),       cmocka_unit_test(routes),
        cmocka_unit_test(images_follow), cmocka_unit_test(bits_of_the_file),
        cmocka_unit_test(spikes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
