/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples and labels: .npy, .npz, IDX, packed or not. What is taken must give values that the
 * writer writes and the reader reads again, fit or not fit a network with a message, and be labels
 * or not with one. Deflated bytes: what is packed unpacks to itself, whatever room there is.
 */
#include "fit.h"
#include "fuzz.h"
#include "inflate.h"
#include "labels.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST = 4096 }; /* values looked at */

/* The first sample, when all its values are finite: written and read it is the same. */
static void rewrite(const TtfsArray *a, const TtfsInputMap *map) {
    TtfsArena arena = {0};
    TtfsDiag diag = {0};
    TtfsArray back;
    uint64_t n = a->elements;
    float *x = TTFS_ARRAY(&arena, float, n), *y = TTFS_ARRAY(&arena, float, n);
    if (fuzz_said(ttfs_array_sample(a, map, 0, x, &diag), &diag)) {
        TtfsValues all = {.name = "x", .type = "float32", .rank = 2, .dim = {1, n}, .data = x};
        const char *path = fuzz_path("written.npz");
        bool zip = n % 2 == 1;
        fuzz_expect(zip ? ttfs_npz_write(path, &all, 1, &diag) : ttfs_npy_write(path, &all, &diag),
                    "samples that are not written");
        bool ok = ttfs_array_open(&back, path, &(TtfsWanted){.name = "x"}, &arena, &diag) &&
                  ttfs_array_sample(&back, map, 0, y, &diag);
        fuzz_expect(fuzz_said(ok, &diag) && back.elements == n, "written samples are refused");
        fuzz_expect(memcmp(x, y, n * sizeof *x) == 0, "written samples change when they are read");
        ttfs_array_close(&back);
    }
    ttfs_arena_free(&arena);
}

static void fit(const TtfsArray *a, const TtfsInputMap *map) {
    TtfsDiag diag = {0};
    TtfsSampleShape shape = {.rank = a->rank - 1};
    for (uint32_t i = 1; i < a->rank; i++) shape.dim[i - 1] = a->dim[a->rank - i];
    fuzz_said(ttfs_samples_fit(a, map, &shape, &diag), &diag);
}

static void label(const TtfsArray *a) {
    uint64_t values[] = {1, 2, 10, a->elements};
    for (int i = 0; i < 8; i++) {
        TtfsDiag diag = {0};
        TtfsLabels l;
        uint64_t n = values[i / 2];
        if (n == 0 || !fuzz_said(ttfs_labels_read(&l, a, n, i % 2, &diag), &diag)) continue;
        for (uint64_t s = 0; s < a->samples && s < MOST; s++)
            if (l.kind == TTFS_LABELS_CLASSES)
                ttfs_labels_class(&l, s);
            else
                ttfs_labels_value(&l, s, n - 1);
    }
}

static void look(const TtfsArray *a) {
    const TtfsInputMap plain = {.hi = 1},
                       channels = {.channels = 1, .mean = {0.5f}, .deviation = {2}};
    uint64_t n = a->samples * a->elements;
    for (uint64_t i = 0; i < n && i < MOST; i++) ttfs_array_value(a, i);
    if (n) ttfs_array_value(a, n - 1);
    if (n && a->elements <= MOST) rewrite(a, a->type == TTFS_U8 ? &channels : &plain);
    fit(a, &plain);
    if (n <= MOST) label(a);
}

bool fuzz_samples(const uint8_t *bytes, size_t n) {
    static const TtfsWanted wanted[] = {
        {.name = "x"}, {.name = "y", .samples = 3}, {.name = "z", .elements = {4, 2}}};
    bool taken = false;
    const char *path = fuzz_file("s.npz", bytes, n);
    for (int i = 0; i < 4; i++) {
        TtfsArena a = {0};
        TtfsDiag diag = {0};
        TtfsArray x;
        const char *named = ttfs_arena_printf(&a, "%s%s", path, i == 3 ? ":y" : "");
        bool ok = fuzz_said(ttfs_array_open(&x, named, &wanted[i % 3], &a, &diag), &diag);
        if (ok) look(&x);
        ttfs_array_close(&x);
        ttfs_arena_free(&a);
        taken |= ok;
    }
    return taken;
}

/* The first byte says which kind of stream, the second how much room there is. */
bool fuzz_inflate(const uint8_t *bytes, size_t n) {
    if (n < 2) return false;
    int window = bytes[0] % 2 ? TTFS_GZIP : TTFS_DEFLATE;
    size_t room = (size_t)bytes[1] * bytes[1], m = n - 2;
    uint8_t *out = malloc(room + 1), *packed = malloc(compressBound(m) + 32), *back = malloc(m + 1);
    bool ended = false, whole;
    fuzz_expect(out && packed && back, "no memory");
    size_t got = ttfs_inflate(bytes + 2, m, window, out, room, &ended);
    fuzz_expect(got <= room, "more is unpacked than there is room for");

    z_stream z = {.next_in = (Bytef *)(uintptr_t)(bytes + 2),
                  .avail_in = (uInt)m,
                  .next_out = packed,
                  .avail_out = (uInt)compressBound(m) + 32};
    deflateInit2(&z, bytes[0] % 10, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    fuzz_expect(deflate(&z, Z_FINISH) == Z_STREAM_END, "zlib does not pack");
    deflateEnd(&z);
    fuzz_expect(ttfs_inflate(packed, z.total_out, window, back, m + 1, &whole) == m && whole &&
                    memcmp(back, bytes + 2, m) == 0,
                "what was packed does not unpack to itself");
    fuzz_expect(
        m == 0 ||
            (ttfs_inflate(packed, z.total_out, window, back, m - 1, &whole) == m - 1 && !whole),
        "what has no room is called whole");
    fuzz_expect(ttfs_inflate(packed, z.total_out - 1, window, back, m + 1, &whole) <= m && !whole,
                "a cut stream is called whole");
    free(out);
    free(packed);
    free(back);
    return ended;
}
