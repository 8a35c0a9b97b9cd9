/* SPDX-License-Identifier: Apache-2.0
 *
 * Liberty is a tree of groups, `name (arguments) { ... }`, with attributes, `name : value ;`, in
 * them; LEF is words between blanks. Both are read in one pass, token by token; what is not looked
 * for is passed over, so files of any foundry will do. The bounds keep a damaged file from asking
 * for more than its size.
 */
#include "cells.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CELLS = 20000, LONGEST = 255, MOST_DEPTH = 32 };

typedef struct {
    const char *at, *end;
    const char *text; /* the token */
    size_t len;       /* 0: the end */
    bool quoted;
    bool lef; /* # begins a comment, up to the end of the line */
} Scan;

/* --- tokens --- */

static bool skip_comment(Scan *s) {
    if (s->end - s->at < 2 || s->at[0] != '/' || s->at[1] != '*') return false;
    for (s->at += 2; s->at < s->end; s->at++)
        if (s->at[0] == '*' && s->end - s->at > 1 && s->at[1] == '/') {
            s->at += 2;
            return true;
        }
    return true;
}

static void skip_blanks(Scan *s) {
    while (s->at < s->end)
        if (isspace((unsigned char)*s->at) || *s->at == '\\' || *s->at == ',')
            s->at++;
        else if (s->lef && *s->at == '#')
            while (s->at < s->end && *s->at != '\n') s->at++;
        else if (!skip_comment(s))
            return;
}

static bool is_mark(char c) {
    return c && strchr("(){}:;", c) != NULL;
}

static void next_quoted(Scan *s) {
    s->text = ++s->at;
    while (s->at < s->end && *s->at != '"') s->at++;
    s->len = (size_t)(s->at - s->text);
    if (s->at < s->end) s->at++;
}

/* False at the end. */
static bool next(Scan *s) {
    skip_blanks(s);
    s->quoted = s->at < s->end && *s->at == '"';
    if (s->quoted) {
        next_quoted(s);
        return true;
    }
    s->text = s->at;
    if (s->at < s->end && is_mark(*s->at)) s->at++;
    if (s->at == s->text)
        while (s->at < s->end && !is_mark(*s->at) && !strchr("\", \t\r\n", *s->at)) s->at++;
    if (s->at == s->text && s->at < s->end) s->at++; /* a NUL */
    s->len = (size_t)(s->at - s->text);
    return s->len > 0;
}

static bool is(const Scan *s, const char *word) {
    return !s->quoted && s->len == strlen(word) && memcmp(s->text, word, s->len) == 0;
}

static bool peek(const Scan *s, char mark) {
    Scan ahead = *s;
    return next(&ahead) && !ahead.quoted && ahead.len == 1 && *ahead.text == mark;
}

/* The token as a text of the arena, cut where no name is as long. */
static const char *text_of(const Scan *s, TtfsArena *a) {
    return ttfs_arena_strndup(a, s->text, s->len < LONGEST ? s->len : LONGEST);
}

/* A name that scripts and notes may say as it stands: what could be more than a name there (Tcl,
 * Make, a new line) is _. */
static const char *label_of(const Scan *s, TtfsArena *a) {
    char *text = ttfs_arena_strndup(a, s->text, s->len < LONGEST ? s->len : LONGEST);
    for (char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_.+-", *c)) *c = '_';
    return text;
}

/* A function without brackets and blanks around it: "( A )" is A. */
static Scan bare(Scan s) {
    for (; s.len > 0; s.len--) {
        char first = s.text[0], last = s.text[s.len - 1];
        bool both = s.len > 1 && first == '(' && last == ')';
        if (!both && first != ' ' && last != ' ') break;
        if (both || first == ' ') s.text++;
        if (both) s.len--;
    }
    return s;
}

static double number_of(const Scan *s) {
    char text[64] = "";
    size_t n = s->len < sizeof text - 1 ? s->len : sizeof text - 1;
    memcpy(text, s->text, n);
    double v = strtod(text, NULL);
    return v > 0 && v < 1e15 ? v : 0;
}

/* --- liberty --- */

typedef enum { OTHER, LIBRARY, CELL, PIN } Group;

typedef struct {
    Scan scan;
    TtfsCells *cells;
    Group stack[MOST_DEPTH];
    uint32_t depth;
    TtfsCell *cell;
    uint32_t inputs, outputs; /* of the cell */
    const char *pin, *input, *output, *function;
    TtfsArena *arena;
} Liberty;

static void begin_cell(Liberty *l, const char *name) {
    l->cell = TTFS_PUSH(l->arena, l->cells->cells);
    *l->cell = (TtfsCell){.name = name};
    l->inputs = l->outputs = 0;
    l->pin = l->input = l->output = l->function = NULL;
}

/* One input that goes to the one output as it is. */
static void end_cell(Liberty *l) {
    TtfsCell *c = l->cell;
    bool same = l->inputs == 1 && l->outputs == 1 && l->input && l->output && l->function &&
                strcmp(l->function, l->input) == 0;
    if (same && !c->ff && !c->latch) c->in = l->input, c->out = l->output;
    l->cell = NULL;
}

static Group open_group(Liberty *l, const Scan *kind, const Scan *name) {
    Group in = l->depth ? l->stack[l->depth - 1] : OTHER;
    if (l->depth == 0 && is(kind, "library")) {
        if (!l->cells->name) l->cells->name = label_of(name, l->arena);
        return LIBRARY;
    }
    if (in == LIBRARY && is(kind, "cell")) {
        begin_cell(l, text_of(name, l->arena));
        return CELL;
    }
    if (in != CELL) return OTHER;
    if (is(kind, "ff") || is(kind, "ff_bank")) l->cell->ff = true;
    if (is(kind, "latch") || is(kind, "latch_bank")) l->cell->latch = true;
    if (!is(kind, "pin")) return OTHER;
    l->pin = text_of(name, l->arena);
    return PIN;
}

/* "1ns", "10ps": nanoseconds. */
static double unit_of(const Scan *s) {
    double v = number_of(s);
    bool pico = s->len > 1 && s->text[s->len - 2] == 'p';
    return pico ? v / 1000 : v;
}

static void library_attribute(Liberty *l, const Scan *name) {
    if (is(name, "time_unit")) l->cells->time_ns = unit_of(&l->scan);
    if (is(name, "nom_voltage")) l->cells->volt = number_of(&l->scan);
}

static bool says(const Scan *s, const char *word) {
    return s->len == strlen(word) && memcmp(s->text, word, s->len) == 0;
}

static void pin_attribute(Liberty *l, const Scan *name) {
    Scan function = bare(l->scan);
    if (is(name, "function")) l->function = text_of(&function, l->arena);
    if (!is(name, "direction")) return;
    if (says(&l->scan, "input")) l->input = l->pin, l->inputs++;
    if (says(&l->scan, "output")) l->output = l->pin, l->outputs++;
}

static void attribute(Liberty *l, const Scan *name) {
    Group in = l->depth && l->depth <= MOST_DEPTH ? l->stack[l->depth - 1] : OTHER;
    if (in == LIBRARY) library_attribute(l, name);
    if (in == CELL && is(name, "area")) l->cell->area = number_of(&l->scan);
    if (in == PIN) pin_attribute(l, name);
}

static void close_group(Liberty *l) {
    if (l->depth == 0) return;
    l->depth--;
    if (l->depth < MOST_DEPTH && l->stack[l->depth] == CELL) end_cell(l);
}

/* `name (first, second, ...)`, with or without a group behind it. */
static void bracket(Liberty *l, const Scan *name) {
    Scan word[2] = {{.text = "", .len = 0}, {.text = "", .len = 0}};
    next(&l->scan);
    for (uint32_t i = 0; next(&l->scan) && !is(&l->scan, ")"); i++)
        if (i < 2) word[i] = l->scan;
    if (!peek(&l->scan, '{')) {
        if (is(name, "capacitive_load_unit"))
            l->cells->cap_pf = number_of(&word[0]) *
                               (word[1].len && *word[1].text == 'f' ? 1e-3 : 1);
        return;
    }
    next(&l->scan);
    Group g = l->depth < MOST_DEPTH ? open_group(l, name, &word[0]) : OTHER;
    if (l->depth < MOST_DEPTH) l->stack[l->depth] = g;
    l->depth++;
}

/* A statement that begins with the current token. */
static void statement(Liberty *l) {
    Scan name = l->scan;
    if (is(&name, "}")) close_group(l);
    if (name.quoted || is_mark(*name.text)) return;
    if (peek(&l->scan, '(')) {
        bracket(l, &name);
    } else if (peek(&l->scan, ':')) {
        next(&l->scan);
        if (!peek(&l->scan, ';') && next(&l->scan)) attribute(l, &name);
    }
}

bool ttfs_cells_liberty(TtfsCells *c, const char *file, const char *text, size_t n, TtfsArena *a,
                        TtfsDiag *diag) {
    Liberty l = {.scan = {.at = text, .end = text + n}, .cells = c, .arena = a};
    *c = (TtfsCells){.time_ns = 1, .cap_pf = 1, .volt = 1};
    while (c->cells.len <= MOST_CELLS && next(&l.scan)) statement(&l);
    if (c->cells.len > MOST_CELLS)
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_LIMIT, "more than %d cells", MOST_CELLS);
    if (!(c->time_ns > 0)) c->time_ns = 1;
    if (!(c->cap_pf > 0)) c->cap_pf = 1;
    return c->cells.len > 0 ||
           ttfs_error(diag, TTFS_AT_FILE(file), TTFS_CELL_LIBRARY,
                      "not a liberty file: there is no library with cells in it");
}

/* --- LEF --- */

/* Reads a block, to `END name`: the numbers of its SIZE and whether it is of CLASS CORE. */
static bool read_block(Scan *s, const char *name, double *width, double *height) {
    bool core = false, end = false; /* the word before was END */
    while (next(s) && !(end && is(s, name))) {
        end = is(s, "END");
        if (is(s, "CLASS") && next(s)) core |= is(s, "CORE") || is(s, "core");
        if (is(s, "SIZE") && next(s)) {
            *width = number_of(s);
            if (next(s) && is(s, "BY") && next(s)) *height = number_of(s);
        }
    }
    return core;
}

static TtfsCell *find(const TtfsCells *c, const char *name) {
    for (uint32_t i = 0; i < c->cells.len; i++)
        if (strcmp(c->cells.at[i].name, name) == 0) return &c->cells.at[i];
    return NULL;
}

static void read_site(TtfsCells *c, Scan *s, const char *name) {
    double width = 0, height = 0;
    if (!read_block(s, name, &width, &height) || c->site) return;
    c->site = name;
    c->site_width = width;
    c->site_height = height;
}

bool ttfs_cells_lef(TtfsCells *c, const char *file, const char *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag) {
    Scan s = {.at = text, .end = text + n, .lef = true};
    uint32_t macros = 0;
    double none;
    while (macros <= MOST_CELLS && next(&s)) {
        bool site = is(&s, "SITE");
        if (is(&s, "PROPERTYDEFINITIONS")) read_block(&s, "PROPERTYDEFINITIONS", &none, &none);
        if ((!site && !is(&s, "MACRO")) || !next(&s)) continue;
        const char *name = text_of(&s, a);
        TtfsCell *cell = site ? NULL : find(c, name), other;
        if (site)
            read_site(c, &s, name);
        else
            read_block(&s, name, cell ? &cell->width : &other.width,
                       cell ? &cell->height : &other.height);
        macros += !site;
    }
    if (macros > MOST_CELLS)
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_LIMIT, "more than %d macros", MOST_CELLS);
    return macros > 0 || ttfs_error(diag, TTFS_AT_FILE(file), TTFS_CELL_LIBRARY,
                                    "not a LEF file of cells: there is no MACRO in it");
}

/* --- what is asked --- */

const TtfsCell *ttfs_cells_find(const TtfsCells *c, const char *name) {
    return find(c, name);
}

static bool is_of_clock(const char *name) {
    for (; *name; name++)
        if (strncmp(name, "clk", 3) == 0 || strncmp(name, "CLK", 3) == 0) return true;
    return false;
}

/* The name goes into scripts (Tcl, Make) and must be no more there than a name. */
static bool is_plain(const char *name) {
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_') return false;
    return *name != 0;
}

const TtfsCell *ttfs_cells_buffer(const TtfsCells *c) {
    for (uint32_t i = 0; i < c->cells.len; i++) {
        const TtfsCell *cell = &c->cells.at[i];
        if (cell->in && is_plain(cell->name) && !is_of_clock(cell->name)) return cell;
    }
    return NULL;
}
