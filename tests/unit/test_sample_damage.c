/* SPDX-License-Identifier: Apache-2.0
 *
 * Sample files byte by byte: .npy of every version and element type, .npz stored, deflated and
 * zip64, IDX. Whole, each gives its values; with any byte changed, or cut anywhere, it gives an
 * array whose elements can all be read, or one message that names it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "samples_inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ROOM = 4096, SAMPLES = 3, EACH = 2 };

typedef struct {
    unsigned char at[ROOM];
    size_t n;
} Bytes;

static void put(Bytes *b, uint64_t v, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) b->at[b->n++] = (unsigned char)(i < 8 ? v >> 8 * i : 0);
}

static void put_all(Bytes *b, const void *p, size_t n) {
    memcpy(b->at + b->n, p, n);
    b->n += n;
}

/* Bytes that hold 3 x 2 numbers of type `descr`: 1, 2, ... as integers of any width. */
static Bytes npy(uint32_t version, const char *descr, const char *fortran) {
    Bytes b = {0};
    char header[128];
    uint32_t width = (uint32_t)atoi(descr + 2);
    int n = snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': %s, 'shape': (3, 2), }", descr, fortran);
    put_all(&b, "\x93NUMPY", 6);
    put(&b, version, 2);
    put(&b, (uint64_t)n, version == 1 ? 2 : 4);
    put_all(&b, header, (size_t)n);
    for (uint32_t i = 1; i <= SAMPLES * EACH; i++) {
        float f = (float)i;
        double d = i;
        uint32_t half = (uint32_t)(i == 1 ? 0x3c00 : i == 2 ? 0x4000 : i == 3 ? 0x4200 : 0);
        if (descr[1] != 'f') put(&b, descr[0] == '>' ? (uint64_t)i << 8 * (width - 1) : i, width);
        if (descr[1] == 'f' && width == 4) put_all(&b, &f, 4);
        if (descr[1] == 'f' && width == 8) put_all(&b, &d, 8);
        if (descr[1] == 'f' && width == 2) put(&b, half, 2);
    }
    return b;
}

static Bytes deflated(const Bytes *b) {
    Bytes out = {0};
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)b->at, z.avail_in = (uInt)b->n;
    z.next_out = out.at, z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = z.total_out;
    deflateEnd(&z);
    return out;
}

/* Sizes and the place of a member as the extra field of zip64 says them. */
static void put_large(Bytes *b, uint64_t size, uint64_t packed, uint64_t at) {
    put(b, 7, 2), put(b, 2, 2), put(b, 0, 2); /* another field first */
    put(b, 1, 2), put(b, 24, 2);
    put(b, size, 8), put(b, packed, 8), put(b, at, 8);
}

/* Where the directory is, for files that 32 bits are too narrow for. */
static void put_end64(Bytes *b, uint64_t at, uint64_t entries) {
    uint64_t here = b->n;
    put(b, 0x06064b50, 4), put(b, 44, 8), put(b, 0, 12);
    put(b, entries, 8), put(b, entries, 8), put(b, here - at, 8), put(b, at, 8);
    put(b, 0x07064b50, 4), put(b, 0, 4), put(b, here, 8), put(b, 1, 4);
}

static void put_entry(Bytes *b, const char *name, bool packed, bool large, const Bytes *p,
                      size_t size, uint64_t at) {
    uint32_t none = UINT32_MAX, extra = large ? 34 : 0;
    put(b, 0x02014b50, 4), put(b, 0, 6), put(b, packed ? 8 : 0, 2), put(b, 0, 8);
    put(b, large ? none : p->n, 4), put(b, large ? none : size, 4);
    put(b, strlen(name), 2), put(b, extra, 2), put(b, 0, 10);
    put(b, large ? none : at, 4);
    put_all(b, name, strlen(name));
    if (large) put_large(b, size, p->n, at);
}

/* An archive of two arrays, y of one element type and x of another. */
static Bytes npz(bool packed, bool large) {
    Bytes b = {0}, raw[2] = {npy(1, "<i4", "False"), npy(1, "<f4", "True")}, body[2];
    static const char *const names[2] = {"y.npy", "x.npy"};
    uint64_t at[2];
    for (int i = 0; i < 2; i++) {
        at[i] = b.n;
        body[i] = packed ? deflated(&raw[i]) : raw[i];
        put(&b, 0x04034b50, 4), put(&b, 0, 4), put(&b, packed ? 8 : 0, 2), put(&b, 0, 8);
        put(&b, body[i].n, 4), put(&b, raw[i].n, 4), put(&b, 5, 2), put(&b, 0, 2);
        put_all(&b, names[i], 5);
        put_all(&b, body[i].at, body[i].n);
    }
    uint64_t start = b.n;
    for (int i = 0; i < 2; i++) put_entry(&b, names[i], packed, large, &body[i], raw[i].n, at[i]);
    uint64_t length = b.n - start;
    if (large) put_end64(&b, start, 2);
    put(&b, 0x06054b50, 4), put(&b, 0, 4);
    put(&b, large ? 0xffff : 2, 2), put(&b, large ? 0xffff : 2, 2);
    put(&b, length, 4), put(&b, large ? UINT32_MAX : start, 4), put(&b, 0, 2);
    return b;
}

typedef enum { NPY, NPZ, IDX } Kind;

/* The sum of all elements, or NaN after one message. */
static double sum(Kind kind, const Bytes *b) {
    TtfsArena arena = {0};
    TtfsDiag diag = {0};
    TtfsWanted want = {.name = "x", .elements = {EACH}};
    TtfsArray a = {.file = "samples"};
    unsigned char *exact = malloc(b->n + 1); /* a reader that goes beyond is seen by a sanitizer */
    memcpy(exact, b->at, b->n);
    TtfsBytes bytes = {exact, b->n};
    bool ok = kind == NPY   ? ttfs_read_npy(&a, bytes, &diag)
              : kind == NPZ ? ttfs_read_npz(&a, &want, NULL, bytes, &arena, &diag)
                            : ttfs_read_idx(&a, bytes, &diag);
    double all = ok ? 0 : NAN;
    for (uint64_t i = 0; ok && i < a.samples * a.elements; i++) all += ttfs_array_value(&a, i);
    assert_int_equal(diag.errors, !ok);
    if (!ok) assert_non_null(strstr(diag.messages.at[diag.messages.len - 1].where, "samples"));
    ttfs_array_close(&a);
    free(exact);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&arena);
    return all;
}

static void damage(Kind kind, const Bytes *whole, double want) {
    static const unsigned char values[] = {0, 1, '1', ' ', '\'', 0x7f, 0xff};
    uint32_t refused = 0;
    double found = sum(kind, whole);
    if (found != want) fail_msg("kind %d: the sum is %g, not %g", kind, found, want);
    for (size_t i = 0; i < whole->n; i++) {
        Bytes b = *whole;
        for (size_t k = 0; k < sizeof values; k++) {
            b.at[i] = values[k];
            refused += isnan(sum(kind, &b)) != 0;
        }
        if (i < 4) continue; /* the opener tells files by their first bytes */
        b = *whole;
        b.n = i;
        if (!isnan(sum(kind, &b)))
            fail_msg("kind %d: %zu of %zu bytes are taken", kind, i, whole->n);
    }
    assert_true(refused > 0);
}

static void npy_files(void **state) {
    (void)state;
    static const char *const types[] = {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8",
                                        "<i8", ">u2", ">i4", "<f4", "<f8", "=f4"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Bytes b = npy(1 + (uint32_t)i % 3, types[i], i % 2 ? "True" : "False");
        damage(NPY, &b, 21);
    }
    Bytes half = npy(2, "<f2", "False");
    damage(NPY, &half, 6);
    for (uint32_t bits = 0; bits <= 0xffff; bits += 0x3ff) { /* numbers of every kind */
        half.at[half.n - 1] = (unsigned char)(bits >> 8), half.at[half.n - 2] = (unsigned char)bits;
        int exponent = (int)(bits >> 10 & 31);
        double f = ldexp(bits & 0x3ff, -24) * (exponent ? ldexp(1, exponent - 1) : 1);
        if (exponent) f += ldexp(1, exponent - 15);
        if (exponent == 31) continue;
        assert_true(sum(NPY, &half) == 6 + (bits >> 15 ? -f : f));
    }
}

static void npz_files(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        Bytes b = npz(kind & 1, kind & 2);
        damage(NPZ, &b, 21);
    }
}

/* ---- what is said of an archive ---------------------------------------------------------- */

enum { END = 22, LOCATOR = 20, END64 = 56, ENTRY = 46 }; /* bytes of the records */

/* Where the records of npz() lie that lead to x, the second member. */
typedef struct {
    size_t end, locator, end64, first, second, local;
} Records;

static uint64_t get(const Bytes *b, size_t at, uint32_t bytes) {
    uint64_t v = 0;
    for (uint32_t i = bytes; i-- > 0;) v = v << 8 | b->at[at + i];
    return v;
}

static void set(Bytes *b, size_t at, uint64_t v, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) b->at[at + i] = (unsigned char)(v >> 8 * i);
}

/* Of a large archive the plain record says the place, so that it is large by its entries alone. */
static Records records_of(Bytes *b, bool large) {
    Records r = {.end = b->n - END};
    r.locator = r.end - LOCATOR, r.end64 = r.locator - END64;
    if (large) set(b, r.end + 16, get(b, r.end64 + 48, 8), 4);
    r.first = get(b, r.end + 16, 4);
    r.second = r.first + ENTRY + get(b, r.first + 28, 2) + get(b, r.first + 30, 2);
    r.local = large ? get(b, r.second + ENTRY + 5 + 10 + 16, 8) : get(b, r.second + 42, 4);
    return r;
}

static void says(const Bytes *b, const char *words) {
    TtfsArena arena = {0};
    TtfsDiag diag = {0};
    TtfsWanted want = {.name = "x", .elements = {EACH}};
    TtfsArray a = {.file = "samples"};
    bool ok = ttfs_read_npz(&a, &want, NULL, (TtfsBytes){b->at, b->n}, &arena, &diag);
    assert_int_equal(ok, words == NULL);
    if (words && !strstr(diag.messages.at[0].what, words))
        fail_msg("'%s' is not in '%s'", words, diag.messages.at[0].what);
    ttfs_array_close(&a);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&arena);
}

/* The archive with one number in it changed. */
static void with(const Bytes *whole, size_t at, uint64_t v, uint32_t bytes, const char *words) {
    Bytes b = *whole;
    set(&b, at, v, bytes);
    says(&b, words);
}

static void archives_say_what_is_wrong(void **state) {
    (void)state;
    static const char missing[] = "the zip directory is missing or cut off",
                      damaged[] = "the zip directory is damaged",
                      astray[] = "the zip directory points astray",
                      cut[] = "a zip member is cut off";
    for (int large = 0; large < 2; large++) {
        Bytes b = npz(true, large);
        Records r = records_of(&b, large);
        says(&b, NULL);
        with(&b, r.end, 0, 4, missing);
        with(&b, r.first, 0, 4, damaged);
        with(&b, r.first + 28, 60000, 2, damaged); /* a name beyond the end */
        with(&b, r.second + 10, 1, 2, "a method other than stored and deflate");
        with(&b, r.local, 0, 4, astray);
        with(&b, r.local + 26, 65535, 2, cut);
        size_t extra = r.second + ENTRY + 5 + 10, end64 = large ? r.end64 : r.end;
        with(&b, large ? extra + 16 : r.second + 42, b.n - 29, 4, astray);
        with(&b, large ? extra + 8 : r.second + 20, b.n, 4, cut);
        with(&b, large ? extra : r.second + 24, 0, 4, "a zip member is empty");
        with(&b, end64 + (large ? 48 : 16), b.n, 4, missing);
        with(&b, end64 + (large ? 32 : 10), 3, 2, damaged);
        if (!large) continue;
        with(&b, r.end64, 0, 4, missing);
        with(&b, r.locator, 0, 4, missing);
        with(&b, r.locator + 8, b.n - END64 + 1, 8, missing);
        with(&b, extra - 4, 2, 2, damaged);  /* a field of another kind */
        with(&b, extra - 2, 16, 2, damaged); /* too short for three numbers */
    }
}

static void idx_files(void **state) {
    (void)state;
    Bytes b = {0};
    put_all(&b, "\0\0\x08\x02\0\0\0\x03\0\0\0\x02\1\2\3\4\5\6", 18);
    damage(IDX, &b, 21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_files),
        cmocka_unit_test(npz_files),
        cmocka_unit_test(archives_say_what_is_wrong),
        cmocka_unit_test(idx_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
