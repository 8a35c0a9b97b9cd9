/* SPDX-License-Identifier: Apache-2.0
 *
 * Damage to bytes: other bytes, flipped bits, awkward numbers, parts that are missing, doubled or
 * cut off. In: bytes and a generator; out: the same bytes with 1 to 8 wounds.
 */
#include "fuzz.h"

#include <string.h>

static void splice(FuzzBytes *b, size_t at, size_t out, const void *in, size_t n) {
    if (b->len - out + n > b->cap) return;
    unsigned char copy[64];
    memcpy(copy, in, n);
    memmove(b->at + at + n, b->at + at + out, b->len - at - out);
    memcpy(b->at + at, copy, n);
    b->len = b->len - out + n;
}

static size_t digits_at(const FuzzBytes *b, size_t at) {
    size_t n = 0;
    while (at + n < b->len && n < 20 && b->at[at + n] >= '0' && b->at[at + n] <= '9') n++;
    return n;
}

/* Replaces the number at or after a place with an awkward one. */
static void wound_number(FuzzBytes *b, TtfsRng *r, size_t at) {
    static const char *const numbers[] = {
        "0",     "1",          "-1",         "2",    "255",        "256",        "65535",
        "65536", "2147483647", "2147483648", "1e99", "4294967295", "4294967296", "999999999999",
        "nan",   "",           "0x7f",       "3.5",  "7",          "12"};
    while (at < b->len && digits_at(b, at) == 0) at++;
    const char *n = numbers[ttfs_rng_below(r, sizeof numbers / sizeof *numbers)];
    if (at < b->len) splice(b, at, digits_at(b, at), n, strlen(n));
}

static void wound(FuzzBytes *b, TtfsRng *r) {
    if (b->len == 0) return;
    size_t at = ttfs_rng_below(r, (uint32_t)b->len);
    size_t run = 1 + ttfs_rng_below(r, 16);
    if (run > b->len - at) run = b->len - at;
    unsigned char byte = (unsigned char)ttfs_rng_below(r, 256);
    switch (ttfs_rng_below(r, 8)) {
    case 0:
        b->at[at] = byte;
        break;
    case 1:
        b->at[at] ^= (unsigned char)(1u << (byte & 7));
        break;
    case 2:
        splice(b, at, run, "", 0);
        break;
    case 3:
        splice(b, ttfs_rng_below(r, (uint32_t)b->len), 0, b->at + at, run);
        break;
    case 4:
        splice(b, at, 0, &byte, 1);
        break;
    case 5:
        if (ttfs_rng_below(r, 8) == 0) b->len = at;
        break;
    default:
        wound_number(b, r, at);
        break;
    }
}

void fuzz_damage(FuzzBytes *b, TtfsRng *r) {
    for (uint32_t k = 1 + ttfs_rng_below(r, 8); k; k--) wound(b, r);
}
