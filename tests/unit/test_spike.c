/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph: text is a fixed point, hostile text is refused without harm, bounds hold at every
 * tick, the encoder rounds half up. Golden and reject pairs lie in tests/golden/spike and
 * tests/reject/spike; TTFS_UPDATE=1 rewrites them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "random_spike.h"

static void print(const TtfsSpike *s, const char *blob, TtfsBuf *out) {
    TtfsDiag diag = {0};
    assert_true(ttfs_spike_print(s, blob, out, &diag));
    ttfs_diag_free(&diag);
}

static void expect_equal(const TtfsSpike *a, const TtfsSpike *b) {
    char what[300] = "";
    if (!ttfs_spike_equal(a, b, what, sizeof what)) fail_msg("%s", what);
}

static void text_is_a_fixed_point(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        TtfsSpike s, back;
        TtfsDiag diag = {0};
        TtfsBuf once = {0}, twice = {0};
        random_spike(&s, seed);
        s.pops.at[0].name = "odd \"name\"\\ \n\xff";
        print(&s, NULL, &once);
        assert_true(ttfs_spike_read(&back, "x", once.text, once.len, &diag));
        expect_equal(&s, &back);
        print(&back, NULL, &twice);
        assert_string_equal(once.text, twice.text);
        ttfs_buf_free(&once);
        ttfs_buf_free(&twice);
        ttfs_spike_free(&s);
        ttfs_spike_free(&back);
        ttfs_diag_free(&diag);
    }
}

static void blob_beside_the_text(void **state) {
    (void)state;
    TtfsSpike s, back;
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    char folder[] = "/tmp/ttfs-spike-XXXXXX", blob[64], file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(blob, sizeof blob, "%s/w.bin", folder);
    snprintf(file, sizeof file, "%s/w.txt", folder);
    random_spike(&s, 3);
    print(&s, blob, &text);
    assert_true(ttfs_spike_read(&back, file, text.text, text.len, &diag));
    expect_equal(&s, &back);
    ttfs_spike_free(&back);

    /* One changed bit, a shorter blob, no blob. */
    uint64_t bytes = 2 * s.conns.at[0].weight_count;
    for (uint32_t i = 1; i < s.conns.len; i++) bytes += 2 * s.conns.at[i].weight_count;
    FILE *f = fopen(blob, "r+b");
    int first = fgetc(f);
    rewind(f);
    fputc(first ^ 1, f);
    fclose(f);
    assert_false(ttfs_spike_read(&back, file, text.text, text.len, &diag));
    assert_non_null(strstr(diag.messages.at[0].what, "SHA-256"));
    assert_int_equal(truncate(blob, (off_t)bytes - 1), 0);
    assert_false(ttfs_spike_read(&back, file, text.text, text.len, &diag));
    assert_int_equal(diag.messages.at[1].code, TTFS_TEXT_RANGE);
    assert_true(ttfs_remove_tree(folder, &diag));
    assert_false(ttfs_spike_read(&back, file, text.text, text.len, &diag));
    assert_int_equal(diag.messages.at[2].code, TTFS_FILE_OPEN);
    ttfs_buf_free(&text);
    ttfs_spike_free(&s);
    ttfs_diag_free(&diag);
}

/* Any text either reads into a graph that passes the check or is refused with an error. */
static void read_whatever(const char *text, size_t n) {
    TtfsSpike s;
    TtfsDiag diag = {0};
    bool ok = ttfs_spike_read(&s, "fuzz", text, n, &diag);
    if (ok)
        assert_true(ttfs_spike_check(&s, "fuzz", &diag));
    else
        assert_true(diag.errors > 0 && s.pops.len == 0 && s.arena.top == NULL);
    ttfs_spike_free(&s);
    ttfs_diag_free(&diag);
}

static void hostile_text(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsBuf b = {0};
    TtfsRng r = ttfs_rng(9);
    random_spike(&s, 12);
    print(&s, NULL, &b);
    for (size_t n = 0; n <= b.len; n += n < 600 ? 1 : 17) {
        char *cut = malloc(n + 1); /* exact, so that a sanitizer sees a read past the end */
        memcpy(cut, b.text, n);
        read_whatever(cut, n);
        free(cut);
    }
    static const char digits[] = "0123456789 -\n\"[]xabcdef.";
    for (int round = 0; round < 4000; round++) {
        char kept[4];
        size_t at[4];
        for (int i = 0; i < 4; i++) {
            at[i] = ttfs_rng_below(&r, (uint32_t)b.len / 2);
            kept[i] = b.text[at[i]];
            b.text[at[i]] = digits[ttfs_rng_below(&r, sizeof digits - 1)];
        }
        read_whatever(b.text, b.len);
        for (int i = 3; i >= 0; i--) b.text[at[i]] = kept[i];
    }
    ttfs_buf_free(&b);
    ttfs_spike_free(&s);
}

/* One of the golden or reject pairs: x.in gives x.want or x.err. */
static void pair(const char *folder, const char *name, const char *wanted) {
    char in[512], out[512];
    TtfsFile f;
    TtfsSpike s;
    TtfsDiag diag = {0};
    TtfsBuf got = {0};
    snprintf(in, sizeof in, "%s/tests/%s/spike/%s.in", TTFS_SOURCE_DIR, folder, name);
    snprintf(out, sizeof out, "%s/tests/%s/spike/%s.%s", TTFS_SOURCE_DIR, folder, name, wanted);
    if (!ttfs_file_open(&f, in, 1 << 20, &diag)) fail_msg("no %s", in);
    bool ok = ttfs_spike_read(&s, ttfs_path_base(in), f.bytes, f.size, &diag);
    if (ok) print(&s, NULL, &got);
    ttfs_diag_print(&diag, TTFS_NOTE, false, &got);
    ttfs_file_close(&f);
    assert_int_equal(ok, strcmp(wanted, "want") == 0);
    if (getenv("TTFS_UPDATE"))
        assert_true(ttfs_file_write(out, ttfs_buf_text(&got), got.len, &diag));
    if (!ttfs_file_open(&f, out, 1 << 20, &diag)) fail_msg("no %s", out);
    char *want = ttfs_arena_strndup(&diag.arena, (const char *)f.bytes, f.size);
    assert_string_equal(ttfs_buf_text(&got), want);
    ttfs_file_close(&f);
    ttfs_buf_free(&got);
    ttfs_spike_free(&s);
    ttfs_diag_free(&diag);
}

/* All pairs of a folder, of which there are `least` or more. */
static void pairs(const char *folder, const char *wanted, int least) {
    char path[512];
    int n = 0;
    snprintf(path, sizeof path, "%s/tests/%s/spike", TTFS_SOURCE_DIR, folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".in") != 0) continue;
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(dot - e->d_name), e->d_name);
        pair(folder, name, wanted);
        n++;
    }
    closedir(dir);
    assert_true(n >= least);
}

static void golden_pairs(void **state) {
    (void)state;
    pairs("golden", "want", 4);
}

static void reject_pairs(void **state) {
    (void)state;
    pairs("reject", "err", 27);
}

/* Integrates one channel of a dense population tick by tick, with any spikes, and holds slope and
 * potential against the bounds. */
static void bounds_hold(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        TtfsSpike s;
        TtfsRng r = ttfs_rng(seed);
        random_spike(&s, seed);
        const TtfsPopulation *p = ttfs_spike_pop(&s, s.readout);
        TtfsBounds b = ttfs_spike_bounds(&s, s.readout, 0);
        int64_t v = p->bias[0];
        for (uint32_t i = 0; i < p->conn_count; i++) {
            const TtfsConnection *c = &s.conns.at[p->conn_first + i];
            const TtfsPopulation *src = ttfs_spike_pop(&s, c->src);
            uint32_t n = ttfs_conn_fan(&s, c), sign = ttfs_rng_below(&r, 3);
            int64_t slope = 0;
            bool *fired = TTFS_ARRAY(&s.arena, bool, n);
            for (uint32_t k = 0; k < src->ticks; k++) {
                for (uint32_t j = 0; j < n; j++) {
                    bool wanted = sign == 2 || (c->weights[j] < 0) == (sign == 0);
                    if (fired[j] || !wanted || ttfs_rng_below(&r, 4) == 0) continue;
                    fired[j] = true;
                    slope += c->weights[j];
                    assert_true(slope >= b.slope_min && slope <= b.slope_max);
                }
                v += slope;
                assert_true(v >= b.potential_min && v <= b.potential_max);
            }
        }
        ttfs_spike_free(&s);
    }
}

/* Biases per neuron: the least and the largest count. */
static void bounds_of_a_bias_map(void **state) {
    (void)state;
    TtfsSpike s = {0};
    int16_t w[2] = {1, -1};
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 3, .ticks = 2});
    TtfsPop conv = add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_RELU,
                                                .c = 2,
                                                .h = 1,
                                                .w = 3,
                                                .ticks = 4,
                                                .bias = (int32_t[]){5, -6, 7, 1, 2, 3},
                                                .bias_count = 6});
    add_conn(&s,
             (TtfsConnection){
                 TTFS_CONN_CONV, s.input, conv, {1, 1}, {1, 1}, {1, 1}, {0}, 2, w, 2, .group = 1});
    TtfsBounds b = ttfs_spike_bounds(&s, conv, 0);
    assert_int_equal(b.potential_min, -6);
    assert_int_equal(b.potential_max, 9);
    b = ttfs_spike_bounds(&s, conv, 1);
    assert_int_equal(b.potential_min, -1);
    assert_int_equal(b.potential_max, 3);
    ttfs_spike_free(&s);
}

static void bounds_are_reached(void **state) {
    (void)state;
    TtfsSpike s = {0};
    int16_t w[] = {3, -4, 5, 0};
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 4, .h = 1, .w = 1, .ticks = 10});
    s.readout = add_pop(
        &s,
        (TtfsPopulation){.kind = TTFS_POP_READOUT, .c = 1, .h = 1, .w = 1, .bias = (int32_t[]){7}});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, s.input, s.readout, .weight_bits = 4,
                                  .weights = w, .weight_count = 4});
    TtfsBounds b = ttfs_spike_bounds(&s, s.readout, 0);
    assert_int_equal(b.slope_min, -4);
    assert_int_equal(b.slope_max, 8);
    assert_int_equal(b.potential_min, 7 - 40);
    assert_int_equal(b.potential_max, 7 + 80);
    ttfs_spike_free(&s);
}

static void encoder(void **state) {
    (void)state;
    TtfsSpike s = {.order = {0, 1, 2}};
    s.input = add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT,
                                           .c = 9,
                                           .h = 1,
                                           .w = 1,
                                           .ticks = 10,
                                           .scale = 0.5,
                                           .offset = -1});
    const float v[9] = {-1, -0.76f, -0.75f, 0, 4, 4.2f, 4.25f, -1.3f, NAN};
    const uint16_t want[9] = {0, 0, 1, 2, 10, 10, 10, 0, 0};
    uint16_t x[9];
    assert_int_equal(ttfs_spike_encode(&s, v, x), 3); /* 4.25, -1.3, NaN */
    assert_memory_equal(x, want, sizeof want);
    ttfs_spike_free(&s);
}

/* Samples with their channels last: 2 rows, 3 columns, 2 channels. */
static void encoder_of_channels_last(void **state) {
    (void)state;
    TtfsSpike s = {.order = {2, 0, 1}};
    s.input = add_pop(
        &s,
        (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 2, .h = 2, .w = 3, .ticks = 100, .scale = 1});
    const float v[12] = {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60};
    const uint16_t want[12] = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
    uint16_t x[12];
    assert_int_equal(ttfs_spike_encode(&s, v, x), 0);
    assert_memory_equal(x, want, sizeof want);
    ttfs_spike_free(&s);
}

static void sizes(void **state) {
    (void)state;
    TtfsSpike s = {0};
    int16_t w[2 * 3 * 9] = {0}, d[10 * 32] = {0};
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 3, .h = 4, .w = 4, .ticks = 1});
    TtfsPop conv = add_pop(
        &s,
        (TtfsPopulation){.kind = TTFS_POP_RELU, .c = 2, .h = 4, .w = 4, .bias = (int32_t[2]){0}});
    add_conn(&s, (TtfsConnection){TTFS_CONN_CONV,
                                  s.input,
                                  conv,
                                  {3, 3},
                                  {1, 1},
                                  {1, 1},
                                  {1, 1, 1, 1},
                                  2,
                                  w,
                                  54,
                                  .group = 1});
    s.readout = add_pop(
        &s, (TtfsPopulation){
                .kind = TTFS_POP_READOUT, .c = 10, .h = 1, .w = 1, .bias = (int32_t[10]){0}});
    add_conn(&s, (TtfsConnection){TTFS_CONN_DENSE, conv, s.readout, .weight_bits = 2, .weights = d,
                                  .weight_count = 320});
    assert_int_equal(ttfs_spike_neurons(&s), 48 + 32 + 10);
    assert_int_equal(ttfs_spike_parameters(&s), 54 + 320 + 12);
    /* 10 tap pairs an axis: 3 taps at the two inner positions, 2 at the borders. */
    assert_int_equal(ttfs_spike_synapses(&s), 10 * 10 * 6 + 320);
    /* Depthwise, of the last two channels, with a bias for every neuron; then a second connection
     * with the same weights. */
    TtfsConnection *k = &s.conns.at[0];
    k->src_ch_first = 1, k->src_channels = k->group = 2;
    k->weight_count = 18;
    s.pops.at[1].bias_count = 32;
    assert_int_equal(ttfs_spike_synapses(&s), 10 * 10 * 2 + 320);
    assert_int_equal(ttfs_spike_parameters(&s), 18 + 320 + 42);
    s.conns.at[1].shared = 1;
    assert_int_equal(ttfs_spike_parameters(&s), 18 + 42);
    assert_int_equal(ttfs_patch_count(28, 5, 1, 1, 2, 2), 28);
    assert_int_equal(ttfs_patch_count(28, 2, 2, 1, 0, 0), 14);
    assert_int_equal(ttfs_patch_count(7, 3, 2, 2, 0, 1), 2);
    assert_int_equal(ttfs_patch_count(2, 3, 1, 1, 0, 0), 0);
    assert_int_equal(ttfs_patch_count(2, 0, 1, 1, 0, 0), 0);
    ttfs_spike_free(&s);
}

static void equality_sees_one_weight(void **state) {
    (void)state;
    TtfsSpike a, b;
    char what[300];
    random_spike(&a, 8);
    random_spike(&b, 8);
    expect_equal(&a, &b);
    TtfsConnection *c = &b.conns.at[b.conns.len - 1];
    int16_t *w = TTFS_ARRAY(&b.arena, int16_t, c->weight_count);
    memcpy(w, c->weights, c->weight_count * sizeof *w);
    w[c->weight_count - 1]++;
    c->weights = w;
    assert_false(ttfs_spike_equal(&a, &b, what, sizeof what));
    assert_non_null(strstr(what, "weight"));
    w[c->weight_count - 1]--;
    b.pops.at[b.pops.len - 1].bias[0]++;
    assert_false(ttfs_spike_equal(&a, &b, what, sizeof what));
    assert_non_null(strstr(what, "bias of channel 0"));
    assert_false(ttfs_spike_equal(&a, &b, what, 4));
    assert_int_equal(strlen(what), 3);
    ttfs_spike_free(&a);
    ttfs_spike_free(&b);
}

/* Every number of a connection and a population is compared, and named with both values in order.
 */
static void every_number_is_compared(void **state) {
    (void)state;
    TtfsSpike a, b;
    random_spike(&a, 7);
    random_spike(&b, 7);
    TtfsPopulation *p = &b.pops.at[b.pops.len - 1];
    TtfsConnection *k = &b.conns.at[p->conn_first];
    TtfsPopulation *in = &b.pops.at[0];
    while (!in->rates.rows) in++;
    const struct {
        uint32_t *number;
        const char *name;
    } numbers[] = {{&b.latency, "latency"},
                   {&k->src.i, "connection source"},
                   {&k->dst.i, "connection target"},
                   {&k->src_ch_first, "first channel"},
                   {&k->src_channels, "source channels"},
                   {&k->group, "groups"},
                   {&k->weight_bits, "weight bits"},
                   {&p->c, "channels"},
                   {&p->h, "rows"},
                   {&p->w, "columns"},
                   {&p->ticks, "ticks"},
                   {&p->start, "start"},
                   {&p->rate_ppm, "rate"},
                   {&in->rates.rows, "bands of rows"},
                   {&in->rates.cols, "bands of columns"},
                   {&in->rates.vary, "deviation of the rate"},
                   {&in->rates.vary_part, "deviation of a band's rate"},
                   {&in->rates.part[0], "rate of a band"},
                   {&p->bias_count, "biases"},
                   {&p->conn_first, "first connection"},
                   {&p->conn_count, "connections"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char what[300], want[100];
        uint32_t was = (*numbers[i].number)++;
        snprintf(want, sizeof want, "%s: %u and %u", numbers[i].name, was, was + 1);
        assert_false(ttfs_spike_equal(&a, &b, what, sizeof what));
        if (!strstr(what, want)) fail_msg("%s, expected %s", what, want);
        *numbers[i].number = was;
    }
    expect_equal(&a, &b);
    ttfs_spike_free(&a);
    ttfs_spike_free(&b);
}

/* The rate of a rectangle is the mean over its places, each of the band that it lies in. */
static void rates_of_parts(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(5);
    for (int n = 0; n < 2000; n++) {
        uint32_t part[TTFS_MAX_BANDS * TTFS_MAX_BANDS];
        TtfsPopulation p = {.c = 3, .h = between(&r, 1, 20), .w = between(&r, 1, 20)};
        p.rate_ppm = ttfs_rng_below(&r, 1000001);
        p.rates = (TtfsRates){.part = part};
        p.rates.rows = between(&r, 1, p.h < TTFS_MAX_BANDS ? p.h : TTFS_MAX_BANDS);
        p.rates.cols = between(&r, 1, p.w < TTFS_MAX_BANDS ? p.w : TTFS_MAX_BANDS);
        for (uint32_t i = 0; i < p.rates.rows * p.rates.cols; i++)
            part[i] = ttfs_rng_below(&r, 3000);
        int64_t y = (int64_t)between(&r, 0, 24) - 4, x = (int64_t)between(&r, 0, 24) - 4;
        uint32_t rows = between(&r, 1, 20), cols = between(&r, 1, 20);
        double sum = 0, places = 0;
        for (uint32_t i = 0; i < p.rates.rows; i++)
            for (uint32_t k = 0; k < p.rates.cols; k++)
                for (uint32_t a = p.h * i / p.rates.rows; a < p.h * (i + 1) / p.rates.rows; a++)
                    for (uint32_t b = p.w * k / p.rates.cols; b < p.w * (k + 1) / p.rates.cols; b++)
                        if (a >= y && a < y + rows && b >= x && b < x + cols)
                            sum += part[i * p.rates.cols + k], places++;
        double want = places > 0 ? p.rate_ppm * sum / places / TTFS_RATE_ONE : p.rate_ppm;
        if (want > 1e6) want = 1e6;
        double got = ttfs_pop_rate(&p, y, rows, x, cols);
        if (fabs(got - want) > 2 + want * 1e-3) fail_msg("%g, expected %g", got, want);
        p.rates.rows = 0;
        assert_int_equal(ttfs_pop_rate(&p, y, rows, x, cols), p.rate_ppm);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_of_parts),
        cmocka_unit_test(text_is_a_fixed_point),
        cmocka_unit_test(every_number_is_compared),
        cmocka_unit_test(blob_beside_the_text),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(golden_pairs),
        cmocka_unit_test(reject_pairs),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(bounds_are_reached),
        cmocka_unit_test(bounds_of_a_bias_map),
        cmocka_unit_test(encoder),
        cmocka_unit_test(encoder_of_channels_last),
        cmocka_unit_test(sizes),
        cmocka_unit_test(equality_sees_one_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
