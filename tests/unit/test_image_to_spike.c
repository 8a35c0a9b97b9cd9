/* SPDX-License-Identifier: Apache-2.0
 *
 * The lift: images of random graphs, on random chips, by the solver's plans and by random ones,
 * decode to the graph they came from. Any single bit of the memories that is inverted makes the
 * lift fail or differ, or is one that changes nothing: the interpreter of images still does as
 * golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "another_graph.h"
#include "image_to_spike.h"
#include "plan_to_image.h"
#include "random_plan.h"
#include "run_golden.h"
#include "share.h"
#include "spike_to_plan.h"

typedef struct {
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsImage image;
    TtfsDiag diag;
} Made;

static bool make(Made *m, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed + 77);
    *m = (Made){0};
    random_spike(&m->spike, seed);
    TtfsChip chip = random_chip(&rng);
    if (!(seed % 2 ? ttfs_spike_to_plan(&m->spike, &chip, (TtfsSchedule)(seed / 2 % TTFS_SCHEDULES),
                                        "net", &m->plan, &m->diag)
                   : random_plan(&m->plan, &m->spike, &chip, &rng, &m->diag)))
        return false;
    if (!ttfs_plan_to_image(&m->plan, &m->spike, &m->image, &m->diag))
        fail_msg("seed %u: %s", (unsigned)seed, m->diag.messages.at[0].what);
    return true;
}

static void drop(Made *m) {
    ttfs_image_free(&m->image);
    ttfs_plan_free(&m->plan);
    ttfs_spike_free(&m->spike);
    ttfs_diag_free(&m->diag);
}

/* Do the same weights come to a core for two slots? */
static bool streams_twice(const TtfsPlan *p) {
    bool twice = false;
    for (uint32_t i = 0; i < p->tasks.len; i++)
        for (uint32_t k = 0; k < i; k++) {
            const TtfsTask *a = &p->tasks.at[i], *b = &p->tasks.at[k];
            twice |= a->streamed && b->streamed && a->pop.i == b->pop.i && a->core == b->core &&
                     a->slot != b->slot && a->ch_first == b->ch_first && a->channels == b->channels;
        }
    return twice;
}

static void lifts_to_the_same_graph(void **state) {
    (void)state;
    uint32_t made = 0, twice = 0, all = graphs(A_SHARE(600));
    for (uint64_t seed = 0; seed < all; seed++) {
        Made m;
        if (make(&m, seed)) {
            TtfsSpike back = {0};
            char what[200] = "";
            made++;
            twice += streams_twice(&m.plan);
            if (!ttfs_image_to_spike(&m.image, "img", &back, &m.diag))
                fail_msg("seed %u: %s", (unsigned)seed, m.diag.messages.at[0].what);
            if (!ttfs_spike_equal(&m.spike, &back, what, sizeof what))
                fail_msg("seed %u: %s", (unsigned)seed, what);
            ttfs_spike_free(&back);
        }
        drop(&m);
    }
    print_message("%u of %u graphs, in %u weights come for two slots\n", made, all, twice);
    assert_true(all < 600 || twice > 0);
    assert_true(made > all / 2);
}

/* A few samples give what golden gives, and no error. */
static bool does_the_same(const TtfsImage *img, const TtfsSpike *s) {
    TtfsRng r = ttfs_rng(5);
    char why[300];
    return run_as_golden(s, img, &r, 3, why, sizeof why);
}

/* Bits of an image, and how many of them the lift lets pass. */
typedef struct {
    uint32_t bits, harmless;
} Count;

static void flip_memory(const Made *m, uint64_t seed, uint32_t core, int mem, Count *count) {
    const TtfsMemImage *at = &m->image.cores[core].mem[mem];
    TtfsMemShape shape = ttfs_chip_memory(&m->image.chip, (TtfsMem)mem);
    for (uint32_t bit = 0; bit < at->rows * at->chunks * 32; bit++) {
        if (bit % (at->chunks * 32) >= shape.bits) continue;
        at->words[bit / 32] ^= UINT32_C(1) << bit % 32;
        count->bits++;
        if (!another_graph(&m->image, &m->spike)) {
            count->harmless++;
            if (!does_the_same(&m->image, &m->spike))
                fail_msg("seed %u core %u %s word %u bit %u", (unsigned)seed, core, shape.name,
                         bit / 32, bit % 32);
        }
        at->words[bit / 32] ^= UINT32_C(1) << bit % 32;
    }
}

static uint32_t words_of(const TtfsImage *img) {
    uint32_t words = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        for (int m = 0; m < TTFS_MEMS; m++)
            words += img->cores[c].mem[m].rows * img->cores[c].mem[m].chunks;
    return words;
}

/* Elements of a core: the lift has a word for each, and is done once a bit. */
enum { SMALL = 16384 };

static void every_bit_matters(void **state) {
    (void)state;
    uint32_t images = 0, pools = 0, meshes = 0, passes = 0, banks = 0;
    Count count = {0};
    for (uint64_t seed = 0; images < 8 || !pools || !meshes || !passes || !banks; seed++) {
        Made m;
        if (make(&m, seed) && words_of(&m.image) < 300 &&
            ttfs_chip_elements(&m.image.chip) <= SMALL) {
            images++;
            meshes += ttfs_chip_cores(&m.image.chip) > 1;
            for (uint32_t i = 0; i < m.plan.buffers.len; i++)
                banks += m.plan.buffers.at[i].banks > 1;
            for (uint32_t i = 0; i < m.plan.tasks.len; i++) {
                pools += m.plan.tasks.at[i].groups == 0;
                passes += m.plan.tasks.at[i].passes > 1;
            }
            for (uint32_t c = 0; c < ttfs_chip_cores(&m.image.chip); c++)
                for (int mem = 0; mem < TTFS_MEMS; mem++) flip_memory(&m, seed, c, mem, &count);
        }
        drop(&m);
        assert_true(seed < 3000);
    }
    print_message("%u images, %u bits, %u of them harmless\n", images, count.bits, count.harmless);
    assert_true(count.harmless < count.bits / 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifts_to_the_same_graph),
        cmocka_unit_test(every_bit_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
