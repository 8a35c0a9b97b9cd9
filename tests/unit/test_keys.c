/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of keys: one of our own with a key of every kind, twice grouped, is read, refused, checked
 * and printed by its rows alone. Then the chip's: each row is sound, its range holds to the number,
 * what it has a default for may be left out and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base_chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_KEYS                                                                                   \
    KEY(NAME, name, "name", 1, 8, TTFS_REQUIRED, "", "what it is called")                          \
    KEY(NOTE, doc, "doc", 0, 0, 0, "", "what it is for")                                           \
    KEY(WHOLE, meshes, "meshes", 1, 9, 3, "MESHES", "meshes")                                      \
    KEY(FLAG, pool, "pool", 0, 1, 1, "HAS_POOL", "pools at all")                                   \
    GROUP("memory", "sizes")                                                                       \
    KEY(WHOLE, rows, "memory.rows", 4, 64, TTFS_REQUIRED, "ROWS", "rows")                          \
    KEY(FLAG, single, "memory.single", 0, 1, 0, "SINGLE", "one port")                              \
    GROUP("loss", "estimates")                                                                     \
    KEY(REAL, leak, "loss.leak", 0, 2.5, 0.25, "", "leak")

typedef struct {
#define GROUP(path, doc)
#define KEY(KIND, member, path, least, most, fallback, VERILOG, doc) TTFS_TYPE_##KIND member;
    OWN_KEYS
#undef GROUP
#undef KEY
} Own;

static const TtfsKey own_rows[] = {
#define GROUP(path, doc) {TTFS_KEY_GROUP, path, 0, 0, 0, 0, "", doc},
#define KEY(KIND, member, path, least, most, fallback, VERILOG, doc)                               \
    {TTFS_KEY_##KIND, path, offsetof(Own, member), least, most, fallback, VERILOG, doc},
    OWN_KEYS
#undef GROUP
#undef KEY
};
static const TtfsKeys own = {own_rows, sizeof own_rows / sizeof *own_rows, "the test"};

typedef struct {
    Own own;
    TtfsArena arena;
    TtfsDiag diag;
    TtfsBuf said;
    bool ok;
} Read;

static Read read_own(const char *text) {
    Read r = {0};
    r.ok = ttfs_keys_read(&own, &r.own, "own.json", text, strlen(text), &r.arena, &r.diag);
    ttfs_diag_print(&r.diag, TTFS_NOTE, false, &r.said);
    assert_true(r.ok == (r.diag.errors == 0));
    return r;
}

static void drop(Read *r) {
    ttfs_buf_free(&r->said);
    ttfs_diag_free(&r->diag);
    ttfs_arena_free(&r->arena);
}

static void defaults(void **state) {
    (void)state;
    Read r = read_own("{\"memory\": {\"rows\": 7}, \"name\": \"a\"}");
    assert_string_equal(ttfs_buf_text(&r.said), "");
    assert_string_equal(r.own.name, "a");
    assert_string_equal(r.own.doc, "");
    assert_int_equal(r.own.meshes, 3);
    assert_true(r.own.pool && !r.own.single);
    assert_int_equal(r.own.rows, 7);
    assert_true(r.own.leak == 0.25);
    drop(&r);
}

static void prints_what_it_reads(void **state) {
    (void)state;
    static const char want[] = "{\n  \"name\": \"a\",\n  \"meshes\": 9,\n  \"pool\": false,\n"
                               "  \"memory\": {\"rows\": 4, \"single\": true},\n"
                               "  \"loss\": {\"leak\": 2.5}\n}\n";
    Read r =
        read_own("{\"doc\": \"\\u00e9\", \"pool\": false, \"loss\": {\"leak\": 2.5}, \"name\": "
                 "\"a\", \"memory\": {\"single\": true, \"rows\": 4}, \"meshes\": 9}");
    TtfsBuf out = {0}, tree = {0}, again = {0};
    assert_true(r.ok);
    assert_string_equal(r.own.doc, "\xc3\xa9");
    ttfs_keys_print(&own, &r.own, &out);
    assert_string_equal(out.text, want);
    Read back = read_own(out.text);
    ttfs_keys_print(&own, &back.own, &again);
    assert_string_equal(again.text, want);
    TtfsJson j = {.out = &tree};
    ttfs_keys_json(&own, &r.own, NULL, &j);
    assert_string_equal(tree.text,
                        "{\n\t\"name\":\t\"a\",\n\t\"meshes\":\t9,\n\t\"pool\":\tfalse,\n"
                        "\t\"memory\":\t{\n\t\t\"rows\":\t4,\n\t\t\"single\":\ttrue\n\t},\n"
                        "\t\"loss\":\t{\n\t\t\"leak\":\t2.5\n\t}\n}\n");
    ttfs_buf_free(&out);
    ttfs_buf_free(&tree);
    ttfs_buf_free(&again);
    drop(&r);
    drop(&back);
}

static void refused(const char *text, const char *want) {
    Read r = read_own(text);
    assert_false(r.ok);
    if (!strstr(ttfs_buf_text(&r.said), want))
        fail_msg("%s\nwas refused with\n%s\nwithout\n%s", text, ttfs_buf_text(&r.said), want);
    drop(&r);
}

static void refusals(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{}",
         "name: missing; 1 to 8 letters, digits, '_', '.' or '-' expected (what it is called)"},
        {"{}", "memory.rows: missing; a whole number in 4..64 expected (rows)"},
        {"{\"name\": \"123456789\"}", "name: '123456789' is not 1 to 8 letters"},
        {"{\"name\": \"\"}", "name: '' is not 1 to 8 letters"},
        {"{\"name\": null}", "name: null is not 1 to 8 letters"},
        {"{\"doc\": false}", "doc: false is not a text (what it is for)"},
        {"{\"pool\": 1}", "pool: 1 is not true or false (pools at all)"},
        {"{\"pool\": \"yes\"}", "pool: 'yes' is not true or false"},
        {"{\"meshes\": true}", "meshes: true is not a whole number in 1..9"},
        {"{\"meshes\": {}}", "meshes: an object is not a whole number in 1..9"},
        {"{\"meshes\": 8.5}", "meshes: 8.5 is not a whole number in 1..9"},
        {"{\"meshes\": 1e300}", "meshes: 1e+300 is not a whole number in 1..9"},
        {"{\"memory\": []}", "memory: an array is not an object (sizes)"},
        {"{\"memory\": {\"rows\": 65}}", "memory.rows: 65 is not a whole number in 4..64 (rows)"},
        {"{\"loss\": {\"leak\": -0.1}}", "loss.leak: -0.1 is not a number in 0..2.5 (leak)"},
        {"{\"loss\": {\"leak\": -1}}", "loss.leak: -1 is not a number in 0..2.5 (leak)"},
        {"{\"loss\": {\"leek\": 1}}",
         "unknown key 'leek', the nearest known key is 'leak': see the test"},
        {"{\"rows\": 4}", "unknown key 'rows', the nearest known key is 'loss'"},
        {"{\"leak\": 1}", "unknown key 'leak', the nearest known key is 'loss'"},
        {"{\"memory.rows\": 4}", "unknown key 'memory.rows', the nearest known key is 'memory'"},
        {"{\"memory\": {\"rows\": 4, \"rows\": 5}}",
         "rows: the key stands there twice: see the test"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused(cases[i][0], cases[i][1]);
}

/* Structs that no reader made. */
static void checks(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    Own good = {"a", "", 1, true, 64, false, 2.5}, o = good;
    assert_true(ttfs_keys_check(&own, &o, NULL, &diag));
    o.rows = 3;
    assert_false(ttfs_keys_check(&own, &o, NULL, &diag));
    assert_string_equal(diag.messages.at[0].what, "3 is not a whole number in 4..64 (rows)");
    o = good, o.leak = -0.5;
    assert_false(ttfs_keys_check(&own, &o, NULL, &diag));
    assert_string_equal(diag.messages.at[1].what, "-0.5 is not a number in 0..2.5 (leak)");
    o = good, o.name = NULL;
    assert_false(ttfs_keys_check(&own, &o, NULL, &diag));
    o.name = "a b";
    assert_false(ttfs_keys_check(&own, &o, NULL, &diag));
    assert_string_equal(diag.messages.at[3].what,
                        "'a b' is not 1 to 8 letters, digits, '_', '.' or '-' (what it is called)");
    assert_int_equal(diag.errors, 4);
    ttfs_diag_free(&diag);
}

/* The base chip with one key as `value` says; what was said about it. */
static bool chip_with(const TtfsKey *k, const char *value, TtfsBuf *said) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    TtfsChip chip;
    const char *dot = strchr(k->path, '.'), *name = ttfs_key_name(k), *change;
    change = ttfs_arena_printf(&a, dot ? "{\"%.*s\": {\"%s\": %s}}" : "{\"%.*s%s\": %s}",
                               dot ? (int)(dot - k->path) : 0, k->path, name, value);
    base_chip_text(change, strlen(change), &text);
    bool ok = ttfs_chip_read(&chip, "c.json", text.text, text.len, &a, &diag);
    said->len = 0;
    ttfs_diag_print(&diag, TTFS_NOTE, false, said);
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    return ok;
}

static void out_of_range(const TtfsKey *k, double v, TtfsBuf *said) {
    char value[64], want[160];
    snprintf(value, sizeof value, "%.17g", v);
    snprintf(want, sizeof want, "c.json: %s: %s is not a %s in %.10g..%.10g (", k->path, value,
             k->kind == TTFS_KEY_WHOLE ? "whole number" : "number", k->least, k->most);
    assert_false(chip_with(k, value, said));
    if (!strstr(ttfs_buf_text(said), want)) fail_msg("%s\nwithout\n%s", said->text, want);
}

static void the_chips_ranges(void **state) {
    (void)state;
    TtfsBuf said = {0};
    uint32_t numbers = 0;
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        const TtfsKey *k = &ttfs_chip_keys.at[i];
        if (k->kind != TTFS_KEY_WHOLE && k->kind != TTFS_KEY_REAL) continue;
        numbers++;
        out_of_range(k, k->least - 1, &said);
        out_of_range(k, k->most + 1, &said);
        assert_false(chip_with(k, "\"many\"", &said));
    }
    assert_true(numbers > 10);
    ttfs_buf_free(&said);
}

static void the_chips_rows(void **state) {
    (void)state;
    const TtfsKey *group = NULL, *rows = ttfs_chip_keys.at;
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        const TtfsKey *k = &rows[i];
        for (size_t j = 0; j < i; j++) assert_string_not_equal(k->path, rows[j].path);
        assert_true(*k->doc && k->least <= k->most);
        if (k->kind == TTFS_KEY_GROUP)
            group = k;
        else
            assert_true(ttfs_key_in(k, strchr(k->path, '.') ? group : NULL));
        if (k->kind >= TTFS_KEY_WHOLE && k->fallback != TTFS_REQUIRED)
            assert_true(k->fallback >= k->least && k->fallback <= k->most);
    }
}

/* Without it, or without one of its keys, no chip. */
static bool needed(const TtfsKey *k) {
    bool any = k->fallback == TTFS_REQUIRED;
    for (size_t i = 0; k->kind == TTFS_KEY_GROUP && i < ttfs_chip_keys.len; i++)
        any |= ttfs_key_in(&ttfs_chip_keys.at[i], k) &&
               ttfs_chip_keys.at[i].fallback == TTFS_REQUIRED;
    return any;
}

static void left_out(void **state) {
    (void)state;
    TtfsBuf said = {0};
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        const TtfsKey *k = &ttfs_chip_keys.at[i];
        if (strchr(k->path, '.')) continue;
        assert_true(chip_with(k, "null", &said) == !needed(k));
        if (needed(k) && !strstr(ttfs_buf_text(&said), ": missing; "))
            fail_msg("%s: %s", k->path, said.text);
    }
    ttfs_buf_free(&said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),         cmocka_unit_test(prints_what_it_reads),
        cmocka_unit_test(refusals),         cmocka_unit_test(checks),
        cmocka_unit_test(the_chips_ranges), cmocka_unit_test(the_chips_rows),
        cmocka_unit_test(left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
