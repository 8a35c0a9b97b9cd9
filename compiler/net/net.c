/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical IR -> layers and terms. Method: one walk over the nodes; a relu, and a readout at the
 * end, gathers the sum behind it by following ADD to the left; a term's source is found by
 * following RESHAPE and SLICE up to a layer, which only moves the place of its first element.
 * O(nodes), and one look at every constant.
 */
#include "net_inside.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Entries that a product of vectors is spread to at most. */
#define MOST_SPREAD ((uint64_t)1 << 26)
/* ... and entries up to which a readout in groups is one: chips need not have groups. */
#define SMALL_MATRIX 4096

typedef struct {
    const TtfsIr *ir;
    const char *file;
    TtfsNet *out;
    TtfsDiag *diag;
    TtfsArena scratch;
    const TtfsNode **maker; /* per tensor; NULL: input or constant */
    uint32_t *layer;        /* per tensor: index + 1 of the layer that it is */
    bool *plain;            /* per tensor: something other than a QUANT or CLIP reads it */
    uint32_t *read;         /* per tensor: index + 1 of the readout that it is */
    TtfsIrEnds ends;        /* the readouts, and what only moves them */
} Build;

/* The sum behind a relu or a readout, while it is taken apart. */
typedef struct {
    const TtfsNode *at;               /* for messages */
    TTFS_VEC(const TtfsNode *) terms; /* from the last to the first */
    TtfsTensor map;                   /* the constant addend, 0: none */
} Sum;

static bool refuse(const Build *b, const TtfsNode *n, const char *why) {
    return ttfs_error(b->diag, TTFS_AT_OP(b->file, n->name, ttfs_op_name(n->op)), TTFS_MODEL_FORM,
                      "%s", why);
}

static bool finite_values(const Build *b, const TtfsNode *n, TtfsTensor t) {
    const TtfsTensorInfo *info = ttfs_ir_tensor(b->ir, t);
    uint64_t count = ttfs_ir_count(info);
    for (uint64_t i = 0; i < count; i++)
        if (!isfinite(info->data[i]))
            return ttfs_error(b->diag, TTFS_AT_NODE(b->file, n->name), TTFS_MODEL_VALUE,
                              "element %" PRIu64 " of a weight or bias is not finite", i);
    return true;
}

static const float *data_of(const Build *b, TtfsTensor t) {
    return ttfs_ir_tensor(b->ir, t)->data;
}

/* Channels, rows, columns of a tensor; dimensions behind the second are columns. */
static void shape_of(const TtfsTensorInfo *t, uint32_t shape[3]) {
    shape[0] = shape[1] = shape[2] = 1;
    for (uint32_t i = 1; i < t->rank; i++)
        if (i <= 2)
            shape[i - 1] = t->dim[i];
        else
            shape[2] *= t->dim[i];
}

/* A slice that takes a contiguous run of channels; *first is moved by its place. */
static bool slice_place(const Build *b, const TtfsNode *n, uint64_t *first) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(b->ir, n->in[0]);
    uint64_t plane = 1;
    for (uint32_t i = 0; i < in->rank; i++) {
        bool whole = n->attr.first[i] == 0 && n->attr.count[i] == in->dim[i];
        if ((i == 1 ? n->attr.count[i] > 1 : !whole) && n->attr.apart[i] != 1) return false;
        if (i != 1 && !whole) return false;
        if (i > 1) plane *= in->dim[i];
    }
    *first += plane * n->attr.first[1];
    return in->rank > 1;
}

/* Finds the layer that tensor `t` is of, perhaps in part or in another shape. */
static bool find_source(const Build *b, const TtfsNode *n, TtfsTensor t, TtfsTerm *term) {
    uint64_t first = 0;
    shape_of(ttfs_ir_tensor(b->ir, t), term->in);
    while (!b->layer[t.i - 1]) {
        const TtfsNode *m = b->maker[t.i - 1];
        if (!m || (m->op != TTFS_OP_RESHAPE && m->op != TTFS_OP_SLICE))
            return refuse(b, n, "its source does not spike");
        if (m->op == TTFS_OP_SLICE && !slice_place(b, m, &first))
            return refuse(b, m, "expected a run of channels");
        t = m->in[0];
    }
    term->src = b->layer[t.i - 1] - 1;
    term->first = (uint32_t)first;
    return true;
}

static void take_patch(const TtfsIrAttr *a, TtfsTerm *t) {
    t->group = a->group;
    memcpy(t->kernel, a->kernel, sizeof a->kernel);
    memcpy(t->stride, a->stride, sizeof a->stride);
    memcpy(t->dilation, a->dilation, sizeof a->dilation);
    memcpy(t->pad, a->pad, sizeof a->pad);
}

static bool take_gemm(const Build *b, const TtfsNode *n, TtfsTerm *t, uint32_t shape[3]) {
    const TtfsTensorInfo *w = ttfs_ir_tensor(b->ir, n->in[1]);
    if (n->attr.alpha != 1 || n->attr.beta != 1 || n->attr.trans_a || !n->attr.trans_b)
        return refuse(b, n, "expected y = W x + b with alpha = beta = 1 and W as [out, in]");
    if (w->rank != 2 || w->dim[1] != (uint64_t)t->in[0] * t->in[1] * t->in[2])
        return refuse(b, n, "its weights do not fit its source");
    t->dense = true;
    t->group = t->kernel[0] = t->kernel[1] = t->stride[0] = t->stride[1] = 1;
    t->dilation[0] = t->dilation[1] = 1;
    t->row = w->dim[1];
    shape[0] = w->dim[0], shape[1] = shape[2] = 1;
    return true;
}

static bool take_conv(const Build *b, const TtfsNode *n, TtfsTerm *t, uint32_t shape[3]) {
    const TtfsTensorInfo *w = ttfs_ir_tensor(b->ir, n->in[1]);
    const TtfsTensorInfo *in = ttfs_ir_tensor(b->ir, n->in[0]);
    take_patch(&n->attr, t);
    shape_of(ttfs_ir_tensor(b->ir, n->out), shape);
    if (t->group == 0 || w->rank != 4 || in->rank != 4 || in->dim[1] % t->group ||
        w->dim[0] % t->group || w->dim[1] != in->dim[1] / t->group || w->dim[2] != t->kernel[0] ||
        w->dim[3] != t->kernel[1] || shape[0] != w->dim[0])
        return refuse(b, n, "its weights do not fit its source");
    t->row = (uint64_t)w->dim[1] * w->dim[2] * w->dim[3];
    return true;
}

static double *own_map(Build *b, TtfsNetLayer *l) {
    if (!l->bias_map) l->bias_map = TTFS_ARRAY(&b->out->arena, double, ttfs_net_size(l));
    return l->bias_map;
}

/* Adds the bias input of a term to the layer's: one value a channel of the term's own shape. */
static bool take_bias(Build *b, const TtfsNode *n, bool by_channel, uint32_t count,
                      TtfsNetLayer *l) {
    if (n->n_in < 3 || !n->in[2].i) return true;
    const float *bias = data_of(b, n->in[2]);
    if (!bias || ttfs_ir_count(ttfs_ir_tensor(b->ir, n->in[2])) != count)
        return refuse(b, n, "expected one constant bias a channel");
    if (!finite_values(b, n, n->in[2])) return false;
    if (by_channel && !l->bias) l->bias = TTFS_ARRAY(&b->out->arena, double, count);
    double *to = by_channel ? l->bias : own_map(b, l);
    for (uint32_t i = 0; i < count; i++) to[i] += (double)bias[i];
    return true;
}

/* A 1x1 convolution of vectors as a matrix, so that source and target may have any shape. */
static bool spread(Build *b, const TtfsNode *n, uint32_t channels, TtfsTerm *t) {
    uint32_t ins = t->in[0] / t->group, outs = channels / t->group;
    if ((uint64_t)channels * t->in[0] > MOST_SPREAD)
        return refuse(b, n, "too many elements for a product in another shape");
    uint64_t count = (uint64_t)channels * t->in[0];
    if (!ttfs_budget_array(b->out->arena.budget, count, sizeof(float))) return true;
    float *m = TTFS_ARRAY(&b->out->arena, float, count);
    for (uint32_t i = 0; i < channels; i++)
        memcpy(m + (size_t)i * t->in[0] + (size_t)(i / outs) * ins, t->weights + (size_t)i * ins,
               ins * sizeof *m);
    t->weights = m;
    t->row = t->in[0];
    t->dense = true;
    t->group = 1;
    return true;
}

/* Brings a term into a form that fits the shapes of its source and of its layer. */
static bool fit_term(Build *b, const TtfsNode *n, const uint32_t shape[3], const TtfsNetLayer *l,
                     TtfsTerm *t) {
    const TtfsNetLayer *src = &b->out->layers.at[t->src];
    bool own = shape[0] == l->c && shape[1] == l->h && shape[2] == l->w;
    bool vectors = shape[1] * shape[2] == 1 && t->in[1] * t->in[2] == 1 && t->kernel[0] == 1 &&
                   t->kernel[1] == 1;
    if ((uint64_t)shape[0] * shape[1] * shape[2] != ttfs_net_size(l))
        return refuse(b, n, "its output has another shape than what it is added to");
    bool small = vectors && t->group > 1 && l->kind == TTFS_LAYER_READOUT &&
                 (uint64_t)shape[0] * t->in[0] <= SMALL_MATRIX;
    if (t->dense || (own && t->in[1] == src->h && t->in[2] == src->w && !small)) return true;
    if (vectors) return spread(b, n, shape[0], t);
    return refuse(b, n,
                  own ? "it sees its source in another shape than that has"
                      : "its output has another shape than what it is added to");
}

/* The grid of the weights, unless it is one of columns. */
static void take_quanta(const Build *b, const TtfsNode *n, TtfsTerm *t) {
    const TtfsTensorInfo *w = ttfs_ir_tensor(b->ir, n->in[1]);
    if (w->quanta != 1 && w->quantum_axis != 0) return;
    t->quantum = w->quantum;
    t->quanta = w->quanta;
}

static bool add_term(Build *b, const TtfsNode *n, TtfsNetLayer *l) {
    TtfsTerm t = {.name = n->name};
    uint32_t shape[3];
    if (n->n_in < 2 || !data_of(b, n->in[1])) return refuse(b, n, "expected constant weights");
    if (!find_source(b, n, n->in[0], &t)) return false;
    if (!(n->op == TTFS_OP_GEMM ? take_gemm(b, n, &t, shape) : take_conv(b, n, &t, shape)))
        return false;
    if (!finite_values(b, n, n->in[1])) return false;
    t.weights = data_of(b, n->in[1]);
    take_quanta(b, n, &t);
    if (!fit_term(b, n, shape, l, &t)) return false;
    if (l->terms++ == 0) l->name = n->name, l->of = n->of, l->part = n->part;
    *TTFS_PUSH(&b->out->arena, b->out->terms) = t;
    return take_bias(b, n, shape[0] == l->c, shape[0], l);
}

/* The linear node that makes `t`, reshapes left out; NULL when another one does. */
static const TtfsNode *linear_of(const Build *b, TtfsTensor t) {
    const TtfsNode *n = b->maker[t.i - 1];
    while (n && n->op == TTFS_OP_RESHAPE) n = b->maker[n->in[0].i - 1];
    return n && (n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM) ? n : NULL;
}

/* Takes a left-leaning sum apart, last addend first. */
static bool take_sum(Build *b, TtfsTensor t, Sum *s) {
    for (;;) {
        const TtfsNode *n = b->layer[t.i - 1] ? NULL : b->maker[t.i - 1];
        if (n && n->op == TTFS_OP_RESHAPE) {
            t = n->in[0];
            continue;
        }
        if (!n || n->op != TTFS_OP_ADD) break;
        const TtfsNode *term = linear_of(b, n->in[1]);
        if (data_of(b, n->in[1]) && !s->map.i)
            s->map = n->in[1];
        else if (term)
            *TTFS_PUSH(&b->scratch, s->terms) = term;
        else
            return refuse(b, n, "expected a convolution or gemm, or one constant, as addend");
        s->at = n;
        t = n->in[0];
    }
    const TtfsNode *last = linear_of(b, t);
    if (!last) return refuse(b, s->at, "expected a convolution or gemm before it");
    *TTFS_PUSH(&b->scratch, s->terms) = last;
    return true;
}

static bool take_map(Build *b, const Sum *s, TtfsNetLayer *l) {
    if (!s->map.i) return true;
    if (ttfs_ir_count(ttfs_ir_tensor(b->ir, s->map)) != ttfs_net_size(l))
        return refuse(b, s->at, "expected a constant of the shape of what it is added to");
    const float *map = data_of(b, s->map);
    double *to = own_map(b, l);
    for (uint32_t i = 0; i < ttfs_net_size(l); i++) to[i] += (double)map[i];
    return finite_values(b, s->at, s->map);
}

static bool add_layer(Build *b, const TtfsNetLayer *l) {
    *TTFS_PUSH(&b->out->arena, b->out->layers) = *l;
    uint32_t *of = l->kind == TTFS_LAYER_READOUT ? b->read : b->layer;
    of[l->tensor.i - 1] = b->out->layers.len;
    return true;
}

/* The shape of a layer: that of its convolutions, which have no other; else the tensor's own, as
 * its readers see it. */
static void choose_shape(const Build *b, const Sum *s, const TtfsTensorInfo *t, TtfsNetLayer *l) {
    uint32_t shape[3] = {(uint32_t)ttfs_ir_count(t), 1, 1}, own[3];
    if (t->rank == 4) shape_of(t, shape);
    for (uint32_t i = 0; i < s->terms.len; i++) {
        shape_of(ttfs_ir_tensor(b->ir, s->terms.at[i]->out), own);
        if (s->terms.at[i]->op == TTFS_OP_CONV && own[1] * own[2] > 1)
            memcpy(shape, own, sizeof shape);
    }
    l->c = shape[0], l->h = shape[1], l->w = shape[2];
}

/* The grid of a QUANT; n NULL: none. */
static bool take_grid(const Build *b, const TtfsNode *n, TtfsNetLayer *l) {
    if (!n) return true;
    const float *scale = data_of(b, n->in[1]), *zero = data_of(b, n->in[2]);
    double low = (double)n->attr.lo, span = (double)n->attr.hi - low;
    if (!scale || !zero || !(scale[0] > 0) || !(span >= 1 && span <= 65535) || n->attr.integer)
        return refuse(b, n, "expected one constant scale and 2 to 65536 values");
    l->quantum = (double)scale[0];
    l->offset = (low - (double)zero[0]) * l->quantum;
    l->ticks = (uint32_t)span;
    return l->kind == TTFS_LAYER_INPUT || l->offset == 0 ||
           refuse(b, n, "expected a grid that begins at 0");
}

/* The bound of a CLIP; n NULL: none. */
static bool take_top(const Build *b, const TtfsNode *n, TtfsNetLayer *l) {
    if (!n) return true;
    l->top = (double)n->attr.hi;
    return (n->attr.lo == 0 && l->top > 0 && isfinite(l->top)) ||
           refuse(b, n, "expected values from 0 to a bound above 0");
}

/* True for what sets the window of the relu before it. */
static bool is_window(const TtfsNode *n) {
    return n->op == TTFS_OP_QUANT || n->op == TTFS_OP_CLIP;
}

/* The layer whose values are tensor `t`, from the sum that `sum` holds. */
static bool add_linear(Build *b, const TtfsNode *at, TtfsTensor sum, TtfsTensor t,
                       TtfsLayerKind kind) {
    Sum s = {.at = at};
    TtfsNetLayer l = {.kind = kind, .tensor = t, .term_first = b->out->terms.len};
    if (!take_grid(b, at->op == TTFS_OP_QUANT ? at : NULL, &l)) return false;
    if (!take_top(b, at->op == TTFS_OP_CLIP ? at : NULL, &l)) return false;
    if (!take_sum(b, sum, &s)) return false;
    choose_shape(b, &s, ttfs_ir_tensor(b->ir, t), &l);
    for (uint32_t i = s.terms.len; i-- > 0;)
        if (!add_term(b, s.terms.at[i], &l)) return false;
    if (ttfs_net_size(&l) != ttfs_ir_count(ttfs_ir_tensor(b->ir, t)))
        return refuse(b, at, "its shape is not that of the sum before it");
    return take_map(b, &s, &l) && add_layer(b, &l);
}

static bool add_pool(Build *b, const TtfsNode *n) {
    TtfsTerm t = {.name = n->name};
    uint32_t shape[3];
    if (ttfs_ir_tensor(b->ir, n->in[0])->rank != 4)
        return refuse(b, n, "expected an input with channels, rows and columns");
    if (!find_source(b, n, n->in[0], &t)) return false;
    take_patch(&n->attr, &t);
    shape_of(ttfs_ir_tensor(b->ir, n->out), shape);
    *TTFS_PUSH(&b->out->arena, b->out->terms) = t;
    return add_layer(b, &(TtfsNetLayer){.kind = n->op == TTFS_OP_MAXPOOL ? TTFS_LAYER_MAXPOOL
                                                                         : TTFS_LAYER_MINPOOL,
                                        .name = n->name,
                                        .of = n->of,
                                        .part = n->part,
                                        .tensor = n->out,
                                        .c = shape[0],
                                        .h = shape[1],
                                        .w = shape[2],
                                        .term_first = b->out->terms.len - 1,
                                        .terms = 1,
                                        .of_input = b->out->layers.at[t.src].of_input});
}

/* The transposition of the input that the network starts with, NULL when it has none. */
static const TtfsNode *transposed_input(const Build *b) {
    for (uint32_t i = 0; i < b->ir->nodes.len; i++) {
        const TtfsNode *n = &b->ir->nodes.at[i];
        uint32_t rank = ttfs_ir_tensor(b->ir, n->out)->rank;
        if (n->op == TTFS_OP_TRANSPOSE && n->in[0].i == b->ir->input.i && rank <= 4 &&
            n->attr.perm[0] == 0)
            return n;
    }
    return NULL;
}

/* The only QUANT that reads a tensor; NULL when there is another reader, or none. */
static const TtfsNode *rounding_of(const Build *b, TtfsTensor t) {
    const TtfsNode *found = NULL;
    for (uint32_t i = 0; i < b->ir->nodes.len; i++)
        if (b->ir->nodes.at[i].in[0].i == t.i) {
            if (found || b->ir->nodes.at[i].op != TTFS_OP_QUANT) return NULL;
            found = &b->ir->nodes.at[i];
        }
    return found;
}

static bool add_input(Build *b) {
    const TtfsNode *turned = transposed_input(b);
    TtfsTensor values = turned ? turned->out : b->ir->input;
    const TtfsTensorInfo *t = ttfs_ir_tensor(b->ir, values);
    const TtfsNode *quant = rounding_of(b, values);
    uint32_t shape[3];
    shape_of(t, shape);
    b->out->input = b->ir->input;
    for (uint32_t a = 0; a < 3; a++)
        b->out->order[a] = turned && a + 1 < t->rank ? turned->attr.perm[a + 1] - 1 : a;
    TtfsNetLayer l = {.kind = TTFS_LAYER_INPUT,
                      .name = ttfs_ir_tensor(b->ir, b->ir->input)->name,
                      .tensor = quant ? quant->out : values,
                      .c = shape[0],
                      .h = shape[1],
                      .w = shape[2],
                      .of_input = true};
    return take_grid(b, quant, &l) && add_layer(b, &l);
}

/* A relu that is only rounded or bounded is no layer of its own: the QUANT or CLIP is. */
static bool add_window(Build *b, const TtfsNode *n) {
    const TtfsNode *relu = b->maker[n->in[0].i - 1];
    if (n->out.i == b->out->layers.at[0].tensor.i) return true;
    if (!relu || relu->op != TTFS_OP_RELU) return refuse(b, n, "expected a relu before it");
    return add_linear(b, n, relu->in[0], n->out, TTFS_LAYER_RELU);
}

static bool add_node(Build *b, uint32_t index) {
    const TtfsNode *n = &b->ir->nodes.at[index];
    if (b->ends.moves[index]) return true;
    if (n->op == TTFS_OP_TRANSPOSE && n == transposed_input(b)) return true;
    if (is_window(n)) return add_window(b, n);
    if (n->op == TTFS_OP_RELU && !b->plain[n->out.i - 1]) return true;
    bool part = n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM || n->op == TTFS_OP_ADD ||
                n->op == TTFS_OP_RESHAPE || n->op == TTFS_OP_SLICE;
    if (n->op == TTFS_OP_RELU) return add_linear(b, n, n->in[0], n->out, TTFS_LAYER_RELU);
    if (n->op == TTFS_OP_MAXPOOL || n->op == TTFS_OP_MINPOOL) return add_pool(b, n);
    return part || refuse(b, n, "not an operation of the canonical form");
}

/* The readouts, in the order of what makes them. */
static bool add_readouts(Build *b) {
    if (b->ends.head[b->ir->input.i - 1])
        return ttfs_error(b->diag, TTFS_AT_FILE(b->file), TTFS_MODEL_FORM,
                          "an output of the network is its input");
    for (uint32_t i = 0; i < b->ir->nodes.len; i++) {
        const TtfsNode *n = &b->ir->nodes.at[i];
        if (!b->ends.head[n->out.i - 1]) continue;
        if (b->layer[n->out.i - 1])
            return refuse(b, n, "an output of the network is not made by a convolution or gemm");
        if (!add_linear(b, n, n->out, n->out, TTFS_LAYER_READOUT)) return false;
    }
    return true;
}

static void open_build(Build *b) {
    const TtfsIr *ir = b->ir;
    uint32_t outputs = ttfs_ir_outputs(ir);
    TtfsTensor *end = TTFS_ARRAY(&b->scratch, TtfsTensor, outputs);
    b->maker = ttfs_ir_makers(ir, &b->scratch);
    b->layer = TTFS_ARRAY(&b->scratch, uint32_t, ir->tensors.len);
    b->read = TTFS_ARRAY(&b->scratch, uint32_t, ir->tensors.len);
    b->plain = TTFS_ARRAY(&b->scratch, bool, ir->tensors.len);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        for (uint32_t k = 0; !is_window(n) && k < n->n_in; k++) b->plain[n->in[k].i - 1] = true;
    }
    for (uint32_t i = 0; i < outputs; i++) {
        end[i] = ttfs_ir_output(ir, i);
        b->plain[end[i].i - 1] = true;
    }
    b->ends = ttfs_ir_ends(ir, end, outputs, &b->scratch);
}

bool ttfs_net_of(const TtfsIr *ir, const char *file, TtfsNet *out, TtfsDiag *diag) {
    TtfsBudget *budget = ir->arena.budget;
    *out = (TtfsNet){.arena.budget = budget};
    Build b = {.ir = ir, .file = file, .out = out, .diag = diag, .scratch.budget = budget};
    open_build(&b);
    bool ok = add_input(&b);
    for (uint32_t i = 0; ok && i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        ok = add_node(&b, i) && ttfs_budget_check(budget, TTFS_AT_NODE(file, n->name), diag);
    }
    ok = ok && add_readouts(&b) && ttfs_net_pieces(ir, b.ends.moves, b.read, file, out, diag);
    ttfs_arena_free(&b.scratch);
    if (!ok) ttfs_net_free(out);
    return ok;
}
