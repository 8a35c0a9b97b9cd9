/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices and the estimate of what a chip costs: held against what Yosys 0.23 made of chips
 * (tools/size_runs.json), and what must hold of any chip.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "device.h"
#include "json_tree.h"
#include "keys.h"
#include "pll.h"

#include <stdlib.h>
#include <string.h>

static TtfsDevice device(const char *name) {
    for (uint32_t i = 0; ttfs_device_names[i]; i++)
        if (strcmp(ttfs_device_names[i], name) == 0) return ttfs_device(i);
    fail_msg("no device %s", name);
    return (TtfsDevice){0};
}

/* The chip of tools/area.sh. */
static TtfsChip dense(uint32_t lanes) {
    return (TtfsChip){.name = "dense",
                      .cores_x = 1,
                      .cores_y = 1,
                      .lanes = lanes,
                      .weight_bits = 4,
                      .slope_bits = 10,
                      .acc_bits = 14,
                      .ramp_bits = 10,
                      .value_bits = 4,
                      .c_bits = 10,
                      .y_bits = 1,
                      .x_bits = 1,
                      .act_words = 64,
                      .list_entries = 784,
                      .weight_rows = 4096,
                      .param_words = 256,
                      .program_words = 64,
                      .flows = 4,
                      .buffers = 4,
                      .table_words = 4,
                      .segments = 1,
                      .strides = 1,
                      .clock_mhz = 50};
}

static TtfsChip wide(uint32_t lanes) {
    TtfsChip c = dense(lanes);
    c.weight_bits = c.value_bits = 8;
    c.slope_bits = c.ramp_bits = 16;
    c.acc_bits = 24;
    return c;
}

/* --- chips that were measured (tools/fit_size.py) --- */

static uint64_t number(const cJSON *of, const char *name) {
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(of, name);
    return cJSON_IsNumber(n) ? (uint64_t)n->valuedouble : 0;
}

static TtfsChip chip_of(const cJSON *of) {
    TtfsChip c = dense(1);
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        const TtfsKey *k = &ttfs_chip_keys.at[i];
        void *at = (char *)&c + k->at;
        if (!cJSON_HasObjectItem(of, ttfs_key_name(k))) continue;
        if (k->kind == TTFS_KEY_FLAG)
            *(bool *)at = number(of, ttfs_key_name(k)) != 0;
        else
            *(uint32_t *)at = (uint32_t)number(of, ttfs_key_name(k));
    }
    return c;
}

/* An estimate, what stands in the file as that, and what was measured: within 10 %; blocks, of
 * which small chips have few, or two apart. */
static void near(const cJSON *run, uint32_t k, uint64_t found, uint64_t measured) {
    const cJSON *said = cJSON_GetObjectItemCaseSensitive(run, "guess");
    uint64_t apart = found > measured ? found - measured : measured - found;
    assert_int_equal((uint64_t)cJSON_GetArrayItem(said, (int)k)->valuedouble, found);
    if (apart * 10 > measured && !(k == 2 && apart <= 2))
        fail_msg("%s on %s: estimated %llu, measured %llu",
                 cJSON_GetObjectItemCaseSensitive(run, "net")->valuestring,
                 cJSON_GetObjectItemCaseSensitive(run, "device")->valuestring,
                 (unsigned long long)found, (unsigned long long)measured);
}

static void judge(const cJSON *run) {
    TtfsDevice d = device(cJSON_GetObjectItemCaseSensitive(run, "device")->valuestring);
    TtfsChip c = chip_of(cJSON_GetObjectItemCaseSensitive(run, "chip"));
    TtfsSize size = ttfs_size_on_board(&c, &d);
    near(run, 0, size.luts, number(run, "lut"));
    near(run, 1, size.ffs, number(run, "ff"));
    near(run, 2, size.ram[0] + size.ram[1], number(run, "ram"));
}

static void measured_chips(void **state) {
    (void)state;
    TtfsFile f;
    TtfsDiag diag = {0};
    uint32_t unseen = 0;
    assert_true(ttfs_file_open(&f, TTFS_SOURCE_DIR "/tools/size_runs.json", 1 << 20, &diag));
    TtfsJsonTree *t = ttfs_json_parse(f.bytes, f.size, NULL);
    assert_non_null(t);
    const cJSON *run;
    cJSON_ArrayForEach(run, t->root) {
        judge(run);
        unseen += !cJSON_HasObjectItem(run, "seen");
    }
    assert_true(unseen >= 12);
    ttfs_undo(t);
    ttfs_file_close(&f);
}

static void more_costs_more(void **state) {
    (void)state;
    for (uint32_t i = 0; ttfs_device_names[i]; i++) {
        TtfsDevice d = ttfs_device(i);
        TtfsChip c = wide(8), more = c;
        more.lanes = 9;
        TtfsSize a = ttfs_size_of(&c, &d), b = ttfs_size_of(&more, &d);
        assert_true(b.luts > a.luts && b.ffs > a.ffs && b.ram[0] + b.ram[1] >= a.ram[0] + a.ram[1]);
        more = c, more.weight_rows *= 4;
        b = ttfs_size_of(&more, &d);
        assert_true(b.ram[0] + b.ram[1] > a.ram[0] + a.ram[1] || d.ram[1].name);
    }
}

/* LeNet-5's chip on UP5K: a weight's row takes one large block, words of 66 bits the other three
 * and blocks of the small kind for the 18 bits that are left. Of wider rows too few are left. */
static void activations_in_large_blocks(void **state) {
    (void)state;
    TtfsDevice d = device("up5k"), other = device("hx8k");
    TtfsChip c = wide(4);
    c.weight_bits = 4, c.value_bits = 4, c.weight_rows = 16384, c.act_words = 2048;
    c.slope_bits = 12, c.acc_bits = 16, c.ramp_bits = 9, c.c_bits = 7, c.y_bits = c.x_bits = 5;
    c.list_entries = 512, c.param_words = c.program_words = 256, c.buffers = 8;
    c.table_words = 128, c.conv = true;
    TtfsSize size = ttfs_size_of(&c, &d);
    assert_true(size.split == 48 && size.ram[0] == 26 && size.ram[1] == 4);
    assert_int_equal(ttfs_size_of(&c, &other).split, 0);
    c.lanes = 8, c.weight_rows = 8192;
    size = ttfs_size_of(&c, &d);
    assert_true(size.split == 32 && size.ram[0] > 30 && size.ram[1] == 4);
    c.act_words = 512; /* which have room without */
    size = ttfs_size_of(&c, &d);
    assert_true(size.split == 0 && size.ram[0] <= 30 && size.ram[1] == 2);
}

/* The board top costs what it costs whatever the chip, and a flip-flop more a bit of its monitor; a
 * device without a flow has none. */
static void board_top(void **state) {
    (void)state;
    for (uint32_t i = 0; ttfs_device_names[i]; i++) {
        TtfsDevice d = ttfs_device(i);
        TtfsChip c = wide(8), more = c;
        more.c_bits += 4;
        TtfsSize a = ttfs_size_of(&c, &d), b = ttfs_size_on_board(&c, &d);
        TtfsSize e = ttfs_size_of(&more, &d), f = ttfs_size_on_board(&more, &d);
        assert_true(d.flow.yosys || d.vivado);
        assert_int_equal(b.ram[0], a.ram[0]);
        if (!d.flow.yosys) {
            assert_true(b.luts == a.luts && b.ffs == a.ffs);
            continue;
        }
        assert_true(b.luts - a.luts > 350 && b.luts - a.luts < 700);
        uint32_t ffs = d.family == TTFS_FAMILY_ECP5 ? 311 : 309;
        if (d.flow.monitor) ffs += ttfs_chip_flit_bits(&c);
        assert_int_equal(b.ffs - a.ffs, ffs);
        assert_int_equal((f.ffs - e.ffs) - (b.ffs - a.ffs), d.flow.monitor ? 4 : 0);
    }
}

/* What icepll chooses; the next lower clock where there is not the one that is asked for. */
static void plls(void **state) {
    (void)state;
    static const struct {
        const char *device;
        double asked, mhz;
        uint32_t reference, feedback, output;
    } all[] = {{"hx8k", 60, 60, 1, 80, 16},        {"hx8k", 59.5, 59.25, 1, 79, 16},
               {"hx8k", 59.2, 58.5, 1, 78, 16},    {"up5k", 33, 33, 1, 88, 32},
               {"hx8k", 16.1, 0, 0, 0, 0},         {"hx8k", 275, 270, 1, 45, 2},
               {"ecp5-25k", 75, 75, 1, 3, 10},     {"ecp5-85k", 77, 75, 1, 3, 10},
               {"ecp5-25k", 62.5, 62.5, 2, 5, 12}, {"ecp5-25k", 80, 75, 1, 3, 10},
               {"ecp5-25k", 400, 400, 1, 16, 2}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        TtfsDevice d = device(all[i].device);
        TtfsPll p;
        bool found = ttfs_pll(&d, all[i].asked, &p);
        assert_int_equal(found, all[i].reference > 0);
        if (!found) continue;
        assert_true(p.mhz > all[i].mhz - 1e-6 && p.mhz < all[i].mhz + 1e-6);
        assert_int_equal(p.reference, all[i].reference);
        assert_int_equal(p.feedback, all[i].feedback);
        assert_int_equal(p.output, all[i].output);
    }
}

/* Every clock that is made is one that its divisors make, not above what is asked for, and within
 * the limits; devices without a bitstream make none. */
static void plls_of_all(void **state) {
    (void)state;
    for (uint32_t i = 0; ttfs_device_names[i]; i++) {
        TtfsDevice d = ttfs_device(i);
        TtfsPllRange r = ttfs_pll_range(&d);
        TtfsPll p;
        assert_int_equal(r.most > 0, d.flow.yosys != NULL);
        if (!d.flow.yosys) assert_false(ttfs_pll(&d, 50, &p));
        for (double asked = r.least + 1; asked < r.most; asked += 17.3) {
            assert_true(ttfs_pll(&d, asked, &p));
            bool ice = d.family == TTFS_FAMILY_ICE40;
            double mhz = d.clock_mhz * p.feedback / p.reference / (ice ? p.output : 1);
            double vco = p.mhz * p.output;
            assert_true(p.mhz <= asked + 1e-6 && p.mhz >= r.least);
            assert_true(ice ? p.mhz > asked * .94 : p.mhz > asked - 12.5);
            assert_true(p.detector_mhz >= 10 && p.detector_mhz <= (ice ? 133 : 400));
            assert_true(mhz > p.mhz - 1e-6 && mhz < p.mhz + 1e-6);
            assert_true(ice ? vco >= 533 && vco <= 1066 : vco >= 400 && vco <= 800);
        }
        assert_false(ttfs_pll(&d, r.least - .01, &p));
        assert_int_equal(ttfs_pll(&d, r.least, &p), d.flow.yosys != NULL);
    }
}

/* A chip whose flits are wider than the pins has no monitor. */
static void wide_flits(void **state) {
    (void)state;
    TtfsDevice d = device("ecp5-25k");
    assert_true(ttfs_device_monitor(&d, 51) && !ttfs_device_monitor(&d, 52));
    d = device("up5k");
    assert_false(ttfs_device_monitor(&d, 1));
}

/* Large memories go to large blocks when the small ones do not do. */
static void large_blocks(void **state) {
    (void)state;
    TtfsDevice d = device("up5k");
    TtfsChip c = dense(16);
    TtfsSize size = ttfs_size_of(&c, &d);
    assert_int_equal(size.ram[1], 4); /* 4,096 x 64 bits in four of 16,384 x 16 */
    assert_true(size.ram[0] <= 87 - 64);
    c.weight_rows = 256;
    assert_int_equal(ttfs_size_of(&c, &d).ram[1], 0);
}

static void words_of_blocks(void **state) {
    (void)state;
    TtfsDevice ice = device("hx8k"), xc7 = device("zynq-7020");
    assert_int_equal(ttfs_device_words(&ice, 5, 32), 8);
    assert_int_equal(ttfs_device_words(&ice, 200, 32), 256);
    assert_int_equal(ttfs_device_words(&ice, 257, 32), 512);
    assert_int_equal(ttfs_device_words(&ice, 1025, 32), 1280); /* five blocks of 256 x 16, twice */
    assert_int_equal(ttfs_device_words(&ice, 2000, 32), 2048);
    assert_int_equal(ttfs_device_words(&xc7, 513, 32), 1024);
    for (uint32_t n = 2; n < 9000; n += 7) assert_true(ttfs_device_words(&xc7, n, 40) >= n);
}

static void every_device(void **state) {
    (void)state;
    for (uint32_t i = 0; ttfs_device_names[i]; i++) {
        TtfsDevice d = ttfs_device(i);
        TtfsSize most = ttfs_size_most(&d);
        assert_string_equal(d.name, ttfs_device_names[i]);
        assert_true(d.ffs >= d.luts && d.ram[0].name && d.ram[0].count && d.clock_mhz > 0);
        assert_true(most.luts < d.luts && most.luts > d.luts / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured_chips), cmocka_unit_test(more_costs_more),
        cmocka_unit_test(large_blocks),   cmocka_unit_test(words_of_blocks),
        cmocka_unit_test(every_device),   cmocka_unit_test(activations_in_large_blocks),
        cmocka_unit_test(board_top),      cmocka_unit_test(wide_flits),
        cmocka_unit_test(plls),           cmocka_unit_test(plls_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
