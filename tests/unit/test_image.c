/* SPDX-License-Identifier: Apache-2.0
 *
 * The image: file and disassembly come back to the same bits; truncated and flipped files are
 * refused by the checksums; what the disassembly says is what was compiled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip_spike.h"
#include "image_to_spike.h"
#include "plan_to_image.h"
#include "reject.h"
#include "spike_to_plan.h"

typedef struct {
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsImage image;
    TtfsDiag diag;
} Made;

static bool make(Made *m, uint64_t seed, TtfsChip chip) {
    *m = (Made){0};
    chip_spike(&m->spike, seed, chip.weight_bits);
    return ttfs_spike_to_plan(&m->spike, &chip, "net", &m->plan, &m->diag) &&
           ttfs_plan_to_image(&m->plan, &m->spike, &m->image, &m->diag);
}

static void drop(Made *m) {
    ttfs_spike_free(&m->spike);
    ttfs_plan_free(&m->plan);
    ttfs_image_free(&m->image);
    ttfs_diag_free(&m->diag);
}

static void same_images(const TtfsImage *a, const TtfsImage *b) {
    TtfsBuf x = {0}, y = {0};
    ttfs_image_pack(a, &x);
    ttfs_image_pack(b, &y);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.text, y.text, x.len);
    ttfs_buf_free(&x);
    ttfs_buf_free(&y);
}

static void file_and_text_come_back(void **state) {
    (void)state;
    static const uint32_t chips[][3] = {{1, 8, 8}, {2, 5, 7}, {3, 3, 4}, {4, 16, 8}};
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < 120; seed++) {
        const uint32_t *c = chips[seed % 4];
        Made m;
        if (make(&m, seed, small_chip(c[0], c[1], c[2]))) {
            made++;
            TtfsImage again, read;
            TtfsBuf file = {0}, text = {0}, twice = {0};
            ttfs_image_pack(&m.image, &file);
            assert_true(ttfs_image_unpack(&again, "img", file.text, file.len, &m.diag));
            same_images(&m.image, &again);
            ttfs_image_print(&m.image, &text);
            assert_true(ttfs_image_read(&read, "img", text.text, text.len, &m.diag));
            same_images(&m.image, &read);
            ttfs_image_print(&read, &twice);
            assert_string_equal(text.text, twice.text);
            ttfs_image_free(&again);
            ttfs_image_free(&read);
            ttfs_buf_free(&file);
            ttfs_buf_free(&text);
            ttfs_buf_free(&twice);
        }
        drop(&m);
    }
    assert_true(made > 80);
}

/* A small image as a file. */
static void small_file(TtfsBuf *file) {
    Made m;
    for (uint64_t seed = 0;; seed++) {
        bool ok = make(&m, seed, small_chip(2, 3, 8));
        if (ok && m.image.cores[0].rows > 0 && m.image.cores[0].rows < 100) break;
        drop(&m);
    }
    ttfs_image_pack(&m.image, file);
    drop(&m);
}

static void truncations_are_refused(void **state) {
    (void)state;
    TtfsBuf file = {0};
    small_file(&file);
    for (size_t n = 0; n < file.len; n++) {
        TtfsImage img;
        TtfsDiag diag = {0};
        unsigned char *copy = malloc(n ? n : 1); /* so that reads behind the end are seen */
        memcpy(copy, file.text, n);
        assert_false(ttfs_image_unpack(&img, "img", copy, n, &diag));
        assert_true(diag.errors > 0);
        ttfs_image_free(&img);
        ttfs_diag_free(&diag);
        free(copy);
    }
    ttfs_buf_free(&file);
}

static void every_flipped_bit_is_refused(void **state) {
    (void)state;
    TtfsBuf file = {0};
    small_file(&file);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        TtfsImage img;
        TtfsDiag diag = {0};
        file.text[bit / 8] = (char)(file.text[bit / 8] ^ 1 << bit % 8);
        assert_false(ttfs_image_unpack(&img, "img", file.text, file.len, &diag));
        assert_true(diag.errors > 0);
        file.text[bit / 8] = (char)(file.text[bit / 8] ^ 1 << bit % 8);
        ttfs_image_free(&img);
        ttfs_diag_free(&diag);
    }
    ttfs_buf_free(&file);
}

/* Mends the checksums after damage, so that the reader's own checks are what is tried. */
static void mend(unsigned char *f, size_t n) {
    uint32_t count = f[12] | (uint32_t)f[13] << 8;
    size_t table = 16, at = 16 + count * 20 + 4;
    if (at > n) return;
    for (uint32_t i = 0; i < count; i++, table += 20) {
        uint64_t word = f[table + 8] | (uint32_t)f[table + 9] << 8;
        uint64_t words = f[table + 12] | (uint32_t)f[table + 13] << 8 |
                         (uint32_t)f[table + 14] << 16;
        if (word * words > n - at) break;
        uint32_t crc = ttfs_crc32(0, f + at, (size_t)(word * words));
        for (int b = 0; b < 4; b++) f[table + 16 + (size_t)b] = (unsigned char)(crc >> 8 * b);
        at += (size_t)(word * words);
    }
    size_t end = 16 + count * 20;
    uint32_t crc = ttfs_crc32(0, f, end);
    for (int b = 0; b < 4; b++) f[end + (size_t)b] = (unsigned char)(crc >> 8 * b);
}

static void damaged_files_with_right_checksums(void **state) {
    (void)state;
    TtfsBuf file = {0};
    small_file(&file);
    TtfsRng rng = ttfs_rng(7);
    for (int round = 0; round < 20000; round++) {
        unsigned char *f = malloc(file.len);
        memcpy(f, file.text, file.len);
        for (uint32_t k = between(&rng, 1, 4); k > 0; k--)
            f[16 + ttfs_rng_below(&rng, (uint32_t)file.len - 16)] ^=
                (unsigned char)(1u << ttfs_rng_below(&rng, 8));
        mend(f, file.len);
        TtfsImage img;
        TtfsSpike lifted = {0};
        TtfsDiag diag = {0};
        bool ok = ttfs_image_unpack(&img, "img", f, file.len, &diag);
        if (ok) ok = ttfs_image_to_spike(&img, "img", &lifted, &diag);
        assert_true(ok == (diag.errors == 0));
        ttfs_spike_free(&lifted);
        ttfs_image_free(&img);
        ttfs_diag_free(&diag);
        free(f);
    }
    ttfs_buf_free(&file);
}

static bool read_text(const char *name, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsImage img;
    TtfsSpike s = {0};
    bool ok = ttfs_image_read(&img, name, bytes, n, diag) &&
              ttfs_image_to_spike(&img, name, &s, diag);
    ttfs_spike_free(&s);
    ttfs_image_free(&img);
    return ok;
}

static void refused_texts(void **state) {
    (void)state;
    reject_folder(TTFS_SOURCE_DIR "/tests/reject/image", read_text, 10);
}

static void preload_text(void **state) {
    (void)state;
    Made m;
    assert_true(make(&m, 3, small_chip(1, 3, 7)));
    TtfsBuf rows = {0}, words = {0};
    const TtfsCoreImage *core = &m.image.cores[0];
    ttfs_image_hex(&m.image, 0, 2, &rows);
    ttfs_image_hex(&m.image, 0, 1, &words);
    assert_int_equal(rows.len, core->rows * (6 + 1)); /* 21 bits a row */
    assert_int_equal(words.len, core->slots * 32 * 9);
    uint32_t first = (uint32_t)strtoul(rows.text, NULL, 16);
    for (uint32_t lane = 0; lane < 3; lane++)
        assert_int_equal(first >> (7 * lane) & 127, ttfs_image_lane(&m.image, 0, 0, lane) & 127);
    assert_int_equal(strtoul(words.text, NULL, 16), core->descriptors[0]);
    assert_int_equal(strtoul(words.text + 32 * 9, NULL, 16), core->descriptors[20]);
    ttfs_buf_free(&rows);
    ttfs_buf_free(&words);
    drop(&m);
}

static void lanes_and_slices(void **state) {
    (void)state;
    Made m;
    assert_true(make(&m, 3, small_chip(1, 3, 7)));
    for (int32_t v = -64; v < 64; v++) {
        ttfs_image_set_lane(&m.image, 0, 1, 1, v);
        assert_int_equal(ttfs_image_lane(&m.image, 0, 1, 1), v);
    }
    ttfs_image_set_lane(&m.image, 0, 1, 2, 5);
    ttfs_image_set_lane(&m.image, 0, 2, 2, -2);
    assert_int_equal(ttfs_image_slices(&m.image, 0, 1, 2, 2), 5 - 2 * 128);
    drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_and_text_come_back),
        cmocka_unit_test(truncations_are_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(damaged_files_with_right_checksums),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(preload_text),
        cmocka_unit_test(lanes_and_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
