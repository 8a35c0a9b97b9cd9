/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels. In: an array and the size of the output; out: whether they are classes or values, with
 * words on everything that is not plainly a class from 0 on. Invariant: nothing is shifted.
 */
#include "labels.h"

#include <math.h>

/* What the numbers of an array are, all of them. */
typedef struct {
    double least, most;
    bool whole;      /* all are whole numbers */
    uint64_t broken; /* index of the first that is not, */
    double value;    /* and what it is */
} Numbers;

static Numbers numbers(const TtfsArray *a) {
    Numbers n = {.least = INFINITY, .most = -INFINITY, .whole = true};
    for (uint64_t i = 0; i < a->samples * a->elements; i++) {
        double v = ttfs_array_value(a, i);
        if (n.whole && !(v == floor(v) && fabs(v) < 4294967295.0)) {
            n.whole = false;
            n.broken = i;
            n.value = v;
        }
        n.least = v < n.least ? v : n.least;
        n.most = v > n.most ? v : n.most;
    }
    return n;
}

/* The place of the single 1 in a row of zeros; the row's length when it is no such row. */
static uint64_t place_of_one(const TtfsArray *a, uint64_t row) {
    uint64_t place = a->elements, n = a->elements;
    for (uint64_t k = 0; k < n; k++) {
        double v = ttfs_array_value(a, row * n + k);
        if (v == 0) continue;
        if (v != 1 || place != n) return n;
        place = k;
    }
    return place;
}

static bool all_one_hot(const TtfsArray *a) {
    for (uint64_t i = 0; i < a->samples; i++)
        if (place_of_one(a, i) == a->elements) return false;
    return a->samples > 0;
}

static bool values_only(TtfsLabels *l, const char *why, TtfsDiag *diag) {
    const TtfsArray *a = l->array;
    for (uint64_t i = 0; i < a->samples * a->elements; i++)
        if (!isfinite(ttfs_array_value(a, i)))
            return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_LABELS_FORMAT,
                              "label %llu is not finite", (unsigned long long)(i / a->elements));
    l->kind = TTFS_LABELS_VALUES;
    ttfs_note(diag, TTFS_AT_FILE(a->file), "%s: held against the output as values, not as classes",
              why);
    return true;
}

static bool is_float(TtfsElement type) {
    return type == TTFS_F16 || type == TTFS_F32 || type == TTFS_F64;
}

/* Counts the labels that are no class of the network. */
static void warn_outside(const TtfsLabels *l, const Numbers *n, uint64_t classes, TtfsDiag *diag) {
    const TtfsArray *a = l->array;
    uint64_t outside = 0;
    for (uint64_t i = 0; i < a->samples; i++) outside += ttfs_labels_class(l, i) >= classes;
    if (outside == 0) return;
    bool from_one = n->least == 1 && n->most == (double)classes;
    ttfs_warn(diag, TTFS_AT_FILE(a->file), TTFS_LABELS_RANGE,
              "labels run from %.0f to %.0f, the network's classes from 0 to %llu%s: %llu of %llu "
              "count as wrong",
              n->least, n->most, (unsigned long long)(classes - 1),
              from_one ? "; they seem to be counted from 1, and are not shifted" : "",
              (unsigned long long)outside, (unsigned long long)a->samples);
}

static bool classes_only(TtfsLabels *l, const Numbers *n, uint64_t classes, TtfsDiag *diag) {
    const TtfsArray *a = l->array;
    l->kind = TTFS_LABELS_CLASSES;
    if (l->one_hot)
        ttfs_note(diag, TTFS_AT_FILE(a->file),
                  "one-hot labels: the place of the 1 in each row of %llu is taken as the class",
                  (unsigned long long)a->elements);
    else if (l->minus_plus)
        ttfs_note(diag, TTFS_AT_FILE(a->file), "labels -1 and 1 are taken as the classes 0 and 1");
    else if (is_float(a->type))
        ttfs_note(diag, TTFS_AT_FILE(a->file),
                  "labels are %s that are all whole numbers: taken as classes",
                  ttfs_element_name(a->type));
    if (!l->one_hot && !l->minus_plus) warn_outside(l, n, classes, diag);
    return true;
}

static bool refuse_number(const TtfsArray *a, uint64_t i, double v, TtfsDiag *diag) {
    return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_LABELS_FORMAT, "label %llu is %g",
                      (unsigned long long)i, v);
}

/* One number a sample beside a single value: a logit, unless the numbers say otherwise. */
static bool of_one_value(TtfsLabels *l, const Numbers *n, TtfsDiag *diag) {
    if (!n->whole) return values_only(l, "labels that are no whole numbers", diag);
    l->minus_plus = n->least == -1 && n->most <= 1;
    for (uint64_t i = 0; l->minus_plus && i < l->array->samples; i++)
        if (ttfs_array_value(l->array, i) == 0) l->minus_plus = false;
    bool binary = n->least >= 0 && n->most <= 1, from_one = n->least == 1 && n->most == 2;
    if (binary || from_one || l->minus_plus) return classes_only(l, n, 2, diag);
    return values_only(l, "whole numbers other than 0 and 1 beside a single value", diag);
}

static bool one_number_each(TtfsLabels *l, uint64_t values, bool vector, TtfsDiag *diag) {
    Numbers n = numbers(l->array);
    if (values == 1) return of_one_value(l, &n, diag);
    if (!vector)
        return ttfs_error(diag, TTFS_AT_FILE(l->array->file), TTFS_LABELS_FORMAT,
                          "one number a sample; the output is a map of %llu values",
                          (unsigned long long)values);
    if (!n.whole) return refuse_number(l->array, n.broken, n.value, diag);
    for (uint64_t i = 0; n.least < 0 && i < l->array->samples; i++)
        if (ttfs_array_value(l->array, i) < 0)
            return refuse_number(l->array, i, ttfs_array_value(l->array, i), diag);
    return classes_only(l, &n, values, diag);
}

bool ttfs_labels_read(TtfsLabels *l, const TtfsArray *a, uint64_t values, bool vector,
                      TtfsDiag *diag) {
    uint64_t classes = values == 1 ? 2 : values;
    *l = (TtfsLabels){.array = a};
    if (a->elements == 1) return one_number_each(l, values, vector, diag);
    l->one_hot = vector && a->elements == classes && all_one_hot(a);
    if (l->one_hot) return classes_only(l, NULL, classes, diag);
    if (a->elements == values)
        return values_only(l, "one number for each value of the output", diag);
    return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_LABELS_FORMAT,
                      "%llu numbers a sample; one label, or %llu numbers for the output's values, "
                      "expected",
                      (unsigned long long)a->elements, (unsigned long long)values);
}

static uint32_t class_at(const TtfsLabels *l, uint64_t i) {
    if (l->one_hot) return (uint32_t)place_of_one(l->array, i);
    double v = ttfs_array_value(l->array, i);
    return l->minus_plus ? v > 0 : (uint32_t)v;
}

uint32_t ttfs_labels_class(const TtfsLabels *l, uint64_t i) {
    return class_at(l, l->array->first + i);
}

double ttfs_labels_value(const TtfsLabels *l, uint64_t i, uint64_t k) {
    return ttfs_array_value(l->array, (l->array->first + i) * l->array->elements + k);
}
