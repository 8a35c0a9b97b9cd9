/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys: values by their row, the checks with their one message, the printers. The reader is
 * keys_read.c.
 */
#include "keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double ttfs_key_get(const TtfsKey *k, const void *of) {
    const char *p = (const char *)of + k->at;
    uint32_t whole;
    double real;
    if (k->kind == TTFS_KEY_FLAG) return *(const bool *)p;
    if (k->kind == TTFS_KEY_REAL) return memcpy(&real, p, sizeof real), real;
    return memcpy(&whole, p, sizeof whole), whole;
}

static const char *text_of(const TtfsKey *k, const void *of) {
    const char *text;
    memcpy(&text, (const char *)of + k->at, sizeof text);
    return text;
}

const char *ttfs_key_name(const TtfsKey *k) {
    const char *dot = strrchr(k->path, '.');
    return dot ? dot + 1 : k->path;
}

bool ttfs_key_in(const TtfsKey *k, const TtfsKey *group) {
    const char *dot = strrchr(k->path, '.');
    if (!dot || !group) return !dot && !group;
    return strlen(group->path) == (size_t)(dot - k->path) &&
           strncmp(group->path, k->path, (size_t)(dot - k->path)) == 0;
}

/* What the key takes, in words. */
static void expected(const TtfsKey *k, char *words, size_t room) {
    static const char *const kinds[] = {
        [TTFS_KEY_GROUP] = "an object",
        [TTFS_KEY_NAME] = "%.10g to %.10g letters, digits, '_', '.' or '-'",
        [TTFS_KEY_NOTE] = "a text",
        [TTFS_KEY_WHOLE] = "a whole number in %.10g..%.10g",
        [TTFS_KEY_REAL] = "a number in %.10g..%.10g",
        [TTFS_KEY_FLAG] = "true or false",
    };
    snprintf(words, room, kinds[k->kind], k->least, k->most);
}

bool ttfs_key_fault(const TtfsKey *k, const char *found, const char *file, TtfsDiag *diag) {
    char words[96];
    TtfsLoc loc = TTFS_AT_NODE(file, k->path);
    expected(k, words, sizeof words);
    if (!found)
        return ttfs_error(diag, loc, TTFS_CHIP_VALUE, "missing; %s expected (%s)", words, k->doc);
    return ttfs_error(diag, loc, TTFS_CHIP_VALUE, "%s is not %s (%s)", found, words, k->doc);
}

static bool is_name(const char *s, double least, double most) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t n = strlen(s);
    return (double)n >= least && (double)n <= most && strspn(s, letters) == n;
}

static bool name_check(const TtfsKey *k, const void *of, const char *file, TtfsDiag *diag) {
    const char *s = text_of(k, of);
    char found[80];
    if (s && is_name(s, k->least, k->most)) return true;
    snprintf(found, sizeof found, "'%.64s'", s ? s : "");
    return ttfs_key_fault(k, s ? found : NULL, file, diag);
}

bool ttfs_key_check(const TtfsKey *k, const void *of, const char *file, TtfsDiag *diag) {
    if (k->kind == TTFS_KEY_NAME) return name_check(k, of, file, diag);
    if (k->kind == TTFS_KEY_NOTE || k->kind == TTFS_KEY_GROUP) return true;
    double v = ttfs_key_get(k, of);
    if (v >= k->least && v <= k->most) return true;
    return ttfs_key_fault(k, ttfs_json_number_text(v).text, file, diag);
}

bool ttfs_keys_check(const TtfsKeys *keys, const void *of, const char *file, TtfsDiag *diag) {
    bool ok = true;
    for (size_t i = 0; i < keys->len; i++) ok = ttfs_key_check(&keys->at[i], of, file, diag) && ok;
    return ok;
}

static void print_value(const TtfsKey *k, const void *of, TtfsBuf *out) {
    if (k->kind == TTFS_KEY_NAME)
        ttfs_buf_printf(out, "\"%s\"", text_of(k, of));
    else if (k->kind == TTFS_KEY_FLAG)
        ttfs_buf_puts(out, ttfs_key_get(k, of) != 0 ? "true" : "false");
    else
        ttfs_buf_printf(out, "%.17g", ttfs_key_get(k, of));
}

static void print_object(const TtfsKeys *keys, const TtfsKey *group, const void *of, TtfsBuf *out) {
    const char *gap = group ? "{" : "{\n  ";
    for (const TtfsKey *k = keys->at; k < keys->at + keys->len; k++) {
        if (!ttfs_key_in(k, group) || k->kind == TTFS_KEY_NOTE) continue;
        ttfs_buf_printf(out, "%s\"%s\": ", gap, ttfs_key_name(k));
        gap = group ? ", " : ",\n  ";
        if (k->kind == TTFS_KEY_GROUP)
            print_object(keys, k, of, out);
        else
            print_value(k, of, out);
    }
    ttfs_buf_puts(out, group ? "}" : "\n}\n");
}

void ttfs_keys_print(const TtfsKeys *keys, const void *of, TtfsBuf *out) {
    print_object(keys, NULL, of, out);
}

static void put_value(const TtfsKey *k, const void *of, TtfsJson *j) {
    if (k->kind == TTFS_KEY_NAME)
        ttfs_json_string(j, ttfs_key_name(k), text_of(k, of));
    else if (k->kind == TTFS_KEY_FLAG)
        ttfs_json_bool(j, ttfs_key_name(k), ttfs_key_get(k, of) != 0);
    else
        ttfs_json_number(j, ttfs_key_name(k), ttfs_key_get(k, of));
}

static void put_object(const TtfsKeys *keys, const TtfsKey *group, const void *of, const char *name,
                       TtfsJson *j) {
    ttfs_json_object(j, name);
    for (const TtfsKey *k = keys->at; k < keys->at + keys->len; k++) {
        if (!ttfs_key_in(k, group) || k->kind == TTFS_KEY_NOTE) continue;
        if (k->kind == TTFS_KEY_GROUP)
            put_object(keys, k, of, ttfs_key_name(k), j);
        else
            put_value(k, of, j);
    }
    ttfs_json_end(j);
}

void ttfs_keys_json(const TtfsKeys *keys, const void *of, const char *key, TtfsJson *j) {
    put_object(keys, NULL, of, key, j);
}
