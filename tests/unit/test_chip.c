/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip descriptions and slot descriptors: the shipped chips read, the canonical form is a fixed
 * point, every range is enforced, descriptors pack and unpack bit for bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "chip.h"
#include "reject.h"

static void reads(const char *name) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsFile f;
    TtfsChip chip, again;
    TtfsBuf first = {0}, second = {0};
    const char *path = ttfs_arena_printf(&a, TTFS_SOURCE_DIR "/hw/chips/%s.json", name);
    assert_true(ttfs_file_open(&f, path, 65536, &diag));
    assert_true(ttfs_chip_read(&chip, path, f.bytes, f.size, &a, &diag));
    assert_string_equal(chip.name, name);
    ttfs_chip_print(&chip, &first);
    assert_true(ttfs_chip_read(&again, path, first.text, first.len, &a, &diag));
    ttfs_chip_print(&again, &second);
    assert_string_equal(first.text, second.text);
    assert_int_equal(chip.weight_rows, again.weight_rows);
    assert_true(chip.clock_mhz == again.clock_mhz);
    ttfs_file_close(&f);
    ttfs_buf_free(&first);
    ttfs_buf_free(&second);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

static void shipped_chips(void **state) {
    (void)state;
    reads("one");
    reads("tiny");
}

static bool read_chip(const char *name, const void *bytes, size_t n, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsChip chip;
    bool ok = ttfs_chip_read(&chip, name, bytes, n, &a, diag);
    ttfs_arena_free(&a);
    return ok;
}

static void refusals(void **state) {
    (void)state;
    reject_folder(TTFS_SOURCE_DIR "/tests/reject/chip", read_chip, 10);
}

static void truncations_and_flips(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsBuf good = {0};
    base_chip_text("{}", 2, &good);
    assert_true(read_chip("good", good.text, good.len, &diag));
    for (size_t n = 0; n < good.len; n++) {
        TtfsDiag d = {0};
        assert_false(read_chip("cut", good.text, n, &d));
        assert_true(d.errors > 0);
        ttfs_diag_free(&d);
    }
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        TtfsDiag d = {0};
        good.text[bit / 8] = (char)(good.text[bit / 8] ^ 1 << bit % 8);
        bool ok = read_chip("flip", good.text, good.len, &d);
        assert_true(ok == (d.errors == 0));
        good.text[bit / 8] = (char)(good.text[bit / 8] ^ 1 << bit % 8);
        ttfs_diag_free(&d);
    }
    ttfs_buf_free(&good);
    ttfs_diag_free(&diag);
}

static void too_long_or_deep(void **state) {
    (void)state;
    size_t n = 70 * 1024;
    char *text = malloc(n);
    memset(text, '[', n);
    TtfsDiag diag = {0};
    assert_false(read_chip("long", text, n, &diag));
    assert_int_equal(diag.messages.at[0].code, TTFS_FILE_SIZE);
    assert_false(read_chip("deep", text, 60 * 1024, &diag));
    assert_int_equal(diag.messages.at[1].code, TTFS_JSON_SYNTAX);
    free(text);
    ttfs_diag_free(&diag);
}

/* In a text a description ends with its own brace, whatever its strings hold, and the lines behind
 * it keep their numbers. */
static void in_a_text(void **state) {
    (void)state;
    static const char notes[] = "{\"doc\": \"} \\\" } \\\\\", \"energy_pj\": {\"tick\": 1}}";
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    TtfsChip chip;
    TtfsLex l;
    ttfs_buf_puts(&text, "\n");
    base_chip_text(notes, strlen(notes), &text);
    ttfs_buf_puts(&text, "\nnext");
    ttfs_lex_init(&l, "t", text.text, text.len, &diag);
    assert_true(ttfs_chip_lex(&chip, &l, &a));
    assert_string_equal(chip.doc, "} \" } \\");
    assert_true(chip.energy_tick_pj == 1);
    assert_true(ttfs_lex_is(&l, "next"));
    assert_int_equal(l.line, 3);
    ttfs_lex_init(&l, "t", text.text, text.len - strlen("}\nnext"), &diag);
    assert_false(ttfs_chip_lex(&chip, &l, &a));
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

/* Every bit of a descriptor belongs to a field and comes back, or is refused. */
static void descriptor_bits(void **state) {
    (void)state;
    uint32_t named = 0;
    for (uint32_t bit = 0; bit < TTFS_DESC_WORDS * 32; bit++) {
        uint32_t words[TTFS_DESC_WORDS] = {0}, back[TTFS_DESC_WORDS];
        const char *bad = "";
        TtfsDescriptor d;
        words[bit / 32] = 1u << bit % 32;
        if (!ttfs_descriptor_unpack(words, &d)) continue;
        named++;
        assert_true(ttfs_descriptor_pack(&d, back, &bad));
        assert_memory_equal(words, back, sizeof words);
    }
    uint32_t total = 0;
#define TTFS_FIELD(NAME, name, word, lsb, width, is_signed, doc) total += width;
#include "fields.def"
#undef TTFS_FIELD
    assert_int_equal(named, total);
}

static void descriptor_ranges(void **state) {
    (void)state;
    uint32_t words[TTFS_DESC_WORDS];
    const char *bad = "";
    TtfsDescriptor d = {.kh = 256};
    assert_false(ttfs_descriptor_pack(&d, words, &bad));
    assert_string_equal(bad, "kh");
    d = (TtfsDescriptor){.y_start = -32768, .x_start = 32767};
    assert_true(ttfs_descriptor_pack(&d, words, &bad));
    TtfsDescriptor back;
    assert_true(ttfs_descriptor_unpack(words, &back));
    assert_memory_equal(&d, &back, sizeof d);
    d.y_start = -32769;
    assert_false(ttfs_descriptor_pack(&d, words, &bad));
    assert_string_equal(bad, "y_start");
    d = (TtfsDescriptor){.channels = -1};
    assert_false(ttfs_descriptor_pack(&d, words, &bad));
}

static void descriptor_text(void **state) {
    (void)state;
    TtfsDescriptor d = {.op = 1, .kh = 3, .y_start = -1, .last = 1}, back;
    TtfsBuf out = {0};
    TtfsDiag diag = {0};
    TtfsLex l;
    ttfs_descriptor_print(&d, &out);
    assert_string_equal(out.text, "op 1 last 1 kh 3 y_start -1");
    ttfs_lex_init(&l, "d", out.text, out.len, &diag);
    assert_true(ttfs_descriptor_lex(&back, &l));
    assert_memory_equal(&d, &back, sizeof d);
    ttfs_buf_free(&out);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_chips),
        cmocka_unit_test(refusals),
        cmocka_unit_test(truncations_and_flips),
        cmocka_unit_test(too_long_or_deep),
        cmocka_unit_test(in_a_text),
        cmocka_unit_test(descriptor_bits),
        cmocka_unit_test(descriptor_ranges),
        cmocka_unit_test(descriptor_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
