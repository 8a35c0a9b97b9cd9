/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of values to points. In: what the user wrote; out: points in the order of the lists.
 */
#include "axes.h"

#include "json.h"
#include "nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum { ALL, WHOLE, ABOVE } Kind;
enum { F = 1 << TTFS_SWEEP_FAST, E = 1 << TTFS_SWEEP_EXACT, J = 1 << TTFS_SWEEP_JIT };

static const struct {
    const char *name;
    double neutral, least, most;
    Kind kind;
    bool random;
    int engines;
} axes[] = {
#define TTFS_AXIS(NAME, name, neutral, least, most, kind, random, engines, doc)                    \
    {name, neutral, least, most, kind, random, engines},
#include "axes.def"
#undef TTFS_AXIS
};

/* The values of an axis. */
typedef struct {
    TtfsAxis axis;
    double *at;
    uint32_t len;
    bool log;
} List;

const char *ttfs_axis_name(TtfsAxis a) {
    return axes[a].name;
}

TtfsAxis ttfs_axis_of(const char *name) {
    uint32_t i = 0;
    while (i < TTFS_AXES && strcmp(axes[i].name, name) != 0) i++;
    return (TtfsAxis)i;
}

double ttfs_axis_neutral(TtfsAxis a) {
    return axes[a].neutral;
}

bool ttfs_axis_takes(TtfsAxis a, double v) {
    bool within = v >= axes[a].least && v <= axes[a].most;
    if (axes[a].kind == WHOLE) within = within && v == floor(v);
    if (axes[a].kind == ABOVE) within = within && v > axes[a].least;
    return within || v == axes[a].neutral;
}

bool ttfs_axis_of_engine(TtfsAxis a, TtfsSweepEngine e) {
    return axes[a].engines & 1 << e;
}

bool ttfs_points_vary(const TtfsPoints *p, TtfsAxis a) {
    bool vary = false;
    for (uint32_t i = 0; i < p->len; i++)
        vary |= p->at[i].axis == a || p->at[i].value[a] != axes[a].neutral;
    return vary;
}

bool ttfs_point_random(const TtfsPoint *p) {
    bool random = false;
    for (uint32_t i = 0; i < TTFS_AXES; i++)
        random |= axes[i].random && p->value[i] != axes[i].neutral;
    return random;
}

static bool refuse(const char *vary, TtfsDiag *diag, const char *what) {
    return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE, "'%s': %s", vary, what);
}

static bool refuse_range(const char *vary, double v, TtfsAxis a, TtfsDiag *diag) {
    static const char *const words[] = {"", "whole numbers ", "above "};
    return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE,
                      "'%s': %.10g is not within %s's range, %s%.10g to %.10g", vary, v,
                      axes[a].name, words[axes[a].kind], axes[a].least, axes[a].most);
}

static bool find_axis(const char *vary, TtfsArena *a, TtfsAxis *axis, TtfsDiag *diag) {
    const char *equal = strchr(vary, '='), *known[TTFS_AXES];
    if (!equal) return refuse(vary, diag, "expected AXIS=LIST");
    const char *name = ttfs_arena_strndup(a, vary, (size_t)(equal - vary));
    TtfsBuf all = {0};
    *axis = ttfs_axis_of(name);
    if (*axis != TTFS_AXES) return true;
    for (uint32_t i = 0; i < TTFS_AXES; i++) {
        known[i] = axes[i].name;
        ttfs_buf_printf(&all, "%s%s", i ? ", " : "", axes[i].name);
    }
    const char *near = ttfs_near(name, known, TTFS_AXES);
    ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE, "'%s' is no axis%s There are %s",
               name, near ? ttfs_arena_printf(a, "; did you mean '%s'?", near) : ".",
               ttfs_buf_text(&all));
    ttfs_buf_free(&all);
    return false;
}

/* A number that ends at one of `ends` or at the text's end; *text is moved behind it. */
static bool number(const char **text, const char *ends, double *v) {
    char *end;
    *v = strtod(*text, &end);
    if (end == *text || !isfinite(*v) || (*end && !strchr(ends, *end))) return false;
    *text = *end ? end + 1 : end;
    return true;
}

static bool read_values(const char *vary, const char *text, List *l, TtfsDiag *diag) {
    size_t length = strlen(text);
    if (length == 0) return refuse(vary, diag, "its list is empty");
    if (text[length - 1] == ',') return refuse(vary, diag, "its list ends with a comma");
    while (*text) {
        if (l->len == TTFS_MOST_POINTS) return refuse(vary, diag, "more than 1000 values");
        if (!number(&text, ",", &l->at[l->len]))
            return refuse(vary, diag, "expected numbers v,v,.. or LO:HI:STEPS or LO:HI:STEPS:log");
        l->len++;
    }
    return true;
}

static bool read_steps(const char *vary, const char *text, List *l, TtfsDiag *diag) {
    double lo, hi, steps;
    bool ok = number(&text, ":", &lo) && number(&text, ":", &hi) && number(&text, ":", &steps);
    l->log = ok && strcmp(text, "log") == 0;
    if (!ok || (*text && !l->log))
        return refuse(vary, diag, "expected LO:HI:STEPS or LO:HI:STEPS:log");
    if (!(steps >= 2 && steps <= TTFS_MOST_POINTS && steps == floor(steps)))
        return refuse(vary, diag, "STEPS is a whole number from 2 to 1000");
    if (!ttfs_axis_takes(l->axis, lo)) return refuse_range(vary, lo, l->axis, diag);
    if (!ttfs_axis_takes(l->axis, hi)) return refuse_range(vary, hi, l->axis, diag);
    if (l->log && !(lo > 0 && hi > 0))
        return refuse(vary, diag, "a list by factors begins and ends above 0");
    l->len = (uint32_t)steps;
    for (uint32_t i = 0; i < l->len; i++) {
        double at = (double)i / (l->len - 1);
        l->at[i] = l->log ? lo * pow(hi / lo, at) : lo + (hi - lo) * at;
    }
    l->at[l->len - 1] = hi;
    return true;
}

static bool read_list(const char *vary, List *l, TtfsArena *a, TtfsDiag *diag) {
    *l = (List){.at = TTFS_ARRAY(a, double, TTFS_MOST_POINTS)};
    if (!find_axis(vary, a, &l->axis, diag)) return false;
    const char *text = strchr(vary, '=') + 1;
    bool ok = strchr(text, ':') ? read_steps(vary, text, l, diag)
                                : read_values(vary, text, l, diag);
    for (uint32_t i = 0; ok && i < l->len; i++) {
        l->at[i] = ttfs_json_number_kept(l->at[i]);
        if (!ttfs_axis_takes(l->axis, l->at[i])) ok = refuse_range(vary, l->at[i], l->axis, diag);
    }
    return ok;
}

static TtfsPoint neutral(TtfsAxis axis, bool log) {
    TtfsPoint p = {.axis = axis, .log = log};
    for (uint32_t i = 0; i < TTFS_AXES; i++) p.value[i] = axes[i].neutral;
    return p;
}

static void add_alone(const List *l, TtfsPoints *points) {
    for (uint32_t i = 0; i < l->len; i++) {
        TtfsPoint p = neutral(l->axis, l->log);
        p.value[l->axis] = l->at[i];
        points->at[points->len++] = p;
    }
}

static void add_grid(const List *list, uint32_t n, uint32_t count, TtfsPoints *points) {
    for (uint32_t i = 0; i < count; i++) {
        TtfsPoint p = neutral(list[0].axis, list[0].log);
        uint32_t rest = i;
        for (uint32_t k = n; k-- > 0; rest /= list[k].len)
            p.value[list[k].axis] = list[k].at[rest % list[k].len];
        points->at[points->len++] = p;
    }
}

bool ttfs_points_read(const char *const *vary, uint32_t n, bool grid, TtfsPoints *points,
                      TtfsArena *a, TtfsDiag *diag) {
    List list[TTFS_AXES];
    double count = grid;
    if (n == 0)
        return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE,
                          "an axis is needed: --vary AXIS=LIST or --preset exact-mapping");
    for (uint32_t i = 0; i < n; i++) {
        List l;
        if (!read_list(vary[i], &l, a, diag)) return false;
        for (uint32_t k = 0; k < i; k++)
            if (list[k].axis == l.axis) return refuse(vary[i], diag, "this axis is varied already");
        list[i] = l;
        count = grid ? count * l.len : count + l.len;
    }
    if (count > TTFS_MOST_POINTS)
        return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE,
                          "%.10g points, more than %d", count, TTFS_MOST_POINTS);
    *points = (TtfsPoints){.at = TTFS_ARRAY(a, TtfsPoint, (size_t)count)};
    for (uint32_t i = 0; !grid && i < n; i++) add_alone(&list[i], points);
    if (grid) add_grid(list, n, (uint32_t)count, points);
    return true;
}
