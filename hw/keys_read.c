/* SPDX-License-Identifier: Apache-2.0
 *
 * A struct from JSON by its table of keys. Nesting is bounded by cJSON. Every unknown, missing,
 * repeated, ill-typed or out-of-range key is reported. Ownership: the JSON tree lives inside
 * ttfs_keys_read alone, texts are copied into the arena.
 */
#include "json_tree.h"
#include "keys.h"
#include "nearest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const TtfsKeys *keys;
    const char *file;
    char *to;
    TtfsArena *arena;
    TtfsDiag *diag;
} Reader;

static const char *nearest(const Reader *r, const TtfsKey *group, const char *word) {
    const char **known = TTFS_ARRAY(r->arena, const char *, r->keys->len);
    size_t n = 0;
    for (size_t i = 0; i < r->keys->len; i++)
        if (ttfs_key_in(&r->keys->at[i], group)) known[n++] = ttfs_key_name(&r->keys->at[i]);
    return ttfs_nearest(word, known, n);
}

static bool is_known(const Reader *r, const TtfsKey *group, const char *word) {
    for (size_t i = 0; i < r->keys->len; i++) {
        const TtfsKey *k = &r->keys->at[i];
        if (ttfs_key_in(k, group) && strcmp(word, ttfs_key_name(k)) == 0) return true;
    }
    return false;
}

/* Refuses keys of `object` that are unknown or stand there twice. */
static bool names_ok(const Reader *r, const TtfsKey *group, const cJSON *object) {
    bool ok = true;
    const char *advice = ttfs_arena_printf(r->arena, "see %s", r->keys->schema);
    for (const cJSON *item = object ? object->child : NULL; item; item = item->next) {
        if (!is_known(r, group, item->string))
            ok = ttfs_error_advice(r->diag, TTFS_AT_FILE(r->file), TTFS_JSON_KEY, advice,
                                   "unknown key '%.64s', the nearest known key is '%s'",
                                   item->string, nearest(r, group, item->string));
        else if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            ok = ttfs_error_advice(r->diag, TTFS_AT_NODE(r->file, item->string), TTFS_JSON_KEY,
                                   advice, "the key stands there twice");
    }
    return ok;
}

static bool fault(const Reader *r, const TtfsKey *k, const cJSON *item) {
    char found[80];
    if (cJSON_IsNumber(item))
        snprintf(found, sizeof found, "%s", ttfs_json_number_text(item->valuedouble).text);
    else if (cJSON_IsString(item))
        snprintf(found, sizeof found, "'%.64s'", item->valuestring);
    else
        snprintf(found, sizeof found, "%s",
                 cJSON_IsObject(item)  ? "an object"
                 : cJSON_IsArray(item) ? "an array"
                 : cJSON_IsTrue(item)  ? "true"
                 : cJSON_IsFalse(item) ? "false"
                                       : "null");
    return ttfs_key_fault(k, found, r->file, r->diag);
}

static void put_number(const Reader *r, const TtfsKey *k, double v) {
    char *at = r->to + k->at;
    if (k->kind == TTFS_KEY_WHOLE) {
        uint32_t whole = (uint32_t)v;
        memcpy(at, &whole, sizeof whole);
    } else if (k->kind == TTFS_KEY_FLAG) {
        bool flag = v != 0;
        memcpy(at, &flag, sizeof flag);
    } else {
        memcpy(at, &v, sizeof v);
    }
}

static void put_text(const Reader *r, const TtfsKey *k, const char *text) {
    const char *copy = ttfs_arena_strdup(r->arena, text);
    memcpy(r->to + k->at, &copy, sizeof copy);
}

static bool read_number(const Reader *r, const TtfsKey *k, const cJSON *item) {
    bool flag = k->kind == TTFS_KEY_FLAG;
    double v = flag ? cJSON_IsTrue(item) : item->valuedouble;
    if (!(flag ? cJSON_IsBool(item) : cJSON_IsNumber(item)) || !(v >= k->least && v <= k->most) ||
        (k->kind == TTFS_KEY_WHOLE && floor(v) != v))
        return fault(r, k, item);
    put_number(r, k, v);
    return true;
}

static bool read_text(const Reader *r, const TtfsKey *k, const cJSON *item) {
    if (!cJSON_IsString(item)) return fault(r, k, item);
    put_text(r, k, item->valuestring);
    return ttfs_key_check(k, r->to, r->file, r->diag);
}

/* A key that is left out. */
static bool read_nothing(const Reader *r, const TtfsKey *k) {
    if (k->fallback == TTFS_REQUIRED) return ttfs_key_fault(k, NULL, r->file, r->diag);
    if (k->kind == TTFS_KEY_NOTE)
        put_text(r, k, "");
    else
        put_number(r, k, k->fallback);
    return true;
}

/* `object` NULL: a group that is left out. */
static bool read_object(const Reader *r, const TtfsKey *group, const cJSON *object) {
    if (object && !cJSON_IsObject(object)) return fault(r, group, object);
    bool ok = names_ok(r, group, object);
    for (const TtfsKey *k = r->keys->at; k < r->keys->at + r->keys->len; k++) {
        if (!ttfs_key_in(k, group)) continue;
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, ttfs_key_name(k));
        if (k->kind == TTFS_KEY_GROUP)
            ok = read_object(r, k, item) && ok;
        else if (!item)
            ok = read_nothing(r, k) && ok;
        else if (k->kind == TTFS_KEY_NAME || k->kind == TTFS_KEY_NOTE)
            ok = read_text(r, k, item) && ok;
        else
            ok = read_number(r, k, item) && ok;
    }
    return ok;
}

/* The place of a byte of the text, as line and column. */
static TtfsLoc place(const char *file, const char *text, const char *at) {
    TtfsLoc loc = {.file = file, .line = 1, .col = 1};
    for (const char *p = text; p < at; p++) {
        loc.col = *p == '\n' ? 1 : loc.col + 1;
        loc.line += *p == '\n';
    }
    return loc;
}

static bool only_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++;
    return p == end;
}

bool ttfs_keys_read(const TtfsKeys *keys, void *to, const char *file, const void *text, size_t n,
                    TtfsArena *a, TtfsDiag *diag) {
    if (n > TTFS_KEYS_JSON_MAX)
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_FILE_SIZE,
                          "%zu bytes, at most %d expected", n, TTFS_KEYS_JSON_MAX);
    const char *start = n ? text : "", *end = start;
    TtfsJsonTree *tree = ttfs_json_parse(start, n, &end);
    bool ok = tree && only_blanks(end, start + n);
    if (!ok)
        ttfs_error(diag, place(file, start, end < start + n ? end : start + n), TTFS_JSON_SYNTAX,
                   tree ? "text follows the JSON value" : "this is not JSON");
    else if (!cJSON_IsObject(tree->root))
        ok = ttfs_error(diag, TTFS_AT_FILE(file), TTFS_JSON_SYNTAX, "an object expected");
    Reader r = {.keys = keys, .file = file, .to = to, .arena = a, .diag = diag};
    ok = ok && read_object(&r, NULL, tree->root);
    ttfs_undo(tree);
    return ok;
}
