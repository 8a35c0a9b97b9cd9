/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot descriptors: members to words and back, both from the one table fields.def. Invariant:
 * unpacking accepts exactly the words that packing makes.
 */
#include "chip.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t at;
    uint32_t word, lsb, width;
    bool is_signed;
} Field;

static const Field fields[] = {
#define TTFS_FIELD(NAME, name, word, lsb, width, is_signed, doc)                                   \
    {#name, offsetof(TtfsDescriptor, name), word, lsb, width, is_signed},
#include "fields.def"
#undef TTFS_FIELD
};
enum { FIELDS = sizeof fields / sizeof *fields };

static int32_t get(const TtfsDescriptor *d, const Field *f) {
    int32_t v;
    memcpy(&v, (const char *)d + f->at, sizeof v);
    return v;
}

static void put(TtfsDescriptor *d, const Field *f, int32_t v) {
    memcpy((char *)d + f->at, &v, sizeof v);
}

static bool fits(const Field *f, int32_t v) {
    int64_t top = INT64_C(1) << (f->is_signed ? f->width - 1 : f->width);
    return v < top && v >= (f->is_signed ? -top : 0);
}

static uint32_t mask(const Field *f) {
    return (f->width == 32 ? UINT32_MAX : (1u << f->width) - 1) << f->lsb;
}

bool ttfs_descriptor_pack(const TtfsDescriptor *d, uint32_t words[TTFS_DESC_WORDS],
                          const char **bad) {
    memset(words, 0, TTFS_DESC_WORDS * sizeof *words);
    for (size_t i = 0; i < FIELDS; i++) {
        const Field *f = &fields[i];
        int32_t v = get(d, f);
        if (!fits(f, v)) {
            *bad = f->name;
            return false;
        }
        words[f->word] |= (uint32_t)v << f->lsb & mask(f);
    }
    return true;
}

bool ttfs_descriptor_unpack(const uint32_t words[TTFS_DESC_WORDS], TtfsDescriptor *d) {
    uint32_t named[TTFS_DESC_WORDS] = {0};
    for (size_t i = 0; i < FIELDS; i++) {
        const Field *f = &fields[i];
        int64_t v = (words[f->word] & mask(f)) >> f->lsb;
        if (f->is_signed && v >> (f->width - 1)) v -= INT64_C(1) << f->width;
        put(d, f, (int32_t)v);
        named[f->word] |= mask(f);
    }
    for (size_t i = 0; i < TTFS_DESC_WORDS; i++)
        if (words[i] & ~named[i]) return false;
    return true;
}

void ttfs_descriptor_print(const TtfsDescriptor *d, TtfsBuf *out) {
    const char *gap = "";
    for (size_t i = 0; i < FIELDS; i++) {
        int32_t v = get(d, &fields[i]);
        if (v == 0) continue;
        ttfs_buf_printf(out, "%s%s %d", gap, fields[i].name, v);
        gap = " ";
    }
}

bool ttfs_descriptor_lex(TtfsDescriptor *d, TtfsLex *l) {
    *d = (TtfsDescriptor){0};
    while (l->kind == TTFS_TOK_WORD) {
        size_t i = 0;
        while (i < FIELDS && !ttfs_lex_is(l, fields[i].name)) i++;
        if (i == FIELDS) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "a field's name expected");
        if (get(d, &fields[i]))
            return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the field stands there twice");
        ttfs_lex_next(l);
        int64_t top = INT64_C(1) << (fields[i].is_signed ? fields[i].width - 1 : fields[i].width),
                v;
        if (!ttfs_lex_i64(l, fields[i].is_signed ? -top : 0, top - 1, &v)) return false;
        put(d, &fields[i], (int32_t)v);
    }
    return ttfs_lex_eol(l);
}
