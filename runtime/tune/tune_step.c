/* SPDX-License-Identifier: Apache-2.0
 *
 * A step: chunks side by side, their gradients added in order, Adam (Kingma, Ba 2015, arXiv
 * 1412.6980). What a thread takes next depends on the threads; what comes out does not.
 */
#include "tune_inside.h"

#include <math.h>
#include <stdatomic.h>

enum { BLOCK = 1 << 14 };
static const double FIRST = 0.9, SECOND = 0.999;

typedef struct Step Step;
struct Step {
    TtfsTune *tune;
    const TtfsTuneSamples *samples;
    TtfsTuneWork *work;
    TtfsTuneChunk *chunk;
    double rate, first, second; /* of this step; what the moments are divided by */
    void (*take)(Step *s, uint32_t member, uint32_t item);
    atomic_uint_least32_t next;
    uint32_t items;
    atomic_bool failed;
};

static void take_items(void *context, uint32_t member, uint32_t members) {
    (void)members;
    Step *s = context;
    while (!atomic_load(&s->failed) && !ttfs_team_starved(s->tune->team)) {
        uint32_t item = (uint32_t)atomic_fetch_add(&s->next, 1);
        if (item >= s->items) break;
        s->take(s, member, item);
    }
}

static bool each(Step *s, uint32_t items, void (*take)(Step *, uint32_t, uint32_t)) {
    s->take = take;
    s->items = items;
    atomic_store(&s->next, 0);
    ttfs_team_run(s->tune->team, take_items, s);
    return !atomic_load(&s->failed);
}

static void take_chunk(Step *s, uint32_t member, uint32_t item) {
    if (!ttfs_tune_chunk(s->tune, s->samples, &s->work[member], &s->chunk[item]))
        atomic_store(&s->failed, true);
}

/* A block of parameters: the chunks' gradients into the first one's. */
static void add_block(Step *s, uint32_t member, uint32_t item) {
    (void)member;
    const TtfsTune *t = s->tune;
    size_t first = (size_t)item * BLOCK, end = first + BLOCK;
    if (end > t->parameters) end = t->parameters;
    for (uint32_t c = 1; c < TTFS_TUNE_CHUNKS; c++)
        for (size_t i = first; i < end; i++) t->gradient[0][i] += t->gradient[c][i];
}

static void take_grid(Step *s, uint32_t member, uint32_t item) {
    (void)member;
    if (s->tune->layer[item].term) ttfs_tune_grid_gradient(s->tune, item, s->tune->gradient[0]);
}

static void move_block(Step *s, uint32_t member, uint32_t item) {
    (void)member;
    const TtfsTune *t = s->tune;
    size_t first = (size_t)item * BLOCK, end = first + BLOCK;
    float keep1 = (float)FIRST, keep2 = (float)SECOND, root = (float)sqrt(s->second);
    float rate = (float)(s->rate / s->first);
    if (end > t->parameters) end = t->parameters;
    for (size_t i = first; i < end; i++) {
        float g = t->gradient[0][i];
        float m = t->mean[i] = keep1 * t->mean[i] + (1 - keep1) * g;
        float v = t->square[i] = keep2 * t->square[i] + (1 - keep2) * g * g;
        t->value[i] -= rate * m / (sqrtf(v) / root + 1e-8f);
    }
}

bool ttfs_tune_chunks(TtfsTune *t, const TtfsTuneSamples *samples, TtfsTuneWork *work,
                      TtfsTuneChunk *chunk) {
    Step s = {.tune = t, .samples = samples, .work = work, .chunk = chunk};
    return each(&s, TTFS_TUNE_CHUNKS, take_chunk);
}

void ttfs_tune_move(TtfsTune *t, double rate) {
    Step s = {.tune = t, .rate = rate};
    uint32_t blocks = (uint32_t)((t->parameters + BLOCK - 1) / BLOCK);
    t->step++;
    s.first = 1 - pow(FIRST, (double)t->step);
    s.second = 1 - pow(SECOND, (double)t->step);
    each(&s, blocks, add_block);
    each(&s, t->layers, take_grid);
    each(&s, blocks, move_block);
}
