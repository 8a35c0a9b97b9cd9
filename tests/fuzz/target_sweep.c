/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents of sweeps, as merge and a sweep that goes on read them: what is taken is written and
 * read back to the same.
 */
#include "fuzz.h"
#include "sweep_doc.h"

static bool read_document(const void *bytes, size_t n, TtfsBuf *out, TtfsDiag *diag) {
    TtfsSweepDoc d = {0};
    bool ok = ttfs_sweep_doc_read(&d, "sweep.json", bytes, n, diag);
    if (ok) {
        ttfs_sweep_doc_write(&d, out);
        fuzz_expect(ttfs_sweep_same(&d, &d, false), "a sweep is not the same as itself");
        ttfs_sweep_whole(&d);
    }
    ttfs_sweep_doc_free(&d);
    return ok;
}

bool fuzz_sweep(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_document, read_document, bytes, n);
}
