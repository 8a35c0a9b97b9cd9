/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts of the IR and of spike graphs word by word: each word of random ones is replaced by
 * another, left out, or the last of the text. What is read passes its check and prints as a text
 * that is read again; what is refused has a message that names the file. Two spike graphs are equal
 * where their texts are, but for the order of samples; else the first difference has a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random_net.h"
#include "random_spike.h"

#include <stdlib.h>

static const char *const words[] = {"?",     "",   "0",     "-1", "2", "4294967296", "1e300", "nan",
                                    "\"x\"", "\"", "%9999", "[",  "]", "0x1p-300",   "true"};
enum { WORDS = sizeof words / sizeof *words };

/* Reads a text; what was read, printed, or an empty text. */
typedef bool Again(const char *text, size_t n, TtfsBuf *printed, TtfsDiag *diag);

static bool ir_again(const char *text, size_t n, TtfsBuf *printed, TtfsDiag *diag) {
    TtfsIr ir = {0};
    bool ok = ttfs_ir_read(&ir, "text", text, n, diag);
    if (ok)
        assert_true(ttfs_ir_check(&ir, "text", diag) && ttfs_ir_print(&ir, NULL, printed, diag));
    ttfs_ir_free(&ir);
    return ok;
}

static TtfsSpike whole; /* what the damaged graph is compared with */
static char whole_text[1 << 16];

/* The text without the order of samples. */
static void without_order(const char *text, char *out) {
    const char *order = strstr(text, " order "), *after = order ? strstr(order, " readout") : NULL;
    assert_non_null(after);
    assert_true(strlen(text) < sizeof whole_text);
    memcpy(out, text, (size_t)(order - text));
    strcpy(out + (order - text), after);
}

static bool spike_again(const char *text, size_t n, TtfsBuf *printed, TtfsDiag *diag) {
    static char plain[sizeof whole_text];
    TtfsSpike s = {0};
    char what[256] = "";
    bool ok = ttfs_spike_read(&s, "text", text, n, diag);
    if (ok) {
        assert_true(ttfs_spike_check(&s, "text", diag) &&
                    ttfs_spike_print(&s, NULL, printed, diag));
        without_order(ttfs_buf_text(printed), plain);
        bool same = strcmp(plain, whole_text) == 0;
        if (ttfs_spike_equal(&whole, &s, what, sizeof what) != same)
            fail_msg("%s\n%s\n%s", same ? "not equal" : "equal", what, plain);
        assert_true(same || *what);
    }
    ttfs_spike_free(&s);
    return ok;
}

static bool read(Again *again, const char *text, size_t n) {
    TtfsDiag diag = {0};
    TtfsBuf once = {0}, twice = {0};
    bool ok = again(text, n, &once, &diag);
    if (ok) {
        assert_true(again(once.text, once.len, &twice, &diag));
        assert_string_equal(once.text, twice.text);
    } else {
        assert_true(diag.errors > 0);
        assert_int_equal(strncmp(diag.messages.at[0].where, "text", 4), 0);
    }
    ttfs_buf_free(&once);
    ttfs_buf_free(&twice);
    ttfs_diag_free(&diag);
    return ok;
}

/* Every word in front of the blob; the number of texts that are refused. */
static uint32_t damage(Again *again, const TtfsBuf *text) {
    const char *data = strstr(text->text, "\ndata"),
               *end = data ? data : strstr(text->text, "\nblob");
    uint32_t refused = 0;
    char *copy = malloc(text->len + 32);
    assert_non_null(end);
    assert_true(read(again, text->text, text->len));
    for (const char *at = text->text; at < end;) {
        size_t n = strcspn(at, " \n"), before = (size_t)(at - text->text);
        for (size_t k = 0; n && k < WORDS; k++) {
            size_t more = strlen(words[k]);
            memcpy(copy, text->text, before);
            memcpy(copy + before, words[k], more);
            memcpy(copy + before + more, at + n, text->len - before - n);
            refused += !read(again, copy, text->len - n + more);
        }
        if (n) refused += !read(again, text->text, before);
        at += n + 1;
    }
    free(copy);
    return refused;
}

static void ir_words(void **state) {
    (void)state;
    uint32_t refused = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        TtfsArena data = {0};
        TtfsBuf text = {0};
        TtfsDiag diag = {0};
        TtfsIr ir = random_net(&data, seed, (RandomNetOptions){.layers = 12});
        assert_true(ttfs_ir_print(&ir, NULL, &text, &diag));
        refused += damage(ir_again, &text);
        ttfs_buf_free(&text);
        ttfs_ir_free(&ir);
        ttfs_arena_free(&data);
    }
    assert_true(refused > 5000);
}

static void spike_words(void **state) {
    (void)state;
    uint32_t refused = 0;
    for (uint64_t seed = 0; seed < 5; seed++) {
        TtfsBuf text = {0};
        TtfsDiag diag = {0};
        random_spike(&whole, seed);
        assert_true(ttfs_spike_print(&whole, NULL, &text, &diag));
        without_order(ttfs_buf_text(&text), whole_text);
        refused += damage(spike_again, &text);
        ttfs_buf_free(&text);
        ttfs_spike_free(&whole);
    }
    assert_true(refused > 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ir_words),
        cmocka_unit_test(spike_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
