/* SPDX-License-Identifier: Apache-2.0
 *
 * The lift: images of random graphs on chips of several shapes decode to the graph they came from;
 * any single bit of descriptors or weights that is flipped makes the lift fail or differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip_spike.h"
#include "image_to_spike.h"
#include "plan_to_image.h"
#include "spike_to_plan.h"

static const uint32_t shapes[][3] = {{1, 1, 8}, {1, 16, 8}, {2, 5, 8}, {3, 7, 10},
                                     {4, 8, 8}, {2, 3, 11}, {4, 2, 6}, {1, 4, 4}};

static bool make(uint64_t seed, TtfsSpike *s, TtfsPlan *p, TtfsImage *img, TtfsDiag *diag) {
    const uint32_t *c = shapes[seed % 8];
    TtfsChip chip = small_chip(c[0], c[1], c[2]);
    *img = (TtfsImage){0};
    chip_spike(s, seed, chip.weight_bits);
    return ttfs_spike_to_plan(s, &chip, "net", p, diag) && ttfs_plan_to_image(p, s, img, diag);
}

static void lifts_to_the_same_graph(void **state) {
    (void)state;
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        TtfsSpike s, back = {0};
        TtfsPlan p;
        TtfsImage img;
        TtfsDiag diag = {0};
        char what[200] = "";
        if (make(seed, &s, &p, &img, &diag)) {
            made++;
            if (!ttfs_image_to_spike(&img, "img", &back, &diag))
                fail_msg("seed %u: %s", (unsigned)seed, diag.messages.at[0].what);
            if (!ttfs_spike_equal(&s, &back, what, sizeof what))
                fail_msg("seed %u: %s", (unsigned)seed, what);
        }
        ttfs_image_free(&img);
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_spike_free(&back);
        ttfs_diag_free(&diag);
    }
    assert_true(made > 350);
}

/* True when the lift sees that the image is not that of `s`. */
static bool notices(const TtfsImage *img, const TtfsSpike *s) {
    TtfsSpike back;
    TtfsDiag diag = {0};
    char what[200];
    bool same = ttfs_image_to_spike(img, "img", &back, &diag) &&
                ttfs_spike_equal(s, &back, what, sizeof what);
    ttfs_spike_free(&back);
    ttfs_diag_free(&diag);
    return !same;
}

static void every_bit_matters(void **state) {
    (void)state;
    uint32_t images = 0, copies = 0, pools = 0;
    for (uint64_t seed = 0; images < 8 || copies == 0 || pools == 0; seed++) {
        TtfsSpike s;
        TtfsPlan p;
        TtfsImage img;
        TtfsDiag diag = {0};
        bool ok = make(seed, &s, &p, &img, &diag);
        uint32_t rows = 0;
        for (uint32_t c = 0; ok && c < img.chip.cores; c++) rows += img.cores[c].rows;
        if (ok && rows < 400) {
            images++;
            for (uint32_t i = 0; i < p.slices.len; i++) {
                copies += p.slices.at[i].band || p.slices.at[i].patch;
                pools += p.slices.at[i].groups == 0;
            }
            for (uint32_t c = 0; c < img.chip.cores; c++) {
                TtfsCoreImage *core = &img.cores[c];
                for (uint32_t bit = 0; bit < core->slots * TTFS_DESC_WORDS * 32; bit++) {
                    core->descriptors[bit / 32] ^= 1u << bit % 32;
                    if (!notices(&img, &s))
                        fail_msg("seed %u core %u slot %u word %u bit %u", (unsigned)seed, c,
                                 bit / 32 / 20, bit / 32 % 20, bit % 32);
                    core->descriptors[bit / 32] ^= 1u << bit % 32;
                }
                for (uint32_t bit = 0; bit < core->rows * core->row_bytes * 8; bit++) {
                    core->weights[bit / 8] ^= (unsigned char)(1u << bit % 8);
                    if (!notices(&img, &s)) fail_msg("core %u weight bit %u", c, bit);
                    core->weights[bit / 8] ^= (unsigned char)(1u << bit % 8);
                }
            }
        }
        ttfs_image_free(&img);
        ttfs_plan_free(&p);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
        assert_true(seed < 3000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifts_to_the_same_graph),
        cmocka_unit_test(every_bit_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
