/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the plan's text. It checks the syntax; every count is bounded by the chip, and what is
 * allocated follows the lines that are there. What the numbers mean is the checker's.
 */
#include "plan.h"

static bool key(TtfsLex *l, const char *name, uint32_t *out) {
    return ttfs_lex_key_u32(l, name, UINT32_MAX, out);
}

static bool key_u64(TtfsLex *l, const char *name, uint64_t *out) {
    return ttfs_lex_expect(l, name) && ttfs_lex_u64(l, UINT64_MAX, out);
}

static bool key_index(TtfsLex *l, const char *name, uint32_t want) {
    uint32_t v;
    if (!key(l, name, &v)) return false;
    return v == want ||
           ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s %u expected, found %u", name, want, v);
}

static bool key_pair(TtfsLex *l, const char *name, uint32_t *first, uint32_t *count) {
    return key(l, name, first) && ttfs_lex_u32(l, UINT32_MAX, count);
}

/* `name FIRST COUNT` of places that may lie before the population's first. */
static bool key_places(TtfsLex *l, const char *name, int32_t *first, uint32_t *count) {
    int64_t v;
    if (!ttfs_lex_expect(l, name) || !ttfs_lex_i64(l, INT32_MIN, INT32_MAX, &v)) return false;
    *first = (int32_t)v;
    return ttfs_lex_u32(l, UINT32_MAX, count);
}

static bool key_count(TtfsLex *l, const char *name, uint32_t most, uint32_t *n) {
    return ttfs_lex_key_u32(l, name, most, n) && ttfs_lex_eol(l);
}

static bool read_when(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!key_count(l, "populations", TTFS_MAX_POPULATIONS, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsWhen w = {0};
        if (!key_index(l, "pop", i + 1) || !key(l, "slot", &w.slot) || !key(l, "stage", &w.stage) ||
            !ttfs_lex_eol(l))
            return false;
        *TTFS_PUSH(&p->arena, p->when) = w;
    }
    return true;
}

static bool read_slots(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!key_count(l, "slots", TTFS_PLAN_SLOTS, &n)) return false;
    if (n == 0) return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a plan has at least one slot");
    for (uint32_t i = 0; i < n; i++) {
        TtfsSlot s = {0};
        if (!key_index(l, "slot", i) || !key_u64(l, "worst", &s.worst_cycles) ||
            !key_u64(l, "expected", &s.expected_cycles) || !ttfs_lex_eol(l))
            return false;
        *TTFS_PUSH(&p->arena, p->slots) = s;
    }
    return true;
}

static bool read_buffers(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!key_count(l, "buffers", ttfs_chip_cores(&p->chip) * p->chip.buffers, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsBuffer b = {0};
        if (!key_index(l, "buffer", i) || !key(l, "core", &b.core) || !key(l, "pop", &b.pop.i) ||
            !key_pair(l, "channels", &b.ch_first, &b.channels) ||
            !key_places(l, "rows", &b.y_first, &b.rows) ||
            !key_places(l, "columns", &b.x_first, &b.cols) || !key(l, "pitch", &b.pitch) ||
            !key(l, "banks", &b.banks) || !key(l, "base", &b.base) ||
            !key_pair(l, "tables", &b.row_base, &b.col_base) || !ttfs_lex_eol(l))
            return false;
        *TTFS_PUSH(&p->arena, p->buffers) = b;
    }
    return true;
}

static bool read_ends(TtfsPlan *p, TtfsFlow *f, TtfsLex *l) {
    f->first = p->ends.len;
    if (!ttfs_lex_key_u32(l, "ends", p->buffers.len, &f->ends)) return false;
    for (uint32_t i = 0; i < f->ends; i++) {
        uint32_t end;
        if (!ttfs_lex_u32(l, p->buffers.len - 1, &end)) return false;
        *TTFS_PUSH(&p->arena, p->ends) = end;
    }
    return ttfs_lex_eol(l);
}

static bool read_flows(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!key_count(l, "flows", p->chip.flows, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsFlow f = {0};
        if (!key_index(l, "flow", i) || !key(l, "pop", &f.pop.i) || !key(l, "core", &f.core) ||
            !read_ends(p, &f, l))
            return false;
        *TTFS_PUSH(&p->arena, p->flows) = f;
    }
    return true;
}

static bool read_task(TtfsTask *t, uint32_t id, TtfsLex *l) {
    return key_index(l, "task", id) && key(l, "pop", &t->pop.i) && key(l, "core", &t->core) &&
           key(l, "slot", &t->slot) && key_pair(l, "channels", &t->ch_first, &t->channels) &&
           key_pair(l, "rows", &t->oy_first, &t->oy_count) &&
           key_pair(l, "columns", &t->ox_first, &t->ox_count) && key(l, "groups", &t->groups) &&
           key(l, "of", &t->group_rows) && key(l, "passes", &t->passes) &&
           key(l, "streamed", &t->streamed) && key(l, "weights", &t->weight_base) &&
           key(l, "params", &t->param_base) && key(l, "flow", &t->flow) &&
           key_pair(l, "edges", &t->edge[0], &t->edge[1]) &&
           ttfs_lex_u32(l, UINT32_MAX, &t->edge[2]) && ttfs_lex_u32(l, UINT32_MAX, &t->edge[3]) &&
           (!ttfs_lex_is(l, "behind") ||
            (key(l, "behind", &t->first_pass) && key(l, "more", &t->more))) &&
           ttfs_lex_eol(l);
}

static bool read_tasks(TtfsPlan *p, TtfsLex *l) {
    uint32_t n;
    if (!key_count(l, "tasks", ttfs_chip_cores(&p->chip) * p->chip.program_words, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsTask t = {0};
        if (!read_task(&t, i, l)) return false;
        *TTFS_PUSH(&p->arena, p->tasks) = t;
    }
    return true;
}

static bool read_use(TtfsUse *u, uint32_t core, TtfsLex *l) {
    return key_index(l, "core", core) && key_u64(l, "act_words", &u->act_words) &&
           key_u64(l, "weight_rows", &u->weight_rows) &&
           key_u64(l, "stream_rows", &u->stream_rows) &&
           key_u64(l, "param_words", &u->param_words) &&
           key_u64(l, "program_words", &u->program_words) && key_u64(l, "buffers", &u->buffers) &&
           key_u64(l, "table_rows", &u->table_rows) && key_u64(l, "table_cols", &u->table_cols) &&
           ttfs_lex_eol(l);
}

static bool read_cores(TtfsPlan *p, TtfsLex *l) {
    uint32_t cores = ttfs_chip_cores(&p->chip);
    p->use = TTFS_ARRAY(&p->arena, TtfsUse, cores);
    for (uint32_t c = 0; c < cores; c++)
        if (!read_use(&p->use[c], c, l)) return false;
    return true;
}

bool ttfs_plan_read(TtfsPlan *p, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *p = (TtfsPlan){0};
    TtfsLex l;
    ttfs_lex_init(&l, file, text, n, diag);
    if (!key_index(&l, "ttfs-plan", 6) || !ttfs_lex_eol(&l) || !ttfs_lex_expect(&l, "chip") ||
        !ttfs_chip_lex(&p->chip, &l, &p->arena))
        return false;
    if (!ttfs_lex_expect(&l, "cycles") || !key_u64(&l, "worst", &p->worst_cycles) ||
        !key_u64(&l, "expected", &p->expected_cycles) || !ttfs_lex_eol(&l) ||
        !key_count(&l, "early", 1, &p->early))
        return false;
    if (!read_when(p, &l) || !read_slots(p, &l) || !read_buffers(p, &l) || !read_flows(p, &l) ||
        !read_tasks(p, &l) || !read_cores(p, &l))
        return false;
    if (!ttfs_lex_expect(&l, "end") || !ttfs_lex_eol(&l)) return false;
    return l.kind == TTFS_TOK_END || ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the end");
}
