/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine against its definition, the relu engine: random networks, every tensor and every
 * output; the same bytes for any other samples beside one and for any processor; the forms that
 * random networks do not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "fast_inside.h"
#include "relu.h"
#include "share.h"
#include "target.h"

#include <math.h>

#include "random_net.h"

enum { MOST = TTFS_FAST_SAMPLES, NETS = A_SHARE(40) };
static const double bound = 1e-5; /* of the largest value on the way */

/* A network with samples, and what the definition says of them. */
typedef struct {
    TtfsArena arena;
    const TtfsIr *ir;
    uint64_t inputs;
    float *x;          /* [MOST][inputs] */
    float **value;     /* [tensors] [MOST][elements] */
    double *most;      /* [nodes] the largest value of the input and of nodes up to this one */
    double worst;      /* distance to the definition, as a share of that */
    uint32_t seen;     /* nodes */
    uint32_t tiled;    /* steps of the last run for outputs alone that took tiles */
    float *kept[MOST]; /* [outputs] */
} Case;

static uint64_t count_of(const TtfsIr *ir, TtfsTensor t) {
    return ttfs_ir_count(ttfs_ir_tensor(ir, t));
}

static double largest(const float *v, uint64_t n) {
    double most = 0;
    for (uint64_t i = 0; i < n; i++) most = fmax(most, fabs((double)v[i]));
    return most;
}

static void open_case(Case *k, const TtfsIr *ir, uint64_t seed) {
    TtfsRng r = ttfs_rng(seed);
    *k = (Case){.ir = ir, .inputs = count_of(ir, ir->input)};
    k->x = TTFS_ARRAY(&k->arena, float, MOST * k->inputs);
    for (uint64_t i = 0; i < MOST * k->inputs; i++) k->x[i] = (float)ttfs_rng_normal(&r);
    k->value = TTFS_ARRAY(&k->arena, float *, ir->tensors.len);
    k->most = TTFS_ARRAY(&k->arena, double, ir->nodes.len);
    for (uint32_t t = 0; t < ir->tensors.len; t++)
        k->value[t] = TTFS_ARRAY(&k->arena, float, MOST *ttfs_ir_count(&ir->tensors.at[t]));
    TtfsRelu *relu = ttfs_relu_open(ir);
    for (uint64_t i = 0; i < MOST; i++) {
        ttfs_relu_run(relu, k->x + i * k->inputs);
        for (uint32_t t = 0; t < ir->tensors.len; t++) {
            uint64_t n = ttfs_ir_count(&ir->tensors.at[t]);
            memcpy(k->value[t] + i * n, ttfs_relu_values(relu, (TtfsTensor){t + 1}), n * 4);
        }
    }
    ttfs_relu_close(relu);
    double most = largest(k->x, MOST * k->inputs);
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        TtfsTensor out = ir->nodes.at[i].out;
        most = fmax(most, largest(k->value[out.i - 1], MOST * count_of(ir, out)));
        k->most[i] = most;
    }
}

static void close_case(Case *k) {
    ttfs_arena_free(&k->arena);
}

static double distance(const float *a, const float *b, uint64_t n) {
    double most = 0;
    for (uint64_t i = 0; i < n; i++) most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

static void see(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    Case *k = context;
    assert_ptr_equal(node, &k->ir->nodes.at[k->seen]);
    double off = distance(values, k->value[node->out.i - 1], n * count_of(k->ir, node->out));
    k->worst = fmax(k->worst, off / k->most[k->seen++]);
}

static TtfsFast *open_fast(const TtfsIr *ir, bool whole, const char *cpu) {
    TtfsDiag diag = {0};
    TtfsFast *f = ttfs_fast_open(ir, &(TtfsFastOptions){whole, cpu}, &diag);
    if (!f) fail_msg("%s", ttfs_diag_error(&diag)->what);
    ttfs_diag_free(&diag);
    return f;
}

/* Steps that take tiles. */
static uint32_t tiled_steps(const TtfsFast *f) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->steps.len; i++)
        n += f->steps.at[i].kind == TTFS_FAST_SUM && f->steps.at[i].sum.block > 0;
    return n;
}

/* Every tensor of a run of `n` samples. */
static void run_whole(Case *k, uint64_t n) {
    TtfsFast *f = open_fast(k->ir, true, NULL);
    TtfsFastWork *w = ttfs_fast_work(f);
    assert_int_equal(tiled_steps(f), 0);
    k->seen = 0;
    ttfs_fast_run(w, k->x, n, see, k);
    assert_int_equal(k->seen, k->ir->nodes.len);
    ttfs_fast_drop(w);
    ttfs_fast_close(f);
}

/* The outputs of samples [first, first + n) that run together, into `kept`. */
static void run_some(Case *k, TtfsFastWork *w, uint64_t first, uint64_t n) {
    ttfs_fast_run(w, k->x + first * k->inputs, n, NULL, NULL);
    for (uint32_t o = 0; o < ttfs_ir_outputs(k->ir); o++) {
        uint64_t count = count_of(k->ir, ttfs_ir_output(k->ir, o));
        memcpy(k->kept[o] + first * count, ttfs_fast_output(w, o), n * count * 4);
    }
}

/* All outputs, in runs of `n` samples at most. */
static void run_outputs(Case *k, const char *cpu, uint64_t n) {
    TtfsFast *f = open_fast(k->ir, false, cpu);
    TtfsFastWork *w = ttfs_fast_work(f);
    k->tiled = tiled_steps(f);
    for (uint32_t o = 0; o < ttfs_ir_outputs(k->ir); o++)
        k->kept[o] = TTFS_ARRAY(&k->arena, float, MOST *count_of(k->ir, ttfs_ir_output(k->ir, o)));
    for (uint64_t at = 0; at < MOST; at += n) run_some(k, w, at, MOST - at < n ? MOST - at : n);
    ttfs_fast_drop(w);
    ttfs_fast_close(f);
}

static void compare_outputs(Case *k) {
    for (uint32_t o = 0; o < ttfs_ir_outputs(k->ir); o++) {
        TtfsTensor t = ttfs_ir_output(k->ir, o);
        double off = distance(k->kept[o], k->value[t.i - 1], MOST * count_of(k->ir, t));
        k->worst = fmax(k->worst, off / k->most[k->ir->nodes.len - 1]);
    }
}

static void random_networks(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        TtfsArena data = {0};
        Case k;
        TtfsIr ir =
            random_net(&data, seed, (RandomNetOptions){.layers = 16, .simple = seed % 3 == 0});
        open_case(&k, &ir, seed);
        run_whole(&k, MOST - seed % 3);
        run_outputs(&k, NULL, MOST);
        compare_outputs(&k);
        if (!(k.worst < bound)) fail_msg("network %d: off by %g", (int)seed, k.worst);
        worst = fmax(worst, k.worst);
        close_case(&k);
        ttfs_ir_free(&ir);
        ttfs_arena_free(&data);
    }
    print_message("%d networks, off by %.2g at most\n", NETS, worst);
    assert_true(worst > 0);
}

/* That the comparison sees one weight that is wrong. */
static void wrong_weight(void **state) {
    (void)state;
    TtfsArena data = {0};
    Case k;
    TtfsIr ir = random_net(&data, 3, (RandomNetOptions){.layers = 4, .simple = true});
    open_case(&k, &ir, 3);
    run_whole(&k, MOST);
    assert_true(k.worst < bound);
    for (uint32_t i = 0; i < ir.nodes.len; i++)
        if (ir.nodes.at[i].op == TTFS_OP_CONV || ir.nodes.at[i].op == TTFS_OP_GEMM)
            ((float *)ttfs_ir_tensor(&ir, ir.nodes.at[i].in[1])->data)[0] += 0.1f;
    run_whole(&k, MOST);
    assert_true(k.worst > bound);
    close_case(&k);
    ttfs_ir_free(&ir);
    ttfs_arena_free(&data);
}

static bool runs_here(const char *cpu) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsTarget t;
    bool here = ttfs_target_host(&t, cpu, &a, &diag);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    return here;
}

/* One by one, five by five, or by the code of another processor: the same bytes. */
static void same_bytes(void **state) {
    (void)state;
    static const struct {
        const char *cpu;
        uint64_t n;
    } other[] = {{NULL, 1}, {NULL, 5}, {"x86-64-v3", MOST}, {"x86-64", MOST}};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        TtfsArena data = {0};
        Case k;
        TtfsIr ir = random_net(&data, seed, (RandomNetOptions){.layers = 8});
        open_case(&k, &ir, seed);
        run_outputs(&k, NULL, MOST);
        uint64_t bytes = MOST * count_of(&ir, ir.output) * 4;
        const float *want = k.kept[0];
        for (int i = 0; i < 4; i++) {
            if (!runs_here(other[i].cpu)) continue;
            run_outputs(&k, other[i].cpu, other[i].n);
            if (memcmp(want, k.kept[0], bytes) != 0)
                fail_msg("network %d, way %d: other bytes", (int)seed, i);
        }
        close_case(&k);
        ttfs_ir_free(&ir);
        ttfs_arena_free(&data);
    }
}

/* A network that a test makes node by node. */
static TtfsTensor constant(TtfsIr *ir, uint32_t rows, uint32_t columns) {
    TtfsTensorInfo t = {.name = "c", .rank = 2, .dim = {rows, columns}};
    TtfsRng r = ttfs_rng(rows * 100 + columns);
    float *v = TTFS_ARRAY(&ir->arena, float, (uint64_t)rows *columns);
    for (uint64_t i = 0; i < (uint64_t)rows * columns; i++) v[i] = (float)ttfs_rng_normal(&r);
    t.data = v;
    return ttfs_ir_add_tensor(ir, &t);
}

static TtfsTensor add_as(TtfsIr *ir, TtfsNode n, TtfsTensorInfo out) {
    TtfsDiag diag = {0};
    n.name = out.name = "n";
    assert_true(ttfs_ir_infer(ir, &n, &out, NULL, &diag));
    n.out = ir->output = ttfs_ir_add_tensor(ir, &out);
    ttfs_ir_add_node(ir, &n);
    return n.out;
}

static TtfsTensor add(TtfsIr *ir, TtfsNode n) {
    return add_as(ir, n, (TtfsTensorInfo){0});
}

static TtfsNode node(TtfsOp op, TtfsTensor a, TtfsTensor b, TtfsTensor c) {
    return (TtfsNode){.op = op,
                      .n_in = c.i   ? 3
                              : b.i ? 2
                                    : 1,
                      .in = {a, b, c},
                      .attr = ttfs_ir_attr()};
}

static TtfsIr input_of(uint32_t rows, uint32_t columns) {
    TtfsIr ir = {0};
    TtfsTensorInfo x = {.name = "x", .rank = 2, .dim = {rows, columns}};
    ir.input = ttfs_ir_add_tensor(&ir, &x);
    return ir;
}

static void check_close(TtfsIr *ir) {
    Case k;
    open_case(&k, ir, 1);
    run_whole(&k, MOST);
    run_outputs(&k, NULL, MOST);
    compare_outputs(&k);
    if (!(k.worst < bound)) fail_msg("off by %g", k.worst);
    close_case(&k);
    ttfs_ir_free(ir);
}

/* Products of two computed matrices, of several rows, with alpha, beta and an addend a row. */
static void matrices(void **state) {
    (void)state;
    TtfsTensor none = {0};
    TtfsIr ir = input_of(3, 5);
    TtfsTensor a = add(&ir, node(TTFS_OP_MATMUL, ir.input, constant(&ir, 5, 19), none));
    TtfsNode g = node(TTFS_OP_GEMM, a, constant(&ir, 33, 19), constant(&ir, 1, 33));
    g.attr.trans_b = true;
    g.attr.alpha = 0.5f;
    g.attr.beta = -2;
    TtfsTensor b = add(&ir, g);
    b = add(&ir, node(TTFS_OP_CLIP, b, none, none));
    g = node(TTFS_OP_GEMM, b, a, none); /* both computed */
    g.attr.trans_a = true;
    TtfsTensor c = add(&ir, g);
    add(&ir, node(TTFS_OP_GEMM, c, constant(&ir, 19, 2), constant(&ir, 33, 2)));
    check_close(&ir);
}

/* What a product adds: one value an output, of any rank, goes with it; one an element does not. */
static void addends(void **state) {
    (void)state;
    TtfsIr ir = input_of(3, 5);
    static float values[12] = {1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12};
    const TtfsTensorInfo added[] = {{.name = "c", .data = values},
                                    {.name = "c", .rank = 1, .dim = {4}, .data = values},
                                    {.name = "c", .rank = 2, .dim = {1, 4}, .data = values},
                                    {.name = "c", .rank = 2, .dim = {3, 4}, .data = values}};
    for (uint32_t i = 0; i < 4; i++)
        add(&ir,
            node(TTFS_OP_GEMM, ir.input, constant(&ir, 5, 4), ttfs_ir_add_tensor(&ir, &added[i])));
    TtfsFast *f = open_fast(&ir, true, NULL);
    assert_int_equal(f->steps.len, 4);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(f->steps.at[i].kind == TTFS_FAST_SUM, i < 3);
    ttfs_fast_close(f);
    check_close(&ir);
}

/* What has axes along which samples must not be mixed. */
static void along_axes(void **state) {
    (void)state;
    static const TtfsOp ops[] = {TTFS_OP_SOFTMAX, TTFS_OP_LOGSOFTMAX, TTFS_OP_SIGMOID,
                                 TTFS_OP_TANH,    TTFS_OP_TOPK,       TTFS_OP_ARGMAX};
    for (uint32_t i = 0; i < 6; i++) {
        TtfsIr ir = input_of(1, 40);
        TtfsTensor none = {0}, x = add(&ir, node(TTFS_OP_NEG, ir.input, none, none));
        TtfsNode n = node(ops[i], x, none, none);
        n.attr.axis = 1;
        n.attr.k = 7;
        add(&ir, n);
        check_close(&ir);
    }
}

/* Weights are larger than all that is computed with them: no sample has room for them. */
static void room_of_samples(void **state) {
    (void)state;
    TtfsTensor none = {0};
    TtfsIr ir = input_of(1, 60);
    add(&ir, node(TTFS_OP_MATMUL, ir.input, constant(&ir, 60, 70), none));
    TtfsFast *f = open_fast(&ir, true, NULL);
    assert_int_equal(f->most, 70);
    ttfs_fast_close(f);
    check_close(&ir);
}

/* What runs side by side and what sample by sample: the values are the same by either way. */
static void how_steps_run(void **state) {
    (void)state;
    TtfsTensor none = {0};
    TtfsIr ir = input_of(3, 5);
    TtfsTensorInfo list = {.name = "i", .rank = 1, .dim = {4}, .data = (float[]){2, 0, 2, 1}};
    TtfsTensorInfo line = {.name = "v", .rank = 1, .dim = {5}, .data = (float[]){1, 2, 3, 4, 5}};
    TtfsTensor at = ttfs_ir_add_tensor(&ir, &list), v = ttfs_ir_add_tensor(&ir, &line);
    TtfsTensor x = add(&ir, node(TTFS_OP_NEG, ir.input, none, none));
    TtfsTensor four = add(&ir, node(TTFS_OP_GATHER, x, at, none));
    add(&ir, node(TTFS_OP_ADD, constant(&ir, 4, 5), four, none));
    TtfsNode norm = {
        .op = TTFS_OP_BATCHNORM, .n_in = 5, .in = {x, v, v, v, v}, .attr = ttfs_ir_attr()};
    norm.attr.epsilon = 1;
    add(&ir, norm);
    add(&ir, node(TTFS_OP_CONCAT, four, constant(&ir, 2, 5), none)); /* a constant has no samples */
    TtfsTensor deep = add_as(&ir, node(TTFS_OP_RESHAPE, x, none, none), /* no axis is left */
                             (TtfsTensorInfo){.rank = 6, .dim = {1, 1, 1, 3, 1, 5}});
    add(&ir, node(TTFS_OP_NEG, deep, none, none));
    add_as(&ir, node(TTFS_OP_RESHAPE, deep, none, none),
           (TtfsTensorInfo){.rank = 5, .dim = {1, 1, 1, 3, 5}});
    const TtfsFastKind A = TTFS_FAST_AXIS, B = TTFS_FAST_ALONE;
    const TtfsFastKind kinds[] = {A, A, A, A, B, B, B, B};
    TtfsFast *f = open_fast(&ir, true, NULL);
    assert_int_equal(f->steps.len, 8);
    for (uint32_t i = 0; i < 8; i++) assert_int_equal(f->steps.at[i].kind, kinds[i]);
    ttfs_fast_close(f);
    check_close(&ir);
}

/* Weights of a convolution that sees one place: [outputs][channels][1][1]. */
static TtfsTensor of_places(TtfsIr *ir, uint32_t outputs, uint32_t channels) {
    TtfsTensorInfo w = *ttfs_ir_tensor(ir, constant(ir, outputs, channels));
    w.rank = 4, w.dim[2] = w.dim[3] = 1;
    return ttfs_ir_add_tensor(ir, &w);
}

/* What is several maps, or adds what is computed, is no sum of generated code; pools of several. */
static void several_maps(void **state) {
    (void)state;
    TtfsTensor none = {0};
    TtfsIr ir = input_of(6, 5);
    TtfsTensorInfo list = {.name = "i", .rank = 1, .dim = {1}, .data = (float[]){2}};
    TtfsTensorInfo line = {.name = "v", .rank = 1, .dim = {5}, .data = (float[]){1, -2, 3, -4, 5}};
    TtfsTensor at = ttfs_ir_add_tensor(&ir, &list), v = ttfs_ir_add_tensor(&ir, &line);
    TtfsNode reshape = node(TTFS_OP_RESHAPE, ir.input, none, none);
    TtfsTensor two = add_as(&ir, reshape, (TtfsTensorInfo){.rank = 4, .dim = {2, 3, 1, 5}});
    TtfsTensor one = add_as(&ir, reshape, (TtfsTensorInfo){.rank = 4, .dim = {1, 6, 1, 5}});
    reshape.in[0] = add(&ir, node(TTFS_OP_GATHER, ir.input, at, none));
    TtfsTensor bias = add_as(&ir, reshape, (TtfsTensorInfo){.rank = 1, .dim = {5}});
    add(&ir, node(TTFS_OP_CONV, one, of_places(&ir, 5, 6), v));
    add(&ir, node(TTFS_OP_CONV, one, of_places(&ir, 5, 6), bias));
    add(&ir, node(TTFS_OP_CONV, two, of_places(&ir, 5, 3), none));
    add(&ir, node(TTFS_OP_CONV, two, of_places(&ir, 5, 3), v));
    TtfsNode pool = node(TTFS_OP_MAXPOOL, two, none, none);
    pool.attr.kernel[1] = 3;
    add(&ir, pool);
    const TtfsFastKind kinds[] = {TTFS_FAST_SUM, TTFS_FAST_ALONE, TTFS_FAST_ALONE, TTFS_FAST_ALONE,
                                  TTFS_FAST_POOL};
    TtfsFast *f = open_fast(&ir, true, NULL);
    assert_int_equal(f->steps.len, 4 + 5);
    for (uint32_t i = 0; i < 5; i++) assert_int_equal(f->steps.at[4 + i].kind, kinds[i]);
    ttfs_fast_close(f);
    check_close(&ir);
}

/* Convolutions of 3 x 3, of which runs for outputs alone take tiles: maps that tiles do not divide,
 * that are smaller than one, padding that is uneven or reaches further, groups, odd numbers of
 * channels, another tensor that is added, bounds. */
typedef struct {
    uint32_t channels, outputs, rows, columns, group;
    uint32_t pad[4];
    bool add, clip;
} Tiled;

static const Tiled tiled[] = {{16, 17, 8, 8, 1, {1, 1, 1, 1}, true, true},
                              {19, 8, 7, 9, 1, {0, 1, 2, 0}, false, true},
                              {32, 24, 5, 13, 1, {2, 3, 3, 2}, false, false},
                              {48, 32, 8, 4, 2, {1, 1, 1, 1}, true, false},
                              {24, 40, 17, 6, 1, {1, 0, 0, 1}, false, true}};
enum { TILED = sizeof tiled / sizeof *tiled };

static TtfsTensor kernels(TtfsIr *ir, const Tiled *k) {
    TtfsTensorInfo w = *ttfs_ir_tensor(ir, constant(ir, k->outputs, k->channels / k->group * 9));
    w.rank = 4, w.dim[1] = k->channels / k->group, w.dim[2] = w.dim[3] = 3;
    return ttfs_ir_add_tensor(ir, &w);
}

static TtfsTensor add_tiled(TtfsIr *ir, const Tiled *k, TtfsTensor x) {
    TtfsNode n = node(TTFS_OP_CONV, x, kernels(ir, k), (TtfsTensor){0});
    n.attr.kernel[0] = n.attr.kernel[1] = 3;
    memcpy(n.attr.pad, k->pad, sizeof k->pad);
    n.attr.group = k->group;
    return add(ir, n);
}

static TtfsIr tiled_net(const Tiled *k) {
    TtfsIr ir = {0};
    TtfsTensor none = {0};
    TtfsTensorInfo x = {.name = "x", .rank = 4, .dim = {1, k->channels, k->rows, k->columns}};
    ir.input = ttfs_ir_add_tensor(&ir, &x);
    TtfsTensor a = k->add ? add(&ir, node(TTFS_OP_CONV, ir.input,
                                          of_places(&ir, k->outputs, k->channels), none))
                          : none;
    TtfsTensor y = add_tiled(&ir, k, ir.input);
    if (k->add) y = add(&ir, node(TTFS_OP_ADD, a, y, none));
    TtfsNode clip = node(TTFS_OP_CLIP, y, none, none);
    clip.attr.lo = -1, clip.attr.hi = 2;
    add(&ir, k->clip ? clip : node(TTFS_OP_RELU, y, none, none));
    return ir;
}

static void tiles(void **state) {
    (void)state;
    for (uint32_t i = 0; i < TILED; i++) {
        TtfsIr ir = tiled_net(&tiled[i]);
        Case k;
        open_case(&k, &ir, 1);
        run_outputs(&k, NULL, MOST);
        compare_outputs(&k);
        assert_int_equal(k.tiled, 1);
        if (!(k.worst < bound)) fail_msg("case %u: off by %g", i, k.worst);
        close_case(&k);
        ttfs_ir_free(&ir);
    }
}

/* Few channels, other strides, dilations and kernels are summed plainly. */
static void no_tiles(void **state) {
    (void)state;
    Tiled few = {1, 6, 8, 8, 1, {1, 1, 1, 1}, false, false}, wide = tiled[0];
    for (int i = 0; i < 3; i++) {
        TtfsIr ir = tiled_net(i ? &wide : &few);
        TtfsNode *n = &ir.nodes.at[i ? 1 : 0];
        if (i == 1) n->attr.stride[0] = 2;
        if (i == 2) n->attr.dilation[1] = 2;
        TtfsFastWeights w = {.k = 9 * (i ? wide.channels : few.channels),
                             .n = i ? wide.outputs : few.outputs,
                             .outputs = 8,
                             .places = 3};
        assert_int_equal(ttfs_fast_block(&ir, n, &w), 0);
        ttfs_ir_free(&ir);
    }
}

static TtfsTensor rounded(TtfsIr *ir, TtfsTensor x, const float *scale) {
    static const float zero = 0;
    TtfsTensorInfo s = {.name = "scale", .data = scale}, z = {.name = "zero", .data = &zero};
    TtfsTensor step = ttfs_ir_add_tensor(ir, &s), from = ttfs_ir_add_tensor(ir, &z);
    TtfsNode n = node(TTFS_OP_QUANT, x, step, from);
    n.attr.lo = 0, n.attr.hi = 15;
    return add(ir, n);
}

/* Of a network that rounds, on grids of powers of two, every value is the definition's: at a tie a
 * sum that is a bit off would be a step off. */
static void rounded_sums(void **state) {
    (void)state;
    static const float in = 0.0625f, out = 0.5f;
    TtfsIr ir = {0};
    TtfsTensorInfo x = {.name = "x", .rank = 4, .dim = {1, 16, 8, 8}};
    Case k;
    ir.input = ttfs_ir_add_tensor(&ir, &x);
    add_tiled(&ir, &tiled[0], rounded(&ir, ir.input, &in));
    TtfsTensor w = ir.nodes.at[1].in[1];
    float *weight = (float *)ttfs_ir_tensor(&ir, w)->data;
    for (uint64_t i = 0; i < count_of(&ir, w); i++) weight[i] = rintf(8 * weight[i]) / 8;
    rounded(&ir, ir.output, &out);
    open_case(&k, &ir, 1);
    run_outputs(&k, NULL, MOST);
    compare_outputs(&k);
    assert_true(k.worst == 0);
    close_case(&k);
    ttfs_ir_free(&ir);
}

/* A value is the same beside any other samples, by any processor's code, and after weights were
 * taken anew. */
static void tiles_same_bytes(void **state) {
    (void)state;
    static const char *const cpu[] = {NULL, "x86-64-v3"};
    TtfsIr ir = tiled_net(&tiled[0]);
    Case k;
    open_case(&k, &ir, 1);
    uint64_t bytes = MOST * count_of(&ir, ir.output) * 4;
    run_outputs(&k, NULL, MOST);
    const float *want = k.kept[0];
    for (int i = 0; i < 2; i++) {
        if (!runs_here(cpu[i])) continue;
        run_outputs(&k, cpu[i], i ? MOST : 1);
        assert_memory_equal(k.kept[0], want, bytes);
    }
    TtfsFast *f = open_fast(&ir, false, NULL);
    TtfsFastWork *w = ttfs_fast_work(f);
    float *weight = (float *)ttfs_ir_tensor(&ir, ir.nodes.at[1].in[1])->data;
    float was = weight[7];
    weight[7] += 1;
    ttfs_fast_reload(f);
    run_some(&k, w, 0, MOST);
    assert_memory_not_equal(k.kept[0], want, bytes);
    weight[7] = was;
    ttfs_fast_reload(f);
    run_some(&k, w, 0, MOST);
    assert_memory_equal(k.kept[0], want, bytes);
    ttfs_fast_drop(w);
    ttfs_fast_close(f);
    close_case(&k);
    ttfs_ir_free(&ir);
}

/* The taps of a patch that lie in the map are those that one by one do, for all small axes. */
static void taps_in_the_map(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 5 * 3 * 3 * 4 * 6 * 7; i++) {
        uint32_t k = 1 + i % 5, d = 1 + i / 5 % 3, stride = 1 + i / 15 % 3, pad = i / 45 % 4;
        uint32_t size = 1 + i / 180 % 6, at = i / 1080, inside = 0;
        TtfsIrAttr a = {
            .kernel = {9, k}, .dilation = {9, d}, .stride = {9, stride}, .pad = {9, pad}};
        TtfsFastTaps taps = ttfs_fast_taps(&a, 1, at, size);
        for (uint32_t t = 0; t < k; t++) {
            int64_t place = (int64_t)at * stride - pad + (int64_t)t * d;
            bool is = place >= 0 && place < size;
            assert_int_equal(is, t >= taps.from && t < taps.to);
            inside += is;
        }
        assert_int_equal(taps.to - taps.from, inside);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks), cmocka_unit_test(wrong_weight),
        cmocka_unit_test(same_bytes),      cmocka_unit_test(matrices),
        cmocka_unit_test(addends),         cmocka_unit_test(along_axes),
        cmocka_unit_test(tiles),           cmocka_unit_test(no_tiles),
        cmocka_unit_test(rounded_sums),    cmocka_unit_test(tiles_same_bytes),
        cmocka_unit_test(room_of_samples), cmocka_unit_test(how_steps_run),
        cmocka_unit_test(several_maps),    cmocka_unit_test(taps_in_the_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
