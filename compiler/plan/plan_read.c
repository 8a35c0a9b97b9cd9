/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the plan's text. It checks the syntax and bounds every count by the chip before it
 * allocates; what the numbers mean is the checker's.
 */
#include "plan.h"

static bool key_u64(TtfsLex *l, const char *key, uint64_t *out) {
    return ttfs_lex_expect(l, key) && ttfs_lex_u64(l, UINT64_MAX, out);
}

static bool key_index(TtfsLex *l, const char *key, uint32_t want) {
    uint32_t v;
    if (!ttfs_lex_key_u32(l, key, UINT32_MAX, &v)) return false;
    return v == want || ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s %u expected, found %u", key, want, v);
}

static bool read_slots(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!ttfs_lex_key_u32(l, "slots", p->chip.slots, &n) || !ttfs_lex_eol(l)) return false;
    if (n == 0) return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a plan has at least one slot");
    for (uint32_t i = 0; i < n; i++) {
        TtfsSlot s = {0};
        if (!key_index(l, "slot", i) || !ttfs_lex_key_u32(l, "pop", UINT32_MAX, &s.pop.i) ||
            !key_u64(l, "worst", &s.worst_cycles) || !key_u64(l, "expected", &s.expected_cycles) ||
            !ttfs_lex_eol(l))
            return false;
        *TTFS_PUSH(&p->arena, p->slots) = s;
    }
    return true;
}

static bool read_copy(TtfsLex *l, const char *key, bool *used, uint32_t *base) {
    *used = ttfs_lex_accept(l, key);
    return !*used || ttfs_lex_u32(l, UINT32_MAX, base);
}

static bool read_pair(TtfsLex *l, const char *key, uint32_t *first, uint32_t *count) {
    return ttfs_lex_key_u32(l, key, UINT32_MAX, first) && ttfs_lex_u32(l, UINT32_MAX, count);
}

static bool read_slice(TtfsSlice *s, uint32_t id, TtfsLex *l) {
    return key_index(l, "slice", id) && ttfs_lex_key_u32(l, "pop", UINT32_MAX, &s->pop.i) &&
           ttfs_lex_key_u32(l, "core", UINT32_MAX, &s->core) &&
           ttfs_lex_key_u32(l, "slot", UINT32_MAX, &s->slot) &&
           read_pair(l, "channels", &s->ch_first, &s->channels) &&
           read_pair(l, "rows", &s->oy_first, &s->oy_count) &&
           ttfs_lex_key_u32(l, "groups", UINT32_MAX, &s->groups) &&
           ttfs_lex_key_u32(l, "of", UINT32_MAX, &s->group_rows) &&
           ttfs_lex_key_u32(l, "weights", UINT32_MAX, &s->weight_base) &&
           ttfs_lex_key_u32(l, "params", UINT32_MAX, &s->param_base) &&
           ttfs_lex_key_u32(l, "source", UINT32_MAX, &s->src_base) &&
           read_copy(l, "band", &s->band, &s->band_base) &&
           read_copy(l, "patch", &s->patch, &s->patch_base) && ttfs_lex_eol(l);
}

static bool read_slices(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!ttfs_lex_key_u32(l, "slices", p->chip.cores * p->slots.len, &n) || !ttfs_lex_eol(l))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsSlice s = {0};
        if (!read_slice(&s, i + 1, l)) return false;
        *TTFS_PUSH(&p->arena, p->slices) = s;
    }
    return true;
}

static bool read_core_slot(TtfsPlan *p, uint32_t core, uint32_t slot, TtfsLex *l) {
    TtfsCoreSlot *at = ttfs_plan_at(p, core, slot);
    uint32_t said;
    if (!key_index(l, "at", core) || !ttfs_lex_u32(l, UINT32_MAX, &said)) return false;
    if (said != slot)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "slot %u expected, found %u", slot, said);
    if (!key_u64(l, "worst", &at->worst_cycles)) return false;
    if (ttfs_lex_accept(l, "seal") && (!ttfs_lex_u32(l, UINT32_MAX, &at->seal.i) ||
                                       !ttfs_lex_key_u32(l, "to", UINT32_MAX, &at->seal_base)))
        return false;
    if (ttfs_lex_accept(l, "slice") && !ttfs_lex_u32(l, UINT32_MAX, &at->slice)) return false;
    at->listen = ttfs_lex_accept(l, "listen");
    return ttfs_lex_eol(l);
}

static bool read_cores(TtfsPlan *p, TtfsLex *l) {
    p->at = TTFS_ARRAY(&p->arena, TtfsCoreSlot, (size_t)p->chip.cores * p->slots.len);
    p->weight_rows_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->list_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->log_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    p->seen_words_used = TTFS_ARRAY(&p->arena, uint32_t, p->chip.cores);
    for (uint32_t c = 0; c < p->chip.cores; c++) {
        if (!key_index(l, "core", c) ||
            !ttfs_lex_key_u32(l, "weight_rows", UINT32_MAX, &p->weight_rows_used[c]) ||
            !ttfs_lex_key_u32(l, "list_words", UINT32_MAX, &p->list_words_used[c]) ||
            !ttfs_lex_key_u32(l, "log_words", UINT32_MAX, &p->log_words_used[c]) ||
            !ttfs_lex_key_u32(l, "seen_words", UINT32_MAX, &p->seen_words_used[c]) ||
            !ttfs_lex_eol(l))
            return false;
        for (uint32_t i = 0; i < p->slots.len; i++)
            if (!read_core_slot(p, c, i, l)) return false;
    }
    return true;
}

bool ttfs_plan_read(TtfsPlan *p, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *p = (TtfsPlan){0};
    TtfsLex l;
    ttfs_lex_init(&l, file, text, n, diag);
    if (!key_index(&l, "ttfs-plan", 1) || !ttfs_lex_eol(&l) || !ttfs_lex_expect(&l, "chip") ||
        !ttfs_chip_lex(&p->chip, &l, &p->arena))
        return false;
    if (!ttfs_lex_expect(&l, "cycles") || !key_u64(&l, "worst", &p->worst_cycles) ||
        !key_u64(&l, "expected", &p->expected_cycles) || !ttfs_lex_eol(&l))
        return false;
    if (!read_slots(p, &l) || !read_slices(p, &l) || !read_cores(p, &l)) return false;
    if (!ttfs_lex_expect(&l, "end") || !ttfs_lex_eol(&l)) return false;
    return l.kind == TTFS_TOK_END || ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the end");
}
