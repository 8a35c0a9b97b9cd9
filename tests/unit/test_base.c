/* SPDX-License-Identifier: Apache-2.0
 *
 * The base floor: arena, text, lexer, hashes, random numbers, files, messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <fcntl.h>
#include <time.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "base.h"
#include "clock.h"
#include "nearest.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static void arena_gives_zeros(void **state) {
    (void)state;
    TtfsArena a = {0};
    unsigned char *p = ttfs_arena_array(&a, 100, 1);
    memset(p, 0xff, 100);
    TtfsMark m = ttfs_arena_mark(&a);
    unsigned char *q = ttfs_arena_array(&a, 200000, 1);
    memset(q, 0xff, 200000);
    ttfs_arena_release(&a, m);
    q = ttfs_arena_array(&a, 300, 1);
    for (int i = 0; i < 300; i++) assert_int_equal(q[i], 0);
    assert_int_equal(p[99], 0xff);
    assert_int_equal((uintptr_t)q % 64, 0);
    assert_null(ttfs_arena_try_array(&a, SIZE_MAX / 2, 3));
    ttfs_arena_free(&a);
}

#ifdef __SANITIZE_ADDRESS__
/* A step beyond an array is seen, though it stays inside of the arena's chunk. */
static void arena_is_poisoned_beyond_its_arrays(void **state) {
    (void)state;
    TtfsArena a = {0};
    for (size_t n = 1; n < 200; n++) {
        char *p = ttfs_arena_array(&a, n, 1);
        TtfsMark m = ttfs_arena_mark(&a);
        char *q = ttfs_arena_array(&a, 1, 1);
        assert_int_equal(__asan_address_is_poisoned(p + n - 1), 0);
        assert_int_equal(__asan_address_is_poisoned(p + n), 1);
        assert_int_equal(__asan_address_is_poisoned(q), 0);
        ttfs_arena_release(&a, m);
        assert_int_equal(__asan_address_is_poisoned(q), 1);
    }
    TtfsMark m = ttfs_arena_mark(&a);
    char *next = ttfs_arena_array(&a, 100000, 1); /* in a chunk of its own, which is kept */
    ttfs_arena_release(&a, m);
    assert_int_equal(__asan_address_is_poisoned(next), 1);
    ttfs_arena_free(&a);
}
#endif

static void vector_keeps_its_items(void **state) {
    (void)state;
    TtfsArena a = {0};
    TTFS_VEC(uint32_t) v = {0};
    for (uint32_t i = 0; i < 1000; i++) *TTFS_PUSH(&a, v) = i;
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(v.at[i], i);
    ttfs_arena_free(&a);
}

/* What the printer quotes, the lexer reads back to the same bytes. */
static void strings_survive(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsBuf b = {0};
    char text[256];
    for (int i = 0; i < 255; i++) text[i] = (char)(i + 1);
    text[255] = 0;
    ttfs_buf_quoted(&b, text);
    TtfsLex l;
    const char *back;
    ttfs_lex_init(&l, "t", b.text, b.len, &d);
    assert_true(ttfs_lex_string(&l, &a, &back));
    assert_string_equal(back, text);
    ttfs_buf_free(&b);
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
}

static void hex_survives(void **state) {
    (void)state;
    TtfsDiag d = {0};
    TtfsBuf b = {0};
    unsigned char in[1000], out[1000];
    for (size_t n = 0; n <= 1000; n += n < 100 ? 1 : 225) {
        for (size_t i = 0; i < n; i++) in[i] = (unsigned char)(i * 7 + n);
        b.len = 0;
        ttfs_buf_hex(&b, in, n);
        ttfs_buf_puts(&b, "end\n");
        TtfsLex l;
        ttfs_lex_init(&l, "t", b.text, b.len, &d);
        assert_true(ttfs_lex_hex_bytes(&l, out, n));
        assert_memory_equal(in, out, n);
        while (ttfs_lex_accept(&l, "\n")) {
        }
        if (l.kind == TTFS_TOK_EOL) assert_true(ttfs_lex_eol(&l));
        assert_true(ttfs_lex_expect(&l, "end"));
    }
    ttfs_buf_free(&b);
    ttfs_diag_free(&d);
}

static void lexer_reads_numbers(void **state) {
    (void)state;
    static const char text[] =
        "# a comment\n\nword 12 0xff -7 0x1.8p+1 18446744073709551615\n# more\nend";
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsLex l;
    const char *w;
    uint32_t u;
    uint64_t big;
    int64_t i;
    double f;
    ttfs_lex_init(&l, "t", text, sizeof text - 1, &d);
    assert_true(ttfs_lex_word(&l, &a, &w));
    assert_string_equal(w, "word");
    assert_true(ttfs_lex_u32(&l, 12, &u) && u == 12);
    assert_true(ttfs_lex_u32(&l, 255, &u) && u == 255);
    assert_true(ttfs_lex_i64(&l, -7, 0, &i) && i == -7);
    assert_true(ttfs_lex_f64(&l, &f) && f == 3.0);
    assert_true(ttfs_lex_u64(&l, UINT64_MAX, &big) && big == UINT64_MAX);
    assert_true(ttfs_lex_eol(&l));
    assert_int_equal(ttfs_lex_loc(&l).line, 5);
    assert_true(ttfs_lex_expect(&l, "end"));
    assert_int_equal(d.errors, 0);
    ttfs_arena_free(&a);
}

/* A fault is reported once, with its place, and nothing is read after it. */
static void lexer_stops_at_a_fault(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"ticks 70000", "t:1:7: 70000 is more than 65535"},
        {"\n ticks -1", "t:2:8: a whole number expected, found '-1'"},
        {"ticks", "a number expected, the text ends"},
        {"ticks\n5", "a number expected, the line ends"},
        {"tocks 5", "t:1:1: 'ticks' expected, found 'tocks'"},
        {"ticks \"open", "the string does not end"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        TtfsDiag d = {0};
        TtfsBuf b = {0};
        TtfsLex l;
        uint32_t v;
        ttfs_lex_init(&l, "t", cases[k].text, strlen(cases[k].text), &d);
        assert_false(ttfs_lex_key_u32(&l, "ticks", 65535, &v));
        assert_false(ttfs_lex_key_u32(&l, "ticks", 65535, &v));
        assert_int_equal(d.errors, 1);
        ttfs_diag_print(&d, TTFS_NOTE, false, &b);
        if (!strstr(b.text, cases[k].want)) fail_msg("want %s, got %s", cases[k].want, b.text);
        ttfs_buf_free(&b);
        ttfs_diag_free(&d);
    }
}

static void lexer_takes_any_bytes(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1);
    for (int round = 0; round < 2000; round++) {
        static const char alphabet[] = "ab 1-\"\\\n#x0.{}\xff";
        char text[64];
        size_t n = ttfs_rng_below(&r, 64);
        for (size_t i = 0; i < n; i++) text[i] = alphabet[ttfs_rng_below(&r, sizeof alphabet)];
        TtfsDiag d = {0};
        TtfsLex l;
        ttfs_lex_init(&l, "t", text, n, &d);
        for (int i = 0; i < 200 && l.kind != TTFS_TOK_END; i++) ttfs_lex_next(&l);
        assert_int_equal(l.kind, TTFS_TOK_END);
        ttfs_diag_free(&d);
    }
}

/* FIPS 180-4's examples, and the check value of CRC-32. */
static void hashes_match_their_standards(void **state) {
    (void)state;
    char hex[65];
    static const char long_text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    ttfs_sha256_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ttfs_sha256_of("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ttfs_sha256_of(long_text, strlen(long_text), hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_int_equal(ttfs_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(ttfs_crc32(ttfs_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

/* First outputs of SplitMix64 for seed 1234567 (its reference code's). */
static void names_are_unique(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsNames n = {0};
    assert_string_equal(ttfs_names_take(&n, "a", &a), "a");
    assert_string_equal(ttfs_names_take(&n, "a_3", &a), "a_3");
    assert_string_equal(ttfs_names_take(&n, "a", &a), "a_2");
    assert_string_equal(ttfs_names_take(&n, "a", &a), "a_4"); /* _3 is taken */
    assert_string_equal(ttfs_names_take(&n, "a_2", &a), "a_2_2");
    assert_string_equal(ttfs_names_take(&n, NULL, &a), "layer");
    assert_string_equal(ttfs_names_take(&n, "", &a), "layer_2");
    for (uint32_t i = 1; i < 200000; i++) /* all alike: still one try each */
        assert_string_equal(ttfs_names_take(&n, "b", &a),
                            i == 1 ? "b" : ttfs_arena_printf(&a, "b_%u", i));
    ttfs_arena_free(&a);
}

static void random_numbers_are_those_of_the_seed(void **state) {
    (void)state;
    TtfsRng r = ttfs_rng(1234567);
    assert_true(ttfs_rng_u64(&r) == UINT64_C(6457827717110365317));
    assert_true(ttfs_rng_u64(&r) == UINT64_C(3203168211198807973));
    /* the next are 9817491932198370423, 4593380528125082431 and twelve more, of 2^64 */
    double f64 = ttfs_rng_f64(&r);
    assert_true(fabs(f64 - 0.5322073040624193) < 1e-15);
    assert_true(f64 * 0x1p53 == floor(f64 * 0x1p53) && fmod(f64 * 0x1p53, 2) == 1);
    assert_int_equal(ttfs_rng_below(&r, 1000), 249);
    double sum = 0, squares = 0;
    for (int i = 0; i < 20000; i++) {
        double v = ttfs_rng_normal(&r);
        sum += v, squares += v * v;
    }
    assert_true(fabs(sum / 20000) < 0.03 && fabs(squares / 20000 - 1) < 0.03);
    for (int i = 0; i < 1000; i++) {
        assert_in_range(ttfs_rng_below(&r, 7), 0, 6);
        double f = ttfs_rng_f64(&r);
        assert_true(f >= 0 && f < 1);
    }
}

static void files_appear_whole(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag d = {0};
    char folder[] = "/tmp/ttfs-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *deep = ttfs_path_join(&a, folder, "a/b/c");
    const char *path = ttfs_path_join(&a, deep, "f");
    TtfsFile f;
    assert_true(ttfs_make_folders(deep, &d));
    assert_true(ttfs_file_write(path, "hello", 5, &d));
    assert_true(ttfs_file_write(path, "world!", 6, &d));
    assert_true(ttfs_file_open(&f, path, 6, &d));
    assert_int_equal(f.size, 6);
    assert_memory_equal(f.bytes, "world!", 6);
    ttfs_file_close(&f);
    assert_true(ttfs_file_write(path, "", 0, &d) && ttfs_file_open(&f, path, 0, &d));
    assert_true(f.size == 0 && f.bytes != NULL); /* readers count on from it */
    ttfs_file_close(&f);
    assert_true(ttfs_file_write(path, "world!", 6, &d));
    assert_false(ttfs_file_open(&f, path, 5, &d)); /* FILE_SIZE */
    assert_int_equal(d.messages.at[0].code, TTFS_FILE_SIZE);
    assert_false(ttfs_file_open(&f, deep, 5, &d)); /* FILE_OPEN: a folder */
    assert_int_equal(d.messages.at[1].code, TTFS_FILE_OPEN);
    assert_false(ttfs_file_write(deep, "x", 1, &d)); /* FILE_WRITE: a folder is there */
    assert_int_equal(d.messages.at[2].code, TTFS_FILE_WRITE);
    assert_false(ttfs_make_folders(ttfs_path_join(&a, path, "under"), &d));
    assert_int_equal(d.messages.len, 4);
    assert_false(ttfs_remove_tree(ttfs_path_join(&a, path, "under"), &d)); /* no folder above */
    assert_int_equal(d.messages.at[4].code, TTFS_FILE_WRITE);
    assert_true(ttfs_remove_tree(folder, &d));
    assert_false(ttfs_file_exists(folder));
    assert_true(ttfs_remove_tree(folder, &d)); /* it is gone already */
    assert_int_equal(d.messages.len, 5);
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
}

/* A program that closed its standard input gets that number for what is opened: for a file that is
 * written, for the folder that is brought to the disk behind it. */
static void a_descriptor_may_be_0(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag d = {0};
    char folder[] = "/tmp/ttfs-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = ttfs_path_join(&a, folder, "f");
    TtfsFile f;
    int kept = dup(STDIN_FILENO);
    assert_true(kept > STDERR_FILENO && close(STDIN_FILENO) == 0);
    bool written = ttfs_file_write(path, "hello", 5, &d) && ttfs_sync_name(path);
    bool again = ttfs_file_write(path, "world!", 6, &d);
    bool opened = ttfs_file_open(&f, path, 6, &d);
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(kept);
    assert_true(written && again && opened);
    assert_memory_equal(f.bytes, "world!", 6);
    ttfs_file_close(&f);
    assert_true(ttfs_remove_tree(folder, &d));
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
}

/* The file that standard output goes to is written behind what was written there, and stays open.
 */
static void standard_output_goes_on(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag d = {0};
    char folder[] = "/tmp/ttfs-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = ttfs_path_join(&a, folder, "f");
    TtfsFile f;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), fd = open(path, O_WRONLY | O_CREAT, 0666);
    assert_true(kept >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
    close(fd);
    bool written = ttfs_write_all(STDOUT_FILENO, "one ", 4) &&
                   ttfs_file_write(path, "two ", 4, &d) &&
                   ttfs_write_all(STDOUT_FILENO, "three", 5);
    assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    close(kept);
    assert_true(written && ttfs_file_open(&f, path, 13, &d));
    assert_int_equal(f.size, 13);
    assert_memory_equal(f.bytes, "one two three", 13);
    ttfs_file_close(&f);
    assert_true(ttfs_remove_tree(folder, &d));
    ttfs_diag_free(&d);
    ttfs_arena_free(&a);
}

static void paths_join(void **state) {
    (void)state;
    TtfsArena a = {0};
    assert_string_equal(ttfs_path_join(&a, "a", "b"), "a/b");
    assert_string_equal(ttfs_path_join(&a, "a/", "b"), "a/b");
    assert_string_equal(ttfs_path_join(&a, "a", "/b"), "/b");
    assert_string_equal(ttfs_path_join(&a, "", "b"), "b");
    assert_string_equal(ttfs_path_dir(&a, "x"), ".");
    assert_string_equal(ttfs_path_dir(&a, "/x"), "/");
    assert_string_equal(ttfs_path_dir(&a, "a/b/x"), "a/b");
    assert_string_equal(ttfs_path_base("a/b/x"), "x");
    ttfs_arena_free(&a);
}

/* Messages are bounded in number; what is left out is counted and still an error. */
static void messages_are_bounded(void **state) {
    (void)state;
    TtfsDiag d = {0}, all = {0};
    TtfsBuf b = {0};
    for (int i = 0; i < 1500; i++)
        ttfs_error(&d, TTFS_AT_NODE("f", "n"), TTFS_LIMIT, "number %d", i);
    assert_int_equal(d.errors, 1500);
    assert_int_equal(d.messages.len, 1000);
    assert_int_equal(d.dropped[TTFS_ERROR], 500);
    ttfs_diag_print(&d, TTFS_NOTE, false, &b);
    assert_non_null(strstr(b.text, "ttfs: error: f: n: number 999: this is larger than ttfs takes\n"
                                   "ttfs: note: 500 further errors left out\n"));
    ttfs_diag_append(&all, &d);
    assert_int_equal(all.messages.len, 1000);
    assert_int_equal(all.errors, 1500);
    assert_int_equal(all.errors_of[TTFS_LIMIT], 1500);
    assert_int_equal(all.dropped[TTFS_ERROR], 500);
    assert_string_equal(all.messages.at[3].what, "number 3");
    TtfsMessage *m = &d.messages.at[3]; /* what was appended is a copy */
    const char **text[] = {&m->where, &m->file, &m->node, &m->op, &m->what, &m->advice};
    for (int i = 0; i < 6; i++) memset((char *)(uintptr_t)*text[i], '-', strlen(*text[i]));
    const TtfsMessage *kept = &all.messages.at[3];
    assert_string_equal(kept->where, "f: n");
    assert_string_equal(kept->file, "f");
    assert_string_equal(kept->node, "n");
    assert_string_equal(kept->what, "number 3");
    ttfs_buf_free(&b);
    ttfs_diag_free(&d);
    ttfs_diag_free(&all);
}

/* A full list loses notes for warnings and both for errors, never an error for either. */
static void errors_outrank_notes(void **state) {
    (void)state;
    TtfsDiag d = {0};
    TtfsBuf b = {0};
    for (int i = 0; i < 600; i++) ttfs_warn(&d, TTFS_AT_FILE("f"), TTFS_LIMIT, "warning %d", i);
    for (int i = 0; i < 600; i++) ttfs_note(&d, TTFS_AT_FILE("f"), "note %d", i);
    assert_int_equal(d.dropped[TTFS_NOTE], 200);
    ttfs_error(&d, TTFS_AT_OP("f", "n", "conv"), TTFS_LIMIT, "the reason");
    assert_int_equal(d.messages.len, 1000);
    assert_int_equal(d.dropped[TTFS_NOTE], 201);
    assert_string_equal(d.messages.at[0].what, "warning 0");
    assert_string_equal(d.messages.at[999].what, "the reason");
    assert_string_equal(d.messages.at[998].what, "note 398");
    for (int i = 0; i < 2000; i++) ttfs_error(&d, TTFS_AT_FILE("f"), TTFS_OPTION_VALUE, "%d", i);
    ttfs_note(&d, TTFS_AT_FILE("f"), "too late");
    assert_int_equal(d.errors, 2001);
    assert_int_equal(d.errors_of[TTFS_OPTION_VALUE], 2000);
    assert_int_equal(d.dropped[TTFS_WARNING], 600);
    assert_int_equal(d.dropped[TTFS_NOTE], 601);
    assert_string_equal(ttfs_diag_error(&d)->what, "the reason");
    assert_string_equal(ttfs_diag_error(&d)->node, "n");
    ttfs_diag_print(&d, TTFS_ERROR, false, &b);
    assert_non_null(strstr(b.text, "ttfs: error: f: n: conv: the reason: "));
    assert_null(strstr(b.text, "warning"));
    ttfs_buf_free(&b);
    ttfs_diag_free(&d);
}

static void advice_may_be_the_codes(void **state) {
    (void)state;
    TtfsDiag d = {0};
    assert_false(ttfs_error_advice(&d, TTFS_AT_FILE("f"), TTFS_BOARD, NULL, "gone"));
    assert_false(ttfs_error_advice(&d, TTFS_AT_FILE("f"), TTFS_BOARD, "plug it in", "gone"));
    assert_string_equal(d.messages.at[0].advice, ttfs_code_advice(TTFS_BOARD));
    assert_string_equal(d.messages.at[1].advice, "plug it in");
    ttfs_diag_free(&d);
}

/* A name of any length leaves the reason behind it readable, and characters whole. */
static void long_names_are_cut(void **state) {
    (void)state;
    TtfsDiag d = {0};
    TtfsBuf name = {0}, all = {0};
    for (int i = 0; i < 100000; i++) ttfs_buf_puts(&name, "\xc3\xa4");
    ttfs_error(&d, TTFS_AT_NODE("f", name.text), TTFS_LIMIT, "%s is too long", name.text);
    ttfs_diag_print(&d, TTFS_ERROR, false, &all);
    assert_true(all.len < 3000);
    assert_non_null(strstr(all.text, " is too long: this is larger than ttfs takes"));
    assert_null(strstr(all.text, "\\x"));
    ttfs_buf_free(&name);
    ttfs_buf_free(&all);
    ttfs_diag_free(&d);
}

/* Characters of every length stay whole wherever the cut falls, and as much as possible is shown.
 */
static void cuts_leave_characters(void **state) {
    (void)state;
    static const char *const one[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t bytes = 1; bytes <= 4; bytes++)
        for (size_t shift = 0; shift < bytes; shift++) {
            TtfsDiag d = {0};
            TtfsBuf name = {0};
            for (size_t i = 0; i < shift; i++) ttfs_buf_puts(&name, "-");
            while (name.len < 301) ttfs_buf_puts(&name, one[bytes - 1]);
            ttfs_error(&d, TTFS_AT_NODE("f", name.text), TTFS_LIMIT, "is long");
            const char *where = strstr(d.messages.at[0].where, "f: ");
            const char *gap = strstr(d.messages.at[0].where, " ... ");
            assert_true(where && gap);
            assert_int_equal(gap - where - 3, 150 - (150 - shift) % bytes);
            assert_int_equal(strlen(gap + 5),
                             150 - (bytes - (name.len - 150 - shift) % bytes) % bytes);
            ttfs_buf_free(&name);
            ttfs_diag_free(&d);
        }
}

/* What a terminal obeys, what breaks a line and what is not UTF-8 is shown as escapes. */
static void names_are_shown_escaped(void **state) {
    static const struct {
        const char *name, *text, *json;
    } cases[] = {
        {"plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\033[2J", "\\x1b[2J", "\\u001b[2J"},
        {"\"a\\b\"\n\t", "\"a\\b\"\\x0a\\x09", "\\\"a\\\\b\\\"\\n\\t"},
        {"\x7f", "\\x7f", "\\u007f"},
        {"\xc2\x9b", "\\xc2\\x9b", "\\u009b"},                        /* CSI in one character */
        {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\u202e"},               /* right to left */
        {"\xff\xc3", "\\xff\\xc3", "\\\\xff\\\\xc3"},                 /* no character, a cut one */
        {"\xc0\xaf", "\\xc0\\xaf", "\\\\xc0\\\\xaf"},                 /* too long a form of '/' */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\\\xed\\\\xa0\\\\x80"}, /* half a pair */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsBuf text = {0}, json = {0};
        ttfs_buf_shown(&text, cases[i].name);
        ttfs_buf_json_string(&json, cases[i].name);
        json.text[json.len - 1] = 0; /* the quotes */
        assert_string_equal(text.text, cases[i].text);
        assert_string_equal(json.text + 1, cases[i].json);
        ttfs_buf_free(&text);
        ttfs_buf_free(&json);
    }
}

/* The layout of every kind of value in every kind of place. */
static void json_has_one_layout(void **state) {
    TtfsBuf b = {0};
    TtfsJson j = {.out = &b};
    (void)state;
    ttfs_json_object(&j, NULL);
    ttfs_json_array(&j, "values");
    ttfs_json_number(&j, NULL, 1);
    ttfs_json_bool(&j, NULL, true);
    ttfs_json_null(&j, NULL);
    ttfs_json_end(&j);
    ttfs_json_array(&j, "objects");
    for (int i = 0; i < 2; i++) {
        ttfs_json_object(&j, NULL);
        ttfs_json_string(&j, "a\"b", "c\nd");
        ttfs_json_object(&j, "none");
        ttfs_json_end(&j);
        ttfs_json_end(&j);
    }
    ttfs_json_end(&j);
    ttfs_json_array(&j, "none");
    ttfs_json_end(&j);
    ttfs_json_bool(&j, "last", false);
    ttfs_json_end(&j);
    assert_string_equal(b.text, "{\n\t\"values\":\t[1, true, null],\n"
                                "\t\"objects\":\t[{\n\t\t\t\"a\\\"b\":\t\"c\\nd\",\n"
                                "\t\t\t\"none\":\t{\n\t\t\t}\n\t\t}, {\n"
                                "\t\t\t\"a\\\"b\":\t\"c\\nd\",\n"
                                "\t\t\t\"none\":\t{\n\t\t\t}\n\t\t}],\n"
                                "\t\"none\":\t[],\n\t\"last\":\tfalse\n}\n");
    ttfs_buf_free(&b);
}

static void json_numbers_are_read_back(void **state) {
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0"},
                 {0.1, "0.1"},
                 {(double)0.1f, "0.10000000149011612"},
                 {1.0 / 3, "0.33333333333333331"},
                 {2147483648.0, "2147483648"},
                 {123456789012345678.0, "1.2345678901234568e+17"},
                 {1e300, "1e+300"},
                 {-1e-5, "-1e-05"},
                 {NAN, "null"},
                 {-INFINITY, "null"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsBuf b = {0};
        TtfsJson j = {.out = &b, .depth = 1};
        ttfs_json_number(&j, NULL, cases[i].v);
        assert_string_equal(b.text, cases[i].text);
        ttfs_buf_free(&b);
    }
}

/* By its definition: the last letters are one, or one of three edits comes last. */
static size_t edits(const char *a, size_t n, const char *b, size_t m) {
    if (n == 0 || m == 0) return n + m;
    if (a[n - 1] == b[m - 1]) return edits(a, n - 1, b, m - 1);
    size_t other = edits(a, n - 1, b, m - 1), less = edits(a, n - 1, b, m);
    size_t more = edits(a, n, b, m - 1), best = less < more ? less : more;
    return 1 + (other < best ? other : best);
}

static void nearest_words(void **state) {
    (void)state;
    enum { WORDS = 4, LETTERS = 6 };
    TtfsRng r = ttfs_rng(5);
    for (int round = 0; round < 3000; round++) {
        char text[WORDS + 1][LETTERS + 1] = {{0}};
        const char *known[WORDS], *want = text[0];
        for (uint32_t i = 0; i <= WORDS; i++)
            for (uint64_t n = ttfs_rng_below(&r, LETTERS + 1); n > 0; n--)
                text[i][n - 1] = "abc"[ttfs_rng_below(&r, 3)];
        const char *word = text[WORDS];
        for (uint32_t i = 0; i < WORDS; i++) {
            known[i] = text[i];
            if (edits(word, strlen(word), text[i], strlen(text[i])) <
                edits(word, strlen(word), want, strlen(want)))
                want = text[i];
        }
        assert_ptr_equal(ttfs_nearest(word, known, WORDS), want);
    }
    assert_string_equal(ttfs_nearest("x", NULL, 0), "");
    static const char *const axes[] = {"drop", "time-noise", "weight-noise", "ticks"};
    assert_ptr_equal(ttfs_near("noise", axes, 4), axes[1]); /* in it */
    assert_ptr_equal(ttfs_near("tics", axes, 4), axes[3]);
    assert_ptr_equal(ttfs_near("dorp", axes, 4), axes[0]); /* half of it */
    assert_ptr_equal(ttfs_near("e", axes, 4), NULL);
    assert_ptr_equal(ttfs_near("frobnicate", axes, 4), NULL);
    assert_ptr_equal(ttfs_near("x", NULL, 0), NULL);
    char word[66], other[66]; /* of 64 letters at most */
    for (int n = 63; n <= 65; n++) {
        memset(word, 'a', sizeof word), memset(other, 'a', sizeof other);
        word[n] = other[n] = 0, other[5] = 'b';
        const char *const two[] = {"x", other};
        assert_ptr_equal(ttfs_nearest(word, two, 2), two[n <= 64]);
        const char *const three[] = {"x", "aaa"};
        assert_ptr_equal(ttfs_nearest(word, three, 2), three[n <= 64]);
    }
}

/* What the header says that a file may ask for, and what a caller who gives the memory gets. */
static void budgets_by_size(void **state) {
    (void)state;
    const uint64_t gib = (uint64_t)1 << 30, units = (uint64_t)1 << 32;
    TtfsBudget b = ttfs_budget(1000, 0);
    assert_true(b.bytes == gib + 16000 && b.work == units + 256000 && b.raised == 1 && !b.given);
    ttfs_budget_grow(&b, 10);
    assert_true(b.bytes == gib + 16160 && b.work == units + 258560);
    b = ttfs_budget(0, 3 * gib);
    assert_true(b.bytes == 3 * gib && b.work == 3 * units && b.raised == 3 && b.given);
    ttfs_budget_grow(&b, 10);
    assert_true(b.bytes == 3 * gib && b.work == 3 * units + 2560);
    b = ttfs_budget(0, 3 * gib + 1); /* parts count whole */
    assert_true(b.bytes == 3 * gib + 1 && b.work == 4 * units && b.raised == 4);
    b = ttfs_budget(0, 1);
    assert_true(b.bytes == 1 && b.work == units && b.raised == 1);
    b = ttfs_budget(UINT64_MAX, 0); /* nothing wraps */
    assert_true(b.bytes > UINT64_MAX / 65 && b.work > UINT64_MAX / 5);
    b = ttfs_budget(0, UINT64_MAX);
    assert_true(b.bytes == UINT64_MAX && b.raised == 1 << 20 && b.work == units << 20);
}

/* Each question up to its bound and one beyond; what is passed stays passed. */
static void budgets_end(void **state) {
    (void)state;
    TtfsBudget b = {.bytes = 100, .work = 1000};
    ttfs_budget_hold(&b, 60);
    assert_true(ttfs_budget_room(&b, 40) && ttfs_budget_array(&b, 4, 10));
    assert_true(ttfs_budget_array(&b, 0, UINT64_MAX) && ttfs_budget_array(&b, UINT64_MAX, 0));
    assert_true(b.passed == TTFS_WITHIN && b.held == 60);
    assert_false(ttfs_budget_array(&b, UINT64_MAX / 2, 3));
    assert_int_equal(b.passed, TTFS_PAST_BYTES);
    assert_false(ttfs_budget_room(&b, 0) || ttfs_budget_spend(&b, 0) || ttfs_budget_afford(&b, 0));
    b.passed = TTFS_WITHIN;
    assert_false(ttfs_budget_room(&b, 41));
    b.passed = TTFS_WITHIN;
    ttfs_budget_hold(&b, 40);
    assert_true(b.passed == TTFS_WITHIN && ttfs_budget_room(&b, 0));
    ttfs_budget_release(&b, 30);
    assert_true(ttfs_budget_room(&b, 30));
    ttfs_budget_hold(&b, 31);
    assert_int_equal(b.passed, TTFS_PAST_BYTES);
    b.passed = TTFS_WITHIN;
    assert_false(ttfs_budget_room(&b, 0)); /* more is held than there is */
    b.passed = TTFS_WITHIN;
    assert_true(ttfs_budget_spend(&b, 200) && b.spent == 200);
    assert_false(ttfs_budget_afford(&b, 201)); /* more than a quarter of 800 */
    assert_true(b.passed == TTFS_WITHIN && b.spent == 200);
    assert_true(ttfs_budget_afford(&b, 200) && b.spent == 400);
    assert_true(ttfs_budget_spend(&b, 600) && b.spent == 1000);
    assert_false(ttfs_budget_spend(&b, 1));
    assert_true(b.passed == TTFS_PAST_WORK && b.spent == 1000);
    assert_false(ttfs_budget_room(&b, 0));
}

static void no_budget_is_no_limit(void **state) {
    (void)state;
    assert_true(ttfs_budget_room(NULL, UINT64_MAX) && ttfs_budget_spend(NULL, UINT64_MAX));
    assert_true(ttfs_budget_array(NULL, UINT64_MAX, 2) && ttfs_budget_afford(NULL, UINT64_MAX));
    ttfs_budget_grow(NULL, 1);
    ttfs_budget_hold(NULL, 1);
    ttfs_budget_release(NULL, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_one_layout),
        cmocka_unit_test(json_numbers_are_read_back),
        cmocka_unit_test(errors_outrank_notes),
        cmocka_unit_test(advice_may_be_the_codes),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(cuts_leave_characters),
        cmocka_unit_test(names_are_shown_escaped),
        cmocka_unit_test(arena_gives_zeros),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(arena_is_poisoned_beyond_its_arrays),
#endif
        cmocka_unit_test(vector_keeps_its_items),
        cmocka_unit_test(strings_survive),
        cmocka_unit_test(hex_survives),
        cmocka_unit_test(lexer_reads_numbers),
        cmocka_unit_test(lexer_stops_at_a_fault),
        cmocka_unit_test(lexer_takes_any_bytes),
        cmocka_unit_test(hashes_match_their_standards),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(random_numbers_are_those_of_the_seed),
        cmocka_unit_test(files_appear_whole),
        cmocka_unit_test(a_descriptor_may_be_0),
        cmocka_unit_test(standard_output_goes_on),
        cmocka_unit_test(paths_join),
        cmocka_unit_test(messages_are_bounded),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(budgets_by_size),
        cmocka_unit_test(budgets_end),
        cmocka_unit_test(no_budget_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
