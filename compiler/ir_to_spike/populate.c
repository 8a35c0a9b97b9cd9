/* SPDX-License-Identifier: Apache-2.0
 *
 * Populations and connections from canonical nodes. In: a CONV, GEMM or MAXPOOL whose source has a
 * population; out: its own population with window, scale, weights, biases and ramps. Forms that the
 * canonical IR does not have are refused, whoever made it.
 */
#include "lower.h"

#include "layer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { ALL = 1000000 }; /* a rate: every neuron fires */

static bool refuse_form(const TtfsLower *l, const TtfsNode *n, const char *why) {
    return ttfs_error(l->diag, TTFS_AT_NODE(l->file, n->name), TTFS_MODEL_FORM, "%s: %s",
                      ttfs_op_name(n->op), why);
}

void ttfs_lower_shape(const TtfsTensorInfo *t, uint32_t shape[3]) {
    shape[0] = shape[1] = shape[2] = 1;
    for (uint32_t i = 1; i < t->rank; i++)
        if (i <= 2)
            shape[i - 1] = t->dim[i];
        else
            shape[2] *= t->dim[i];
}

/* `wanted`, or with _2, _3 .. behind it when a population has that name. */
static const char *unique_name(TtfsLower *l, const char *wanted) {
    const char *name = wanted && *wanted ? wanted : "layer";
    wanted = name;
    for (uint32_t i = 0, copy = 2; i < l->out->pops.len; i++) {
        if (strcmp(l->out->pops.at[i].name, name) != 0) continue;
        name = ttfs_arena_printf(&l->scratch, "%s_%" PRIu32, wanted, copy++);
        i = UINT32_MAX; /* from the start */
    }
    return ttfs_arena_strdup(&l->out->arena, name);
}

/* The options of the population of that name: the common ones with its own over them. */
static TtfsLayerPlan plan_of(TtfsLower *l, const char *name) {
    const TtfsSpikeOptions *o = l->options;
    TtfsLayerPlan p = {o->ticks, o->weight_bits, o->percentile};
    for (uint32_t i = 0; i < o->n_layers; i++) {
        if (strcmp(o->layers[i].layer, name) != 0) continue;
        l->layer_used[i] = true;
        if (o->layers[i].ticks) p.ticks = o->layers[i].ticks;
        if (o->layers[i].weight_bits) p.weight_bits = o->layers[i].weight_bits;
        if (o->layers[i].percentile >= 0) p.percentile = o->layers[i].percentile;
    }
    return p;
}

static TtfsPop add_population(TtfsLower *l, const TtfsPopulation *p, TtfsRange range) {
    *TTFS_PUSH(&l->out->arena, l->out->pops) = *p;
    *TTFS_PUSH(&l->scratch, l->ranges) = range;
    return (TtfsPop){l->out->pops.len};
}

static TtfsRange constant_range(TtfsLower *l, uint32_t channels, double low, double high) {
    TtfsRange r = {TTFS_ARRAY(&l->scratch, double, channels),
                   TTFS_ARRAY(&l->scratch, double, channels)};
    for (uint32_t i = 0; i < channels; i++) {
        r.low[i] = low;
        r.high[i] = high;
    }
    return r;
}

static void report_input(TtfsLower *l, const TtfsPopulation *p, double low, double high) {
    TtfsTensor t = l->ir->input;
    TtfsQuantLayer *q = TTFS_PUSH(&l->report->arena, l->report->at);
    *q =
        (TtfsQuantLayer){.name = ttfs_arena_strdup(&l->report->arena, p->name), .window_top = high};
    if (!l->calib || l->calib->samples == 0) return;
    const TtfsTensorStat *seen = &l->calib->stat[t.i - 1];
    q->seen_max = seen->max;
    q->saturated = high > 0 ? ttfs_lower_saturated(l, t, high) : 0;
    if (seen->max > high || seen->min < low)
        ttfs_note(l->diag, TTFS_AT_NODE(l->file, p->name),
                  "calibration has values in %g..%g; what lies outside the range %g..%g is clipped",
                  (double)seen->min, (double)seen->max, low, high);
}

bool ttfs_lower_input(TtfsLower *l) {
    const TtfsTensorInfo *t = ttfs_ir_tensor(l->ir, l->ir->input);
    double low = (double)l->options->input_lo, high = (double)l->options->input_hi;
    uint32_t shape[3];
    ttfs_lower_shape(t, shape);
    TtfsPopulation p = {.kind = TTFS_POP_INPUT, .name = unique_name(l, t->name)};
    TtfsLayerPlan plan = plan_of(l, p.name);
    p.c = shape[0], p.h = shape[1], p.w = shape[2];
    p.ticks = plan.ticks;
    p.offset = low;
    p.scale = (high - low) / p.ticks;
    p.rate_ppm = ttfs_lower_rate(l, l->ir->input, low + p.scale / 2, ALL);
    report_input(l, &p, low, high);
    l->made[l->ir->input.i - 1] = add_population(l, &p, constant_range(l, p.c, low, high));
    l->out->input = (TtfsPop){l->out->pops.len};
    return true;
}

/* A linear node's constants, and the connection and shape it gives. */
typedef struct {
    TtfsConnection conn;
    const float *weights;
    double *bias; /* with what the source's offset adds */
    uint32_t shape[3];
    uint64_t row;
} Linear;

static bool constant_of(const TtfsLower *l, TtfsTensor t, uint64_t count, const float **out) {
    const TtfsTensorInfo *info = ttfs_ir_tensor(l->ir, t);
    *out = info->data;
    return info->data && ttfs_ir_count(info) == count;
}

static bool take_gemm(TtfsLower *l, const TtfsNode *n, const TtfsPopulation *src, Linear *out) {
    const TtfsTensorInfo *w = ttfs_ir_tensor(l->ir, n->in[1]);
    if (n->attr.alpha != 1 || n->attr.beta != 1 || n->attr.trans_a || !n->attr.trans_b)
        return refuse_form(l, n, "expected y = W x + b with alpha = beta = 1 and W as [out, in]");
    if (w->rank != 2 || w->dim[1] != ttfs_pop_size(src))
        return refuse_form(l, n, "its weights do not fit its source");
    out->conn.kind = TTFS_CONN_DENSE;
    out->shape[0] = w->dim[0], out->shape[1] = out->shape[2] = 1;
    out->row = w->dim[1];
    return true;
}

static bool take_conv(TtfsLower *l, const TtfsNode *n, const TtfsPopulation *src, Linear *out) {
    const TtfsTensorInfo *w = ttfs_ir_tensor(l->ir, n->in[1]);
    const TtfsTensorInfo *in = ttfs_ir_tensor(l->ir, n->in[0]);
    const TtfsIrAttr *a = &n->attr;
    if (a->group != 1) return refuse_form(l, n, "expected one group");
    if (w->rank != 4 || in->rank != 4 || w->dim[1] != src->c || in->dim[1] != src->c ||
        in->dim[2] != src->h || in->dim[3] != src->w || w->dim[2] != a->kernel[0] ||
        w->dim[3] != a->kernel[1])
        return refuse_form(l, n,
                           "its weights or its input's rows and columns do not fit its source");
    if (src->offset != 0 && (a->pad[0] || a->pad[1] || a->pad[2] || a->pad[3]))
        return ttfs_error_advice(
            l->diag, TTFS_AT_NODE(l->file, n->name), TTFS_MODEL_FORM,
            "use an input range that starts at 0, or a first layer without padding",
            "the input range starts at %g, but the padding of this convolution is 0: its bias "
            "would "
            "depend on the position",
            src->offset);
    out->conn.kind = TTFS_CONN_CONV;
    memcpy(out->conn.kernel, a->kernel, sizeof a->kernel);
    memcpy(out->conn.stride, a->stride, sizeof a->stride);
    memcpy(out->conn.dilation, a->dilation, sizeof a->dilation);
    memcpy(out->conn.pad, a->pad, sizeof a->pad);
    ttfs_lower_shape(ttfs_ir_tensor(l->ir, n->out), out->shape);
    out->row = (uint64_t)w->dim[1] * w->dim[2] * w->dim[3];
    return out->shape[0] == w->dim[0] || refuse_form(l, n, "its output has other channels");
}

/* b' = b + sum W offset, in float64. */
static bool take_bias(TtfsLower *l, const TtfsNode *n, double offset, Linear *out) {
    uint32_t channels = out->shape[0];
    const float *bias = NULL;
    if (n->n_in > 2 && n->in[2].i && !constant_of(l, n->in[2], channels, &bias))
        return refuse_form(l, n, "expected one constant bias a channel");
    out->bias = TTFS_ARRAY(&l->scratch, double, channels);
    for (uint32_t i = 0; i < channels; i++) {
        double sum = 0;
        for (uint64_t j = 0; j < out->row; j++) sum += (double)out->weights[i * out->row + j];
        out->bias[i] = (bias ? (double)bias[i] : 0) + (offset != 0 ? sum * offset : 0);
        if (!isfinite(sum) || !isfinite(out->bias[i]))
            return ttfs_error(l->diag, TTFS_AT_NODE(l->file, n->name), TTFS_MODEL_VALUE,
                              "channel %" PRIu32 " has a weight or bias that is not finite", i);
    }
    return true;
}

static bool take_linear(TtfsLower *l, const TtfsNode *n, const TtfsPopulation *src, Linear *out) {
    *out = (Linear){.conn = {.src = l->made[n->in[0].i - 1]}};
    if (!(n->op == TTFS_OP_GEMM ? take_gemm(l, n, src, out) : take_conv(l, n, src, out)))
        return false;
    uint64_t count = out->shape[0] * out->row;
    if (count > TTFS_MAX_WEIGHTS)
        return ttfs_error(l->diag, TTFS_AT_NODE(l->file, n->name), TTFS_LIMIT,
                          "%" PRIu64 " weights, at most %" PRIu64, count, TTFS_MAX_WEIGHTS);
    if (!constant_of(l, n->in[1], count, &out->weights))
        return refuse_form(l, n, "expected constant weights");
    return take_bias(l, n, src->offset, out);
}

static void note_losses(const TtfsLower *l, const TtfsQuantLayer *q, uint64_t weights) {
    TtfsLoc at = TTFS_AT_NODE(l->file, q->name);
    if (q->clipped_weights)
        ttfs_note(l->diag, at, "%" PRIu64 " of %" PRIu64 " weights were clipped to a finer grid",
                  q->clipped_weights, weights);
    if (q->saturated > 0)
        ttfs_note(l->diag, at, "%.3g %% of the calibrated activations lie above the window of %g",
                  q->saturated * 100, q->window_top);
}

/* Quantises the layer into population *p and connection *conn. */
static bool quantise(TtfsLower *l, const TtfsPopulation *src, const Linear *in,
                     const TtfsLayerPlan *plan, TtfsTensor t, TtfsPopulation *p,
                     TtfsConnection *conn) {
    bool readout = p->kind == TTFS_POP_READOUT;
    TtfsLayer layer = {.file = l->file,
                       .name = p->name,
                       .weights = in->weights,
                       .bias = in->bias,
                       .channels = in->shape[0],
                       .row = in->row,
                       .group = in->row / src->c,
                       .in_scale = src->scale,
                       .in_ticks = src->ticks,
                       .bits = plan->weight_bits,
                       .ticks = p->ticks};
    TtfsGridLayer grid = {.scale = p->scale};
    if (!(readout ? ttfs_layer_readout(&layer, &grid, &l->out->arena, l->diag)
                  : ttfs_layer_relu(&layer, &grid, &l->out->arena, l->diag)))
        return false;
    p->scale = grid.scale;
    p->bias = grid.bias;
    p->ramp = grid.ramp;
    conn->weights = grid.weights;
    conn->weight_count = layer.channels * layer.row;
    conn->weight_bits = layer.bits;
    TtfsQuantLayer *q = &l->report->at.at[l->report->at.len - 1];
    q->window_top = p->scale * p->ticks;
    q->weight_error = grid.weight_error;
    q->ramp_min = grid.ramp_min;
    q->ramp_max = grid.ramp_max;
    q->clipped_weights = grid.clipped;
    q->saturated = readout ? 0 : ttfs_lower_saturated(l, t, q->window_top);
    note_losses(l, q, conn->weight_count);
    return true;
}

bool ttfs_lower_linear(TtfsLower *l, const TtfsNode *node, TtfsTensor t, bool readout) {
    TtfsPop from = l->made[node->in[0].i - 1];
    TtfsPopulation src = *ttfs_spike_pop(l->out, from);
    Linear in;
    if (!take_linear(l, node, &src, &in)) return false;
    TtfsPopulation p = {.kind = readout ? TTFS_POP_READOUT : TTFS_POP_RELU,
                        .name = unique_name(l, node->name),
                        .c = in.shape[0],
                        .h = in.shape[1],
                        .w = in.shape[2],
                        .start = src.start + src.ticks,
                        .conn_first = l->out->conns.len,
                        .conn_count = 1};
    TtfsLayerPlan plan = plan_of(l, p.name);
    TtfsRange range = {NULL, NULL};
    TtfsQuantLayer *q = TTFS_PUSH(&l->report->arena, l->report->at);
    *q = (TtfsQuantLayer){.name = ttfs_arena_strdup(&l->report->arena, p.name)};
    if (!readout) {
        p.ticks = plan.ticks;
        range = ttfs_lower_propagate(l, &l->ranges.at[from.i - 1], src.c, in.weights, in.bias, p.c,
                                     in.row);
        p.scale = ttfs_lower_top(l, t, &range, p.c, p.name, &plan, q) / p.ticks;
    }
    if (!quantise(l, &src, &in, &plan, t, &p, &in.conn)) return false;
    p.rate_ppm = readout ? 0 : ttfs_lower_rate(l, t, p.scale / 2, ALL);
    l->made[t.i - 1] = add_population(l, &p, range);
    in.conn.dst = l->made[t.i - 1];
    *TTFS_PUSH(&l->out->arena, l->out->conns) = in.conn;
    if (readout) l->out->readout = in.conn.dst;
    return true;
}

bool ttfs_lower_pool(TtfsLower *l, const TtfsNode *node) {
    TtfsPop from = l->made[node->in[0].i - 1];
    TtfsPopulation p = *ttfs_spike_pop(l->out, from);
    const TtfsTensorInfo *in = ttfs_ir_tensor(l->ir, node->in[0]);
    uint32_t shape[3];
    if (in->rank != 4 || in->dim[1] != p.c || in->dim[2] != p.h || in->dim[3] != p.w)
        return refuse_form(l, node, "expected an input with channels, rows and columns");
    ttfs_lower_shape(ttfs_ir_tensor(l->ir, node->out), shape);
    p.kind = TTFS_POP_POOL;
    p.name = unique_name(l, node->name);
    p.bias = p.ramp = NULL;
    p.c = shape[0], p.h = shape[1], p.w = shape[2];
    p.conn_first = l->out->conns.len;
    p.conn_count = 1;
    p.rate_ppm = ttfs_lower_rate(l, node->out, p.offset + p.scale / 2, p.rate_ppm);
    TtfsConnection c = {.kind = TTFS_CONN_POOL, .src = from};
    memcpy(c.kernel, node->attr.kernel, sizeof c.kernel);
    memcpy(c.stride, node->attr.stride, sizeof c.stride);
    memcpy(c.dilation, node->attr.dilation, sizeof c.dilation);
    memcpy(c.pad, node->attr.pad, sizeof c.pad);
    c.dst = l->made[node->out.i - 1] = add_population(l, &p, l->ranges.at[from.i - 1]);
    *TTFS_PUSH(&l->out->arena, l->out->conns) = c;
    return true;
}
