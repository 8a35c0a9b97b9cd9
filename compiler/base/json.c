/* SPDX-License-Identifier: Apache-2.0
 *
 * Values are preceded by what separates them: nothing, a comma, in an object a new line, tabs and
 * the key.
 */
#include "json.h"

#include "shown.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tabs(TtfsJson *j) {
    for (uint32_t i = 0; i < j->depth; i++) ttfs_buf_puts(j->out, "\t");
}

static void begin_value(TtfsJson *j, const char *key) {
    uint64_t here = (uint64_t)1 << j->depth;
    if (j->filled & here) ttfs_buf_puts(j->out, j->array & here ? ", " : ",\n");
    j->filled |= here;
    if (!key) return;
    tabs(j);
    ttfs_buf_json_string(j->out, key);
    ttfs_buf_puts(j->out, ":\t");
}

static void descend(TtfsJson *j, bool array) {
    uint64_t inside = (uint64_t)1 << ++j->depth;
    j->filled &= ~inside;
    j->array = array ? j->array | inside : j->array & ~inside;
}

void ttfs_json_object(TtfsJson *j, const char *key) {
    begin_value(j, key);
    ttfs_buf_puts(j->out, "{\n");
    descend(j, false);
}

void ttfs_json_array(TtfsJson *j, const char *key) {
    begin_value(j, key);
    ttfs_buf_puts(j->out, "[");
    descend(j, true);
}

void ttfs_json_end(TtfsJson *j) {
    uint64_t here = (uint64_t)1 << j->depth--;
    if (j->array & here) {
        ttfs_buf_puts(j->out, "]");
    } else {
        if (j->filled & here) ttfs_buf_puts(j->out, "\n");
        tabs(j);
        ttfs_buf_puts(j->out, "}");
    }
    if (j->depth == 0) ttfs_buf_puts(j->out, "\n");
}

void ttfs_json_string(TtfsJson *j, const char *key, const char *s) {
    begin_value(j, key);
    ttfs_buf_json_string(j->out, s);
}

/* 15 digits where they are as good as 17, so that 0.1 is 0.1. Returns what they say. */
static double print(double v, TtfsJsonNumber *n) {
    snprintf(n->text, sizeof n->text, "%.15g", v);
    double back = strtod(n->text, NULL);
    if (fabs(back - v) <= fmax(fabs(back), fabs(v)) * DBL_EPSILON) return back;
    snprintf(n->text, sizeof n->text, "%.17g", v);
    return v;
}

double ttfs_json_number_kept(double v) {
    TtfsJsonNumber n;
    return isfinite(v) ? print(v, &n) : v;
}

TtfsJsonNumber ttfs_json_number_text(double v) {
    TtfsJsonNumber n;
    if (!isfinite(v)) return (TtfsJsonNumber){"null"};
    print(v, &n);
    for (char *c = n.text; *c; c++) /* whatever the locale of a program around us */
        if (!strchr("0123456789+-e", *c)) *c = '.';
    return n;
}

void ttfs_json_number(TtfsJson *j, const char *key, double v) {
    begin_value(j, key);
    ttfs_buf_puts(j->out, ttfs_json_number_text(v).text);
}

void ttfs_json_bool(TtfsJson *j, const char *key, bool v) {
    begin_value(j, key);
    ttfs_buf_puts(j->out, v ? "true" : "false");
}

void ttfs_json_null(TtfsJson *j, const char *key) {
    begin_value(j, key);
    ttfs_buf_puts(j->out, "null");
}
