/* SPDX-License-Identifier: Apache-2.0
 *
 * Agreement, layer by layer. In: samples of a block with the traces of an engine; out: what every
 * layer is off by, part by part. Sums in float64 have one order: within a sample, then over the
 * samples in order. Memory: the values of the network for some samples a thread.
 */
#include "agreement.h"

#include "bounded.h"
#include "exact.h"
#include "fast.h"
#include "ir_to_ir.h"
#include "parallel.h"

#include <math.h>
#include <string.h>

enum { NETS = TTFS_AGREE_PARTS, VALUES = TTFS_AGREE_PARTS + 1, SOME = TTFS_FAST_SAMPLES };
#define WANT_BYTES ((uint64_t)64 << 20) /* of relu's values and all outputs, a thread */

/* What one thread owns. Outputs: of relu, then after each part. */
typedef struct {
    TtfsFastWork *net[NETS]; /* relu, with windows, with ticks */
    float **want;            /* [layers][chunk][neurons]: of relu */
    float *x;                /* [2][SOME][elements] */
    double *outputs[VALUES]; /* [chunk][values] */
} Worker;

/* What one thread made of some samples. */
typedef struct {
    TtfsAgreeLayer *layer; /* [SOME][layers] */
    TtfsAgreeOutput output[SOME][TTFS_AGREE_PARTS];
    TtfsAgreeSample sample[SOME];
    uint64_t n;
} Item;

struct TtfsAgree {
    TtfsArena arena; /* it lies in it */
    TtfsSession *session;
    const TtfsBlock *block;
    TtfsIr canonical, bounded[TTFS_PART_TICKS + 1];
    TtfsNet net;
    TtfsFast *fast[NETS];
    uint32_t *layer_of; /* [tensors]: index + 1 */
    uint64_t chunk;     /* samples whose values a worker holds */
    Worker worker[TTFS_MOST_THREADS];
    Item *item;
    TtfsAgreement all;
};

/* Some samples under one thread: from `first` of the block on, `n` of them, at `at` of its item. */
typedef struct {
    TtfsAgree *a;
    Worker *w;
    Item *item;
    const TtfsTraces *traces;
    uint64_t first, n, at;
    TtfsAgreePart part; /* that a network shows */
} Some;

static uint64_t size_of(const TtfsAgree *a, uint32_t layer) {
    return ttfs_net_size(&a->net.layers.at[layer]);
}

static const TtfsPopulation *pop_of(const TtfsAgree *a, uint32_t layer) {
    return &a->all.spike->pops.at[layer];
}

static void add_gap(TtfsGap *g, double error) {
    g->sum += error;
    g->most = fmax(g->most, error);
}

static void merge_gap(TtfsGap *to, const TtfsGap *from) {
    to->sum += from->sum;
    to->most = fmax(to->most, from->most);
}

/* What is kept of a layer for sample `s` of those in hand. */
static TtfsAgreeLayer *layer_of_sample(const Some *k, uint32_t layer, uint64_t s) {
    return &k->item->layer[(k->at + s) * k->a->net.layers.len + layer];
}

/* Values that relu has, counted where they spike. */
static void take_relu(Some *k, uint32_t layer, const float *values) {
    const TtfsPopulation *p = pop_of(k->a, layer);
    uint64_t n = size_of(k->a, layer);
    float least = (float)p->offset, top = (float)(p->offset + p->scale * p->ticks);
    memcpy(k->w->want[layer], values, k->n * n * sizeof *values);
    for (uint64_t s = 0; p->ticks && s < k->n; s++, values += n) {
        TtfsAgreeLayer *to = layer_of_sample(k, layer, s);
        for (uint64_t i = 0; i < n; i++) {
            to->alive += values[i] > least;
            to->beyond += values[i] > top;
        }
    }
}

static TtfsGap gap_of(const float *values, const float *want, uint64_t n) {
    TtfsGap gap = {0, 0};
    for (uint64_t i = 0; i < n; i++) {
        double error = fabs((double)values[i] - (double)want[i]);
        gap.sum += error;
        gap.most = error > gap.most ? error : gap.most;
    }
    return gap;
}

static void take_bounded(Some *k, uint32_t layer, const float *values) {
    uint64_t n = size_of(k->a, layer);
    for (uint64_t s = 0; s < k->n; s++)
        layer_of_sample(k, layer, s)->part[k->part] =
            gap_of(values + s * n, k->w->want[layer] + s * n, n);
}

static void see_relu(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    Some *k = context;
    uint32_t layer = k->a->layer_of[node->out.i - 1];
    (void)n;
    if (layer) take_relu(k, layer - 1, values);
}

static void see_bounded(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    Some *k = context;
    uint32_t layer = k->a->layer_of[node->out.i - 1];
    (void)n;
    if (layer) take_bounded(k, layer - 1, values);
}

/* The outputs of the samples in hand, one after the other, as float64. */
static void keep_outputs(Some *k, TtfsFastWork *net, uint32_t which) {
    const TtfsJudge *j = k->a->all.judge;
    uint64_t values = k->a->all.values, at = 0;
    for (uint32_t o = 0; o < j->outputs; o++) {
        uint64_t n = ttfs_output_count(&j->output[o]);
        const float *from = ttfs_fast_output(net, o);
        for (uint64_t s = 0; s < k->n; s++)
            for (uint64_t i = 0; i < n; i++)
                k->w->outputs[which][s * values + at + i] = (double)from[s * n + i];
        at += n;
    }
}

/* The samples as neurons of layer 0, which no node makes. */
static void input_values(const Some *k, const float *x, float *values) {
    uint64_t elements = k->a->session->input.elements;
    for (uint64_t s = 0; s < k->n; s++)
        for (uint32_t i = 0; i < elements; i++)
            values[s * elements + i] = x[s * elements + ttfs_net_sample_place(&k->a->net, i)];
}

static void run_relu(Some *k) {
    uint64_t elements = k->a->session->input.elements;
    const float *x = k->a->block->real + (k->first + k->at) * elements;
    input_values(k, x, k->w->x);
    take_relu(k, 0, k->w->x);
    ttfs_fast_run(k->w->net[0], x, k->n, see_relu, k);
    keep_outputs(k, k->w->net[0], 0);
}

static void run_bounded(Some *k, TtfsAgreePart part) {
    TtfsAgree *a = k->a;
    uint64_t elements = a->session->input.elements;
    bool ticks = part == TTFS_PART_TICKS;
    float *values = k->w->x + SOME * elements;
    k->part = part;
    for (uint64_t s = 0; s < k->n; s++) {
        uint64_t at = (k->first + k->at + s) * elements;
        ttfs_bounded_input(&a->net, a->all.spike, a->block->real + at,
                           ticks ? a->block->x + at : NULL, k->w->x + s * elements);
    }
    input_values(k, k->w->x, values);
    take_bounded(k, 0, values);
    ttfs_fast_run(k->w->net[part + 1], k->w->x, k->n, see_bounded, k);
    keep_outputs(k, k->w->net[part + 1], part + 1);
}

/* One sample's values of a spiking layer; the mean error of those that are active, in steps. */
static double spiking_sample(Some *k, uint32_t layer, uint64_t s) {
    const TtfsPopulation *p = pop_of(k->a, layer);
    const TtfsTrace *t = &k->traces->trace[k->first + k->at + s];
    const uint16_t *tick = ttfs_trace_ticks(t, (TtfsPop){layer + 1});
    uint64_t n = size_of(k->a, layer), active = 0;
    const float *want = k->w->want[layer] + s * n;
    TtfsAgreeLayer *to = layer_of_sample(k, layer, s);
    float least = (float)p->offset;
    TtfsGap gap = {0, 0};
    for (uint64_t i = 0; i < n; i++) {
        bool fires = tick[i] != TTFS_SILENT;
        double got = p->offset + (fires ? p->scale * (p->ticks - tick[i]) : 0);
        if (!fires && want[i] <= least) continue;
        add_gap(&gap, fabs(got - (double)want[i]));
        active++;
        to->spikes += fires;
        to->saturated += tick[i] == 0;
    }
    to->part[TTFS_PART_WEIGHTS] = gap;
    to->active = active;
    return active ? gap.sum / (double)active / p->scale : 0;
}

static void readout_sample(Some *k, uint32_t layer, uint64_t s) {
    const TtfsTrace *t = &k->traces->trace[k->first + k->at + s];
    const int32_t *potential = ttfs_trace_potentials(t, (TtfsPop){layer + 1});
    uint64_t n = size_of(k->a, layer);
    const float *want = k->w->want[layer] + s * n;
    TtfsAgreeLayer *to = layer_of_sample(k, layer, s);
    for (uint64_t i = 0; i < n; i++)
        add_gap(&to->part[TTFS_PART_WEIGHTS],
                fabs(potential[i] * pop_of(k->a, layer)->scale - (double)want[i]));
    to->active = n;
}

static void take_traces(Some *k) {
    for (uint64_t s = 0; s < k->n; s++) {
        TtfsAgreeSample *sample = &k->item->sample[k->at + s];
        *sample = (TtfsAgreeSample){.sample = k->a->block->first + k->first + k->at + s};
        for (uint32_t i = 0; i < k->a->net.layers.len; i++) {
            if (pop_of(k->a, i)->kind == TTFS_POP_READOUT)
                readout_sample(k, i, s);
            else if (spiking_sample(k, i, s) > 1 && !sample->layer)
                sample->layer = i + 1;
        }
        if (sample->layer) layer_of_sample(k, sample->layer - 1, s)->parted = 1;
    }
}

static void engine_outputs(Some *k) {
    const TtfsJudge *j = k->a->all.judge;
    for (uint64_t s = 0; s < k->n; s++) {
        double *to = k->w->outputs[NETS] + s * k->a->all.values;
        for (uint32_t o = 0; o < j->outputs; o++) {
            ttfs_trace_output(&k->traces->trace[k->first + k->at + s], &j->output[o], to);
            to += ttfs_output_count(&j->output[o]);
        }
    }
}

/* A sample's outputs after a part, beside relu and beside the part before. */
static void judge_part(const Some *k, TtfsAgreePart part, uint64_t s) {
    const TtfsJudge *j = k->a->all.judge;
    uint64_t values = k->a->all.values, at = s * values;
    const double *want = k->w->outputs[0] + at, *before = k->w->outputs[part] + at;
    const double *got = k->w->outputs[part + 1] + at;
    TtfsAgreeOutput *to = &k->item->output[k->at + s][part];
    TtfsAgreeSample *sample = &k->item->sample[k->at + s];
    double most = 0;
    for (uint64_t i = 0; i < values; i++) {
        double error = fabs(got[i] - want[i]);
        add_gap(&to->error, error);
        add_gap(&to->moved, fabs(got[i] - before[i]));
        most = fmax(most, error);
    }
    sample->error = most;
    if (j->meaning == TTFS_BY_ERROR) return;
    sample->want = ttfs_judge_class(j, want);
    sample->got = ttfs_judge_class(j, got);
    to->agree = sample->want == sample->got;
    to->right = ttfs_judge_knows_accuracy(j) &&
                sample->got == ttfs_labels_class(j->labels, sample->sample);
}

static void judge_parts(const Some *k) {
    for (uint64_t s = 0; s < k->n; s++)
        for (int part = 0; part < TTFS_AGREE_PARTS; part++) judge_part(k, (TtfsAgreePart)part, s);
}

void ttfs_agree_some(TtfsAgree *a, uint32_t worker, const TtfsTraces *traces, uint64_t first,
                     uint64_t n) {
    Some k = {.a = a,
              .w = &a->worker[worker],
              .item = &a->item[first / SOME],
              .traces = traces,
              .first = first};
    k.item->n = n;
    for (; k.at < n; k.at += k.n) {
        k.n = n - k.at < a->chunk ? n - k.at : a->chunk;
        run_relu(&k);
        run_bounded(&k, TTFS_PART_WINDOWS);
        run_bounded(&k, TTFS_PART_TICKS);
        take_traces(&k);
        engine_outputs(&k);
        judge_parts(&k);
    }
}

/* --- adding up --- */

static void merge_layer(TtfsAgreeLayer *to, const TtfsAgreeLayer *from) {
    for (int part = 0; part < TTFS_AGREE_PARTS; part++)
        merge_gap(&to->part[part], &from->part[part]);
    to->active += from->active;
    to->spikes += from->spikes;
    to->saturated += from->saturated;
    to->alive += from->alive;
    to->beyond += from->beyond;
    to->parted += from->parted;
}

static void merge_output(TtfsAgreeOutput *to, const TtfsAgreeOutput *from) {
    merge_gap(&to->error, &from->error);
    merge_gap(&to->moved, &from->moved);
    to->agree += from->agree;
    to->right += from->right;
}

/* Of samples that are off by the same the first stay. */
static void keep_worst(TtfsAgreement *all, const TtfsAgreeSample *s) {
    uint32_t at = all->worsts;
    while (at > 0 && s->error > all->worst[at - 1].error) at--;
    if (at == TTFS_AGREE_WORST) return;
    if (all->worsts < TTFS_AGREE_WORST) all->worsts++;
    for (uint32_t i = all->worsts - 1; i > at; i--) all->worst[i] = all->worst[i - 1];
    all->worst[at] = *s;
}

static void add_sample(TtfsAgree *a, const Item *item, uint64_t s) {
    uint32_t layers = a->net.layers.len;
    for (uint32_t i = 0; i < layers; i++)
        merge_layer(&a->all.layer[i], &item->layer[s * layers + i]);
    for (int part = 0; part < TTFS_AGREE_PARTS; part++)
        merge_output(&a->all.output[part], &item->output[s][part]);
    keep_worst(&a->all, &item->sample[s]);
}

static void add_item(TtfsAgree *a, Item *item) {
    for (uint64_t s = 0; s < item->n; s++) add_sample(a, item, s);
    a->all.samples += item->n;
    memset(item->layer, 0, item->n * a->net.layers.len * sizeof *item->layer);
    *item = (Item){.layer = item->layer};
}

void ttfs_agree_block(TtfsAgree *a) {
    for (uint64_t i = 0; i * SOME < a->block->n; i++) add_item(a, &a->item[i]);
}

/* --- the exact engine --- */

static bool exact_sample(const TtfsAgree *a, uint64_t i, float *real, TtfsDiag *diag) {
    return ttfs_go_on(&a->session->progress, diag) &&
           ttfs_array_sample(&a->session->input, &a->session->out.map, i, real, diag);
}

/* Two passes over the first samples, as a run of that engine. */
const TtfsAgreement *ttfs_agree_end(TtfsAgree *a, TtfsDiag *diag) {
    const TtfsPopulation *in = pop_of(a, 0);
    const TtfsExactOptions options = {.model = TTFS_EXACT_B};
    uint64_t n = a->all.samples < TTFS_AGREE_EXACT ? a->all.samples : TTFS_AGREE_EXACT;
    float *real = a->worker[0].x;
    bool ok = true;
    TtfsReference *r = ttfs_reference_open(&a->net);
    TtfsExactTops tops =
        ttfs_exact_tops(&a->net, in->offset, in->offset + in->scale * in->ticks, &a->arena);
    for (uint64_t i = 0; ok && i < n; i++) {
        ok = exact_sample(a, i, real, diag);
        if (ok) ttfs_reference_run(r, real);
        if (ok) ttfs_exact_tops_add(&tops, &a->net, r);
    }
    ttfs_reference_close(r);
    TtfsExact *e = ttfs_exact_open(&a->net, &tops, &options);
    for (uint64_t i = 0; ok && i < n; i++) {
        ok = exact_sample(a, i, real, diag);
        if (ok) ttfs_exact_run(e, real, i);
    }
    for (uint32_t i = 0; i < a->net.layers.len; i++)
        a->all.layer[i].exact = ttfs_exact_stat(e, i)->max_error;
    ttfs_exact_close(e);
    a->all.exact_samples = n;
    return ok ? &a->all : NULL;
}

/* --- opening --- */

static bool open_net(TtfsAgree *a, TtfsDiag *diag) {
    TtfsOut *o = &a->session->out;
    const char *file = ttfs_out_path(o, "forms/ir.txt");
    TtfsDiag quiet = {0}; /* notes are compile's */
    bool ok = ttfs_ir_canonical(&o->net, &a->canonical, file, &quiet);
    if (!ok) ttfs_diag_append(diag, &quiet);
    ttfs_diag_free(&quiet);
    return ok && ttfs_net_of(&a->canonical, file, &a->net, diag) &&
           ttfs_bounded_check(&a->net, &o->spike, o->folder, diag);
}

static bool open_floats(TtfsAgree *a, TtfsDiag *diag) {
    const TtfsFastOptions whole = {.whole = true};
    for (int part = TTFS_PART_WINDOWS; part <= TTFS_PART_TICKS; part++)
        ttfs_bounded_net(&a->canonical, &a->net, &a->session->out.spike, part == TTFS_PART_TICKS,
                         &a->bounded[part]);
    for (uint32_t i = 0; i < NETS; i++) {
        a->fast[i] = ttfs_fast_open(i ? &a->bounded[i - 1] : &a->canonical, &whole, diag);
        if (!a->fast[i]) return false;
    }
    a->layer_of = TTFS_ARRAY(&a->arena, uint32_t, a->bounded[TTFS_PART_TICKS].tensors.len);
    for (uint32_t i = 1; i < a->net.layers.len; i++)
        a->layer_of[a->net.layers.at[i].tensor.i - 1] = i + 1;
    return true;
}

static void open_worker(TtfsAgree *a, Worker *w) {
    uint32_t layers = a->net.layers.len;
    uint64_t elements = a->session->input.elements, values = a->all.values;
    for (uint32_t i = 0; i < NETS; i++) w->net[i] = ttfs_fast_work(a->fast[i]);
    w->want = TTFS_ARRAY(&a->arena, float *, layers);
    for (uint32_t i = 0; i < layers; i++)
        w->want[i] = TTFS_ARRAY(&a->arena, float, a->chunk *size_of(a, i));
    w->x = TTFS_ARRAY(&a->arena, float, 2 * SOME * elements);
    for (uint32_t i = 0; i < VALUES; i++)
        w->outputs[i] = TTFS_ARRAY(&a->arena, double, a->chunk *values);
}

static void open_items(TtfsAgree *a) {
    uint64_t items = (a->block->room + SOME - 1) / SOME;
    a->item = TTFS_ARRAY(&a->arena, Item, items);
    for (uint64_t i = 0; i < items; i++)
        a->item[i].layer = TTFS_ARRAY(&a->arena, TtfsAgreeLayer, SOME * a->net.layers.len);
}

static void open_room(TtfsAgree *a) {
    uint64_t neurons = 0;
    for (uint32_t i = 0; i < a->net.layers.len; i++) neurons += size_of(a, i);
    for (uint32_t o = 0; o < a->all.judge->outputs; o++)
        a->all.values += ttfs_output_count(&a->all.judge->output[o]);
    a->chunk = WANT_BYTES / (neurons * sizeof(float) + VALUES * a->all.values * sizeof(double));
    if (a->chunk > SOME) a->chunk = SOME;
    if (a->chunk < 1) a->chunk = 1;
    a->all.layer = TTFS_ARRAY(&a->arena, TtfsAgreeLayer, a->net.layers.len);
    for (uint32_t i = 0; i < a->session->threads; i++) open_worker(a, &a->worker[i]);
    open_items(a);
}

TtfsAgree *ttfs_agree_open(TtfsSession *s, const TtfsJudge *judge, const TtfsBlock *block,
                           TtfsDiag *diag) {
    TtfsArena arena = {0};
    TtfsAgree *a = TTFS_NEW(&arena, TtfsAgree);
    a->arena = arena;
    a->session = s;
    a->block = block;
    a->all = (TtfsAgreement){.net = &a->net, .spike = &s->out.spike, .judge = judge};
    if (open_net(a, diag) && open_floats(a, diag)) {
        open_room(a);
        return a;
    }
    ttfs_agree_close(a);
    return NULL;
}

void ttfs_agree_close(TtfsAgree *a) {
    if (!a) return;
    for (uint32_t i = 0; i < TTFS_MOST_THREADS; i++)
        for (uint32_t k = 0; k < NETS; k++) ttfs_fast_drop(a->worker[i].net[k]);
    for (uint32_t k = 0; k < NETS; k++) ttfs_fast_close(a->fast[k]);
    for (int part = 0; part <= TTFS_PART_TICKS; part++) ttfs_ir_free(&a->bounded[part]);
    ttfs_net_free(&a->net);
    ttfs_ir_free(&a->canonical);
    TtfsArena arena = a->arena; /* holds *a itself */
    ttfs_arena_free(&arena);
}

double ttfs_agree_steps(const TtfsAgreement *a, uint32_t layer) {
    const TtfsAgreeLayer *l = &a->layer[layer];
    const TtfsPopulation *p = &a->spike->pops.at[layer];
    if (p->kind == TTFS_POP_READOUT || l->active == 0) return 0;
    return l->part[TTFS_PART_WEIGHTS].sum / (double)l->active / p->scale;
}

uint32_t ttfs_agree_first(const TtfsAgreement *a) {
    for (uint32_t i = 0; i < a->net->layers.len; i++)
        if (ttfs_agree_steps(a, i) > 1) return i + 1;
    return 0;
}
