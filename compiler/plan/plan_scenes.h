/* SPDX-License-Identifier: Apache-2.0
 *
 * Scenes: turns as they may come, in which each stage of a pipeline is at work on another of the
 * samples whose rates are known. A slot lasts as long as the slowest core of its scene; in the mean
 * over scenes, longer than any core takes in the mean. Inside of the cycle formula and of solvers.
 */
#ifndef TTFS_PLAN_SCENES_H
#define TTFS_PLAN_SCENES_H

#include "plan.h"

enum { TTFS_SCENES = 32 };

/* The samples are dealt out, one here, one there: what is made by some of them is judged by the
 * others. */
typedef enum { TTFS_SCENES_TO_PACK, TTFS_SCENES_TO_TIME, TTFS_SCENE_SETS } TtfsSceneSet;

typedef struct {
    uint32_t samples;      /* of all sets; 0: no sample's rates are known */
    uint32_t set;          /* a TtfsSceneSet */
    const uint8_t *sample; /* [stage][TTFS_SCENES] */
} TtfsScenes;

/* Over and over a stage meets each sample of the set once, in an order of its own that is the same
 * everywhere. */
TtfsScenes ttfs_scenes_of(const TtfsPlan *p, const TtfsSpike *s, TtfsSceneSet set, TtfsArena *a);
/* How many cycles more than in the mean a task takes in each scene: `moved` are those of the mean
 * that go with the number of values that it reads. */
void ttfs_scenes_add(const TtfsScenes *c, const TtfsPlan *p, const TtfsSpike *s, const TtfsTask *t,
                     uint64_t moved, int32_t late[TTFS_SCENES]);

#endif
