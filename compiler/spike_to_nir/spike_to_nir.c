/* SPDX-License-Identifier: Apache-2.0
 *
 * Populations in order, each by its connections: a matrix or a convolution a connection, whose sum
 * an IF takes. The value of a node for an integer x of a population is x / T, of the input, and of
 * pools of it, x * scale.
 */
#include "nir_maker.h"

/* A pool has the values of its source. */
static double step_of(const TtfsSpike *s, const TtfsPopulation *src) {
    while (src->kind == TTFS_POP_POOL) src = ttfs_spike_pop(s, s->conns.at[src->conn_first].src);
    return src->kind == TTFS_POP_INPUT ? src->scale : 1.0 / src->ticks;
}

/* --- connections --- */

/* What one of them needs. */
typedef struct {
    NirMaker *m;
    const TtfsConnection *c;
    const TtfsPopulation *src, *dst;
    const char *name; /* of the node */
    bool biased;      /* the population's bias is its */
} Link;

/* The matrix's row of a neuron: weights of the source's neurons that it sees, 0 for the others. */
static void matrix_row(const Link *l, uint32_t neuron, float *row) {
    const TtfsConnection *c = l->c;
    uint32_t channel = neuron / (l->dst->h * l->dst->w);
    double each = ttfs_nir_unit(l->dst, channel) / step_of(l->m->spike, l->src);
    uint32_t first = ttfs_conn_first(l->m->spike, c), fan = ttfs_conn_fan(l->m->spike, c);
    if (c->kind == TTFS_CONN_DENSE) {
        const int16_t *w = c->weights + (uint64_t)neuron * fan;
        for (uint32_t i = 0; i < fan; i++) row[first + i] = ttfs_nir_put_real(l->m, w[i] * each);
        return;
    }
    /* a convolution of one place: the tap that lies on it, if one does */
    uint32_t taps = c->kernel[0] * c->kernel[1], in = c->src_channels / c->group;
    uint32_t y = c->pad[0] / c->dilation[0], x = c->pad[1] / c->dilation[1];
    uint32_t tap = y * c->kernel[1] + x;
    bool hit = c->pad[0] % c->dilation[0] == 0 && c->pad[1] % c->dilation[1] == 0 &&
               y < c->kernel[0] && x < c->kernel[1];
    uint32_t group = channel / (l->dst->c / c->group);
    for (uint32_t i = 0; hit && i < in; i++)
        row[first + group * in + i] =
            ttfs_nir_put_real(l->m, c->weights[((uint64_t)channel * in + i) * taps + tap] * each);
}

/* A vector's offset is in the bias; a map's was taken off before (shift). */
static double offset_of(const Link *l, const float *row, uint64_t in) {
    double sum = 0;
    bool vector = l->m->value[l->c->src.i - 1].is_flat;
    if (l->src->kind != TTFS_POP_INPUT || l->src->offset == 0 || !vector) return 0;
    for (uint64_t i = 0; i < in; i++) sum += (double)row[i];
    return sum * l->src->offset;
}

static void put_matrix(const Link *l) {
    NirMaker *m = l->m;
    TtfsMark mark = ttfs_arena_mark(&m->arena);
    uint32_t out = ttfs_pop_size(l->dst), in = ttfs_pop_size(l->src);
    float *weights = TTFS_ARRAY(&m->arena, float, (uint64_t)out *in);
    float *bias = TTFS_ARRAY(&m->arena, float, out);
    for (uint32_t i = 0; i < out; i++) {
        float *row = weights + (uint64_t)i * in;
        matrix_row(l, i, row);
        bias[i] = ttfs_nir_put_real(m, (l->biased ? ttfs_nir_bias_of(l->dst, i) : 0) -
                                           offset_of(l, row, in));
    }
    ttfs_nir_put_affine(m, l->name, out, in, weights, bias);
    ttfs_arena_release(&m->arena, mark);
}

/* Weights of all channels with all, rows and columns of zeros where padding is made even. */
static void spread(const Link *l, const NirConv *v, uint32_t above, uint32_t left, float *out) {
    const TtfsConnection *c = l->c;
    uint32_t in = c->src_channels / c->group, kh = c->kernel[0], kw = c->kernel[1];
    for (uint32_t o = 0; o < v->out; o++)
        for (uint32_t i = 0; i < in; i++) {
            uint32_t channel = c->src_ch_first + o / (v->out / c->group) * in + i;
            const int16_t *w = c->weights + ((uint64_t)o * in + i) * kh * kw;
            float *to = out + ((uint64_t)o * v->in + channel) * v->kernel[0] * v->kernel[1];
            double each = ttfs_nir_unit(l->dst, o) / step_of(l->m->spike, l->src);
            for (uint32_t k = 0; k < kh * kw; k++)
                to[(k / kw + above) * v->kernel[1] + k % kw + left] =
                    ttfs_nir_put_real(l->m, w[k] * each);
        }
}

static void put_convolution(const Link *l) {
    NirMaker *m = l->m;
    const TtfsConnection *c = l->c;
    TtfsMark mark = ttfs_arena_mark(&m->arena);
    NirPatch patch;
    ttfs_nir_patch(c, &patch);
    NirConv v = ttfs_nir_patch_conv(l->src, l->dst, c, &patch);
    uint64_t taps = (uint64_t)v.kernel[0] * v.kernel[1];
    float *weights = TTFS_ARRAY(&m->arena, float, taps *v.out *v.in);
    float *bias = TTFS_ARRAY(&m->arena, float, v.out);
    spread(l, &v, patch.before[0], patch.before[1], weights);
    for (uint32_t i = 0; l->biased && i < v.out; i++)
        bias[i] = ttfs_nir_put_real(m, ttfs_nir_bias_of(l->dst, i * l->dst->h * l->dst->w));
    v.weights = weights, v.bias = bias;
    ttfs_nir_put_conv(m, l->name, &v);
    ttfs_arena_release(&m->arena, mark);
}

/* The population as a vector: itself, or the Flatten behind it, made when it is first asked for. */
static const char *flat_of(NirMaker *m, TtfsPop p) {
    NirValue *v = &m->value[p.i - 1];
    if (v->is_flat) return v->name;
    if (v->flat) return v->flat;
    v->flat = ttfs_nir_put_name(m, v->name, "flat");
    ttfs_nir_put_flatten(m, v->flat, ttfs_spike_pop(m->spike, p));
    ttfs_nir_put_edge(m, v->name, v->flat);
    return v->flat;
}

/* The node that gives one connection's sum, in the target's shape. */
static const char *put_link(const Link *l) {
    NirMaker *m = l->m;
    bool matrix = ttfs_nir_is_matrix(m, l->c);
    ttfs_nir_put_edge(m, matrix ? flat_of(m, l->c->src) : m->value[l->c->src.i - 1].name, l->name);
    if (matrix)
        put_matrix(l);
    else
        put_convolution(l);
    if (matrix || !m->value[l->c->dst.i - 1].is_flat) return l->name;
    const char *flat = ttfs_nir_put_name(m, l->name, "flat");
    ttfs_nir_put_flatten(m, flat, l->dst);
    ttfs_nir_put_edge(m, l->name, flat);
    return flat;
}

/* --- populations --- */

/* The first connection has the bias; where matrices meet convolutions, the first matrix, since a
 * convolution has one a channel; none, beyond the last, when that does not do. */
static uint32_t biased_one(const NirMaker *m, const TtfsPopulation *p, bool flat) {
    if (!flat && ttfs_nir_bias_moves(p)) return p->conn_count;
    for (uint32_t i = 0; flat && i < p->conn_count; i++)
        if (ttfs_nir_is_matrix(m, &m->spike->conns.at[p->conn_first + i])) return i;
    return 0;
}

static void put_sums(NirMaker *m, const TtfsPopulation *p, NirValue *v) {
    uint32_t biased = biased_one(m, p, v->is_flat);
    bool own = p->kind == TTFS_POP_READOUT && p->conn_count == 1 && biased == 0;
    for (uint32_t i = 0; i < p->conn_count; i++) {
        const TtfsConnection *c = &m->spike->conns.at[p->conn_first + i];
        const char *name = own ? v->name : ttfs_nir_put_name(m, v->name, "sum");
        Link l = {m, c, ttfs_spike_pop(m->spike, c->src), p, name, i == biased};
        const char *sum = put_link(&l);
        if (!own) ttfs_nir_put_edge(m, sum, v->name);
        if (i == 0 && biased == p->conn_count) ttfs_nir_put_bias_map(m, p, sum, v->name);
    }
    if (p->kind == TTFS_POP_READOUT && !own) {
        uint64_t dim[3];
        uint32_t rank = ttfs_nir_put_shape(p, v->is_flat, dim);
        ttfs_nir_put_scale(m, v->name, rank, dim, 1);
    }
}

/* What a map's padding would hold is the value that the input's silence stands for: it is taken off
 * before. */
static void put_input(NirMaker *m, const TtfsPopulation *p, NirValue *v) {
    uint64_t dim[3];
    uint32_t rank = ttfs_nir_put_shape(p, v->is_flat, dim);
    ttfs_nir_put_end(m, v->name, "Input", rank, dim);
    if (p->offset == 0 || v->is_flat) return;
    const char *shift = ttfs_nir_put_name(m, v->name, "shift");
    float *one = TTFS_ARRAY(&m->arena, float, (uint64_t)p->c * p->c);
    for (uint32_t i = 0; i < p->c; i++) one[(uint64_t)i * p->c + i] = 1;
    NirConv c = {.out = p->c,
                 .in = p->c,
                 .h = p->h,
                 .w = p->w,
                 .kernel = {1, 1},
                 .stride = {1, 1},
                 .dilation = {1, 1},
                 .weights = one,
                 .bias = ttfs_nir_put_all(m, -p->offset, p->c)};
    ttfs_nir_put_conv(m, shift, &c);
    ttfs_nir_put_edge(m, v->name, shift);
    v->name = shift;
}

static void put_population(NirMaker *m, uint32_t index) {
    const TtfsPopulation *p = &m->spike->pops.at[index];
    NirValue *v = &m->value[index];
    uint64_t dim[3];
    uint32_t rank = ttfs_nir_put_shape(p, v->is_flat, dim);
    if (p->kind == TTFS_POP_INPUT) {
        put_input(m, p, v);
    } else if (p->kind == TTFS_POP_POOL) {
        ttfs_nir_put_pool(m, p, &m->spike->conns.at[p->conn_first], v->name);
    } else {
        put_sums(m, p, v);
        if (p->kind == TTFS_POP_RELU) ttfs_nir_put_if(m, v->name, rank, dim, p->scale * p->ticks);
    }
}

static void put_output(NirMaker *m, const char *name, TtfsPop readout) {
    uint64_t dim[3];
    const NirValue *v = &m->value[readout.i - 1];
    uint32_t rank = ttfs_nir_put_shape(ttfs_spike_pop(m->spike, readout), v->is_flat, dim);
    const char *own = ttfs_names_take(&m->names, ttfs_hdf5_name(name, 1, &m->arena), &m->arena);
    ttfs_nir_put_end(m, own, "Output", rank, dim);
    ttfs_nir_put_edge(m, v->name, own);
}

static void put_outputs(NirMaker *m) {
    const TtfsSpike *s = m->spike;
    for (uint32_t i = 0; i < s->outputs.len; i++)
        put_output(m, s->outputs.at[i].name, (TtfsPop){s->outputs.at[i].pieces.at->pop});
    for (uint32_t i = 0; !s->outputs.len && i < s->pops.len; i++)
        if (s->pops.at[i].kind == TTFS_POP_READOUT) put_output(m, "output", (TtfsPop){i + 1});
}

/* --- the file --- */

static void finish(NirMaker *m, TtfsBuf *out) {
    const char *version = "1.0.8", *type = "NIRGraph";
    uint64_t dim[2] = {m->edges.len / 2, 2};
    TtfsHdf5Header graph = ttfs_hdf5_group(), root = ttfs_hdf5_group();
    ttfs_hdf5_link(&graph, "type", ttfs_hdf5_strings(&m->w, 0, NULL, &type));
    ttfs_hdf5_link(&graph, "nodes", ttfs_hdf5_put(&m->w, &m->nodes));
    ttfs_hdf5_link(&graph, "edges", ttfs_hdf5_strings(&m->w, 2, dim, m->edges.at));
    ttfs_hdf5_link(&root, "version", ttfs_hdf5_strings(&m->w, 0, NULL, &version));
    ttfs_hdf5_link(&root, "node", ttfs_hdf5_put(&m->w, &graph));
    ttfs_hdf5_end(&m->w, &root);
    ttfs_buf_bytes(out, m->w.file.text, m->w.file.len);
}

static bool check_numbers(NirMaker *m) {
    if (m->names.len > NIR_MOST_WRITTEN)
        return ttfs_error(m->diag, TTFS_AT_FILE(m->file), TTFS_LIMIT,
                          "%u nodes, a group of the file holds %d", m->names.len, NIR_MOST_WRITTEN);
    return !m->infinite || ttfs_error(m->diag, TTFS_AT_FILE(m->file), TTFS_MODEL_VALUE,
                                      "a weight, bias or threshold is beyond float32");
}

static bool make(NirMaker *m, TtfsBuf *out, TtfsNirWritten *written) {
    const TtfsSpike *s = m->spike;
    m->value = TTFS_ARRAY(&m->arena, NirValue, s->pops.len);
    if (!ttfs_nir_examine(m)) return false;
    for (uint32_t i = 0; i < s->pops.len; i++)
        m->value[i].name = ttfs_names_take(
            &m->names, ttfs_hdf5_name(s->pops.at[i].name, i + 1, &m->arena), &m->arena);
    for (uint32_t i = 0; i < s->pops.len; i++) put_population(m, i);
    put_outputs(m);
    if (!check_numbers(m)) return false;
    finish(m, out);
    *written = (TtfsNirWritten){m->names.len, m->edges.len / 2};
    return true;
}

bool ttfs_spike_to_nir(const TtfsSpike *s, const char *file, TtfsBuf *out, TtfsNirWritten *written,
                       TtfsDiag *diag) {
    NirMaker m = {.spike = s, .file = file, .diag = diag, .nodes = ttfs_hdf5_group()};
    ttfs_hdf5_begin(&m.w);
    bool ok = make(&m, out, written);
    ttfs_buf_free(&m.w.file);
    ttfs_buf_free(&m.nodes.messages);
    ttfs_arena_free(&m.arena);
    return ok;
}
