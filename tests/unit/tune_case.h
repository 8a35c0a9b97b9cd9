/* SPDX-License-Identifier: Apache-2.0
 *
 * Random networks in canonical form, quantised, with what a training starts from. Include after
 * cmocka.h.
 */
#ifndef TUNE_CASE_H
#define TUNE_CASE_H

#include <string.h>

#include "ir_to_ir.h"
#include "ir_to_spike.h"
#include "net_to_onnx.h"
#include "random_canonical.h"
#include "tune_compile.h"
#include "tune_graph.h"
#include "tune_inside.h"

enum { LANES = 8 };

typedef struct {
    Canon canon;
    TtfsTuneStart start;
    TtfsQuantReport report;
    TtfsTune tune;
    TtfsTuneSettings settings;
    TtfsTuneWork work;
    uint16_t x[LANES][512];
    uint32_t teachers; /* 0: classes, 1: classes and logits, 2: logits */
    float logits_by;   /* what logits are divided by */
} Case;

static inline void take_layers(Case *c) {
    TtfsTuneStart *s = &c->start;
    assert_true(ttfs_tune_share(s));
    ttfs_tune_take_layers(s);
    s->offset = s->spike.pops.at[0].offset;
    c->tune = (TtfsTune){.net = &s->net, .options = &c->settings};
    c->tune.offset = s->offset / s->layer[0].scale;
}

/* A random network, quantised, on fine grids or on any; false where this is none to train. */
static inline bool open_case(Case *c, uint64_t seed, bool fine) {
    TtfsDiag diag = {0};
    *c = (Case){.settings = {.seed = 1, .batch = LANES, .pace = 10}, .logits_by = 4};
    random_canonical(&c->canon, seed);
    TtfsRng *r = &c->canon.r;
    const TtfsSpikeOptions o = {.ticks = fine ? 300 : 1 + ttfs_rng_below(r, 31),
                                .weight_bits = fine ? 11 : 2 + ttfs_rng_below(r, 7),
                                .percentile = 1,
                                .input_lo = c->canon.lo,
                                .input_hi = c->canon.hi};
    TtfsIr *ir = &c->start.canonical;
    bool ok = ttfs_ir_canonical(&c->canon.ir, ir, "net", &diag);
    ok = ok && ttfs_net_of(ir, "net", &c->start.net, &diag) &&
         ttfs_ir_to_spike(ir, NULL, &o, "net", &c->start.spike, &c->report, &diag);
    ttfs_diag_free(&diag);
    c->start.file = "net";
    if (!ok) return false;
    take_layers(c);
    return true;
}

static inline void close_case(Case *c) {
    ttfs_arena_free(&c->report.arena);
    ttfs_spike_free(&c->start.spike);
    ttfs_net_free(&c->start.net);
    ttfs_ir_free(&c->start.canonical);
    ttfs_arena_free(&c->start.arena);
    canon_free(&c->canon);
}

/* The training's integers into the graph. */
static inline void put_integers(Case *c) {
    TtfsSpike *s = &c->start.spike;
    for (uint32_t i = 1; i < s->pops.len; i++) {
        TtfsPopulation *p = &s->pops.at[i];
        const TtfsTuneLayer *l = &c->start.layer[i];
        if (!c->tune.layer[i].term) continue;
        p->bias = l->bias;
        p->bias_count = l->biases;
        if (p->ramp) p->ramp = l->ramp;
        for (uint32_t k = 0; k < p->conn_count; k++)
            s->conns.at[p->conn_first + k].weights = l->weights[k];
    }
}

static inline bool encode(void *context, uint64_t sample, uint32_t turn, uint16_t *x,
                          TtfsDiag *diag) {
    Case *c = context;
    (void)diag, (void)turn;
    memcpy(x, c->x[sample], ttfs_pop_size(&c->start.spike.pops.at[0]) * sizeof *x);
    return true;
}

static inline void draw_samples(Case *c) {
    for (uint32_t i = 0; i < LANES; i++) {
        float v[512];
        canon_sample(&c->canon, v);
        ttfs_spike_encode(&c->start.spike, v, c->x[i]);
    }
}

/* Whether something reads every layer: what nothing reads is in no model. */
static inline bool all_read(const TtfsNet *n) {
    for (uint32_t i = 0; i < n->layers.len; i++) {
        bool read = n->layers.at[i].kind == TTFS_LAYER_READOUT;
        for (uint32_t k = 0; k < n->terms.len; k++) read = read || n->terms.at[k].src == i;
        if (!read) return false;
    }
    return true;
}

/* Whether the file has a form of it. */
static inline bool said(const Case *c) {
    TtfsDiag quiet = {0};
    if (!all_read(&c->start.net)) return false;
    bool ok = ttfs_tune_check(&c->start.net, "net", &quiet) &&
              ttfs_net_to_onnx_check(&c->start.net, "net", &quiet);
    const TtfsOutput *o = &c->start.net.outputs.at[0];
    ok = ok && o->pieces.len == 1 && o->pieces.at[0].loops <= 1;
    ttfs_diag_free(&quiet);
    return ok;
}

static inline uint64_t training_seed(uint64_t seed) {
    for (;; seed++) {
        Case c;
        bool ok = open_case(&c, seed, false) && said(&c) && c.start.net.layers.len >= 4 &&
                  ttfs_net_size(&c.start.net.layers.at[0]) > 1 &&
                  ttfs_net_size(&c.start.net.layers.at[0]) <= 64;
        close_case(&c);
        if (ok) return seed;
    }
}

#endif
