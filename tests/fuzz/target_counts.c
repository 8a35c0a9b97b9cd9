/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of runs and verifications, as merge reads them: what is taken is written and read back to
 * the same.
 */
#include "counts_inside.h"
#include "fuzz.h"

static bool read_document(const void *bytes, size_t n, TtfsBuf *out, TtfsDiag *diag) {
    TtfsCountsDoc d = {0};
    bool ok = ttfs_counts_read(&d, "run.json", bytes, n, diag);
    if (ok) {
        ttfs_counts_write(&d, out);
        fuzz_expect(ttfs_counts_same(&d, &d), "counts are not the same as themselves");
    }
    ttfs_counts_free(&d);
    return ok;
}

bool fuzz_counts(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_document, read_document, bytes, n);
}
