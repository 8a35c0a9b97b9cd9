/* SPDX-License-Identifier: Apache-2.0
 *
 * The document of a search. Shares are of 1, percent only in messages.
 */
#include "frontier.h"

#include <math.h>

double ttfs_setting_loss(const TtfsTried *t) {
    return fmax(t->loss, fmax(t->odds.bound, TTFS_UNSEEN * t->odds.bound));
}

static const double CHANCE = 0.05;

double ttfs_setting_proof(const TtfsFrontier *f, const TtfsSetting *p) {
    const TtfsTried *t = &p->tried;
    if (!f->target.labelled) return ttfs_share_most(t->lost, f->proof, CHANCE);
    return ttfs_share_most(t->lost, f->proof, CHANCE / 2) -
           ttfs_share_least(t->won, f->proof, CHANCE / 2);
}

bool ttfs_frontier_met(const TtfsFrontier *f) {
    const double rounding = 1e-9; /* of the percent that were given */
    const TtfsSetting *p = ttfs_frontier_chosen(f);
    return p->meets && ttfs_setting_proof(f, p) <= f->target.loss + rounding;
}

double ttfs_target_enough(const TtfsTarget *t) {
    return ceil(log(t->labelled ? CHANCE / 2 : CHANCE) / log1p(-t->loss));
}

double ttfs_setting_cost(const TtfsFrontier *f, const TtfsSetting *p) {
    const TtfsTried *t = &p->tried;
    const double cost[TTFS_OPTIMISES] = {t->latency_ticks, (double)t->memory_bits, t->nanojoules,
                                         t->spikes};
    return cost[f->target.optimise];
}

const TtfsSetting *ttfs_frontier_chosen(const TtfsFrontier *f) {
    return &f->points.at[f->chosen];
}

/* Whether no other point that was tried is as cheap and loses less, or is cheaper and loses no
 * more. */
static bool is_on(const TtfsFrontier *f, uint32_t i) {
    const TtfsSetting *p = &f->points.at[i];
    double cost = ttfs_setting_cost(f, p), loss = p->tried.odds.loss;
    if (p->tried.refused) return false;
    for (uint32_t k = 0; k < f->points.len; k++) {
        const TtfsSetting *q = &f->points.at[k];
        double c = ttfs_setting_cost(f, q), l = q->tried.odds.loss;
        if (!q->tried.refused && c <= cost && l <= loss && (c < cost || l < loss)) return false;
    }
    return true;
}

static void layers_json(TtfsJson *j, const TtfsSetting *p) {
    ttfs_json_object(j, "layers");
    for (uint32_t i = 0; i < p->n_layers; i++) {
        const TtfsLayerOptions *l = &p->layers[i];
        ttfs_json_object(j, l->layer);
        if (l->ticks) ttfs_json_number(j, "ticks", l->ticks);
        if (l->weight_bits) ttfs_json_number(j, "weight_bits", l->weight_bits);
        if (l->percentile >= 0) ttfs_json_number(j, "percentile", l->percentile);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

/* A counted share with its interval. */
static void share_json(TtfsJson *j, const char *key, uint64_t hits, uint64_t of) {
    TtfsInterval i = ttfs_wilson(hits, of);
    ttfs_json_object(j, key);
    ttfs_json_number(j, "samples", (double)hits);
    ttfs_json_number(j, "share", (double)hits / (double)of);
    ttfs_json_number(j, "low", i.low);
    ttfs_json_number(j, "high", i.high);
    ttfs_json_end(j);
}

static void tried_json(TtfsJson *j, const TtfsFrontier *f, const TtfsTried *t) {
    share_json(j, "agreement", t->same, f->held - f->proof);
    if (f->target.labelled) share_json(j, "accuracy", t->right, f->held - f->proof);
    ttfs_json_number(j, "loss", t->loss);
    ttfs_json_number(j, "expected_loss", t->odds.loss);
    ttfs_json_number(j, "bound_of_loss", t->odds.bound);
    ttfs_json_number(j, "unseen_loss", fmin(1, ttfs_setting_loss(t)));
    ttfs_json_number(j, "latency_ticks", t->latency_ticks);
    ttfs_json_number(j, "memory_bits", (double)t->memory_bits);
    ttfs_json_number(j, "nanojoule_per_sample", t->nanojoules);
    ttfs_json_number(j, "spikes", t->spikes);
}

static void point_json(TtfsJson *j, const TtfsFrontier *f, uint32_t i) {
    const TtfsSetting *p = &f->points.at[i];
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "ticks", p->ticks);
    ttfs_json_number(j, "weight_bits", p->weight_bits);
    layers_json(j, p);
    if (p->tried.refused)
        ttfs_json_string(j, "refused", p->tried.refused);
    else
        tried_json(j, f, &p->tried);
    if (!p->tried.refused) ttfs_json_number(j, "cost", ttfs_setting_cost(f, p));
    ttfs_json_bool(j, "meets", p->meets);
    ttfs_json_bool(j, "frontier", is_on(f, i));
    ttfs_json_bool(j, "chosen", i == f->chosen);
    ttfs_json_end(j);
}

void ttfs_target_json(TtfsJson *j, const char *key, const TtfsFrontier *f) {
    const TtfsTarget *t = &f->target;
    const TtfsSetting *c = ttfs_frontier_chosen(f);
    ttfs_json_object(j, key);
    if (t->labelled)
        ttfs_json_number(j, "max_drop", 100 * t->loss);
    else
        ttfs_json_number(j, "agreement", 100 - 100 * t->loss);
    ttfs_json_string(j, "optimise", ttfs_optimise_names[t->optimise]);
    ttfs_json_number(j, "held_back", (double)f->held);
    ttfs_json_number(j, "most_ticks", f->most_ticks);
    ttfs_json_number(j, "most_weight_bits", f->most_bits);
    ttfs_json_number(j, "proof_samples", (double)f->proof);
    ttfs_json_number(j, "proof_lost", (double)c->tried.lost);
    if (t->labelled) ttfs_json_number(j, "proof_won", (double)c->tried.won);
    ttfs_json_number(j, "proven_loss", ttfs_setting_proof(f, c));
    ttfs_json_bool(j, "expected", c->meets);
    ttfs_json_bool(j, "met", ttfs_frontier_met(f));
    ttfs_json_end(j);
}

void ttfs_frontier_json(TtfsJson *j, const TtfsFrontier *f) {
    ttfs_json_object(j, NULL);
    ttfs_target_json(j, "target", f);
    if (f->target.labelled) share_json(j, "float_accuracy", f->right, f->held - f->proof);
    ttfs_json_array(j, "points");
    for (uint32_t i = 0; i < f->points.len; i++) point_json(j, f, i);
    ttfs_json_end(j);
    ttfs_json_end(j);
}
