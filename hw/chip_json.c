/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip descriptions from JSON: at most 64 KiB, nesting bounded by cJSON. Every unknown, missing,
 * repeated or ill-typed key is reported; an unknown one with the nearest known key. Ownership: the
 * JSON tree lives inside ttfs_chip_read alone, strings are copied into the arena.
 */
#include "chip.h"
#include "chip_keys.h"
#include "json_tree.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *file;
    const char *known[32];
    size_t known_count;
    TtfsDiag *diag;
} Reader;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein distance of words of at most 63 characters; longer ones are far from everything. */
static size_t edit_distance(const char *a, const char *b) {
    size_t row[64], n = strlen(a), m = strlen(b);
    if (n > 63 || m > 63) return 64;
    for (size_t j = 0; j <= m; j++) row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[m];
}

static const char *nearest(const Reader *r, const char *word) {
    const char *best = r->known[0];
    for (size_t i = 1; i < r->known_count; i++)
        if (edit_distance(word, r->known[i]) < edit_distance(word, best)) best = r->known[i];
    return best;
}

static bool is_known(const Reader *r, const char *word) {
    for (size_t i = 0; i < r->known_count; i++)
        if (strcmp(word, r->known[i]) == 0) return true;
    return false;
}

/* Refuses keys of `object` that are unknown or stand there twice. */
static bool keys_ok(const Reader *r, const cJSON *object) {
    bool ok = true;
    for (const cJSON *item = object->child; item; item = item->next) {
        if (!is_known(r, item->string))
            ok = ttfs_error_advice(r->diag, TTFS_AT_FILE(r->file), TTFS_JSON_KEY,
                                   "see hw/chip.schema.json",
                                   "unknown key '%.64s', the nearest known key is '%s'",
                                   item->string, nearest(r, item->string));
        else if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            ok = ttfs_error_advice(r->diag, TTFS_AT_NODE(r->file, item->string), TTFS_JSON_KEY,
                                   "see hw/chip.schema.json", "the key stands there twice");
    }
    return ok;
}

static bool read_int(const Reader *r, const cJSON *root, const TtfsChipInt *k, uint32_t *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, k->key);
    TtfsLoc loc = TTFS_AT_NODE(r->file, k->key);
    if (!item)
        return ttfs_error(r->diag, loc, TTFS_CHIP_VALUE, "missing; %u..%u expected (%s)", k->min,
                          k->max, k->doc);
    if (!cJSON_IsNumber(item))
        return ttfs_error(r->diag, loc, TTFS_CHIP_VALUE, "a whole number in %u..%u expected (%s)",
                          k->min, k->max, k->doc);
    double v = item->valuedouble;
    if (!(v >= k->min && v <= k->max) || floor(v) != v)
        return ttfs_error(r->diag, loc, TTFS_CHIP_VALUE,
                          "%.17g is not a whole number in %u..%u (%s)", v, k->min, k->max, k->doc);
    *out = (uint32_t)v;
    return true;
}

static bool read_real(const Reader *r, const cJSON *object, const TtfsChipReal *k, double *out) {
    const cJSON *item = object ? cJSON_GetObjectItemCaseSensitive(object, k->key) : NULL;
    TtfsLoc loc = TTFS_AT_NODE(r->file, k->key);
    *out = 0;
    if (!item && k->energy) return true;
    if (!item)
        return ttfs_error(r->diag, loc, TTFS_CHIP_VALUE, "missing; %g..%g expected", k->min,
                          k->max);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= k->min && item->valuedouble <= k->max))
        return ttfs_error(r->diag, loc, TTFS_CHIP_VALUE, "a number in %g..%g expected", k->min,
                          k->max);
    *out = item->valuedouble;
    return true;
}

static bool energies_ok(Reader r, const cJSON *energy) {
    if (!energy) return true;
    if (!cJSON_IsObject(energy))
        return ttfs_error(r.diag, TTFS_AT_NODE(r.file, "energy_pj"), TTFS_CHIP_VALUE,
                          "an object with event, tick and spike expected");
    r.known_count = 0;
    for (size_t i = 0; i < ttfs_chip_real_count; i++)
        if (ttfs_chip_reals[i].energy) r.known[r.known_count++] = ttfs_chip_reals[i].key;
    return keys_ok(&r, energy);
}

static bool read_object(Reader *r, const cJSON *root, TtfsChip *chip, TtfsArena *a) {
    if (!cJSON_IsObject(root))
        return ttfs_error(r->diag, TTFS_AT_FILE(r->file), TTFS_JSON_SYNTAX, "an object expected");
    r->known[r->known_count++] = "name";
    r->known[r->known_count++] = "doc";
    r->known[r->known_count++] = "energy_pj";
    r->known[r->known_count++] = "clock_mhz";
    for (size_t i = 0; i < ttfs_chip_int_count; i++)
        r->known[r->known_count++] = ttfs_chip_ints[i].key;
    bool ok = keys_ok(r, root);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(root, "name");
    if (cJSON_IsString(name)) chip->name = ttfs_arena_strdup(a, name->valuestring);
    const cJSON *doc = cJSON_GetObjectItemCaseSensitive(root, "doc");
    if (doc && !cJSON_IsString(doc))
        ok =
            ttfs_error(r->diag, TTFS_AT_NODE(r->file, "doc"), TTFS_CHIP_VALUE, "a string expected");
    for (size_t i = 0; i < ttfs_chip_int_count; i++)
        ok = read_int(r, root, &ttfs_chip_ints[i], ttfs_chip_int(chip, &ttfs_chip_ints[i])) && ok;
    const cJSON *energy = cJSON_GetObjectItemCaseSensitive(root, "energy_pj");
    ok = energies_ok(*r, energy) && ok;
    for (size_t i = 0; i < ttfs_chip_real_count; i++) {
        const TtfsChipReal *k = &ttfs_chip_reals[i];
        ok = read_real(r, k->energy ? energy : root, k, ttfs_chip_real(chip, k)) && ok;
    }
    return ok && ttfs_chip_check(chip, r->file, r->diag);
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

bool ttfs_chip_read(TtfsChip *chip, const char *file, const void *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag) {
    *chip = (TtfsChip){0};
    if (n > TTFS_CHIP_JSON_MAX)
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_FILE_SIZE,
                          "%zu bytes, at most %d expected", n, TTFS_CHIP_JSON_MAX);
    const char *start = n ? text : "", *end = start;
    TtfsJsonTree *tree = ttfs_json_parse(start, n, &end);
    bool ok = tree && only_blanks(end, start + n);
    if (!ok)
        ttfs_error(diag, place(file, start, end < start + n ? end : start + n), TTFS_JSON_SYNTAX,
                   tree ? "text follows the JSON value" : "this is not JSON");
    Reader r = {.file = file, .diag = diag};
    ok = ok && read_object(&r, tree->root, chip, a);
    ttfs_undo(tree);
    return ok;
}

/* The end of the JSON object that starts at `p`: behind the brace that closes it, NULL when none
 * does. Braces inside strings do not count. */
static const char *object_end(const char *p, const char *end) {
    uint32_t depth = 0;
    bool string = false;
    for (; p < end; p++) {
        if (string) {
            if (*p == '\\' && p + 1 < end)
                p++;
            else if (*p == '"')
                string = false;
            continue;
        }
        string = *p == '"';
        depth += *p == '{';
        if (*p == '}' && --depth == 0) return p + 1;
    }
    return NULL;
}

bool ttfs_chip_lex(TtfsChip *chip, TtfsLex *l, TtfsArena *a) {
    if (!ttfs_lex_is(l, "{")) return ttfs_lex_expect(l, "{");
    const char *start = l->text, *end = object_end(start, l->end);
    if (!end) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the chip's description does not end");
    if (!ttfs_chip_read(chip, l->file, start, (size_t)(end - start), a, l->diag)) {
        l->failed = true;
        l->kind = TTFS_TOK_END;
        l->at = l->end;
        return false;
    }
    for (const char *p = start; p < end; p++) {
        if (*p != '\n') continue;
        l->line++;
        l->line_start = p + 1;
    }
    l->at = end;
    l->kind = TTFS_TOK_PUNCT;
    ttfs_lex_next(l);
    return ttfs_lex_eol(l);
}
