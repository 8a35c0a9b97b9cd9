/* SPDX-License-Identifier: Apache-2.0
 *
 * A calibration that was kept, beside the network that it is of. Its checksum is made good, so that
 * damage reaches what it protects: what is taken packs to the same bytes.
 */
#include "calib_file.h"
#include "fuzz.h"

#include <stdio.h>

enum { SHA = 32 };

/* The bytes with the checksum that they should have. */
static void seal(TtfsBuf *b, const FuzzPart *p) {
    char hex[65];
    size_t n = p->n < SHA ? 0 : p->n - SHA;
    ttfs_buf_bytes(b, p->at, n);
    ttfs_sha256_of(n ? (const void *)p->at : "", n, hex);
    for (int i = 0; i < SHA; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * (size_t)i, "%2x", &byte);
        ttfs_buf_bytes(b, &(unsigned char){(unsigned char)byte}, 1);
    }
}

static bool take(const TtfsIr *ir, TtfsBuf *given) {
    TtfsCalibration c;
    TtfsDiag diag = {0};
    TtfsBuf again = {0};
    bool ok = ttfs_calibration_unpack(&c, ir, "calib.blob", given->text, given->len, &diag);
    if (!fuzz_said(ok, &diag)) return false;
    ttfs_calibration_pack(&c, ir, &again);
    ttfs_calibration_free(&c);
    fuzz_same(given, &again, "a calibration that does not pack to itself");
    return true;
}

bool fuzz_calib(const uint8_t *bytes, size_t n) {
    FuzzPart text = fuzz_part(bytes, n, "ir.txt"), blob = fuzz_part(bytes, n, "calib.blob");
    TtfsDiag diag = {0};
    TtfsBuf given = {0};
    TtfsIr ir = {0};
    if (!text.at || !blob.at) return false;
    bool ok = ttfs_ir_read(&ir, "ir.txt", text.at, text.n, &diag);
    ttfs_diag_free(&diag);
    if (ok) {
        seal(&given, &blob);
        ok = take(&ir, &given);
    }
    ttfs_buf_free(&given);
    ttfs_ir_free(&ir);
    return ok;
}
