/* SPDX-License-Identifier: Apache-2.0
 *
 * A comparison. Before any sample runs, the image is decoded and compared with the spike graph, so
 * that no damaged bit hides in a weight that these samples do not use. Then block by block: every
 * engine runs the block, and all threads compare.
 */
#include "verify.h"

#include "asked.h"
#include "block.h"
#include "check_margins.h"
#include "counts_doc.h"
#include "fault.h"
#include "gates.h"
#include "golden.h"
#include "image_to_spike.h"
#include "parallel.h"
#include "report_json.h"
#include "resemble.h"

#include <string.h>

/* What one sample showed. */
typedef struct {
    uint64_t spikes, differences;
    uint32_t engine; /* of the first difference */
    TtfsDifference first;
} Found;

struct TtfsVerify {
    TtfsArena arena; /* it lies in it */
    TtfsSession session;
    TtfsOut damaged; /* what engines but the first read */
    TtfsVerdict verdict;
    uint32_t which[TTFS_MOST_ENGINES];
    const char *device[TTFS_MOST_ENGINES]; /* of engine board */
    bool rtl;                              /* among them */
    bool chip;                             /* one that runs the image */
    TtfsFileSet gates[TTFS_GATES];
    bool traced[TTFS_GATES]; /* without a monitor */
    TtfsFault fault;
    TtfsBlock block;
    TtfsEngine engine[TTFS_MOST_ENGINES];
    TtfsTraces traces[TTFS_MOST_ENGINES];
    Found *found;                         /* [block] */
    TtfsShares shares[TTFS_MOST_THREADS]; /* of the first engine's neurons */
    bool passed;
    TtfsCountsDoc counts; /* where a file is asked for */
};

static bool add_engine(TtfsVerify *v, const char *name, TtfsDiag *diag) {
    static const uint32_t known[] = {TTFS_ENGINE_GOLDEN,  TTFS_ENGINE_JIT,       TTFS_ENGINE_RTL,
                                     TTFS_ENGINE_NETLIST, TTFS_ENGINE_BITSTREAM, TTFS_ENGINE_ASIC,
                                     TTFS_ENGINE_BOARD};
    TtfsVerdict *d = &v->verdict;
    if (d->n_engines == TTFS_MOST_ENGINES)
        return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                          "more than %d engines", TTFS_MOST_ENGINES);
    const char *device = ttfs_engine_device(name);
    if (!ttfs_engine_device_named("--engines", name, diag)) return false;
    if (device) name = ttfs_engine_names[TTFS_ENGINE_BOARD];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, ttfs_engine_names[known[i]]) != 0) continue;
        v->device[d->n_engines] = device;
        v->which[d->n_engines] = known[i];
        v->rtl |= known[i] == TTFS_ENGINE_RTL;
        v->chip |= known[i] >= TTFS_ENGINE_RTL;
        d->engines[d->n_engines++] = ttfs_engine_names[known[i]];
        return true;
    }
    return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                      "'%s' is none of golden, jit, rtl, netlist, bitstream, asic, board:DEVICE",
                      name);
}

static bool parse_engines(TtfsVerify *v, const char *text, TtfsArena *a, TtfsDiag *diag) {
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ",");
        if (!add_engine(v, ttfs_arena_strndup(a, p, n), diag)) return false;
        p += n + (p[n] == ',');
    }
    if (v->verdict.n_engines < 2)
        return ttfs_error(diag, TTFS_AT_FILE("--engines"), TTFS_OPTION_VALUE,
                          "two engines or more are compared");
    return true;
}

static uint64_t all_spikes(const TtfsTrace *t) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < t->neurons; i++) n += t->tick[i] != TTFS_SILENT;
    return n;
}

static bool count_item(void *context, uint32_t worker, uint64_t i) {
    TtfsVerify *v = context;
    ttfs_shares_add(&v->shares[worker], &v->traces[0].trace[i]);
    v->found[i] = (Found){.spikes = all_spikes(&v->traces[0].trace[i])};
    return true;
}

static bool compare_item(void *context, uint32_t worker, uint64_t i) {
    (void)worker;
    TtfsVerify *v = context;
    Found *f = &v->found[i];
    for (uint32_t e = 1; e < v->verdict.n_engines; e++) {
        TtfsDifference d = {0};
        uint64_t n = ttfs_trace_compare(&v->traces[0].trace[i], &v->traces[e].trace[i], &d);
        if (n && f->differences == 0) {
            f->first = d;
            f->engine = e;
        }
        f->differences += n;
    }
    return true;
}

/* A spike fault counts the reference's spikes over the whole run. */
static void damage_spike(TtfsVerify *v) {
    uint64_t before = v->verdict.spikes;
    for (uint64_t i = 0; i < v->block.n; i++) {
        for (uint32_t e = 1; e < v->verdict.n_engines; e++)
            ttfs_fault_spike(&v->fault, &v->traces[e].trace[i], before);
        before += v->found[i].spikes;
    }
}

/* The reference's potential of the neuron where the traces part. */
static int32_t potential_at(const TtfsVerify *v, uint64_t i, const TtfsDifference *d) {
    const TtfsSpike *s = &v->session.out.spike;
    TtfsPopKind kind = d->pop.i ? ttfs_spike_pop(s, d->pop)->kind : TTFS_POP_INPUT;
    if (kind != TTFS_POP_RELU && kind != TTFS_POP_READOUT) return 0;
    TtfsArena a = {0};
    TtfsTrace told;
    ttfs_trace_init(&told, s, &a);
    TtfsGolden *golden = ttfs_golden_open(s);
    ttfs_golden_run(golden, v->block.x + i * v->session.input.elements, &told);
    int32_t potential = ttfs_golden_potentials(golden, d->pop)[d->neuron];
    ttfs_golden_close(golden);
    ttfs_arena_free(&a);
    return potential;
}

static void tell(TtfsVerify *v, uint64_t i) {
    const Found *f = &v->found[i];
    const TtfsTrace *want = &v->traces[0].trace[i], *got = &v->traces[f->engine].trace[i];
    TtfsPlace p = {.sample = v->session.input.first + v->block.first + i,
                   .reference = v->verdict.engines[0],
                   .engine = v->verdict.engines[f->engine],
                   .what = f->first,
                   .fault = got->faults ? got->fault : want->fault};
    if (!v->verdict.first.kind) p.potential = potential_at(v, i, &f->first);
    ttfs_verdict_traces(&v->verdict, &v->session.out, &p, f->differences);
}

static bool run_engines(TtfsVerify *v, TtfsDiag *diag) {
    uint64_t n = v->block.n;
    double all = 0;
    TtfsPart part = {.session = &v->session, .first = v->block.first, .n = n};
    for (uint32_t e = 0; e < v->verdict.n_engines; e++) all += ttfs_engine_cost(&v->engine[e]);
    for (uint32_t e = 0; e < v->verdict.n_engines; e++) {
        part.share = all > 0 ? ttfs_engine_cost(&v->engine[e]) / all : 0;
        v->engine[e].progress = ttfs_part_teller(&part);
        if (!ttfs_engine_run(&v->engine[e], n, v->block.x, &v->traces[e], diag)) return false;
        v->engine[e].progress = (TtfsProgress){0};
        part.before += part.share;
    }
    return true;
}

static bool run_block(TtfsVerify *v, TtfsDiag *diag) {
    uint64_t n = v->block.n;
    uint32_t threads = v->session.threads;
    if (!run_engines(v, diag)) return false;
    ttfs_parallel(threads, 0, n, count_item, v);
    if (v->fault.kind == TTFS_FAULT_SPIKE) damage_spike(v);
    ttfs_parallel(threads, 0, n, compare_item, v);
    for (uint64_t i = 0; i < n; i++) {
        v->verdict.spikes += v->found[i].spikes;
        v->verdict.readouts += v->traces[0].trace[i].readouts;
        v->verdict.samples++;
        for (uint32_t e = 0; e < v->verdict.n_engines; e++)
            if (v->which[e] == TTFS_ENGINE_RTL)
                ttfs_lanes_add(&v->verdict.lanes, &v->traces[e].trace[i]);
        if (v->found[i].differences) tell(v, i);
    }
    return true;
}

static bool open_all(TtfsVerify *v, TtfsDiag *diag) {
    TtfsSession *s = &v->session;
    TtfsEngineOptions options = ttfs_session_engine(s);
    TtfsBlockSize size = {v->verdict.n_engines, UINT64_MAX, 1};
    for (uint32_t e = 0; e < v->verdict.n_engines; e++) {
        TtfsEngineSource source = ttfs_out_source(e ? &v->damaged : &s->out);
        source.netlist = &v->gates[TTFS_GATES_NETLIST];
        source.netlist_traced = v->traced[TTFS_GATES_NETLIST];
        source.bitstream = &v->gates[TTFS_GATES_BITSTREAM];
        source.asic = &v->gates[TTFS_GATES_ASIC];
        options.device = v->device[e];
        options.ticks = true;
        if (!ttfs_engine_open(&v->engine[e], v->which[e], &options, &source, diag)) return false;
        uint64_t most = ttfs_engine_block(&v->engine[e]);
        if (most < size.most) size.most = most;
        if (v->engine[e].row > size.row) size.row = v->engine[e].row;
    }
    ttfs_block_init(&v->block, s, &size, &s->out.arena);
    for (uint32_t e = 0; e < v->verdict.n_engines; e++)
        ttfs_traces_init(&v->traces[e], &s->out.spike, v->block.room, true, &s->out.arena);
    v->found = TTFS_ARRAY(&s->out.arena, Found, v->block.room);
    for (uint32_t i = 0; i < s->threads; i++)
        v->shares[i] = ttfs_shares(&s->out.spike, &s->out.arena);
    return true;
}

/* Keeps the most cycles that rtl needed in each slot; those of a board top are its link's. */
static void take_slot_cycles(TtfsVerify *v) {
    TtfsOut *o = &v->session.out;
    uint32_t slots = o->plan.slots.len;
    uint64_t *most = TTFS_ARRAY(&o->arena, uint64_t, slots);
    for (uint32_t e = 0; e < v->verdict.n_engines; e++)
        if (v->which[e] == TTFS_ENGINE_RTL && ttfs_engine_slot_cycles(&v->engine[e], most, slots))
            v->verdict.slot_cycles = most;
}

/* What the cores counted, of the engine that has some. */
static void take_counts(TtfsVerify *v) {
    TtfsOut *o = &v->session.out;
    for (uint32_t e = 0; e < v->verdict.n_engines; e++)
        if (v->which[e] == TTFS_ENGINE_RTL)
            ttfs_lanes_take(&v->verdict.lanes, &v->engine[e], &o->image.chip, v->verdict.samples,
                            &o->arena);
}

/* The plan's worst case is a promise: a slot that took longer is a fault of the plan or the chip.
 */
static bool check_slot_cycles(const TtfsVerdict *d, const TtfsOut *out, TtfsDiag *diag) {
    bool ok = true;
    for (uint32_t i = 0; d->slot_cycles && i < out->plan.slots.len; i++) {
        const TtfsSlot *s = &out->plan.slots.at[i];
        if (d->slot_cycles[i] <= s->worst_cycles) continue;
        ok = ttfs_error(diag, TTFS_AT_FILE(out->folder), TTFS_SIM_RUN,
                        "slot %u took %llu cycles, the plan promises at most %llu", i,
                        (unsigned long long)d->slot_cycles[i], (unsigned long long)s->worst_cycles);
    }
    return ok;
}

/* What the samples themselves give to say. */
static bool tell_samples(TtfsVerify *v, uint64_t clipped, TtfsDiag *diag) {
    TtfsSession *s = &v->session;
    ttfs_session_clipped(s, clipped, diag);
    for (uint32_t i = 1; i < s->threads; i++)
        ttfs_shares_merge(&v->shares[0], &v->shares[i], &s->out.spike);
    ttfs_resemble(&s->out, &v->shares[0], s->count, diag);
    return ttfs_check_margins(s, diag);
}

static bool run_samples(TtfsVerify *v, TtfsDiag *diag) {
    TtfsSession *s = &v->session;
    uint64_t clipped = 0;
    bool ok = open_all(v, diag);
    ttfs_session_begin(s);
    for (uint64_t i = 0; ok && i < s->count; i += v->block.n) {
        ok = ttfs_go_on(&s->progress, diag) && ttfs_block_read(&v->block, i, diag) &&
             run_block(v, diag);
        clipped += ttfs_block_clipped(&v->block);
        if (ok) ttfs_session_progress(s, i + v->block.n);
    }
    if (ok) ok = tell_samples(v, clipped, diag);
    if (ok) take_slot_cycles(v);
    if (ok) take_counts(v);
    if (ok && v->fault.kind == TTFS_FAULT_SPIKE && v->fault.index >= v->verdict.spikes)
        ok = ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                        "there are only %llu spikes", (unsigned long long)v->verdict.spikes);
    return ok;
}

/* The image against the spike graph, before any sample runs. */
static void check_image(const TtfsOut *reference, TtfsOut *damaged, TtfsVerdict *d,
                        TtfsDiag *diag) {
    if (damaged->image_damaged) {
        ttfs_verdict_image(d, ttfs_diag_error(diag) ? ttfs_diag_error(diag)->what
                                                    : "it does not load");
        return;
    }
    TtfsSpike lifted = {0};
    char what[256];
    TtfsDiag own = {0};
    bool decodes = ttfs_image_to_spike(&damaged->image, ttfs_out_path(damaged, "image/chip.img"),
                                       &lifted, &own);
    bool equal = decodes && ttfs_spike_equal(&reference->spike, &lifted, what, sizeof what);
    ttfs_verdict_image(d, equal ? NULL : decodes ? what : ttfs_diag_error(&own)->what);
    ttfs_spike_free(&lifted);
    ttfs_diag_append(diag, &own);
    ttfs_diag_free(&own);
}

/* What ttfs synth made, where an engine runs it. */
static bool read_gates(TtfsVerify *v, const TtfsVerifyOptions *o, TtfsDiag *diag) {
    bool ok = true;
    for (uint32_t e = 0; ok && e < v->verdict.n_engines; e++) {
        if (v->which[e] < TTFS_ENGINE_NETLIST || v->which[e] > TTFS_ENGINE_ASIC) continue;
        TtfsGates which = (TtfsGates)(v->which[e] - TTFS_ENGINE_NETLIST); /* in the same order */
        ok = v->gates[which].files.len ||
             ttfs_gates_read(&v->session.out, which, o->session.trust_rtl, &o->session.progress,
                             &v->gates[which], &v->traced[which], diag);
    }
    return ok;
}

/* Spikes are counted over the whole run. */
static bool check_shard(const TtfsVerify *v, const TtfsVerifyOptions *o, TtfsDiag *diag) {
    return !o->shard || v->fault.kind != TTFS_FAULT_SPIKE ||
           ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                      "'%s': with --shard nobody counts spikes over all samples", o->fault);
}

static void fill_counts(TtfsVerify *v, const char *fault) {
    const TtfsVerdict *d = &v->verdict;
    TtfsCountsDoc *c = &v->counts;
    TtfsBuf engines = {0};
    for (uint32_t i = 0; i < d->n_engines; i++)
        ttfs_buf_printf(&engines, "%s%s", i ? "," : "", d->engines[i]);
    c->document = "verify";
    c->engine = ttfs_arena_strdup(&c->arena, ttfs_buf_text(&engines));
    c->fault = fault ? fault : "";
    c->image = d->image;
    c->compared = true;
    c->count[TTFS_COUNT_SAMPLES] = d->samples;
    c->count[TTFS_COUNT_SPIKES] = d->spikes;
    c->count[TTFS_COUNT_READOUTS] = d->readouts;
    c->count[TTFS_COUNT_DIFFERENCES] = d->in_traces;
    c->first = d->first.kind ? d->sentence : "";
    c->first_sample = d->first.at.sample;
    ttfs_buf_free(&engines);
}

static bool verify(TtfsVerify *v, const TtfsVerifyOptions *o, TtfsDiag *diag) {
    TtfsSession *s = &v->session;
    const char *folder = o->session.folder, *engines = o->engines;
    if (!ttfs_session_check(&o->session, diag)) return false;
    bool image = ttfs_is_folder(ttfs_path_join(&v->arena, folder, "image"));
    if (!ttfs_fault_parse(&v->fault, o->fault, diag)) return false;
    if (!engines) engines = image ? "golden,jit,rtl" : "golden,jit";
    if (!parse_engines(v, engines, &v->arena, diag)) return false;
    image |= v->chip || ttfs_fault_needs_image(&v->fault);
    bool net = ttfs_file_exists(ttfs_path_join(&v->arena, folder, "forms/ir.txt"));
    int parts = TTFS_OUT_SPIKE | (net ? TTFS_OUT_NET : 0) |
                (image ? TTFS_OUT_PLAN | TTFS_OUT_IMAGE : 0) | (v->rtl ? TTFS_OUT_RTL : 0) |
                (o->session.trust_rtl ? TTFS_OUT_TRUST_RTL : 0);
    v->verdict.damaged = v->fault.kind != TTFS_FAULT_NONE;
    if (!check_shard(v, o, diag) || !ttfs_session_apart(&o->session, "-o", o->out, diag) ||
        !ttfs_asked_outside("-o", o->out, folder, diag) ||
        !ttfs_session_open(s, &o->session, parts, false, diag) ||
        !ttfs_counts_open(&v->counts, s, o->shard, o->out, diag))
        return false;
    if (!ttfs_out_open(&v->damaged, folder, parts & ~TTFS_OUT_NET, diag)) return false;
    if (v->damaged.has_image || !image)
        if (!ttfs_fault_put(&v->fault, &v->damaged, diag)) return false;
    if (image) check_image(&s->out, &v->damaged, &v->verdict, diag);
    if (v->chip && !v->damaged.has_image) return true;
    if (!read_gates(v, o, diag)) return false;
    return run_samples(v, diag);
}

/* Keeps the verdict in the folder, but of a shard, and says in `diag` what is wrong. */
static bool judge(TtfsVerify *v, const TtfsVerifyOptions *o, TtfsDiag *diag) {
    const TtfsVerdict *d = &v->verdict;
    const TtfsOut *out = &v->session.out;
    fill_counts(v, o->fault);
    bool ok = (o->shard || ttfs_verdict_keep(d, &out->plan, out->folder, diag)) &&
              ttfs_counts_save(&v->counts, o->out, diag) && check_slot_cycles(d, out, diag);
    if (d->differences)
        ttfs_error(diag, TTFS_AT_FILE(out->folder), TTFS_VERIFY_DIFFER, "%llu difference%s; %s",
                   (unsigned long long)d->differences, d->differences == 1 ? "" : "s",
                   ttfs_verdict_sentence(d, &v->arena));
    return ok && d->differences == 0;
}

TtfsVerify *ttfs_verify(const TtfsVerifyOptions *o, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsVerify *v = TTFS_NEW(&a, TtfsVerify);
    v->arena = a;
    if (verify(v, o, diag)) {
        v->passed = judge(v, o, diag);
        return v;
    }
    ttfs_verify_close(v);
    return NULL;
}

const TtfsVerdict *ttfs_verify_verdict(const TtfsVerify *v) {
    return &v->verdict;
}

bool ttfs_verify_passed(const TtfsVerify *v) {
    return v->passed;
}

void ttfs_verify_json(const TtfsVerify *v, TtfsBuf *out) {
    ttfs_verdict_json(&v->verdict, &v->session.out.plan, NULL, out);
}

void ttfs_verify_close(TtfsVerify *v) {
    for (uint32_t i = 0; i < TTFS_MOST_ENGINES; i++) ttfs_engine_close(&v->engine[i]);
    for (int i = 0; i < TTFS_GATES; i++) ttfs_file_set_free(&v->gates[i]);
    ttfs_out_close(&v->damaged);
    ttfs_counts_free(&v->counts);
    ttfs_session_close(&v->session);
    TtfsArena a = v->arena;
    ttfs_arena_free(&a);
}
