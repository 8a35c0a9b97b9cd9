/* SPDX-License-Identifier: Apache-2.0
 *
 * A greedy descent over the ticks of layers, in the network's order.
 */
#include "tune_latency.h"

#include "tune_train.h"

#include <math.h>

typedef struct {
    TtfsTuneStart *start;
    const TtfsTuneOptions *asked;
    TtfsTuned *tuned;
    TtfsDiag *diag;
    double score, begun; /* of the best so far, which is what `start` has */
} Search;

/* What counts of a training: of its best epoch the share that is right, then the loss, less what
 * spikes and latency cost; the least where the chip refuses it. */
static double score_of(const Search *s, const TtfsTuneReport *r, uint32_t latency) {
    const TtfsTuneEpoch *e = &r->epochs.at[r->best];
    if (r->misfit) return -INFINITY;
    return e->accuracy - 1e-6 * e->validation - s->asked->sparsity * e->spikes -
           s->asked->latency * latency;
}

/* Seconds that are left, 0: no limit; false: none are. */
static bool left_of(const Search *s, double *seconds) {
    *seconds = s->asked->minutes * 60;
    if (*seconds > 0) *seconds -= ttfs_now() - s->begun;
    return *seconds > 0 || s->asked->minutes <= 0;
}

static bool stopped(const Search *s) {
    const volatile int *stop = s->asked->session.progress.stop;
    return stop && *stop;
}

static void tell(Search *s, uint32_t layer, uint32_t ticks, const TtfsTuneReport *r, bool kept) {
    TtfsTuned *t = s->tuned;
    const TtfsTuneEpoch none = {.accuracy = NAN, .spikes = NAN};
    const TtfsTuneEpoch *e = r ? &r->epochs.at[r->best] : &none;
    *TTFS_PUSH(&t->arena, t->trials) =
        (TtfsTuneTrial){.layer = ttfs_arena_strdup(&t->arena, s->start->spike.pops.at[layer].name),
                        .ticks = ticks,
                        .latency = s->start->spike.latency,
                        .accuracy = e->accuracy,
                        .spikes = e->spikes,
                        .fits = r && !r->misfit,
                        .kept = kept};
}

/* Trains with so many ticks of the layer; *kept says whether that is the best now. A training that
 * was broken off counts with what it came to. */
static bool try_ticks(Search *s, uint32_t layer, uint32_t ticks, double seconds, bool *kept) {
    TtfsTuneReport r = {.best = 0};
    TtfsTuneStand before;
    *kept = false;
    if (!ttfs_tune_restart(s->start, layer, ticks, &before)) return true;
    bool fits = ttfs_tune_accept(s->start, NULL), ok = true;
    if (fits)
        ok = ttfs_tune_train(s->start, s->asked, seconds, &r, s->diag);
    else
        tell(s, layer, ticks, NULL, false);
    if (fits && ok) {
        double score = score_of(s, &r, s->start->spike.latency);
        *kept = score > s->score;
        tell(s, layer, ticks, &r, *kept);
        if (*kept) s->score = score;
    }
    if (!*kept) {
        s->tuned->report.out_of_time |= r.out_of_time;
        ttfs_tune_return(s->start, &before);
        ttfs_arena_free(&r.arena);
        return ok;
    }
    ttfs_spike_free(&before.spike);
    ttfs_arena_free(&s->tuned->report.arena);
    s->tuned->report = r;
    return true;
}

/* Whether a layer has ticks of its own to give away. */
static bool has_ticks(const TtfsTuneStart *s, uint32_t layer) {
    const TtfsNetLayer *l = &s->net.layers.at[layer];
    return (l->kind == TTFS_LAYER_INPUT || l->kind == TTFS_LAYER_RELU) && !(l->quantum > 0);
}

bool ttfs_tune_shorten(TtfsTuneStart *start, const TtfsTuneOptions *o, TtfsTuned *t,
                       TtfsDiag *diag) {
    Search s = {.start = start, .asked = o, .tuned = t, .diag = diag};
    double seconds;
    s.begun = t->begun;
    s.score = score_of(&s, &t->report, start->spike.latency);
    for (uint32_t i = 0; i < start->net.layers.len; i++) {
        bool kept = has_ticks(start, i);
        while (kept && start->layer[i].ticks > 1) {
            t->report.out_of_time |= !left_of(&s, &seconds);
            t->report.stopped |= stopped(&s);
            if (t->report.out_of_time || t->report.stopped) return true;
            if (!try_ticks(&s, i, start->layer[i].ticks / 2, seconds, &kept)) return false;
        }
    }
    t->report.stopped |= stopped(&s);
    if (t->trials.len == 0)
        ttfs_note(diag, TTFS_AT_FILE("--latency"),
                  "no ticks to halve: every window is the model's own, has one tick or cannot be "
                  "quantised with half of them");
    return true;
}
