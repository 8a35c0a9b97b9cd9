/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of a core's program and of its buffers: members to words and back, text and back, all
 * from the one table records.def. Invariant: unpacking accepts exactly the words that packing
 * makes. The structs are made from the same rows, so a field's place among those of its record is
 * its place in the struct.
 */
#include "chip.h"

#include <string.h>

typedef struct {
    const char *name;
    TtfsRecordKind kind;
    uint32_t word, lsb, width;
    bool is_signed;
} Field;

static const Field fields[] = {
#define TTFS_RECORD(NAME, words, doc)
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc)                           \
    {#name, TTFS_RECORD_##RECORD, word, lsb, width, is_signed},
#include "records.def"
#undef TTFS_RECORD
#undef TTFS_FIELD
};

static const uint32_t sizes[] = {
#define TTFS_RECORD(NAME, words, doc) words,
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc)
#include "records.def"
#undef TTFS_RECORD
#undef TTFS_FIELD
};

/* The fields of a kind of record: they stand together. */
typedef struct {
    const Field *at;
    size_t count;
} Fields;

static Fields fields_of(TtfsRecordKind kind) {
    Fields f = {fields, 0};
    while (f.at->kind != kind) f.at++;
    while (f.at + f.count < fields + sizeof fields / sizeof *fields && f.at[f.count].kind == kind)
        f.count++;
    return f;
}

static int32_t get(const void *record, size_t i) {
    int32_t v;
    memcpy(&v, (const int32_t *)record + i, sizeof v);
    return v;
}

static void put(void *record, size_t i, int32_t v) {
    memcpy((int32_t *)record + i, &v, sizeof v);
}

static int64_t least(const Field *f) {
    return f->is_signed ? -(INT64_C(1) << (f->width - 1)) : 0;
}

static int64_t most(const Field *f) {
    return (INT64_C(1) << (f->is_signed ? f->width - 1 : f->width)) - 1;
}

static uint32_t mask(const Field *f) {
    return (f->width == 32 ? UINT32_MAX : (1u << f->width) - 1) << f->lsb;
}

/* Segments and buffers are no steps of an engine: they have no op. */
static bool has_op(TtfsRecordKind kind) {
    return kind == TTFS_RECORD_SCAN || kind == TTFS_RECORD_WALK || kind == TTFS_RECORD_FIRE;
}

uint32_t ttfs_record_words(TtfsRecordKind kind, uint32_t first) {
    return has_op(kind) && (first & mask(fields_of(kind).at)) == 0 ? 1 : sizes[kind];
}

bool ttfs_record_pack(TtfsRecordKind kind, const void *record, uint32_t *words, const char **bad) {
    Fields f = fields_of(kind);
    uint32_t all = ttfs_record_words(kind, (uint32_t)get(record, 0));
    memset(words, 0, sizes[kind] * sizeof *words);
    for (size_t i = 0; i < f.count; i++) {
        int32_t v = get(record, i);
        if (v < least(&f.at[i]) || v > most(&f.at[i]) || (v && f.at[i].word >= all)) {
            *bad = f.at[i].name;
            return false;
        }
        words[f.at[i].word] |= (uint32_t)v << f.at[i].lsb & mask(&f.at[i]);
    }
    return true;
}

bool ttfs_record_unpack(TtfsRecordKind kind, const uint32_t *words, void *record) {
    Fields f = fields_of(kind);
    uint32_t all = ttfs_record_words(kind, words[0]), named[TTFS_RECORD_MOST] = {0};
    for (size_t i = 0; i < f.count; i++) {
        const Field *at = &f.at[i];
        int64_t v = at->word < all ? (words[at->word] & mask(at)) >> at->lsb : 0;
        if (v > most(at)) v -= INT64_C(1) << at->width;
        put(record, i, (int32_t)v);
        named[at->word] |= mask(at);
    }
    for (uint32_t w = 0; w < all; w++)
        if (words[w] & ~named[w]) return false;
    return true;
}

void ttfs_record_print(TtfsRecordKind kind, const void *record, TtfsBuf *out) {
    Fields f = fields_of(kind);
    for (size_t i = 0; i < f.count; i++) {
        int32_t v = get(record, i);
        if (v) ttfs_buf_printf(out, " %s %d", f.at[i].name, v);
    }
}

bool ttfs_record_lex(TtfsRecordKind kind, void *record, TtfsLex *l) {
    Fields f = fields_of(kind);
    memset(record, 0, f.count * sizeof(int32_t));
    while (l->kind == TTFS_TOK_WORD) {
        size_t i = 0;
        while (i < f.count && !ttfs_lex_is(l, f.at[i].name)) i++;
        if (i == f.count) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "a field's name expected");
        if (get(record, i))
            return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the field stands there twice");
        ttfs_lex_next(l);
        int64_t v;
        if (!ttfs_lex_i64(l, least(&f.at[i]), most(&f.at[i]), &v)) return false;
        put(record, i, (int32_t)v);
    }
    return ttfs_lex_eol(l);
}
