/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip descriptions: the shipped chips read, the canonical form is a fixed point, every range and
 * relation is enforced; what follows from the keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "chip.h"
#include "chip_to_verilog.h"
#include "reject.h"

#include <inttypes.h>

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
    text.len = 0; /* what stands behind the brace is found where it stands */
    base_chip_text(notes, strlen(notes), &text);
    text.len--;
    ttfs_buf_puts(&text, "\n\n  } more\n");
    ttfs_lex_init(&l, "t", text.text, text.len, &diag);
    assert_false(ttfs_chip_lex(&chip, &l, &a));
    assert_string_equal(diag.messages.at[diag.messages.len - 1].where, "t:3:5");
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

/* The files of the chip's Verilog: modules one a line, what uses them last, headers left out. */
static void file_list(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    TtfsChip chip;
    TtfsFileSet set = {0};
    uint32_t lines = 0;
    base_chip_text("{}", 2, &text);
    assert_true(ttfs_chip_read(&chip, "c.json", text.text, text.len, &a, &diag));
    assert_true(ttfs_chip_to_verilog(&chip, TTFS_SOURCE_DIR "/rtl", &set, &diag));
    uint32_t modules = set.files.len;
    ttfs_verilog_list(&set);
    assert_int_equal(set.files.len, modules + 1);
    const char *list = NULL;
    for (uint32_t i = 0; i < set.files.len; i++)
        if (strcmp(set.files.at[i].name, "filelist.f") == 0)
            list = ttfs_arena_strndup(&a, set.files.at[i].bytes, set.files.at[i].size);
    assert_non_null(list);
    for (const char *p = list; *p; p++) lines += *p == '\n';
    for (uint32_t i = 0; i < set.files.len; i++) {
        const char *name = set.files.at[i].name;
        bool header = strstr(name, ".vh"), own = strcmp(name, "filelist.f") == 0;
        const char *at = strstr(list, ttfs_arena_printf(&a, "%s\n", name));
        assert_int_equal(at != NULL, !header && !own);
        modules -= header;
    }
    assert_int_equal(lines, modules);
    assert_string_equal(list + strlen(list) - 11, "ttfs_top.v\n");
    ttfs_file_set_free(&set);
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

static TtfsChip shaped(const char *changes) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    TtfsChip chip;
    base_chip_text(changes, strlen(changes), &text);
    assert_true(ttfs_chip_read(&chip, "c.json", text.text, text.len, &a, &diag));
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    chip.name = "small";
    return chip;
}

static void bits_for(void **state) {
    (void)state;
    static const uint32_t want[][2] = {{1, 1},         {2, 1},          {3, 2},     {4, 2},
                                       {5, 3},         {8, 3},          {1024, 10}, {1025, 11},
                                       {1u << 31, 31}, {UINT32_MAX, 32}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(ttfs_chip_bits_for(want[i][0]), want[i][1]);
}

/* The banks of a memory that has three quarters of a power of two, or one word more. */
static void bank_words(void **state) {
    (void)state;
    static const uint32_t want[][2] = {
        {2, 2},      {3, 2},       {4, 4},       {6, 4},         {7, 8},         {768, 512},
        {769, 1024}, {1024, 1024}, {1025, 1024}, {49152, 32768}, {49153, 65536}, {65536, 65536}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(ttfs_chip_bank_words(want[i][0]), want[i][1]);
}

/* What follows from the keys, on a mesh and on a chip of one core. */
static void derived(void **state) {
    (void)state;
    TtfsChip mesh = shaped("{\"cores_x\": 3, \"cores_y\": 2, \"flows\": 65, \"act_words\": 1000}");
    assert_int_equal(ttfs_chip_cores(&mesh), 6);
    assert_int_equal(ttfs_chip_max_ticks(&mesh), 255);
    assert_int_equal(ttfs_chip_elements(&mesh), 16000);
    assert_int_equal(ttfs_chip_element_bits(&mesh), 14);
    assert_int_equal(ttfs_chip_bank_bits(&mesh), 14);
    assert_int_equal(ttfs_chip_flit_value_bits(&mesh), 8);
    assert_int_equal(ttfs_chip_sum_flits(&mesh), 4);
    assert_int_equal(ttfs_chip_turn_bits(&mesh), 1);
    assert_int_equal(ttfs_chip_flit_bits(&mesh), 7 + 1 + 8 + 5 + 6 + 8);
    TtfsChip one = shaped("{\"cores_x\": 1, \"acc_bits\": 30}");
    assert_int_equal(ttfs_chip_cores(&one), 1);
    assert_int_equal(ttfs_chip_flit_value_bits(&one), 30);
    assert_int_equal(ttfs_chip_sum_flits(&one), 1);
    assert_int_equal(ttfs_chip_turn_bits(&one), 0);
    assert_int_equal(ttfs_chip_flit_bits(&one), 6 + 8 + 5 + 6 + 30);
    TtfsChip odd = shaped("{\"acc_bits\": 29, \"value_bits\": 7}");
    assert_int_equal(ttfs_chip_sum_flits(&odd), 5);
}

static void same_shape(const TtfsChip *c, TtfsMem m, TtfsMemShape want) {
    TtfsMemShape got = ttfs_chip_memory(c, m);
    assert_string_equal(got.name, want.name);
    assert_int_equal(got.number, want.number);
    assert_int_equal(got.rows, want.rows);
    assert_int_equal(got.bits, want.bits);
    assert_int_equal(got.chunks, want.chunks);
    assert_int_equal(got.chunk_bits, want.chunk_bits);
}

static void memories(void **state) {
    (void)state;
    TtfsChip c = shaped("{\"lanes\": 9, \"buffers\": 20, \"table_words\": 40}");
    same_shape(&c, TTFS_MEM_PROGRAM, (TtfsMemShape){"program", 1, c.program_words, 32, 1, 0});
    same_shape(&c, TTFS_MEM_WEIGHTS, (TtfsMemShape){"weights", 2, c.weight_rows, 72, 3, 2});
    same_shape(&c, TTFS_MEM_PARAMS, (TtfsMemShape){"params", 3, c.param_words, 56, 2, 1});
    same_shape(&c, TTFS_MEM_FLOWS, (TtfsMemShape){"flows", 4, c.flows, 10, 1, 0});
    same_shape(&c, TTFS_MEM_BUFFERS, (TtfsMemShape){"buffers", 5, 20, 128, 4, 2});
    same_shape(&c, TTFS_MEM_ROWS, (TtfsMemShape){"rows", 6, 40, 32, 1, 0});
    same_shape(&c, TTFS_MEM_COLS, (TtfsMemShape){"cols", 7, 40, 32, 1, 0});
    TtfsChip flat =
        shaped("{\"cores_x\": 1, \"conv\": false, \"pool\": false, \"classes\": false}");
    assert_int_equal(ttfs_chip_memory(&flat, TTFS_MEM_FLOWS).rows, 0);
    assert_int_equal(ttfs_chip_memory(&flat, TTFS_MEM_ROWS).rows, 0);
    assert_int_equal(ttfs_chip_memory(&flat, TTFS_MEM_COLS).rows, 0);
}

/* Another machine, another hash: of the parameters of its Verilog, in order. Name and energies are
 * no part of it. */
static void hash(void **state) {
    (void)state;
    static const char text[] =
        "CORES_X=2\nCORES_Y=1\nLANES=4\nWEIGHT_BITS=8\nSLOPE_BITS=24\nACC_BITS=32\nRAMP_BITS=24\n"
        "VALUE_BITS=8\nC_BITS=8\nY_BITS=5\nX_BITS=6\nACT_WORDS=1024\nLIST_ENTRIES=512\n"
        "WEIGHT_ROWS=16384\nPARAM_WORDS=4096\nPROGRAM_WORDS=2048\nFLOWS=64\nBUFFERS=32\n"
        "TABLE_WORDS=512\nSEGMENTS=4\nSTRIDES=1\nCONV=1\nPOOL=1\nCLASSES=1\nCOUNTERS=1\nSTREAM=0\n";
    TtfsChip a = shaped("{}"), b = shaped("{\"clock_mhz\": 7}"), c = shaped("{\"flows\": 63}");
    char hex[65];
    uint32_t first;
    ttfs_sha256_of(text, strlen(text), hex);
    assert_int_equal(sscanf(hex, "%8" SCNx32, &first), 1);
    assert_int_equal(ttfs_chip_hash(&a), first);
    b.name = "other";
    assert_int_equal(ttfs_chip_hash(&b), first);
    assert_int_not_equal(ttfs_chip_hash(&c), first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_chips),
        cmocka_unit_test(refusals),
        cmocka_unit_test(truncations_and_flips),
        cmocka_unit_test(too_long_or_deep),
        cmocka_unit_test(in_a_text),
        cmocka_unit_test(file_list),
        cmocka_unit_test(bits_for),
        cmocka_unit_test(bank_words),
        cmocka_unit_test(derived),
        cmocka_unit_test(memories),
        cmocka_unit_test(hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
