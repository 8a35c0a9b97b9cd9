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

#include "image_to_spike.h"
#include "plan_to_image.h"
#include "random_plan.h"
#include "reject.h"
#include "seal_image.h"

typedef struct {
    TtfsSpike spike;
    TtfsPlan plan;
    TtfsImage image;
    TtfsDiag diag;
} Made;

static bool make(Made *m, uint64_t seed) {
    TtfsRng rng = ttfs_rng(seed + 9);
    *m = (Made){0};
    random_spike(&m->spike, seed);
    TtfsChip chip = random_chip(&rng);
    return random_plan(&m->plan, &m->spike, &chip, &rng, &m->diag) &&
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
    uint32_t made = 0;
    for (uint64_t seed = 0; seed < 120; seed++) {
        Made m;
        if (make(&m, seed)) {
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
    assert_true(made > 60);
}

/* A small image of a mesh with a pool, as a file. */
static void small_file(TtfsBuf *file) {
    for (uint64_t seed = 0; file->len == 0; seed++) {
        Made m;
        if (make(&m, seed) && ttfs_chip_cores(&m.image.chip) > 1 && m.spike.pops.len > 2 &&
            m.spike.pops.at[1].kind == TTFS_POP_POOL) {
            ttfs_image_pack(&m.image, file);
            if (file->len > 5000) ttfs_buf_free(file);
        }
        drop(&m);
    }
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

static void damaged_files_with_right_checksums(void **state) {
    (void)state;
    TtfsBuf file = {0};
    small_file(&file);
    TtfsRng rng = ttfs_rng(7);
    for (int round = 0; round < 5000; round++) {
        unsigned char *f = malloc(file.len);
        memcpy(f, file.text, file.len);
        for (uint32_t k = between(&rng, 1, 4); k > 0; k--)
            f[16 + ttfs_rng_below(&rng, (uint32_t)file.len - 16)] ^=
                (unsigned char)(1u << ttfs_rng_below(&rng, 8));
        seal_image(f, file.len);
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

/* A layer and a readout on two cores, so many turns apart, with barriers. */
static void staged_image(Made *m, uint32_t apart) {
    TtfsRng rng = ttfs_rng(1);
    TtfsChip chip = small_chip(2, 4, 8);
    TtfsPopulation in = {.kind = TTFS_POP_INPUT, .c = 3, .h = 1, .w = 1, .ticks = 15};
    *m = (Made){.plan = {.chip = chip}};
    m->spike.input = add_pop(&m->spike, in);
    chip_dense(&m->spike, &rng, (TtfsPop){1}, TTFS_POP_RELU, 8);
    chip_dense(&m->spike, &rng, (TtfsPop){2}, TTFS_POP_READOUT, 8);
    m->spike.readout.i = 3;
    set_times(&m->spike, &rng);
    *TTFS_PUSH(&m->plan.arena, m->plan.slots) = (TtfsSlot){0};
    for (uint32_t i = 1; i <= 3; i++) {
        *TTFS_PUSH(&m->plan.arena, m->plan.when) = (TtfsWhen){0, apart * (i - 1)};
        TtfsTask t = {.pop = {i}, .core = i - 2, .oy_count = 1, .ox_count = 1};
        t.channels = ttfs_spike_pop(&m->spike, t.pop)->c;
        if (i > 1) *TTFS_PUSH(&m->plan.arena, m->plan.tasks) = t;
    }
    ttfs_plan_derive(&m->plan, &m->spike);
    assert_true(ttfs_plan_to_image(&m->plan, &m->spike, &m->image, &m->diag));
}

/* What an image with barriers lacks to do without them: turns, or a copy; it is made for the other
 * way round too. */
static void early_images(void **state) {
    (void)state;
    static const char *const says[] = {
        "1: 2 later expected at least",          NULL, "kept, 5 expected", NULL, NULL, NULL,
        "8 copies are kept, 9 expected at least"};
    for (uint32_t apart = 1; apart <= 7; apart++) {
        Made m;
        TtfsSpike s = {0};
        TtfsBuf said = {0};
        const char *want = says[apart - 1];
        staged_image(&m, apart);
        assert_true(ttfs_image_to_spike(&m.image, "img", &s, &m.diag));
        ttfs_spike_free(&s);
        m.image.early = true;
        bool ok = ttfs_image_to_spike(&m.image, "img", &s, &m.diag);
        ttfs_diag_print(&m.diag, TTFS_NOTE, false, &said);
        if (ok != !want || (want && !strstr(ttfs_buf_text(&said), want)))
            fail_msg("%u apart: %s", apart, ttfs_buf_text(&said));
        ttfs_spike_free(&s);
        ttfs_buf_free(&said);
        drop(&m);
    }
}

/* What a chip has so that its cores may be a turn ahead: a stream of an empty section at most. */
static void early_refusals(void **state) {
    (void)state;
    static const struct {
        uint32_t slots, cores, stream, words;
        bool fits;
    } cases[] = {{1, 2, 0, 0, true},  {1, 2, 1, 2, true},  {1, 2, 1, 3, false},
                 {2, 2, 0, 0, false}, {1, 1, 0, 0, false}, {1, 2, 0, 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Made m;
        staged_image(&m, 2);
        m.image.early = true;
        m.image.slots = cases[i].slots;
        m.image.chip.cores_x = cases[i].cores;
        m.image.chip.stream = cases[i].stream;
        for (uint32_t k = 0; k < cases[i].words; k++)
            *TTFS_PUSH(&m.image.arena, m.image.stream) = 0;
        assert_int_equal(ttfs_image_check(&m.image, "img", &m.diag), cases[i].fits);
        if (!cases[i].fits) assert_non_null(strstr(m.diag.messages.at[0].what, "early 1 with"));
        drop(&m);
    }
}

/* An image of one small memory of every kind, by hand. */
static void hand_image(TtfsImage *img) {
    *img = (TtfsImage){.chip = small_chip(1, 5, 7)}; /* rows of 35 bits */
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, 1);
    for (int m = 0; m < TTFS_MEMS; m++)
        if (m != TTFS_MEM_FLOWS) ttfs_image_make(img, 0, (TtfsMem)m, 3);
}

static void bits_of_rows(void **state) {
    (void)state;
    TtfsImage img;
    hand_image(&img);
    for (int32_t v = -64; v < 64; v++) {
        ttfs_image_set_bits(&img, 0, TTFS_MEM_WEIGHTS, 1, 28, 7, (uint32_t)v);
        assert_int_equal(ttfs_image_signed(&img, 0, TTFS_MEM_WEIGHTS, 1, 28, 7), v);
        assert_int_equal(ttfs_image_bits(&img, 0, TTFS_MEM_WEIGHTS, 1, 28, 7), v & 127);
    }
    ttfs_image_set_bits(&img, 0, TTFS_MEM_WEIGHTS, 1, 28, 7, 0);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(img.cores[0].mem[TTFS_MEM_WEIGHTS].words[i], 0);
    ttfs_image_set_bits(&img, 0, TTFS_MEM_PARAMS, 2, 24, 32, 0x80000001);
    assert_int_equal(ttfs_image_signed(&img, 0, TTFS_MEM_PARAMS, 2, 24, 32), INT32_MIN + 1);
    ttfs_image_free(&img);
}

static void preload_text(void **state) {
    (void)state;
    TtfsImage img;
    TtfsBuf weights = {0}, program = {0};
    hand_image(&img);
    ttfs_image_set_bits(&img, 0, TTFS_MEM_WEIGHTS, 1, 0, 32, 0x89abcdef);
    ttfs_image_set_bits(&img, 0, TTFS_MEM_WEIGHTS, 1, 32, 3, 5);
    img.cores[0].mem[TTFS_MEM_PROGRAM].words[2] = 0x1234;
    ttfs_image_hex(&img, 0, TTFS_MEM_WEIGHTS, &weights);
    ttfs_image_hex(&img, 0, TTFS_MEM_PROGRAM, &program);
    assert_string_equal(weights.text, "000000000\n589abcdef\n000000000\n");
    assert_string_equal(program.text, "00000000\n00000000\n00001234\n");
    ttfs_buf_free(&weights);
    ttfs_buf_free(&program);
    ttfs_image_free(&img);
}

/* Bytes of words, lowest first. */
static uint32_t crc_of(const uint32_t *words, uint32_t n) {
    unsigned char bytes[64];
    for (uint32_t i = 0; i < n * 4; i++) bytes[i] = (unsigned char)(words[i / 4] >> (i % 4 * 8));
    return ttfs_crc32(0, bytes, n * 4);
}

/* As docs/core.md has it: an address only where it does not follow on the one before. */
static void checksums_of_memories(void **state) {
    (void)state;
    TtfsImage img;
    hand_image(&img);
    uint32_t *program = img.cores[0].mem[TTFS_MEM_PROGRAM].words;
    for (uint32_t i = 0; i < 3; i++) program[i] = 7 + i;
    const uint32_t want[] = {1 << 18, 7, 8, 9};
    assert_int_equal(ttfs_image_crc(&img, 0, TTFS_MEM_PROGRAM), crc_of(want, 4));
    img.chip.lanes = 10; /* rows of 70 bits: three chunks, the fourth address is not written */
    ttfs_image_make(&img, 0, TTFS_MEM_WEIGHTS, 2);
    uint32_t *weights = img.cores[0].mem[TTFS_MEM_WEIGHTS].words;
    for (uint32_t i = 0; i < 6; i++) weights[i] = i;
    const uint32_t jump[] = {2 << 18, 0, 1, 2, (2 << 18) + 4, 3, 4, 5};
    assert_int_equal(ttfs_image_crc(&img, 0, TTFS_MEM_WEIGHTS), crc_of(jump, 8));
    assert_int_equal(ttfs_image_address(&img, 3, TTFS_MEM_WEIGHTS, 5, 2),
                     3u << 22 | 2 << 18 | 5 << 2 | 2);
    ttfs_image_free(&img);
}

static uint64_t bits_that_flip(const TtfsBuf *file) {
    TtfsImage img;
    TtfsDiag diag = {0};
    uint64_t n = 0;
    assert_true(ttfs_image_unpack(&img, "img", file->text, file->len, &diag));
    for (size_t bit = 0; bit < file->len * 8; bit++) n += ttfs_image_flip(&img, bit);
    ttfs_image_free(&img);
    return n;
}

static uint64_t bits_of_memories(const TtfsBuf *file) {
    TtfsImage img;
    TtfsDiag diag = {0};
    uint64_t n = 0;
    assert_true(ttfs_image_unpack(&img, "img", file->text, file->len, &diag));
    for (uint32_t c = 0; c < ttfs_chip_cores(&img.chip); c++)
        for (int m = 0; m < TTFS_MEMS; m++)
            n += (uint64_t)img.cores[c].mem[m].rows * ttfs_chip_memory(&img.chip, (TtfsMem)m).bits;
    ttfs_image_free(&img);
    return n;
}

/* The bit of the file is the bit of the memory: what it gives packs to the file but for that bit,
 * checksums aside. Bits that are no memory's are refused. */
static void flipped_bits(void **state) {
    (void)state;
    TtfsBuf file = {0};
    TtfsDiag diag = {0};
    uint32_t flipped = 0;
    small_file(&file);
    size_t body = SEAL_FIRST + seal_get((unsigned char *)file.text + 16) * SEAL_ENTRY + 4;
    for (size_t bit = 0; bit < file.len * 8; bit += 5) {
        TtfsImage img;
        TtfsBuf again = {0};
        assert_true(ttfs_image_unpack(&img, "img", file.text, file.len, &diag));
        if (ttfs_image_flip(&img, bit)) {
            flipped++;
            ttfs_image_pack(&img, &again);
            again.text[bit / 8] = (char)(again.text[bit / 8] ^ 1 << bit % 8);
            assert_int_equal(again.len, file.len);
            assert_memory_equal(again.text + body, file.text + body, file.len - body);
            ttfs_buf_free(&again);
        }
        ttfs_image_free(&img);
    }
    assert_true(flipped > 500);
    assert_int_equal(bits_that_flip(&file), bits_of_memories(&file));
    ttfs_buf_free(&file);
}

/* Words that are no program, records that lie in one another, buffers with stray bits: the text is
 * a fixed point all the same. */
static void words_at_random(void **state) {
    (void)state;
    TtfsRng rng = ttfs_rng(3);
    uint32_t taken = 0;
    for (uint32_t round = 0; round < 300; round++) {
        Made m;
        TtfsImage read;
        TtfsBuf text = {0}, twice = {0};
        if (make(&m, round)) {
            for (uint32_t c = 0; c < ttfs_chip_cores(&m.image.chip); c++)
                for (int k = 0; k < TTFS_MEMS; k++) {
                    const TtfsMemImage *mem = &m.image.cores[c].mem[k];
                    uint32_t bits = ttfs_chip_memory(&m.image.chip, (TtfsMem)k).bits;
                    for (uint32_t i = 0; mem->rows && i < 4; i++) {
                        uint32_t bit = ttfs_rng_below(&rng, bits),
                                 row = ttfs_rng_below(&rng, mem->rows);
                        mem->words[row * mem->chunks + bit / 32] ^= UINT32_C(1) << bit % 32;
                    }
                }
            ttfs_image_print(&m.image, &text);
            assert_true(ttfs_image_read(&read, "img", text.text, text.len, &m.diag));
            same_images(&m.image, &read);
            ttfs_image_print(&read, &twice);
            assert_string_equal(text.text, twice.text);
            ttfs_image_free(&read);
            taken++;
        }
        ttfs_buf_free(&text);
        ttfs_buf_free(&twice);
        drop(&m);
    }
    assert_true(taken > 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_and_text_come_back),
        cmocka_unit_test(truncations_are_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(damaged_files_with_right_checksums),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(early_images),
        cmocka_unit_test(early_refusals),
        cmocka_unit_test(preload_text),
        cmocka_unit_test(bits_of_rows),
        cmocka_unit_test(checksums_of_memories),
        cmocka_unit_test(flipped_bits),
        cmocka_unit_test(words_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
