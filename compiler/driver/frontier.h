/* SPDX-License-Identifier: Apache-2.0
 *
 * Frontier: the settings that were tried for a target, and which was chosen.
 */
#ifndef TTFS_FRONTIER_H
#define TTFS_FRONTIER_H

#include "job.h"
#include "json.h"
#include "odds.h"

/* What a network of a setting came to, on samples that were held back: every other one, from the
 * first on, is for choosing, the others are for proof. */
typedef struct {
    const char *refused;  /* why there is none, all else is 0 then; NULL */
    uint64_t same, right; /* of those for choosing: the class is the float network's; the label's */
    uint64_t lost, won;   /* of those for proof: changed classes, 0; or right ones lost, won */
    double loss;          /* counted: share of changed classes, or of right ones lost */
    TtfsOdds odds;        /* the same, expected (odds.h) */
    uint32_t latency_ticks;
    uint64_t memory_bits;      /* of the weights, and of a value of every neuron that spikes */
    double nanojoules, spikes; /* a sample, as report/energy.json estimates them */
} TtfsTried;

typedef struct {
    uint32_t ticks, weight_bits;
    const TtfsLayerOptions *layers; /* the caller's, then those that were found */
    uint32_t n_layers;
    TtfsTried tried;
    bool meets;
} TtfsSetting;

/* Lies in the pipeline's arena. */
typedef struct {
    TtfsTarget target;
    uint64_t held, proof; /* samples held back; of them, those on which nothing is chosen */
    uint64_t right;       /* of the others right by the float network, with labels */
    uint32_t most_ticks, most_bits;
    TTFS_VEC(TtfsSetting) points; /* in the order in which they were tried */
    uint32_t chosen;              /* index */
} TtfsFrontier;

/* What a setting is taken to lose at most when one is chosen, for all that the samples held back
 * show: counted on them, and of samples that the network was not trained on. These lie nearer to
 * where classes meet than those that it was trained on, as calibration samples are: the bound
 * counts UNSEEN times. (A LeNet-5 lost 3.1 times the bound of the setting that was chosen on 40,000
 * training images that calibration did not see; twice that, for those that training did not see
 * either. VGG's test set lost up to 2.7 times the bound at several settings.) */
#define TTFS_UNSEEN 6.0
double ttfs_setting_loss(const TtfsTried *t);
/* With 95 % a setting that was chosen loses at most that, of samples like those held back: by what
 * it lost of those for proof, which had no part in the choice, so that the number of settings that
 * were tried does not matter. No error at all is a bound of about 3 / proof. */
double ttfs_setting_proof(const TtfsFrontier *f, const TtfsSetting *p);
/* How many samples for proof prove a target above 0 and below 1, when none of them loses or wins
 * its class. */
double ttfs_target_enough(const TtfsTarget *t);
/* Whether the chosen setting meets the target, and that proves it. */
bool ttfs_frontier_met(const TtfsFrontier *f);
/* What is to be least. */
double ttfs_setting_cost(const TtfsFrontier *f, const TtfsSetting *p);
const TtfsSetting *ttfs_frontier_chosen(const TtfsFrontier *f);
/* report/frontier.json. */
void ttfs_frontier_json(TtfsJson *j, const TtfsFrontier *f);
/* The target and what was held back, as the value of `key`; what the manifest and the summary have.
 */
void ttfs_target_json(TtfsJson *j, const char *key, const TtfsFrontier *f);

#endif
