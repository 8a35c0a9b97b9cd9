/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical IR -> spike graph. In: IR, calibration, options; out: a checked graph and what the
 * quantiser did. Method: one walk in topological order; a linear node and its relu become a RELU
 * population named after the linear node, a max pool a POOL population, a reshape another name of
 * its source, and the linear node that makes the output the READOUT.
 * Float decides here, once, and nowhere below.
 */
#include "ir_to_spike.h"

#include "lower.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool bad_option(const TtfsLower *l, const char *layer, const char *what, double value,
                       const char *range) {
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, layer), TTFS_OPTION_VALUE,
                      "%s is %g, expected %s", what, value, range);
}

static bool check_options(const TtfsLower *l) {
    const TtfsSpikeOptions *o = l->options;
    bool ok = true;
    if (o->ticks < 1 || o->ticks > TTFS_MAX_TICKS)
        ok = bad_option(l, NULL, "ticks", o->ticks, "1..65535");
    if (o->weight_bits < 2 || o->weight_bits > 16)
        ok = bad_option(l, NULL, "weight bits", o->weight_bits, "2..16");
    if (!(o->percentile > 0 && o->percentile <= 1))
        ok = bad_option(l, NULL, "the percentile", o->percentile, "more than 0, at most 1");
    if (!isfinite(o->input_lo) || !isfinite(o->input_hi) || !(o->input_hi - o->input_lo >= 1e-30f))
        ok = bad_option(l, NULL, "the width of the input range",
                        (double)o->input_hi - (double)o->input_lo, "finite LO < HI");
    for (uint32_t i = 0; i < o->n_layers; i++) {
        const TtfsLayerOptions *a = &o->layers[i];
        if (a->ticks > TTFS_MAX_TICKS) ok = bad_option(l, a->layer, "ticks", a->ticks, "1..65535");
        if (a->weight_bits == 1 || a->weight_bits > 16)
            ok = bad_option(l, a->layer, "weight bits", a->weight_bits, "2..16");
        if (a->percentile > 1 || a->percentile == 0)
            ok = bad_option(l, a->layer, "the percentile", a->percentile, "more than 0, at most 1");
    }
    return ok;
}

/* What an option of a layer asks for and its population cannot have; NULL when all is well. */
static const char *useless(const TtfsLower *l, uint32_t option) {
    const TtfsLayerOptions *a = &l->options->layers[option];
    if (!l->layer_used[option]) return "options for a layer that the network does not have";
    if (strcmp(a->layer, ttfs_spike_pop(l->out, l->out->readout)->name) == 0 &&
        (a->ticks || a->percentile >= 0))
        return "a window for the readout, which does not spike";
    if (strcmp(a->layer, ttfs_spike_pop(l->out, l->out->input)->name) == 0 &&
        (a->weight_bits || a->percentile >= 0))
        return "weight bits or a percentile for the input, which takes only ticks";
    return NULL;
}

static bool check_layer_options(const TtfsLower *l) {
    bool ok = true;
    for (uint32_t i = 0; i < l->options->n_layers; i++) {
        const char *why = useless(l, i);
        if (why)
            ok = ttfs_error_advice(
                l->diag, TTFS_AT_NODE(l->file, l->options->layers[i].layer), TTFS_OPTION_VALUE,
                "ttfs info MODEL lists the layers; a pool has its source's window", "%s", why);
    }
    return ok;
}

static void count_users(TtfsLower *l) {
    for (uint32_t i = 0; i < l->ir->nodes.len; i++) {
        const TtfsNode *n = &l->ir->nodes.at[i];
        for (uint32_t k = 0; k < n->n_in; k++) {
            if (!n->in[k].i) continue;
            l->users[n->in[k].i - 1]++;
            l->reader[n->in[k].i - 1] = i + 1;
        }
    }
}

static bool refuse(const TtfsLower *l, const TtfsNode *n, const char *why) {
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, n->name), TTFS_MODEL_FORM, "%s: %s",
                      ttfs_op_name(n->op), why);
}

static bool lower_linear(TtfsLower *l, const TtfsNode *n) {
    uint32_t out = n->out.i;
    if (out == l->ir->output.i) {
        if (l->users[out - 1])
            return refuse(l, n, "the output of the network is read by another node");
        return ttfs_lower_linear(l, n, n->out, true);
    }
    const TtfsNode *reader = l->users[out - 1] == 1 ? &l->ir->nodes.at[l->reader[out - 1] - 1]
                                                    : NULL;
    if (!reader || reader->op != TTFS_OP_RELU)
        return refuse(l, n, "expected one relu after it, or the output of the network");
    return ttfs_lower_linear(l, n, reader->out, false);
}

/* The relu's population was made with its linear node. */
static bool lower_relu(const TtfsLower *l, const TtfsNode *n) {
    return l->made[n->out.i - 1].i || refuse(l, n, "expected a convolution or gemm before it");
}

static bool lower_reshape(TtfsLower *l, const TtfsNode *n) {
    l->made[n->out.i - 1] = l->made[n->in[0].i - 1];
    return true;
}

static bool lower_node(TtfsLower *l, const TtfsNode *n) {
    bool linear = n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM;
    if (n->op == TTFS_OP_RELU) return lower_relu(l, n);
    if (!linear && n->op != TTFS_OP_MAXPOOL && n->op != TTFS_OP_RESHAPE)
        return refuse(l, n, "not an operation of the canonical form");
    if (!l->made[n->in[0].i - 1].i) return refuse(l, n, "its source does not spike");
    if (linear) return lower_linear(l, n);
    return n->op == TTFS_OP_MAXPOOL ? ttfs_lower_pool(l, n) : lower_reshape(l, n);
}

/* End of the newest population's window; very deep networks could pass any bound. */
static bool extend_latency(const TtfsLower *l, uint64_t *latency) {
    const TtfsPopulation *p = &l->out->pops.at[l->out->pops.len - 1];
    uint64_t end = (uint64_t)p->start + p->ticks;
    if (end > *latency) *latency = end;
    return end <= INT32_MAX ||
           ttfs_error(l->diag, TTFS_AT_NODE(l->file, p->name), TTFS_LIMIT,
                      "a latency of %" PRIu64 " ticks, at most %d", end, INT32_MAX);
}

static bool walk(TtfsLower *l) {
    uint64_t latency = 0;
    if (!ttfs_lower_input(l)) return false;
    for (uint32_t i = 0; i < l->ir->nodes.len; i++)
        if (!lower_node(l, &l->ir->nodes.at[i]) || !extend_latency(l, &latency)) return false;
    if (!l->out->readout.i)
        return ttfs_error(l->diag, TTFS_AT_FILE(l->file), TTFS_MODEL_FORM,
                          "the network's output is not made by a convolution or gemm");
    l->out->latency = (uint32_t)latency;
    return check_layer_options(l);
}

bool ttfs_ir_to_spike(const TtfsIr *ir, const TtfsCalib *calib, const TtfsSpikeOptions *options,
                      const char *file, TtfsSpike *out, TtfsQuantReport *report, TtfsDiag *diag) {
    TtfsLower l = {.ir = ir,
                   .calib = calib,
                   .options = options,
                   .file = file,
                   .out = out,
                   .report = report,
                   .diag = diag};
    *out = (TtfsSpike){0};
    *report = (TtfsQuantReport){0};
    if (!check_options(&l)) return false;
    l.made = TTFS_ARRAY(&l.scratch, TtfsPop, ir->tensors.len);
    l.users = TTFS_ARRAY(&l.scratch, uint32_t, ir->tensors.len);
    l.reader = TTFS_ARRAY(&l.scratch, uint32_t, ir->tensors.len);
    l.layer_used = TTFS_ARRAY(&l.scratch, bool, options->n_layers);
    count_users(&l);
    if (!calib || calib->samples == 0)
        ttfs_warn(diag, TTFS_AT_FILE(file), TTFS_QUANT_RANGE,
                  "no calibration data: windows come from interval bounds and are loose");
    bool ok = walk(&l) && ttfs_spike_check(out, file, diag);
    ttfs_arena_free(&l.scratch);
    if (!ok) ttfs_spike_free(out);
    return ok;
}
