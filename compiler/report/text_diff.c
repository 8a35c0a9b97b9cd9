/* SPDX-License-Identifier: Apache-2.0
 *
 * Two texts of a form, held together by places and names. A place is a list: it begins at a line
 * whose first word is a plural, `program`, `chip` or `end`; behind `core N` its name begins with
 * that. In a place a line is named by the number that follows its first word, one without by how
 * many lines it is behind the last that had one. In texts that ttfs printed names ascend in a place
 * and places are in one order, so that both texts are walked once; in any text, whatever differs is
 * found.
 */
#include "text_diff.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *text;
    size_t len;
    int64_t number; /* -1: in front of the first that has one */
    uint32_t behind;
} Line;

typedef struct {
    const char *name;
    uint32_t first, end;
} Place;

typedef struct {
    TtfsArena *arena;
    const char *core; /* the line `core N` that was passed last, "" before the first */
    TTFS_VEC(Line) lines;
    TTFS_VEC(Place) places;
} Text;

static bool starts(const Line *l, const char *word, size_t n) {
    return l->len >= n && memcmp(l->text, word, n) == 0 && (l->len == n || l->text[n] == ' ');
}

static size_t word_of(const Line *l) {
    const char *gap = memchr(l->text, ' ', l->len);
    return gap ? (size_t)(gap - l->text) : l->len;
}

static bool is_core(const Line *l) {
    return starts(l, "core", 4);
}

static bool opens(const Line *l) {
    size_t n = word_of(l);
    bool plural = n > 1 && n < l->len && l->text[n - 1] == 's';
    return plural || is_core(l) || starts(l, "program", 7) || starts(l, "chip", 4) ||
           starts(l, "end", 3);
}

/* "core N", or the first word behind that of the core. */
static const char *place_name(Text *t, const Line *l) {
    size_t n = word_of(l);
    if (!is_core(l))
        return ttfs_arena_printf(t->arena, "%s%s%.*s", t->core, *t->core ? " " : "", (int)n,
                                 l->text);
    n++;
    while (n < l->len && isdigit((unsigned char)l->text[n])) n++;
    return t->core = ttfs_arena_strndup(t->arena, l->text, n);
}

/* `from` has the number of another line. */
static void name_line(Line *l, const Line *last) {
    size_t n = word_of(l);
    bool numbered = n + 1 < l->len && isdigit((unsigned char)l->text[n + 1]);
    if (numbered && !starts(l, "from", 4))
        l->number = strtoll(l->text + n + 1, NULL, 10);
    else
        l->number = last->number, l->behind = last->behind + 1;
}

static void add_line(Text *t, const char *text, size_t n) {
    Line l = {.text = text, .len = n, .number = -1};
    if (t->places.len == 0 || opens(&l)) {
        uint32_t at = t->lines.len;
        *TTFS_PUSH(t->arena, t->places) = (Place){place_name(t, &l), at, at};
    } else {
        name_line(&l, &t->lines.at[t->lines.len - 1]);
    }
    *TTFS_PUSH(t->arena, t->lines) = l;
    t->places.at[t->places.len - 1].end++;
}

static Text read_text(const char *text, TtfsArena *a) {
    Text t = {.arena = a, .core = ""};
    while (*text) {
        size_t n = strcspn(text, "\n");
        add_line(&t, text, n);
        text += n + (text[n] == '\n');
    }
    return t;
}

static int order(const Line *x, const Line *y) {
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (x->behind > y->behind) - (x->behind < y->behind);
}

static bool same(const Line *x, const Line *y) {
    return x->len == y->len && memcmp(x->text, y->text, x->len) == 0;
}

static const char *kept(TtfsArena *a, const Line *l) {
    return l ? ttfs_arena_strndup(a, l->text, l->len) : NULL;
}

static void differ(TtfsDiffPlace *p, const Line *x, const Line *y, TtfsArena *a) {
    if (p->kept < TTFS_DIFF_LINES) p->line[p->kept++] = (TtfsLinePair){kept(a, x), kept(a, y)};
    p->differences++;
}

/* A place that both texts have, or one with no lines in place of that which only one has. */
static void compare(TtfsTextDiff *d, const Text *x, Place p, const Text *y, Place q, TtfsArena *a) {
    TtfsDiffPlace found = {.where = p.name};
    while (p.first < p.end || q.first < q.end) {
        const Line *l = p.first < p.end ? &x->lines.at[p.first] : NULL;
        const Line *m = q.first < q.end ? &y->lines.at[q.first] : NULL;
        int which = !l ? 1 : !m ? -1 : order(l, m);
        if (which != 0 || !same(l, m))
            differ(&found, which > 0 ? NULL : l, which < 0 ? NULL : m, a);
        p.first += which <= 0;
        q.first += which >= 0;
    }
    if (found.differences == 0) return;
    d->differences += found.differences;
    if (d->places++ < TTFS_DIFF_PLACES) *TTFS_PUSH(a, d->at) = found;
}

/* The place of that name from `from` on; the number of places: none. */
static uint32_t find(const Text *t, uint32_t from, const char *name) {
    uint32_t i = from;
    while (i < t->places.len && strcmp(t->places.at[i].name, name) != 0) i++;
    return i;
}

void ttfs_text_diff(TtfsTextDiff *d, const char *before, const char *after, TtfsArena *a) {
    TtfsArena scratch = {0};
    Text x = read_text(before, &scratch), y = read_text(after, &scratch);
    uint32_t next = 0;
    *d = (TtfsTextDiff){.lines = x.lines.len};
    for (uint32_t i = 0; i < x.places.len; i++) {
        Place p = x.places.at[i], none = {.name = p.name};
        uint32_t at = find(&y, next, p.name);
        for (; at < y.places.len && next < at; next++)
            compare(d, &x, (Place){.name = y.places.at[next].name}, &y, y.places.at[next], a);
        compare(d, &x, p, &y, at < y.places.len ? y.places.at[next++] : none, a);
    }
    for (; next < y.places.len; next++)
        compare(d, &x, (Place){.name = y.places.at[next].name}, &y, y.places.at[next], a);
    for (uint32_t i = 0; i < d->at.len; i++)
        d->at.at[i].where = ttfs_arena_strdup(a, d->at.at[i].where);
    ttfs_arena_free(&scratch);
}
