/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of neurons. A neuron that integrates without a leak and takes its threshold off at every
 * spike fires at the rate max(0, r x / v_threshold) (Rueckauer et al. 2017): a rectifier with that
 * gain. A threshold is a step: 1 above it, else 0. An integrator's potential is its input, scaled:
 * the readout.
 */
#include "nir_import.h"

#include <math.h>

static const TtfsTensor NONE = {0};

/* All of one sign above 0, or an error. */
static bool positive(NirImport *im, NirNode *n, const char *name, const NirArray *a) {
    for (uint64_t i = 0; i < a->count; i++)
        if (!(a->at[i] > 0))
            return ttfs_nir_fault(im, n, TTFS_NIR_NODE, "give values above 0",
                                  "element %llu of '%s' is %g, above 0 expected",
                                  (unsigned long long)i, name, (double)a->at[i]);
    return true;
}

/* a / b, element by element, 1 where both are infinite; b has as many elements, or one, or a has
 * one. *out is another. */
static bool quotient(NirImport *im, NirNode *n, const NirArray *a, const NirArray *b,
                     NirArray *out) {
    const NirArray *more = a->count >= b->count ? a : b;
    if (a->count != b->count && a->count != 1 && b->count != 1)
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL,
                              "its parameters have %llu and %llu elements, as many expected",
                              (unsigned long long)a->count, (unsigned long long)b->count);
    *out = *more;
    out->at = TTFS_ARRAY(&im->ir->arena, float, more->count);
    for (uint64_t i = 0; i < more->count; i++) {
        float x = a->at[a->count == 1 ? 0 : i], y = b->at[b->count == 1 ? 0 : i];
        out->at[i] = isinf(x) && isinf(y) ? 1 : x / y;
    }
    return true;
}

static bool all_one(const NirArray *a) {
    for (uint64_t i = 0; i < a->count; i++)
        if (a->at[i] != 1) return false;
    return true;
}

/* x times the gain; x itself when that is 1. */
static TtfsTensor amplified(NirImport *im, NirNode *n, const NirArray *gain, TtfsTensor x) {
    TtfsTensor c = ttfs_nir_constant(im, n, "gain", gain, x); /* also holds the shape */
    if (!c.i || all_one(gain)) return c.i ? x : c;
    return ttfs_nir_two(im, n, TTFS_OP_MUL, x, c);
}

static TtfsTensor rectified(NirImport *im, NirNode *n, const NirArray *gain, TtfsTensor x) {
    TtfsNode relu = {.op = TTFS_OP_RELU, .n_in = 1, .attr = ttfs_ir_attr()};
    for (uint64_t i = 0; i < gain->count; i++)
        if (!(gain->at[i] > 0) || isinf(gain->at[i])) {
            ttfs_nir_fault(im, n, TTFS_MODEL_VALUE, NULL, "its gain r / v_threshold is %g",
                           (double)gain->at[i]);
            return NONE;
        }
    relu.in[0] = amplified(im, n, gain, x);
    return relu.in[0].i ? ttfs_nir_emit(im, n, &relu, NULL) : NONE;
}

/* What was assumed; a reset to anything but 0 is said. */
static bool note(NirImport *im, NirNode *n, const NirArray *gain) {
    NirArray reset = {0};
    if (ttfs_nir_has(n, "v_reset") && !ttfs_nir_array(im, n, "v_reset", &reset)) return false;
    bool zero = true;
    for (uint64_t i = 0; i < reset.count; i++) zero = zero && reset.at[i] == 0;
    ttfs_note(
        im->diag, TTFS_AT_OP(im->path, n->name, n->type),
        "taken as a ReLU of gain r / v_threshold (%g%s): a reset that takes the threshold off "
        "is assumed%s",
        (double)gain->at[0], gain->count > 1 ? ", the first" : "",
        zero ? "" : "; its 'v_reset', which is not 0, is left out");
    return true;
}

/* r / v_threshold; `tau` not NULL: r / tau in the place of r. */
static bool gain_over(NirImport *im, NirNode *n, const NirArray *tau, NirArray *gain) {
    NirArray r, threshold, slow;
    if (!ttfs_nir_numbers(im, n, "r", &r) || !ttfs_nir_array(im, n, "v_threshold", &threshold) ||
        !positive(im, n, "r", &r) || !positive(im, n, "v_threshold", &threshold))
        return false;
    if (tau && !quotient(im, n, &r, tau, &slow)) return false;
    return quotient(im, n, tau ? &slow : &r, &threshold, gain);
}

TtfsTensor ttfs_nir_fire(NirImport *im, NirNode *n, TtfsTensor x) {
    NirArray gain;
    if (!gain_over(im, n, NULL, &gain) || !note(im, n, &gain)) return NONE;
    return rectified(im, n, &gain, x);
}

/* A leak so slow that a sample does not see it; times count steps (dt = 1). snnTorch writes a
 * neuron that does not leak (beta = 1) with a tau and an r that are both infinite: r / tau is 1 /
 * dt. */
static bool hardly_leaks(NirImport *im, NirNode *n, NirArray *tau) {
    NirArray leak = {0};
    bool ok = ttfs_nir_numbers(im, n, "tau", tau) &&
              (!ttfs_nir_has(n, "v_leak") || ttfs_nir_array(im, n, "v_leak", &leak));
    if (!ok) return false;
    for (uint64_t i = 0; i < tau->count; i++) ok = ok && tau->at[i] >= 1e6f;
    for (uint64_t i = 0; i < leak.count; i++) ok = ok && leak.at[i] == 0;
    return ok || ttfs_nir_fault(im, n, TTFS_NIR_NODE, "train with neurons that do not leak (IF)",
                                "its potential leaks: no rectifier has its response");
}

TtfsTensor ttfs_nir_leaky(NirImport *im, NirNode *n, TtfsTensor x) {
    NirArray gain, tau;
    if (!hardly_leaks(im, n, &tau) || !x.i) return NONE; /* without an input: only asked whether */
    if (!gain_over(im, n, &tau, &gain) || !note(im, n, &gain)) return NONE;
    return rectified(im, n, &gain, x);
}

TtfsTensor ttfs_nir_integrator(NirImport *im, NirNode *n, TtfsTensor x) {
    NirArray r;
    n->grows = n;
    if (!ttfs_nir_array(im, n, "r", &r)) return NONE;
    return amplified(im, n, &r, x);
}

/* x > threshold: round(x - threshold + 1/2) within 0 and 1, which at 1/2 rounds to the even 0. */
TtfsTensor ttfs_nir_threshold(NirImport *im, NirNode *n, TtfsTensor x) {
    TtfsNode step = {.op = TTFS_OP_QUANT, .n_in = 3, .attr = ttfs_ir_attr()};
    NirArray t;
    if (!ttfs_nir_array(im, n, "threshold", &t)) return NONE;
    for (uint64_t i = 0; i < t.count; i++) t.at[i] -= 0.5f;
    float *unit = TTFS_ARRAY(&im->ir->arena, float, 2);
    unit[0] = 1;
    NirArray one = {.count = 1, .at = unit}, zero = {.count = 1, .at = unit + 1};
    step.in[0] = ttfs_nir_two(im, n, TTFS_OP_SUB, x, ttfs_nir_constant(im, n, "threshold", &t, x));
    step.in[1] = ttfs_nir_weights(im, n, "step", &one);
    step.in[2] = ttfs_nir_weights(im, n, "zero", &zero);
    step.attr.lo = 0, step.attr.hi = 1;
    return step.in[0].i ? ttfs_nir_emit(im, n, &step, NULL) : NONE;
}
