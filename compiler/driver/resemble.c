/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of data beside shares of calibration. In: counts of spikes of an engine, rates of the
 * spike graph, the folder's report/accuracy.json; out: perhaps a warning. Calibration's are of the
 * float network, so there is room for what the integers change: in networks of 2 bits and 15 ticks
 * rates are within a fifth of it.
 */
#include "resemble.h"

#include "json_tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FEWEST = 8, REPORT_LIMIT = 64 << 20 };

TtfsShares ttfs_shares(const TtfsSpike *s, TtfsArena *a) {
    return (TtfsShares){TTFS_ARRAY(a, uint64_t, s->pops.len), TTFS_ARRAY(a, uint64_t, s->pops.len)};
}

uint64_t ttfs_shares_add(TtfsShares *n, const TtfsTrace *t) {
    uint64_t hidden = 0;
    for (uint32_t i = 0; i < t->spike->pops.len; i++) {
        const TtfsPopulation *p = &t->spike->pops.at[i];
        if (p->kind == TTFS_POP_READOUT) continue;
        uint64_t spikes = ttfs_trace_spikes(t, (TtfsPop){i + 1});
        n->spikes[i] += spikes;
        n->saturated[i] += ttfs_trace_at(t, (TtfsPop){i + 1}, 0);
        if (p->kind != TTFS_POP_INPUT) hidden += spikes;
    }
    return hidden;
}

void ttfs_shares_merge(TtfsShares *to, const TtfsShares *from, const TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++) {
        to->spikes[i] += from->spikes[i];
        to->saturated[i] += from->saturated[i];
    }
}

/* What calibration saw of a population; shares of its neurons, a sample. */
typedef struct {
    double fires, deviation; /* deviation: of `fires` from sample to sample */
    double saturated;
    bool saturates; /* that is known */
} Seen;

/* How many times the room there is; above 1: far. */
static double fires_off(const Seen *seen, double fires, uint64_t n) {
    double room = fmax(0.05, 0.3 * seen->fires) + 4 * seen->deviation / sqrt((double)n);
    return fabs(fires - seen->fires) / room;
}

static double saturated_off(const Seen *seen, double saturated) {
    return seen->saturates ? saturated / (0.05 + 3 * seen->saturated) : 0;
}

/* What the report says of a population's first tick; of the input nothing: its range is asked for,
 * and clipped values are told of. */
static void take_saturated(Seen *seen, const TtfsPopulation *p, const cJSON *layers) {
    const cJSON *e;
    if (p->kind != TTFS_POP_RELU) return;
    cJSON_ArrayForEach(e, layers) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(e, "population"));
        const cJSON *share = cJSON_GetObjectItem(e, "first_tick_share");
        if (!name || strcmp(name, p->name) != 0 || !cJSON_IsNumber(share)) continue;
        seen->saturated = share->valuedouble;
        seen->saturates = share->valuedouble >= 0 && share->valuedouble <= 1;
    }
}

static Seen seen_of(const TtfsPopulation *p, const cJSON *layers) {
    double fires = p->rate_ppm * 1e-6;
    Seen seen = {.fires = fires, .deviation = fires * p->rates.vary / TTFS_RATE_ONE};
    take_saturated(&seen, p, layers);
    return seen;
}

/* The population that is farthest off. */
typedef struct {
    uint32_t pop, others; /* pop: index + 1; others: that are far too */
    double off;
    bool saturated; /* by that share */
    double here, seen;
} Farthest;

static void look(Farthest *f, uint32_t pop, double off, bool saturated, double here, double seen) {
    if (!(off > 1)) return;
    bool farther = off > f->off;
    f->others += f->pop != 0;
    if (farther) *f = (Farthest){pop + 1, f->others, off, saturated, here, seen};
}

static Farthest farthest(const TtfsSpike *s, const TtfsShares *n, uint64_t samples,
                         const cJSON *layers) {
    Farthest f = {0};
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        if (p->kind == TTFS_POP_READOUT) continue;
        double all = (double)ttfs_pop_size(p) * (double)samples;
        double fires = (double)n->spikes[i] / all, saturated = (double)n->saturated[i] / all;
        Seen seen = seen_of(p, layers);
        double by_fires = fires_off(&seen, fires, samples);
        double by_first = saturated_off(&seen, saturated);
        if (by_fires >= by_first)
            look(&f, i, by_fires, false, 1 - fires, 1 - seen.fires);
        else
            look(&f, i, by_first, true, saturated, seen.saturated);
    }
    return f;
}

static void tell(const TtfsOut *o, const Farthest *f, TtfsDiag *diag) {
    char others[64] = "";
    if (f->others)
        snprintf(others, sizeof others, "; so are %u other layer%s", f->others,
                 f->others == 1 ? "" : "s");
    ttfs_warn(diag, ttfs_pop_at(&o->spike.pops.at[f->pop - 1], o->folder), TTFS_DATA_UNLIKE,
              "the samples are not like those of calibration: %.1f %% of its values are %s, in "
              "calibration %.1f %%%s",
              100 * f->here, f->saturated ? "at the end of the window" : "silent", 100 * f->seen,
              others);
}

static TtfsJsonTree *read_report(TtfsOut *o) {
    TtfsDiag quiet = {0};
    TtfsFile file;
    TtfsJsonTree *tree = NULL;
    if (ttfs_file_open(&file, ttfs_out_path(o, "report/accuracy.json"), REPORT_LIMIT, &quiet)) {
        tree = ttfs_json_parse(file.bytes, file.size, NULL);
        ttfs_file_close(&file);
    }
    ttfs_diag_free(&quiet);
    return tree;
}

void ttfs_resemble(TtfsOut *o, const TtfsShares *n, uint64_t samples, TtfsDiag *diag) {
    if (samples < FEWEST || !o->seen.known) return;
    TtfsJsonTree *tree = read_report(o);
    const cJSON *layers = tree ? cJSON_GetObjectItem(tree->root, "layers") : NULL;
    Farthest f = farthest(&o->spike, n, samples, layers);
    if (f.pop) tell(o, &f, diag);
    ttfs_undo(tree);
}
