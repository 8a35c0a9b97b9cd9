/* SPDX-License-Identifier: Apache-2.0
 *
 * What few samples say of a share. In: logits of the float network, and by how much those of a
 * spiking one are off on samples that were held back; out: how often the two name another class,
 * counted, and expected with a bound.
 *
 * Counting alone needs thousands of samples to tell 99.9 % from 99 %. So every error is also laid
 * on the logits of every sample, as if errors came about whatever the sample (large logits have the
 * larger errors, so that close ones are charged too much rather than too little). That is a
 * two-sample U-statistic; its standard error is of the means over one of the two (Lee,
 * "U-Statistics", 1990, section 1.4).
 */
#ifndef TTFS_ODDS_H
#define TTFS_ODDS_H

#include <stdbool.h>
#include <stdint.h>

/* Of a share of `of`, the ends of the 95 % interval (Wilson 1927), 0..1. */
typedef struct {
    double low, high;
} TtfsInterval;
TtfsInterval ttfs_wilson(uint64_t hits, uint64_t of);
/* Of a share of `of`, `hits` of which were seen: the largest (least) with which so few (many) are
 * seen with a probability of `chance` (Clopper, Pearson 1934), 0..1. No approximation: of no hits
 * at 5 % the most is 1 - 0.05^(1/of), about 3 / of. Of nothing 1 (0). */
double ttfs_share_most(uint64_t hits, uint64_t of, double chance);
double ttfs_share_least(uint64_t hits, uint64_t of, double chance);

/* Logits, sample after sample, and the class of each; labels NULL: what counts is that the class
 * changes, else that a right one is lost (+1) or won (-1). */
typedef struct {
    const float *logits;
    const uint32_t *labels;
    uint64_t samples, classes;
} TtfsLogits;

/* The class that logits name: the largest, the first of equals; of one, whether it is above 0. */
uint32_t ttfs_logits_class(const float *logits, uint64_t classes);

typedef struct {
    double loss;  /* expected: share of samples whose class changes, or of right ones lost */
    double bound; /* with 95 % it is at most that; of no change at all 0, which then says less */
} TtfsOdds;
/* error: [errors][classes], the spiking network's logits less the float network's. The samples'
 * logits are looked at evenly spread when there are so many that it would take long. */
TtfsOdds ttfs_odds(const TtfsLogits *l, const float *error, uint64_t errors);

#endif
