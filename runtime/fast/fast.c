/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, a work a thread, and runs: samples are laid side by side, every step runs on all of
 * them, and what is asked for is laid one after the other again.
 */
#include "fast_inside.h"

#include <string.h>

enum { LANES = TTFS_FAST_LANES };

static bool open(TtfsFast *f, const TtfsFastOptions *o, TtfsDiag *diag) {
    return ttfs_target_host(&f->target, o->cpu, &f->arena, diag) && ttfs_fast_steps(f, diag);
}

TtfsFast *ttfs_fast_open(const TtfsIr *ir, const TtfsFastOptions *o, TtfsDiag *diag) {
    TtfsArena arena = {0};
    TtfsFast *f = TTFS_NEW(&arena, TtfsFast);
    *f = (TtfsFast){.arena = arena, .ir = ir, .whole = o->whole};
    if (open(f, o, diag)) return f;
    ttfs_fast_close(f);
    return NULL;
}

void ttfs_fast_close(TtfsFast *f) {
    if (!f) return;
    ttfs_undo(f->code.code);
    TtfsArena arena = f->arena; /* holds *f itself */
    ttfs_arena_free(&arena);
}

/* Taps of the largest kernel. */
static uint64_t most_parts(const TtfsFast *f) {
    uint64_t most = 1;
    for (uint32_t i = 0; i < f->steps.len; i++) {
        const TtfsNode *n = f->steps.at[i].node;
        uint64_t taps = (uint64_t)n->attr.kernel[0] * n->attr.kernel[1];
        if (n->op == TTFS_OP_CONV && taps > most) most = taps;
    }
    return most;
}

TtfsFastWork *ttfs_fast_work(const TtfsFast *f) {
    TtfsArena arena = {0};
    TtfsFastWork *w = TTFS_NEW(&arena, TtfsFastWork);
    *w = (TtfsFastWork){.arena = arena, .fast = f};
    w->values = TTFS_ARRAY(&w->arena, float, f->floats);
    w->rows = TTFS_ARRAY(&w->arena, float, f->rows);
    w->samples = TTFS_ARRAY(&w->arena, float, f->most *LANES);
    w->part = TTFS_ARRAY(&w->arena, TtfsFastPart, most_parts(f));
    w->op = TTFS_ARRAY(&w->arena, TtfsReluOp, f->steps.len);
    for (uint32_t i = 0; i < f->steps.len; i++) {
        TtfsFastKind kind = f->steps.at[i].kind;
        if (kind == TTFS_FAST_AXIS || kind == TTFS_FAST_ALONE)
            ttfs_fast_prepare(w, &f->steps.at[i], &w->op[i]);
    }
    return w;
}

void ttfs_fast_drop(TtfsFastWork *w) {
    if (!w) return;
    TtfsArena arena = w->arena; /* holds *w itself */
    ttfs_arena_free(&arena);
}

static void run_step(TtfsFastWork *w, uint32_t i) {
    const TtfsFastStep *s = &w->fast->steps.at[i];
    switch (s->kind) {
    case TTFS_FAST_SUM:
        ttfs_fast_sum(w, s);
        break;
    case TTFS_FAST_POOL:
        ttfs_fast_pool(w, s);
        break;
    case TTFS_FAST_AXIS:
        ttfs_relu_run_op(&w->op[i]);
        break;
    case TTFS_FAST_ALONE:
        ttfs_fast_alone(w, &w->op[i]);
        break;
    }
}

/* The values of a computed tensor, sample after sample. */
static const float *parted(TtfsFastWork *w, TtfsTensor t) {
    ttfs_fast_part(w, ttfs_fast_at(w, t), ttfs_ir_count(ttfs_ir_tensor(w->fast->ir, t)),
                   w->samples);
    return w->samples;
}

static void take_samples(TtfsFastWork *w, const float *x, uint64_t n) {
    const TtfsFast *f = w->fast;
    uint64_t inputs = ttfs_ir_count(ttfs_ir_tensor(f->ir, f->ir->input));
    w->n = n;
    ttfs_fast_join(w, x, n, inputs, ttfs_fast_at(w, f->ir->input));
}

void ttfs_fast_run_changed(TtfsFastWork *w, const float *x, uint64_t n, TtfsFastChange *change,
                           void *context) {
    const TtfsFast *f = w->fast;
    take_samples(w, x, n);
    change(context, f->ir->input, ttfs_fast_at(w, f->ir->input));
    for (uint32_t i = 0; i < f->steps.len; i++) {
        run_step(w, i);
        change(context, f->steps.at[i].out, ttfs_fast_at(w, f->steps.at[i].out));
    }
}

void ttfs_fast_run(TtfsFastWork *w, const float *x, uint64_t n, TtfsFastSeen *seen, void *context) {
    const TtfsFast *f = w->fast;
    take_samples(w, x, n);
    for (uint32_t i = 0; i < f->steps.len; i++) {
        const TtfsFastStep *s = &f->steps.at[i];
        run_step(w, i);
        if (seen) seen(context, s->node, parted(w, s->out), n);
    }
}

/* A constant is what every sample has. */
const float *ttfs_fast_output(TtfsFastWork *w, uint32_t output) {
    TtfsTensor t = ttfs_ir_output(w->fast->ir, output);
    const TtfsTensorInfo *info = ttfs_ir_tensor(w->fast->ir, t);
    uint64_t n = ttfs_ir_count(info);
    if (!info->data) return parted(w, t);
    for (uint64_t i = 0; i < LANES; i++)
        memcpy(w->samples + i * n, info->data, n * sizeof *info->data);
    return w->samples;
}
