/* SPDX-License-Identifier: Apache-2.0
 *
 * Random quantised networks for the tests: the input, every activation and all weights on grids of
 * integers, as an importer gives them. Weights per tensor or per channel, 2 to 8 bits; activations
 * with and without sign, zero points, odd bit widths; with and without a relu in front. Biases are
 * integers on the sums' grid. `exact`: every ratio of grids is an odd integer, so that no sum lies
 * half way between two quanta. Include after built_net.h.
 */
#ifndef QDQ_NET_H
#define QDQ_NET_H

typedef struct {
    Net n;
    bool exact, residual;
    double scale;       /* of the last activation's grid */
    double base;        /* of the quanta of the last weights */
    uint32_t quantised; /* activations on grids so far */
} Qdq;

static inline TtfsTensor qdq_number(Qdq *k, double v) {
    TtfsTensor t = tensor(&k->n, "number", 0, NULL, true);
    ((float *)(uintptr_t)ttfs_ir_tensor(&k->n.ir, t)->data)[0] = (float)v;
    return t;
}

static inline int qdq_in(Qdq *k, int low, int high) {
    return low + (int)ttfs_rng_below(&k->n.rng, (uint32_t)(high - low + 1));
}

static inline void qdq_round(Qdq *k, double scale, int zero, int lo, int hi) {
    const char *name = ttfs_arena_printf(&k->n.ir.arena, "q%u", k->quantised++);
    TtfsTensor s = qdq_number(k, scale), z = qdq_number(k, zero);
    push(&k->n, TTFS_OP_QUANT, name, IN(LAST, s, z), NULL);
    TtfsNode *q = &k->n.ir.nodes.at[k->n.ir.nodes.len - 1];
    q->attr.lo = (float)lo;
    q->attr.hi = (float)hi;
    k->scale = (double)(float)scale;
}

/* The largest |value| of the last tensor over some samples. */
static inline double qdq_top(Qdq *k) {
    TtfsRelu *r = ttfs_relu_open(&k->n.ir);
    uint64_t ins = ttfs_ir_count(ttfs_ir_tensor(&k->n.ir, k->n.ir.input));
    uint64_t outs = ttfs_ir_count(ttfs_ir_tensor(&k->n.ir, k->n.last));
    float x[256];
    double top = 2000 * k->base * k->scale; /* a layer that is silent on these samples */
    for (int i = 0; i < 8; i++) {
        for (uint64_t j = 0; j < ins; j++) x[j] = (float)(2 * ttfs_rng_f64(&k->n.rng) - 0.7);
        const float *y = ttfs_relu_run(r, x);
        for (uint64_t j = 0; j < outs; j++) top = fmax(top, fabs((double)y[j]));
    }
    ttfs_relu_close(r);
    return top;
}

/* Weights of `bits` bits with the channels on axis 0, and a bias on their grid. */
static inline void qdq_weights(Qdq *k, uint32_t rank, const uint32_t *dim, int bits, bool each,
                               TtfsTensor out[2]) {
    static const int factor[] = {1, 3, 5, 7};
    uint32_t outs = dim[0], quanta = each ? outs : 1;
    out[0] = tensor(&k->n, "w", rank, dim, true);
    out[1] = tensor(&k->n, "b", 1, &outs, true);
    TtfsTensorInfo *w = ttfs_ir_tensor(&k->n.ir, out[0]), *b = ttfs_ir_tensor(&k->n.ir, out[1]);
    float *quantum = TTFS_ARRAY(&k->n.ir.arena, float, quanta);
    float *data = (float *)(uintptr_t)w->data, *bias = (float *)(uintptr_t)b->data;
    uint64_t row = ttfs_ir_count(w) / outs;
    int most = (1 << (bits - 1)) - 1;
    double base = k->base = 0.01 * (1 + ttfs_rng_f64(&k->n.rng));
    for (uint32_t i = 0; i < quanta; i++)
        quantum[i] = (float)(k->exact ? base * factor[qdq_in(k, 0, each ? 3 : 0)]
                                      : base * (1 + ttfs_rng_f64(&k->n.rng)));
    for (uint64_t i = 0; i < outs * row; i++)
        data[i] =
            (float)(qdq_in(k, -most - (bits > 2), most) * (double)quantum[each ? i / row : 0]);
    for (uint32_t i = 0; i < outs; i++)
        bias[i] =
            (float)(qdq_in(k, -40 * most, 40 * most) * (double)quantum[each ? i : 0] * k->scale);
    w->quantum = quantum;
    w->quanta = quanta;
}

/* The quantum of a grid of `span` integers for the last tensor; an odd multiple of the sums' quanta
 * when exact (105 = 3 * 5 * 7 has all the channels' factors). */
static inline double qdq_scale(Qdq *k, int span) {
    double wanted = 1.1 * qdq_top(k) / span;
    if (!k->exact) return wanted;
    double unit = k->base * k->scale;
    double odd = 2 * floor(wanted / unit / 105 / 2) + 1;
    return unit * 105 * odd;
}

/* A layer of the last tensor with weights and bias of its own. */
static inline void qdq_layer(Qdq *k, TtfsOp op, const char *name, uint32_t rank,
                             const uint32_t *dim, uint32_t pad, int bits, bool each) {
    TtfsDiag diag = {0};
    TtfsTensor w[2];
    qdq_weights(k, rank, dim, bits, each, w);
    TtfsNode n = {.op = op, .name = name, .n_in = 3, .in = {k->n.last, w[0], w[1]}};
    TtfsTensorInfo out = {0};
    n.attr = ttfs_ir_attr();
    n.attr.trans_b = op == TTFS_OP_GEMM;
    if (op == TTFS_OP_CONV) memcpy(n.attr.kernel, dim + 2, sizeof n.attr.kernel);
    for (int i = 0; i < 4; i++) n.attr.pad[i] = pad;
    if (!ttfs_ir_infer(&k->n.ir, &n, &out, NULL, &diag)) fail_msg("%s", diag.messages.at[0].what);
    out.name = name;
    k->n.last = k->n.ir.output = n.out = ttfs_ir_add_tensor(&k->n.ir, &out);
    ttfs_ir_add_node(&k->n.ir, &n);
}

static inline void qdq_conv(Qdq *k, const char *name, uint32_t outs, uint32_t ins, uint32_t pad) {
    int bits = qdq_in(k, 2, 8);
    qdq_layer(k, TTFS_OP_CONV, name, 4, (uint32_t[]){outs, ins, 3, 3}, pad, bits, qdq_in(k, 0, 1));
}

static inline void qdq_gemm(Qdq *k, const char *name, uint32_t outs, uint32_t ins, bool each) {
    int bits = qdq_in(k, 2, 8);
    qdq_layer(k, TTFS_OP_GEMM, name, 2, (uint32_t[]){outs, ins}, 0, bits, each);
}

/* An activation on a grid behind the weights: with a relu and none or some of the grid below 0, or
 * without one. */
static inline void qdq_activation(Qdq *k, const char *name) {
    int bits = qdq_in(k, 3, 8), span = (1 << bits) - 1;
    bool is_signed = qdq_in(k, 0, 1), rectified = qdq_in(k, 0, 2) > 0;
    int lo = is_signed ? -(1 << (bits - 1)) : 0, below = qdq_in(k, 0, 1) ? span / 3 : 0;
    if (rectified) relu(&k->n, name);
    qdq_round(k, qdq_scale(k, span - below), lo + below, lo, lo + span);
}

static inline Qdq qdq_random(uint64_t seed, bool exact) {
    Qdq k = {.exact = exact};
    TtfsTensor around;
    k.n = start(DIMS(1, 2, 6, 6));
    k.n.rng = ttfs_rng(seed);
    bool is_signed = seed % 2;
    int lo = is_signed ? -128 : 0, zero = lo + qdq_in(&k, 0, 1) * qdq_in(&k, 0, 100);
    k.residual = !exact && seed % 3 == 0;
    qdq_round(&k, exact ? 0.0078125 : 0.004 * (1 + ttfs_rng_f64(&k.n.rng)), zero, lo, lo + 255);
    qdq_conv(&k, "c1", 3, 2, seed % 4 < 2);
    qdq_activation(&k, "r1");
    if (qdq_in(&k, 0, 1)) push(&k.n, TTFS_OP_MAXPOOL, "pool", IN(LAST), NULL);
    around = k.n.last;
    double scale = k.scale;
    uint32_t side = ttfs_ir_tensor(&k.n.ir, k.n.last)->dim[2];
    qdq_conv(&k, "c2", 3, 3, 1);
    qdq_activation(&k, "r2");
    if (k.residual) {
        push(&k.n, TTFS_OP_ADD, "sum", IN(LAST, around), NULL);
        relu(&k.n, "r3");
        qdq_round(&k, fmax(scale, 1.1 * qdq_top(&k) / 255), 0, 0, 255);
    }
    reshape(&k.n, "flat", DIMS(1, 3 * side * side));
    qdq_gemm(&k, "g1", 5, 3 * side * side, qdq_in(&k, 0, 1));
    qdq_activation(&k, "r4");
    qdq_gemm(&k, "g2", 4, 5, false);
    return k;
}

#endif
