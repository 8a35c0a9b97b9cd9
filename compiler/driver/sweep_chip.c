/* SPDX-License-Identifier: Apache-2.0
 *
 * Points on the integer network. A block of samples goes through the folder's graph, whose values
 * are kept, then through the graph of the points with each one's faults; every population is shown
 * on the way, disturbed and counted. Counts are whole numbers of each sample, a thread's own, so
 * that no order of work shows. Memory: the values of a block's samples, and classes of all samples.
 */
#include "sweep_chip.h"

#include "fast.h"
#include "faulty.h"
#include "json.h"
#include "noisy.h"
#include "parallel.h"
#include "requantise.h"

#include <math.h>
#include <string.h>

enum { BLOCK_MOST = 1024, BLOCK_BYTES = 64 << 20, RUN = 1 << 16 };

/* The network at the points in hand. */
typedef struct {
    TtfsSpike again, faulty; /* empty: not made */
    const TtfsSpike *spike;  /* that which runs: one of these, or the folder's */
    TtfsJit *jit;            /* NULL: the folder's */
} Graph;

struct TtfsSweepChip {
    TtfsArena arena;
    TtfsSweepOf of;
    const TtfsSpike *spike; /* the folder's */
    TtfsRequantiser again;
    bool requantises;
    TtfsJit *clean;  /* the folder's graph */
    uint32_t *class; /* [samples] of the float network; NULL: its output names none */
    uint64_t *first; /* [populations] their neurons among those of a sample */
    uint64_t neurons, block;
    float *x;            /* [block][inputs] */
    uint16_t *want;      /* [block][neurons] values without fault */
    int32_t *potentials; /* [block][readouts] */
    double *got;         /* the output of a sample */
    TtfsSweepUnit *unit; /* [threads] what each counted */
    Graph graph;
    /* of the point in hand: */
    TtfsSpikeFaults faults;
    const TtfsEarly *early;
    uint64_t at; /* first sample of the block */
};

static double value(const TtfsSweepDoc *d, uint32_t point, TtfsAxis a) {
    return d->points.at[point].value[a];
}

/* --- opening --- */

/* The float network over all samples. */
typedef struct {
    TtfsSweepChip *chip;
    TtfsFastWork *work[TTFS_MOST_THREADS];
    float *x[TTFS_MOST_THREADS];
    double *got[TTFS_MOST_THREADS];
} Float;

static bool classify_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    Float *f = context;
    const TtfsSession *s = f->chip->of.session;
    uint64_t first = item * TTFS_FAST_SAMPLES, left = s->count - first;
    uint64_t n = left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES;
    uint64_t size = ttfs_output_count(&f->chip->of.judge->output[0]);
    if (!ttfs_go_on(&s->progress, diag)) return false;
    for (uint64_t i = 0; i < n; i++)
        if (!ttfs_array_sample(&s->input, &s->out.map, first + i,
                               f->x[worker] + i * s->input.elements, diag))
            return false;
    ttfs_fast_run(f->work[worker], f->x[worker], n, NULL, NULL);
    const float *values = ttfs_fast_output(f->work[worker], 0);
    for (uint64_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < size; k++) f->got[worker][k] = (double)values[i * size + k];
        f->chip->class[first + i] = ttfs_judge_class(f->chip->of.judge, f->got[worker]);
    }
    return true;
}

static bool classify(TtfsSweepChip *c, TtfsDiag *diag) {
    TtfsSession *s = c->of.session;
    TtfsArena a = {0};
    Float f = {.chip = c};
    uint64_t items = (s->count + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES;
    uint32_t threads = s->threads < items ? s->threads : (uint32_t)items;
    if (c->of.judge->meaning == TTFS_BY_ERROR) return true;
    TtfsFast *relu = ttfs_fast_open(&s->out.net, &(TtfsFastOptions){0}, diag);
    if (!relu) return false;
    c->class = TTFS_ARRAY(&c->arena, uint32_t, s->count);
    for (uint32_t i = 0; i < threads; i++) {
        f.work[i] = ttfs_fast_work(relu);
        f.x[i] = TTFS_ARRAY(&a, float, s->input.elements *TTFS_FAST_SAMPLES);
        f.got[i] = TTFS_ARRAY(&a, double, c->of.judge->widest);
    }
    bool ok = ttfs_parallel_diag(threads, 0, items, classify_some, &f, diag);
    for (uint32_t i = 0; i < threads; i++) ttfs_fast_drop(f.work[i]);
    ttfs_fast_close(relu);
    ttfs_arena_free(&a);
    return ok;
}

static void take_memory(TtfsSweepChip *c) {
    TtfsArena *a = &c->arena;
    const TtfsSession *s = c->of.session;
    uint64_t inputs = s->input.elements, readouts = ttfs_jit_readouts(c->clean);
    c->first = TTFS_ARRAY(a, uint64_t, c->spike->pops.len);
    for (uint32_t i = 0; i < c->spike->pops.len; i++) {
        c->first[i] = c->neurons;
        if (c->spike->pops.at[i].kind != TTFS_POP_READOUT)
            c->neurons += ttfs_pop_size(&c->spike->pops.at[i]);
    }
    uint64_t bytes = c->neurons * sizeof *c->want + inputs * sizeof *c->x +
                     readouts * sizeof *c->potentials;
    uint64_t fit = BLOCK_BYTES / bytes;
    c->block = fit < 1 ? 1 : fit < BLOCK_MOST ? fit : BLOCK_MOST;
    if (c->block > s->count) c->block = s->count;
    c->x = TTFS_ARRAY(a, float, c->block *inputs);
    c->want = TTFS_ARRAY(a, uint16_t, c->block * c->neurons);
    c->potentials = TTFS_ARRAY(a, int32_t, c->block * readouts);
    c->got = TTFS_ARRAY(a, double, c->of.judge->widest);
    c->unit = TTFS_ARRAY(a, TtfsSweepUnit, TTFS_MOST_THREADS);
    for (uint32_t i = 0; i < s->threads; i++)
        c->unit[i].error = TTFS_ARRAY(a, uint64_t, c->of.doc->layers);
}

bool ttfs_sweep_refuse_early(double share, const char *layer, const char *reader, TtfsDiag *diag) {
    return ttfs_error(diag, TTFS_AT_FILE("--vary"), TTFS_OPTION_VALUE,
                      "'early=%.10g': the window of %s reaches into the last one, and %s reads it "
                      "besides a readout: this network's class is not read early",
                      share, layer, reader);
}

/* The class can only be read early of values that nobody else reads. */
static bool check_early(const TtfsSpike *s, double share, TtfsArena *a, TtfsEarly *early,
                        TtfsDiag *diag) {
    *early = ttfs_faulty_early(s, share, a);
    return !early->reader || ttfs_sweep_refuse_early(share, early->layer, early->reader, diag);
}

static bool check_points(TtfsSweepChip *c, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsEarly early;
    bool ok = true;
    for (uint32_t i = 0; ok && i < c->of.doc->points.len; i++)
        ok = check_early(c->spike, value(c->of.doc, i, TTFS_AXIS_EARLY), &a, &early, diag);
    ttfs_arena_free(&a);
    return ok;
}

static bool open(TtfsSweepChip *c, TtfsDiag *diag) {
    const TtfsPoints *p = &c->of.doc->points;
    TtfsSession *s = c->of.session;
    c->spike = &s->out.spike;
    c->requantises = ttfs_points_vary(p, TTFS_AXIS_TICKS) ||
                     ttfs_points_vary(p, TTFS_AXIS_WEIGHT_BITS) ||
                     ttfs_points_vary(p, TTFS_AXIS_PERCENTILE);
    if (c->requantises &&
        !ttfs_requantise_open(&c->again, &s->out, c->of.canonical, s->threads, &s->progress, diag))
        return false;
    if (!check_points(c, diag)) return false;
    TtfsEngineOptions engine = ttfs_session_engine(s);
    s->jit.threads = engine.threads;
    c->clean = ttfs_jit_open(c->spike, &s->jit, diag);
    if (s->jit.cache && !*s->jit.cache) s->jit.cache = NULL; /* that was said now */
    if (!c->clean) return false;
    take_memory(c);
    return classify(c, diag);
}

TtfsSweepChip *ttfs_sweep_chip_open(const TtfsSweepOf *of, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsSweepChip *c = TTFS_NEW(&a, TtfsSweepChip);
    *c = (TtfsSweepChip){.arena = a, .of = *of};
    if (open(c, diag)) return c;
    ttfs_sweep_chip_close(c);
    return NULL;
}

static void drop_graph(Graph *g) {
    ttfs_jit_close(g->jit);
    ttfs_spike_free(&g->faulty);
    ttfs_spike_free(&g->again);
    *g = (Graph){.jit = NULL};
}

void ttfs_sweep_chip_close(TtfsSweepChip *c) {
    if (!c) return;
    drop_graph(&c->graph);
    ttfs_jit_close(c->clean);
    if (c->requantises) ttfs_requantise_close(&c->again);
    TtfsArena a = c->arena; /* holds *c itself */
    ttfs_arena_free(&a);
}

/* --- the network of a point --- */

bool ttfs_sweep_chip_alike(const TtfsSweepDoc *d, uint32_t point, uint32_t other) {
    static const TtfsAxis own[] = {TTFS_AXIS_TICKS, TTFS_AXIS_WEIGHT_BITS, TTFS_AXIS_PERCENTILE,
                                   TTFS_AXIS_WEIGHT_NOISE, TTFS_AXIS_FLIP};
    bool alike = true;
    for (uint32_t i = 0; i < sizeof own / sizeof *own; i++)
        alike &= value(d, point, own[i]) == value(d, other, own[i]);
    return alike;
}

static bool make_again(TtfsSweepChip *c, uint32_t point, TtfsDiag *diag) {
    const TtfsSweepDoc *d = c->of.doc;
    Graph *g = &c->graph;
    uint32_t ticks = (uint32_t)value(d, point, TTFS_AXIS_TICKS);
    uint32_t bits = (uint32_t)value(d, point, TTFS_AXIS_WEIGHT_BITS);
    double percentile = value(d, point, TTFS_AXIS_PERCENTILE);
    if (!ticks && !bits && !(percentile > 0)) return true;
    if (!ttfs_requantise(&c->again, ticks, bits, percentile, &g->again, diag)) return false;
    g->spike = &g->again;
    return true;
}

static bool make_faulty(TtfsSweepChip *c, uint32_t point, uint32_t trial, TtfsDiag *diag) {
    const TtfsSweepDoc *d = c->of.doc;
    Graph *g = &c->graph;
    const TtfsWeightFaults f = {value(d, point, TTFS_AXIS_FLIP),
                                value(d, point, TTFS_AXIS_WEIGHT_NOISE), c->of.added, d->seed,
                                trial};
    if (!(f.flip > 0) && !(f.noise > 0)) return true;
    const char *file = ttfs_out_path(&c->of.session->out, "forms/spike.txt");
    if (!ttfs_faulty_weights(g->spike, &f, file, &g->faulty, diag)) return false;
    g->spike = &g->faulty;
    return true;
}

static bool make_graph(TtfsSweepChip *c, uint32_t point, uint32_t trial, TtfsDiag *diag) {
    Graph *g = &c->graph;
    drop_graph(g);
    g->spike = c->spike;
    if (!make_again(c, point, diag) || !make_faulty(c, point, trial, diag)) return false;
    if (g->spike == c->spike) return true;
    g->jit = ttfs_jit_open(g->spike, &c->of.session->jit, diag);
    return g->jit != NULL;
}

/* --- running --- */

/* In runs whose sums 32 bits hold, so that compilers make vectors of them. */
static uint64_t ticks_apart(uint32_t n, const uint16_t *x, const uint16_t *want) {
    uint64_t all = 0;
    for (uint32_t first = 0; first < n; first += RUN) {
        uint32_t some = 0, end = n - first < RUN ? n : first + RUN;
        for (uint32_t i = first; i < end; i++)
            some += (uint32_t)(x[i] > want[i] ? x[i] - want[i] : want[i] - x[i]);
        all += some;
    }
    return all;
}

/* How far values are from those without fault, in real units as shares of the window. */
static double distance(const TtfsPopulation *p, const TtfsPopulation *clean, uint32_t n,
                       const uint16_t *x, const uint16_t *want) {
    double top = clean->scale * clean->ticks, sum = 0;
    if (p->scale == clean->scale && p->offset == clean->offset) {
        return (double)ticks_apart(n, x, want) / clean->ticks;
    }
    for (uint32_t i = 0; i < n; i++)
        sum += fabs((x[i] * p->scale + p->offset) - (want[i] * clean->scale + clean->offset));
    return top > 0 ? sum / top : 0;
}

static void count(TtfsSweepChip *c, TtfsSweepUnit *u, uint64_t sample, uint32_t pop,
                  const uint16_t *x) {
    const TtfsPopulation *p = &c->graph.spike->pops.at[pop];
    const uint16_t *want = c->want + sample * c->neurons + c->first[pop];
    uint32_t n = ttfs_pop_size(p), spikes = 0, saturated = 0;
    for (uint32_t i = 0; i < n; i++) {
        spikes += x[i] > 0;
        saturated += x[i] >= p->ticks;
    }
    u->spikes += spikes;
    u->saturated += saturated;
    if (p->kind != TTFS_POP_RELU) return;
    double mean = distance(p, &c->spike->pops.at[pop], n, x, want) / n;
    u->error[pop] += (uint64_t)(fmin(ldexp(mean, TTFS_NOISY_ERROR_BITS), 0x1p40) + 0.5);
}

/* What is not there yet when the class is read. */
static void cut(uint32_t late, uint32_t n, uint16_t *x) {
    for (uint32_t i = 0; i < n; i++) x[i] = (uint16_t)(x[i] > late ? x[i] - late : 0);
}

static bool visit(void *context, uint32_t member, uint64_t sample, uint32_t pop, uint16_t *x) {
    TtfsSweepChip *c = context;
    const TtfsPopulation *p = &c->graph.spike->pops.at[pop];
    uint32_t late = c->early->late[pop];
    bool changed =
        ttfs_faulty_spikes(c->graph.spike, &c->faults, (uint32_t)(c->at + sample), pop, x);
    if (p->kind != TTFS_POP_INPUT) count(c, &c->unit[member], sample, pop, x);
    if (late) cut(late, ttfs_pop_size(p), x);
    return changed || late;
}

static bool keep_clean(void *context, uint32_t member, uint64_t sample, uint32_t pop, uint16_t *x) {
    TtfsSweepChip *c = context;
    (void)member;
    memcpy(c->want + sample * c->neurons + c->first[pop], x,
           ttfs_pop_size(&c->spike->pops.at[pop]) * sizeof *x);
    return false;
}

static void judge(TtfsSweepChip *c, TtfsTrace *t, const TtfsOutput *o, uint64_t n) {
    const TtfsJudge *j = c->of.judge;
    uint32_t readouts = t->readouts;
    for (uint64_t i = 0; c->class && i < n; i++) {
        t->potential = c->potentials + i * readouts;
        ttfs_trace_output(t, o, c->got);
        uint32_t class = ttfs_judge_class(j, c->got);
        c->unit[0].agree += class == c->class[c->at + i];
        c->unit[0].right += j->labels->kind == TTFS_LABELS_CLASSES &&
                            class == ttfs_labels_class(j->labels, c->at + i);
    }
}

static void clear(TtfsSweepChip *c) {
    for (uint32_t i = 0; i < c->of.session->threads; i++) {
        uint64_t *error = c->unit[i].error;
        memset(error, 0, c->of.doc->layers * sizeof *error);
        c->unit[i] = (TtfsSweepUnit){.error = error};
    }
}

static void add_up(TtfsSweepChip *c, TtfsSweepUnit *to) {
    for (uint32_t i = 0; i < c->of.session->threads; i++) {
        const TtfsSweepUnit *u = &c->unit[i];
        to->right += u->right;
        to->agree += u->agree;
        to->spikes += u->spikes;
        to->saturated += u->saturated;
        for (uint32_t l = 0; l < c->of.doc->layers; l++) to->error[l] += u->error[l];
    }
}

/* Points in hand and what they need beside the graph. */
typedef struct {
    const uint32_t *point;
    uint32_t n, trial;
    TtfsEarly *early;    /* [n] */
    TtfsSweepUnit *unit; /* [n] so far */
    TtfsTrace trace;
    TtfsOutput output;
    uint64_t before, all;
} Points;

static void run_point(TtfsSweepChip *c, Points *p, uint32_t k, uint64_t n) {
    const TtfsSweepDoc *d = c->of.doc;
    uint32_t point = p->point[k];
    c->faults = (TtfsSpikeFaults){.jitter = value(d, point, TTFS_AXIS_JITTER),
                                  .drop = value(d, point, TTFS_AXIS_DROP),
                                  .stuck = value(d, point, TTFS_AXIS_STUCK),
                                  .seed = d->seed,
                                  .trial = p->trial};
    c->early = &p->early[k];
    clear(c);
    ttfs_jit_run_visited(c->graph.jit ? c->graph.jit : c->clean, n, c->x, c->potentials, visit, c);
    judge(c, &p->trace, &p->output, n);
    add_up(c, &p->unit[k]);
}

/* The block of samples from c->at on, at all points. */
static bool run_block(TtfsSweepChip *c, Points *p, uint64_t n, TtfsDiag *diag) {
    TtfsSession *s = c->of.session;
    for (uint64_t i = 0; i < n; i++)
        if (!ttfs_array_sample(&s->input, &s->out.map, c->at + i, c->x + i * s->input.elements,
                               diag))
            return false;
    if (!ttfs_go_on(&s->progress, diag)) return false;
    ttfs_jit_run_visited(c->clean, n, c->x, NULL, keep_clean, c);
    for (uint32_t k = 0; k < p->n; k++) {
        if (!ttfs_go_on(&s->progress, diag)) return false;
        run_point(c, p, k, n);
        ttfs_tell(&s->progress, "samples", p->before + c->at * p->n + (k + 1) * n, p->all);
    }
    return true;
}

static bool open_points(TtfsSweepChip *c, Points *p, TtfsArena *a, TtfsDiag *diag) {
    const TtfsSweepDoc *d = c->of.doc;
    if (!make_graph(c, p->point[0], p->trial, diag)) return false;
    p->early = TTFS_ARRAY(a, TtfsEarly, p->n);
    p->unit = TTFS_ARRAY(a, TtfsSweepUnit, p->n);
    ttfs_trace_init(&p->trace, c->graph.spike, a);
    p->output = ttfs_spike_output(c->graph.spike, 0, a);
    for (uint32_t k = 0; k < p->n; k++) {
        p->unit[k].error = TTFS_ARRAY(a, uint64_t, d->layers);
        double share = value(d, p->point[k], TTFS_AXIS_EARLY);
        if (!check_early(c->graph.spike, share, a, &p->early[k], diag)) return false;
    }
    return true;
}

static void close_points(TtfsSweepChip *c, const Points *p) {
    TtfsSweepDoc *d = c->of.doc;
    for (uint32_t k = 0; k < p->n; k++) {
        TtfsSweepUnit *to = ttfs_sweep_unit(d, p->point[k], p->trial), *from = &p->unit[k];
        ttfs_sweep_unit_done(d, to);
        uint64_t *error = to->error;
        memcpy(error, from->error, d->layers * sizeof *error);
        *to = *from;
        to->error = error;
        to->done = true;
        bool early = value(d, p->point[k], TTFS_AXIS_EARLY) < 1;
        to->latency = (double)(early ? p->early[k].at : c->graph.spike->latency);
    }
}

bool ttfs_sweep_chip_run(TtfsSweepChip *c, const uint32_t *point, uint32_t n, uint32_t trial,
                         uint64_t before, uint64_t all, TtfsDiag *diag) {
    TtfsArena a = {0};
    Points p = {.point = point, .n = n, .trial = trial, .before = before, .all = all};
    uint64_t count_all = c->of.session->count;
    bool ok = open_points(c, &p, &a, diag);
    for (c->at = 0; ok && c->at < count_all;) {
        uint64_t left = count_all - c->at, some = left < c->block ? left : c->block;
        ok = run_block(c, &p, some, diag);
        c->at += some;
    }
    if (ok) close_points(c, &p);
    ttfs_arena_free(&a);
    return ok;
}
