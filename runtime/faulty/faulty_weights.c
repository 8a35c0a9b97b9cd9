/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of weights. A weight is a two's complement of its connection's weight bits; each has
 * counters of its own, so that neighbours do not matter.
 */
#include "faulty.h"

#include "philox.h"

#include <math.h>

enum { LANES = TTFS_NORMALS, WORDS = 4 };

/* The weights of a connection in hand. */
typedef struct {
    const TtfsWeightFaults *faults;
    uint32_t conn, bits, most; /* most: largest |w| */
} Weights;

static uint32_t largest(const TtfsConnection *c) {
    uint32_t most = 0;
    for (uint64_t i = 0; i < c->weight_count; i++) {
        uint32_t w = (uint32_t)(c->weights[i] < 0 ? -c->weights[i] : c->weights[i]);
        if (w > most) most = w;
    }
    return most;
}

static int16_t noisy(const Weights *k, int16_t w, double z) {
    double top = (double)((1 << (k->bits - 1)) - 1), sd = k->faults->noise;
    double by = k->faults->added ? sd * k->most : sd * w;
    double v = floor(w + by * z + 0.5);
    return (int16_t)(v > top ? top : v < -top - 1 ? -top - 1 : v);
}

/* `n` weights, number `first` and on. */
static void add_noise(const Weights *k, uint32_t first, uint32_t n, int16_t *w) {
    const uint32_t key[2] = {k->faults->seed, TTFS_DRAW_WEIGHT};
    const uint32_t counter[4] = {k->faults->trial, 0, k->conn, first};
    double z[LANES];
    ttfs_philox_normals(key, counter, 3, n, z);
    for (uint32_t i = 0; i < n; i++) w[i] = noisy(k, w[i], z[i]);
}

/* A two's complement of `bits` bits. */
static int16_t signed_of(uint32_t word, uint32_t bits) {
    uint32_t sign = UINT32_C(1) << (bits - 1);
    return (int16_t)((int32_t)((word & (2 * sign - 1)) ^ sign) - (int32_t)sign);
}

/* Bits 4 g to 4 g + 3 by the words of the counter whose second word is g. */
static void flip_some(const Weights *k, uint32_t first, uint32_t n, uint32_t group, int16_t *w) {
    const uint32_t key[2] = {k->faults->seed, TTFS_DRAW_FLIP};
    const uint32_t counter[4] = {k->faults->trial, group, k->conn, first};
    uint32_t word[WORDS][LANES];
    double below = k->faults->flip * 4294967296.0;
    ttfs_philox_words(key, counter, 3, n, word);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t flips = 0;
        for (uint32_t b = 0; b < WORDS; b++)
            if (group * WORDS + b < k->bits && word[b][i] < below)
                flips |= UINT32_C(1) << (group * WORDS + b);
        w[i] = signed_of((uint32_t)w[i] ^ flips, k->bits);
    }
}

static void disturb(const Weights *k, uint64_t count, int16_t *w) {
    for (uint64_t at = 0; at < count; at += LANES) {
        uint32_t n = count - at < LANES ? (uint32_t)(count - at) : LANES;
        if (k->faults->noise > 0) add_noise(k, (uint32_t)at, n, w + at);
        for (uint32_t g = 0; k->faults->flip > 0 && g * WORDS < k->bits; g++)
            flip_some(k, (uint32_t)at, n, g, w + at);
    }
}

static void take_weights(TtfsSpike *out, uint32_t conn, const TtfsWeightFaults *f) {
    TtfsConnection *c = &out->conns.at[conn];
    if (!c->weights) return;
    if (c->shared) {
        c->weights = out->conns.at[c->shared - 1].weights;
        return;
    }
    const Weights k = {f, conn, c->weight_bits, largest(c)};
    int16_t *w = TTFS_ARRAY(&out->arena, int16_t, c->weight_count);
    for (uint64_t i = 0; i < c->weight_count; i++) w[i] = c->weights[i];
    disturb(&k, c->weight_count, w);
    c->weights = w;
}

bool ttfs_faulty_weights(const TtfsSpike *s, const TtfsWeightFaults *f, const char *file,
                         TtfsSpike *out, TtfsDiag *diag) {
    *out = *s;
    out->arena = (TtfsArena){0};
    out->conns.at = TTFS_ARRAY(&out->arena, TtfsConnection, s->conns.len);
    for (uint32_t i = 0; i < s->conns.len; i++) {
        out->conns.at[i] = s->conns.at[i];
        take_weights(out, i, f);
    }
    bool ok = ttfs_spike_check(out, file, diag);
    if (!ok) ttfs_spike_free(out);
    return ok;
}
