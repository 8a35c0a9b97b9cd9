/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task takes in each scene. Method: the values that it reads in a sample, by the rates of
 * the regions where it reads, against those in the mean; its cycles that go with values go in
 * proportion. Integers only. Cost: samples times regions a task.
 */
#include "plan_scenes.h"
#include "plan_geometry.h"

enum {
    MOST_MOVED = 1 << 24, /* cycles */
    ONE = 1 << 16,        /* of a share */
    MOST_SHARE = 8 * ONE
};

static uint32_t samples_known(const TtfsSpike *s) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        uint32_t k = s->pops.at[i].rates.rows ? s->pops.at[i].rates.samples : 0;
        if (k > n) n = k;
    }
    return n;
}

/* The samples in an order that the generator gives. */
static void shuffle(TtfsRng *rng, uint8_t *order, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = ttfs_rng_below(rng, i + 1);
        order[i] = order[k];
        order[k] = (uint8_t)i;
    }
}

/* What a stage meets, scene by scene: samples `set`, `set` + TTFS_SCENE_SETS, ... */
static void fill_stage(TtfsRng *rng, TtfsSceneSet set, uint32_t n, uint8_t *sample) {
    uint8_t order[TTFS_MAX_RATE_SAMPLES];
    for (uint32_t i = 0; i < TTFS_SCENES; i++) {
        if (i % n == 0) shuffle(rng, order, n);
        sample[i] = (uint8_t)(order[i % n] * TTFS_SCENE_SETS + set);
    }
}

TtfsScenes ttfs_scenes_of(const TtfsPlan *p, const TtfsSpike *s, TtfsSceneSet set, TtfsArena *a) {
    uint32_t stages = 0, samples = samples_known(s), n = samples / TTFS_SCENE_SETS;
    if (!n) return (TtfsScenes){0};
    for (uint32_t i = 0; i < p->when.len; i++)
        if (p->when.at[i].stage >= stages) stages = p->when.at[i].stage + 1;
    uint8_t *sample = TTFS_ARRAY(a, uint8_t, (size_t)stages * TTFS_SCENES);
    TtfsRng rng = ttfs_rng(1);
    for (uint32_t g = 0; g < stages; g++)
        fill_stage(&rng, set, n, sample + (size_t)g * TTFS_SCENES);
    return (TtfsScenes){n * TTFS_SCENE_SETS, set, sample};
}

/* Values that all positions of a task read of a source, in the mean and in each sample. */
static void add_values(const TtfsScenes *c, const TtfsSpike *s, const TtfsReach *r, uint64_t *mean,
                       uint64_t *of) {
    const TtfsPopulation *src = ttfs_spike_pop(s, r->src);
    TtfsPlaces n;
    ttfs_reach_bands(s, r, &n);
    uint64_t inside = r->channels;
    inside *= ttfs_reach_places(r, 0, 0, src->h) * ttfs_reach_places(r, 1, 0, src->w);
    uint64_t all = inside * ttfs_pop_rate_of(src, &n);
    *mean += all;
    bool known = src->rates.rows && src->rates.samples >= c->samples;
    for (uint32_t k = c->set; k < c->samples; k += TTFS_SCENE_SETS)
        of[k] += known ? inside * ttfs_pop_rate_in(src, &n, k) : all;
}

/* n / of, in 1 / ONE. */
static uint64_t share_of(uint64_t n, uint64_t of) {
    uint64_t share = n < UINT64_MAX / ONE ? n * ONE / of : n / (of / ONE + 1);
    return share < MOST_SHARE ? share : MOST_SHARE;
}

void ttfs_scenes_add(const TtfsScenes *c, const TtfsPlan *p, const TtfsSpike *s, const TtfsTask *t,
                     uint64_t moved, int32_t late[TTFS_SCENES]) {
    uint64_t mean = 0, of[TTFS_MAX_RATE_SAMPLES] = {0};
    if (!c->samples || !moved || moved > MOST_MOVED) return;
    for (uint32_t k = 0; k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
        TtfsReach r = ttfs_task_reach(s, t, k);
        add_values(c, s, &r, &mean, of);
    }
    if (!mean) return;
    int32_t more[TTFS_MAX_RATE_SAMPLES];
    for (uint32_t k = c->set; k < c->samples; k += TTFS_SCENE_SETS)
        more[k] = (int32_t)(moved * share_of(of[k], mean) / ONE) - (int32_t)moved;
    const uint8_t *sample = c->sample + (size_t)ttfs_plan_when(p, t->pop).stage * TTFS_SCENES;
    for (uint32_t i = 0; i < TTFS_SCENES; i++) late[i] += more[sample[i]];
}
