/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples beside a network's input, and what labels are beside an output: every kind of shape and
 * of label, with the words that are said.
 */
#include "fit.h"
#include "labels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static TtfsArray array_of(TtfsElement type, const void *data, uint64_t samples, uint64_t each) {
    return (TtfsArray){.file = "y.npy",
                       .type = type,
                       .rank = 2,
                       .dim = {samples, each},
                       .samples = samples,
                       .elements = each,
                       .data = data};
}

/* The only message, which must hold these words; none when `words` is NULL. */
static void says(TtfsDiag *diag, TtfsSeverity severity, const char *words) {
    assert_int_equal(diag->messages.len, words ? 1 : 0);
    if (words) {
        assert_int_equal(diag->messages.at[0].severity, severity);
        if (!strstr(diag->messages.at[0].what, words))
            fail_msg("'%s' is not in '%s'", words, diag->messages.at[0].what);
    }
    ttfs_diag_free(diag);
}

/* Dimensions behind the first, 0 at the end. */
static void fits(const uint64_t *have, const uint64_t *want, TtfsSeverity severity,
                 const char *words) {
    TtfsArray a = {.file = "x.npy", .samples = 2, .elements = 1, .rank = 1, .dim = {2}};
    TtfsSampleShape shape = {0};
    TtfsInputMap map = {.lo = 0, .hi = 1};
    TtfsDiag diag = {0};
    for (; *have; have++) {
        a.dim[a.rank++] = *have;
        a.elements *= *have;
    }
    while (want[shape.rank]) {
        shape.dim[shape.rank] = want[shape.rank];
        shape.rank++;
    }
    assert_int_equal(ttfs_samples_fit(&a, &map, &shape, &diag), severity != TTFS_ERROR);
    says(&diag, severity, words);
}

#define DIMS(...) ((const uint64_t[]){__VA_ARGS__, 0})

static void test_shapes(void **state) {
    (void)state;
    fits(DIMS(28, 28), DIMS(784), TTFS_NOTE, NULL);
    fits(DIMS(784), DIMS(1, 28, 28), TTFS_NOTE, NULL);
    fits(DIMS(28, 28), DIMS(1, 28, 28), TTFS_NOTE, NULL);
    fits(DIMS(28, 28, 1), DIMS(1, 28, 28), TTFS_NOTE, NULL);
    fits(DIMS(3, 6, 6), DIMS(3, 6, 6), TTFS_NOTE, NULL);
    fits(DIMS(3, 36), DIMS(3, 6, 6), TTFS_NOTE, NULL);
    fits(DIMS(1), DIMS(1), TTFS_NOTE, NULL);
    fits(DIMS(6, 6, 3), DIMS(3, 6, 6), TTFS_WARNING,
         "the samples are 6x6x3, the network takes 3x6x6");
    fits(DIMS(36, 3), DIMS(3, 36), TTFS_WARNING, "the samples are 36x3, the network takes 3x36");
    fits(DIMS(36, 3), DIMS(3, 6, 6), TTFS_WARNING, "36x3");
    fits(DIMS(3, 4, 5), DIMS(5, 4, 3), TTFS_WARNING, "they are not exchanged");
    fits(DIMS(4, 27), DIMS(3, 6, 6), TTFS_NOTE, "taken in order");
    fits(DIMS(6, 6), DIMS(3, 6, 6), TTFS_ERROR, "samples of 36 elements, the network takes 108");
}

/* Two samples of one byte; one before and one behind them are not looked at. */
static void bytes(unsigned char least, unsigned char most, TtfsElement type, double lo, double hi,
                  const TtfsInputMap *map, const char *words) {
    const unsigned char data[] = {255, most, least, 0};
    TtfsArray a = {.file = "x.npy", .type = type, .data = data, .first = 1};
    TtfsSeenRange seen = {true, lo, hi};
    TtfsDiag diag = {0};
    a.rank = 1, a.dim[0] = 4, a.samples = 3, a.elements = 1;
    ttfs_samples_range(&a, 2, map, &seen, &diag);
    says(&diag, TTFS_WARNING, words);
}

static void range(TtfsElement type, double lo, double hi, const TtfsInputMap *map,
                  const char *words) {
    bytes(0, 255, type, lo, hi, map, words);
}

static void test_ranges(void **state) {
    (void)state;
    TtfsInputMap unit = {.lo = 0, .hi = 1}, same = {.lo = 0, .hi = 255};
    TtfsInputMap channels = {
        .channels = 2, .mean = {0.5f, 0.25f}, .deviation = {0.5f, 0.25f}}; /* -1 to 3 */
    range(TTFS_U8, 0, 1, &unit, NULL);
    range(TTFS_U8, 0, 0.8, &unit, NULL);
    range(TTFS_U8, 0, 255, &unit, "become 0 to 1 here, the calibration samples held 0 to 255");
    range(TTFS_U8, -0.42, 2.8, &unit, "-0.42 to 2.8");
    range(TTFS_U8, 0, 255, &same, NULL);
    range(TTFS_U8, 0, 1, &same, "become 0 to 255 here");
    range(TTFS_U8, -1, 3, &channels, NULL);
    range(TTFS_U8, 0, 1, &channels, "become -1 to 3 here");
    range(TTFS_F32, 0, 255, &unit, NULL);
    bytes(0, 64, TTFS_U8, 0, 1, &unit, NULL);
    bytes(190, 255, TTFS_U8, 0, 1, &unit, NULL);
    bytes(0, 63, TTFS_U8, 0, 1, &unit,
          "become 0 to 0.247059 here, the calibration samples held 0 to 1");
    bytes(0, 16, TTFS_U8, 0, 16 / 255.0, &unit, NULL);
    bytes(0, 16, TTFS_U8, 0, 16, &same, NULL);
    bytes(0, 16, TTFS_U8, 0, 1, &same, "become 0 to 16 here");
    bytes(16, 32, TTFS_U8, -1, 3, &channels, "become -0.87451 to -0.498039 here");
    TtfsDiag diag = {0};
    ttfs_samples_range(&(TtfsArray){.type = TTFS_U8}, 0, &unit, &(TtfsSeenRange){0}, &diag);
    says(&diag, TTFS_WARNING, NULL);
}

static void test_clipped(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    ttfs_samples_clipped("x.npy", 10, 1000, 0, 1, &diag);
    says(&diag, TTFS_WARNING, NULL);
    ttfs_samples_clipped("x.npy", 0, 0, 0, 1, &diag);
    says(&diag, TTFS_WARNING, NULL);
    ttfs_samples_clipped("x.npy", 11, 1000, -2, 7, &diag);
    says(&diag, TTFS_WARNING, "1.1 % of all input values lie outside the encoder's range, -2 to 7");
}

/* --- labels --- */

typedef struct {
    uint64_t values; /* of the output */
    bool vector;
    TtfsLabelsKind kind; /* NONE: refused */
    TtfsSeverity severity;
    const char *words; /* NULL: nothing is said */
} Expected;

static TtfsLabels labels(const TtfsArray *a, Expected e) {
    TtfsLabels l;
    TtfsDiag diag = {0};
    bool ok = ttfs_labels_read(&l, a, e.values, e.vector, &diag);
    assert_int_equal(ok, e.kind != TTFS_LABELS_NONE);
    if (ok) assert_int_equal(l.kind, e.kind);
    says(&diag, e.severity, e.words);
    return l;
}

static void test_classes(void **state) {
    (void)state;
    const uint8_t plain[] = {0, 2, 1}, from_one[] = {1, 2, 3}, outside[] = {0, 7, 9};
    const float whole[] = {0, 2, 1}, halves[] = {0, 0.5f, 1}, minus[] = {0, -1, 1};
    TtfsArray a = array_of(TTFS_U8, plain, 3, 1);
    TtfsLabels l = labels(&a, (Expected){3, true, TTFS_LABELS_CLASSES, TTFS_NOTE, NULL});
    assert_int_equal(ttfs_labels_class(&l, 1), 2);
    a = array_of(TTFS_U8, from_one, 3, 1);
    l = labels(&a, (Expected){3, true, TTFS_LABELS_CLASSES, TTFS_WARNING,
                              "they seem to be counted from 1, and are not shifted: 1 of 3"});
    assert_int_equal(ttfs_labels_class(&l, 0), 1);
    labels(&a, (Expected){4, true, TTFS_LABELS_CLASSES, TTFS_NOTE, NULL});
    a = array_of(TTFS_U8, outside, 3, 1);
    labels(&a, (Expected){8, true, TTFS_LABELS_CLASSES, TTFS_WARNING,
                          "labels run from 0 to 9, the network's classes from 0 to 7: 1 of 3"});
    a = array_of(TTFS_F32, whole, 3, 1);
    labels(&a, (Expected){3, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "float32 that are all whole"});
    a = array_of(TTFS_F32, halves, 3, 1);
    labels(&a, (Expected){3, true, TTFS_LABELS_NONE, TTFS_ERROR, "label 1 is 0.5"});
    a = array_of(TTFS_F32, minus, 3, 1);
    labels(&a, (Expected){3, true, TTFS_LABELS_NONE, TTFS_ERROR, "label 1 is -1"});
}

static void test_one_hot(void **state) {
    (void)state;
    const uint8_t hot[] = {0, 1, 0, 0, 0, 1}, two[] = {0, 1, 1, 0, 0, 1},
                  none[] = {0, 0, 0, 0, 0, 1};
    const uint8_t pair[] = {1, 0, 0, 1};
    TtfsArray a = array_of(TTFS_U8, hot, 2, 3);
    TtfsLabels l = labels(&a, (Expected){3, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "one-hot"});
    assert_int_equal(ttfs_labels_class(&l, 0), 1);
    assert_int_equal(ttfs_labels_class(&l, 1), 2);
    labels(&a, (Expected){3, false, TTFS_LABELS_VALUES, TTFS_NOTE, "as values"});
    labels(&a, (Expected){4, true, TTFS_LABELS_NONE, TTFS_ERROR, "3 numbers a sample"});
    a = array_of(TTFS_U8, two, 2, 3);
    l = labels(&a, (Expected){3, true, TTFS_LABELS_VALUES, TTFS_NOTE, "as values"});
    assert_true(ttfs_labels_value(&l, 0, 2) == 1 && ttfs_labels_value(&l, 1, 0) == 0);
    a = array_of(TTFS_U8, none, 2, 3);
    labels(&a, (Expected){3, true, TTFS_LABELS_VALUES, TTFS_NOTE, "as values"});
    a = array_of(TTFS_U8, pair, 2, 2);
    l = labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "one-hot"});
    assert_int_equal(ttfs_labels_class(&l, 1), 1);
}

static void test_one_value(void **state) {
    (void)state;
    const uint8_t binary[] = {0, 1, 1}, from_one[] = {1, 2, 2}, counts[] = {0, 1, 5};
    const int8_t signs[] = {-1, 1, -1}, three[] = {-1, 0, 1};
    const float whole[] = {0, 1, 1}, real[] = {0, 0.25f, 1}, broken[] = {0, 0.25f, NAN};
    TtfsArray a = array_of(TTFS_U8, binary, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_NOTE, NULL});
    a = array_of(TTFS_U8, from_one, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_WARNING, "counted from 1"});
    a = array_of(TTFS_U8, counts, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_VALUES, TTFS_NOTE, "other than 0 and 1"});
    a = array_of(TTFS_I8, signs, 3, 1);
    TtfsLabels l = labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "-1 and 1"});
    assert_int_equal(ttfs_labels_class(&l, 0), 0);
    assert_int_equal(ttfs_labels_class(&l, 1), 1);
    a = array_of(TTFS_I8, signs, 1, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "-1 and 1"});
    a = array_of(TTFS_I8, three, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_VALUES, TTFS_NOTE, "other than 0 and 1"});
    a = array_of(TTFS_F32, whole, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_CLASSES, TTFS_NOTE, "float32"});
    a = array_of(TTFS_F32, real, 3, 1);
    l = labels(&a, (Expected){1, true, TTFS_LABELS_VALUES, TTFS_NOTE, "no whole numbers"});
    assert_true(ttfs_labels_value(&l, 1, 0) == 0.25);
    a = array_of(TTFS_F32, broken, 3, 1);
    labels(&a, (Expected){1, true, TTFS_LABELS_NONE, TTFS_ERROR, "label 2 is not finite"});
}

static void test_maps(void **state) {
    (void)state;
    const float map[] = {0, 1, 0.5f, 2};
    const uint8_t one[] = {0, 1};
    TtfsArray a = array_of(TTFS_F32, map, 1, 4);
    labels(&a, (Expected){4, false, TTFS_LABELS_VALUES, TTFS_NOTE, "as values"});
    a = array_of(TTFS_U8, one, 2, 1);
    labels(&a, (Expected){4, false, TTFS_LABELS_NONE, TTFS_ERROR, "a map of 4 values"});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),  cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_clipped), cmocka_unit_test(test_classes),
        cmocka_unit_test(test_one_hot), cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_maps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
