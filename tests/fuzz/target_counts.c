/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of runs and verifications, as merge reads them: what is taken is written and read back to
 * the same.
 */
#include "counts_inside.h"
#include "fuzz.h"

static bool read_document(const void *bytes, size_t n, TtfsBuf *out) {
    TtfsCountsDoc d = {0};
    TtfsDiag diag = {0};
    bool ok = fuzz_said(ttfs_counts_read(&d, "run.json", bytes, n, &diag), &diag);
    if (ok) {
        ttfs_counts_write(&d, out);
        fuzz_expect(ttfs_counts_same(&d, &d), "counts are not the same as themselves");
    }
    ttfs_counts_free(&d);
    return ok;
}

bool fuzz_counts(const uint8_t *bytes, size_t n) {
    TtfsBuf text = {0}, again = {0};
    bool ok = read_document(n ? (const void *)bytes : "", n, &text);
    if (ok)
        fuzz_expect(read_document(ttfs_buf_text(&text), text.len, &again),
                    "what was written is not read");
    fuzz_same(&text, &again, "a document does not read back to the same");
    return ok;
}
