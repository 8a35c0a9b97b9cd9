/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers to nodes. Method: a value of every layer, [batch, c, h, w], or [batch, c] of a vector; a
 * term is a Gemm or Conv of its source with a Quant of its weights, a sum of several is Adds, a
 * relu is Relu and Quant, with a Clip between them where its window is no power of two less one.
 * Names of layers are kept.
 */
#include "net_to_onnx.h"

#include "graph.h"

#include <math.h>
#include <string.h>

typedef struct {
    TtfsOnnxOut graph;
    const TtfsNet *net;
    const TtfsNetGrid *grid;
    const char **value; /* of a layer */
    bool *map;          /* it has rows and columns */
    const char *one, *none;
    TtfsArena arena;
} Writer;

static const char quant[] = "qonnx.custom_op.general";

static const char *named(Writer *w, const char *layer, const char *part) {
    return ttfs_arena_printf(&w->arena, "%s.%s", layer, part);
}

static const char *node(Writer *w, const char *type, const char *name, const char *x, const char *y,
                        const char *z, const TtfsOnnxAttr *attr) {
    const char *in[] = {x, y, z, NULL};
    return ttfs_onnx_out_node(&w->graph, "", type, name, in, attr);
}

static const char *number(Writer *w, const char *name, double v) {
    float f = (float)v;
    return ttfs_onnx_out_floats(&w->graph, name, 0, NULL, &f);
}

/* Quant(x, scale, zero point, bits). */
static const char *rounded(Writer *w, const char *name, const char *x, const char *scale,
                           double zero, uint32_t bits, bool with_sign) {
    const char *in[] = {x, scale, number(w, named(w, name, "zero"), zero),
                        number(w, named(w, name, "bits"), bits), NULL};
    const TtfsOnnxAttr attr[] = {{.name = "signed", .v = {with_sign}},
                                 {.name = "narrow", .v = {0}},
                                 {.name = "rounding_mode", .text = "ROUND"},
                                 {.name = NULL}};
    return ttfs_onnx_out_node(&w->graph, quant, "Quant", name, in, attr);
}

static uint32_t bits_of(uint32_t ticks) {
    uint32_t bits = 1;
    while ((1u << bits) - 1 < ticks) bits++;
    return bits;
}

/* Values low .. low + ticks quanta, bounded where the bits would reach further. */
static const char *window(Writer *w, const char *name, const char *x, const TtfsNetGrid *g) {
    uint32_t bits = bits_of(g->ticks);
    const char *scale = number(w, named(w, name, "scale"), g->scale);
    double zero = -rint(g->offset / g->scale);
    if ((1u << bits) - 1 != g->ticks)
        x = node(w, "Clip", named(w, name, "top"), x, number(w, named(w, name, "low"), g->offset),
                 number(w, named(w, name, "high"), g->offset + g->scale * g->ticks), NULL);
    return rounded(w, name, x, scale, zero, bits, false);
}

/* A value in another shape; 0 is the batch, as it was. */
static const char *shaped(Writer *w, const char *name, const char *x, const uint32_t dim[3],
                          bool map) {
    if (!map)
        return node(w, "Flatten", named(w, name, "flat"), x, NULL, NULL,
                    (const TtfsOnnxAttr[]){{.name = "axis", .v = {1}}, {.name = NULL}});
    int64_t to[4] = {0, dim[0], dim[1], dim[2]};
    return node(w, "Reshape", named(w, name, "map"), x,
                ttfs_onnx_out_longs(&w->graph, named(w, name, "shape"), 4, to), NULL, NULL);
}

/* The channels that a term sees of its source. */
static const char *part_of(Writer *w, const char *name, const TtfsTerm *t) {
    const TtfsNetLayer *l = &w->net->layers.at[t->src];
    uint32_t plane = l->h * l->w, seen = t->in[0] * t->in[1] * t->in[2];
    const char *x = w->value[t->src];
    if (seen == l->c * plane) return x;
    int64_t first = t->first / plane, end = (t->first + seen) / plane, axis = 1;
    const char *in[] = {x, ttfs_onnx_out_longs(&w->graph, named(w, name, "first"), 1, &first),
                        ttfs_onnx_out_longs(&w->graph, named(w, name, "end"), 1, &end),
                        ttfs_onnx_out_longs(&w->graph, named(w, name, "axis"), 1, &axis), NULL};
    return ttfs_onnx_out_node(&w->graph, "", "Slice", named(w, name, "part"), in, NULL);
}

static const char *source_of(Writer *w, const char *name, const TtfsTerm *t, bool map) {
    const TtfsNetLayer *l = &w->net->layers.at[t->src];
    const char *x = part_of(w, name, t);
    if (w->map[t->src] == map) return x;
    const uint32_t dim[3] = {t->in[0] * t->in[1] * t->in[2] / (l->h * l->w), l->h, l->w};
    return shaped(w, name, x, dim, map);
}

/* The weights as integers times their steps, and the Quant that says so. */
static const char *weights_of(Writer *w, const TtfsNetLayer *l, const TtfsNetGrid *g, uint32_t k,
                              const char *name) {
    const TtfsTerm *t = &w->net->terms.at[l->term_first + k];
    uint32_t rows = ttfs_term_rows(l, t), each = rows / l->c, rank = t->dense ? 2 : 4;
    bool readout = l->kind == TTFS_LAYER_READOUT;
    uint32_t dim[4] = {rows, (uint32_t)(t->row / (t->kernel[0] * t->kernel[1])), t->kernel[0],
                       t->kernel[1]};
    uint32_t per[4] = {readout ? 1 : rows, 1, 1, 1};
    TtfsMark mark = ttfs_arena_mark(&w->arena);
    float *v = TTFS_ARRAY(&w->arena, float, rows * t->row),
          *step = TTFS_ARRAY(&w->arena, float, rows);
    for (uint32_t i = 0; i < rows; i++) {
        step[i] = g->step[k][readout ? 0 : i / each];
        for (uint64_t j = 0; j < t->row; j++)
            v[i * t->row + j] = (float)((double)step[i] * g->weights[k][i * t->row + j]);
    }
    const char *values = ttfs_onnx_out_floats(&w->graph, named(w, name, "values"), rank, dim, v);
    const char *scale = ttfs_onnx_out_floats(&w->graph, named(w, name, "step"), rank, per, step);
    const char *out = rounded(w, named(w, name, "weight"), values, scale, 0, g->bits, true);
    ttfs_arena_release(&w->arena, mark);
    return out;
}

/* Of a map [1, c, h, w], in which a channel's bias is that of all its places. */
static const char *bias_of(Writer *w, const TtfsNetLayer *l, const TtfsNetGrid *g, bool map) {
    uint32_t dim[4] = {1, l->c, l->h, l->w}, n = map ? ttfs_net_size(l) : g->biases;
    float *b = TTFS_ARRAY(&w->arena, float, n);
    for (uint32_t i = 0; i < n; i++) b[i] = (float)g->bias[i / (n / g->biases)];
    return ttfs_onnx_out_floats(&w->graph, named(w, l->name, "bias"), map ? 4 : 1, map ? dim : &n,
                                b);
}

static const char *convolved(Writer *w, const TtfsTerm *t, const char *name, const char *x,
                             const char *weights, const char *bias) {
    const TtfsOnnxAttr attr[] = {
        {.name = "kernel_shape", .n = 2, .v = {t->kernel[0], t->kernel[1]}},
        {.name = "strides", .n = 2, .v = {t->stride[0], t->stride[1]}},
        {.name = "dilations", .n = 2, .v = {t->dilation[0], t->dilation[1]}},
        {.name = "pads", .n = 4, .v = {t->pad[0], t->pad[1], t->pad[2], t->pad[3]}},
        {.name = "group", .v = {t->group}},
        {.name = NULL}};
    return node(w, "Conv", name, x, weights, bias, attr);
}

static const char *term(Writer *w, const TtfsNetLayer *l, const TtfsNetGrid *g, uint32_t k,
                        bool map, const char *bias) {
    const TtfsTerm *t = &w->net->terms.at[l->term_first + k];
    const TtfsOnnxAttr turned[] = {{.name = "transB", .v = {1}}, {.name = NULL}};
    const char *x = source_of(w, t->name, t, !t->dense), *weights = weights_of(w, l, g, k, t->name);
    if (!t->dense) return convolved(w, t, t->name, x, weights, bias);
    const char *y = node(w, "Gemm", t->name, x, weights, bias, turned);
    const uint32_t dim[3] = {l->c, l->h, l->w};
    return map ? shaped(w, t->name, y, dim, true) : y;
}

static void linear(Writer *w, uint32_t layer) {
    const TtfsNetLayer *l = &w->net->layers.at[layer];
    const TtfsNetGrid *g = &w->grid[layer];
    const TtfsTerm *first = &w->net->terms.at[l->term_first];
    uint32_t size = ttfs_net_size(l);
    bool own = g->biases == (first->dense ? size : l->c), map = l->h * l->w > 1;
    for (uint32_t k = 0; k < l->terms; k++) map = map || !w->net->terms.at[l->term_first + k].dense;
    const char *bias = bias_of(w, l, g, !own), *sum = NULL;
    for (uint32_t k = 0; k < l->terms; k++) {
        const char *y = term(w, l, g, k, map, k == 0 && own ? bias : NULL);
        sum = sum ? node(w, "Add", named(w, l->name, "sum"), sum, y, NULL, NULL) : y;
    }
    if (!own) sum = node(w, "Add", named(w, l->name, "biased"), sum, bias, NULL, NULL);
    w->map[layer] = map;
    w->value[layer] = sum;
    if (l->kind == TTFS_LAYER_READOUT) return;
    sum = node(w, "Relu", named(w, l->name, "relu"), sum, NULL, NULL, NULL);
    w->value[layer] = window(w, named(w, l->name, "window"), sum, g);
}

static void pool(Writer *w, uint32_t layer) {
    const TtfsNetLayer *l = &w->net->layers.at[layer];
    const TtfsTerm *t = &w->net->terms.at[l->term_first];
    const TtfsOnnxAttr attr[] = {
        {.name = "kernel_shape", .n = 2, .v = {t->kernel[0], t->kernel[1]}},
        {.name = "strides", .n = 2, .v = {t->stride[0], t->stride[1]}},
        {.name = "dilations", .n = 2, .v = {t->dilation[0], t->dilation[1]}},
        {.name = "pads", .n = 4, .v = {t->pad[0], t->pad[1], t->pad[2], t->pad[3]}},
        {.name = NULL}};
    w->map[layer] = true;
    w->value[layer] = node(w, "MaxPool", l->name, source_of(w, l->name, t, true), NULL, NULL, attr);
}

static void input(Writer *w, const TtfsTensorInfo *sample) {
    const TtfsNetLayer *l = &w->net->layers.at[0];
    const uint32_t *o = w->net->order;
    const char *x = ttfs_onnx_out_name(&w->graph, l->name);
    if (o[0] != 0 || o[1] != 1) {
        const TtfsOnnxAttr attr[] = {
            {.name = "perm", .n = sample->rank, .v = {0, o[0] + 1, o[1] + 1, o[2] + 1}},
            {.name = NULL}};
        x = node(w, "Transpose", named(w, l->name, "channels"), x, NULL, NULL, attr);
    }
    if (w->grid[0].rounded) x = window(w, named(w, l->name, "window"), x, &w->grid[0]);
    w->map[0] = sample->rank == 4;
    w->value[0] = x;
}

bool ttfs_net_to_onnx_rounds(const TtfsNetGrid *g) {
    double zero = g->offset / g->scale;
    return fabs(zero - rint(zero)) < 1e-6 && fabs(zero) < 65536;
}

bool ttfs_net_to_onnx_check(const TtfsNet *net, const char *file, TtfsDiag *diag) {
    bool ok = true;
    for (uint32_t i = 0; i < net->layers.len; i++)
        if (net->layers.at[i].kind == TTFS_LAYER_MINPOOL)
            ok = ttfs_error_advice(diag, TTFS_AT_NODE(file, net->layers.at[i].name),
                                   TTFS_MODEL_FORM, "put a max pool in its place",
                                   "a min pool has no operator of its own in ONNX");
    return ok;
}

void ttfs_net_to_onnx(const TtfsNet *net, const TtfsTensorInfo *sample, const TtfsNetGrid *grid,
                      TtfsBuf *out) {
    Writer w = {.net = net, .grid = grid};
    uint32_t readout = 0;
    w.value = TTFS_ARRAY(&w.arena, const char *, net->layers.len);
    w.map = TTFS_ARRAY(&w.arena, bool, net->layers.len);
    for (uint32_t i = 0; i < net->layers.len; i++) {
        const TtfsNetLayer *l = &net->layers.at[i];
        if (l->kind == TTFS_LAYER_INPUT)
            input(&w, sample);
        else if (l->kind == TTFS_LAYER_MAXPOOL)
            pool(&w, i);
        else
            linear(&w, i);
        if (l->kind == TTFS_LAYER_READOUT) readout = i;
    }
    uint32_t size = ttfs_net_size(&net->layers.at[readout]);
    const char *y = w.value[readout];
    if (w.map[readout]) y = shaped(&w, net->layers.at[readout].name, y, NULL, false);
    ttfs_onnx_out_model(&w.graph, net->layers.at[0].name, sample->rank - 1, sample->dim + 1, y, 1,
                        &size, out);
    ttfs_arena_free(&w.arena);
}
