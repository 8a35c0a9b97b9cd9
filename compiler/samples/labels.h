/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels: what an array says about samples, next to a network whose output has so many values.
 */
#ifndef TTFS_LABELS_H
#define TTFS_LABELS_H

#include "samples.h"

typedef enum {
    TTFS_LABELS_NONE,
    TTFS_LABELS_CLASSES, /* one class a sample */
    TTFS_LABELS_VALUES   /* as many values a sample as the output has */
} TtfsLabelsKind;

typedef struct {
    TtfsLabelsKind kind;
    const TtfsArray *array;
    bool one_hot;    /* CLASSES as rows that hold a single 1 */
    bool minus_plus; /* CLASSES of one logit as -1 and 1 */
} TtfsLabels;

/* Looks at all labels. `values`: of the output; one value is a logit with the classes 0 and 1 when
 * the labels are whole numbers that fit, a regression otherwise. `vector`: the output's largest
 * value can name a class. What is not plainly a class from 0 on is said: rows with a single 1, -1
 * and 1, whole numbers as floats are noted; classes counted from 1 and outside the network's are
 * warned of, and count as wrong. False: the labels fit no such output. */
bool ttfs_labels_read(TtfsLabels *l, const TtfsArray *a, uint64_t values, bool vector,
                      TtfsDiag *diag);
/* Class of sample `i` from the array's `first` on; of CLASSES. */
uint32_t ttfs_labels_class(const TtfsLabels *l, uint64_t i);
/* Value `k` of sample `i`; of VALUES. */
double ttfs_labels_value(const TtfsLabels *l, uint64_t i, uint64_t k);

#endif
