/* SPDX-License-Identifier: Apache-2.0
 *
 * Philox and normal deviates, sixteen counters side by side: loops of a fixed length without
 * branches, which compilers turn into vectors.
 */
#include "philox.h"

#include <math.h>
#include <string.h>

enum { LANES = TTFS_NORMALS, ROUNDS = 10 };

typedef struct {
    uint32_t word[4][LANES];
} Block;

static void one_round(Block *b, uint32_t k0, uint32_t k1) {
    for (int i = 0; i < LANES; i++) {
        uint64_t x = (uint64_t)b->word[0][i] * UINT32_C(0xd2511f53);
        uint64_t y = (uint64_t)b->word[2][i] * UINT32_C(0xcd9e8d57);
        b->word[0][i] = (uint32_t)(y >> 32) ^ b->word[1][i] ^ k0;
        b->word[1][i] = (uint32_t)y;
        b->word[2][i] = (uint32_t)(x >> 32) ^ b->word[3][i] ^ k1;
        b->word[3][i] = (uint32_t)x;
    }
}

static void all_rounds(Block *b, const uint32_t key[2]) {
    uint32_t k0 = key[0], k1 = key[1];
    for (int r = 0; r < ROUNDS; r++) {
        one_round(b, k0, k1);
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
}

void ttfs_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    Block b = {{{0}}};
    for (int w = 0; w < 4; w++) b.word[w][0] = counter[w];
    all_rounds(&b, key);
    for (int w = 0; w < 4; w++) out[w] = b.word[w][0];
}

/* 1 + the 52 upper bits of two words as a fraction. */
static double one_to_two(uint32_t high, uint32_t low) {
    uint64_t bits = ((uint64_t)high << 32 | low) >> 12 | UINT64_C(0x3ff0000000000000);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* ln u for u in (0, 1]: u = 2^e m with m in [1/sqrt 2, sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)).
 */
static double logarithm(double u) {
    uint64_t bits;
    memcpy(&bits, &u, sizeof bits);
    uint64_t up = bits - UINT64_C(0x3fe6a09e667f3bcd); /* 1/sqrt 2 */
    int32_t e = (int32_t)(uint32_t)(up >> 32) >> 20;
    bits -= (uint64_t)(uint32_t)e << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    double s = (m - 1) / (m + 1), t = s * s, p = 1.0 / 21;
    p = p * t + 1.0 / 19;
    p = p * t + 1.0 / 17;
    p = p * t + 1.0 / 15;
    p = p * t + 1.0 / 13;
    p = p * t + 1.0 / 11;
    p = p * t + 1.0 / 9;
    p = p * t + 1.0 / 7;
    p = p * t + 1.0 / 5;
    p = p * t + 1.0 / 3;
    p = p * t + 1;
    return (double)e * 0.6931471805599453 + 2 * s * p;
}

/* cos(2 pi v) for v in [0, 1): -sin of an angle within a quarter turn. */
static double cosine(double v) {
    double w = 0.25 - fabs(v - 0.5), x = w * 6.283185307179586, t = x * x;
    double p = -1.0 / 25852016738884976640000.0; /* 23! */
    p = p * t + 1.0 / 51090942171709440000.0;
    p = p * t - 1.0 / 121645100408832000.0;
    p = p * t + 1.0 / 355687428096000.0;
    p = p * t - 1.0 / 1307674368000.0;
    p = p * t + 1.0 / 6227020800.0;
    p = p * t - 1.0 / 39916800.0;
    p = p * t + 1.0 / 362880.0;
    p = p * t - 1.0 / 5040.0;
    p = p * t + 1.0 / 120.0;
    p = p * t - 1.0 / 6.0;
    p = p * t + 1;
    return -x * p;
}

static void to_normals(const Block *b, double *out) {
    double u[LANES], v[LANES];
    for (int i = 0; i < LANES; i++) {
        u[i] = 2 - one_to_two(b->word[0][i], b->word[1][i]);
        v[i] = one_to_two(b->word[2][i], b->word[3][i]) - 1;
    }
    for (int i = 0; i < LANES; i++) out[i] = sqrt(-2 * logarithm(u[i])) * cosine(v[i]);
}

/* Sixteen counters, through. */
static void count_up(Block *b, const uint32_t key[2], const uint32_t counter[4], uint32_t word) {
    for (uint32_t w = 0; w < 4; w++)
        for (uint32_t i = 0; i < LANES; i++) b->word[w][i] = counter[w] + (w == word ? i : 0);
    all_rounds(b, key);
}

void ttfs_philox_words(const uint32_t key[2], const uint32_t counter[4], uint32_t word, uint32_t n,
                       uint32_t out[4][TTFS_NORMALS]) {
    Block b;
    count_up(&b, key, counter, word);
    for (uint32_t w = 0; w < 4; w++) memcpy(out[w], b.word[w], n * sizeof **out);
}

void ttfs_philox_normals(const uint32_t key[2], const uint32_t counter[4], uint32_t word,
                         uint32_t n, double *out) {
    Block b;
    double z[LANES];
    count_up(&b, key, counter, word);
    to_normals(&b, z);
    memcpy(out, z, n * sizeof *out);
}

/* Counters that differ in their last word, through. */
static void listed(Block *b, const uint32_t key[2], const uint32_t counter[3], const uint32_t *last,
                   uint32_t n) {
    for (uint32_t i = 0; i < LANES; i++) {
        for (uint32_t w = 0; w < 3; w++) b->word[w][i] = counter[w];
        b->word[3][i] = i < n ? last[i] : 0;
    }
    all_rounds(b, key);
}

void ttfs_philox_words_at(const uint32_t key[2], const uint32_t counter[3], const uint32_t *last,
                          uint32_t n, uint32_t out[4][TTFS_NORMALS]) {
    Block b;
    listed(&b, key, counter, last, n);
    for (uint32_t w = 0; w < 4; w++) memcpy(out[w], b.word[w], n * sizeof **out);
}

void ttfs_philox_normals_at(const uint32_t key[2], const uint32_t counter[3], const uint32_t *last,
                            uint32_t n, double *out) {
    Block b;
    double z[LANES];
    listed(&b, key, counter, last, n);
    to_normals(&b, z);
    memcpy(out, z, n * sizeof *out);
}
