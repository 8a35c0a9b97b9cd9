/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares and their bounds. Sums go over samples in one order: the result is the same everywhere.
 */
#include "odds.h"

#include "arena.h"

#include <math.h>

static const double TWO_SIDED = 1.959964, ONE_SIDED = 1.644854; /* normal quantiles of 95 % */
#define MOST_WORK ((uint64_t)1 << 26)                           /* additions of a logit */

TtfsInterval ttfs_wilson(uint64_t hits, uint64_t of) {
    if (of == 0) return (TtfsInterval){0, 1};
    double n = (double)of, p = (double)hits / n, z2 = TWO_SIDED * TWO_SIDED;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = TWO_SIDED / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    return (TtfsInterval){hits == 0 ? 0 : middle - half, hits == of ? 1 : middle + half};
}

/* The chance of `hits` or fewer of `of`, each with probability p, 0 < p < 1. */
static double chance_of(uint64_t hits, uint64_t of, double p) {
    double term = (double)of * log1p(-p), odds = log(p) - log1p(-p), sum = exp(term);
    for (uint64_t k = 1; k <= hits; k++) {
        term += log((double)(of - k + 1) / (double)k) + odds;
        sum += exp(term);
    }
    return sum;
}

double ttfs_share_most(uint64_t hits, uint64_t of, double chance) {
    enum { HALVINGS = 60 };
    double low = 0, high = 1;
    if (hits >= of) return 1;
    for (int i = 0; i < HALVINGS; i++) {
        double p = (low + high) / 2;
        if (chance_of(hits, of, p) > chance)
            low = p;
        else
            high = p;
    }
    return high;
}

double ttfs_share_least(uint64_t hits, uint64_t of, double chance) {
    return 1 - ttfs_share_most(of - hits, of, chance);
}

uint32_t ttfs_logits_class(const float *logits, uint64_t classes) {
    if (classes == 1) return logits[0] > 0;
    uint64_t best = 0;
    for (uint64_t k = 1; k < classes; k++)
        if (logits[k] > logits[best]) best = k;
    return (uint32_t)best;
}

static uint32_t class_of_sum(const float *logits, const float *error, uint64_t classes) {
    if (classes == 1) return logits[0] + error[0] > 0;
    uint64_t best = 0;
    float most = logits[0] + error[0];
    for (uint64_t k = 1; k < classes; k++) {
        float v = logits[k] + error[k];
        if (v > most) most = v, best = k;
    }
    return (uint32_t)best;
}

/* What it costs that a sample of class `was` becomes `is`. */
static int loss_of(const TtfsLogits *l, uint64_t sample, uint32_t was, uint32_t is) {
    if (!l->labels) return is != was;
    return (was == l->labels[sample]) - (is == l->labels[sample]);
}

/* Variance of the mean of n numbers. */
static double spread(double sum, double squares, uint64_t n) {
    double mean = sum / (double)n;
    return n > 1 ? fmax(0, squares / (double)n - mean * mean) / (double)(n - 1) : 0;
}

TtfsOdds ttfs_odds(const TtfsLogits *l, const float *error, uint64_t errors) {
    uint64_t each = errors * l->classes, most = MOST_WORK / each ? MOST_WORK / each : 1;
    uint64_t n = l->samples < most ? l->samples : most;
    double sum = 0, of_samples = 0, of_errors = 0;
    TtfsArena a = {0};
    int64_t *by_error = TTFS_ARRAY(&a, int64_t, errors);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t sample = i * l->samples / n;
        const float *z = l->logits + sample * l->classes;
        uint32_t was = ttfs_logits_class(z, l->classes);
        int64_t lost = 0;
        for (uint64_t j = 0; j < errors; j++) {
            int loss = loss_of(l, sample, was, class_of_sum(z, error + j * l->classes, l->classes));
            lost += loss;
            by_error[j] += loss;
        }
        double share = (double)lost / (double)errors;
        sum += share;
        of_samples += share * share;
    }
    for (uint64_t j = 0; j < errors; j++) {
        double share = (double)by_error[j] / (double)n;
        of_errors += share * share;
    }
    ttfs_arena_free(&a);
    double loss = sum / (double)n;
    double variance = spread(sum, of_samples, n) + spread(loss * (double)errors, of_errors, errors);
    return (TtfsOdds){loss, loss + ONE_SIDED * sqrt(variance)};
}
