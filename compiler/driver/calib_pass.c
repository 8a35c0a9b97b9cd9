/* SPDX-License-Identifier: Apache-2.0
 *
 * Passes over samples in memory. Invariant: counters add up to the same whatever thread took which
 * samples.
 */
#include "calib_pass.h"

#include "parallel.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

typedef struct {
    const TtfsFitSamples *samples;
    TtfsSamplesSeen which;
    uint64_t inputs, n;  /* values of a sample; samples to take */
    TtfsFastWork **work; /* [workers] */
    float **x;           /* [workers][some samples] */
    TtfsFastSeen *seen;
    void *const *context;
} Pass;

/* The place of sample i of those that are taken. */
static uint64_t place(TtfsSamplesSeen which, uint64_t i) {
    enum { FITTED = TTFS_HELD_EVERY - 1 };
    return which == TTFS_ALL_SAMPLES ? i : i / FITTED * TTFS_HELD_EVERY + i % FITTED;
}

static bool pass_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    const Pass *p = context;
    uint64_t first = item * TTFS_FAST_SAMPLES, left = p->n - first;
    uint64_t n = left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES;
    if (!ttfs_go_on(&p->samples->progress, diag)) return false;
    for (uint64_t i = 0; i < n; i++)
        memcpy(p->x[worker] + i * p->inputs,
               p->samples->values + place(p->which, first + i) * p->inputs,
               p->inputs * sizeof(float));
    ttfs_fast_run(p->work[worker], p->x[worker], n, p->seen, p->context[worker]);
    return true;
}

bool ttfs_calib_pass(const TtfsIr *ir, const TtfsFitSamples *samples, TtfsSamplesSeen which,
                     uint32_t threads, TtfsFastSeen *seen, void *const *context, TtfsDiag *diag) {
    TtfsArena a = {0};
    uint64_t inputs = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input)), all = samples->count;
    uint64_t count = which == TTFS_ALL_SAMPLES ? all : all - all / TTFS_HELD_EVERY;
    uint64_t items = (count + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES;
    uint32_t n = threads < items ? threads : (uint32_t)items;
    TtfsFast *fast = ttfs_fast_open(ir, &(TtfsFastOptions){.whole = true}, diag);
    if (!fast) return false;
    Pass p = {samples,
              which,
              inputs,
              count,
              TTFS_ARRAY(&a, TtfsFastWork *, n),
              TTFS_ARRAY(&a, float *, n),
              seen,
              context};
    for (uint32_t i = 0; i < n; i++) {
        p.work[i] = ttfs_fast_work(fast);
        p.x[i] = TTFS_ARRAY(&a, float, inputs *TTFS_FAST_SAMPLES);
    }
    bool ok = ttfs_parallel_diag(n, 0, items, pass_some, &p, diag);
    for (uint32_t i = 0; i < n; i++) ttfs_fast_drop(p.work[i]);
    ttfs_fast_close(fast);
    ttfs_arena_free(&a);
    return ok;
}

/* What a thread gathers. */
typedef struct {
    const TtfsIr *ir;
    TtfsCalib calib;
} Gathered;

static void gather(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    Gathered *g = context;
    uint64_t count = ttfs_ir_count(ttfs_ir_tensor(g->ir, node->out));
    for (uint64_t i = 0; i < n; i++)
        ttfs_calib_add(&g->calib, node->out, values + i * count, count);
}

bool ttfs_calib_of_samples(const TtfsIr *ir, const TtfsFitSamples *samples, const char *file,
                           TtfsCalib *out, TtfsDiag *diag) {
    TtfsArena a = {0};
    uint64_t inputs = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    Gathered *g = TTFS_ARRAY(&a, Gathered, samples->threads);
    void **context = TTFS_ARRAY(&a, void *, samples->threads);
    for (uint32_t i = 0; i < samples->threads; i++) {
        g[i].ir = ir;
        context[i] = &g[i];
        ttfs_calib_init(&g[i].calib, ir);
    }
    bool ok =
        ttfs_calib_pass(ir, samples, TTFS_ALL_SAMPLES, samples->threads, gather, context, diag);
    ttfs_calib_init(out, ir);
    for (uint32_t i = 0; i < samples->count; i++)
        ttfs_calib_add(out, ir->input, samples->values + i * inputs, inputs);
    for (uint32_t i = 0; i < samples->threads; i++) {
        ttfs_calib_merge(out, &g[i].calib);
        ttfs_calib_free(&g[i].calib);
    }
    ttfs_arena_free(&a);
    return ok && ttfs_calib_held(ir, out, file, diag);
}

bool ttfs_calib_held(const TtfsIr *ir, const TtfsCalib *calib, const char *file, TtfsDiag *diag) {
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        const TtfsTensorStat *s = &calib->stat[n->out.i - 1];
        if (s->beyond)
            return ttfs_error_advice(diag, TTFS_AT_NODE(file, n->name), TTFS_MODEL_VALUE,
                                     "scale the weights or the samples down",
                                     "%" PRIu64 " of its %" PRIu64
                                     " values on the calibration samples are beyond what "
                                     "float32 holds, %g in size",
                                     s->beyond, s->count, (double)FLT_MAX);
    }
    return true;
}
