/* SPDX-License-Identifier: Apache-2.0
 *
 * The relu engine on a few samples. In: a session; out: perhaps a warning. The samples are bounded
 * by the work that they are.
 */
#include "check_margins.h"

#include "margin.h"
#include "relu.h"

enum { MOST = 64, LEAST = 10, MOST_WORK = 1000000000 };

static uint64_t samples_of(const TtfsSession *s) {
    uint64_t n = MOST_WORK / (ttfs_spike_synapses(&s->out.spike) + 1);
    if (n < LEAST) return 0;
    if (n > MOST) n = MOST;
    return n < s->count ? n : s->count;
}

static double margin_of(const TtfsRelu *relu, double *logits, uint64_t n) {
    const float *values = ttfs_relu_output(relu, 0);
    for (uint64_t i = 0; i < n; i++) logits[i] = (double)values[i];
    return ttfs_margin(logits, n);
}

bool ttfs_check_margins(const TtfsSession *s, TtfsDiag *diag) {
    TtfsArena a = {0};
    const TtfsIr *net = &s->out.net;
    if (!net->input.i) return true;
    uint64_t n = samples_of(s), close = 0;
    uint64_t logits = ttfs_ir_count(ttfs_ir_tensor(net, ttfs_ir_output(net, 0)));
    double step = ttfs_logit_step(&s->out.spike).step;
    bool ok = true;
    if (step == 0 || n == 0) return true;
    float *real = TTFS_ARRAY(&a, float, s->input.elements);
    double *values = TTFS_ARRAY(&a, double, logits);
    TtfsRelu *relu = ttfs_relu_open(net);
    for (uint64_t i = 0; ok && i < n; i++) {
        ok = ttfs_array_sample(&s->input, &s->out.map, i, real, diag);
        if (ok) ttfs_relu_run(relu, real);
        close += ok && margin_of(relu, values, logits) < step;
    }
    ttfs_relu_close(relu);
    ttfs_arena_free(&a);
    if (ok) ttfs_margins_warn(&s->out.spike, s->out.folder, close, n, "samples", diag);
    return ok;
}
